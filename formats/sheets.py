"""Workbooks to give away: exports of any length, and templates that come back filled in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter

from . import splice
from .archive import MOST_BYTES, Archive
from .cells import CUT_MARK, Rows, clean
from .faults import MOMENT
from .headings import HINT
from .reading import MASK_MARK, NOTE_SHEETS

if TYPE_CHECKING:  # the process that only writes knows no tables
    from models.fields import Description

ROWS_PER_SHEET = 1_048_575  # one less than a sheet has: the headings

__all__ = ["CUT_MARK", "ROWS_PER_SHEET", "SheetColumn", "clean", "column_of", "portions", "template", "write"]

_PORTION = 500
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


def portions(rows: Iterable[Sequence[Any]]) -> Iterator[splice.Portion]:
    """Rows as `write` takes them."""
    source = iter(rows)
    while portion := list(zip(*islice(source, _PORTION), strict=True)):
        yield portion


def write(
    file: IO[bytes], *, title: str, columns: Sequence[SheetColumn], portions: Iterable[splice.Portion], note: str,
    is_masked: bool, unit: str = "", is_fast: bool = True, taken_at: datetime | None = None,
) -> int:  # fmt: skip
    """Write an export on a file that can be sought and return its number of rows; memory stays the same.

    `taken_at` is when its rows were read: an import of the sheet sees by it what others changed since.

    Headings are in row 1, so the sheet can be filled in and imported. Text is always a plain text
    cell: what begins with = + - @ is never a formula. The workbook is made by xlsxwriter without
    its rows, which are put in as a stream; what a sheet cannot hold goes on in the next.
    """

    def book(counts: Sequence[int]) -> splice.Pattern:
        made = io.BytesIO()
        _export_book(made, title, columns, note, is_masked, unit, counts, taken_at)
        return splice.Pattern(made)

    start, feed, counts = book([0, 0]), splice.Feed(portions), [0]
    style = dict(zip((*_FORMATS, "wrapped"), start.sample_styles, strict=True))
    shared = start.shared({word for column in columns for word in column.choices} | {"是", "否"})
    formatted = Rows([column.kind for column in columns], style, shared)
    with Archive(file, is_fast) as archive:
        while True:
            at = len(counts) - 1
            archive.add(splice.sheet_name(at), _sheet(start.heads[min(at, 1)], feed, formatted, counts, book))
            if feed.is_over():
                break
            counts.append(0)
        whole = book(counts)
        if whole.styles != start.styles:
            raise AssertionError("the formats of a workbook depend on its number of rows")
        for name, content in whole.others(len(counts)):
            archive.add(name, [content])
    return sum(counts)


def _sheet(head: bytes, feed: splice.Feed, formatted: Rows, counts: list[int], book) -> Iterator[bytes]:
    """One data sheet piece by piece: its rows are counted in the last of `counts`."""
    yield head
    size = len(head)
    while counts[-1] < ROWS_PER_SHEET and (portion := feed.take(min(_PORTION, ROWS_PER_SHEET - counts[-1]))):
        piece = formatted(counts[-1] + 2, portion)
        if counts[-1] and size + len(piece) > MOST_BYTES:
            feed.put_back(portion)
            break
        yield piece
        size, counts[-1] = size + len(piece), counts[-1] + len(portion[0])
    yield book(counts).tails[len(counts) - 1]


def _export_book(
    file: IO[bytes], title: str, columns: Sequence[SheetColumn], note: str, is_masked: bool, unit: str, counts: Sequence[int],
    taken_at: datetime | None = None,
) -> None:  # fmt: skip
    """The workbook around the rows: `counts` are the numbers of rows of its data sheets."""
    book = _book(file, in_memory=True)
    if taken_at is not None:
        book.set_custom_property(MOMENT, taken_at.isoformat(), "text")
    writer = _Writer(book, title, columns)
    for number, count in enumerate(counts):
        if number:
            writer.begin()
        if not number:
            writer.sample()
        writer.number = count
        writer.end()
        _print_set_up(writer.sheet, title, note, unit)
    _tell(book, title, columns, note, is_masked, sum(counts))
    choices = {at: column.choices for at, column in enumerate(columns) if column.choices}
    lists = _lists(book, choices)
    for sheet, count in zip(book.worksheets(), counts, strict=False):
        for at, source in lists.items() if not is_masked else ():
            rule = {"validate": "list", "source": source, "error_title": "内容不对", "error_message": "请从下拉选项中选择"}
            sheet.data_validation(1, at, max(count, 1), at, rule)
    book.close()


def _print_set_up(sheet, title: str, note: str, unit: str) -> None:
    """A page that can be printed at once: headings on each, all columns in its width, who and when below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_header(f"&L{said(unit, 60)}&C{said(title, 60)}&R第 &P 页，共 &N 页")
    sheet.set_footer(f"&L{said(note, 200)}")


def sheet_title(words: str, most: int = 24) -> str:
    """Words as the name of a sheet may be."""
    return re.sub(r"[\[\]:*?/\\']", "", clean(words))[:most] or "数据"


def said(words: str, most: int) -> str:
    """Words of a header or footer, where & begins a code."""
    words = clean(words).replace("\n", " ")
    words = words if len(words) <= most else f"{words[: most - 1]}…"
    return words.replace("&", "＆")


