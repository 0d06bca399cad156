"""The same thing entered twice: rows that look like the one being filled in. A warning, never a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, inspect, or_, select
from sqlalchemy.orm import Session, joinedload

from models import Described, describe
from models.fields import Alike

from ..showing import LOCAL

MOST = 5
MOST_PARTS = 20


@dataclass(frozen=True)
class Likeness:
    """Stored rows that agree with what was filled in; `part_number` counts the part that agrees."""

    alike: Alike
    sentence: str
    rows: tuple[Described, ...]
    part_number: int | None = None


Finder = Callable[[Session, Mapping[str, Any], Mapping[str, Sequence[Mapping[str, Any]]], datetime], Iterable[tuple[Described, str]]]

_finders: dict[type[Described], tuple[str, Finder]] = {}


def finder(entity: type[Described], box: str) -> Callable[[Finder], Finder]:
    """Register a search of an entity's own: it gives (row, why it looks alike); the warning stands at `box`."""

    def register(search: Finder) -> Finder:
        _finders[entity] = (box, search)
        return search

    return register


def compared(entity: type[Described]) -> set[str]:
    """The attributes whose boxes are worth asking about as soon as they are filled in."""
    own = {name for alike in entity.__alike__ if not alike.part for name in alike.names}
    return own | ({_finders[entity][0]} if entity in _finders else set())


def part_of(entity: type[Described], name: str) -> tuple[type[Described], str]:
    """A part of an entity by its class name, and the part's reference back to it."""
    part = entity.registry._class_registry[name]
    back = next(d.name for d in describe(part).values() if d.is_part and issubclass(entity, d.target))
    return part, back


def similar(
    session: Session, entity: type[Described], values: Mapping[str, Any],
    parts: Mapping[str, Sequence[Mapping[str, Any]]], now: datetime, but: Described | None = None,
) -> list[Likeness]:  # fmt: skip
    """At most `MOST` stored rows the session's actor may see that look like this one, each named once.

    `values` are stored values by attribute name (the id of a reference), `parts` those of the rows
    of owned parts by class name; what may not be compared is left out of them. `but` is the row
    being changed. A set of attributes counts only when all of it is filled in.
    """
    found: list[Likeness] = []
    known = {but.id} if but is not None else set()
    for alike, filled, number in _sets(entity, values, parts):
        left = MOST - sum(len(one.rows) for one in found)
        if left <= 0:
            break
        rows = _rows(session, entity, alike, filled, now, known, left)
        if rows:
            known |= {row.id for row in rows}
            found.append(Likeness(alike, _sentence(entity, alike), tuple(rows), number))
    if entity in _finders:
        box, search = _finders[entity]
        for row, sentence in search(session, values, parts, now):
            if row.id not in known and sum(len(one.rows) for one in found) < MOST:
                known.add(row.id)
                found.append(Likeness(Alike((box,)), sentence, (row,)))
    return found


def _sets(entity, values, parts) -> Iterator[tuple[Alike, Mapping, int | None]]:
    for alike in entity.__alike__:
        given = list(parts.get(alike.part, ()))[:MOST_PARTS] if alike.part else [values]
        for number, filled in enumerate(given):
            if all(filled.get(name) not in (None, "") for name in alike.names):
                yield alike, filled, number if alike.part else None


def _rows(session, entity, alike: Alike, filled, now: datetime, known: set, most: int) -> Sequence[Described]:
    conditions = []
    if alike.part:
        part, back = part_of(entity, alike.part)
        agreeing = select(describe(part)[back].of(part)).where(*_agreeing(part, alike, filled))
        conditions.append(entity.id.in_(agreeing))
    else:
        conditions += _agreeing(entity, alike, filled)
    if alike.days:
        conditions.append(_is_recent(entity, *alike.days, now))
    if known:
        conditions.append(entity.id.not_in(known))
    titles = [name for name in entity.__title__ if name in inspect(entity).relationships]
    statement = select(entity).options(*(joinedload(getattr(entity, name)) for name in titles))
    return session.scalars(statement.where(*conditions).order_by(entity.id.desc()).limit(most)).all()


def _agreeing(entity: type[Described], alike: Alike, filled: Mapping) -> Iterator[ColumnElement[bool]]:
    described = describe(entity)
    for name in alike.names:
        yield described[name].of(entity) == filled[name]
    for name in alike.unless_other:
        if filled.get(name) not in (None, ""):
            column = described[name].of(entity)
            yield or_(column.is_(None), column == filled[name])


def _is_recent(entity: type[Described], name: str, days: int, now: datetime) -> ColumnElement[bool]:
    column, first = getattr(entity, name), now.astimezone(LOCAL).date() - timedelta(days=days)
    return column >= (first if describe(entity)[name].type is date else datetime.combine(first, time(), LOCAL))


def _sentence(entity: type[Described], alike: Alike) -> str:
    owner = part_of(entity, alike.part)[0] if alike.part else entity
    labels = "、".join(describe(owner)[name].label for name in alike.names)
    whose = f"{owner.__label__}的" if alike.part else ""
    when = f"近{alike.days[1]}天" if alike.days else ""
    return f"{when}已有{whose}“{labels}”相同的{entity.__label__}，请核对是否重复"

