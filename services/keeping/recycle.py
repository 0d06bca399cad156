"""The recycle bin: what was deleted and has not come back, read from the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, select, true, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from models import Described, Entity, describe, entities
from models.audit import AuditEvent
from models.codes import AuditVerb
from models.dictionary import DictItem
from models.fields import Description

from . import audit, custom, records
from ..lists import lookups
from ..access import Actor, permission_for
from ..errors import Missing, Refused
from ..labels import dictionary_names
from ..lists.walking import identity
from ..showing import shown

SHOWN = 30
_KEPT_ANYWAY = {"subdistrict_id", "id", "created_at", "updated_at", "version"}


def can_come_back(entity: type[Described]) -> bool:
    """True when the trail keeps all that a row needs (of an account it does not keep the password)."""
    known = {d.key for d in describe(entity).values()} | _KEPT_ANYWAY
    needed = [p.key for p in entity.__mapper__.column_attrs if not p.columns[0].nullable and p.columns[0].default is None]
    return known.issuperset(needed)


def entity_of(event: AuditEvent) -> type[Described]:
    """The class an entry is about."""
    return next(entity for entity in entities() if entity.slug() == event.entity)


def gone(
    session: Session, actor: Actor, kinds: Sequence[type[Described]] | None = None,
    before: str | None = None, limit: int = SHOWN,
) -> Sequence[AuditEvent]:  # fmt: skip
    """Deletions that have not come back, newest first; of those after (older than) the entry `before`."""
    statement = select(AuditEvent).where(_in_the_bin(actor, kinds))
    if before:
        statement = statement.where(AuditEvent.id < records.typed(AuditEvent.__table__.c.id, before))
    return session.scalars(statement.order_by(AuditEvent.id.desc()).limit(limit)).all()


def find(session: Session, event_id: str, actor: Actor) -> AuditEvent:
    """One deletion this person may bring back, else `Missing`; `Refused` when it has come back already."""
    event = records.find(session, AuditEvent, event_id)
    if event.verb is not AuditVerb.DELETE or not session.scalar(select(_is_theirs(actor)).where(AuditEvent.id == event.id)):
        raise Missing
    if session.scalar(select(_has_come_back()).where(AuditEvent.id == event.id)):
        raise Refused("这条记录已经恢复过，或已重新登记，不用再恢复")
    return event


def deletion_of(session: Session, row: Described) -> AuditEvent | None:
    """The entry of a row that was just deleted."""
    wanted = select(AuditEvent).where(
        AuditEvent.entity == type(row).slug(), AuditEvent.record_id == str(row.id), AuditEvent.verb == AuditVerb.DELETE
    )
    return session.scalar(wanted.order_by(AuditEvent.id.desc()).limit(1))


def _in_the_bin(actor: Actor, kinds: Sequence[type[Described]] | None) -> ColumnElement[bool]:
    wanted = [
        e.slug() for e in (entities() if kinds is None else kinds)
        if can_come_back(e) and actor.may(permission_for(e, "delete"))
    ]  # fmt: skip
    return and_(
        AuditEvent.verb == AuditVerb.DELETE, AuditEvent.owner_id.is_(None), AuditEvent.entity.in_(wanted),
        _is_theirs(actor), ~_has_come_back(),
    )  # fmt: skip


def _is_theirs(actor: Actor) -> ColumnElement[bool]:
    """A deleted row has no place any more to judge by, so a scoped person sees what was deleted by this very person."""
    if not actor.is_scoped:
        return true()
    return AuditEvent.user_id == actor.user_id if actor.user_id else false()


def _has_come_back() -> ColumnElement[bool]:
    """Nothing can happen to a deleted record but that it comes back."""
    later = aliased(AuditEvent)
    return exists().where(
        later.subdistrict_id == AuditEvent.subdistrict_id, later.entity == AuditEvent.entity,
        later.record_id == AuditEvent.record_id, later.id > AuditEvent.id,
    )  # fmt: skip


# ---- bringing back ------------------------------------------------------------------


def parts(session: Session, events: Sequence[AuditEvent]) -> dict[str, list[AuditEvent]]:
    """The deletions of parts that went with these deletions, by the record they went with."""
    found: dict[str, list[AuditEvent]] = {}
    while events:
        batches = {event.batch for event in events if event.batch}
        owners = [event.record_id for event in events]
        wanted = select(AuditEvent).where(
            AuditEvent.batch.in_(batches), AuditEvent.owner_id.in_(owners), AuditEvent.verb == AuditVerb.DELETE
        )
        events = session.scalars(wanted.order_by(AuditEvent.id)).all()
        for event in events:
            found.setdefault(event.owner_id, []).append(event)
    return found


def bring_back(session: Session, event: AuditEvent, actor: Actor, now: datetime) -> Described:
    """Make a deleted row and its parts again, with their old ids and values; returns the row.

    The entity's rules run as on any save. Raises `Refused` with the reason.
    """
    _may(event, actor)
    find(session, event.id, actor)
    return _return(session, event, parts(session, [event]), actor, now)


def bring_back_each(session: Session, events: Sequence[AuditEvent], actor: Actor, now: datetime) -> dict[str, str]:
    """Bring deletions of one kind back, each on its own; gives {entry: reason} for those that stay away."""
    _may(events[0], actor)
    ids = [event.id for event in events]
    there = set(session.scalars(select(AuditEvent.id).where(AuditEvent.id.in_(ids), _has_come_back())))
    kept, reasons = parts(session, events), dict.fromkeys(there, "已经恢复过")
    for event in events:
        if event.id not in there:
            try:
                with session.begin_nested():
                    _return(session, event, kept, actor, now)
            except Refused as no:
                reasons[event.id] = no.sentence
    return reasons


def _may(event: AuditEvent, actor: Actor) -> None:
    entity = entity_of(event)
    actor.require(permission_for(entity, "delete"))
    if not can_come_back(entity):
        raise Refused(f"{entity.__label__}删除后不能恢复，请重新新增")


def _return(session: Session, event: AuditEvent, kept: dict, actor: Actor, now: datetime) -> Described:
    with audit.as_one(session, AuditVerb.RESTORE):
        row = _make_again(session, event, kept, actor, now)
    key = identity(type(row))
    if actor.is_scoped and session.scalar(select(key).where(key == getattr(row, key.key))) is None:
        raise Missing  # it would come back to a place this person does not see
    return row


def _make_again(session: Session, event: AuditEvent, kept: dict, actor: Actor, now: datetime) -> Described:
    row = _row(session, event)
    for d in custom.described(session, type(row)).values():
        _needs(session, d, d.get(row), event.subdistrict_id)
    records.save(session, row, actor, now)
    if isinstance(row, Entity):
        _go_on_counting(session, row, event)
    for part in kept.get(event.record_id, ()):
        _make_again(session, part, kept, actor, now)
    return row


def _row(session: Session, event: AuditEvent) -> Described:
    entity, kept = entity_of(event), event.changes or {}
    row = entity()
    key = identity(entity)
    setattr(row, key.key, records.typed(key.property.columns[0], event.record_id))
    for d in custom.described(session, entity).values():
        if d.name in kept:
            d.put(row, audit.restored(d.column, kept[d.name][0]))
    if isinstance(row, Entity):
        row.subdistrict_id = event.subdistrict_id
        row.created_at = datetime.fromisoformat(kept["created_at"][0]) if "created_at" in kept else None
    return row


def _needs(session: Session, d: Description, value: Any, subdistrict_id: str) -> None:
    """Refuse with the name of a reference whose row is no longer there, in sight or not."""
    target = d.target or (DictItem if d.field.dictionary else None)
    if value is None or target is None:
        return
    table = target.__table__
    wanted = select(table.c.id).where(table.c.id == value)
    if issubclass(target, Entity):
        wanted = wanted.where(table.c.subdistrict_id == subdistrict_id)
    if session.connection().execute(wanted).first() is None:
        raise Refused(f"“{d.label}”用到的{target.__label__}已被删除。请先恢复{target.__label__}，再恢复这一条")


def _go_on_counting(session: Session, row: Entity, event: AuditEvent) -> None:
    """A form opened before the deletion must not fit the row again, so its version goes on."""
    before = (event.changes or {}).get("version", [0])[0]
    table = type(row).__table__
    same = (table.c.subdistrict_id == row.subdistrict_id, table.c.id == row.id)
    session.connection().execute(update(table).where(*same).values(version=before + 1))
    set_committed_value(row, "version", before + 1)


# ---- in words -----------------------------------------------------------------------


def titles(session: Session, events: Sequence[AuditEvent], actor: Actor) -> list[str]:
    """Each deleted record's name in one line as this person may see it, from the values kept."""
    held = _named_in(session, events)  # the session forgets rows that nobody holds
    found = [_title(session, event, actor) for event in events]
    del held
    return found


def _named(event: AuditEvent) -> list[tuple[Description, Any]]:
    entity = entity_of(event)
    described, kept = describe(entity), event.changes or {}
    names = (*entity.__title__, *entity.__hint__)
    return [(described[name], kept[name][0]) for name in names if name in described and name in kept]


def _named_in(session: Session, events: Sequence[AuditEvent]) -> list:
    ids: dict[type, set] = {}
    for event in events:
        for d, stored in _named(event):
            if d.target:
                ids.setdefault(d.target, set()).add(stored)
    return [session.scalars(select(t).where(identity(t).in_(wanted))).all() for t, wanted in ids.items()]


def _title(session: Session, event: AuditEvent, actor: Actor) -> str:
    words, names = [], dictionary_names(session)
    for d, stored in _named(event):
        if d.target:
            words.append(lookups.label(session, d.target, stored, actor))
        elif not d.is_personal or d.kind.is_open:
            words.append(shown(d, audit.restored(d.column, stored), actor, names))
    return " ".join(word for word in words if word) or event.record_label
