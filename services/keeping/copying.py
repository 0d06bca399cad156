"""A new record like another one: what of a record may be said of a second."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from models import Described
from models.fields import Description

from ..access import Actor
from ..showing import is_clear


def values_to_copy(row: Described, descriptions: Iterable[Description], actor: Actor) -> dict[str, Any]:
    """{attribute: stored value} of those described, without what belongs to this one record alone.

    Left out are keys, what is unique, optional dates (they tell what happened to the record: an end,
    a signature), what services write, and personal values the reader may not see in full. A part
    stays with its owner.
    """
    unique = _unique_columns(type(row))
    return {
        d.name: d.get(row) for d in descriptions
        if d.is_part or not (_is_its_own(d, unique) or d.name in row.__key__ or not is_clear(d, actor))
    }  # fmt: skip


def _is_its_own(d: Description, unique: set[str]) -> bool:
    is_optional_date = d.type in (date, datetime) and d.column.nullable
    return d.field.is_fixed or d.field.is_hidden or is_optional_date or d.column.name in unique


def _unique_columns(entity: type[Described]) -> set[str]:
    table = entity.__table__
    sets = [c for c in (*table.constraints, *table.indexes) if getattr(c, "unique", False) or _is_unique(c)]
    return {column.name for one in sets for column in one.columns} | {c.name for c in table.columns if c.unique}


def _is_unique(constraint) -> bool:
    return type(constraint).__name__ in ("UniqueConstraint", "PrimaryKeyConstraint")
