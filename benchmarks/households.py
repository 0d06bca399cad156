"""The roster of households: its first and last page, a search, exports in time and memory, the first start."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Config

from . import data, exports, measure
from .comparisons import Comparison
from .console import PAGE_SIZE, Browser, open_app, sign_in
from .stock import HOUSEHOLD_COLUMNS, create_stock

USERNAME = "shujuyuan"  # keeps the rosters of the whole sub-district
PATH = "/admin/household/"
_COUNT = 46_608


def comparisons(store: data.Store) -> Iterator[Comparison]:
    config = store.config(data.SEEDS)
    stock, console = Browser(create_stock(config).test_client()), sign_in(open_app(config), USERNAME)

    def line(label: str, theirs: dict, ours: dict, least: float) -> Comparison:
        return Comparison("households", label, partial(stock.get, PATH, **theirs), [partial(console.get, PATH, **ours)], least)

    yield line("列表首页", {}, {}, 1)
    yield line("列表末页", {"page": (_COUNT - 1) // PAGE_SIZE}, {"last": 1}, 4)
    yield line("搜索地址里的常见词", {"search": "1单元"}, {"search": "1单元"}, 3)
    export = exports.roster_writer(config, HOUSEHOLD_COLUMNS)  # so many go to the worker, which does just this
    yield Comparison("households", "导出全部（xlsx）", partial(stock.get, f"{PATH}xlsx/"), [export], 2)


def stock_export(config: Config):
    return partial(Browser(create_stock(config).test_client()).get, f"{PATH}xlsx/")


def our_export(config: Config):
    return exports.roster_writer(config, HOUSEHOLD_COLUMNS)


def memory(config: Config) -> tuple[float, float]:
    """Megabytes that one export adds to the peak of a process of its own: stock, ours."""
    return measure.memory(stock_export, config), measure.memory(our_export, config)
