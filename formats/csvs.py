"""Tables as CSV, for programs: UTF-8 with a mark that lets Excel read Chinese, and nothing that runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO

from .cells import words
from .sheets import SheetColumn
from .splice import Portion

_RUNS = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def write(file: IO[bytes], columns: Sequence[SheetColumn], portions: Iterable[Portion]) -> int:
    """Write headings and rows; returns how many rows. Memory stays the same."""
    count = 0
    file.write(b"\xef\xbb\xbf" + _lines([[column.label for column in columns]]))
    for portion in portions:
        file.write(_lines([[harmless(words(value)) for value in row] for row in zip(*portion, strict=True)]))
        count += len(portion[0])
    return count


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()
