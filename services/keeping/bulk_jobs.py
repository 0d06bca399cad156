"""One thing done to more rows than a request can write: foreseen, asked for, and undone in the worker.

`services.keeping.bulk_work` does it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import Described
from models.audit import AuditEvent
from models.job import Job

from ..background import jobs
from . import batches, bulk
from ..access import Actor
from .bulk_deeds import Deed
from ..errors import Refused
from ..lists.listing import Listing
from ..lists.walking import identity
from ..lists.queries import parse

MOST = 200_000
SHOWN = 200


@dataclass(frozen=True)
class Foreseen:
    """The rows a deed is to be done to: how many, the first of them, a mark of which they are, and those left out by reason."""

    count: int
    sample: Sequence[Described]
    digest: str
    left: Counter


def foresee(session: Session, deed: Deed, args: Mapping[str, list[str]], actor: Actor, today: date) -> Foreseen | None:
    """What a deed done to all rows of a list's query means, or None where they are few enough to be done at once."""
    ids = which(session, deed.entity, args, actor, today)
    if len(ids) <= deed.most:
        return None
    ids, left = deed.fit(session, ids)
    key = identity(deed.entity)
    sample = session.scalars(select(deed.entity).where(key.in_(ids[:SHOWN])).order_by(key)).all()
    return Foreseen(len(ids), sample, digest(ids), left)


def ask(session: Session, deed: Deed, args: Mapping[str, list[str]], found: Foreseen, actor: Actor, now: datetime) -> Job:
    """Hand a foreseen deed to the worker."""
    deed.require(actor)
    params: dict[str, Any] = {
        "entity": deed.entity.__name__, "deed": deed.name, "what": dict(deed.params), "digest": found.digest,
        "args": {name: list(words) for name, words in args.items()},
    }  # fmt: skip
    title = f"{deed.title(session)}，{found.count:,} 条"
    return jobs.enqueue(session, actor, now, "bulk", title, params, queue="bulk", total=found.count)


def is_long(event: AuditEvent) -> bool:
    """Whether undoing a batch is work for the worker."""
    most = bulk.MOST_STEPS if "step" in event.changes else bulk.MOST_DELETED
    return batches.count(event) > most


def ask_to_undo(session: Session, event: AuditEvent, actor: Actor, now: datetime) -> Job:
    """Hand the undoing of a batch to the worker."""
    batches.require_undoable(session, event, actor)
    title, count = f"撤销{event.record_label}", batches.count(event)
    return jobs.enqueue(session, actor, now, "bulk_undo", title, {"batch": event.batch}, queue="bulk", total=count)


def conditions(session: Session, entity: type[Described], args: Mapping[str, list[str]], actor: Actor, today: date) -> list[ColumnElement[bool]]:
    """The WHERE of a list's query."""
    return Listing(session, entity, actor).conditions(parse(session, entity, args, actor, today))


def which(
    session: Session, entity: type[Described], args: Mapping[str, list[str]], actor: Actor, today: date, after: Any = None
) -> list:
    """The ids of all rows of a list's query in order; raises `Refused` when there are more than `MOST`."""
    key = identity(entity)
    wanted = select(key).where(*conditions(session, entity, args, actor, today)).order_by(key).limit(MOST + 1)
    ids = session.scalars(wanted.where(key > after) if after is not None else wanted).all()
    if len(ids) > MOST:
        raise Refused(f"符合条件的超过{MOST:,}条，一次最多处理{MOST:,}条。请先加筛选条件，分几次办理")
    return list(ids)


def digest(ids: Sequence) -> str:
    """A mark of which rows these are."""
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()
