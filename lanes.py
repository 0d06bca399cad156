"""Two lanes before the server's threads, so that a crowd at the residents' door never slows the staff's pages.

Waitress has one queue for all. Here staff come first, and of the residents only a few are at work at a time: the threads of
one process share one interpreter, so each further one at work slows everybody; while staff are at work one resident is.
Who waits for what another thread does steps aside meanwhile, and there are threads enough for so many to stand there. One
thread is always left to the residents.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, local

from flask import Flask
from waitress import create_server
from waitress.task import ThreadedTaskDispatcher

ASIDE = 40
"""How many residents may stand aside at a time."""

PATIENCE = 0.05
"""Seconds that what takes long waits for staff to be done."""

_thread = local()


@contextmanager
def aside() -> Iterator[None]:
    """Leave one's place at work to others while waiting for them, and take one again afterwards; nothing outside of a server."""
    served: _Served | None = getattr(_thread, "served", None)
    if served is None:
        yield
        return
    served.step_aside()
    try:
        yield
    finally:
        served.come_back()


def give_way() -> None:
    """Before work that takes long: let staff who are at work be done first, for a moment."""
    served: _Served | None = getattr(_thread, "served", None)
    if served is not None:
        with aside():
            served.dispatcher.wait_for_staff()


class _Lane:
    """Tasks in order, of which at most `most` are at work at a time (one while somebody is in the lane `before`), and `room` inside."""

    def __init__(self, most: int, room: int, lock, before: _Lane | None = None):
        self.waiting, self.most, self.room, self.before = deque(), most, room, before
        self.running = self.inside = self.returning = 0
        self.free = Condition(lock)

    @property
    def has_place(self) -> bool:
        return self.running < (1 if self.before and self.before.running else self.most)

    @property
    def is_ready(self) -> bool:
        return bool(self.waiting) and not self.returning and self.has_place and self.inside < self.room


class _Served:
    """A task that holds a place in its lane until it is over."""

    def __init__(self, task, lane: _Lane, dispatcher: Lanes):
        self.task, self.lane, self.dispatcher = task, lane, dispatcher

    def service(self) -> None:
        _thread.served = self
        try:
            self.task.service()
        finally:
            _thread.served = None
            with self.dispatcher.lock:
                self.lane.inside -= 1
                self._give_place()

    def cancel(self) -> None:
        self.task.cancel()

    def step_aside(self) -> None:
        with self.dispatcher.lock:
            self._give_place()

    def come_back(self) -> None:
        lane = self.lane
        with self.dispatcher.lock:
            lane.returning += 1
            lane.free.wait_for(lambda: lane.has_place)
            lane.returning -= 1
            lane.running += 1
            self.dispatcher.queue_cv.notify()

    def _give_place(self) -> None:
        """Who comes back is before those who have not begun."""
        self.lane.running -= 1
        for lane in self.dispatcher.lanes:
            lane.free.notify()
        self.dispatcher.queue_cv.notify()


class _Queue:
    """Looks like one queue to Waitress; true while somebody may be served now. Used under the dispatcher's lock."""

    def __init__(self, dispatcher: Lanes, staff: _Lane, public: _Lane, is_public: Callable[[str], bool]):
        self.dispatcher, self.staff, self.public, self.is_public = dispatcher, staff, public, is_public

    def append(self, task) -> None:
        requests = getattr(task, "requests", None)
        path = getattr(requests[0], "path", "") if requests else ""
        (self.public if self.is_public(path) else self.staff).waiting.append(task)

    def popleft(self) -> _Served:
        lane = self.staff if self.staff.is_ready else self.public
        lane.running += 1
        lane.inside += 1
        return _Served(lane.waiting.popleft(), lane, self.dispatcher)

    def __bool__(self) -> bool:
        return self.staff.is_ready or self.public.is_ready

    def __len__(self) -> int:
        return len(self.staff.waiting) + len(self.public.waiting)


class Lanes(ThreadedTaskDispatcher):
    """The threads of Waitress behind two lanes; `is_public` tells a resident's request by its path."""

    def __init__(self, threads: int, public: int, is_public: Callable[[str], bool], room: int = ASIDE):
        super().__init__()
        staff = max(threads - 1, 1)
        first = _Lane(staff, staff, self.lock)
        self.lanes = first, _Lane(public, public + room, self.lock, first)
        self.queue = _Queue(self, *self.lanes, is_public)
        self.set_thread_count(threads + room)

    def wait_for_staff(self) -> None:
        staff = self.lanes[0]
        with self.lock:
            staff.free.wait_for(lambda: not staff.running, PATIENCE)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        for lane in self.lanes:
            lane.most = lane.room = 10**6
            lane.before = None  # what still waits is cancelled, whichever lane it is in
        return super().shutdown(cancel_pending, timeout)


def server(app: Flask, threads: int, public: int, prefixes: tuple[str, ...], **options):
    """A Waitress server that holds its port; `run` begins to answer. Paths below `prefixes` are the residents'."""
    # A line in the log for each request that waits would be a flood of its own.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # After every statement a thread waits for the interpreter again; with the usual 5 ms a page of the staff would
    # spend most of its time so while residents are at work.
    sys.setswitchinterval(0.001)
    lanes = Lanes(threads, public, lambda path: path.startswith(prefixes))
    # The only way to hand over a dispatcher before several sockets share it; held by a test of ours.
    return create_server(app, threads=threads, _dispatcher=lanes, **options)