def _tell(book, title: str, columns: Sequence[SheetColumn], note: str, is_masked: bool, count: int) -> None:
    """The sheet that says what this is, and which words its columns may hold."""
    sheet = book.add_worksheet(NOTE_SHEETS[0])
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 80)
    lines = [("名称", title), ("说明", note), ("行数", str(count))]
    if is_masked:
        book.set_custom_property(*MASK_MARK)
        lines += [MASK_MARK, ("注意", "姓名、号码已打星号，这个文件只供查看，不能用来导入")]
    chosen = [(column.label, "、".join(column.choices)) for column in columns if column.choices]
    lines += [("列名", "可填的内容"), *chosen] if chosen else []
    for number, line in enumerate(lines):
        for at, words in enumerate(line):
            sheet.write_string(number, at, clean(words))


def _lists(book, choices: dict[int, Sequence[str]]) -> dict[int, str]:
    """Write words to choose from on a hidden sheet, a column for each; gives the range of each."""
    if not choices:
        return {}
    sheet = book.add_worksheet(_CHOICES)
    ranges = {}
    for at, source in choices.items():
        for number, word in enumerate(source):
            sheet.write_string(number, at, clean(word.strip()))
        letters = xlsxwriter.utility.xl_col_to_name(at, col_abs=True)
        ranges[at] = f"={_CHOICES}!{letters}$1:{letters}${len(source)}"
    sheet.hide()
    return ranges


def template(file: IO[bytes], *, title: str, columns: Sequence[SheetColumn]) -> None:
    """Write an empty sheet to fill in: drop-downs, hints, and a sheet that explains each column."""
    book = _book(file, in_memory=True)
    writer = _Writer(book, title, columns, marks_required=True)
    writer.end()
    writer.sheet.freeze_panes(2, 0)
    gray = book.add_format({"font_color": "#6B7280", "italic": True, "text_wrap": True, "valign": "top", "num_format": "@"})
    notes = book.add_worksheet(NOTE_SHEETS[1])
    long = {at: c.choices for at, c in enumerate(columns) if len(",".join(c.choices)) > 255 or any("," in w for w in c.choices)}
    ranges = _lists(book, long)
    for at, column in enumerate(columns):
        source = ranges.get(at, list(column.choices))
        writer.sheet.write_string(1, at, clean(_hint(column)), gray)
        writer.sheet.data_validation(2, at, _TEMPLATE_ROWS, at, _validation(column, source))
    _explain(book, notes, columns)
    book.close()


def _book(file: IO[bytes], **options) -> xlsxwriter.Workbook:
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(file, plain | options)


class _Writer:
    """The data sheets of one workbook; `begin` opens the next one when a sheet is full."""

    def __init__(self, book, title: str, columns: Sequence[SheetColumn], marks_required: bool = False):
        self.book, self.columns = book, columns
        self.title = sheet_title(title)
        self.formats = {kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in _FORMATS.items()}
        self.wrapped = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        look = {"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "valign": "vcenter", "num_format": "@"}
        self.heading, self.needed = book.add_format(look), book.add_format(look | {"font_color": "#B42318"})
        self.marks_required = marks_required
        self.sheet, self.number = None, 0
        self.begin()

    def begin(self) -> None:
        sheets = len(self.book.worksheets())
        self.sheet = self.book.add_worksheet(self.title if not sheets else f"{self.title} ({sheets + 1})")
        self.number = 0
        for at, column in enumerate(self.columns):
            self.sheet.set_column(at, at, min(column.width, 60), self.formats[column.kind])
            is_marked = self.marks_required and column.is_required
            words = f"{column.label}＊" if is_marked else column.label
            self.sheet.write_string(0, at, clean(words), self.needed if is_marked else self.heading)
        self.sheet.freeze_panes(1, 0)

    def sample(self) -> None:
        """An empty cell of each format in the second row, to see the number of each."""
        for at, look in enumerate((*self.formats.values(), self.wrapped)):
            self.sheet.write_blank(1, at, None, look)

    def end(self) -> None:
        if self.columns:
            last = max(self.number, 1)
            self.sheet.autofilter(0, 0, last, len(self.columns) - 1)
            self.sheet.ignore_errors({
                "number_stored_as_text": xlsxwriter.utility.xl_range(0, 0, last, len(self.columns) - 1)
            })  # fmt: skip


def _hint(column: SheetColumn) -> str:
    """What stands below a heading of a template; the import passes such a row over."""
    allowed = "选填：" + "、".join(word.strip() for word in column.choices) if 0 < len(column.choices) <= 8 else ""
    example = f"例如 {column.example}" if column.example and not allowed else ""
    words = "；".join(w for w in ("必填" if column.is_required else "", column.help, allowed, example) if w)
    return f"{HINT}{words[:120] or '可不填'}"


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
        "在第一张表里从第三行起填写，一行一条；列名带＊的必填。列的先后可以变。",
        "已有的记录会被认出来并修改；修改时空着的格子保留原来的内容，要清空请到页面上改。",
        "第二行以※开头的是提示，导入时不读，可以留着。有不对的地方会告诉您是哪一格，改好再传。",
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
