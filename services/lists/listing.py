"""The list engine: filters, search, sort and keyset pages of any entity, in narrow rows.

A page costs one statement for the rows (two where rows without a value follow those with one)
and one for the capped count, whatever its depth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement, Select, Uuid, and_, case, false, func, literal, literal_column, or_, select, true, tuple_, union,
)  # fmt: skip
from sqlalchemy.orm import Session, aliased

from models import Described, describe, live_rows
from models.codes import Code
from models.fields import Description

from ..keeping import custom
from . import filters, probing, search
from ..access import Actor, Permission, is_narrowed, visible_ids
from .columns import bare
from .columns import shown as column_shown
from ..errors import BadQuery
from .filters import MOST_WHOLE, Filter, within_years
from .indexing import is_indexed
from .queries import Query
from ..showing import is_clear, masked, text, title_parts

COUNT_CAP = probing.MOST


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


@cache
def _joined(entity: type[Described], name: str) -> tuple[list, list[Description], list]:
    """A reference to join under a name of its own, the parts of its title, their columns; made once, it is costly.

    What is only named by another row (a team by its case) is joined on to that row.
    """
    target, from_here = describe(entity)[name].target, entity
    relations: list = []
    while True:
        other = aliased(target)
        relations.append(getattr(from_here, name).of_type(other))
        parts = title_parts(target)
        if parts:
            return relations, parts, [getattr(other, part.key) for part in parts]
        name = next(word for word in target.__title__ if describe(target)[word].target)
        target, from_here = describe(target)[name].target, other


def identity(entity: type[Described]):
    """The attribute that identifies a row inside its sub-district."""
    return getattr(entity, list(entity.__mapper__.primary_key)[-1].key)


@dataclass(frozen=True)
class _Term:
    """One column of the order as SQL: `down` as it is walked now, `value` where the page begins."""

    column: Any
    down: bool
    value: Any = None

    @property
    def order(self) -> ColumnElement:
        return self.column.desc() if self.down else self.column.asc()

    @property
    def bound(self) -> ColumnElement:
        return literal(self.value, self.column.type)

    @property
    def beyond(self) -> ColumnElement[bool]:
        return self.column < self.value if self.down else self.column > self.value

    @property
    def from_here(self) -> ColumnElement[bool]:
        return self.column <= self.value if self.down else self.column >= self.value


class Listing:
    """The list of one entity for one actor, through one session."""

    def __init__(self, session: Session, entity: type[Described], actor: Actor):
        self.session = session
        self.entity = entity
        self.actor = actor
        self.described = custom.described(session, entity)
        self._looks: dict[str, search.Look | None] = {}

    def conditions(self, query: Query, is_ordered: bool = True) -> list[ColumnElement[bool]]:
        """The WHERE of filters and search; the row scope is added by the session."""
        found = [condition for wanted in query.filters for condition in self._told(query, wanted, is_ordered)]
        found += [self._matches(word, is_ordered) for word in self._words(query.search)]
        if query.changed_since:
            found.append(self.entity.updated_at >= query.changed_since)
        return [*found, *query.also]

    def _told(self, query: Query, wanted: Filter, is_ordered: bool) -> Iterator[ColumnElement[bool]]:
        """One filter as SQL, which names the indexes of live rows where it asks for nothing else."""
        live = self.entity.__live__
        if live and live[0] == wanted.description.key and set(wanted.values) <= set(live[1]):
            yield live_rows(self.entity)
            if set(wanted.values) == set(live[1]):
                return
        yield from self._narrowings(query, wanted, is_ordered)

    def _narrowings(self, query: Query, wanted: Filter, is_ordered: bool) -> Iterator[ColumnElement[bool]]:
        """One filter as SQL. A bound the walk has left behind stays a check, so that the index begins at the position."""
        behind = None
        if is_ordered and (query.after or query.before) and _narrows(query, wanted):
            behind = "high" if query.sorts[0].is_descending != bool(query.before) else "low"
        if behind is None or getattr(wanted, behind) is None:
            yield filters.condition(self.session, self.entity, wanted, self.actor, is_ordered)
            return
        for bound in ("low", "high"):
            if getattr(wanted, bound) is not None:
                other = replace(wanted, **{"high" if bound == "low" else "low": None})
                found = filters.condition(self.session, self.entity, other, self.actor)
                yield found.is_(true()) if bound == behind else found

    def _words(self, search: str) -> list[str]:
        """The words of a search; a number typed with blanks is one word."""
        for d in self.described.values():
            sealed = d.field.searched and d.is_personal and not d.kind.is_open
            if sealed and search and d.kind.check(d.kind.normalise(search)) is None:
                return [search]
        return search.split()[:6]

    def _matches(self, word: str, is_ordered: bool = True) -> ColumnElement[bool]:
        """Rows with this word in any searched column; masked kinds by their whole value only."""
        found = list(self._beside_index(word))
        if is_indexed(self.entity):
            # Beside other reasons the index may name a row again, so that only alone it counts by a join.
            dialect = self.session.get_bind().dialect.name
            found.append(search.condition(self.entity, word, self.actor, self._look(word), dialect, is_ordered or bool(found)))
        return or_(false(), *found)

    def _beside_index(self, word: str) -> Iterator[ColumnElement[bool]]:
        """What finds a row without the index: whole values of masked kinds, and everything where there is no index."""
        has_index = is_indexed(self.entity)
        for description in self.described.values():
            if not description.field.searched or description.target:
                continue
            column = getattr(self.entity, description.key)
            if is_clear(description, self.actor):
                if not has_index:
                    yield filters.contains(column, word)
            elif description.kind.is_open:
                yield column == word
            elif self.actor.may(Permission.REVEAL):
                value = description.kind.normalise(word)
                if description.kind.check(value) is None:
                    yield column == value

    def _look(self, word: str) -> search.Look | None:
        """What the search index says of a word; asked once for a page and its count."""
        if word not in self._looks:
            self._looks[word] = search.look(self.session, self.entity, word, self.actor)
        return self._looks[word]

    def _known(self, query: Query) -> search.Look | None:
        """What the search index says of a list that nothing but one word narrows."""
        words = self._words(query.search)
        if len(words) != 1 or query.filters or query.changed_since or query.also or is_narrowed(self.entity, self.actor):
            return None
        if not is_indexed(self.entity) or any(True for _ in self._beside_index(words[0])):
            return None
        return self._look(words[0])

    def about(self, query: Query) -> int | None:
        """How many rows fit, to two figures, where the index tells it of a searched word that many have."""
        seen = self._known(query)
        return None if seen is None or seen.about is None else round(seen.about, 2 - len(str(seen.about)))

    def count(self, query: Query, cap: int | None = None) -> int:
        """How many rows fit, counted to one past `cap` (`COUNT_CAP`) at most."""
        seen, only = self._known(query), self._only(query)
        if seen is not None and seen.is_exact and not seen.is_many:
            return seen.count
        if only is not None and only.seen is not None and (only.seen.count <= probing.MOST or (cap or COUNT_CAP) <= probing.MOST):
            return min(only.seen.count, (cap or COUNT_CAP) + 1)
        return self.session.execute(select(self.counting(query, cap))).scalar_one()

    def _entries(self, query: Query) -> Select | None:
        """What a list that nothing but one word narrows has in the search index, one entry a row."""
        seen = self._known(query)
        if seen is None:
            return None
        return search.entries(self.entity, self._words(query.search)[0], self.actor, seen, self.session.get_bind().dialect.name)

    def _only(self, query: Query) -> Filter | None:
        """The filter of a list that nothing else narrows."""
        is_only = len(query.filters) == 1 and not (query.search or query.changed_since or query.also)
        return query.filters[0] if is_only and not is_narrowed(self.entity, self.actor) else None

    def counting(self, query: Query, cap: int | None = None):
        """The capped count as a value inside a statement, so that several can be asked at once."""
        only, most = self._only(query), (cap or COUNT_CAP) + 1
        if is_narrowed(self.entity, self.actor) and not (query.filters or query.search or query.changed_since or query.also):
            ways = visible_ids(self.entity, self.actor)
            if ways:
                return _count_of_any(ways, most)
        inner = filters.entries(self.session, only, self.actor) if only else self._entries(query)
        if inner is None:
            inner = select(literal_column("1")).select_from(self.entity).where(*self.conditions(query, is_ordered=False))
        return _count(inner, most)

    def statement(self, query: Query, names: list[str], is_bare: bool = False) -> tuple[Select, list]:
        """SELECT of id, sort values and the wanted attributes, references by joined titles.

        A bare one has neither id nor sort values, and its values as `columns.bare` reads them.
        """
        columns: list = []
        if not is_bare:
            columns = [identity(self.entity), *(s.description.of(self.entity) for s in query.sorts)]
        shape: list = []
        joins = []
        for name in names:
            description = self.described[name]
            if description.target:
                relations, parts, titles = _joined(self.entity, name)
                joins += relations
                shape.append((description, parts, len(columns)))
                columns += titles
            else:
                shape.append((description, None, len(columns)))
                column = description.of(self.entity)
                columns.append(bare(description, column) if is_bare else column)
        # Labelled by position: two joined titles may carry the same column name.
        columns = [column.label(f"c{i}") for i, column in enumerate(columns)]
        statement = select(*columns).select_from(self.entity)
        for relation in joins:
            statement = statement.outerjoin(relation)
        return statement, shape

    def page(self, query: Query, names: list[str], words: dict[str, str]) -> Page:
        """One page of rows. `words` are the dictionary's names by key."""
        statement, shape = self.statement(query, names)
        conditions, key = self.conditions(query), identity(self.entity)
        is_back = query.before is not None or query.is_last
        raw: list = []
        for where, order in self._stretches(query, is_back):
            wanted = query.page_size + 1 - len(raw)
            if wanted > 0:
                inner = (select(key).select_from(self.entity).correlate(None) if conditions else statement).where(*conditions, *where)
                inner = inner.order_by(*order).limit(wanted)
                # What is narrowed finds its rows by their keys first, so that nothing is joined to the rest.
                page = statement.where(key.in_(inner)).order_by(*order) if conditions else inner
                raw += self.session.execute(page).all()
        has_more, raw = len(raw) > query.page_size, raw[: query.page_size]
        if is_back:
            raw = raw[::-1]
        width = len(query.sorts) + 1
        rows = [self._row(line, shape, words, width) for line in raw]
        if is_back:
            return Page(rows, has_previous=has_more, has_next=query.before is not None)
        return Page(rows, has_previous=query.after is not None or query.jump is not None, has_next=has_more)

    def _stretches(self, query: Query, is_back: bool) -> list[tuple[list, list]]:
        """The stretches of an index a page is read from, as (WHERE, ORDER BY), in the order of reading.

        Rows without a value in the first sort column are a stretch of their own behind the others:
        so each is walked along one index from the page's first row, at any depth.
        """
        terms, begin = self._terms(query, is_back), query.before or query.after
        lead = terms[0].column
        if not query.sorts or not _is_nullable(lead) or any(_narrows(query, f) for f in query.filters):
            return [(_from(terms, begin, query.jump), [term.order for term in terms])]
        empties = [True, False] if is_back else [False, True]
        if begin:
            empties = empties[empties.index(begin[0] is None) :]
        found = []
        for is_empty in empties:
            own = terms[1:] if is_empty else terms
            where = [lead.is_(None) if is_empty else lead.is_not(None)]
            found.append((where + _from(own, begin, None if is_empty else query.jump), [term.order for term in own]))
            begin = None  # the stretch behind is read from its edge
        return found

    def _terms(self, query: Query, is_back: bool) -> list[_Term]:
        """The columns of the order with the values the page begins at; the key decides ties."""
        position = query.before or query.after or [None] * (len(query.sorts) + 1)
        key = identity(self.entity)
        terms = []
        for place, sort in enumerate(query.sorts):
            column = getattr(self.entity, sort.description.key)
            value = query.jump if place == 0 and query.jump is not None else _restore(column, position[place])
            if place and _is_nullable(column):
                terms.append(_Term(case((column.is_(None), 1), else_=0), is_back, int(value is None)))
            terms.append(_Term(column, sort.is_descending != is_back, value))
        down = query.sorts[0].is_descending if query.sorts else query.is_descending
        return [*terms, _Term(key, down != is_back, _restore(key, position[-1]))]

    def _row(self, line, shape, words: dict[str, str], width: int = 1, is_clear: bool = False) -> Row:
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
        return Row(_plain(line[0]), values, [*map(_plain, line[1:width]), _plain(line[0])])

    def every_line(
        self, query: Query, names: list[str], words: dict[str, str], *, is_clear: bool = False, chunk: int = 500
    ) -> Iterator[tuple]:
        """All rows of a query in its order as what their columns show, typed, in constant memory: for exports.

        Codes and dictionary items come as their words. `is_clear` leaves personal values unmasked;
        the caller has checked and logs it.
        """
        for shown, _ in self.every_portion(query, names, words, is_clear=is_clear, chunk=chunk):
            yield from zip(*shown, strict=True)

    def every_portion(
        self, query: Query, names: list[str], words: dict[str, str], *, is_clear: bool = False, chunk: int = 500,
        beside: Sequence[str] = (),
    ) -> Iterator[tuple[list[Sequence], list[Sequence]]]:  # fmt: skip
        """The same column by column, some hundred rows at a time, and as stored what is asked `beside` them."""
        whole = replace(query, after=None, before=None, is_last=False, jump=None)
        statement, shape = self.statement(whole, names, is_bare=True)
        width = len(statement.selected_columns)
        statement = statement.add_columns(*(getattr(self.entity, key).label(f"b{i}") for i, key in enumerate(beside)))
        statement = statement.where(*self.conditions(whole))
        shows = [column_shown(d, parts, self.actor, words, is_clear) for d, parts, _ in shape]
        for where, order in self._stretches(whole, False):
            wanted = statement.where(*where).order_by(*order)
            for portion in self.session.execute(wanted, execution_options={"yield_per": chunk}).partitions():
                stored = list(zip(*portion, strict=True))
                yield [
                    show(stored[at : at + len(parts or "1")]) for show, (_, parts, at) in zip(shows, shape, strict=True)
                ], stored[width:]

    def by_id(
        self, ids: Collection[str], names: list[str], words: dict[str, str], *, is_clear: bool = False, key: str = "id"
    ) -> Iterator[tuple[str, tuple]]:
        """(value of `key`, what the columns of `names` show) of rows found by their ids, or by whose part they are."""
        statement, shape = self.statement(Query(), names, is_bare=True)
        column, width = getattr(self.entity, key), len(statement.selected_columns)
        statement = statement.add_columns(column.label("k")).where(column.in_(ids)).order_by(identity(self.entity))
        stored = list(zip(*self.session.execute(statement), strict=True))
        if stored:
            shown = [
                column_shown(d, parts, self.actor, words, is_clear)(stored[at : at + len(parts or "1")]) for d, parts, at in shape
            ]
            yield from zip(stored[width], zip(*shown, strict=True), strict=True)


