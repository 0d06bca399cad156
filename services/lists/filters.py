"""Filters of a list: read from an address, told as a sentence, turned into SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, func, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql import operators

from models import Described
from models.area import Area
from models.fields import Description
from models.kinds import plain

from ..keeping import custom
from . import probing, search
from ..access import Actor, Permission
from ..keeping.custom import CustomDescription
from ..errors import BadQuery
from .indexing import is_indexed, searched
from ..labels import dictionary_names
from ..showing import LOCAL, text

EMPTY = "none"  # a filter's value for “not filled in”
YES_NO = {"yes": "是", "no": "否", EMPTY: "未填"}
MOST_WHOLE = 10**12
Args = Mapping[str, list[str]]


@dataclass(frozen=True)
class Span:
    """Days counted from today, so that a saved view stays true: first and last day, both included."""

    label: str
    days: Callable[[date], tuple[date | None, date | None]]


def _month(day: date, months: int) -> tuple[date, date]:
    """The stretch of so many months, counted from January, that a day lies in."""
    first = (day.month - 1) // months * months
    following = first + months
    return day.replace(month=first + 1, day=1), date(day.year + following // 12, following % 12 + 1, 1) - timedelta(days=1)


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


SPANS = {
    "today": Span("今天", lambda day: (day, day)),
    "this_week": Span("本周", _week),
    "this_month": Span("本月", lambda day: _month(day, 1)),
    "this_quarter": Span("本季", lambda day: _month(day, 3)),
    "this_year": Span("本年", lambda day: _month(day, 12)),
    "last_30_days": Span("近30日", lambda day: (day - timedelta(days=29), day)),
    "past": Span("今天以前", lambda day: (None, day - timedelta(days=1))),
    "next_3_days": Span("三日内", lambda day: (day, day + timedelta(days=3))),
}


@dataclass
class Filter:
    """One active filter: which column, which values, bounds or span of days.

    `seen` is what a look at an index has told of the rows that fit; asked once for a page and its count.
    """

    description: Description
    values: list[Any] = field(default_factory=list)
    low: Any = None
    high: Any = None
    span: str = ""
    seen: probing.Look | None = field(default=None, init=False)


def filter_type(description: Description) -> str:
    """How a filter is asked: lookup, choice, yesno, date, number, text or exact."""
    if description.target:
        return "lookup"
    if description.code or description.field.dictionary:
        return "choice"
    if description.type is bool:
        return "yesno"
    if description.type in (date, datetime):
        return "date"
    if description.type in (int, Decimal, float):
        return "number"
    return "exact" if description.is_personal else "text"


# ---- reading -------------------------------------------------------------------------


def first(args: Args, name: str) -> str:
    return (args.get(name) or [""])[0]


def read(description: Description, args: Args, actor: Actor, today: date) -> Filter | None:
    """The filter an address asks for on one column, if any; raises `BadQuery` with the cure."""
    name, kind = description.name, filter_type(description)
    if first(args, name) == EMPTY and description.column.nullable:
        return Filter(description, [EMPTY])
    if kind in ("date", "number"):
        return _range(description, args, kind, today)
    asked = args.get(name, []) if kind != "text" else [part for value in args.get(name, []) for part in re.split(r"[|｜]", value)]
    values = [value.strip() for value in asked if value.strip()]
    if not values or (kind == "exact" and not actor.may(Permission.REVEAL)):
        return None
    return Filter(description, [_value(description, kind, value) for value in values[:100]])


def _range(d: Description, args: Args, kind: str, today: date) -> Filter | None:
    low_key, high_key = ("__from", "__to") if kind == "date" else ("__min", "__max")
    low, high, span = first(args, d.name + low_key), first(args, d.name + high_key), first(args, d.name)
    if span and not low and not high:
        if kind != "date" or span not in SPANS:
            raise BadQuery(f"“{d.label}”没有这个选项，请重新选择")
        return Filter(d, [], *SPANS[span].days(today), span)
    low, high = (_bound(d, kind, value) if value else None for value in (low, high))
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        raise BadQuery(f"“{d.label}”的起止写反了，请让前一个不大于后一个")
    return Filter(d, low=low, high=high)


def _bound(d: Description, kind: str, value: str) -> Any:
    return read_day(value, d.label) if kind == "date" else read_number(value, d.label, d.type)


def _value(description: Description, kind: str, value: str) -> Any:
    if description.code:
        try:
            return description.code(value)
        except ValueError:
            raise BadQuery(f"“{description.label}”没有这个选项，请重新选择") from None
    if kind == "yesno":
        if value not in YES_NO:
            raise BadQuery(f"“{description.label}”请选 是、否 或 未填")
        return value
    if description.target and value == EMPTY:
        return value
    if description.target and isinstance(description.column.type, Uuid):
        try:
            return str(UUID(value))
        except ValueError:
            raise BadQuery(f"“{description.label}”请从下拉结果中选择") from None
    return value


def within_years(day: Any) -> Any:
    """A day, or an instant with its zone, that every database and every zone can hold; else ValueError."""
    if not 1900 <= day.year <= 2200 or (isinstance(day, datetime) and day.tzinfo is None):
        raise ValueError
    return day


def read_day(value: str, label: str) -> date:
    try:
        return within_years(date.fromisoformat(plain(value)))
    except ValueError:
        raise BadQuery(f"“{label}”的日期请写成 2026-01-31 的样子") from None


def read_number(value: str, label: str, kind: type) -> Any:
    try:
        number = kind(plain(value).replace(",", ""))
        if not abs(number) <= MOST_WHOLE:  # what is no number is not smaller either
            raise ValueError
        return number
    except (ValueError, InvalidOperation):
        raise BadQuery(f"“{label}”请填数字") from None


# ---- telling -------------------------------------------------------------------------


def sentence(wanted: Filter, name_of: Callable[[Description, str], str], words: Mapping[str, str]) -> str:
    """A filter in words; `name_of` names a referred row, `words` a dictionary's item."""
    d, kind = wanted.description, filter_type(wanted.description)
    if wanted.values == [EMPTY]:
        return f"{d.label} 未填"
    if wanted.span:
        return f"{d.label} {SPANS[wanted.span].label}"
    if kind in ("date", "number"):
        low, high = text(wanted.low), text(wanted.high)
        if low and high:
            return f"{d.label} {low} 至 {high}"
        least, most = ("不早于", "不晚于") if kind == "date" else ("不小于", "不大于")
        return f"{d.label} {least} {low}" if low else f"{d.label} {most} {high}"
    if kind == "yesno":
        return f"{d.label}：{'或'.join(YES_NO[value] for value in wanted.values)}"
    if kind == "text":
        return f"{d.label} 含“{'”或“'.join(wanted.values)}”"
    return f"{d.label} 是 {'或'.join(_named(wanted, kind, value, name_of, words) for value in wanted.values)}"


