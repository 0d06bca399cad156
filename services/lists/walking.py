"""Walking an index: the order of a list as SQL, and where in it a page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, case, literal, or_, tuple_

from models import Described

from ..errors import BadQuery
from .filters import MOST_WHOLE, Filter, within_years
from .queries import Query


def identity(entity: type[Described]):
    """The attribute that identifies a row inside its sub-district."""
    return getattr(entity, list(entity.__mapper__.primary_key)[-1].key)


def usual_order(entity: type[Described]) -> list:
    """The columns of an entity's own order, then its key."""
    return [*(getattr(entity, name) for name, _ in entity.usual_order()), identity(entity)]


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


def stretches(entity: type[Described], query: Query, is_back: bool = False) -> list[tuple[list, list]]:
    """The stretches of an index a page is read from, as (WHERE, ORDER BY), in the order of reading.

    Rows without a value in the first sort column are a stretch of their own behind the others:
    so each is walked along one index from the page's first row, at any depth.
    """
    terms, begin = _terms(entity, query, is_back), query.before or query.after
    lead = terms[0].column
    if not query.sorts or not _is_nullable(lead) or any(narrows(query, f) for f in query.filters):
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


def _terms(entity: type[Described], query: Query, is_back: bool) -> list[_Term]:
    """The columns of the order with the values the page begins at; the key decides ties."""
    position = query.before or query.after or [None] * (len(query.sorts) + 1)
    key = identity(entity)
    terms = []
    for place, sort in enumerate(query.sorts):
        column = getattr(entity, sort.description.key)
        value = query.jump if place == 0 and query.jump is not None else _restore(column, position[place])
        if place and _is_nullable(column):
            terms.append(_Term(case((column.is_(None), 1), else_=0), is_back, int(value is None)))
        terms.append(_Term(column, sort.is_descending != is_back, value))
    down = query.sorts[0].is_descending if query.sorts else query.is_descending
    return [*terms, _Term(key, down != is_back, _restore(key, position[-1]))]


def _is_nullable(column) -> bool:
    return column.property.columns[0].nullable


def narrows(query: Query, wanted: Filter) -> bool:
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
