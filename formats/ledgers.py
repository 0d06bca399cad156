"""Ledgers as offices print them: title, grouped headings, groups with subtotals, totals, a line for signatures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from xlsxwriter.utility import xl_range

from .cells import FIRST_DAY, clean, is_whole, local, words
from .faults import MOMENT
from .reading import MASK_MARK
from .sheets import said, sheet_title

SERIAL, BLANK = "serial", "blank"
_MOST_BREAKS = 1000
_PAPERS = {"a4": 9, "a3": 8}
_SPACE = {"text_wrap": True, "valign": "vcenter", "border": 1, "font_name": "宋体", "font_size": 10}
_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "money": "#,##0.00", "integer": "0", "number": "General"}
_INSTANT = 15  # the width of an instant
_UPRIGHT, _TALLEST = 5, 190  # columns this narrow have headings from top to bottom
_LINE = 13.5
_CENTRED = {"date", "datetime", "bool", SERIAL, "integer"}


@dataclass(frozen=True)
class Column:
    """One column; those side by side with the same `band` share an upper heading. `kind` as in `sheets`, or serial, blank."""

    heading: str
    width: int = 12
    kind: str = "text"
    band: str = ""
    is_total: bool = False


@dataclass(frozen=True)
class Look:
    """All of a ledger but its rows."""

    title: str
    subtitle: str
    columns: Sequence[Column]
    note: str = ""
    signature: str = ""
    empty_words: str = "无"
    footer: str = ""
    paper: str = "a4"
    is_portrait: bool = False
    is_new_page: bool = False
    is_masked: bool = False
    taken_at: datetime | None = None


Group = tuple[str, Iterable[Sequence[Any]]]


def write(file: IO[bytes], look: Look, groups: Iterable[Group], *, is_long: bool = False) -> int:
    """Write a ledger as a workbook and return its number of rows; each group is (heading or "", its rows).

    The rows of a long one leave memory as they come; nothing can be merged over two rows then.
    """
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, plain | {"constant_memory": is_long})
    if look.taken_at is not None:
        book.set_custom_property(MOMENT, look.taken_at.isoformat(), "text")
    if look.is_masked:
        book.set_custom_property(*MASK_MARK)
    count = _Page(book, look, is_long).fill(groups)
    book.close()
    return count


class _Page:
    """The sheet, written from top to bottom."""

    def __init__(self, book, look: Look, is_long: bool):
        self.is_long, self.look, self.columns, self.last = is_long, look, look.columns, max(len(look.columns) - 1, 1)
        self.sheet = book.add_worksheet(sheet_title(look.title, 31))
        self.row, self.breaks = 0, []
        self._formats(book)
        self._set_up()

    def _formats(self, book) -> None:
        add = book.add_format
        self.title = add({"bold": True, "font_name": "黑体", "font_size": 18, "align": "center", "valign": "vcenter"})
        self.line = add({"font_name": "宋体", "font_size": 10, "valign": "vcenter", "text_wrap": True})
        strong = _SPACE | {"bold": True}
        head = strong | {"align": "center", "bg_color": "#E8EEF7"}
        self.heading, self.upright = add(head), add(head | {"rotation": 270, "text_wrap": False})
        self.group = add(strong | {"bg_color": "#F5F7FA"})
        self.centre = add(_SPACE | {"align": "center"})
        looks = {kind: _look(kind) for kind in ("text", "bool", SERIAL, BLANK, *_FORMATS)}
        self.cells = {kind: add(_SPACE | look) for kind, look in looks.items()}
        self.sums = {kind: add(strong | look) for kind, look in looks.items()}

    def _set_up(self) -> None:
        sheet, look = self.sheet, self.look
        for at, column in enumerate(self.columns):
            sheet.set_column(at, at, min(max(column.width, 4), 60))
        if not look.is_portrait:
            sheet.set_landscape()
        sheet.set_paper(_PAPERS[look.paper])
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{said(look.footer, 200)}&R第 &P 页，共 &N 页")

    def fill(self, groups: Iterable[Group]) -> int:
        self._whole(self.look.title, self.title, 34)
        self._whole(self.look.subtitle, self.line, 20)
        self._headings()
        first, count, totals = self.row, 0, [0] * len(self.columns)
        for number, (heading, rows) in enumerate(groups):
            if number and self.look.is_new_page and len(self.breaks) < _MOST_BREAKS:
                self.breaks.append(self.row)
            count += self._group(heading, rows, totals)
        if not count:
            self._whole(self.look.empty_words, self.centre, 28)
        elif any(column.is_total for column in self.columns):
            self._sum("合计", first, totals)
        self._foot()
        if self.breaks:
            self.sheet.set_h_pagebreaks(self.breaks)
        return count

    def _whole(self, text: str, look, height: float) -> None:
        """One line over the whole width."""
        self.sheet.set_row(self.row, height)
        self.sheet.merge_range(self.row, 0, self.row, self.last, clean(text), look)
        self.row += 1

    def _headings(self) -> None:
        """One row, or two where columns share an upper heading."""
        has_bands, top = any(column.band for column in self.columns), self.row
        tall = max([30, *(min(8 + 15 * len(c.heading), _TALLEST) for c in self.columns if _is_upright(c))])
        self.sheet.set_row(top, 30 if has_bands else tall)
        if has_bands:
            self.sheet.set_row(top + 1, tall)
        for first, last in self._blocks():
            column, last_row = self.columns[first], top + (has_bands and not self.columns[first].band and not self.is_long)
            text = clean(column.band or column.heading)
            look = self.upright if not column.band and _is_upright(column) else self.heading
            if (first, top) == (last, last_row):
                self.sheet.write_string(top, first, text, look)
            else:
                self.sheet.merge_range(top, first, last_row, last, text, look)
        for at, column in enumerate(self.columns) if has_bands else ():
            if column.band or self.is_long:
                self.sheet.write_string(top + 1, at, clean(column.heading), self.upright if _is_upright(column) else self.heading)
        self.row = top + 1 + has_bands
        self.sheet.repeat_rows(0, self.row - 1)
        self.sheet.freeze_panes(self.row, 0)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """First and last column of each upper heading."""
        at = 0
        while at < len(self.columns):
            end, band = at, self.columns[at].band
            while band and end + 1 < len(self.columns) and self.columns[end + 1].band == band:
                end += 1
            yield at, end
            at = end + 1

    def _group(self, heading: str, rows: Iterable[Sequence[Any]], totals: list) -> int:
        if heading:
            self._whole(heading, self.group, 22)
        first, sums = self.row, [0] * len(self.columns)
        for number, values in enumerate(rows, 1):
            self.sheet.set_row(self.row, _height(self.columns, values))  # not every program fits the height by itself
            for at, (column, value) in enumerate(zip(self.columns, values, strict=True)):
                self._cell(at, column, number if column.kind == SERIAL else value)
                if column.is_total and _is_number(value):
                    sums[at] += value
            self.row += 1
        count = self.row - first
        if heading and count and any(column.is_total for column in self.columns):
            self._sum("小计", first, sums)
        totals[:] = [total + one for total, one in zip(totals, sums, strict=True)]
        return count

    def _cell(self, at: int, column: Column, value: Any) -> None:
        sheet, kind, look = self.sheet, column.kind, self.cells[column.kind]
        if isinstance(value, datetime) and column.width < _INSTANT:
            value = local(value).date()  # a narrow column has room for the day only
        if value is None or value == "":
            sheet.write_blank(self.row, at, None, look)
        elif _is_number(value):
            sheet.write_number(self.row, at, value, self.cells["number"] if kind in ("text", BLANK) else look)
        elif isinstance(value, datetime) and local(value).date() >= FIRST_DAY:
            sheet.write_datetime(self.row, at, local(value), self.cells["datetime"])
        elif isinstance(value, date) and not isinstance(value, datetime) and value >= FIRST_DAY:
            sheet.write_datetime(self.row, at, value, self.cells["date"])
        else:
            sheet.write_string(self.row, at, words(value), look)

    def _sum(self, label: str, first: int, sums: Sequence) -> None:
        """A line of sums over the rows from `first` on; sums inside are left out of sums around them."""
        labelled = False
        for at, column in enumerate(self.columns):
            if column.is_total:
                formula = f"=SUBTOTAL(9,{xl_range(first, at, self.row - 1, at)})"
                self.sheet.write_formula(self.row, at, formula, self.sums[column.kind], sums[at])
            elif not labelled and column.width > 5:
                self.sheet.write_string(self.row, at, label, self.sums["text"])
                labelled = True
            else:
                self.sheet.write_blank(self.row, at, None, self.sums["text"])
        self.row += 1

    def _foot(self) -> None:
        width = max(sum(column.width for column in self.columns), 20)
        for text in (self.look.note, self.look.signature):
            if text:
                lines = sum(1 + 2 * len(line) // width for line in text.split("\n"))
                self._whole(text, self.line, 10 + 14 * lines)


def _look(kind: str) -> dict:
    code = {"num_format": _FORMATS[kind]} if kind in _FORMATS else {}
    return code | ({"align": "center"} if kind in _CENTRED else {})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and is_whole(value)


def _is_upright(column: Column) -> bool:
    return column.width <= _UPRIGHT and len(column.heading) > 2


def _height(columns: Sequence[Column], values: Sequence[Any]) -> float:
    """The height of a row, so that wrapped words are seen: a Chinese character is two wide."""
    most = 1
    for column, value in zip(columns, values, strict=True):
        if isinstance(value, str) and len(value) * 2 > column.width:
            most = max(most, sum(max(1, math.ceil(_wide(line) / (column.width - 0.5))) for line in value.split("\n")))
    return min(6 + _LINE * most, 400)


def _wide(text: str) -> int:
    return sum(1 if char.isascii() else 2 for char in text)
