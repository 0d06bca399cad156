"""Tables as CSV, for programs: UTF-8 with a mark that lets Excel read Chinese, and nothing that runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import IO, Any

from .cells import words
from .sheets import SheetColumn

_RUNS = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_PORTION = 500


def write(file: IO[bytes], columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]]) -> int:
    """Write headings and rows; returns how many rows. Memory stays the same."""
    source, count = iter(rows), 0
    file.write(b"\xef\xbb\xbf" + _lines([[column.label for column in columns]]))
    while portion := list(islice(source, _PORTION)):
        file.write(_lines([[harmless(words(value)) for value in row] for row in portion]))
        count += len(portion)
    return count


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()
