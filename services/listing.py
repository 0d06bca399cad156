"""The list engine: filters, search, sort and keyset pages of any entity, in narrow rows.

A page costs one statement for the rows and one for the capped count, whatever its depth.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, false, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from models import Described, Entity, describe
from models.area import Area
from models.codes import Code
from models.dictionary import DictItem
from models.fields import Description

from . import search
from .access import Actor, Permission
from .errors import Refused
from .showing import LOCAL, is_clear, masked, text, title_parts

COUNT_CAP = 10_000
EMPTY = "none"  # a filter's value for “not filled in”


@dataclass
class Filter:
    """One active filter: which column, which values or bounds."""

    description: Description
    values: list[Any] = field(default_factory=list)
    low: Any = None
    high: Any = None


@dataclass
class Query:
    """What a list is asked for; made from the URL by `parse`."""

    filters: list[Filter] = field(default_factory=list)
    search: str = ""
    changed_since: datetime | None = None
    sort: Description | None = None
    is_descending: bool = True
    page_size: int = 20
    after: list | None = None
    before: list | None = None
    is_last: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a list: its id and its values by attribute name, masked, references named."""

    id: str
    values: dict[str, Any]
    position: list


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    has_previous: bool
    has_next: bool


def identity(entity: type[Described]):
    """The attribute that identifies a row inside its sub-district."""
    return getattr(entity, list(entity.__mapper__.primary_key)[-1].key)


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


def parse(entity: type[Described], args: Mapping[str, list[str]], actor: Actor) -> Query:
    """Read a list's query from URL arguments {name: [values]}; raises `Refused` with the cure.

    Keys are column names: `status=accepted&status=closed`, `due_on__from=2026-01-01`,
    `amount__min=100`; `changed_since=2026-03-02T01:00:00+00:00`; `sort=-due_on`, `search`, `page_size`,
    `after`, `before`, `last`.
    """
    described = describe(entity)
    query = Query(search=_first(args, "search").strip())
    for description in described.values():
        if description.field.filtered:
            found = _filter(description, args, actor)
            if found:
                query.filters.append(found)
    wanted = _first(args, "sort") or entity.__sort__
    name = wanted.lstrip("-")
    if name and name in described and described[name].field.sorted:
        query.sort, query.is_descending = described[name], wanted.startswith("-")
    elif _first(args, "sort"):
        raise Refused("不能按这一列排序，请点列表表头上可以排序的列")
    elif name:
        query.is_descending = wanted.startswith("-")
    query.page_size = min(max(_number(_first(args, "page_size") or "20", "每页条数", int), 5), 100)
    if _first(args, "changed_since") and issubclass(entity, Entity):
        query.changed_since = _instant(_first(args, "changed_since"))
    query.after, query.before = _token(_first(args, "after")), _token(_first(args, "before"))
    query.is_last = bool(_first(args, "last"))
    return query


def _first(args: Mapping[str, list[str]], name: str) -> str:
    values = args.get(name) or [""]
    return values[0]


def _filter(description: Description, args, actor: Actor) -> Filter | None:
    name, kind = description.name, filter_type(description)
    if _first(args, name) == EMPTY and description.column.nullable:
        return Filter(description, [EMPTY])
    if kind in ("date", "number"):
        low_key, high_key = ("__from", "__to") if kind == "date" else ("__min", "__max")
        low, high = _first(args, name + low_key), _first(args, name + high_key)
        if not low and not high:
            return None
        read = _day if kind == "date" else lambda v, label: _number(v, label, description.type)
        low = read(low, description.label) if low else None
        high = read(high, description.label) if high else None
        if low is not None and high is not None and low > high:
            raise Refused(f"“{description.label}”的起止写反了，请让前一个不大于后一个")
        return Filter(description, low=low, high=high)
    values = [value.strip() for value in args.get(name, []) if value.strip()]
    if not values:
        return None
    if kind == "exact" and not actor.may(Permission.REVEAL):
        return None
    return Filter(description, [_value(description, kind, value) for value in values])


