"""Whole columns of stored values as a person may see them: what `showing` does, a portion at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, String, type_coerce
from sqlalchemy.types import NullType

from models.fields import Description

from ..access import Actor
from ..showing import is_clear as is_shown
from ..showing import masked, text

Columns = Sequence[Sequence[Any]]


def bare(d: Description, column: ColumnElement) -> ColumnElement:
    """A column as the driver reads it where `shown` opens a whole column faster than SQLAlchemy value by value."""
    if d.code:
        return type_coerce(column, String)
    return type_coerce(column, NullType) if d.type in _OPENED else column


def shown(
    d: Description, parts: Sequence[Description] | None, actor: Actor, words: dict[str, str], is_clear: bool
) -> Callable[[Columns], Sequence[Any]]:  # fmt: skip
    """How a column is shown: a function of its stored values; of a reference, of the values of its title's parts.

    The values are taken as `bare` reads them; codes become their labels, other values keep their type.
    """
    if parts is not None:
        return lambda columns: _titles(parts, columns, actor, words)
    if d.code:
        labels = {member.value: member.label for member in d.code}
        return lambda columns: [labels.get(value, value) for value in columns[0]]
    if d.field.dictionary:
        return lambda columns: [words.get(value, value) for value in columns[0]]
    if opened := _OPENED.get(d.type):
        return lambda columns: opened(d, columns[0])
    if is_clear or is_shown(d, actor):
        return lambda columns: columns[0]
    mask = d.kind.mask
    return lambda columns: [None if value is None else mask(value) for value in columns[0]]


def _titles(parts: Sequence[Description], columns: Columns, actor: Actor, words: dict[str, str]) -> Sequence[Any]:
    if len(parts) == 1 and parts[0].type is str and not parts[0].field.dictionary and is_shown(parts[0], actor):
        return columns[0]
    shown = [[text(masked(part, value, actor), words) for value in column] for part, column in zip(parts, columns, strict=True)]
    return [" ".join(filter(None, pieces)) or None for pieces in zip(*shown, strict=True)]


def _each(opened: Callable[[Any], Any], values: Sequence[Any]) -> Sequence[Any]:
    """Stored values one by one, equal ones once."""
    made = {value: opened(value) for value in set(values) if value is not None}
    return [made.get(value) for value in values]


def _day(stored: str | date) -> date:
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


def _instant(stored: str | datetime) -> datetime:
    """An instant as UTC; `replace` would take nine times as long."""
    return datetime.fromisoformat(f"{stored}+00:00") if isinstance(stored, str) else _BEGINNING + (stored - _STORED_BEGINNING)


def _amount(d: Description, stored: float | Decimal) -> Decimal:
    return stored if isinstance(stored, Decimal) else Decimal(f"{stored:.{d.column.type.scale}f}")


_STORED_BEGINNING = datetime(2000, 1, 1)
_BEGINNING = _STORED_BEGINNING.replace(tzinfo=UTC)
# What the drivers give: PostgreSQL's the value itself, SQLite's a text or a number. Hardly an instant is there twice.
_OPENED: dict[type, Callable[[Description, Sequence[Any]], Sequence[Any]]] = {
    bool: lambda d, values: _each(bool, values),
    date: lambda d, values: _each(_day, values),
    datetime: lambda d, values: [value and _instant(value) for value in values],
    Decimal: lambda d, values: _each(lambda stored: _amount(d, stored), values),
}
