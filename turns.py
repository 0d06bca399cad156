"""Only a few residents are at work at a time, however many have come: the dispatcher of the residents' server.

The threads of one process share one interpreter, so each further one at work slows all and brings no more done. Who waits
for what another thread does steps aside meanwhile, and there are threads enough for so many to stand there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, local

from waitress.task import ThreadedTaskDispatcher

ASIDE = 40
"""How many may stand aside at a time."""

_thread = local()


@contextmanager
def aside() -> Iterator[None]:
    """Leave one's place at work to others while waiting for them, and take one again afterwards; nothing where there are no turns."""
    turn: _Turn | None = getattr(_thread, "turn", None)
    if turn is None:
        yield
        return
    turn.step_aside()
    try:
        yield
    finally:
        turn.come_back()


class _Turn:
    """A task that holds a place at work until it is over."""

    def __init__(self, task, queue: _Queue):
        self.task, self.queue = task, queue

    def service(self) -> None:
        _thread.turn = self
        try:
            self.task.service()
        finally:
            _thread.turn = None
            with self.queue.lock:
                self.queue.inside -= 1
                self.queue.give_place()

    def cancel(self) -> None:
        self.task.cancel()

    def step_aside(self) -> None:
        with self.queue.lock:
            self.queue.give_place()

    def come_back(self) -> None:
        with self.queue.lock:
            self.queue.take_place()


class _Queue:
    """Looks like a plain queue to Waitress; true while somebody may begin now. Used under the dispatcher's lock."""

    def __init__(self, most: int, room: int, lock, changed: Condition):
        self.waiting, self.most, self.room = deque(), most, room
        self.running = self.inside = self.returning = 0
        self.lock, self._free, self._changed = lock, Condition(lock), changed

    def append(self, task) -> None:
        self.waiting.append(task)

    def popleft(self) -> _Turn:
        self.running += 1
        self.inside += 1
        return _Turn(self.waiting.popleft(), self)

    def __bool__(self) -> bool:
        return bool(self.waiting) and not self.returning and self.running < self.most and self.inside < self.room

    def __len__(self) -> int:
        return len(self.waiting)

    def give_place(self) -> None:
        """Who comes back is before those who have not begun."""
        self.running -= 1
        self._free.notify()
        self._changed.notify()

    def take_place(self) -> None:
        self.returning += 1
        self._free.wait_for(lambda: self.running < self.most)
        self.returning -= 1
        self.running += 1
        self._changed.notify()


class Turns(ThreadedTaskDispatcher):
    """The threads of Waitress, of which at most `most` are at work at a time and `room` more stand aside."""

    def __init__(self, most: int, room: int = ASIDE):
        super().__init__()
        self.queue = _Queue(most, most + room, self.lock, self.queue_cv)
        self.set_thread_count(most + room)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        self.queue.most = self.queue.room = 10**6  # what still waits is cancelled
        return super().shutdown(cancel_pending, timeout)