def _named(wanted: Filter, kind: str, value: Any, name_of, words) -> str:
    if kind == "lookup":
        return YES_NO[EMPTY] if value == EMPTY else name_of(wanted.description, value)
    return words.get(value, value) if kind == "choice" and not wanted.description.code else text(value)


# ---- SQL -----------------------------------------------------------------------------


def condition(
    session: Session, entity: type[Described], wanted: Filter, actor: Actor, is_ordered: bool = True
) -> ColumnElement[bool]:
    """The WHERE of one filter; values of one filter are added up, filters narrow one another.

    Rows that are only counted need no order (`is_ordered`).
    """
    d = wanted.description
    if isinstance(d, CustomDescription):
        return _custom(session, entity, wanted, d, actor, is_ordered)
    if filter_type(d) == "text":
        return or_(*(_has_words(session, entity, d, d.of(entity), value, actor) for value in wanted.values))
    found = _fits(session, wanted, d.of(entity), actor)
    return _few_or_many(session, entity, wanted, found) if is_ordered and _is_scattered(found) else found


def _is_scattered(found: ColumnElement[bool]) -> bool:
    """Whether the rows lie in several stretches of the column's index, each in the list's order, all together not."""
    return found.operator in (operators.in_op, operators.or_)


def _few_or_many(session: Session, entity: type[Described], wanted: Filter, found: ColumnElement[bool]) -> ColumnElement[bool]:
    """Few rows are fetched by their keys; many are met by reading on in the list's own order.

    `IS TRUE` keeps a database from collecting and sorting all of them through the column's index.
    """
    key = getattr(entity, list(entity.__mapper__.primary_key)[-1].key)
    wanted.seen = wanted.seen or probing.look(session, select(key).where(found))
    return found.self_group().is_(true()) if wanted.seen.keys is None else key.in_(wanted.seen.keys)


def _custom(
    session: Session, entity, wanted: Filter, d: CustomDescription, actor: Actor, is_ordered: bool
) -> ColumnElement[bool]:
    """The same on a field of the office, which has its values beside the row."""
    values = [value for value in wanted.values if value != EMPTY]
    if wanted.values and not values:
        return custom.is_empty(entity, d, actor)
    has_empty = len(values) < len(wanted.values)
    others = replace(wanted, values=values)

    def fits(column) -> ColumnElement[bool]:
        return _fits_entry(session, others, column, actor)

    if not is_ordered and not has_empty:
        return custom.condition(entity, d, actor, fits, None)
    if wanted.seen is None:
        wanted.seen = probing.look(session, custom.keys(d, actor, fits, _within(session, entity, others, d, actor)))
    found = custom.condition(entity, d, actor, fits, wanted.seen)
    return or_(custom.is_empty(entity, d, actor), found) if has_empty else found


