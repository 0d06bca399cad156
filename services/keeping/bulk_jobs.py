"""A change of more rows than a request can write: foreseen by counting, written in sets by the worker."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Base, Described
from models.audit import AuditEvent
from models.codes import AuditVerb, Code
from models.job import Job

from ..background import jobs
from . import audit, batches, bulk, custom, recycle, undoing
from ..lists import lookups
from ..access import Actor, permission_for
from .custom import CustomDescription
from ..due_dates import local_day
from ..errors import Conflict, Refused
from ..lists.listing import Listing, identity
from ..lists.queries import parse
from ..rosters import stored, targets, writing
from ..rosters.decisions import Decision
from ..background.work import Work, work

MOST = 100_000
SHOWN = 20
_PORTION = 1000


@dataclass(frozen=True)
class Foreseen:
    """How many rows a change would look at, the first of them, and a mark of which they are."""

    count: int
    sample: Sequence[Described]
    digest: str


def foresee(
    session: Session, entity: type[Described], args: Mapping[str, list[str]], actor: Actor, today: date
) -> Foreseen | None:
    """What changing all rows of a list's query means, or None where they are few enough to be written at once."""
    ids = _ids(session, entity, args, actor, today, MOST if writing.in_sets(entity) else bulk.MOST)
    if len(ids) <= bulk.MOST:
        return None
    key = identity(entity)
    return Foreseen(len(ids), session.scalars(select(entity).where(key.in_(ids[:SHOWN])).order_by(key)).all(), _digest(ids))


def ask(
    session: Session, entity: type[Described], args: Mapping[str, list[str]], values: Mapping[str, Any], found: Foreseen,
    actor: Actor, now: datetime,
) -> Job:  # fmt: skip
    """Hand the change to the worker; `values` are by stored attribute."""
    actor.require(permission_for(entity, "edit"))
    params = {
        "entity": entity.__name__, "args": {name: list(words) for name, words in args.items()}, "digest": found.digest,
        "values": {name: audit.plain(value) for name, value in values.items()},
    }  # fmt: skip
    title = f"批量修改{entity.__label__} {found.count:,} 条"
    return jobs.enqueue(session, actor, now, "bulk_change", title, params, queue="bulk", total=found.count)


@work("bulk_change")
def change(work: Work) -> None:
    """Write the values into all rows of the query through their rules, in one transaction with the end of the job."""
    entity = next(m.class_ for m in Base.registry.mappers if m.class_.__name__ == work.params["entity"])
    work.actor.require(permission_for(entity, "edit"))
    with work.session() as session:
        now = work.now()
        ids = _ids(session, entity, work.params["args"], work.actor, local_day(now), MOST)
        if _digest(ids) != work.params["digest"]:
            raise Refused("您看过预览之后，符合条件的记录已经变了，没有修改。请回到列表重新选择")
        values, labels = _values(session, entity, work.params["values"])
        with audit.as_one(session) as batch:
            count = sum(_write(session, work, entity, decisions, now) for decisions in _decisions(session, entity, ids, values))
            audit.bulk(session, entity, f"批量修改{entity.__label__}：{labels}", count, record_id=batch)
        same = f"，{len(ids) - count:,}条已经是这个内容" if len(ids) > count else ""
        work.finish({"url": f"/admin/batch/?id={batch}", "sentence": f"修改{count:,}条{same}"}, session=session)


def is_long(event: AuditEvent) -> bool:
    """Whether undoing a batch is work for the worker."""
    return batches.count(event) > bulk.MOST


def ask_to_undo(session: Session, event: AuditEvent, actor: Actor, now: datetime) -> Job:
    """Hand the undoing of a batch to the worker."""
    batches.require_undoable(session, event, actor)
    title, count = f"撤销{event.record_label}", batches.count(event)
    return jobs.enqueue(session, actor, now, "bulk_undo", title, {"batch": event.batch}, queue="bulk", total=count)


@work("bulk_undo")
def undo(work: Work) -> None:
    """Set all rows of a batch back in sets, as far as nobody changed them since, in one transaction."""
    with work.session() as session:
        event, now = batches.head(session, work.params["batch"], work.actor), work.now()
        batches.require_undoable(session, event, work.actor)
        entity, title = recycle.entity_of(event), event.record_label
        with audit.as_one(session, AuditVerb.REVERT) as batch:
            done = undoing.undo(session, work.params["batch"], work.actor, now, work.progress)
            audit.bulk(session, entity, f"撤销{title}", done.count, record_id=work.params["batch"], left=done.left_ids)
        kept = f"；{done.left_count:,}条没有恢复" if done.left_count else ""
        work.finish({"url": f"/admin/batch/?id={batch}", "sentence": f"已恢复{done.count:,}条{kept}"}, session=session)


def _ids(session, entity, args, actor: Actor, today: date, most: int) -> list[str]:
    """The ids of all rows of a list's query in order; raises `Refused` when there are more than `most`."""
    key = identity(entity)
    conditions = Listing(session, entity, actor).conditions(parse(session, entity, args, actor, today))
    ids = session.scalars(select(key).where(*conditions).order_by(key).limit(most + 1)).all()
    if len(ids) > most:
        raise Refused(f"符合条件的超过{most:,}条，一次最多处理{most:,}条。请先加筛选条件，分几次办理")
    return list(ids)


def _digest(ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()


def _values(session: Session, entity: type[Described], given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Values as they are stored, and the labels of their attributes."""
    described = [d for d in custom.described(session, entity).values() if d.key in given]
    values = {}
    for d in described:
        value = given[d.key] if isinstance(d, CustomDescription) else audit.restored(d.column, given[d.key])
        values[d.key] = value.value if isinstance(value, Code) else value
    return values, "、".join(d.label for d in described)


def _decisions(session, entity, ids: Sequence[str], values: dict[str, Any]) -> Iterator[list[Decision]]:
    """Which rows get what, a portion at a time."""
    columns, number = stored.stored_columns(entity), 0
    own = {name for name in values if name not in columns}
    for some in targets.batches(ids, _PORTION):
        found = []
        for known in sorted(stored.records(session, entity, identity(entity).in_(some)), key=itemgetter("_id")):
            number += 1
            known |= {name: (known["extra"] or {}).get(name) for name in own}
            new = {name: value for name, value in values.items() if known[name] != value}
            if new:
                found.append(Decision(number, new, known, []))
        yield found


def _write(session, work: Work, entity, decisions: Sequence[Decision], now: datetime) -> int:
    try:
        errors = writing.write(session, entity, decisions, work.actor, now)
    except Conflict:
        raise Conflict("修改的同时别人也修改了这些记录，整批都没有修改，请再试一次") from None
    if errors:
        wrong = next(d for d in decisions if d.number == errors[0].row_number)
        title = lookups.label(session, entity, wrong.record_id, work.actor)
        raise Refused(f"“{title}”：{errors[0].sentence}。整批都没有修改")
    work.progress(work.done + len(decisions))
    return len(decisions)
