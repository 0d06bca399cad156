"""Timing two things side by side, counting SQL statements, and the memory of a child process."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event

ROUNDS, MOST_RUNS = 3, 15
Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one run, and the SQL statements it sends."""

    milliseconds: float
    statements: int


def compare(works: Sequence[Work], budget: float) -> list[Timing]:
    """For each work the least of the medians of some rounds; in each round they take turns.

    A first run of each warms the caches and says how often it is run in its turn, out of an equal share of `budget`
    seconds: what takes longer than that is run once, what is quick some times, for one run of it says little.
    """
    statements, often = [], []
    for work in works:
        with counting() as seen:
            took = _once(work)
        statements.append(seen[0])
        often.append(min(max(int(budget / ROUNDS / len(works) / took), 1), MOST_RUNS))
    rounds = []
    for _ in range(ROUNDS):
        gc.collect()
        rounds.append([median(_once(work) for _ in range(times)) for work, times in zip(works, often, strict=True)])
    return [Timing(min(times) * 1000, sent) for times, sent in zip(zip(*rounds, strict=True), statements, strict=True)]


def once(work: Work) -> Timing:
    """One run of something that can only be done once."""
    with counting() as seen:
        took = _once(work)
    return Timing(took * 1000, seen[0])


def _once(work: Work) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


@contextmanager
def counting() -> Iterator[list[int]]:
    """Counts the statements sent through any engine meanwhile, beginnings of transactions left out."""
    seen = [0]

    def note(_connection, _cursor, statement: str, *_others) -> None:
        seen[0] += not statement.startswith("BEGIN")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def apart(work: Callable[..., Any], *args) -> Any:
    """What `work(*args)` returns in a process of its own, whose memory nothing else has touched."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, args)


def memory(prepare: Callable[..., Work], *args) -> float:
    """Megabytes that the work `prepare(*args)` returns adds to the peak of a process of its own."""
    return apart(_added, prepare, args)


def _added(prepare: Callable[..., Work], args: tuple) -> float:
    work = prepare(*args)
    Path("/proc/self/clear_refs").write_text("5")  # signing in had a peak of its own: begin again
    before = _status("VmHWM")
    work()
    return _status("VmHWM") - before


def peak() -> float:
    """The most megabytes this process has held (Linux only)."""
    return _status("VmHWM")


def resident() -> float:
    """Megabytes this process holds now (Linux only)."""
    return _status("VmRSS")


def _status(name: str) -> float:
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith(name))
    return int(line.split()[1]) / 1024
