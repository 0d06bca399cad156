"""Two hundred odd files, one pitfall each: every one gives the right row or says what is wrong, and nothing dies.

Cells are made here, so what must come out is known. Cells of many pitfalls share a file, as in a real
roster; files that are odd as a whole are read one by one.
"""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.styles import PatternFill

from formats import child, reading
from formats.reading import Unreadable
from models import describe, sealed
from models.household import HouseholdMember, Household
from models.neighbor import Chief
from services.rosters.cells import LOST, opened, reader_of

_KEY = bytes(range(64))
ID = "11010519491231002X"  # the example of GB 11643
WIDE_ID = "１１０１０５１９４９１２３１００２Ｘ"
NOT_MOBILE = "手机号码应为11位数字，以1开头，例如13800000000"
NO_DAY = "请填日期，例如 2026-01-31"

# (attribute, what the cell holds, what is stored or the sentence)
CELLS = [
    *[("mobile", cell, "13800000001") for cell in (
        "13800000001", 13800000001, 13800000001.0, "１３８０００００００１", " 138 0000 0001 ", "138-0000-0001", "+8613800000001",
        "13800000001\u200b", "\ufeff13800000001", "138\u30000000 0001", "13800000001\r\n", "\u00a013800000001",
    )],
    *[("mobile", cell, NOT_MOBILE) for cell in ("1380000000", "138000000012", "23800000001", "电话", 1380000, "O3800000001", "13800000001/13900000001")],
    ("mobile", "138****0001", "这一格打了星号，请填写完整内容"), ("mobile", datetime(2026, 1, 5), "Excel 把这一格变成了日期。请把这一列设为“文本”格式，重新填写联系电话"),
    *[("head_id_number", cell, ID) for cell in (ID, ID.lower(), WIDE_ID, f" {ID} ", ID[:6] + " " + ID[6:], ID + "\u200b")],
    *[("head_id_number", cell, LOST) for cell in (430181199001010016, 4.30181199001010e17, 110105194912310016)],
    ("head_id_number", "110105194912310021", "身份证号校验位不符，可能有一位输错，请对照证件核对"),
    ("head_id_number", "11010519491331002X", "身份证号第7至14位不是有效的出生日期，请对照证件核对"),
    *[("head_id_number", cell, LOST) for cell in ("4.30181E+17", "４．３０１８１Ｅ＋１７")], ("mobile", "1.38E+10", LOST), ("head_id_number", "123", "身份证号应为18位，末位可以是X；请对照证件核对"),
    *[("started_on", cell, date(2026, 1, 5)) for cell in (
        date(2026, 1, 5), datetime(2026, 1, 5, 8, 30), "2026-01-05", "2026-1-5", "2026/1/5", "2026.1.5", "2026年1月5日", "2026年01月05日",
        "２０２６年１月５日", "20260105", 20260105, 46027, " 2026-01-05 ", "2026 年 1 月 5 日", "2026/01/05 00:00:00",
    )],
    *[("started_on", cell, NO_DAY) for cell in ("2026-02-30", "2026-13-01", "5/1/2026", "昨天", 20261301, 3, True, -5, "2026年1月", 4602700)],
    *[("is_party_member", cell, True) for cell in ("是", "有", "√", True, 1, "１", " 是 ", "TRUE")],
    *[("is_party_member", cell, False) for cell in ("否", "无", "×", False, 0, "false")],
    *[("is_party_member", cell, "请填 是 或 否") for cell in ("对", "党员", 2)],
    *[("gender", cell, "female") for cell in ("女", " 女 ", "female", "女\u3000")], *[("gender", cell, "只能填：女、男") for cell in ("F", "女性", 1)],
    *[("member_count", cell, 4) for cell in (4, 4.0, "4", "４", " 4 ", "4.0")],
    *[("member_count", cell, "请填整数") for cell in ("四", 4.5, "4口", True, "--", float("nan"))], ("member_count", 51, "人口数不能大于50"), ("member_count", -1, "人口数不能小于0"),
    ("member_count", 1e14, "人口数的数字太大，请核对"),
    *[("head_name", cell, "张三") for cell in ("张三", " 张三 ", "张三\n", "\u3000张三\u3000", "张三\u200b", "张三\x07", "\ufeff张三")],
    ("head_name", "张\n三", "张 三"), ("head_name", "阿卜杜拉·买买提", "阿卜杜拉·买买提"), ("head_name", "𠮷田", "𠮷田"),
    *[("head_name", cell, "姓名里不能有尖括号、引号或换行，请只填姓名") for cell in ("<b>张三", '张"三', "{{张三}}")],
    ("address", "=1+1", "=1+1"), ("address", "+cmd|' /C calc'!A0", "+cmd|' /C calc'!A0"), ("address", "-2", "-2"), ("address", "@x", "@x"), ("address", 302, "302"), ("address", 302.5, "302.5"),
    ("address", "长" * 201, "最多200个字，现在201个"), ("room_no", "0302", "0302"), ("room_no", "3-2", "3-2"), ("room_no", datetime(2026, 3, 2), "2026-03-02"), ("unit_no", "一单元", "一单元"),
    ("address", "a\x00b", "ab"), ("address", "_x0041_", "_x0041_"), ("address", "新路1号\r\n后院", "新路1号 后院"),
]  # fmt: skip


