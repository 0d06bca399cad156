"""What a list is asked for: read from an address, strictly, so that a wrong address says what is wrong."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import Described, Entity
from models.fields import Description
from models.kinds import plain

from ..keeping import custom
from . import filters
from ..access import Actor
from ..errors import BadQuery
from .filters import Args, Filter, first
from ..showing import LOCAL

MOST_COLUMNS = 12
MOST_SORTS = 3
MOST_YEARS_BACK = 30


@dataclass(frozen=True)
class Sort:
    """One column of the order; rows without a value come last either way, as in Excel."""

    description: Description
    is_descending: bool = False


@dataclass
class Query:
    """What a list is asked for; made from the URL by `parse`.

    Without `sorts` the order is that of the keys, newest first unless `is_descending` says otherwise.
    `jump` is a value of the first sort column where the page shall begin. `also` are conditions that
    no address can say.
    """

    filters: list[Filter] = field(default_factory=list)
    search: str = ""
    changed_since: datetime | None = None
    also: list[ColumnElement[bool]] = field(default_factory=list)
    sorts: list[Sort] = field(default_factory=list)
    is_descending: bool = True
    page_size: int = 20
    after: list | None = None
    before: list | None = None
    is_last: bool = False
    jump: Any = None
    columns: list[str] = field(default_factory=list)


def listable(described: dict[str, Description]) -> list[Description]:
    """The columns a person may choose for a list or an export."""
    return [d for d in described.values() if not d.field.is_hidden and d.type is not dict and d.name != "permissions"]


# ---- reading the address -------------------------------------------------------------


def parse(session: Session, entity: type[Described], args: Args, actor: Actor, today: date) -> Query:
    """Read a list's query from URL arguments {name: [values]}; raises `BadQuery` with the cure.

    Keys are column names: `status=accepted&status=closed`, `due_on__from=2026-01-01`,
    `due_on=this_week`, `amount__min=100`; `changed_since=2026-03-02T01:00:00+00:00`; `sort=status&sort=-due_on`, `search`, `columns=a,b`,
    `page_size`, `after`, `before`, `last`, `jump`.
    """
    described = custom.described(session, entity)
    query = Query(search=first(args, "search").strip())
    for description in described.values():
        if description.field.filtered:
            found = filters.read(description, args, actor, today)
            if found:
                query.filters.append(found)
    if first(args, "changed_since") and issubclass(entity, Entity):
        query.changed_since = _read_instant(first(args, "changed_since"))
    _read_order(query, entity, described, [value for value in args.get("sort", []) if value])
    query.columns = _read_columns(described, first(args, "columns"))
    query.page_size = min(max(filters.read_number(first(args, "page_size") or "20", "每页条数", int), 5), 100)
    query.after = _token(first(args, "after"), query)
    query.before = _token(first(args, "before"), query)
    query.is_last = bool(first(args, "last"))
    if first(args, "jump"):
        query.jump = _read_jump(session, entity, query, first(args, "jump").strip())
    return query


def _read_instant(value: str) -> datetime:
    try:
        return filters.within_years(datetime.fromisoformat(value)).astimezone(LOCAL)
    except ValueError:
        raise BadQuery("地址里的时间不完整，请从列表第一页重新筛选") from None


def _read_order(query: Query, entity: type[Described], described: dict[str, Description], wanted: list[str]) -> None:
    for value in dict.fromkeys(wanted):
        name = value.lstrip("-")
        if name not in described or not described[name].field.sorted:
            raise BadQuery("不能按这一列排序，请点列表表头上可以排序的列")
        query.sorts.append(Sort(described[name], value.startswith("-")))
    if len(query.sorts) > MOST_SORTS:
        raise BadQuery(f"最多按{MOST_SORTS}列排序，请去掉一列")
    if not wanted:
        _read_usual_order(query, entity, described)


def _read_usual_order(query: Query, entity: type[Described], described: dict[str, Description]) -> None:
    """The declared order; a list narrowed to a stretch of days or numbers is read along those.

    Each way is the order of one index, so that a page is a walk along it.
    """
    order = entity.usual_order()
    is_descending = any(is_down for _, is_down in order[:1])
    usual = [Sort(described[name], is_down) for name, is_down in order if name in described and described[name].field.sorted]
    for wanted in query.filters:
        d = wanted.description
        if d.field.sorted and wanted.values == [filters.EMPTY]:  # the index has them in the order of the keys
            query.sorts, query.is_descending = [], is_descending
            return
        if isinstance(d, custom.CustomDescription) or (wanted.low is None and wanted.high is None):
            continue
        if d.field.sorted:
            query.sorts = [Sort(d, wanted.low is None or wanted.high is not None)]
        else:
            query.sorts, query.is_descending = [Sort(d, is_descending), *usual], is_descending
        return
    query.sorts, query.is_descending = usual, is_descending or not order


def _read_columns(described: dict[str, Description], value: str) -> list[str]:
    names = [name for name in dict.fromkeys(value.split(",")) if name]
    known = {d.name for d in listable(described)}
    if any(name not in known for name in names):
        raise BadQuery("有的列已经不在这张表里，请在“列表设置”里重新选列")
    if len(names) > MOST_COLUMNS:
        raise BadQuery(f"一张列表最多显示{MOST_COLUMNS}列，请去掉几列")
    return names


def _read_jump(session: Session, entity: type[Described], query: Query, value: str) -> Any:
    if not query.sorts:
        raise BadQuery("这张列表的次序不能跳转，请先点表头按一列排序")
    d = query.sorts[0].description
    said = _COUNTED.fullmatch(plain(value)) if counts(d) else None
    if said:
        return _whole_number(session, entity, d, *said.groups()) or value
    if d.type not in (date, datetime):
        return filters.read_number(value, d.label, d.type) if d.type in (int, Decimal) else value
    day = filters.read_day(value, d.label)
    if d.type is date:
        return day
    midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    return midnight + timedelta(days=1, microseconds=-1) if query.sorts[0].is_descending else midnight


def counts(d: Description) -> bool:
    """Whether a column holds numbers the console makes, such as 集里〔2026〕00100号."""
    return d.type is str and (d.field.is_fixed or d.field.is_numbered)


_COUNTED = re.compile(r"\W*(?:([0-9]{4})[年\W]+)?([0-9]+)号?")
_NUMBER = re.compile(r"(.*?)(?:([0-9]{4})([^0-9]+))?([0-9]+)([^0-9]*)")


def _whole_number(session: Session, entity: type[Described], d: Description, year: str | None, digits: str) -> str | None:
    """A number written like the list's latest one: 2025-100 is 集里〔2025〕00100号, 100 that of the latest year that has it."""
    column = getattr(entity, d.key)
    latest = session.scalar(select(column).order_by(column.desc()).limit(1)) or ""
    shape = _NUMBER.fullmatch(latest)
    if shape is None or (year and not shape[2]):
        return None
    begin, last, between, counted, end = shape.groups("")

    def of(year: str) -> str:
        return f"{begin}{year}{between}{digits.zfill(len(counted))}{end}"

    if year or not last:
        return of(year or "")
    years = [str(int(last) - back) for back in range(MOST_YEARS_BACK)]
    there = select(column).where(column.in_([of(year) for year in years])).order_by(column.desc()).limit(1)
    return session.scalar(there) or of(last)


def token_of(position: list) -> str:
    """A page position as it travels in a URL."""
    raw = json.dumps(position, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _token(value: str, query: Query) -> list | None:
    if not value:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        if isinstance(position, list) and len(position) == len(query.sorts) + 1 and isinstance(position[-1], str):
            return position
    except (ValueError, RecursionError):
        pass
    raise BadQuery("翻页地址不完整，请从列表第一页重新翻")
