"""Workbooks hold what they were given, as the right kind of cell, and nothing that runs."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from formats import reading, sheets
from formats.sheets import SheetColumn, column_of
from models import describe
from models.codes import Gender
from models.household import Household


def written(*rows, columns=None, is_masked=False, note="说明文字"):
    """The workbook of an export, as an independent reader sees it."""
    file = io.BytesIO()
    width = max((len(row) for row in rows), default=1)
    columns = columns or [SheetColumn(f"列{n}") for n in range(width)]
    sheets.write(file, title="住户", columns=columns, portions=sheets.portions(rows), note=note, is_masked=is_masked)
    return load_workbook(file)


def cell(value, **facts):
    return written([value], columns=[SheetColumn("列", **facts)]).worksheets[0]["A2"]


def template_of(*columns):
    file = io.BytesIO()
    sheets.template(file, title="住户", columns=columns)
    return load_workbook(file)


# ---- exports ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown", "number_format"),
    [
        (date(2026, 1, 31), datetime(2026, 1, 31), "yyyy-mm-dd"),
        (datetime(2026, 1, 31, 1, 30, tzinfo=UTC), datetime(2026, 1, 31, 9, 30), "yyyy-mm-dd hh:mm"),
        (Gender.FEMALE, "女", "@"),
        (True, "是", "@"),
        (False, "否", "@"),
        ("13800000000", "13800000000", "@"),
        ("430181199001010016", "430181199001010016", "@"),
        (12, 12, "General"),
        (10**15, "1000000000000000", "@"),
        (date(1899, 12, 31), "1899-12-31", "@"),
        ("第一行\n第二行", "第一行\n第二行", "@"),
    ],
)  # fmt: skip
def test_a_value_becomes_the_right_kind_of_cell(value, shown, number_format):
    found = cell(value)
    assert (found.value, found.number_format) == (shown, number_format)


def test_money_is_a_number_with_two_places():
    found = cell(Decimal("1200.50"), kind="money")
    assert (found.value, found.data_type, found.number_format) == (1200.5, "n", "#,##0.00")


def test_a_year_has_no_thousands_separator():
    assert cell(2026, kind="integer").number_format == "0"


@pytest.mark.parametrize("value", [None, "", float("nan"), Decimal("Infinity")])
def test_what_is_nothing_is_an_empty_cell(value):
    assert cell(value).value is None


@pytest.mark.parametrize("value", ["=1+1", "{=1+1}", "+1", "-1", "@SUM(A1)", "\t=1", "https://example.org"])
def test_text_is_never_a_formula_or_a_link(value):
    found = cell(value)
    assert (found.value, found.data_type, found.hyperlink) == (value, "s", None)


def test_no_part_of_the_file_has_a_formula():
    file = io.BytesIO()
    sheets.write(file, title="住户", columns=[SheetColumn("列")], portions=sheets.portions([["=cmd|'/c calc'!A1"]]), note="=1", is_masked=False)
    with zipfile.ZipFile(file) as archive:
        assert not any(re.search(rb"<f[ >]", archive.read(name)) for name in archive.namelist())


def test_control_characters_and_half_characters_are_taken_out():
    assert cell("甲\x00\x0b\x1f乙\ud83d丙").value == "甲乙\ufffd丙"


def test_words_that_look_like_an_escape_stay_as_they_are():
    file = io.BytesIO()
    sheets.write(file, title="表", columns=[SheetColumn("列")], portions=sheets.portions([["_x0041_"]]), note="", is_masked=False)
    assert reading.read(file.getvalue(), "表.xlsx").rows[0].values == ["_x0041_"]


def test_a_text_too_long_for_a_cell_is_cut_and_says_so():
    found = cell("长" * 40_000).value
    assert (len(found), found[-len(sheets.CUT_MARK) :]) == (32_767, sheets.CUT_MARK)


def test_wide_characters_count_twice_when_a_text_is_cut():
    found = cell("𠮷" * 20_000).value
    assert len(found.encode("utf-16-le")) // 2 <= 32_767
    assert found.endswith(sheets.CUT_MARK)


def test_headings_are_in_the_first_row_frozen_and_filtered():
    sheet = written(["甲", "乙"]).worksheets[0]
    assert [c.value for c in sheet[1]] == ["列0", "列1"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B2")


def test_columns_are_as_wide_as_they_say():
    sheet = written(["甲"], columns=[SheetColumn("列", width=21)]).worksheets[0]
    assert round(sheet.column_dimensions["A"].width) in (21, 22)


def test_the_note_sheet_tells_note_and_number_of_rows():
    lines = [[c.value for c in row] for row in written(["甲"], ["乙"], note="导出说明")["说明"].iter_rows()]
    assert lines == [["名称", "住户"], ["说明", "导出说明"], ["行数", "2"]]


def test_a_masked_export_says_so_in_the_file_and_on_the_note_sheet():
    book = written(["甲*"], is_masked=True)
    assert [(p.name, p.value) for p in book.custom_doc_props.props] == [("个人信息", "已打星号")]
    assert ("个人信息", "已打星号") in list(book["说明"].iter_rows(values_only=True))


def test_a_clear_export_has_no_such_mark():
    assert list(written(["甲"]).custom_doc_props.props) == []


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_PER_SHEET", 2)
    book = written(["一"], ["二"], ["三"])
    assert book.sheetnames == ["住户", "住户 (2)", "说明"]
    assert [[c.value for c in sheet["A"]] for sheet in book.worksheets[:2]] == [["列0", "一", "二"], ["列0", "三"]]


def test_the_number_of_rows_is_returned():
    assert sheets.write(io.BytesIO(), title="住户", columns=[SheetColumn("列")], portions=sheets.portions([["甲"]] * 3), note="", is_masked=False) == 3


def test_an_export_without_rows_has_its_headings():
    assert [c.value for c in written(columns=[SheetColumn("户号"), SheetColumn("户主")]).worksheets[0][1]] == ["户号", "户主"]


def test_a_title_that_no_sheet_may_have_is_made_harmless():
    file = io.BytesIO()
    sheets.write(file, title="住户/[全部]*" * 9, columns=[SheetColumn("列")], portions=[], note="", is_masked=False)
    assert load_workbook(file).sheetnames[0] == ("住户全部" * 6)


# ---- columns ------------------------------------------------------------------------


def test_a_column_knows_what_its_description_says():
    column = column_of(describe(Household)["mobile"])
    assert (column.label, column.kind, column.name, column.is_required) == ("联系电话", "text", "mobile", False)


def test_a_code_offers_its_labels():
    assert column_of(describe(Household)["use"]).choices == ("自住", "出租", "空置")


# ---- templates ----------------------------------------------------------------------


def test_required_headings_are_marked():
    book = template_of(SheetColumn("户主", is_required=True), SheetColumn("备注"))
    assert [c.value for c in book.worksheets[0][1]] == ["户主＊", "备注"]


def test_a_template_has_a_row_of_hints_that_the_import_passes_over():
    file = io.BytesIO()
    sheets.template(file, title="住户", columns=[SheetColumn("户主", example="甲某某", is_required=True), SheetColumn("备注")])
    assert [c.value for c in load_workbook(file).worksheets[0][2]] == ["※必填；例如 甲某某", "※可不填"]
    assert reading.read(file.getvalue(), "a.xlsx").rows == []


def test_short_choices_are_a_drop_down():
    rules = template_of(SheetColumn("性别", choices=("女", "男"))).worksheets[0].data_validations.dataValidation
    assert [(r.type, r.formula1, str(r.sqref)) for r in rules] == [("list", '"女,男"', "A3:A200001")]


def test_long_choices_are_a_drop_down_from_a_hidden_sheet():
    book = template_of(SheetColumn("备注"), SheetColumn("类别", choices=tuple(f"很长的类别名称{n:03d}" for n in range(60))))
    rule = book.worksheets[0].data_validations.dataValidation[-1]
    assert (rule.formula1, book["选项"].sheet_state, book["选项"]["B60"].value) == (
        "选项!$B$1:$B$60", "hidden", "很长的类别名称059",
    )  # fmt: skip


def test_text_columns_are_text_so_that_no_digit_is_lost():
    sheet = template_of(SheetColumn("身份证号")).worksheets[0]
    assert sheet.column_dimensions["A"].number_format == "@"


def test_a_date_column_takes_only_dates():
    rule = template_of(SheetColumn("日期", kind="date")).worksheets[0].data_validations.dataValidation[0]
    assert (rule.type, rule.formula1, rule.formula2) == ("date", "61", "109939")  # 1900-03-01 to 2200-12-31


def test_help_is_shown_beside_the_cell():
    rule = template_of(SheetColumn("户号", help="留空时自动编号")).worksheets[0].data_validations.dataValidation[0]
    assert (rule.promptTitle, rule.prompt) == ("户号", "留空时自动编号")


def test_the_last_sheet_explains_each_column():
    book = template_of(SheetColumn("性别", is_required=True, help="按证件", choices=("女", "男"), example="女"))
    lines = list(book["填写说明"].iter_rows(values_only=True))
    assert lines[-2:] == [("列名", "必填", "说明", "可填的内容", "例子"), ("性别", "必填", "按证件", "女、男", "女")]
    assert "空着的格子保留原来的内容" in lines[1][0]
