"""How far long work has come, told to the page that waits for it; kept in this process while the work lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_under_way: dict[str, tuple[int, int]] = {}


@contextmanager
def told(key: str, count: int) -> Iterator[Callable[[int], None]]:
    """Gives the function by which work on `count` things says how many are done."""
    _under_way[key] = (0, count)
    try:
        yield lambda done: _under_way.__setitem__(key, (done, count))
    finally:
        del _under_way[key]


def of(key: str) -> tuple[int, int] | None:
    """How many of how many are done, while the work lasts."""
    return _under_way.get(key)
