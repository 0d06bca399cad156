"""`python -m benchmarks`: fill the databases, run the cases, print the ratios."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from config import Config

from . import cases, data, measure

PAGES = ("list-first", "list-last", "filter", "search-name", "search-address", "form")
LONG = ("export", "export-memory", "seed")  # at the size of one sub-district only
WIDTHS = (34, 14, 14, 10, 6, 6)


def main() -> None:
    asked = _arguments()
    with _store(asked) as store:
        datasets = [store.dataset(rows, print) for rows in asked.rows]
        for number, config in enumerate(datasets):
            households = data.count(config)
            print(f"\n{households:,} 户，{'PostgreSQL' if asked.database else 'SQLite'}")
            _print(("项目", "原版", "本台", "原版/本台", "SQL", "SQL"))
            wanted = [name for name in asked.only or PAGES + LONG if number == 0 or name in PAGES]
            for line in _lines(store, config, households, wanted, asked.seconds):
                _print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="性能测试：与原版 Flask-Admin 同场比较")
    add, known = parser.add_argument, PAGES + LONG
    add("--rows", type=int, nargs="+", default=[46_000, 1_000_000], help="住户数；不超过示例街道的就用示例街道")
    add("--only", nargs="+", choices=known, metavar="NAME", help="只测这些：" + " ".join(known))
    add("--database", default="", metavar="URL", help="PostgreSQL 服务器（可建库的账号）；默认用 SQLite")
    add("--keep", type=Path, metavar="DIR", help="保留造好的数据库，下次直接用")
    add("--seconds", type=float, default=10, help="每个项目大约用多少秒")
    return parser.parse_args()


@contextlib.contextmanager
def _store(asked: argparse.Namespace) -> Iterator[data.Store]:
    """The databases, in the folder to keep or in one that goes with the run."""
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        yield data.Store(asked.keep.resolve(), asked.database)
        return
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        store = data.Store(Path(folder), asked.database)
        try:
            yield store
        finally:
            store.drop_all()


def _lines(
    store: data.Store, config: Config, households: int, wanted: Sequence[str], seconds: float
) -> Iterator[Sequence[str]]:
    for case in cases.pages(config):
        if case.name in wanted:
            yield _timed(case, seconds)
    if "export" in wanted:
        yield _timed(cases.export(config), seconds)
    if "export-memory" in wanted:
        yield _memory(config)
    if "seed" in wanted:
        yield _seeding(store, config, households)


def _timed(case: cases.Case, seconds: float) -> Sequence[str]:
    stock, ours = measure.compare(case.stock, case.ours, seconds)
    return (
        f"{case.name} {case.label}", f"{stock.milliseconds:,.1f} ms", f"{ours.milliseconds:,.1f} ms",
        f"{stock.milliseconds / ours.milliseconds:.1f}", str(stock.statements), str(ours.statements),
    )  # fmt: skip


def _memory(config: Config) -> Sequence[str]:
    """Peaks of two processes that export once, above what each needed before it began."""
    stock, ours = (measure.memory(prepare, config) for prepare in (cases.stock_export, cases.our_export))
    return "export-memory 导出多用的内存", f"{stock:,.0f} MB", f"{ours:,.0f} MB", f"{stock / ours:.1f}", "", ""


def _seeding(store: data.Store, config: Config, households: int) -> Sequence[str]:
    """The first start on an empty database beside one bare insert of as many households."""
    insert = measure.once(data.bare_insert(config, households))
    fresh = store.fresh("fresh")
    try:
        fill = measure.once(lambda: data.fill(fresh))
    finally:
        store.drop("fresh")
    return (
        "seed 首次启动装入数据/只插住户", f"{insert.milliseconds:,.0f} ms", f"{fill.milliseconds:,.0f} ms",
        f"{insert.milliseconds / fill.milliseconds:.3f}", str(insert.statements), str(fill.statements),
    )  # fmt: skip


def _print(line: Sequence[str]) -> None:
    """One line of the table; a Chinese character is two wide."""
    wide = [sum(2 if ord(character) > 0x2E7F else 1 for character in cell) for cell in line]
    gaps = [" " * (width - used) for width, used in zip(WIDTHS, wide, strict=True)]
    print(line[0] + gaps[0], *(gap + cell for gap, cell in zip(gaps[1:], line[1:], strict=True)), flush=True)


if __name__ == "__main__":
    main()
