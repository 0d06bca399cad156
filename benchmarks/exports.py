"""Exports of the cases, whole and in parts: CPU seconds, peak of memory, size of the file; and pages meanwhile.

Each line runs in a process of its own. The base is xlsxwriter in its constant-memory mode writing
the same rows out of memory, without a database: the least it could take.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

import xlsxwriter

from config import Config
from database import allow_long_work
from extensions import db, now
from formats import apart, archive, sheets
from models.case import Case
from services import access
from services.lists import exports
from services.lists.listing import Listing
from services.lists.queries import Query

from . import data, measure
from .console import open_app, sign_in

COLUMNS = (
    "case_no", "subject", "kind", "category", "channel", "level", "urgency", "summary", "occurred_on", "received_on",
    "amount", "people_count", "area", "place", "status", "stage", "due_on", "lead_unit", "registered_at", "closed_at",
)  # fmt: skip
_SAMPLE = 1000


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one run with the process it writes by, seconds by the wall, the reading process's peak in MB, the file's size in MB."""

    seconds: float
    wall: float
    peak: float
    size: float


LABELS = {
    "plain": "xlsxwriter constant_memory，同样的行，不读库", "csv": "csv.writer，同样的行，不读库", "rows": "本台的写法，同样的行，不读库",
    "whole": "本台 库→xlsx（zlib-ng）", "whole_zlib": "本台 库→xlsx（标准库 zlib）", "part": "本台 库→xlsx（zlib-ng），前 50,000 条",
}  # fmt: skip
LINES = (*LABELS, "roster", "pages")


def table(config: Config, cases: int, lines: Sequence[str]) -> Iterator[tuple[str, Cost]]:
    """Every wanted line, the base first."""
    for name in LABELS:
        if name in lines:
            yield LABELS[name], measure.apart(_run, name, config, min(cases, 50_000) if name == "part" else cases)


def _run(name: str, config: Config, cases: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder, open_app(config).app_context():
        allow_long_work(db.engine)
        session = access.bind(db.session.session_factory(), access.system(config.subdistrict), now())
        session.connection(execution_options={"only_reads": True, "reads_once": True})
        path = Path(folder) / "export"
        work = _WORKS[name](session, path, cases)
        before, began = _processor(), time.perf_counter()
        work()
        took, wall = _processor() - before, time.perf_counter() - began
        session.close()
        return Cost(took, wall, measure.peak(), path.stat().st_size / 1e6)


def _processor() -> float:
    return sum(os.times()[:4])  # with the processes it waited for


def _portions(session, most: int) -> Iterator[list]:
    listing = Listing(session, Case, session.info["actor"])
    for shown, _ in listing.every_portion(Query(), list(COLUMNS), exports.dictionary_names(session)):
        yield [column[:most] for column in shown]
        most -= len(shown[0])
        if most <= 0:
            return


def _columns(session) -> list[sheets.SheetColumn]:
    described = Listing(session, Case, session.info["actor"]).described
    return [exports.column_of(session, described[name]) for name in COLUMNS]


def _again(session, cases: int) -> Iterator[tuple]:
    """So many rows out of a thousand stored ones, without a database."""
    sample = [row for portion in _portions(session, _SAMPLE) for row in zip(*portion, strict=True)]
    return islice(cycle(sample), cases)


def _plain(session, path: Path, cases: int) -> Callable[[], None]:
    rows = _again(session, cases)

    def work() -> None:
        book = xlsxwriter.Workbook(path, {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd", "remove_timezone": True,
        })  # fmt: skip
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        book.close()

    return work


def _csv(session, path: Path, cases: int) -> Callable[[], None]:
    rows = _again(session, cases)

    def work() -> None:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)

    return work


def _ours(session, path: Path, portions: Iterator, write: Callable, is_fast: bool = True) -> Callable[[], None]:
    columns = _columns(session)

    def work() -> None:
        with path.open("wb+") as file:
            write(file, portions=portions, title="案件", columns=columns, note="性能测试", is_masked=False, is_fast=is_fast)

    return work


