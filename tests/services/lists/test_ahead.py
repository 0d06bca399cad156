"""What is fetched ahead comes as it would have come."""

from __future__ import annotations

import threading

import pytest

from services.lists.ahead import ahead


def test_the_order_stays_and_the_end_is_the_end():
    assert (list(ahead(iter("abcde"))), list(ahead([]))) == (list("abcde"), [])


def test_an_error_comes_behind_what_was_before_it():
    def source():
        yield 1
        raise InterruptedError

    found = ahead(source())
    assert next(found) == 1
    with pytest.raises(InterruptedError):
        next(found)


def test_the_next_is_fetched_while_one_is_worked_on():
    is_asked = threading.Event()

    def source():
        yield 1
        is_asked.set()
        yield 2

    assert next(ahead(source())) == 1
    assert is_asked.wait(10)


def test_whoever_stops_leaves_no_thread():
    found = ahead(iter("abcde"))
    next(found)
    found.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
