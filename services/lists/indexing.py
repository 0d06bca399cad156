"""Writing the search index: one entry beside each record, in step with every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, event, insert, inspect, select
from sqlalchemy.orm import Session

from models import Described, Entity, describe
from models.codes import CustomKind
from models.custom import CustomField
from models.fields import Description
from models.search import SearchEntry

from ..keeping import custom
from ..keeping.custom import CustomDescription
from ..sets import run_many
from .words import normal, pairs_of, pinyin

SEPARATOR = "\n"
NUMBERS = 1 << 62  # of entries
_PORTION = 2000

entries = SearchEntry.__table__


@cache
def searched(entity: type[Described]) -> tuple[Description, ...]:
    """The columns of an entity that a part of a word finds."""
    return tuple(
        d for d in describe(entity).values()
        if d.field.searched and not d.target and (not d.is_personal or d.kind.is_open)
    )  # fmt: skip


@cache
def is_indexed(entity: type[Described]) -> bool:
    return issubclass(entity, Entity) and bool(searched(entity))


def indexed() -> list[type[Entity]]:
    """The entities the index covers; of rosters that share a table, each roster."""
    return [
        mapper.class_ for mapper in Entity.registry.mappers
        if is_indexed(mapper.class_) and len(list(mapper.self_and_descendants)) == 1
    ]  # fmt: skip


# ---- entries -----------------------------------------------------------------------------


def entry_of(
    entity: type[Entity], subdistrict_id: str, record_id: str, values: Mapping[str, Any], now, own: Iterable[CustomDescription] = ()
) -> dict:
    """The index row of a record; `values` are its searched attributes by name, and `extra` where the office has fields of its `own`."""
    words, names = [], []
    for d in searched(entity):
        value = values.get(d.key)
        if not value:
            continue
        value = normal(str(value))
        if d.is_personal:
            names += [value, pinyin(value, is_name=True)]
        else:
            words.append(value)
            if d.name in entity.__title__ and len(value) <= 60:
                words.append(pinyin(value, is_name=False))
    grams = dict.fromkeys([kind_of(subdistrict_id, entity.slug()), *pairs_of(" ".join(words))])
    grams |= dict.fromkeys(f"n{pair}" for pair in pairs_of(" ".join(names)))
    for d in own:
        grams |= dict.fromkeys(in_field(d, pairs_of(normal((values.get("extra") or {}).get(d.name) or ""))))
    return {
        "subdistrict_id": subdistrict_id, "id": record_id, "entity": entity.slug(), "number": _number(record_id),
        "words": SEPARATOR.join(words), "names": SEPARATOR.join(names), "grams": " ".join(grams),
        "created_at": now, "updated_at": now, "version": 1,
    }  # fmt: skip


def _number(record_id: str) -> int:
    """The random half of a UUIDv7 as the row's number in the full-text index."""
    return UUID(record_id).int & NUMBERS - 1


def kind_of(subdistrict_id: str, slug: str) -> str:
    """The one gram that all records of an entity share, so that the index counts them alone."""
    return subdistrict_id + slug.replace("_", "")


def in_field(d: CustomDescription, pairs: Iterable[str]) -> list[str]:
    """Pairs of a text of one of the office's fields, which a search for words does not meet: `12c低保`."""
    return [f"{d.name.removeprefix('custom_')}c{pair}" for pair in pairs]


# ---- many at once --------------------------------------------------------------------


def rebuild(session: Session, entities: Iterable[type[Entity]], now) -> int:
    """Write the index of whole entities anew, for rows that were written in bulk; returns how many."""
    count, here = 0, session.info["actor"].subdistrict_id
    for entity in entities:
        session.connection().execute(delete(entries).where(entries.c.subdistrict_id == here, entries.c.entity == entity.slug()))
        for batch in _portions(_stored(session, entity, here)):
            count += _write(session, entity, batch, now)
    return count


def _stored(session: Session, entity: type[Entity], here: str, *conditions: ColumnElement[bool]) -> Iterator[dict]:
    """What the index wants to know of the rows of an entity, by attribute."""
    table, mapper = entity.__table__, inspect(entity)
    columns = {d.key: d.column.name for d in searched(entity)} | {name: name for name in ("subdistrict_id", "id", "extra")}
    wanted = select(*(table.c[name] for name in columns.values())).where(table.c.subdistrict_id == here, *conditions)
    if mapper.polymorphic_identity is not None:
        wanted = wanted.where(mapper.polymorphic_on == mapper.polymorphic_identity)
    for line in session.connection().execute(wanted).fetchall():
        yield dict(zip(columns, line, strict=True))


