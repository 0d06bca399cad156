"""Where the headings of a sheet stand: below titles, in one row or two, with or without merged cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

_WITHIN = 15
HINT = "※"  # what every cell of a hint row in our templates begins with
_HINTS = re.compile(r"[（(]?(必填|选填|例如|例：|例:|填写|请填|格式)")
_TOTALS = re.compile(r"(合计|总计|小计)([：: ]|$)")
_FOOT = re.compile(r"(填表|制表|审核|填报|复核|单位负责)\w{0,4}[：:]")


@dataclass(frozen=True)
class Headings:
    """The labels by column, from the rows `first` to `last` (as a person counts them)."""

    first: int
    last: int
    labels: tuple[str, ...]


def plain(words: str) -> str:
    """Words to compare headings and options by: no blanks, marks or widths."""
    return re.sub(r"[\s*＊※:：]", "", unicodedata.normalize("NFKC", words)).lower()


def found(top: Sequence[Sequence[Any]], merged: Sequence[Sequence[int]], known: Collection[str]) -> Headings | None:
    """The headings in the first rows of a sheet; `known` are the plain words of all columns there may be.

    `merged` are ranges as [top, left, bottom, right], counted from 0.
    """
    best = _best(top, known)
    if best is None:
        return None
    for upper in (best, best - 1):
        if _is_pair(top, merged, upper):
            return at(top, merged, upper + 1, 2)
    return at(top, merged, best + 1, 1)


def at(top: Sequence[Sequence[Any]], merged: Sequence[Sequence[int]], first: int, count: int) -> Headings:
    """The headings that begin in row `first` and take `count` rows (1 or 2)."""
    upper = _spread(top, merged, first - 1)
    lower = list(top[first]) if count == 2 and first < len(top) else []
    width = max(len(upper), len(lower), 1)
    labels = []
    for column in range(width):
        up, low = (_words(cells[column]) if column < len(cells) else "" for cells in (upper, lower))
        labels.append(up if not low or low == up else f"{up} {low}".strip())
    return Headings(first, first + count - 1, tuple(labels))


def _words(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _best(top: Sequence[Sequence[Any]], known: Collection[str]) -> int | None:
    rows = list(top[:_WITHIN])
    counts = [sum(cell is not None for cell in cells) for cells in rows]
    is_words = [all(cell is None or isinstance(cell, str) for cell in cells) for cells in rows]
    hits = [
        len({plain(cell) for cell in cells if isinstance(cell, str)} & set(known)) if ok else 0
        for cells, ok in zip(rows, is_words, strict=True)
    ]  # fmt: skip
    if max(hits, default=0) >= 2:
        return hits.index(max(hits))
    for number, count in enumerate(counts):
        if count and 2 * count > max(counts) and is_words[number]:
            return number
    return None


def _is_pair(top, merged, upper: int) -> bool:
    """True when the row `upper` names groups of the columns that the row below names one by one."""
    if upper < 0 or upper + 1 >= len(top):
        return False
    below = top[upper + 1]
    if not all(cell is None or isinstance(cell, str) for cell in below) or is_hint(below, True):
        return False
    groups = [r for r in merged if r[0] == upper and r[2] == upper and r[3] > r[1]]
    width = max(sum(cell is not None for cell in top[upper]), 1)
    named = [r for r in groups if any(c < len(below) and below[c] is not None for c in range(r[1], r[3] + 1))]
    return bool(named) and width >= 2


def _spread(top, merged, row: int) -> list:
    """A heading row with the words of merged cells in all columns they cover."""
    cells = list(top[row]) if row < len(top) else []
    for first, left, last, right in merged:
        if first <= row <= last and left < len(top[first]) and right - left < 300:
            cells += [None] * (right + 1 - len(cells))
            for column in range(left, right + 1):
                cells[column] = top[first][left]
    return cells


def is_hint(cells: Sequence[Any], is_first: bool) -> bool:
    """True for a row that explains the columns; one not of our making only right below the headings."""
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, str) or not (is_first or first.startswith(HINT)):
        return False
    filled = [cell for cell in cells if cell is not None]
    if first.startswith(HINT):
        return all(isinstance(cell, str) and cell.startswith(HINT) for cell in filled)
    return 2 * sum(isinstance(cell, str) and bool(_HINTS.match(cell)) for cell in filled) > len(filled)


def is_foot(cells: Sequence[Any]) -> bool:
    """True for a line of totals or signatures below the rows."""
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, str) or first.isascii():
        return False
    words = unicodedata.normalize("NFKC", first).replace(" ", "")
    return bool(_TOTALS.match(words) or _FOOT.match(words))
