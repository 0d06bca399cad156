"""Rows written as a stream read back as those xlsxwriter writes itself, whatever they hold."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from formats import archive, sheets
from formats.cells import CUT_MARK
from formats.sheets import SheetColumn

TEXTS = some.one_of(
    some.text(max_size=20),
    some.text(some.sampled_from("&<>\"'=+-@ \t\n\r_x0041|\u3000甲乙\ud83d\ufffe\x00\x1f😀"), max_size=12),
    some.sampled_from(["=1+1", "_x000D_", " 前后有空 ", "自住", "13800000000", "https://example.org", "{=1}"]),
)  # fmt: skip
INSTANTS = some.datetimes(datetime(1890, 1, 1), datetime(2100, 1, 1), timezones=some.just(UTC)).map(
    lambda instant: instant.replace(microsecond=0)
)
VALUES = some.one_of(
    some.none(), TEXTS, some.booleans(), some.integers(-(10**18), 10**18), some.floats(), some.decimals(places=2, allow_nan=False),
    some.dates(date(1890, 1, 1), date(2200, 1, 1)), INSTANTS,
)  # fmt: skip
ROWS = some.lists(some.tuples(VALUES, TEXTS, some.one_of(some.none(), some.integers(0, 99)), INSTANTS), min_size=1, max_size=12)
COLUMNS = [SheetColumn(f"列{n}", choices=("自住", "出租") if n == 1 else ()) for n in range(4)]


def streamed(rows) -> bytes:
    file = io.BytesIO()
    sheets.write(file, title="表", columns=COLUMNS, portions=sheets.portions(rows), note="", is_masked=False)
    return file.getvalue()


def plainly_written(rows) -> bytes:
    """The same rows, one public call of xlsxwriter a cell; what a cell cannot hold is said in words."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet("表")
    day, instant = (book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
    for at, column in enumerate(COLUMNS):
        sheet.write_string(0, at, column.label)
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _cell(sheet, number, at, value, day, instant)
    book.close()
    return file.getvalue()


def _cell(sheet, number, at, value, day, instant) -> None:
    if isinstance(value, bool):
        value = "是" if value else "否"
    elif isinstance(value, datetime):
        value = value.astimezone(sheets_zone()).replace(tzinfo=None)
        if value >= datetime(1900, 3, 1):
            return sheet.write_datetime(number, at, value, instant)
        value = value.strftime("%Y-%m-%d %H:%M")
    elif isinstance(value, date):
        if value >= date(1900, 3, 1):
            return sheet.write_datetime(number, at, value, day)
        value = value.isoformat()
    elif isinstance(value, int):
        if abs(value) < 10**15:
            return sheet.write_number(number, at, value)
        value = str(value)
    elif isinstance(value, float | Decimal):
        if value != value or value in (float("inf"), float("-inf")):
            return None
        if abs(value) < 10**15:
            return sheet.write_number(number, at, value)
        value = str(value)
    if value is None:
        return None
    text = "".join(
        "�" if "\ud800" <= c <= "\udfff" else c for c in value if c in "\t\n" or (c >= " " and c not in "\x7f￾￿")
    )
    return sheet.write_string(number, at, text) if text else None


def sheets_zone():
    from zoneinfo import ZoneInfo

    return ZoneInfo("Asia/Shanghai")


def as_openpyxl_reads(content: bytes) -> list:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [[_near(c.value) for c in row] for row in sheet.iter_rows(min_row=1, max_col=4)]


def as_calamine_reads(content: bytes) -> list:
    found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [[_near(value) for value in row] for row in found]


def _near(value):
    """Instants to the second and numbers to 14 digits: both write parts of a day, one with fewer digits."""
    if isinstance(value, datetime):
        return round((value - datetime(1900, 1, 1)).total_seconds())
    return float(f"{value:.14g}") if isinstance(value, float | int) and not isinstance(value, bool) else value


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_a_streamed_sheet_reads_as_the_one_xlsxwriter_writes(rows):
    ours, theirs = streamed(rows), plainly_written(rows)
    assert as_openpyxl_reads(ours) == as_openpyxl_reads(theirs)
    assert as_calamine_reads(ours) == as_calamine_reads(theirs)


# ---- the archive --------------------------------------------------------------------


@pytest.mark.parametrize("is_fast", [True, False])
def test_an_archive_is_one_that_any_reader_opens(is_fast):
    file = io.BytesIO()
    parts = {"甲.xml": [b"a" * 100_000, b"b"], "empty": []}
    with archive.Archive(file, is_fast) as made:
        for name, pieces in parts.items():
            made.add(name, pieces)
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == {n: b"".join(p) for n, p in parts.items()}


def test_an_archive_needs_no_descriptors_behind_its_parts_and_no_zip64():
    with zipfile.ZipFile(io.BytesIO(streamed([("甲", "", 1, datetime(2026, 1, 1, tzinfo=UTC))]))) as found:
        assert {(part.flag_bits & 0x08, part.extract_version) for part in found.infolist()} == {(0, 20)}


def test_without_the_fast_library_the_standard_one_does_it(monkeypatch):
    monkeypatch.setattr(archive, "_fast", None)
    assert as_calamine_reads(streamed([("甲", "乙", 1, datetime(2026, 1, 1, tzinfo=UTC))]))[1][:3] == ["甲", "乙", 1.0]


def test_a_sheet_full_of_xml_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_BYTES", 300_000)
    rows = [("甲" * 100, "乙", n, datetime(2026, 1, 1, tzinfo=UTC)) for n in range(600)]
    book = CalamineWorkbook.from_filelike(io.BytesIO(streamed(rows)))
    pages = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names if name.startswith("表")]
    assert (len(pages) > 1, [row[2] for page in pages for row in page[1:]]) == (True, [float(n) for n in range(600)])


def test_a_cut_text_says_so_and_fits():
    found = as_calamine_reads(streamed([("长" * 40_000, "", None, datetime(2026, 1, 1, tzinfo=UTC))]))[1][0]
    assert (len(found), found.endswith(CUT_MARK)) == (32_767, True)


def test_a_page_can_be_printed_at_once():
    file = io.BytesIO()
    sheets.write(file, title="住户", columns=COLUMNS, portions=[], note="甲导出；范围：A&B", is_masked=False, unit="集里街道")
    sheet = load_workbook(file).worksheets[0]
    assert (sheet.print_title_rows, sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("$1:$1", "landscape", 9)
    assert (sheet.page_setup.fitToHeight, sheet.oddHeader.left.text, sheet.oddFooter.left.text) == (0, "集里街道", "甲导出；范围：A＆B")


def test_what_may_be_chosen_is_offered_in_a_clear_export_only():
    def rules(is_masked):
        file = io.BytesIO()
        sheets.write(file, title="表", columns=COLUMNS, portions=sheets.portions([("甲", "自住", 1, None)]), note="", is_masked=is_masked)
        return [(str(r.sqref), r.formula1) for r in load_workbook(file).worksheets[0].data_validations.dataValidation]

    assert (rules(False), rules(True)) == ([("B2", "选项!$B$1:$B$2")], [])
