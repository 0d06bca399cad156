"""The child that marks wrong cells in an uploaded file: `python -m formats.marking KIND PATH TARGET`; see `formats.child`.

A workbook of ordinary size keeps everything it had (openpyxl); old formats, CSV and huge ones
are written anew, the huge with their wrong rows only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from . import child
from .package import DAMAGED, Unreadable, examined

_MOST_ROWS = 100_000  # more take openpyxl too much memory
_FILL = "FFF4B6B1"
_AUTHOR = "核对"


def marked(source: Path, file_name: str, target: Path, sheet: str, heading: int, marks: Sequence[tuple[int, int, str]]) -> None:
    """Write `target` (.xlsx), the file with a colour and a comment on each of `marks` (row, column from 0, words)."""
    kind = examined(source, file_name)
    with child.running("formats.marking", kind, str(source.resolve()), str(target.resolve())) as process:
        process.ask({"sheet": sheet, "heading": heading, "marks": list(marks)})
        process.answer()
    if not target.exists():
        raise Unreadable(DAMAGED)


# ---- inside the child ---------------------------------------------------------------


def _in_place(path: str, target: str, wanted: dict) -> None:
    from openpyxl import load_workbook
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    with open(path, "rb") as file:  # by its path openpyxl would go by the name
        book = load_workbook(file)
    sheet = book[wanted["sheet"]] if wanted["sheet"] in book.sheetnames else book.worksheets[0]
    fill = PatternFill("solid", fgColor=_FILL)
    tops = {(r, c): (m.min_row, m.min_col) for m in sheet.merged_cells.ranges for r in range(m.min_row, min(m.max_row, m.min_row + 2000) + 1) for c in range(m.min_col, m.max_col + 1)}
    for row, column, words in wanted["marks"]:
        cell = sheet.cell(row, column + 1)
        if isinstance(cell, MergedCell):
            cell = sheet.cell(*tops.get((row, column + 1), (row, column + 1)))
        cell.fill = fill
        earlier = cell.comment.text + "\n" if cell.comment and cell.comment.author == _AUTHOR and words not in cell.comment.text else ""
        cell.comment = Comment(earlier + words, _AUTHOR, width=280, height=110)
    book.active = book.worksheets.index(sheet)
    book.save(target)


def _anew(kind: str, path: str, target: str, wanted: dict) -> None:
    import xlsxwriter

    from .parsing import Book, Text

    source = Text(path) if kind == "csv" else Book(kind, path)
    marks: dict[int, list] = {}
    for row, column, words in wanted["marks"]:
        marks.setdefault(row, []).append((column, words))
    shape = next((s for s in source.described()["sheets"] if s["name"] == wanted["sheet"]), None) or source.described()["sheets"][0]
    is_huge = shape["height"] > _MOST_ROWS
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheet = book.add_worksheet((wanted["sheet"] or "表")[:31])
    looks = {name: book.add_format({"num_format": code}) for name, code in (("text", "@"), ("day", "yyyy-mm-dd"), ("time", "yyyy-mm-dd hh:mm"))}
    wrong = {name: book.add_format({"num_format": look.num_format, "bg_color": f"#{_FILL[2:]}"}) for name, look in looks.items()}
    line = 0
    for number, cells in source.rows(wanted["sheet"], 1):
        if is_huge and number > wanted["heading"] and number not in marks:
            continue
        at = line if is_huge else number - 1
        here = dict(marks.get(number, ()))
        for column in range(max(len(cells), max(here, default=-1) + 1)):
            value = cells[column] if column < len(cells) else None
            _put(sheet, at, column, value, wrong if column in here else looks)
        for column, words in marks.get(number, ()):
            sheet.write_comment(at, column, words, {"author": _AUTHOR, "x_scale": 2, "y_scale": 1.5})
        line += 1
    book.close()


def _put(sheet, row: int, column: int, value: Any, looks: dict) -> None:
    if isinstance(value, dict):
        value = value.get("f")
    if value is None:
        sheet.write_blank(row, column, None, looks["text"])
    elif isinstance(value, datetime | date):
        sheet.write_datetime(row, column, value, looks["time" if isinstance(value, datetime) and (value.hour or value.minute) else "day"])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value, looks["text"])
    else:
        sheet.write_string(row, column, str(value)[:32_000], looks["text"])


def _main() -> None:
    child.limit()
    kind, path, target = sys.argv[1:4]
    wanted = json.loads(sys.stdin.readline())
    try:
        if kind == "xlsx" and _height(path, wanted["sheet"]) <= _MOST_ROWS:
            _in_place(path, target, wanted)
        else:
            _anew(kind, path, target, wanted)
        child.tell({"is_done": True})
    except Exception:  # whatever is wrong with the file, the person gets a sentence
        child.tell({"sentence": "这个文件里有特殊内容，不能在原表上标出。请按页面上的单元格位置改正"})


def _height(path: str, name: str) -> int:
    from .parsing import Book

    book = Book("xlsx", path)
    return book.sheet(name if name in book.names else book.names[0]).total_height


if __name__ == "__main__":
    _main()
