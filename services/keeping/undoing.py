"""Taking back everything one batch wrote, in sets: new rows go, changed ones get their old values.

What somebody has changed or used since, or has moved out of the person's sight, stays as it is and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Base, Entity
from models.audit import AuditEvent
from models.codes import AuditVerb

from . import audit, custom, recycle
from ..lists import indexing, lookups
from ..access import Actor
from ..errors import Missing
from .records import Pending
from ..rosters.targets import batches
from ..rosters.writing import bare, store

_PORTION = 1000
_MOST_LEFT = 200
_OUT_OF_SIGHT = "现在不在您的负责范围内"


@dataclass
class Undone:
    """How many rows were set back, and [name, reason] and [id, reason] of the first of those left as they are."""

    count: int = 0
    left_count: int = 0
    left: list[list[str]] = field(default_factory=list)
    left_ids: list[list[str]] = field(default_factory=list)


def undo(session: Session, batch: str, actor: Actor, now: datetime, tell: Callable[[int], None] = lambda done: None) -> Undone:
    """Take a batch back, the last written first; the caller has checked that the person may."""
    result, seen = Undone(), 0
    for entity, entries in _groups(session, batch):
        reasons = _created(session, entity, [e for e in entries if e.verb is AuditVerb.CREATE], actor, now)
        reasons |= _changed(session, entity, [e for e in entries if e.verb is not AuditVerb.CREATE], actor, now)
        result.count += len(entries) - len(reasons)
        result.left_count += len(reasons)
        for entry in entries:
            if entry.id in reasons and len(result.left) < _MOST_LEFT:
                name = lookups.label(session, entity, entry.record_id, actor) or entry.record_label
                result.left.append([f"{entity.__label__} {name}", reasons[entry.id]])
                result.left_ids.append([entry.record_id, reasons[entry.id]])
        seen += len(entries)
        tell(seen)
    return result


def set_back(session: Session, entity: type[Entity], entries: Sequence[AuditEvent], actor: Actor, now: datetime) -> dict[str, str]:
    """Give rows that some entries changed their old values, the last entry first; gives {entry: reason} for those that stay."""
    reasons: dict[str, str] = {}
    for group in _each_once(entries):
        reasons |= _changed(session, entity, group, actor, now)
    return reasons


def _groups(session: Session, batch: str) -> Iterator[tuple[type[Entity], list]]:
    """The entries of a batch, last first, in runs of one entity with each record once."""
    wanted = select(AuditEvent).where(
        AuditEvent.batch == batch, AuditEvent.verb.in_((AuditVerb.CREATE, AuditVerb.UPDATE)), AuditEvent.record_id != "-"
    ).order_by(AuditEvent.id.desc()).limit(_PORTION)  # fmt: skip
    after = None
    while some := session.scalars(wanted.where(AuditEvent.id < after) if after else wanted).all():
        after = some[-1].id
        for group in _each_once(some):
            yield recycle.entity_of(group[0]), group
        session.expunge_all()


def _each_once(entries: Sequence[AuditEvent]) -> Iterator[list[AuditEvent]]:
    """Entries in runs of one entity with each record once."""
    group, ids = [], set()
    for entry in entries:
        if group and (entry.entity != group[0].entity or entry.record_id in ids):
            yield group
            group, ids = [], set()
        group.append(entry)
        ids.add(entry.record_id)
    if group:
        yield group


def _rows(session: Session, entity: type[Entity], ids: Sequence[str]) -> tuple[dict[str, dict], set[str]]:
    """Stored values of all columns of the rows that are still there, and which of them the person sees."""
    table, here = bare(entity.__table__), session.info["actor"].subdistrict_id
    found, seen = {}, set()
    for start in range(0, len(ids), 500):
        some = list(ids[start : start + 500])
        wanted = select(table).where(table.c.subdistrict_id == here, table.c.id.in_(some))
        found |= {row["id"]: dict(row) for row in session.connection().execute(wanted).mappings()}
        seen |= _in_sight(session, entity, some)
    return found, seen


def _in_sight(session: Session, entity: type[Entity], ids: Sequence[str]) -> set[str]:
    return set(session.scalars(select(entity.id).where(entity.id.in_(ids))))


# ---- new rows go --------------------------------------------------------------------


def _created(session: Session, entity: type[Entity], entries: Sequence, actor: Actor, now: datetime) -> dict[str, str]:
    if not entries:
        return {}
    (rows, seen), reasons = _rows(session, entity, [e.record_id for e in entries]), {}
    used, described = _used(session, entity, list(rows)), custom.described(session, entity)
    gone = []
    for entry in entries:
        row = rows.get(entry.record_id)
        if row is None:
            reasons[entry.id] = "已被删除"
        elif entry.record_id not in seen:
            reasons[entry.id] = _OUT_OF_SIGHT
        elif any(_now(described, row, name) != new for name, (_old, new) in entry.changes.items()):
            reasons[entry.id] = "后来又改过"
        elif entry.record_id in used:
            reasons[entry.id] = f"已有{used[entry.record_id]}用到它"
        else:
            gone.append((entry, row))
    try:
        with session.begin_nested():
            _delete(session, entity, [row for _, row in gone], now)
    except IntegrityError:
        for entry, row in gone:
            try:
                with session.begin_nested():
                    _delete(session, entity, [row], now)
            except IntegrityError:
                reasons[entry.id] = "还被其他记录使用"
    return reasons


def _now(described: dict, row: dict, name: str) -> Any:
    """What a row has today, as the trail would tell it."""
    d = described.get(name)
    return audit.plain(row[d.key]) if d is not None and d.key in row else (row.get("extra") or {}).get(name)


def _used(session: Session, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
    """{id: label of what refers to it}."""
    found: dict[str, str] = {}
    for table, column, label in _referrers(entity.__table__):
        for start in range(0, len(ids), 500):
            some = list(ids[start : start + 500])
            wanted = select(table.c[column]).where(table.c.subdistrict_id == session.info["actor"].subdistrict_id, table.c[column].in_(some))
            if table is entity.__table__:
                wanted = wanted.where(table.c.id.not_in(ids))  # what goes too does not count
            found |= dict.fromkeys(session.connection().scalars(wanted.distinct()), label)
    return found


@cache
def _referrers(target: Table) -> list[tuple[Table, str, str]]:
    labels = {mapper.local_table.name: mapper.class_.__label__ for mapper in Base.registry.mappers if mapper.class_.__label__}
    return [
        (table, element.parent.name, labels.get(table.name, "其他记录"))
        for table in Base.metadata.tables.values() if "subdistrict_id" in table.c
        for key in table.foreign_key_constraints if key.referred_table is target
        for element in key.elements if element.column.name == "id"
    ]  # fmt: skip


def _delete(session: Session, entity: type[Entity], rows: Sequence[dict], now: datetime) -> None:
    if not rows:
        return
    table = bare(entity.__table__)
    own = and_(table.c.subdistrict_id == bindparam("of_place"), table.c.id == bindparam("of_id"))
    params = [{"of_place": row["subdistrict_id"], "of_id": row["id"]} for row in rows]
    session.connection().execute(delete(table).where(own), params)
    ids = [row["id"] for row in rows]
    indexing.forget(session, ids)
    custom.forget(session, ids)
    described = custom.described(session, entity)
    entries = []
    for row in rows:
        kept = {name: [audit.plain(row.get(d.key)), None] for name, d in described.items() if row.get(d.key) is not None}
        kept |= {name: [value, None] for name, value in (row.get("extra") or {}).items()}
        kept |= {"created_at": [str(row["created_at"]), None], "version": [row["version"], None]}
        entries.append((row["id"], audit.title_in(entity, row), AuditVerb.DELETE, kept))
    audit.written(session, entity, entries)


# ---- changed ones get their old values ----------------------------------------------


def _changed(session: Session, entity: type[Entity], entries: Sequence, actor: Actor, now: datetime) -> dict[str, str]:
    if not entries:
        return {}
    (rows, seen), reasons = _rows(session, entity, [e.record_id for e in entries]), {}
    described, back = custom.described(session, entity), []
    for entry in entries:
        row = rows.get(entry.record_id)
        if row is None:
            reasons[entry.id] = "已被删除"
            continue
        if entry.record_id not in seen:
            reasons[entry.id] = _OUT_OF_SIGHT
            continue
        after, moved = dict(row), []
        for name, (old, new) in entry.changes.items():
            d = described.get(name)
            if _now(described, row, name) not in (new, old):  # what is as before already needs nothing
                moved.append(d.label if d else name)
            if d is not None and d.key in row:
                after[d.key] = _stored(d.column, old)
            else:
                extra = {key: value for key, value in (after.get("extra") or {}).items() if key != name}
                after["extra"] = (extra | {name: old} if old is not None else extra) or None
        if moved:
            reasons[entry.id] = f"“{'、'.join(moved)}”之后又改过"
        else:
            back.append((entry, Pending(after, row)))
    _set_back(session, entity, back, reasons, now)
    return reasons


def _set_back(session: Session, entity: type[Entity], back: list[tuple[Any, Pending]], reasons: dict, now: datetime) -> None:
    try:
        with session.begin_nested():
            _store(session, entity, [p for _, p in back], now)
    except (IntegrityError, Missing):
        for entry, p in back:
            try:
                with session.begin_nested():
                    _store(session, entity, [p], now)
            except IntegrityError:
                reasons[entry.id] = "原来的内容与现在的其他记录冲突"
            except Missing:
                reasons[entry.id] = "恢复后不在您的负责范围内"


def _store(session: Session, entity: type[Entity], pending: Sequence[Pending], now: datetime) -> None:
    """Write old values; raises `Missing` where a row would go out of the person's sight."""
    ids = [p.row["id"] for p in pending]
    store(session, entity, pending, now, AuditVerb.REVERT)
    if session.info["actor"].is_scoped and any(len(_in_sight(session, entity, some)) < len(some) for some in batches(ids, 500)):
        raise Missing


def _stored(column, told: Any) -> Any:
    """A value of the trail as it is stored: dates and numbers in their type, codes and tokens as they are."""
    if told is None or not isinstance(told, str):
        return told
    kept = bare(column.table).c[column.name].type
    python = getattr(kept, "python_type", str)
    if hasattr(python, "fromisoformat"):
        return python.fromisoformat(told)
    return python(told) if python.__name__ == "Decimal" else told
