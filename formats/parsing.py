"""The child that opens an uploaded file: first what sheets there are, then the rows of one.

`python -m formats.parsing KIND PATH`; see `formats.child`.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import time
from typing import Any

from .child import limit, tell
from .faults import date_system, faults, has_mask_property, moment_property, part_of
from .headings import is_foot, is_hint
from .package import DAMAGED, MARKS, SAVE_AS, TOO_BIG, UTF_16, Unreadable

MOST_ROWS = 1_048_576
MOST_COLUMNS = 300
NOTE_SHEETS = ("说明", "填写说明")
MASK_MARK = ("个人信息", "已打星号")  # name and value of a document property, and a line of the note sheet

_TOP = 40
_MOST_SHEETS = 30
_PORTION = 2000
_WORD = 60  # how much of a cell the choice of columns needs to see


class Book:
    """A workbook, or a CSV file as a workbook of one sheet."""

    def __init__(self, kind: str, path: str):
        from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

        self.kind, self.path = kind, path
        self.file = open(path, "rb")
        self.book = CalamineWorkbook.from_filelike(self.file)
        kept = [s for s in self.book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        self.names = [
            s.name for s in kept if s.visible == SheetVisibleEnum.Visible and s.name not in NOTE_SHEETS
        ][:_MOST_SHEETS]  # fmt: skip
        self.hidden = len([s for s in kept if s.visible != SheetVisibleEnum.Visible])
        self.loaded: dict[str, Any] = {}

    def sheet(self, name: str):
        if name not in self.loaded:
            self.loaded[name] = self.book.get_sheet_by_name(name)
        return self.loaded[name]

    def described(self) -> dict:
        """What the choice of sheet, headings and columns needs: the top of every visible sheet."""
        if not self.names:
            raise Unreadable("文件里没有可以导入的工作表。请下载模板，把内容填在第一张表里再上传")
        is_masked, is_1904, moment = False, False, None
        if self.kind == "xlsx":
            with zipfile.ZipFile(self.path) as archive:
                is_masked, is_1904 = has_mask_property(archive, MASK_MARK), date_system(archive)
                moment = moment_property(archive)
        for name in NOTE_SHEETS:
            if name in self.book.sheet_names:
                is_masked |= any(tuple(line[:2]) == MASK_MARK for line in self.book.get_sheet_by_name(name).iter_rows())
        return {
            "sheets": [self._top(name) for name in self.names], "hidden_sheets": self.hidden,
            "is_masked": is_masked, "is_1904": is_1904, "exported_at": moment,
        }  # fmt: skip

    def _top(self, name: str) -> dict:
        sheet = self.sheet(name)
        top = []
        for line in sheet.iter_rows():
            top.append([_shortened(_cell(value)) for value in line[:MOST_COLUMNS]])
            if len(top) == _TOP:
                break
        left = (sheet.start or (0, 0))[1]
        merged = [[*a, *b] for a, b in sheet.merged_cell_ranges or () if a[0] < _TOP]
        return {"name": name, "height": sheet.total_height, "top": [[None] * left + line for line in top], "merged": merged[:2000]}

    def rows(self, name: str, first: int) -> Iterator[tuple[int, list]]:
        """The rows from number `first` on, merged cells filled down, empty rows left out."""
        sheet = self.sheet(name)
        wrong: dict[int, list] = {}
        self.hidden_rows = 0
        if self.kind == "xlsx":
            with zipfile.ZipFile(self.path) as archive:
                for number, column, word in faults(archive, part_of(archive, name)):
                    if column is None:
                        self.hidden_rows += number >= first
                    else:
                        wrong.setdefault(number, []).append((column, word))
        left = [None] * (sheet.start or (0, 0))[1]  # calamine leaves blank columns on the left out
        starts = _starts(sheet.merged_cell_ranges or (), first)
        open_ranges: dict[int, tuple[Any, int]] = {}
        for number, line in enumerate(sheet.iter_rows(), 1):
            if number < first:
                continue
            cells = [_cell(value) for value in line]
            if left:
                cells = left + cells
            if number in starts or open_ranges:
                _fill_down(cells, number, starts.get(number, ()), open_ranges)
            for column, word in wrong.get(number, ()):
                if column < len(cells):
                    cells[column] = {"f": word}
            yield number, cells


class Text:
    """A CSV file in UTF-8, in the encoding of Windows in China, or in UTF-16 as Excel saves “Unicode 文本”."""

    hidden_rows = 0

    def __init__(self, path: str):
        self.path = path
        self.encoding = self._encoding()
        with open(path, encoding=self.encoding, newline="") as file:
            line = file.readline(20_000)
        self.mark = max(MARKS, key=line.count) if line else ","

    def _encoding(self) -> str:
        with open(self.path, "rb") as file:
            is_wide = file.read(2) in UTF_16
        for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "gb18030"):
            try:
                with open(self.path, encoding=encoding, newline="") as file:
                    while file.read(1 << 20):
                        pass
                return encoding
            except UnicodeDecodeError:
                continue
        raise Unreadable(f"这个 CSV 文件的编码认不出来。{SAVE_AS}")

    def _lines(self) -> Iterator[tuple[int, list]]:
        try:
            with open(self.path, encoding=self.encoding, newline="") as file:
                for number, cells in enumerate(csv.reader(file, delimiter=self.mark), 1):
                    yield number, [cell if cell and not cell.isspace() else None for cell in cells]
        except csv.Error:
            raise Unreadable(f"这个 CSV 文件的引号不成对，读不出来。{SAVE_AS}") from None

    def described(self) -> dict:
        top, height = [], 0
        for number, cells in self._lines():
            height = number
            if number <= _TOP:
                top.append([_shortened(cell) for cell in cells])
        sheet = {"name": "", "height": height, "top": top, "merged": []}
        return {"sheets": [sheet], "hidden_sheets": 0, "is_masked": False, "is_1904": False, "exported_at": None}

    def rows(self, _name: str, first: int) -> Iterator[tuple[int, list]]:
        return ((number, cells) for number, cells in self._lines() if number >= first)


def _cell(value: Any) -> Any:
    """A cell as the parent reads it: whole numbers as int as long as no digit can be lost."""
    kind = value.__class__
    if kind is str:
        return value if value and not value.isspace() else None
    if kind is float:
        return int(value) if value.is_integer() and -1e15 < value < 1e15 else value
    return f"{value:%H:%M}" if kind is time else value


def _shortened(cell: Any) -> Any:
    return cell[:_WORD] if isinstance(cell, str) else cell


def _starts(ranges: Iterable, first: int) -> dict[int, list[tuple[int, int]]]:
    """{row number: [(column, last row number)]} of cells merged over several rows."""
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _right) in ranges:
        if bottom > top and bottom + 1 >= first:
            found.setdefault(max(top + 1, first), []).append((left, bottom + 1))
    return found


def _fill_down(cells: list, number: int, begun: Iterable, open_ranges: dict) -> None:
    for column, last in begun:
        if column < len(cells):
            open_ranges[column] = (cells[column], last)
    for column, (value, last) in list(open_ranges.items()):
        if number > last:
            del open_ranges[column]
            continue
        if column >= len(cells):
            cells.extend([None] * (column + 1 - len(cells)))
        if cells[column] is None:
            cells[column] = value


def _send(book: Book | Text, wanted: dict) -> None:
    """The rows of a sheet; hints and lines of totals are left out."""
    portion, count, feet, width, is_first = [], 0, 0, wanted["width"], True
    for number, cells in book.rows(wanted["sheet"], wanted["first"]):
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(f"第{number}行有{len(cells)}列，最多{MOST_COLUMNS}列。请删去右侧多余的内容")
        count += 1
        if count > MOST_ROWS:
            raise Unreadable(TOO_BIG)
        if is_hint(cells, is_first):
            continue
        is_first = False
        if is_foot(cells):
            feet += 1
            continue
        if len(cells) < width:
            cells += [None] * (width - len(cells))
        portion.append((number, cells))
        if len(portion) == _PORTION:
            tell({"rows": portion})
            portion = []
    tell({"rows": portion, "is_last": True, "hidden_rows": book.hidden_rows, "feet": feet})


def _main() -> None:
    limit()
    from python_calamine import CalamineError, PasswordError

    kind, path = sys.argv[1:3]
    try:
        book = Text(path) if kind == "csv" else Book(kind, path)
        tell(book.described())
        for line in sys.stdin:
            _send(book, json.loads(line))
    except Unreadable as no:
        tell({"sentence": no.sentence})
    except PasswordError:
        tell({"sentence": "这个文件设了打开密码。请在 Excel 或 WPS 中去掉密码，保存后重新上传"})
    except MemoryError:
        tell({"sentence": TOO_BIG})
    except (CalamineError, OSError, KeyError, ValueError, zipfile.BadZipFile, re.error):
        tell({"sentence": DAMAGED})


if __name__ == "__main__":
    _main()
