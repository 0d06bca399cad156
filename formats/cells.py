"""Values as the cells of a sheet: `<row>` XML a few hundred rows at a time, column by column.

A column of a portion mostly holds one kind of value; then one comprehension writes it. What is odd
(marks that XML or Excel cannot hold, numbers of more than 15 digits, days before 1900-03-01) goes
cell by cell and becomes text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter.utility import xl_col_to_name

from models.codes import Code

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
_KEPT = 20_000
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
    if isinstance(value, Code):
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
    """Writes rows of one sheet: `Rows(styles, shared)(first, rows)` gives their XML.

    `styles` are the numbers of the workbook's cell formats by kind; `shared` are words that the
    workbook keeps once, with their number there.
    """

    def __init__(self, kinds: Sequence[str], styles: Mapping[str, int], shared: Mapping[str, int]):
        self.styles = styles
        self.shared = {text: f'" s="{styles["text"]}" t="s"><v>{number}</v></c>' for text, number in shared.items()}
        self.letters = [xl_col_to_name(at) for at in range(len(kinds))]
        self.numeric = [styles[kind if kind in ("money", "integer") else "number"] for kind in kinds]
        self._days = _Days(styles["date"])

    def __call__(self, first: int, rows: Sequence[Sequence[Any]]) -> str:
        """The XML of some rows; `first` is the number of the first in the sheet, counted from 1."""
        numbers = [str(number) for number in range(first, first + len(rows))]
        columns = [self._column(at, numbers, values) for at, values in enumerate(zip(*rows, strict=True))]
        opened = [f'<row r="{number}">' for number in numbers]
        return "".join(map("".join, zip(opened, *columns, ["</row>"] * len(rows), strict=True)))

    def _column(self, at: int, numbers: list[str], values: Sequence[Any]) -> list[str]:
        head = f'<c r="{self.letters[at]}'
        kinds = set(map(type, values))
        kinds.discard(_NOTHING)
        if not kinds:
            return [""] * len(values)
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is str:
            return self._texts(head, numbers, values)
        if kind in (int, float, Decimal) and _are_whole(kind, [v for v in values if v is not None]):
            tail = f'" s="{self.numeric[at]}"><v>'
            return [f"{head}{n}{tail}{v}</v></c>" if v is not None else "" for n, v in zip(numbers, values, strict=True)]
        if kind is bool:
            said = {v: self._tail_of_text(words(v)) for v in (True, False)} | {None: ""}
            tails = [said[v] for v in values]
        elif kind is datetime:
            tails = [self._instant(v) if v is not None else "" for v in values]
        else:
            tails = [self._tail(at, v) for v in values]
        return [f"{head}{n}{tail}" if tail else "" for n, tail in zip(numbers, tails, strict=True)]

    def _texts(self, head: str, numbers: list[str], values: Sequence[str | None]) -> list[str]:
        present = [v for v in values if v]
        if not present:
            return [""] * len(values)
        shared = self.shared
        if present[0] in shared or present[-1] in shared:
            tails = [shared.get(v) or self._tail_of_text(v) if v else "" for v in values]
            return [f"{head}{n}{tail}" if tail else "" for n, tail in zip(numbers, tails, strict=True)]
        tail = f'" s="{self.styles["text"]}" t="inlineStr"><is><t>'
        if _is_plain("|".join(present), max(map(len, present))):
            return [f"{head}{n}{tail}{v}</t></is></c>" if v else "" for n, v in zip(numbers, values, strict=True)]
        end, odd = "</t></is></c>", self._tail_of_text
        tails = [
            "" if not v
            else f"{tail}{v}{end}" if v.isprintable() and len(v) < 16_000 and "&" not in v and "<" not in v
            and ">" not in v and "_x" not in v and v[0] != " " and v[-1] != " "
            else odd(v)
            for v in values
        ]  # fmt: skip
        return [f"{head}{n}{tail}" if tail else "" for n, tail in zip(numbers, tails, strict=True)]

    def _tail(self, at: int, value: Any) -> str:
        """What follows the address of one cell of any kind; nothing for an empty one."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return self._instant(value)
        if isinstance(value, date):
            return self._days[value] or self._tail_of_text(value.isoformat())
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            if is_whole(value):
                return f'" s="{self.numeric[at]}"><v>{value}</v></c>'
        return self._tail_of_text(words(value))

    def _instant(self, value: datetime) -> str:
        if value.tzinfo is UTC and value > _SETTLED:  # the whole of China by one clock without summer time
            days = (value - _ZERO_INSTANT) / _DAY
        else:
            value = local(value)
            if value.date() < FIRST_DAY:
                return self._tail_of_text(words(value))
            days = (value - _ZERO_TIME) / _DAY
        return f'" s="{self.styles["datetime"]}"><v>{days}</v></c>'

    def _tail_of_text(self, text: str) -> str:
        if known := self.shared.get(text):
            return known
        text = clean(text)
        if not text:
            return ""
        style = self.styles["wrapped" if "\n" in text else "text"]
        keep = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() or "\n" in text else ""
        text = _ESCAPE.sub("_x005F_", text).translate(_MARKS)
        return f'" s="{style}" t="inlineStr"><is><t{keep}>{text}</t></is></c>'


def _is_plain(joined: str, longest: int) -> bool:
    """True for texts, joined by "|", of which each stands in XML and in a cell as it is."""
    return (
        longest < 16_000 and joined.isprintable() and "&" not in joined and "<" not in joined and ">" not in joined
        and "_x" not in joined and " |" not in joined and "| " not in joined and joined[0] != " " and joined[-1] != " "
    )  # fmt: skip


def _are_whole(kind: type, numbers: Sequence[int | float | Decimal]) -> bool:
    is_finite = kind is int or all(map(math.isfinite, numbers))
    return is_finite and -_MOST_DIGITS < min(numbers) and max(numbers) < _MOST_DIGITS


class _Days(dict):
    """The tail of a day's cell, made once a day; empty for a day Excel cannot count."""

    def __init__(self, style: int):
        super().__init__()
        self.style = style

    def __missing__(self, day: date) -> str:
        tail = f'" s="{self.style}"><v>{day.toordinal() - _ZERO_DAY}</v></c>' if day >= FIRST_DAY else ""
        if len(self) < _KEPT:
            self[day] = tail
        return tail

