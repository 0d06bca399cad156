"""The records that are there already, as they are stored: nothing is opened only to be compared."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import func, or_, select, type_coerce
from sqlalchemy.orm import Session

from models import Described, describe

from ..access import plain_rows
from ..lists.walking import identity
from .cells import stored_type
from .targets import IN_ONE_QUERY, batches

_MOST_AT_ONCE = 100_000


@cache
def stored_columns(entity: type[Described]) -> dict[str, Any]:
    """Every column of an entity by attribute, as it is stored."""
    return {
        prop.key: type_coerce(getattr(entity, prop.key), stored_type(prop.columns[0])).label(prop.key)
        for prop in entity.__mapper__.column_attrs if prop.columns[0].table is entity.__table__
    }  # fmt: skip


def records(session: Session, entity: type[Described], *conditions) -> Iterator[dict]:
    """Stored values of the visible rows that meet the conditions, by attribute; `_id` is what names the row."""
    key, statement = identity(entity).key, select(*stored_columns(entity).values()).where(*conditions)
    result = plain_rows(session, entity, statement)
    names = (*result.keys(), "_id")
    at = names.index(key)
    return (dict(zip(names, (*line, line[at]), strict=True)) for line in result.all())


def by_values(session: Session, entity: type[Described], names: Sequence[str], wanted: set[tuple]) -> dict[tuple, list[dict]]:
    """Visible records by the values of some attributes; the one that tells most apart is looked up."""
    found: dict[tuple, list[dict]] = defaultdict(list)
    if not wanted:
        return found
    at = max(range(len(names)), key=lambda i: len({values[i] for values in wanted}))
    telling = stored_columns(entity)[names[at]].element
    for batch in batches({values[at] for values in wanted}, IN_ONE_QUERY):
        condition = telling.in_([value for value in batch if value is not None])
        if None in batch:
            condition = or_(condition, telling.is_(None))
        for record in records(session, entity, condition):
            values = tuple(map(record.__getitem__, names))
            if values in wanted:
                found[values].append(record)
    return found


def all_by_values(session: Session, entity: type[Described], names: Sequence[str], met: int) -> dict[tuple, list[dict]] | None:
    """All visible records at once, where a sheet is known to meet at least half of them; None where that would be too many."""
    if not 0 < met <= _MOST_AT_ONCE:
        return None
    count = plain_rows(session, entity, select(func.count(identity(entity)))).scalar_one()
    if count > 2 * met:
        return None
    found: dict[tuple, list[dict]] = defaultdict(list)
    for record in records(session, entity):
        found[tuple(map(record.__getitem__, names))].append(record)
    return found


def open_ended(entity: type[Described]) -> str | None:
    """The column that is empty as long as the key is unique: a chief in office has no 卸任日期."""
    keyed = {"subdistrict_id", *(describe(entity)[name].column.name for name in entity.__key__)}
    for index in entity.__table__.indexes:
        where = index.dialect_options["sqlite"].get("where")
        if index.unique and where is not None and {c.name for c in index.columns} == keyed:
            found = re.fullmatch(r"(\w+) IS NULL", str(where))
            return found[1] if found else None
    return None