def _count(rows: Select, most: int):
    return select(func.count()).select_from(rows.limit(most).subquery()).scalar_subquery()


def _count_of_any(ways: list[Select], most: int):
    """How many ids some ways find together, up to `most`; one that finds so many by itself is enough."""
    together = union(*(select(way.limit(most).subquery()) for way in ways))
    return case(*((_count(way, most) >= most, most) for way in ways), else_=_count(together, most))


def _is_nullable(column) -> bool:
    return column.property.columns[0].nullable


def _narrows(query: Query, wanted: Filter) -> bool:
    """Whether a filter is a range of the first sort column: no row without a value fits it."""
    has_bounds = wanted.low is not None or wanted.high is not None
    return has_bounds and bool(query.sorts) and wanted.description.name == query.sorts[0].description.name


def _from(terms: list[_Term], begin: list | None, jump: Any) -> list[ColumnElement[bool]]:
    if begin:
        return [_beyond(terms)]
    return [] if jump is None else [terms[0].from_here]


def _beyond(terms: list[_Term]) -> ColumnElement[bool]:
    """Rows past a position in the order of several columns, said so that an index can begin at it.

    Columns in one direction are compared as one; else the bound on the leading one stands outside of the OR.
    """
    leading, rest = terms[0], terms[1:]
    if not rest:
        return leading.beyond
    if all(term.value is not None and term.down == leading.down for term in terms):
        columns, values = (tuple_(*parts) for parts in zip(*((t.column, t.bound) for t in terms), strict=True))
        return columns < values if leading.down else columns > values
    if leading.value is None:  # both are empty; the flag before it has told them from filled ones
        return _beyond(rest)
    return and_(leading.from_here, or_(leading.beyond, _beyond(rest)))


def _plain(value: Any) -> Any:
    if isinstance(value, Code):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _restore(column, value: Any) -> Any:
    """A position's value in the type of its column."""
    if value is None:
        return None
    kind = column.property.columns[0].type
    try:
        if isinstance(kind, Uuid):
            return str(UUID(value))
        if issubclass(kind.python_type, date):
            return within_years(kind.python_type.fromisoformat(value))
        if kind.python_type is Decimal:
            return Decimal(value)
        if type(value) is not kind.python_type or (kind.python_type is int and abs(value) >= MOST_WHOLE):
            raise ValueError
        return value
    except (AttributeError, ValueError, TypeError, NotImplementedError, InvalidOperation):
        raise BadQuery("翻页地址不完整，请从列表第一页重新翻") from None
