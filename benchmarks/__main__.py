"""`python -m benchmarks`: make the databases, compare, print the tables."""

from __future__ import annotations

import argparse
import contextlib
import platform
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import create_engine

from config import Config
from tests.support.postgres import postgres

from . import data, exports, desk, growth, households, measure
from .comparisons import PLACES, Cases, Comparison, turn_pages

TITLES = {
    "stock": "与原版 Flask-Admin 相比（原版/本台，越大越好）", "hand": "与手写页面相比（本台/手写，越小越好）",
    "depth": "末页与首页相比（末页/首页）", "sort": "排序与首页相比（最慢处/首页）", "filter": "筛选与首页相比（最慢处/首页）",
    "preset": "常用视图与首页相比（最慢处/首页）", "custom": "20个自定义字段（原版/本台；最慢处/首页）",
    "memory": "翻阅200页前后的内存", "households": "住户名册 46,608 户（原版/本台）", "export": "导出 20 列，整件事从库到文件", "desk": "分流调度台与案件列表相比（本页/列表首页）",
}  # fmt: skip
DATABASES = ("sqlite", "postgresql")
_HEAD = ("项目", "对照 ms", *(f"{place} ms" for place in PLACES), "比值", "目标", "达到", "SQL")


def main() -> None:
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(f"{platform.machine()}，Python {platform.python_version()}，SQLite {sqlite3.sqlite_version}，", end="")
    print("，".join(f"{name} {version(name)}" for name in ("Flask", "Flask-Admin", "SQLAlchemy", "psycopg")))
    for database in asked.databases:
        with _server(database, asked) as server:
            store = data.Store(asked.folder / database, server)
            store.folder.mkdir(exist_ok=True)
            config = store.grown(asked.cases, print)
            print(f"\n## {_name(config)}，{asked.cases:,} 件案件")
            for name in asked.only:
                print(f"\n{TITLES[name]}\n")
                _print_table(name, store, config, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="性能测试：与原版 Flask-Admin 同场比较")
    add = parser.add_argument
    add("--cases", type=int, default=1_000_000, help="案件数")
    add("--only", nargs="+", choices=TITLES, default=list(TITLES), metavar="NAME", help="只测这些：" + " ".join(TITLES))
    add("--lines", nargs="+", choices=exports.LINES, default=exports.LINES, metavar="NAME", help="导出只测这几行：" + " ".join(exports.LINES))
    add("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    add("--server", default="", metavar="URL", help="用已有的 PostgreSQL 服务器（可建库的账号）；默认自己启动一个")
    add("--folder", type=Path, default=Path(tempfile.gettempdir()) / "bench", help="造好的数据库放在这里，下次直接用")
    add("--seconds", type=float, default=3, help="每个项目大约用多少秒")
    return parser.parse_args()


@contextlib.contextmanager
def _server(database: str, asked: argparse.Namespace) -> Iterator[str]:
    """The URL of the PostgreSQL server: the one asked for, else one of this folder; none for SQLite."""
    if database == "sqlite" or asked.server:
        yield asked.server if database != "sqlite" else ""
        return
    with postgres(asked.folder.resolve() / "server") as url:
        yield url


def _name(config: Config) -> str:
    engine = create_engine(config.url)
    with engine.connect() as connection:
        return f"{engine.name} {'.'.join(map(str, connection.dialect.server_version_info))}"


def _print_table(name: str, store: data.Store, config: Config, asked: argparse.Namespace) -> None:
    if name == "memory":
        before, after, pages = measure.apart(turn_pages, config)
        print(f"{pages} 页：{before:.1f} MB → {after:.1f} MB，增加 {after - before:.1f} MB")
        return
    if name == "desk":
        config = store.desk(asked.cases, print)
    if name == "export":
        exports.print_all(store, config, asked.cases, asked.lines)
        return
    _print(_HEAD)
    _print(["---"] * len(_HEAD))
    for comparison in _comparisons(name, store, config):
        _print(_line(comparison, asked.seconds))
    if name == "desk":
        print()
        for line in desk.plan(config):
            print(line)
    if name == "households":
        stock, ours = households.memory(store.config(data.SEEDS))
        print(f"\n导出多用的内存：原版 {stock:,.0f} MB，本台 {ours:,.0f} MB")


def _comparisons(name: str, store: data.Store, config: Config) -> Iterator[Comparison]:
    if name == "households":
        yield from households.comparisons(store)
        return
    if name == "desk":
        yield from desk.comparisons(config)
        return
    growth.use_fields(config, name == "custom")
    cases = Cases(config)
    yield from {
        "stock": cases.beside_stock, "hand": cases.beside_hand, "depth": cases.depth, "sort": cases.sorts,
        "filter": cases.filters, "preset": cases.presets, "custom": cases.custom,
    }[name]()  # fmt: skip


def _line(comparison: Comparison, seconds: float) -> Sequence[str]:
    base, *ours = measure.compare([comparison.base, *comparison.ours], seconds)
    slowest = max(ours, key=lambda timing: timing.milliseconds)
    times = [f"{timing.milliseconds:,.1f}" for timing in ours] + [""] * (len(PLACES) - len(ours))
    if comparison.least:
        ratio = base.milliseconds / slowest.milliseconds
        wanted, is_met = f"≥ {comparison.least:g}", ratio >= comparison.least
    else:
        ratio = slowest.milliseconds / base.milliseconds
        wanted, is_met = f"≤ {comparison.most:g}", ratio <= comparison.most
    return (
        comparison.label, f"{base.milliseconds:,.1f}", *times, f"{ratio:.1f}", wanted, "是" if is_met else "**否**",
        f"{base.statements} / {slowest.statements}",
    )  # fmt: skip


def _print(cells: Sequence[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