def description(name: str):
    return next(describe(entity)[name] for entity in (Household, Chief, HouseholdMember) if name in describe(entity))


@pytest.fixture(scope="module")
def cells() -> list:
    """All the cells above, written to one workbook by xlsxwriter and read back by the child."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet("名册")
        day, moment = book.add_format({"num_format": "yyyy\"年\"m\"月\"d\"日\""}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["编号", "内容"])
        for row, (_name, cell, _wanted) in enumerate(CELLS, 1):
            sheet.write(row, 0, f"R{row}")
            if isinstance(cell, datetime | date):
                sheet.write_datetime(row, 1, cell, moment if isinstance(cell, datetime) else day)
            elif isinstance(cell, str):
                sheet.write_string(row, 1, cell.replace("\x00", "").replace("\x07", ""))
            else:
                sheet.write(row, 1, cell)
    rows = reading.read(file.getvalue(), "名册.xlsx").rows
    assert [row.number for row in rows] == list(range(2, len(CELLS) + 2))
    return [row.values[1] for row in rows]


@pytest.mark.parametrize("at", range(len(CELLS)))
def test_an_odd_cell_is_read_right_or_named(at, cells):
    sealed.use_keys({"1": _KEY})
    name, cell, wanted = CELLS[at]
    if isinstance(cell, float) and cell != cell:
        wanted = "这一格是错误值#NUM!，请改成正确的内容，或复制后选择性粘贴为数值"
    d = description(name)
    try:
        value = opened(d, reader_of(None, d)(cells[at]))
        value = getattr(value, "value", value)
    except ValueError as no:
        value = str(no)
    assert value == wanted


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_of(content: bytes, name: str = "名册.xlsx", known=("户号", "户主")) -> list:
    return [row.values[:2] for row in reading.read(content, name, known).rows]


def book_of(*lines, change=lambda sheet: None) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    change(book.active)
    return saved(book)


HEAD, ROW = ["户号", "户主"], ["H1", "甲"]


def hidden(sheet):
    sheet.row_dimensions[2].hidden = True


def painted(sheet):
    for row in range(3, 3000):
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor="FFFF00")


@pytest.mark.parametrize(
    "content",
    [
        book_of(HEAD, ROW), book_of([], [], HEAD, ROW), book_of(["住户表"], HEAD, ROW), book_of(["集里街道"], ["填报：2026年1月"], HEAD, ROW),
        book_of(HEAD, ["※必填", "※户主姓名"], ROW), book_of(HEAD, ["（必填）", "（必填）"], ROW), book_of(HEAD, ROW, ["合计", 1]), book_of(HEAD, ROW, [], ["填表人：某", "审核：某"]),
        book_of(HEAD, ROW, change=hidden), book_of(HEAD, ROW, change=painted), book_of(["户 号", "户主＊"], ROW), book_of(["户号\n", " 户主 "], ROW),
        book_of(["户号*", "户主（必填）".replace("（必填）", "")], ROW), book_of(HEAD, [None, None], ROW), book_of(HEAD, ["  ", "\u3000"], ROW),
    ],
)  # fmt: skip
def test_what_stands_around_the_rows_is_no_row(content):
    assert rows_of(content) == [ROW]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(f"户号{m}户主\r\nH1{m}甲\r\n", e) for m in (",", "\t", ";") for e in ("utf-8", "utf-8-sig", "gbk", "gb18030")] + [("户号,户主\nH1,甲", "utf-8"), ('"户号","户主"\n"H1","甲"\n\n', "gbk")],
)
def test_text_files_of_all_programs_are_read(text, encoding):
    assert rows_of(text.encode(encoding), "名册.csv") == [ROW]


def zipped(change) -> bytes:
    """A sound workbook with its parts changed by `change(name, content)`; None leaves a part out."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book_of(HEAD, ROW))) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return file.getvalue()


