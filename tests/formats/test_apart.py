"""Tables written by a process of their own: the same table, or none."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from formats import apart, csvs, sheets
from formats.sheets import SheetColumn

COLUMNS = [SheetColumn("户号"), SheetColumn("登记", kind="date"), SheetColumn("办结", kind="datetime"), SheetColumn("金额", kind="money")]
ROW = ("=1+1", date(2026, 3, 2), datetime(2026, 3, 2, 1, 30, tzinfo=UTC), Decimal("12.50"))
FACTS = {"title": "住户", "columns": COLUMNS, "note": "", "is_masked": False}


def test_every_value_keeps_its_kind_on_the_way(tmp_path):
    with (tmp_path / "file.xlsx").open("wb+") as file:
        assert apart.write(sheets.write, file, sheets.portions([ROW] * 1200), **FACTS) == 1200
    rows = list(load_workbook(tmp_path / "file.xlsx").worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("户号", "登记", "办结", "金额")
    assert set(rows[1:]) == {("=1+1", datetime(2026, 3, 2), datetime(2026, 3, 2, 9, 30), 12.5)}
    assert len(rows) == 1201


def test_a_csv_is_written_the_same_way(tmp_path):
    with (tmp_path / "file").open("wb+") as file:
        apart.write(csvs.write, file, sheets.portions([("H001",)]), columns=COLUMNS[:1])
    assert (tmp_path / "file").read_bytes().decode() == "\ufeff户号\r\nH001\r\n"


def test_work_that_stops_between_rows_stops(tmp_path):
    def portions():
        yield from sheets.portions([ROW])
        raise InterruptedError("no longer wanted")

    with (tmp_path / "file").open("wb+") as file, pytest.raises(InterruptedError):
        apart.write(sheets.write, file, portions(), **FACTS)


def test_a_full_disk_is_told_as_such_with_some_rows_and_with_many():
    for count in (1, 10_000):  # of many some are still to be handed over then
        with Path("/dev/full").open("wb+") as file, pytest.raises(OSError) as error:
            apart.write(csvs.write, file, sheets.portions((f"{number:0400}",) for number in range(count)), columns=COLUMNS[:1])
        assert error.value.errno == errno.ENOSPC


def _killed(_file, portions):
    next(portions)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_writing_process_that_is_killed_is_told_as_such(tmp_path):
    with (tmp_path / "file").open("wb+") as file, pytest.raises(ChildProcessError, match="signal 9"):
        apart.write(_killed, file, sheets.portions((f"{number:0400}",) for number in range(10_000)))


def _short_sheets(file, **facts):
    sheets.ROWS_PER_SHEET = 700
    return sheets.write(file, **facts)


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path):
    with (tmp_path / "file.xlsx").open("wb+") as file:
        assert apart.write(_short_sheets, file, sheets.portions((number, None, None, None) for number in range(1500)), **FACTS) == 1500
    data = [list(sheet.values) for sheet in load_workbook(tmp_path / "file.xlsx").worksheets[:3]]
    assert [len(rows) for rows in data] == [701, 701, 101]
    assert [rows[0][0] for rows in data] == ["户号"] * 3
    assert [rows[1][0] for rows in data] == [0, 700, 1400]


def test_a_writing_process_that_fails_is_told(tmp_path):
    with (tmp_path / "file").open("wb+") as file, pytest.raises(OSError):
        apart.write(sheets.write, file, sheets.portions([ROW[:1]]), **FACTS | {"columns": None})


def test_a_console_that_is_killed_leaves_no_finished_file(tmp_path):
    handed = pickle.dumps((sheets.write, FACTS)) + pickle.dumps(list(zip(ROW)))  # and nothing that ends it
    with (tmp_path / "file").open("wb+") as file:
        ended = subprocess.run([sys.executable, "-m", "formats.apart"], input=handed, stdout=file, stderr=subprocess.DEVNULL)
    assert ended.returncode == 1
    assert b"PK\x05\x06" not in (tmp_path / "file").read_bytes()


def test_the_writing_process_knows_no_tables():
    asked = "import sys, formats.apart, formats.sheets, formats.csvs; print({'sqlalchemy', 'models', 'flask'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True).stdout == "set()\n"
