"""Uploaded files become plain rows or a sentence; a hostile one harms nobody."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from formats import child, package, reading, sheets
from formats.child import Fault
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
    sheets.write(file, title="表", columns=[SheetColumn("列")], portions=sheets.portions([["=1+1"]]), note="", is_masked=False)
    assert reading.read(file.getvalue(), "表.xlsx").rows[0].values == ["=1+1"]


@pytest.mark.parametrize("is_masked", [True, False])
def test_a_masked_export_is_recognised(is_masked):
    file = io.BytesIO()
    sheets.write(file, title="表", columns=[SheetColumn("姓名")], portions=sheets.portions([["甲*"]]), note="", is_masked=is_masked)
    assert reading.read(file.getvalue(), "表.xlsx").is_masked is is_masked


def test_a_masked_export_is_recognised_by_its_note_sheet_alone():
    book = Workbook()
    book.active.append(["姓名"])
    book.create_sheet("说明").append(["个人信息", "已打星号"])
    assert reading.read(saved(book), "表.xlsx").is_masked


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_file_is_read_in_the_encodings_of_excel_and_wps(encoding):
    table = reading.read('户号,户主\r\n0001,"甲,乙"\r\n'.encode(encoding), "表.csv")
    assert (table.headings, table.rows) == (["户号", "户主"], [Row(2, ["0001", "甲,乙"])])


# ---- what is refused, with what to do -----------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "表.xlsx", "这个文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "表.xls", "可能已损坏.*另存为"),
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


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_lines_of_text_named_xls_are_read_as_what_they_are(encoding):
    table = reading.read("户号\t户主\r\n0001\t甲".encode(encoding), "导出.xls")
    assert (table.headings, table.rows) == (["户号", "户主"], [Row(2, ["0001", "甲"])])


def test_text_without_columns_is_no_table():
    with pytest.raises(Unreadable, match="不是 Excel 文件"):
        reading.read("今天开会\n明天下乡".encode(), "记录.xls")


def test_a_zip_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(file.getvalue()).startswith("这不是 .xlsx 工作簿")


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(package, "MOST_BYTES", 1000)
    assert "太大" in refused(workbook(["户号"], ["H1"]))


def test_an_empty_workbook_is_refused():
    assert refused(saved(Workbook())).startswith("表里没有找到列名")


def test_an_error_value_stands_in_its_cell():
    content = workbook(["户号", "户主"], ["H1", "甲"], ["H2", "乙"])
    cell = b'<c r="B3" t="e"><v>#REF!</v></c></row>'
    broken = changed(content, SHEET, lambda xml: xml.replace(xml[xml.index(b'<c r="B3"') :], cell + b"</sheetData></worksheet>"))
    cell = reading.read(broken, "表.xlsx").rows[1].values[1]
    assert (cell, type(cell)) == ("错误值#REF!", Fault)


def test_a_formula_without_a_result_stands_in_its_cell():
    cell = reading.read(workbook(["户号", "人数", "备注"], ["H1", "=1+1", "乙"]), "表.xlsx").rows[0].values[1]
    assert (cell, type(cell)) == ("没有结果的公式", Fault)


def test_merged_data_cells_are_filled_down():
    book = Workbook()
    for line in (["小区", "楼栋"], ["河畔", "1栋"], [None, "2栋"]):
        book.active.append(line)
    book.active.merge_cells("A2:A3")
    assert [row.values for row in reading.read(saved(book), "表.xlsx").rows] == [["河畔", "1栋"], ["河畔", "2栋"]]


def test_a_merged_title_above_is_fine():
    book = Workbook()
    for line in (["住户表"], ["户号", "户主"], ["H1", "甲"]):
        book.active.append(line)
    book.active.merge_cells("A1:B1")
    assert len(reading.read(saved(book), "表.xlsx").rows) == 1


def test_more_columns_than_the_limit_are_refused():
    assert refused(f"户号{',' * 300}x\n1{',' * 300}x\n".encode(), "表.csv") == "第2行有301列，最多300列。请删去右侧多余的内容"


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
    monkeypatch.setattr(child, "WAIT_SECONDS", 0.001)
    assert "太大" in refused(workbook(["户号"]))


# ---- headings as offices make them --------------------------------------------------


def test_two_rows_of_headings_are_read_as_one():
    book = Workbook()
    for line in (["三长名册"], ["村社区", "片长", None], [None, "姓名", "电话"], ["东里社区", "甲某某", "13800000000"]):
        book.active.append(line)
    for cells in ("A1:C1", "A2:A3", "B2:C2"):
        book.active.merge_cells(cells)
    table = reading.read(saved(book), "表.xlsx")
    assert (table.headings, table.rows) == (
        ["村社区", "片长 姓名", "片长 电话"], [Row(4, ["东里社区", "甲某某", "13800000000"])],
    )  # fmt: skip


def test_a_row_of_known_words_is_preferred_to_a_full_one():
    table = reading.read(workbook(["集", "里", "街", "道"], ["户号", "户主", None, None], ["H1", "甲"]), "表.xlsx", {"户号", "户主"})
    assert table.headings[:2] == ["户号", "户主"]


def test_hints_totals_and_signatures_are_no_rows():
    lines = [["户号", "户主"], ["必填", "例如 张三"], ["H1", "甲"], ["合计", 1], ["填表人：某某", "审核：某某"]]
    assert [row.values for row in reading.read(workbook(*lines), "表.xlsx").rows] == [["H1", "甲"]]


def open_document(*lines) -> bytes:
    rows = "".join(
        "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in line
        ) + "</table:table-row>" for line in lines
    )  # fmt: skip
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = f'<office:document-content{spaces}><office:body><office:spreadsheet><table:table table:name="表">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return file.getvalue()


def test_an_open_document_is_read():
    table = reading.read(open_document(["户号", "户主"], ["H1", "甲"]), "名册.ods")
    assert (table.headings, table.rows) == (["户号", "户主"], [Row(2, ["H1", "甲"])])


@pytest.mark.parametrize("name", ["名册.xls", "名册.et", "名册.xlsx"])
def test_a_workbook_of_old_excel_is_read_whatever_its_name(name):
    table = reading.read((Path(__file__).parent / "data" / "old.xls").read_bytes(), name)
    assert table.rows == [Row(2, ["H1", "甲", date(2026, 1, 5), 13800000000])]
