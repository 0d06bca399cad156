"""What is measured: works that do the same on the same rows, and how they should compare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby

from sqlalchemy import desc, func, select

from config import Config
from extensions import db, now
from models import describe
from models.area import Area
from models.case import Case
from models.codes import AreaKind
from models.fields import Description
from services import access
from services.keeping import custom
from services.due_dates import local_day
from services.lists.filters import EMPTY, filter_type
from services.lists.listing import Listing
from services.lists.queries import parse, token_of
from services.lists.walking import stretches

from . import growth
from .console import HAND_WRITTEN, PAGE_SIZE, Browser, open_app, sign_in
from .measure import Work, resident
from .stock import CASE_COLUMNS, create_stock

USERNAME = "fazhiban"  # sees and edits the cases of the whole sub-district
PATH = "/admin/case/"
PLACES = ("首页", "中间", "末页")
_NUMBER = re.compile(r"集里〔\d+〕\d+号")
Args = dict[str, object]


@dataclass(frozen=True)
class Comparison:
    """One line: `base` beside `ours`; `least` times faster than the base, or `most` times as slow."""

    name: str
    label: str
    base: Work
    ours: Sequence[Work]
    least: float | None = None
    most: float | None = None


class Cases:
    """The list of cases on one database: stock, the console and the page written by hand."""

    def __init__(self, config: Config):
        self.config = config
        self.stock = Browser(create_stock(config).test_client())
        self.app = open_app(config)
        self.console = sign_in(self.app, USERNAME)
        with self.app.app_context():
            self.session = access.bind(db.session, access.system(config.subdistrict), now())
            self.count = self.session.scalar(select(func.count()).select_from(Case))
            self.facts = dict(self._facts())
            db.session.remove()

    # ---- beside the stock view ---------------------------------------------------------

    def beside_stock(self) -> Iterator[Comparison]:
        last = (self.count - 1) // PAGE_SIZE
        yield self._same("列表首页", {}, {}, 5)
        manual = partial(self.stock.get, "/admin/manual/")
        yield Comparison("stock", "列表首页（原版按说明书，只按登记时间排）", manual, [self.page({})], least=5)
        yield self._same("列表末页", {"page": last}, {"last": 1}, 80)
        yield self._same("搜索常见词“路灯”", {"search": growth.COMMON[0]}, {"search": growth.COMMON[0]}, 100)
        yield self._same("搜索常见词“漏水”", {"search": growth.COMMON[1]}, {"search": growth.COMMON[1]}, 100)
        yield self._same("搜索少见的两字", {"search": growth.RARE}, {"search": growth.RARE}, 100)
        absent = {"search": growth.ABSENT}
        yield Comparison("stock", "搜索没有的两字", partial(self.stock.get, PATH, **absent), [self.page(absent)], least=100)
        key = f"{self.config.subdistrict},{self.facts['record']}"
        yield Comparison(
            "stock", "修改页（住户一栏 46,608 个选项）", partial(self.stock.get, f"{PATH}edit/", id=key),
            [partial(self.console.get, f"{PATH}edit/", id=self.facts["record"])], least=200,
        )  # fmt: skip

    def _same(self, label: str, theirs: Args, ours: Args, least: float) -> Comparison:
        """Refuse to compare lists of other cases (stock's last page may be a short one)."""
        stock, console = partial(self.stock.get, PATH, **theirs), self.page(ours)
        shown, expected = (set(_NUMBER.findall(work())) for work in (console, stock))
        if not expected or not expected <= shown:
            raise RuntimeError(f"{label}: the two lists differ: {sorted(expected ^ shown)[:6]}")
        return Comparison("stock", label, stock, [console], least=least)

    def beside_hand(self) -> Iterator[Comparison]:
        yield Comparison("hand", "列表首页", partial(self.console.get, HAND_WRITTEN), [self.page({})], most=5)

    # ---- beside our own first page -----------------------------------------------------

    def depth(self) -> Iterator[Comparison]:
        yield Comparison("depth", "末页", self.page({}), [self.page({"last": 1})], most=1.5)
        community = sign_in(self.app, "shequ")
        places = [partial(community.get, PATH, **place) for place in ({}, {"last": 1})]
        yield Comparison("depth", "一个社区的工作人员：首页、末页", self.page({}), places, most=3)

    def sorts(self) -> Iterator[Comparison]:
        for d in describe(Case).values():
            if d.field.sorted:
                for sign, word in (("", "升"), ("-", "降")):
                    yield self._everywhere("sort", f"按{d.label}{word}序", {"sort": f"{sign}{d.name}"})

    def filters(self) -> Iterator[Comparison]:
        for d in describe(Case).values():
            for label, args in self._wanted(d) if d.field.filtered else ():
                yield self._everywhere("filter", f"{d.label}：{label}", args)

    def presets(self) -> Iterator[Comparison]:
        view = self.app.extensions["entity_views"]["Case"]
        for label, query in view.presets.items():
            pairs = [pair.split("=") for pair in query.split("&") if pair]
            args = {name: [v for _, v in group] for name, group in groupby(pairs, lambda pair: pair[0])}
            if args:
                yield self._everywhere("preset", label, args)

    def custom(self) -> Iterator[Comparison]:
        """With twenty fields on cases; `growth.use_fields` has to have shown them."""
        with self.app.app_context():
            session = access.bind(db.session, access.system(self.config.subdistrict), now())
            own = [d for d in custom.described(session, Case).values() if isinstance(d, custom.CustomDescription)]
        firsts = {d.label: d for d in own if d.label.endswith("1")}.values()
        columns = {"columns": ",".join([*CASE_COLUMNS[:6], *(d.name for d in list(firsts)[:3])])}
        yield Comparison("custom", "列表首页，20个自定义字段", partial(self.stock.get, PATH), [self.page({})], least=5)
        yield Comparison("custom", "列表首页，其中3列", partial(self.stock.get, PATH), [self.page(columns)], least=5)
        for d in firsts:
            for label, args in self._wanted_custom(d):
                yield self._everywhere("custom", f"{d.label}：{label}", {**columns, **args})

    def depths(self, pages: int = 200) -> Iterator[Work]:
        """Pages from the first to the last, by jumps along the days."""
        days = [date(2024, 11, 25) + timedelta(days=number * growth.DAYS // pages) for number in range(pages)]
        for day in days:
            yield self.page({"sort": "-registered_at", "jump": day.isoformat()})

    def page(self, args: Args) -> Work:
        return partial(self.console.get, PATH, **args)

    def _everywhere(self, name: str, label: str, args: Args) -> Comparison:
        places = [args, *({**args, "after": token} for token in [self._middle(args)] if token), {**args, "last": 1}]
        return Comparison(name, label, self.page({}), [self.page(place) for place in places], most=3)

    def _middle(self, args: Args) -> str | None:
        """The position in the middle of a list, for the address of the page there."""
        with self.app.app_context():
            actor, moment = access.system(self.config.subdistrict), now()
            session = access.bind(db.session, actor, moment)
            asked = {name: value if isinstance(value, list) else [str(value)] for name, value in args.items()}
            query = parse(session, Case, asked, actor, local_day(moment))
            listing = Listing(session, Case, actor)
            half = listing.count(query, cap=self.count) // 2
            statement, _shape = listing.statement(query, [])
            statement = statement.where(*listing.conditions(query))
            for where, order in stretches(Case, query):
                stretch = statement.where(*where)
                rows = session.scalar(select(func.count()).select_from(stretch.subquery()))
                if half < rows:
                    line = session.execute(stretch.order_by(*order).offset(half).limit(1)).one()
                    return token_of(listing._row(line, [], {}, len(query.sorts) + 1).position)
                half -= rows
            return None

    # ---- what may be asked for ---------------------------------------------------------

    def _wanted(self, d: Description) -> Iterator[tuple[str, Args]]:
        """Filters on one column: what most rows have, what few have, and what is not filled in."""
        kind = filter_type(d)
        if d.target is Area:
            yield "社区", {d.name: self.facts["community"]}
            yield "邻", {d.name: self.facts["neighborhood"]}
        elif kind in ("choice", "lookup"):
            for word, value in zip(("最多的", "最少的"), self.facts[d.key], strict=True):
                yield word, {d.name: value}
        elif kind == "yesno":
            yield "是", {d.name: "yes"}
            yield "否", {d.name: "no"}
        elif kind == "date":
            yield "某一个月", {f"{d.name}__from": "2026-03-01", f"{d.name}__to": "2026-03-31"}
            yield "某日以前", {f"{d.name}__to": "2025-06-30"}
            yield "本月", {d.name: "this_month"}
        elif kind == "number":
            yield "一段", {f"{d.name}__min": "2", f"{d.name}__max": "3000"}
            yield "很少的", {f"{d.name}__min": "30"}
        if d.column.nullable:
            yield "未填", {d.name: EMPTY}

    def _wanted_custom(self, d: Description) -> Iterator[tuple[str, Args]]:
        kind = filter_type(d)
        if kind == "text":
            yield "少见", {d.name: "第1234网格"}
            yield "常见", {d.name: "网格"}
        elif kind == "choice":
            yield "一项", {d.name: "channel:phone"}
        else:
            yield from self._wanted(d)
        if kind in ("text", "choice"):
            yield "未填", {d.name: EMPTY}

    def _facts(self) -> Iterator[tuple[str, object]]:
        """Values to ask for: of each code, dictionary and reference the most and the least frequent."""
        session = self.session
        yield "record", session.scalar(select(Case.id).order_by(Case.registered_at).offset(self.count // 2).limit(1))
        leaf = session.scalar(select(Case.area_id).group_by(Case.area_id).order_by(desc(func.count())).limit(1))
        code = session.scalar(select(Area.code).where(Area.id == leaf))
        communities = select(Area.id, Area.code).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE)))
        yield "neighborhood", leaf
        yield "community", next(key for key, start in session.execute(communities) if code.startswith(start))
        for d in describe(Case).values():
            if d.field.filtered and filter_type(d) in ("choice", "lookup") and d.target is not Area:
                column = d.of(Case)
                counted = select(column).where(column.is_not(None)).group_by(column).order_by(desc(func.count()), column)
                found = [getattr(value, "value", value) for value in session.scalars(counted)]
                yield d.key, (found[0], found[-1])


def turn_pages(config: Config) -> tuple[float, float, int]:
    """Megabytes before and after 200 pages at different depths, and how many were read."""
    pages = list(Cases(config).depths())
    for page in pages[:10]:
        page()
    before = resident()
    for page in pages:
        page()
    return before, resident(), len(pages)
