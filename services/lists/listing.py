"""The list engine: filters, search, sort and keyset pages of any entity, in narrow rows.

A page costs one statement for the rows (two where rows without a value follow those with one)
and one for the capped count, whatever its depth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Select, literal_column, select, true
from sqlalchemy.orm import aliased

from models import Described, describe
from models.codes import Code
from models.fields import Description

from .ahead import ahead
from .columns import bare
from .columns import shown as column_shown
from .fitting import Fitting
from .queries import Query
from .walking import identity, stretches
from ..kept import kept
from ..showing import masked, text, title_parts

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

    @property
    def is_whole(self) -> bool:
        """True when nothing of the list is on another page."""
        return not (self.has_previous or self.has_next)


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


class Listing(Fitting):
    """The list of one entity for one actor, through one session."""

    def statement(self, query: Query, names: Sequence[str], is_bare: bool = False) -> tuple[Select, list]:
        """SELECT of id, sort values and the wanted attributes, references by joined titles.

        A bare one has neither id nor sort values, and its values as `columns.bare` reads them.
        """
        sorts = () if is_bare else tuple(sort.description.name for sort in query.sorts)
        key = ("select", self.entity, sorts, tuple(names), is_bare)
        return kept(self.session, key, lambda: self._select(sorts, names, is_bare))

    def _select(self, sorts: Sequence[str], names: Sequence[str], is_bare: bool) -> tuple[Select, list]:
        columns: list = []
        if not is_bare:
            columns = [identity(self.entity), *(self.described[name].of(self.entity) for name in sorts)]
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
        is_back, are_few = query.before is not None or query.is_last, self.are_few(query)
        raw: list = []
        for where, order in stretches(self.entity, query, is_back):
            wanted = query.page_size + 1 - len(raw)
            if are_few:  # a check only: no index shall begin at the position, and walk past all that are not wanted
                where = [condition.self_group().is_(true()) for condition in where]
            if wanted > 0:
                inner = (select(key).select_from(self.entity).correlate(None) if conditions else statement).where(*conditions, *where)
                # PostgreSQL keeps no plan whose limit it does not know.
                inner = inner.order_by(*order).limit(literal_column(str(wanted)) if self.is_read_on(query) else wanted)
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

    def every_portion(
        self, query: Query, names: list[str], words: dict[str, str], *, is_clear: bool = False, chunk: int = 500,
        beside: Sequence[str] = (),
    ) -> Iterator[tuple[list[Sequence], list[Sequence]]]:  # fmt: skip
        """All rows of a query in its order, some hundred at a time, in constant memory: for exports.

        A portion is what its columns show, typed, column by column, and as stored what is asked `beside` them.
        Codes and dictionary items come as their words. `is_clear` leaves personal values unmasked; the caller has
        checked and logs it.
        """
        whole = replace(query, after=None, before=None, is_last=False, jump=None)
        statement, shape = self.statement(whole, names, is_bare=True)
        width = len(statement.selected_columns)
        statement = statement.add_columns(*(getattr(self.entity, key).label(f"b{i}") for i, key in enumerate(beside)))
        statement = statement.where(*self.conditions(whole))
        shows = [column_shown(d, parts, self.actor, words, is_clear) for d, parts, _ in shape]
        for where, order in stretches(self.entity, whole):
            wanted = statement.where(*where).order_by(*order)
            found = self.session.execute(wanted, execution_options={"yield_per": chunk})
            portions = found.raw.partitions(chunk)  # columns only: what the ORM would do with each row is nothing
            # SQLite works in this process and lets go of the interpreter for each row: beside others it would wait for each.
            for portion in portions if self.session.get_bind().dialect.name == "sqlite" else ahead(portions):
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


def _plain(value: Any) -> Any:
    if isinstance(value, Code):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
