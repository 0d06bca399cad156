"""What was done to many rows at once: looking at it again, and undoing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Described
from models.audit import AuditEvent
from models.codes import AuditVerb

from . import audit, history, records, recycle, undoing
from ..access import Actor, permission_for
from .bulk import Save
from ..errors import Missing, Refused
from ..flow import Flow, Step
from ..flows import FLOWS
from ..lists.walking import identity
from ..rosters import writing

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
    return session.scalars(_entries(event.batch, event.entity).order_by(AuditEvent.id).limit(SHOWN)).all()


def undoing_of(session: Session, event: AuditEvent) -> AuditEvent | None:
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
        back = step_of(_step(event))
        return back is not None and event.user_id == actor.user_id and actor.may(back[1].by)
    entity, first = recycle.entity_of(event), _first(session, event)
    if first is None:
        return False
    if first.verb is AuditVerb.DELETE:
        return recycle.can_come_back(entity) and actor.may(permission_for(entity, "delete"))
    return history.is_reversible(session, first, entity) and actor.may(permission_for(entity, "edit"))


def is_deletion(session: Session, event: AuditEvent) -> bool:
    """Whether the rows of a batch were deleted."""
    first = _first(session, event)
    return first is not None and first.verb is AuditVerb.DELETE


def _first(session: Session, event: AuditEvent) -> AuditEvent | None:
    return session.scalar(_entries(event.batch, event.entity).order_by(AuditEvent.id).limit(1))


def require_undoable(session: Session, event: AuditEvent, actor: Actor) -> None:
    """Refuse what was undone already, or cannot be by this person."""
    if undoing_of(session, event) is not None:
        raise Refused("这次操作已经撤销过，不能再撤销")
    if not is_undoable(session, event, actor):
        raise Refused("这次操作由办理流程记录，或您没有相应权限，不能撤销")


def undo(session: Session, event: AuditEvent, actor: Actor, now: datetime, save: Save | None = None) -> AuditEvent:
    """Set every row of a batch back that was not changed since; returns the head of the undoing.

    Rows changed since stay as they are and are listed there with the reason.
    """
    require_undoable(session, event, actor)
    done, kept, after = 0, [], None
    with audit.as_one(session, AuditVerb.REVERT) as batch:
        while some := entries(session, event.batch, event.entity, after, _PORTION):
            after = some[-1].id
            reasons = set_back(session, some, step_of(_step(event)), event.record_label, actor, now, save)
            done += len(some) - len(reasons)
            kept += [[entry.record_id, reasons[entry.id]] for entry in some if entry.id in reasons]
        audit.bulk(
            session, recycle.entity_of(event), f"撤销{event.record_label}", done, record_id=event.batch,
            left=kept[:_MOST_LEFT],
        )  # fmt: skip
    return head(session, batch, actor)


def set_back(
    session: Session, entries: Sequence[AuditEvent], back: tuple[Flow, Step] | None, title: str, actor: Actor, now: datetime,
    save: Save | None = None,
) -> dict[str, str]:  # fmt: skip
    """Take some entries of a batch called `title` back; gives {entry: reason} for those that stay. `back` is the step of a flow that does it."""
    entity = recycle.entity_of(entries[0])
    if back is not None:
        return _take_back_each(session, entity, back, title, entries, actor, now)
    if entries[0].verb is AuditVerb.DELETE:
        return recycle.bring_back_each(session, entries, actor, now)
    if save is None and writing.in_sets(entity):
        return undoing.set_back(session, entity, entries, actor, now)
    return _set_back_each(session, entries, actor, now, save)


def entries(session: Session, batch: str, slug: str, after: str | None, most: int) -> Sequence[AuditEvent]:
    """The entries of a batch about one kind of record, without those of parts, the last first."""
    wanted = _entries(batch, slug).order_by(AuditEvent.id.desc()).limit(most)
    return session.scalars(wanted.where(AuditEvent.id < after) if after else wanted).all()


def _entries(batch: str, slug: str):
    return select(AuditEvent).where(
        AuditEvent.batch == batch, AuditEvent.entity == slug, AuditEvent.owner_id.is_(None),
        AuditEvent.verb.in_((*history.CHANGES, AuditVerb.DELETE, AuditVerb.RESTORE)),
    )  # fmt: skip


def _step(event: AuditEvent) -> list[str] | None:
    return event.changes.get("step", [None, None])[1]


def step_of(taken: Sequence[str] | None) -> tuple[Flow, Step] | None:
    """The flow and the step that takes back [flow, verb]; None for what was no step, or has no way back."""
    flow = next((f for f in FLOWS if taken and f.name == taken[0]), None)
    step = flow and flow.by_verb.get(taken[1])
    return (flow, flow.by_verb[step.taken_back_by]) if step and step.taken_back_by else None


def _take_back_each(
    session: Session, entity: type[Described], way: tuple[Flow, Step], title: str, entries: Sequence[AuditEvent], actor: Actor, now: datetime
) -> dict[str, str]:
    """Take a step back, each row on its own as its flow allows; gives {entry: reason} for those that stay."""
    (flow, back), reasons = way, {}
    for entry in entries:
        try:
            with session.begin_nested():
                row = records.find(session, entity, entry.record_id)
                flow.take(session, back.verb, row, actor, now, reason=title)
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
                if not history.is_as_before(session, row, entry):
                    history.revert(session, row, entry, actor, now, save)
        except Refused as no:
            reasons[entry.id] = no.sentence
    del held
    return reasons
