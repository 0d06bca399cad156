"""The workbook of a monthly report: rates with what they are out of, and native charts."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from python_calamine import CalamineWorkbook

from formats import monthly
from formats.monthly import FigureRow, Report, TableRow, TableSheet


@pytest.fixture(scope="module")
def content() -> bytes:
    file = io.BytesIO()
    monthly.write(file, Report(
        "集里街道2026年2月月报", "统计时间", "导出人",
        [("总体情况", [FigureRow("新收", 6, 4, None, None, "收到的"), FigureRow("满意率", 3, 0, 4, 0, "满意 ÷ 评价")])],
        [TableSheet("按类别", "类别", [TableRow("邻里", 4, 2, 1, 1), TableRow("物业", 2, 2, 0, 1)]), TableSheet("按渠道", "渠道", [])],
        [("2026-01", 4, 3), ("2026-02", 6, 1)], datetime(2026, 3, 2, tzinfo=UTC),
    ))  # fmt: skip
    return file.getvalue()


def rows(content: bytes, name: str) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name).to_python()[3:]


def test_a_count_has_its_change_in_percent_and_no_denominator(content):
    assert rows(content, "总体情况")[1][:8] == ["新收", 6.0, "", "", 4.0, "", "", 0.5]


def test_a_rate_has_numerator_and_denominator_and_nothing_out_of_nothing_is_a_dash(content):
    assert rows(content, "总体情况")[2][:8] == ["满意率", 0.75, 3.0, 4.0, "—", 0.0, 0.0, "—"]


def test_a_table_ends_with_its_sums(content):
    assert rows(content, "按类别")[:3] == [
        ["邻里", 4.0, 2.0, 1.0, 1.0, 1.0], ["物业", 2.0, 2.0, 0.0, 0.0, 1.0], ["合计", 6.0, 4.0, 0.5, 1.0, 2.0],
    ]  # fmt: skip


def test_the_course_and_each_filled_table_have_a_native_chart(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == 2 and b"c:lineChart" in archive.read("xl/charts/chart1.xml")


def test_a_table_without_rows_says_so(content):
    assert rows(content, "按渠道")[0][0] == "本月无"
