"""Two lanes before the server's threads, so that a crowd at the residents' door never slows the staff's pages.

Waitress has one queue for all. Here staff come first, and of the residents only a few are served at a time: the threads of
one process share one interpreter, so each further one at work slows everybody. One thread is always left to the residents.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from flask import Flask
from waitress import create_server
from waitress.task import ThreadedTaskDispatcher


class _Lane:
    """Tasks in order, of which at most so many are served at a time."""

    def __init__(self, most: int):
        self.waiting, self.most, self.running = deque(), most, 0

    @property
    def is_ready(self) -> bool:
        return bool(self.waiting) and self.running < self.most


class _Served:
    """A task that gives its place in the lane back when it is over."""

    def __init__(self, task, lane: _Lane, dispatcher: Lanes):
        self.task, self.lane, self.dispatcher = task, lane, dispatcher

    def service(self) -> None:
        try:
            self.task.service()
        finally:
            with self.dispatcher.lock:
                self.lane.running -= 1
                self.dispatcher.queue_cv.notify()

    def cancel(self) -> None:
        self.task.cancel()


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
        return _Served(lane.waiting.popleft(), lane, self.dispatcher)

    def __bool__(self) -> bool:
        return self.staff.is_ready or self.public.is_ready

    def __len__(self) -> int:
        return len(self.staff.waiting) + len(self.public.waiting)


class Lanes(ThreadedTaskDispatcher):
    """The threads of Waitress behind two lanes; `is_public` tells a resident's request by its path."""

    def __init__(self, threads: int, public: int, is_public: Callable[[str], bool]):
        super().__init__()
        self.lanes = (_Lane(max(threads - 1, 1)), _Lane(public))
        self.queue = _Queue(self, *self.lanes, is_public)
        self.set_thread_count(threads)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        for lane in self.lanes:
            lane.most = 10**6  # what still waits is cancelled, whichever lane it is in
        return super().shutdown(cancel_pending, timeout)


def server(app: Flask, threads: int, public: int, prefixes: tuple[str, ...], **options):
    """A Waitress server that holds its port; `run` begins to answer. Paths below `prefixes` are the residents'."""
    # A line in the log for each request that waits would be a flood of its own.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    lanes = Lanes(threads, public, lambda path: path.startswith(prefixes))
    # The only way to hand over a dispatcher before several sockets share it; held by a test of ours.
    return create_server(app, threads=threads, _dispatcher=lanes, **options)
