"""A few residents are at work at a time, the others wait their turn, and nobody is lost."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from turns import Turns, aside


class Request:
    """A request as Waitress queues it: it takes as long as its gate is shut, and writes down when it was served."""

    served: list[str]

    def __init__(self, path: str, served: list[str], gate: threading.Event | None = None):
        self.requests, self.served, self.gate = [SimpleNamespace(path=path)], served, gate
        self.has_begun = threading.Event()

    def service(self) -> None:
        self.has_begun.set()
        if self.gate:
            self.gate.wait(5)
        self.served.append(self.requests[0].path)

    def cancel(self) -> None:
        self.served.append("cancelled")


@pytest.fixture
def turns():
    found = Turns(2)
    yield found
    found.shutdown(timeout=1)


def wait_for(what) -> None:
    deadline = time.monotonic() + 5
    while not what() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert what()


def test_of_the_residents_two_are_served_at_a_time(turns):
    served, gate = [], threading.Event()
    crowd = [Request(f"/q/{number}", served, gate) for number in range(6)]
    for request in crowd:
        turns.add_task(request)
    wait_for(lambda: crowd[1].has_begun.is_set())
    time.sleep(0.1)
    assert [request.has_begun.is_set() for request in crowd] == [True, True, False, False, False, False]
    gate.set()
    wait_for(lambda: len(served) == 6)


def test_one_that_fails_gives_its_place_back(turns):
    served = []

    class Broken(Request):
        def service(self) -> None:
            raise RuntimeError("broken")

    for _ in range(5):
        turns.add_task(Broken("/q/x", served))
    turns.add_task(Request("/q/1", served))
    wait_for(lambda: served)
    assert served == ["/q/1"]


def test_who_steps_aside_leaves_the_place_to_others_and_takes_it_again_before_new_ones(turns):
    served, stand, gate = [], threading.Event(), threading.Event()

    class Waits(Request):
        def service(self) -> None:
            self.has_begun.set()
            with aside():
                stand.wait(5)
            super().service()

    waiting = [Waits(f"/q/waits{number}", served) for number in range(3)]
    working = [Request(f"/q/works{number}", served, gate) for number in range(3)]
    for request in (*waiting, *working):
        turns.add_task(request)
    wait_for(lambda: working[1].has_begun.is_set())  # two at work beside three who stand aside
    assert not working[2].has_begun.is_set()
    stand.set()
    time.sleep(0.05)
    assert served == []  # both places are taken
    gate.set()
    wait_for(lambda: len(served) == 6)
    assert served.index("/q/works2") > max(served.index(f"/q/waits{number}") for number in range(2))