def _value(description: Description, kind: str, value: str) -> Any:
    if description.code:
        try:
            return description.code(value)
        except ValueError:
            raise Refused(f"“{description.label}”没有这个选项，请重新选择") from None
    if kind == "yesno":
        if value not in ("yes", "no", EMPTY):
            raise Refused(f"“{description.label}”请选 是、否 或 未填")
        return value
    if description.target and value == EMPTY:
        return value
    if description.target and isinstance(description.column.type, Uuid):
        try:
            return str(UUID(value))
        except ValueError:
            raise Refused(f"“{description.label}”请从下拉结果中选择") from None
    return value


def _day(value: str, label: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Refused(f"“{label}”的日期请写成 2026-01-31 的样子") from None


def _instant(value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
        if not 2000 <= instant.year <= 2200:
            raise ValueError
        return instant.astimezone(LOCAL)
    except ValueError:
        raise Refused("地址里的时间不完整，请从列表第一页重新筛选") from None


def _number(value: str, label: str, kind: type) -> Any:
    try:
        number = kind(value)
        if abs(number) > 10**12:
            raise ValueError
        return number
    except (ValueError, InvalidOperation):
        raise Refused(f"“{label}”请填数字") from None


def token_of(position: list) -> str:
    """A page position as it travels in a URL."""
    raw = json.dumps(position, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _token(value: str) -> list | None:
    if not value:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        if isinstance(position, list) and len(position) == 2 and isinstance(position[1], str):
            return position
    except ValueError:
        pass
    raise Refused("翻页地址不完整，请从列表第一页重新翻")


class Listing:
    """The list of one entity for one actor, through one session."""

    def __init__(self, session: Session, entity: type[Described], actor: Actor):
        self.session = session
        self.entity = entity
        self.actor = actor
        self.described = describe(entity)

    def conditions(self, query: Query) -> list[ColumnElement[bool]]:
        """The WHERE of filters and search; the row scope is added by the session."""
        found = [self._condition(wanted) for wanted in query.filters]
        found += [self._matches(word) for word in self._words(query.search)]
        if query.changed_since:
            found.append(self.entity.updated_at >= query.changed_since)
        return found

    def _words(self, search: str) -> list[str]:
        """The words of a search; a number typed with blanks is one word."""
        for d in self.described.values():
            sealed = d.field.searched and d.is_personal and not d.kind.is_open
            if sealed and search and d.kind.check(d.kind.normalise(search)) is None:
                return [search]
        return search.split()[:6]

    def _condition(self, wanted: Filter) -> ColumnElement[bool]:
        description = wanted.description
        column = getattr(self.entity, description.key)
        kind = filter_type(description)
        if wanted.values == [EMPTY]:
            return column.is_(None)
        if kind == "number":
            return and_(*_bounds(column, wanted.low, wanted.high))
        if kind == "date":
            low, high = wanted.low, wanted.high
            if description.type is datetime:
                low = low and datetime.combine(low, time(), LOCAL)
                high = high and datetime.combine(high + timedelta(days=1), time(), LOCAL)
                return and_(*([column >= low] if low else []), *([column < high] if high else []))
            return and_(*_bounds(column, low, high))
        if kind == "yesno":
            meaning = {"yes": column.is_(True), "no": column.is_(False), EMPTY: column.is_(None)}
            return or_(*(meaning[value] for value in wanted.values))
        if description.target:
            return or_(*(self._points_to(description, column, value) for value in wanted.values))
        if description.field.dictionary:
            return or_(*(self._item(column, value) for value in wanted.values))
        if kind == "text":
            return or_(*(_contains(column, value) for value in wanted.values))
        if kind == "exact":
            normalise = description.kind.normalise
            return column.in_([normalise(value) for value in wanted.values])
        return column.in_(wanted.values)

    def _points_to(self, description: Description, column, value: str) -> ColumnElement[bool]:
        """Rows whose reference is empty, is this row, or, for areas, lies below it."""
        if value == EMPTY:
            return column.is_(None)
        return column.in_(self._branch(value)) if description.target is Area else column == value

    def _branch(self, area_id: str) -> Select:
        """The ids of an area and of all areas below it; its code is looked up once, so the plan knows it."""
        areas = Area.__table__
        here = areas.c.subdistrict_id == self.actor.subdistrict_id
        code = select(areas.c.code).where(here, areas.c.id == area_id).scalar_subquery()
        below = areas.alias()
        return select(below.c.id).where(
            below.c.subdistrict_id == self.actor.subdistrict_id, below.c.code.like(code + "%")
        )

    @staticmethod
    def _item(column, value: str) -> ColumnElement[bool]:
        """A dictionary item with the items below it."""
        return or_(column == value, column.startswith(f"{value}.", autoescape=True))

    def _matches(self, word: str) -> ColumnElement[bool]:
        """Rows with this word in any searched column; masked kinds by their whole value only."""
        has_index = search.is_indexed(self.entity)
        found = [search.condition(self.session, self.entity, word, self.actor)] if has_index else []
        for description in self.described.values():
            if not description.field.searched or description.target:
                continue
            column = getattr(self.entity, description.key)
            if is_clear(description, self.actor):
                if not has_index:
                    found.append(_contains(column, word))
            elif description.kind.is_open:
                found.append(column == word)
            elif self.actor.may(Permission.REVEAL):
                value = description.kind.normalise(word)
                if description.kind.check(value) is None:
                    found.append(column == value)
        return or_(false(), *found)

    def count(self, query: Query) -> int:
        """How many rows fit, counted to one past `COUNT_CAP` at most."""
        inner = select(literal_column("1")).select_from(self.entity).where(*self.conditions(query))
        counted = select(func.count()).select_from(inner.limit(COUNT_CAP + 1).subquery())
        return self.session.execute(counted).scalar_one()

    def statement(self, query: Query, names: list[str]) -> tuple[Select, list]:
        """SELECT of id, sort value and the wanted attributes, references by joined titles."""
        key = identity(self.entity)
        order = getattr(self.entity, query.sort.key) if query.sort else key
        columns: list = [key, order]
        shape: list = []
        joins = []
        for name in names:
            description = self.described[name]
            if description.target:
                other = aliased(description.target)
                parts = title_parts(description.target)
                joins.append((other, getattr(self.entity, description.name).of_type(other)))
                shape.append((description, parts, len(columns)))
                columns += [getattr(other, part.key) for part in parts]
            else:
                shape.append((description, None, len(columns)))
                columns.append(getattr(self.entity, description.key))
        # Labelled by position: two joined titles may carry the same column name.
        columns = [column.label(f"c{i}") for i, column in enumerate(columns)]
        statement = select(*columns).select_from(self.entity).where(*self.conditions(query))
        for _other, relation in joins:
            statement = statement.outerjoin(relation)
        return statement, shape

    def page(self, query: Query, names: list[str], words: dict[str, str]) -> Page:
        """One page of rows. `words` are the dictionary's names by key."""
        statement, shape = self.statement(query, names)
        key = identity(self.entity)
        order = getattr(self.entity, query.sort.key) if query.sort else None
        is_back = query.before is not None or query.is_last
        position = query.before or query.after
        if position:
            statement = statement.where(self._beyond(order, key, position, query, is_back))
        down = query.is_descending != is_back
        statement = statement.order_by(*_order(order, key, down)).limit(query.page_size + 1)
        raw = self.session.execute(statement).all()
        has_more, raw = len(raw) > query.page_size, raw[: query.page_size]
        if is_back:
            raw = raw[::-1]
        rows = [self._row(line, shape, words) for line in raw]
        if is_back:
            return Page(rows, has_previous=has_more, has_next=query.before is not None)
        return Page(rows, has_previous=query.after is not None, has_next=has_more)

    def _beyond(self, order, key, position: list, query: Query, is_back: bool):
        down = query.is_descending != is_back
        value, last_id = position
        last_id = _restore(key, last_id)
        past_id = key < last_id if down else key > last_id
        if order is None:
            return past_id
        # NULLs come last when ascending and first when descending, on both databases.
        if value is None:
            same = and_(order.is_(None), past_id)
            return or_(order.is_not(None), same) if down else same
        value = _restore(order, value)
        past = order < value if down else order > value
        same = and_(order == value, past_id)
        return or_(past, same) if down else or_(past, same, order.is_(None))

    def _row(self, line, shape, words: dict[str, str], is_clear: bool = False) -> Row:
        values = {}
        for description, parts, at in shape:
            if parts is None:
                value = line[at] if is_clear else masked(description, line[at], self.actor)
                if description.field.dictionary and value is not None:
                    value = words.get(value, value)
            else:
                titles = [
                    text(masked(part, line[at + i], self.actor), words) for i, part in enumerate(parts)
                ]
                value = " ".join(t for t in titles if t) or None
            values[description.name] = value
        return Row(_plain(line[0]), values, [_plain(line[1]), _plain(line[0])])

    def every_row(
        self, query: Query, names: list[str], words: dict[str, str], *, is_clear: bool = False, chunk: int = 1000
    ) -> Iterator[Row]:
        """All rows of a query in its order, in constant memory: for exports.

        `is_clear` leaves personal values unmasked; the caller has checked and logs it.
        """
        statement, shape = self.statement(query, names)
        key = identity(self.entity)
        order = getattr(self.entity, query.sort.key) if query.sort else None
        statement = statement.order_by(*_order(order, key, query.is_descending))
        lines = self.session.execute(statement, execution_options={"yield_per": chunk})
        for line in lines:
            yield self._row(line, shape, words, is_clear)


def _order(order, key, down: bool) -> list:
    if order is None:
        return [key.desc() if down else key.asc()]
    nulls = [] if not order.property.columns[0].nullable else [
        order.is_(None).desc() if down else order.is_(None).asc()
    ]  # fmt: skip
    return [*nulls, *((order.desc(), key.desc()) if down else (order.asc(), key.asc()))]


def _bounds(column, low, high) -> list:
    return [*([column >= low] if low is not None else []), *([column <= high] if high is not None else [])]


def _contains(column, word: str) -> ColumnElement[bool]:
    if word.isascii():
        return func.lower(column).contains(word.lower(), autoescape=True)
    return column.contains(word, autoescape=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Code):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _restore(column, value: Any) -> Any:
    """A position's value in the type of its column."""
    try:
        python = column.property.columns[0].type.python_type
        if isinstance(column.property.columns[0].type, Uuid):
            return str(UUID(value))
        if python in (date, datetime):
            return python.fromisoformat(value)
        return Decimal(value) if python is Decimal else value
    except (AttributeError, ValueError, TypeError, NotImplementedError, InvalidOperation):
        raise Refused("翻页地址不完整，请从列表第一页重新翻") from None


def dictionary_choices(session: Session, dictionary: str) -> list[tuple[str, str]]:
    """The active items of one dictionary as (key, name), children indented under parents."""
    items = session.execute(
        select(DictItem.id, DictItem.name, DictItem.parent_key)
        .where(DictItem.dictionary == f"dictionary:{dictionary}", DictItem.is_active.is_(True))
        .order_by(DictItem.sort, DictItem.id)
    ).all()
    children: dict[str | None, list] = {}
    for key, name, parent in items:
        children.setdefault(parent, []).append((key, name))
    return [
        choice for key, name in children.get(None, [])
        for choice in [(key, name), *((k, f"　{n}") for k, n in children.get(key, []))]
    ]  # fmt: skip
