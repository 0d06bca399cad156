"""Earlier values: what one change of a record did, and setting it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Session

from models import Described, describe
from models.audit import AuditEvent
from models.codes import AuditVerb
from models.dictionary import DictItem
from models.fields import Description

from . import audit, custom, records
from ..access import Actor, permission_for
from ..errors import Missing, Refused

CHANGES = (AuditVerb.UPDATE, AuditVerb.REVERT)
Save = Callable[[Session, Described], None]


@dataclass(frozen=True)
class Former:
    """One attribute to set back: its value now, the one it had, and why it cannot be set back, if so."""

    description: Description
    now: Any
    then: Any
    obstacle: str | None


def is_reversible(session: Session, event: AuditEvent, entity: type[Described]) -> bool:
    """True when an entry changed something that people fill in."""
    known = custom.described(session, entity)
    return event.verb in CHANGES and any(name in known and _is_open(known[name]) for name in event.changes or {})


def find(session: Session, row: Described, event_id: str) -> AuditEvent:
    """One reversible change of this very row, else `Missing`."""
    event = records.find(session, AuditEvent, event_id)
    if (event.entity, event.record_id) != (type(row).slug(), str(row.id)) or not is_reversible(session, event, type(row)):
        raise Missing("没有找到这次修改，或它不能恢复")
    return event


def former(session: Session, row: Described, event: AuditEvent) -> list[Former]:
    """What setting a change back would write; what services write follows by their rules."""
    known, found = custom.described(session, type(row)), []
    for name, (old, new) in (event.changes or {}).items():
        d = known.get(name)
        if d is not None and not d.field.is_fixed:
            now, then = d.get(row), audit.restored(d.column, old)
            found.append(Former(d, now, then, _obstacle(session, d, now, then, audit.restored(d.column, new))))
    return found


def is_as_before(session: Session, row: Described, event: AuditEvent) -> bool:
    """Whether all that people fill in has its old value already."""
    wanted = former(session, row, event)
    return bool(wanted) and all(f.now == f.then for f in wanted)


def revert(
    session: Session, row: Described, event: AuditEvent, actor: Actor, now: datetime, save: Save | None = None
) -> None:
    """Set what an entry changed back to its old values, through the rules; or `Refused` and nothing is written.

    `save` stores the row where an entity has a way of its own; by default `records.save`.
    """
    actor.require(permission_for(type(row), "edit"))
    wanted = former(session, row, event)
    obstacles = [f.obstacle for f in wanted if f.obstacle]
    if obstacles:
        raise Refused("不能恢复：" + "；".join(obstacles))
    if not wanted:
        raise Refused("这次改动由办理流程写入，不能这样恢复")
    with audit.as_one(session, AuditVerb.REVERT):
        for f in wanted:
            f.description.put(row, f.then)
        if save is None:
            records.save(session, row, actor, now)
        else:
            save(session, row)
    _has_followed(row, event)


def _is_open(d: Description) -> bool:
    """True for what people fill in and may read in the history."""
    return not (d.field.is_fixed or d.field.is_hidden or isinstance(d.column.type, JSON))


def _obstacle(session: Session, d: Description, now: Any, then: Any, made: Any) -> str | None:
    if not _is_open(d):
        return f"“{d.label}”请在修改页上改"
    if now != made:
        return f"“{d.label}”之后又改过，请先恢复后面的那一次"
    target = d.target or (DictItem if d.field.dictionary else None)
    if target is not None and then is not None:
        try:
            records.find(session, target, str(then))
        except Missing:
            return f"“{d.label}”原来的{target.__label__}已被删除，或不在您的负责范围内"
    return None


def _has_followed(row: Described, event: AuditEvent) -> None:
    """What services write must be back too, by their own rules; a step of a flow is not undone this way."""
    known = describe(type(row))
    for name, (old, _new) in event.changes.items():
        d = known.get(name)
        if d is not None and d.field.is_fixed and getattr(row, d.key) != audit.restored(d.column, old):
            raise Refused(f"这次改动同时由系统写入了“{d.label}”，不能这样恢复，请从页面上的办理步骤或修改页改正")
