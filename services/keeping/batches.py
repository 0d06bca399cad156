"""What was done to many rows at once: looking at it again, and undoing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.codes import AuditVerb

from . import audit, history, records, recycle
from ..access import Actor, permission_for
from .bulk import Save
from ..errors import Missing, Refused
from ..flow import Flow, Step
from ..flows import FLOWS
from ..lists.listing import identity

SHOWN = 20
_MOST_LEFT = 200
_PORTION = 500


def head(session: Session, batch: str, actor: Actor) -> AuditEvent:
    """The entry that stands for a whole batch, for whoever did it or sees all of that kind; else `Missing`."""
    wanted = select(AuditEvent).where(
        AuditEvent.batch == records.typed(AuditEvent.__table__.c.batch, batch),
        AuditEvent.verb == AuditVerb.BULK, AuditEvent.record_id != "-",
    )  # fmt: skip
    found = session.scalar(wanted.limit(1))
    if found is None or not _may_open(found, actor):
        raise Missing
    return found


def recent(session: Session, actor: Actor, kinds: Sequence[str], limit: int = SHOWN) -> Sequence[AuditEvent]:
    """The newest operations on many rows that this person may open; `kinds` are the entities whose rows it may see."""
    reason = AuditEvent.user_id == actor.user_id
    if not actor.is_scoped:
        reason = or_(reason, AuditEvent.entity.in_(kinds))
    wanted = select(AuditEvent).where(
        AuditEvent.verb == AuditVerb.BULK, AuditEvent.batch.is_not(None), AuditEvent.record_id != "-", reason
    )
    return session.scalars(wanted.order_by(AuditEvent.happened_at.desc(), AuditEvent.id.desc()).limit(limit)).all()


def openable(session: Session, batches: Sequence[str], actor: Actor) -> set[str]:
    """Those of some batches that were one operation on many rows and that this person may open."""
    wanted = select(AuditEvent).where(AuditEvent.batch.in_(batches), AuditEvent.verb == AuditVerb.BULK)
    return {head.batch for head in session.scalars(wanted) if _may_open(head, actor)} if batches else set()


def _may_open(head: AuditEvent, actor: Actor) -> bool:
    is_own = actor.user_id is not None and head.user_id == actor.user_id
    return is_own or (not actor.is_scoped and actor.may(permission_for(recycle.entity_of(head), "view")))


def count(event: AuditEvent) -> int:
    """How many rows the batch of this head wrote."""
    return event.changes["count"][1]


def left(event: AuditEvent) -> list[list[str]]:
    """The rows an undoing left out, as [id, reason]; at most the first 200."""
    return event.changes.get("left", [None, []])[1]


def sample(session: Session, event: AuditEvent) -> Sequence[AuditEvent]:
    """The first entries of the batch, without those of parts."""
    return session.scalars(_entries(event).order_by(AuditEvent.id).limit(SHOWN)).all()


def undoing(session: Session, event: AuditEvent) -> AuditEvent | None:
    """The head of the batch that undid this one, if any."""
    wanted = select(AuditEvent).where(
        AuditEvent.entity == event.entity, AuditEvent.record_id == event.batch, AuditEvent.id != event.id
    )
    return session.scalar(wanted.limit(1))


def is_undoable(session: Session, event: AuditEvent, actor: Actor) -> bool:
    """True for changes, deletions and steps that can be taken back, not for an undoing."""
    if event.record_id != event.batch:
        return False
    if "step" in event.changes:
        back = _way_back(event)
        return back is not None and event.user_id == actor.user_id and actor.may(back[1].by)
    entity, first = recycle.entity_of(event), next(iter(sample(session, event)), None)
    if first is None:
        return False
    if first.verb is AuditVerb.DELETE:
        return recycle.can_come_back(entity) and actor.may(permission_for(entity, "delete"))
    return history.is_reversible(session, first, entity) and actor.may(permission_for(entity, "edit"))


def require_undoable(session: Session, event: AuditEvent, actor: Actor) -> None:
    """Refuse what was undone already, or cannot be by this person."""
    if undoing(session, event) is not None:
        raise Refused("这次操作已经撤销过，不能再撤销")
    if not is_undoable(session, event, actor):
        raise Refused("这次操作由办理流程记录，或您没有相应权限，不能撤销")


def undo(session: Session, event: AuditEvent, actor: Actor, now: datetime, save: Save | None = None) -> AuditEvent:
    """Set every row of a batch back that was not changed since; returns the head of the undoing.

    Rows changed since stay as they are and are listed there with the reason.
    """
    require_undoable(session, event, actor)
    done, kept = 0, []
    with audit.as_one(session, AuditVerb.REVERT) as batch:
        for some in _portions(session, event):
            if "step" in event.changes:
                reasons = _take_back_each(session, event, some, actor, now)
            elif some[0].verb is AuditVerb.DELETE:
                reasons = recycle.bring_back_each(session, some, actor, now)
            else:
                reasons = _set_back_each(session, some, actor, now, save)
            done += len(some) - len(reasons)
            kept += [[entry.record_id, reasons[entry.id]] for entry in some if entry.id in reasons]
        audit.bulk(
            session, recycle.entity_of(event), f"撤销{event.record_label}", done, record_id=event.batch,
            left=kept[:_MOST_LEFT],
        )  # fmt: skip
    return head(session, batch, actor)


def _entries(event: AuditEvent):
    return select(AuditEvent).where(
        AuditEvent.batch == event.batch, AuditEvent.entity == event.entity, AuditEvent.owner_id.is_(None),
        AuditEvent.verb.in_((*history.CHANGES, AuditVerb.DELETE, AuditVerb.RESTORE)),
    )  # fmt: skip


def _portions(session: Session, event: AuditEvent):
    """The entries of a batch, the last first."""
    after = None
    while True:
        wanted = _entries(event).order_by(AuditEvent.id.desc()).limit(_PORTION)
        some = session.scalars(wanted.where(AuditEvent.id < after) if after else wanted).all()
        if not some:
            return
        yield some
        after = some[-1].id


def _way_back(event: AuditEvent) -> tuple[Flow, Step] | None:
    """The flow a step of which was taken for many rows, and the step that takes it back."""
    name, verb = event.changes["step"][1]
    flow = next((f for f in FLOWS if f.name == name), None)
    step = flow and flow.by_verb.get(verb)
    return (flow, flow.by_verb[step.taken_back_by]) if step and step.taken_back_by else None


def _take_back_each(session: Session, event: AuditEvent, entries: Sequence[AuditEvent], actor: Actor, now: datetime) -> dict[str, str]:
    """Take a step back, each row on its own as its flow allows; gives {entry: reason} for those that stay."""
    flow, back = _way_back(event)
    entity, reasons = recycle.entity_of(event), {}
    for entry in entries:
        try:
            with session.begin_nested():
                row = records.find(session, entity, entry.record_id)
                flow.take(session, back.verb, row, actor, now, reason=event.record_label)
        except Refused as no:
            reasons[entry.id] = no.sentence
    return reasons


def _set_back_each(
    session: Session, entries: Sequence[AuditEvent], actor: Actor, now: datetime, save: Save | None
) -> dict[str, str]:  # fmt: skip
    """Set changes back, each on its own; gives {entry: reason} for those that stay."""
    entity, reasons = recycle.entity_of(entries[0]), {}
    key = identity(entity)
    ids = [records.typed(key.property.columns[0], entry.record_id) for entry in entries]
    held = session.scalars(select(entity).where(key.in_(ids))).all()  # so that each need not be read alone
    for entry in entries:
        try:
            with session.begin_nested():
                row = records.find(session, entity, entry.record_id)
                history.revert(session, row, entry, actor, now, save)
        except Refused as no:
            reasons[entry.id] = no.sentence
    del held
    return reasons