_APART = partial(apart.write, sheets.write)
_WORKS: dict[str, Callable] = {
    "plain": _plain, "csv": _csv,
    "rows": lambda session, path, cases: _ours(session, path, sheets.portions(_again(session, cases)), sheets.write),
    "whole": lambda session, path, cases: _ours(session, path, _portions(session, cases), _APART),
    "whole_zlib": lambda session, path, cases: _ours(session, path, _portions(session, cases), _APART, is_fast=False),
}
_WORKS["part"] = _WORKS["whole"]  # fmt: skip


def beside_pages(config: Config, cases: int) -> tuple[float, float, float]:
    """The 99th percentile in ms of a page of the console alone, and while the worker exports; how many pages then."""
    visitor = sign_in(open_app(config), "fazhiban")
    alone = _pages(visitor, lambda count: count < 300)
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.exports", str(cases)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"INSTANCE": str(config.instance), "DATABASE_URL": config.database_url},
    )  # fmt: skip
    child.stdout.readline()  # it begins to write
    meanwhile = _pages(visitor, lambda count: child.poll() is None)
    if child.returncode:
        raise RuntimeError("the export beside the pages failed")
    return _p99(alone), _p99(meanwhile), len(meanwhile)


def _pages(visitor, goes_on: Callable[[int], bool]) -> list[float]:
    times = []
    while goes_on(len(times)):
        began = time.perf_counter()
        visitor.get("/admin/unit/")
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    return times


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98]


def roster_writer(config: Config, columns: Sequence[str], **args: list[str]) -> Callable[[], int]:
    """A work that exports the households that fit, as the worker does, and returns how many."""
    app, wanted = open_app(config), exports.Export("household", args, tuple(columns))

    def work() -> int:
        with tempfile.TemporaryFile() as file, app.app_context():
            session = access.bind(db.session.session_factory(), access.system(config.subdistrict), now())
            wanted.count(session, session.info["actor"], now())
            count = exports.write(session, wanted, session.info["actor"], now(), file)
            session.close()
            return count

    return work


def roster(store: data.Store) -> tuple[float, int]:
    """Seconds from asking to the finished file of a filtered roster of 46,608 households, and its rows."""
    columns = ("household_no", "head_name", "mobile", "neighborhood", "address", "use")
    work = roster_writer(store.config(data.SEEDS), columns, use=["owner", "rented", "vacant"])
    began = time.perf_counter()
    count = work()
    return time.perf_counter() - began, count


def print_all(store: data.Store, config: Config, cases: int, lines: Sequence[str]) -> None:
    base = None
    print("| | CPU 秒 | 比 | 历时 秒 | 比 | 峰值内存 MB | 文件 MB |\n|---|---|---|---|---|---|---|")
    for label, cost in table(config, cases, lines):
        base = base or cost
        print(f"| {label} | {cost.seconds:.1f} | {cost.seconds / base.seconds:.3f} | {cost.wall:.1f} | {cost.wall / base.wall:.3f} | {cost.peak:.0f} | {cost.size:.0f} |", flush=True)
    if "roster" in lines:
        seconds, count = roster(store)
        print(f"\n筛选后的住户名册 {count:,} 户，从提交到文件：{seconds:.1f} 秒")
    if "pages" in lines:
        alone, meanwhile, count = beside_pages(config, cases)
        print(f"导出时打开列表页 {count:,} 次，p99：空闲 {alone:.1f} ms，导出中 {meanwhile:.1f} ms，{meanwhile / alone:.2f} 倍")
    print(f"快压缩：{'zlib-ng' if archive._fast else '没有安装，都是标准库'}")


def main() -> None:
    """The child that exports while pages are asked for, at the worker's priority."""
    os.nice(10)
    print("begins", flush=True)
    _run("whole", Config(), int(sys.argv[1]))


if __name__ == "__main__":
    main()