def _within(session: Session, entity, wanted: Filter, d: CustomDescription, actor: Actor) -> list[Select]:
    """Ids that the search index knows to be few, for each word of a text; of several texts either may fit, so that none are."""
    if filter_type(d) != "text" or len(wanted.values) != 1:
        return []
    found = (search.within(session, entity, d, word, actor) for word in wanted.values[0].split()[:6])
    return [ids for ids in found if ids is not None]


def entries(session: Session, wanted: Filter, actor: Actor) -> Select | None:
    """The entries that fit a filter on a field of the office, one a row; None for any other filter."""
    d = wanted.description
    if not isinstance(d, CustomDescription) or EMPTY in wanted.values:
        return None
    return custom.keys(d, actor, lambda column: _fits_entry(session, wanted, column, actor))


def _fits_entry(session: Session, wanted: Filter, column, actor: Actor) -> ColumnElement[bool]:
    kind = filter_type(wanted.description)
    if kind == "yesno":
        return column.in_(wanted.values)
    if kind == "text":
        return or_(*(and_(*(contains(column, word) for word in value.split()[:6])) for value in wanted.values))
    return _fits(session, wanted, column, actor)


def _fits(session: Session, wanted: Filter, column, actor: Actor) -> ColumnElement[bool]:
    d, kind = wanted.description, filter_type(wanted.description)
    if wanted.values == [EMPTY]:
        return column.is_(None)
    if kind == "number":
        return and_(*_between(column, wanted.low, wanted.high))
    if kind == "date":
        return and_(*_between(column, *_instants(wanted)))
    if kind == "yesno":
        meaning = {"yes": column.is_(True), "no": column.is_(False), EMPTY: column.is_(None)}
        return or_(*(meaning[value] for value in wanted.values))
    if d.target:
        return or_(*(_points_to(session, d, column, value, actor) for value in wanted.values))
    if d.field.dictionary:
        return _any(column, [key for value in wanted.values for key in _items(session, value)])
    if kind == "exact":
        return column.in_([d.kind.normalise(value) for value in wanted.values])
    return _any(column, wanted.values)


def _any(column, values: list) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _instants(wanted: Filter) -> tuple[Any, Any]:
    """The days of a range as they are compared; for instants, from midnight to midnight in China."""
    low, high = wanted.low, wanted.high
    if wanted.description.type is not datetime:
        return low, high
    return (
        low and datetime.combine(low, time(), LOCAL),
        high and datetime.combine(high + timedelta(days=1), time(), LOCAL) - timedelta(microseconds=1),
    )


def _between(column, low, high) -> list[ColumnElement[bool]]:
    return [*([column >= low] if low is not None else []), *([column <= high] if high is not None else [])]


def _points_to(session: Session, d: Description, column, value: str, actor: Actor) -> ColumnElement[bool]:
    """Rows whose reference is empty, is this row, or, for areas, lies below it."""
    if value == EMPTY:
        return column.is_(None)
    if d.target is not Area:
        return column == value
    below = branch(value, actor)
    is_leaf = len(session.scalars(below.limit(2)).all()) == 1  # then one index has the rows in the list's order
    return column == value if is_leaf else column.in_(below)


def branch(area_id: str, actor: Actor) -> Select:
    """The ids of an area and of all areas below it; its code is looked up once, so the plan knows it."""
    areas = Area.__table__
    here = areas.c.subdistrict_id == actor.subdistrict_id
    code = select(areas.c.code).where(here, areas.c.id == area_id).scalar_subquery()
    below = areas.alias()
    return select(below.c.id).where(
        below.c.subdistrict_id == actor.subdistrict_id, below.c.code.like(code + "%")
    )


def _items(session: Session, value: str) -> list[str]:
    """The keys of a dictionary item and of the items below it."""
    return [key for key in dictionary_names(session) if key == value or key.startswith(f"{value}.")]


def _has_words(session, entity, d: Description, column, value: str, actor: Actor) -> ColumnElement[bool]:
    """Text with all words of a value; the search index finds them first where it covers the column."""
    found = []
    for word in value.split()[:6]:
        if is_indexed(entity) and d in searched(entity):
            found.append(search.condition(entity, word, actor, search.look(session, entity, word, actor), session.get_bind().dialect.name))
        found.append(contains(column, word))
    return and_(*found)


def contains(column, word: str) -> ColumnElement[bool]:
    """Text that contains a word, whatever its case."""
    if word.isascii():
        return func.lower(column).contains(word.lower(), autoescape=True)
    return column.contains(word, autoescape=True)
