"""Ledgers as they print: headings in two rows, groups with subtotals, totals, an empty month."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from formats import ledgers
from formats.ledgers import Column, Look

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
COLUMNS = [
    Column("序号", 5, "serial"), Column("事由", 20), Column("法院", 8, "integer", "来源", True), Column("公安", 8, "integer", "来源"),
    Column("金额", 12, "money", is_total=True), Column("办结时间", 11, "datetime"), Column("签名", 10, "blank"),
]  # fmt: skip
LOOK = Look("集里街道测试台账", "期间：2026年2月", COLUMNS, "填表说明", "填表人：", "本月无", "导出人", taken_at=AT, is_masked=True)


def line(subject="漏水", court=1, police=2, amount="10.50"):
    return [None, subject, court, police, Decimal(amount), datetime(2026, 2, 5, 17, 0, tzinfo=UTC), None]


def written(groups, look=LOOK, **options) -> bytes:
    file = io.BytesIO()
    ledgers.write(file, look, groups, **options)
    return file.getvalue()


def sheet(content: bytes):
    return load_workbook(io.BytesIO(content)).worksheets[0]


def read(content: bytes) -> list[list]:
    """What a reader of values sees: results of formulas, not the formulas."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_columns_with_one_upper_heading_share_a_merged_cell_and_others_reach_over_both_rows():
    assert {"C3:D3", "A3:A4", "B3:B4", "E3:E4"} <= {str(cells) for cells in sheet(written([])).merged_cells.ranges}


@pytest.mark.parametrize("is_long", [False, True])
def test_groups_have_headings_numbers_of_their_own_and_subtotals(is_long):
    rows = read(written([("东里社区（2）", [line(), line(court=3)]), ("西里社区（1）", [line(court=5)])], is_long=is_long))[4:]
    assert [(row[0], row[1], row[2], row[4]) for row in rows[:7]] == [
        ("东里社区（2）", "", "", ""), (1.0, "漏水", 1.0, 10.5), (2.0, "漏水", 3.0, 10.5), ("", "小计", 4.0, 21.0),
        ("西里社区（1）", "", "", ""), (1.0, "漏水", 5.0, 10.5), ("", "小计", 5.0, 10.5),
    ]  # fmt: skip
    assert (rows[7][1], rows[7][2], rows[7][4]) == ("合计", 9.0, 31.5)


def test_totals_are_formulas_that_leave_subtotals_out():
    content = sheet(written([("东", [line()]), ("西", [line()])]))
    assert content.cell(11, 3).value == "=SUBTOTAL(9,C5:C10)"


def test_text_that_looks_like_a_formula_stays_text():
    cell = sheet(written([("", [line(subject="=1+1")])])).cell(5, 2)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_narrow_column_shows_the_day_of_an_instant_as_it_is_in_china():
    assert read(written([("", [line()])]))[4][5] == date(2026, 2, 6)


def test_an_empty_month_is_a_dated_ledger_that_says_so():
    rows = [row[0] for row in read(written([]))]
    assert rows == ["集里街道测试台账", "期间：2026年2月", "序号", "", "本月无", "填表说明", "填表人："]


def test_it_prints_on_pages_of_its_width_with_the_headings_on_each():
    content = sheet(written([("", [line()])]))
    assert (content.page_setup.orientation, content.page_setup.paperSize, content.print_title_rows) == ("landscape", 9, "$1:$4")
    assert (content.page_setup.fitToWidth or 1, content.page_setup.fitToHeight) == (1, 0)


def test_a_row_is_as_high_as_its_wrapped_words():
    content = sheet(written([("", [line(subject="楼上卫生间漏水，楼下顶棚发霉"), line(subject="漏水")])]))
    assert content.row_dimensions[5].height > content.row_dimensions[6].height


def test_it_carries_its_moment_and_says_that_it_is_masked():
    found = {p.name: p.value for p in load_workbook(io.BytesIO(written([]))).custom_doc_props.props}
    assert found == {"导出时间": "2026-03-02T01:00:00+00:00", "个人信息": "已打星号"}
