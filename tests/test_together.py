"""Who comes while others are at it is served together with all who wait; each gets an answer of one's own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from together import Together


class Desk:
    """Answers ten times the number; the first portion takes as long as the gate is shut."""

    def __init__(self):
        self.gate, self.portions = threading.Event(), []
        self.together = Together(self.do, most=5)

    def do(self, items):
        self.portions.append(list(items))
        self.gate.wait(5)
        return [ValueError("nothing") if item == 0 else item * 10 for item in items]


def gather(desk: Desk, items: list[int], crowd: ThreadPoolExecutor) -> list:
    """Ask for the first alone, and for the others while it is being done."""
    asked = [crowd.submit(desk.together.ask, items[0])]
    while not desk.portions:
        pass
    asked += [crowd.submit(desk.together.ask, item) for item in items[1:]]
    while len(desk.together._waiting) < len(items) - 1:
        pass
    desk.gate.set()
    return asked


def test_those_who_wait_are_done_together_and_no_more_than_so_many_at_a_time():
    desk = Desk()
    with ThreadPoolExecutor(8) as crowd:
        asked = gather(desk, [1, 2, 3, 4, 5, 6, 7, 8], crowd)
        assert [one.result(5) for one in asked] == [10, 20, 30, 40, 50, 60, 70, 80]
    assert [len(portion) for portion in desk.portions] == [1, 5, 2]


def test_an_error_of_one_is_nobody_elses():
    desk = Desk()
    with ThreadPoolExecutor(3) as crowd:
        asked = gather(desk, [1, 0, 3], crowd)
        assert (asked[0].result(5), asked[2].result(5)) == (10, 30)
        with pytest.raises(ValueError, match="nothing"):
            asked[1].result(5)


def test_when_the_whole_portion_fails_everybody_hears_it_and_the_next_are_served():
    failing = [True]

    def do(items):
        if failing.pop():
            raise OSError("away")
        return items

    together = Together(do)
    failing[:] = [False, True]
    with pytest.raises(OSError, match="away"):
        together.ask(1)
    assert together.ask(2) == 2
