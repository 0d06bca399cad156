"""Workbooks to give away: exports of any length, and templates that come back filled in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter

from models.codes import Code
from models.fields import Description

from .reading import MASK_MARK, NOTE_SHEETS

ROWS_PER_SHEET = 1_048_575  # one less than a sheet has: the headings
CUT_MARK = "……（内容过长，已截断）"

_LOCAL = ZoneInfo("Asia/Shanghai")
_FIRST_DAY = date(1900, 3, 1)  # before it Excel's days are off by one
_MOST_UNITS = 32_767
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_FORMATS = {
    "text": "@", "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "integer": "0", "number": "General",
    "money": "#,##0.00", "bool": "@",
}  # fmt: skip
_KINDS = {bool: "bool", int: "integer", float: "number", Decimal: "money", date: "date", datetime: "datetime"}
_CHOICES = "选项"
_TEMPLATE_ROWS = 200_000


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet; `kind` is text, date, datetime, integer, number, money or bool."""

    label: str
    width: int = 18
    kind: str = "text"
    help: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""
    name: str = ""


def column_of(description: Description, choices: Sequence[str] = ()) -> SheetColumn:
    """The sheet column of a described attribute; `choices` are the words of its dictionary."""
    d = description
    is_words = d.kind or d.target or d.code or d.field.dictionary
    kind = "text" if is_words else _KINDS.get(d.type, "text")
    if d.code:
        choices = [member.label for member in d.code]
    elif kind == "bool":
        choices = ["是", "否"]
    example = {"date": "2026-01-31", "datetime": "2026-01-31 09:30", "money": "1200.50"}.get(kind, "")
    return SheetColumn(
        d.label, max(d.width, 2 * len(d.label) + 4), kind, d.field.help, d.is_required,
        tuple(choices), choices[0] if choices else example, d.name,
    )  # fmt: skip


def write(
    file: IO[bytes], *, title: str, columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]], note: str,
    is_masked: bool,
) -> int:  # fmt: skip
    """Write an export and return its number of rows; memory stays the same however many there are.

    Headings are in row 1, so the sheet can be filled in and imported. Text is always a plain
    text cell: what begins with = + - @ is never a formula.
    """
    book = _book(file, constant_memory=True)
    writer = _Writer(book, title, columns)
    count = 0
    for values in rows:
        if count and count % ROWS_PER_SHEET == 0:
            writer.begin()
        writer.row(values)
        count += 1
    writer.end()
    sheet = book.add_worksheet(NOTE_SHEETS[0])
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 80)
    lines = [("名称", title), ("说明", note), ("行数", str(count))]
    if is_masked:
        book.set_custom_property(*MASK_MARK)
        lines += [MASK_MARK, ("注意", "姓名、号码已打星号，这个文件只供查看，不能用来导入")]
    for number, line in enumerate(lines):
        for at, words in enumerate(line):
            sheet.write_string(number, at, clean(words))
    book.close()
    return count


def template(file: IO[bytes], *, title: str, columns: Sequence[SheetColumn]) -> None:
    """Write an empty sheet to fill in: drop-downs, hints, and a sheet that explains each column."""
    book = _book(file, in_memory=True)
    writer = _Writer(book, title, columns, marks_required=True)
    writer.end()
    notes, lists = book.add_worksheet(NOTE_SHEETS[1]), None
    for at, column in enumerate(columns):
        source = list(column.choices)
        if len(",".join(source)) > 255 or any("," in word for word in source):
            lists = lists or book.add_worksheet(_CHOICES)
            for number, word in enumerate(source):
                lists.write_string(number, at, word)
            letters = xlsxwriter.utility.xl_col_to_name(at, col_abs=True)
            source = f"={_CHOICES}!{letters}$1:{letters}${len(source)}"
        writer.sheet.data_validation(1, at, _TEMPLATE_ROWS, at, _validation(column, source))
    if lists:
        lists.hide()
    _explain(book, notes, columns)
    book.close()


def clean(text: str) -> str:
    """A text as a cell can hold it: no control characters, no half characters, not too long."""
    if not text.isprintable():
        text = _UNWANTED.sub("", text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) * 2 > _MOST_UNITS and len(raw := text.encode("utf-16-le")) > 2 * _MOST_UNITS:
        kept = raw[: 2 * (_MOST_UNITS - len(CUT_MARK))].decode("utf-16-le", "ignore")
        return kept + CUT_MARK
    return text


def _book(file: IO[bytes], **options) -> xlsxwriter.Workbook:
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(file, plain | options)


