"""What a server is waited for, fetched while the last of it is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Portion = TypeVar("Portion")

_AHEAD = 2  # so that the next is asked for at once: a thread that would begin now waits for its turn


def ahead(portions: Iterable[Portion]) -> Iterator[Portion]:
    """The same in the same order; a thread takes them from where they come, some before they are wanted."""
    source, end = iter(portions), object()
    with ThreadPoolExecutor(1, "ahead") as helper:
        asked = deque(helper.submit(next, source, end) for _ in range(_AHEAD))
        while (portion := asked.popleft().result()) is not end:
            asked.append(helper.submit(next, source, end))
            yield portion