def _portions(rows: Iterator[dict]) -> Iterator[list[dict]]:
    while portion := list(islice(rows, _PORTION)):
        yield portion


def _write(session: Session, entity: type[Entity], rows: Sequence[Mapping[str, Any]], now) -> int:
    own = custom.texts(session, entity)
    _keep(session.connection(), [entry_of(entity, row["subdistrict_id"], row["id"], row, now, own) for row in rows])
    return len(rows)


def _keep(connection: Connection, made: Sequence[dict]) -> None:
    if made:
        run_many(connection, insert(entries), {name: [entry[name] for entry in made] for name in made[0]})


def refresh(session: Session, entity: type[Entity], new: Sequence[dict], changed: Sequence[tuple[dict, dict]], now) -> None:
    """Index rows written past the listener: `new` ones and `changed` ones as (after, before), stored values by attribute."""
    if not is_indexed(entity):
        return
    keys, own = [d.key for d in searched(entity)], custom.texts(session, entity)
    moved = [
        after for after, before in changed
        if any(after[key] != before.get(key) for key in keys) or _texts(after.get("extra"), own) != _texts(before.get("extra"), own)
    ]  # fmt: skip
    forget(session, [row["id"] for row in moved])
    _write(session, entity, [*new, *moved], now)


def _texts(extra: Mapping[str, Any] | None, own: Iterable[CustomDescription]) -> list:
    return [(extra or {}).get(d.name) for d in own]


def forget(session: Session, ids: Sequence[str]) -> None:
    """Drop the index rows of records that are gone."""
    here = session.info["actor"].subdistrict_id
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        session.connection().execute(delete(entries).where(entries.c.subdistrict_id == here, entries.c.id.in_(some)))


def _take_up(session: Session, field: CustomField, now) -> None:
    """Index the rows anew that have a value in a field which is filtered from now on; pairs of one left alone do no harm."""
    entity = custom.entity_of(field)
    if entity is None or not is_indexed(entity) or not (field.is_filtered and field.is_active):
        return
    name = custom.name_of(field)
    rows = _stored(session, entity, field.subdistrict_id, entity.__table__.c.extra.is_not(None))
    for batch in _portions(row for row in rows if name in (row["extra"] or {})):
        forget(session, [row["id"] for row in batch])
        _write(session, entity, batch, now)


# ---- in step -------------------------------------------------------------------------


def _follow(session: Session, _flush_context) -> None:
    """Keep the index in step with every change, in the same transaction."""
    gone, come = [], []
    gone += [row for row in session.deleted if is_indexed(type(row))]
    for row in session.dirty:
        if is_indexed(type(row)) and _has_changed(row, custom.texts(session, type(row))):
            gone.append(row)
            come.append(row)
    come += [row for row in session.new if is_indexed(type(row))]
    connection = session.connection() if gone or come else None
    for row in gone:
        connection.execute(delete(entries).where(entries.c.subdistrict_id == row.subdistrict_id, entries.c.id == row.id))
    if come:
        now = session.info.get("now")
        connection.execute(insert(entries), [_entry(row, now, custom.texts(session, type(row))) for row in come])
    for row in session.dirty:
        if isinstance(row, CustomField) and row.kind is CustomKind.TEXT and custom.is_turned(row):
            _take_up(session, row, session.info.get("now"))


def _has_changed(row: Entity, own: Sequence[CustomDescription]) -> bool:
    attrs = inspect(row).attrs
    if any(attrs[d.key].history.has_changes() for d in searched(type(row))):
        return True
    history = attrs.extra.history
    return bool(own) and history.has_changes() and _texts((history.deleted or [None])[0], own) != _texts(row.extra, own)


def _entry(row: Entity, now, own: Sequence[CustomDescription]) -> dict:
    values = {d.key: getattr(row, d.key) for d in searched(type(row))} | {"extra": row.extra}
    return entry_of(type(row), row.subdistrict_id, row.id, values, now or row.created_at, own)


def install(session_class: type[Session] = Session) -> None:
    """Put the index on a session class."""
    event.listen(session_class, "after_flush", _follow)
