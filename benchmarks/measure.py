"""Timing two things side by side, counting SQL statements, and the memory of a child process."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Engine, event

ROUNDS = 3
Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one run, and the SQL statements it sends."""

    milliseconds: float
    statements: int


def compare(stock: Work, ours: Work, budget: float) -> tuple[Timing, Timing]:
    """The least of the medians of some rounds; in each round the two take turns.

    A first run of each warms the caches and says how many runs fit into `budget` seconds.
    """
    statements, first = [], []
    for work in (stock, ours):
        with counting() as seen:
            first.append(_once(work))
        statements.append(seen[0])
    turns = min(max(int(budget / sum(first) / ROUNDS), 1), 15)
    medians: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        gc.collect()
        pairs = [(_once(stock), _once(ours)) for _ in range(turns)]
        medians.append(tuple(median(times) for times in zip(*pairs, strict=True)))
    best = [min(times) * 1000 for times in zip(*medians, strict=True)]
    return Timing(best[0], statements[0]), Timing(best[1], statements[1])


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


def memory(prepare: Callable[..., Work], *args) -> float:
    """Megabytes that the work `prepare(*args)` returns adds to the peak of a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_added, (prepare, args))


def _added(prepare: Callable[..., Work], args: tuple) -> float:
    work = prepare(*args)
    Path("/proc/self/clear_refs").write_text("5")  # signing in had a peak of its own: begin again
    before = _peak()
    work()
    return _peak() - before


def _peak() -> float:
    """The peak of this process (Linux only); `ru_maxrss` would begin with the parent's."""
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
