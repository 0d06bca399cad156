"""Uploaded sheets as plain rows: a workbook is parsed in a child process, so a hostile file only ends that.

`python -m formats.reading` is the child: the file on stdin, JSON on stdout. A file of 5 kB can
make a spreadsheet parser ask for hundreds of gigabytes and abort, which no `except` catches.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 300
NOTE_SHEETS = ("说明", "填写说明")
MASK_MARK = ("个人信息", "已打星号")  # name and value of a document property, and a line of the note sheet

_MOST_PARTS = 2000
_MOST_UNPACKED = 512 * 1024 * 1024
_MOST_RATIO = 200
_HEADING_WITHIN = 10
_MEMORY = 2 * 1024**3
_CPU_SECONDS = 60
_TIMEOUT = 90
_ROOT = Path(__file__).resolve().parents[1]

_SAVE_AS = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后重新上传"
_DAMAGED = f"这个文件读不出来，可能已损坏或经过特殊处理。{_SAVE_AS}"
_TOO_BIG = f"表格太大。每次最多导入{MOST_ROWS // 10_000}万行，请删去不需要的工作表和图片，或分成几个文件上传"


class Unreadable(Exception):
    """The file is not a sheet that can be read; `sentence` says what to do about it."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Row:
    """One row under the headings; `number` is its row in the sheet as a person sees it.

    Values are None, str, bool, int, float, date or datetime. A whole number is an int unless
    it has 16 digits or more: there the last ones are already lost, and it stays a float.
    """

    number: int
    values: list[Any]


@dataclass(frozen=True)
class Table:
    """The data sheet of an uploaded file."""

    headings: list[str]
    rows: list[Row]
    is_masked: bool = False