SOUND = book_of(HEAD, ROW)
BROKEN = {
    **{f"cut at {n}": SOUND[:n] for n in (4, 30, 100, 1000, 2000, -30, -1)},
    **{f"without {name}": zipped(lambda n, c, name=name: None if n == name else c) for name in ("xl/workbook.xml", "[Content_Types].xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels")},
    **{f"broken {name}": zipped(lambda n, c, name=name: c[: len(c) // 2] if n == name else c) for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels")},
    "no xml": zipped(lambda n, c: b"\x00\x01" if n == "xl/worksheets/sheet1.xml" else c),
    "doctype": zipped(lambda n, c: b'<!DOCTYPE x [<!ENTITY a "b">]>' + c if n == "xl/workbook.xml" else c),
    "html": b"<html><table><tr><td>1</td></tr></table></html>", "pdf": b"%PDF-1.7 x", "png": b"\x89PNG\r\n\x1a\n\x00\x00", "empty": b"", "blanks": b"  \n\n ", "word": b"\xd0\xcf\x11\xe0" + b"\0" * 2000,
    "encrypted": b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "no headings": book_of([1, 2], [3, 4]), "only hidden": zipped(lambda n, c: c.replace(b'state="visible"', b'state="hidden"') if n == "xl/workbook.xml" else c),
    "far cell": zipped(lambda n, c: c.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>') if n.endswith("sheet1.xml") else c),
}  # fmt: skip
_random = random.Random(5)
for _n in range(20):  # bits turned anywhere
    _bytes = bytearray(SOUND)
    for _ in range(3):
        _bytes[_random.randrange(len(_bytes))] ^= 1 << _random.randrange(8)
    BROKEN[f"bits {_n}"] = bytes(_bytes)


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_gets_a_sentence_or_its_rows_and_harms_nobody(what):
    try:
        found = rows_of(BROKEN[what])
        assert what.startswith("bits") or what in ("only hidden", "doctype") or what.startswith("cut")
        assert len(found) <= 1
    except Unreadable as no:
        assert len(no.sentence) > 8 and no.sentence.isprintable()


def test_days_of_a_workbook_that_counts_from_1904_are_read(tmp_path: Path):
    file = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(file), {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["户号", "任职日期"])
        sheet.write_string(1, 0, "H1")
        sheet.write_number(1, 1, 44565)  # a number without the look of a date
        sheet.write_string(2, 0, "H2")
        sheet.write_datetime(2, 1, datetime(2026, 1, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
    with reading.opened(file, "a.xlsx") as upload:
        sheet, where = upload.found({"户号", "任职日期"})
        cells = [row.values[1] for rows in upload.portions(sheet, where) for row in rows]
    read = reader_of(None, describe(Chief)["started_on"], is_1904=upload.is_1904)
    assert [read(cell) for cell in cells] == [date(2026, 1, 5), date(2026, 1, 5)]


def test_the_child_is_gone_after_each_file():
    assert rows_of(SOUND) == [ROW]
    with child.running("formats.parsing", "csv", "/nowhere") as process:
        handle = process.process
    assert handle.poll() is not None
