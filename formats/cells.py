"""Values as the cells of a sheet: `<row>` XML a few hundred rows at a time, column by column.

A column of a portion mostly holds one kind of value; then one comprehension writes it, equal values
once. What is odd (marks that XML or Excel cannot hold, numbers of more than 15 digits, days before 1900-03-01) goes
cell by cell and becomes text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import repeat
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter.utility import xl_col_to_name

LOCAL = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(1900, 3, 1)  # before it Excel's days are off by one
CUT_MARK = "……（内容过长，已截断）"

_MOST_UNITS = 32_767
_MOST_DIGITS = 10**15
_DAY = timedelta(days=1)
_ZERO_TIME = datetime(1899, 12, 30)
_ZERO_DAY = _ZERO_TIME.toordinal()
_ZERO_INSTANT = datetime(1899, 12, 29, 16, tzinfo=UTC)
_SETTLED = datetime(1992, 1, 1, tzinfo=UTC)
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ROW = b'<row r="\0">'  # \0 is where the number of the row goes: no text of a cell has it
_NOTHING = type(None)


def clean(text: str) -> str:
    """A text as a cell can hold it: no control characters, no half characters, not too long."""
    if not text.isprintable():
        text = _UNWANTED.sub("", text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) * 2 > _MOST_UNITS and len(raw := text.encode("utf-16-le")) > 2 * _MOST_UNITS:
        kept = raw[: 2 * (_MOST_UNITS - len(CUT_MARK))].decode("utf-16-le", "ignore")
        return kept + CUT_MARK
    return text


def words(value: Any) -> str:
    """A value as text, as it stands where a sheet cannot hold its kind, and in a CSV file."""
    if value is None or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Enum):
        return value.label
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M}"
    return clean(str(value))


def local(value: datetime) -> datetime:
    """An instant as a clock in China shows it."""
    return value.astimezone(LOCAL).replace(tzinfo=None) if value.tzinfo else value


def is_whole(value: int | float | Decimal) -> bool:
    """True for a number that a cell keeps to its last digit: Excel has 15."""
    return (isinstance(value, int) or math.isfinite(value)) and abs(value) < _MOST_DIGITS


class Rows:
    """Writes rows of one sheet: `Rows(kinds, styles, shared)(first, portion)` gives their XML.

    `styles` are the numbers of the workbook's cell formats by kind; `shared` are words that the
    workbook keeps once, with their number there. A cell is made without the number of its row, so
    that equal values of a column are made once; the number is put into all cells of a row together.
    """

    def __init__(self, kinds: Sequence[str], styles: Mapping[str, int], shared: Mapping[str, int]):
        self.styles = styles
        self.shared = {text: f'{styles["text"]}" t="s"><v>{number}</v></c>' for text, number in shared.items()}
        self.heads = [f'<c r="{xl_col_to_name(at)}\0" s="' for at in range(len(kinds))]
        self.numeric = [styles[kind if kind in ("money", "integer") else "number"] for kind in kinds]

    def __call__(self, first: int, portion: Sequence[Sequence[Any]]) -> bytes:
        """The XML of some rows, given as columns; `first` is the number of the first in the sheet, counted from 1."""
        columns = [self._column(at, values) for at, values in enumerate(portion)]
        lines = map(b"".join, zip(repeat(_ROW), *columns, repeat(b"</row>")))
        return b"".join([line.replace(b"\0", b"%d" % number) for number, line in enumerate(lines, first)])

    def _column(self, at: int, values: Sequence[Any]) -> list[bytes]:
        kinds = set(map(type, values))
        kinds.discard(_NOTHING)
        if not kinds:
            return [b""] * len(values)
        if len(kinds) > 1:
            return [self._cell(at, value) for value in values]
        kind, distinct = kinds.pop(), list(set(values))
        if 2 * len(distinct) > len(values):
            return self._cells(at, kind, values)
        made = dict(zip(distinct, self._cells(at, kind, distinct), strict=True))
        return [made[value] for value in values]

    def _cells(self, at: int, kind: type, values: Sequence[Any]) -> list[bytes]:
        """The cells of values of one kind; nothing for an empty one."""
        if kind is str:
            return self._texts(at, values)
        if kind is datetime:
            return self._instants(at, values)
        if kind in (int, float, Decimal) and _are_whole(kind, [v for v in values if v is not None]):
            head = f'{self.heads[at]}{self.numeric[at]}"><v>'
            return [f"{head}{v}</v></c>".encode() if v is not None else b"" for v in values]
        return [self._cell(at, value) for value in values]

    def _texts(self, at: int, values: Sequence[str | None]) -> list[bytes]:
        present = [v for v in values if v]
        if present and self.shared.keys().isdisjoint(present) and _is_plain("|".join(present), max(map(len, present))):
            head = f'{self.heads[at]}{self.styles["text"]}" t="inlineStr"><is><t>'
            return [f"{head}{v}</t></is></c>".encode() if v else b"" for v in values]
        return [self._cell(at, v) for v in values]

    def _instants(self, at: int, values: Sequence[datetime | None]) -> list[bytes]:
        present = [v for v in values if v is not None]
        if any(v.tzinfo is not UTC for v in present) or min(present) <= _SETTLED:
            return [self._cell(at, value) for value in values]
        # All of China goes by one clock without summer time.
        head = f'{self.heads[at]}{self.styles["datetime"]}"><v>'
        passed = [v and v - _ZERO_INSTANT for v in values]
        return [
            f"{head}{d.days + (d.seconds + d.microseconds / 1e6) / 86_400:.10f}</v></c>".encode() if d else b"" for d in passed
        ]

    def _cell(self, at: int, value: Any) -> bytes:
        tail = self._tail(at, value)
        return f"{self.heads[at]}{tail}".encode() if tail else b""

    def _tail(self, at: int, value: Any) -> str:
        """What follows the address of one cell of any kind; nothing for an empty one."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return self._instant(value)
        if isinstance(value, date):
            is_counted = value >= FIRST_DAY
            return f'{self.styles["date"]}"><v>{value.toordinal() - _ZERO_DAY}</v></c>' if is_counted else self._tail_of_text(value.isoformat())
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            if is_whole(value):
                return f'{self.numeric[at]}"><v>{value}</v></c>'
        return self._tail_of_text(words(value))

    def _instant(self, value: datetime) -> str:
        value = local(value)
        if value.date() < FIRST_DAY:
            return self._tail_of_text(words(value))
        return f'{self.styles["datetime"]}"><v>{(value - _ZERO_TIME) / _DAY}</v></c>'

    def _tail_of_text(self, text: str) -> str:
        if known := self.shared.get(text):
            return known
        text = clean(text)
        if not text:
            return ""
        style = self.styles["wrapped" if "\n" in text else "text"]
        keep = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() or "\n" in text else ""
        text = _ESCAPE.sub("_x005F_", text).translate(_MARKS)
        return f'{style}" t="inlineStr"><is><t{keep}>{text}</t></is></c>'


def _is_plain(joined: str, longest: int) -> bool:
    """True for texts, joined by "|", of which each stands in XML and in a cell as it is."""
    return (
        longest < 16_000 and joined.isprintable() and "&" not in joined and "<" not in joined and ">" not in joined
        and "_x" not in joined and " |" not in joined and "| " not in joined and joined[0] != " " and joined[-1] != " "
    )  # fmt: skip


def _are_whole(kind: type, numbers: Sequence[int | float | Decimal]) -> bool:
    is_finite = kind is int or all(map(math.isfinite, numbers))
    return is_finite and -_MOST_DIGITS < min(numbers) and max(numbers) < _MOST_DIGITS