def read(content: bytes, file_name: str) -> Table:
    """The table in an uploaded .xlsx or .csv file; raises `Unreadable`."""
    if not content.strip():
        raise Unreadable("这个文件是空的，请确认填好并保存后再上传")
    if len(content) > MOST_BYTES:
        raise Unreadable(f"文件超过{MOST_BYTES // 1024**2}MB。{_TOO_BIG}")
    if content.startswith(b"PK\x03\x04"):
        _check_package(content)
        return _restored(_parsed_apart(content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Unreadable("这个文件设了打开密码。请在 Excel 或 WPS 中去掉密码，保存后重新上传")
        raise Unreadable(f"这是旧版 .xls 格式，不能直接导入。{_SAVE_AS}")
    if Path(file_name).suffix.lower() == ".csv" and b"\0" not in content:
        return _restored(_table(_csv_rows(content)))
    raise Unreadable(f"这不是 Excel 文件。{_SAVE_AS}")


# ---- before anything is unpacked ----------------------------------------------------


def _check_package(content: bytes) -> None:
    """Refuse by the table of contents alone what no honest workbook has."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable(_DAMAGED) from None
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise Unreadable(f"这不是 .xlsx 工作簿。{_SAVE_AS}")
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    if any(path.is_absolute() or ".." in path.parts for path in paths) or len(names) < len(parts):
        raise Unreadable(_DAMAGED)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("这个文件设了密码。请去掉密码，保存后重新上传")
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * len(content):
        raise Unreadable(_TOO_BIG)


def _parsed_apart(content: bytes) -> dict:
    """What the child process makes of a workbook."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    try:
        run = subprocess.run(
            [sys.executable, "-m", "formats.reading"], input=content, capture_output=True, cwd=_ROOT, env=kept,
            timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unreadable(_TOO_BIG) from None
    if run.returncode != 0:
        raise Unreadable(_DAMAGED)
    answer = json.loads(run.stdout)
    if "sentence" in answer:
        raise Unreadable(answer["sentence"])
    return answer


def _restored(answer: dict) -> Table:
    rows = [Row(number, [_untagged(value) for value in values]) for number, values in answer["rows"]]
    return Table(answer["headings"], rows, answer["is_masked"])


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        (kind, text), = value.items()
        return (datetime if kind == "datetime" else date).fromisoformat(text)
    return value


# ---- rows of either format ----------------------------------------------------------


def _csv_rows(content: bytes) -> Iterator[list[str | None]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable(f"这个 CSV 文件的编码认不出来。{_SAVE_AS}")
    try:
        for cells in csv.reader(io.StringIO(text, newline="")):
            yield [cell if cell.strip() else None for cell in cells]
    except csv.Error:
        raise Unreadable(f"这个 CSV 文件的引号不成对，读不出来。{_SAVE_AS}") from None


def _table(lines: Iterable[list[Any]], is_masked: bool = False) -> dict:
    """Headings and rows as the child sends them; empty rows are left out, numbers stay."""
    filled = []
    for number, cells in enumerate(lines, 1):
        while cells and cells[-1] is None:
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(f"第{number}行有{len(cells)}列，最多{MOST_COLUMNS}列。请删去右侧多余的内容")
        if cells:
            filled.append((number, cells))
        if len(filled) > MOST_ROWS + _HEADING_WITHIN:
            raise Unreadable(_TOO_BIG)
    at = _heading_at(filled)
    width = max(len(cells) for _, cells in filled[at:])
    headings, *rows = [(number, cells + [None] * (width - len(cells))) for number, cells in filled[at:]]
    if len(rows) > MOST_ROWS:
        raise Unreadable(_TOO_BIG)
    return {
        "headings": [(cell or "").strip() for cell in headings[1]], "heading_row": headings[0], "rows": rows,
        "is_masked": is_masked,
    }  # fmt: skip


def _heading_at(filled: list[tuple[int, list]]) -> int:
    """The first of the top rows that is all words and well filled: a title above has one or two cells."""
    counts = [sum(cell is not None for cell in cells) for number, cells in filled if number <= _HEADING_WITHIN]
    for at, count in enumerate(counts):
        if 2 * count > max(counts) and all(cell is None or isinstance(cell, str) for cell in filled[at][1]):
            return at
    raise Unreadable("表里没有找到列名。请下载模板，把内容填在列名下面再上传")


# ---- the child process --------------------------------------------------------------


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows knows no such limits; the time-out remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _workbook_table(content: bytes) -> dict:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [
        sheet.name for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        and sheet.name not in NOTE_SHEETS
    ]  # fmt: skip
    if not names:
        raise Unreadable("文件里没有可以导入的工作表。请下载模板，把内容填在第一张表里再上传")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        faults = list(_faults(archive, _part_of(archive, names[0])))
        is_masked = _has_mask_property(archive)
    sheet = book.get_sheet_by_name(names[0])
    if sheet.total_height > MOST_ROWS + _HEADING_WITHIN:
        raise Unreadable(_TOO_BIG)
    for name in NOTE_SHEETS:
        if name in book.sheet_names:
            is_masked |= any(tuple(line[:2]) == MASK_MARK for line in book.get_sheet_by_name(name).iter_rows())
    left = [None] * (sheet.start or (0, 0))[1]  # calamine leaves blank columns on the left out
    table = _table(([*left, *map(_tagged, line)] for line in sheet.iter_rows()), is_masked)
    for row, column, word in faults[:1]:
        label = table["headings"][column] if column < len(table["headings"]) else ""
        raise Unreadable(
            f"第{row}行{f'“{label}”列' if label else ''}（{_letters(column)}{row}）是{word}，"
            "请改成正确的内容，或复制后选择性粘贴为数值"
        )
    for (first, _), (last, _) in sheet.merged_cell_ranges or ():
        if last + 1 > table["heading_row"]:
            raise Unreadable(f"第{first + 1}至{last + 1}行有合并单元格，请取消合并、逐行填写后再上传")
    return table


def _tagged(value: Any) -> Any:
    """A cell as JSON can carry it; whole numbers as int as long as no digit can be lost."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value if isinstance(value, bool | int) else str(value)


def _part_of(archive: zipfile.ZipFile, sheet_name: str) -> str:
    """The path of the part a sheet is stored in."""
    targets = {
        link.get("Id"): link.get("Target")
        for link in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")).findall("{*}Relationship")
    }
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).findall(".//{*}sheet"):
        if sheet.get("name") == sheet_name:
            target = next(targets[value] for key, value in sheet.items() if key.endswith("}id"))
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise Unreadable(_DAMAGED)


_FAULT = re.compile(
    rb'<(?:\w+:)?c\s(?P<error>[^<>]*\bt="e"[^<>]*)>.*?</(?:\w+:)?c>'
    rb"|<(?:\w+:)?c\s(?P<empty>[^<>]*)>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>",
    re.DOTALL,
)


def _faults(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, int, str]]:
    """(row, column from 0, what it is) of cells that the parser would silently read as empty."""
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(1 << 22):
            whole, mark, rest = (rest + chunk).rpartition(b"</row>")
            for found in _FAULT.finditer(whole + mark):
                address = re.search(rb'\br="([A-Z]{1,3})(\d+)"', found["error"] or found["empty"])
                if address is None:
                    raise Unreadable(f"表里有算不出结果的公式。请改正，{_SAVE_AS}")
                word = re.search(r"#[\w/?!]+", found[0].decode("utf-8", "replace"))
                letters, row = address[1].decode(), int(address[2])
                yield row, _column(letters), f"错误值{word[0] if word else ''}" if found["error"] else "没有结果的公式"


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _letters(column: int) -> str:
    found = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        found, column = chr(65 + rest) + found, column - 1
    return found


def _has_mask_property(archive: zipfile.ZipFile) -> bool:
    if "docProps/custom.xml" not in archive.namelist():
        return False
    properties = ElementTree.fromstring(archive.read("docProps/custom.xml"))
    return any((p.get("name"), "".join(p.itertext())) == MASK_MARK for p in properties)


def _main() -> None:
    _limit()
    try:
        answer = _workbook_table(sys.stdin.buffer.read())
    except Unreadable as no:
        answer = {"sentence": no.sentence}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    _main()
