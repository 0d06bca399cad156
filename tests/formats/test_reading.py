"""Uploaded files become plain rows or a sentence; a hostile one harms nobody."""

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from formats import reading, sheets
from formats.reading import Row, Unreadable
from formats.sheets import SheetColumn


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def workbook(*lines) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    return saved(book)


def changed(content: bytes, part: str, change) -> bytes:
    """The same package with one part replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return file.getvalue()


def refused(content: bytes, name: str = "表.xlsx") -> str:
    with pytest.raises(Unreadable) as no:
        reading.read(content, name)
    return no.value.sentence


SHEET = "xl/worksheets/sheet1.xml"


# ---- what is read -------------------------------------------------------------------


def test_rows_carry_their_number_in_the_sheet():
    table = reading.read(workbook(["户号", "户主"], ["H1", "甲"], [None, None], ["H2", "乙"]), "表.xlsx")
    assert table.headings == ["户号", "户主"]
    assert table.rows == [Row(2, ["H1", "甲"]), Row(4, ["H2", "乙"])]


def test_cells_keep_their_types():
    moment = datetime(2026, 1, 31, 9, 30)
    table = reading.read(workbook(["甲", "乙", "丙", "丁", "戊"], [13800000000, 2.5, True, date(2026, 1, 31), moment]), "表.xlsx")
    assert [(v, type(v)) for v in table.rows[0].values] == [
        (13800000000, int), (2.5, float), (True, bool), (date(2026, 1, 31), date), (moment, datetime),
    ]  # fmt: skip


def test_a_number_that_has_lost_digits_stays_a_float():
    table = reading.read(workbook(["号码"], [430181199001010016]), "表.xlsx")
    assert isinstance(table.rows[0].values[0], float)


def test_a_title_above_the_headings_is_passed_over():
    lines = [["集里街道住户表"], ["填报单位：东里社区"], ["户号", "户主", "地址", "电话"], ["H1", "甲", "1号", None]]
    table = reading.read(workbook(*lines), "表.xlsx")
    assert (table.headings[0], table.rows[0].number) == ("户号", 4)


def test_blank_columns_on_the_left_keep_their_place():
    table = reading.read(workbook([None, "户号", "户主"], [None, "H1", "甲"]), "表.xlsx")
    assert (table.headings, table.rows[0].values) == (["", "户号", "户主"], [None, "H1", "甲"])


def test_note_sheets_and_hidden_sheets_are_passed_over():
    book = Workbook()
    book.active.title = "填写说明"
    book.active.append(["请先看"])
    hidden = book.create_sheet("选项")
    hidden.sheet_state = "hidden"
    hidden.append(["女"])
    book.create_sheet("住户").append(["户号"])
    assert reading.read(saved(book), "表.xlsx").headings == ["户号"]


def test_text_that_looks_like_a_formula_is_text():
    file = io.BytesIO()
    sheets.write(file, title="表", columns=[SheetColumn("列")], rows=[["=1+1"]], note="", is_masked=False)
    assert reading.read(file.getvalue(), "表.xlsx").rows[0].values == ["=1+1"]


@pytest.mark.parametrize("is_masked", [True, False])
def test_a_masked_export_is_recognised(is_masked):
    file = io.BytesIO()
    sheets.write(file, title="表", columns=[SheetColumn("姓名")], rows=[["甲*"]], note="", is_masked=is_masked)
    assert reading.read(file.getvalue(), "表.xlsx").is_masked is is_masked


def test_a_masked_export_is_recognised_by_its_note_sheet_alone():
    book = Workbook()
    book.active.append(["姓名"])
    book.create_sheet("说明").append(["个人信息", "已打星号"])
    assert reading.read(saved(book), "表.xlsx").is_masked


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_in_the_encodings_of_excel_and_wps(encoding):
    table = reading.read('户号,户主\r\n0001,"甲,乙"\r\n'.encode(encoding), "表.csv")
    assert (table.headings, table.rows) == (["户号", "户主"], [Row(2, ["0001", "甲,乙"])])


# ---- what is refused, with what to do -----------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "表.xlsx", "这个文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "表.xls", "旧版 .xls 格式.*另存为"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "表.xlsx", "打开密码.*去掉密码"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "表.xls", "不是 Excel 文件.*另存为"),
        (b"%PDF-1.7", "表.xlsx", "不是 Excel 文件"),
        (b"PK\x03\x04 not a zip at all", "表.xlsx", "可能已损坏"),
        (b"\xff\xff\xff,\x81", "表.csv", "编码认不出来"),
    ],
)  # fmt: skip
def test_another_kind_of_file_is_refused_with_what_to_do(content, name, sentence):
    with pytest.raises(Unreadable, match=sentence):
        reading.read(content, name)


def test_a_workbook_named_csv_is_read_as_what_it_is():
    assert reading.read(workbook(["户号"]), "表.csv").headings == ["户号"]


def test_a_zip_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(file.getvalue()).startswith("这不是 .xlsx 工作簿")


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    assert "太大" in refused(workbook(["户号"], ["H1"]))


def test_an_empty_workbook_is_refused():
    assert refused(saved(Workbook())).startswith("表里没有找到列名")


def test_an_error_value_is_refused_with_its_row_and_column():
    content = workbook(["户号", "户主"], ["H1", "甲"], ["H2", "乙"])
    cell = b'<c r="B3" t="e"><v>#REF!</v></c></row>'
    broken = changed(content, SHEET, lambda xml: xml.replace(xml[xml.index(b'<c r="B3"') :], cell + b"</sheetData></worksheet>"))
    assert refused(broken).startswith("第3行“户主”列（B3）是错误值#REF!，请改成正确的内容")


def test_a_formula_without_a_result_is_refused_with_its_row_and_column():
    assert refused(workbook(["户号", "人数"], ["H1", "=1+1"])).startswith("第2行“人数”列（B2）是没有结果的公式")


def test_merged_data_cells_are_refused():
    book = Workbook()
    for line in (["小区", "楼栋"], ["河畔", "1栋"], [None, "2栋"]):
        book.active.append(line)
    book.active.merge_cells("A2:A3")
    assert refused(saved(book)).startswith("第2至3行有合并单元格")


def test_a_merged_title_above_is_fine():
    book = Workbook()
    for line in (["住户表"], ["户号", "户主"], ["H1", "甲"]):
        book.active.append(line)
    book.active.merge_cells("A1:B1")
    assert len(reading.read(saved(book), "表.xlsx").rows) == 1


def test_more_rows_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert "太大" in refused("户号\n1\n2\n3\n4\n".encode(), "表.csv")


# ---- hostile files ------------------------------------------------------------------


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = changed(workbook(["户号"]), SHEET, lambda xml: xml + b" " * 300_000_000)
    assert len(bomb) < 1_000_000
    assert "太大" in refused(bomb)


def test_too_many_parts_are_refused():
    file = io.BytesIO(workbook(["户号"]))
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(2001):
            archive.writestr(f"x/{number}", "")
    assert "太大" in refused(file.getvalue())


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml"])
def test_a_part_outside_the_package_is_refused(name):
    file = io.BytesIO(workbook(["户号"]))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "x")
    assert "可能已损坏" in refused(file.getvalue())


def test_an_outside_entity_is_never_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("机密内容")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
    content = workbook(["户号"], ["H1"])
    hostile = changed(content, SHEET, lambda xml: entity + xml.replace(b"</sheetData>", b'<row r="3"><c r="A3" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData>'))
    try:
        cells = [value for row in reading.read(hostile, "表.xlsx").rows for value in row.values]
    except Unreadable:
        cells = []
    assert not any("机密" in str(value) for value in cells)


def test_entities_that_grow_without_end_are_refused():
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "ha">{levels}]>'.encode()
    hostile = changed(workbook(["户号"]), "xl/workbook.xml", lambda xml: bomb + xml.replace(b"<sheets>", b"<sheets>&a11;"))
    assert "可能已损坏" in refused(hostile)


@pytest.mark.parametrize("address", ["XFD1048576", "A4000000000"])
def test_a_cell_at_the_end_of_the_world_ends_only_the_child(address):
    row = address.lstrip("XFDA")
    far = f'<row r="{row}"><c r="{address}"><v>1</v></c></row></sheetData>'.encode()
    hostile = changed(workbook(["户号"], ["H1"]), SHEET, lambda xml: xml.replace(b"</sheetData>", far))
    assert refused(hostile)
    assert reading.read(workbook(["户号"]), "表.xlsx").headings == ["户号"]


def test_a_child_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(reading, "_TIMEOUT", 0.001)
    assert "太大" in refused(workbook(["户号"]))