class _Writer:
    """The data sheets of one workbook; `begin` opens the next one when a sheet is full."""

    def __init__(self, book, title: str, columns: Sequence[SheetColumn], marks_required: bool = False):
        self.book, self.columns = book, columns
        self.title = re.sub(r"[\[\]:*?/\\']", "", clean(title))[:24] or "数据"
        self.formats = {kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in _FORMATS.items()}
        self.wrapped = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        look = {"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "valign": "vcenter", "num_format": "@"}
        self.heading, self.needed = book.add_format(look), book.add_format(look | {"font_color": "#B42318"})
        self.marks_required = marks_required
        self.sheet, self.number = None, 0
        self.begin()

    def begin(self) -> None:
        if self.sheet:
            self.end()
        sheets = len(self.book.worksheets())
        self.sheet = self.book.add_worksheet(self.title if not sheets else f"{self.title} ({sheets + 1})")
        self.number = 0
        for at, column in enumerate(self.columns):
            self.sheet.set_column(at, at, min(column.width, 60), self.formats[column.kind])
            is_marked = self.marks_required and column.is_required
            words = f"{column.label}＊" if is_marked else column.label
            self.sheet.write_string(0, at, clean(words), self.needed if is_marked else self.heading)
        self.sheet.freeze_panes(1, 0)

    def row(self, values: Sequence[Any]) -> None:
        self.number += 1
        for at, value in enumerate(values):
            if value is not None:
                self._cell(at, value)

    def _cell(self, at: int, value: Any) -> None:
        sheet, number = self.sheet, self.number
        if isinstance(value, bool):
            value = "是" if value else "否"
        elif isinstance(value, Code):
            value = value.label
        elif isinstance(value, datetime):
            value = value.astimezone(_LOCAL).replace(tzinfo=None) if value.tzinfo else value
            if value.date() >= _FIRST_DAY:
                sheet.write_datetime(number, at, value, self.formats["datetime"])
                return
            value = f"{value:%Y-%m-%d %H:%M}"
        elif isinstance(value, date):
            if value >= _FIRST_DAY:
                sheet.write_datetime(number, at, value, self.formats["date"])
                return
        elif isinstance(value, int | float | Decimal):
            if not math.isfinite(value):
                return
            if abs(value) < 10**15:  # Excel keeps 15 digits
                kind = self.columns[at].kind
                sheet.write_number(number, at, value, self.formats[kind if kind in ("money", "integer") else "number"])
                return
        words = clean(str(value))
        if words:
            sheet.write_string(number, at, words, self.wrapped if "\n" in words else self.formats["text"])

    def end(self) -> None:
        if self.columns:
            last = max(self.number, 1)
            self.sheet.autofilter(0, 0, last, len(self.columns) - 1)
            self.sheet.ignore_errors({
                "number_stored_as_text": xlsxwriter.utility.xl_range(0, 0, last, len(self.columns) - 1)
            })  # fmt: skip


def _validation(column: SheetColumn, source) -> dict:
    """What Excel checks while a cell is typed, and the hint it shows beside it."""
    rule: dict[str, Any] = {"validate": "any"}
    if source:
        rule = {"validate": "list", "source": source, "error_message": "请从下拉选项中选择"}
    elif column.kind in ("date", "datetime"):
        rule = {
            "validate": "date", "criteria": "between", "minimum": date(1900, 3, 1), "maximum": date(2200, 12, 31),
            "error_message": "请填日期，例如 2026-01-31",
        }  # fmt: skip
    elif column.kind in ("integer", "number", "money"):
        word = "整数" if column.kind == "integer" else "数字"
        rule = {
            "validate": "integer" if column.kind == "integer" else "decimal", "criteria": "between",
            "minimum": -(10**12), "maximum": 10**12, "error_message": f"请填{word}",
        }  # fmt: skip
    hint = "；".join(words for words in ("必填" if column.is_required else "", column.help) if words)
    if hint:
        rule |= {"input_title": column.label[:32], "input_message": hint[:255]}
    if rule["validate"] != "any":
        rule["error_title"] = "内容不对"
    return rule


def _explain(book, sheet, columns: Sequence[SheetColumn]) -> None:
    bold = book.add_format({"bold": True, "valign": "top", "bg_color": "#E8EEF7"})
    plain = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    advice = [
        "在第一张表里填写，一行一条，不要改第一行的列名；列名带＊的必填。列的先后可以变。",
        "已有的记录会被认出来并修改；修改时空着的格子保留原来的内容，要清空请到页面上改。",
        "有一处不对，整张表都不导入，会告诉您是哪一行哪一列。",
    ]
    for number, words in enumerate(advice):
        sheet.write_string(number, 0, words)
    for at, (label, width) in enumerate((("列名", 18), ("必填", 8), ("说明", 50), ("可填的内容", 60), ("例子", 24))):
        sheet.set_column(at, at, width)
        sheet.write_string(len(advice) + 1, at, label, bold)
    for number, column in enumerate(columns, len(advice) + 2):
        allowed = "、".join(word.strip() for word in column.choices)
        cells = (column.label, "必填" if column.is_required else "", column.help, allowed, column.example)
        for at, words in enumerate(cells):
            sheet.write_string(number, at, clean(words), plain)
