"""Who else has a matter open on the dispatch desk: a light sign with an expiry, never a lock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from models.case import Case
from models.presence import DeskPresence

from .. import parameters
from ..access import Actor


def _since(session: Session, now: datetime) -> datetime:
    return now - timedelta(minutes=parameters.value(session, "presence_minutes"))


def others(session: Session, case: Case, actor: Actor, now: datetime) -> list[tuple[str, datetime]]:
    """(name, last sign) of everybody else who has looked at a case within the last minutes."""
    rows = session.scalars(
        select(DeskPresence).options(joinedload(DeskPresence.user)).where(
            DeskPresence.case_id == case.id, DeskPresence.user_id != actor.user_id,
            DeskPresence.seen_at >= _since(session, now),
        ).order_by(DeskPresence.seen_at.desc())
    )  # fmt: skip
    return [(row.user.name, row.seen_at) for row in rows]


def sign(session: Session, case: Case, actor: Actor, now: datetime) -> None:
    """Say that the actor looks at a case; signs of the same person elsewhere and stale ones go."""
    session.execute(
        delete(DeskPresence).where(
            (DeskPresence.user_id == actor.user_id) | (DeskPresence.seen_at < _since(session, now))
        ).execution_options(synchronize_session=False)
    )  # fmt: skip
    session.add(DeskPresence(case_id=case.id, user_id=actor.user_id, seen_at=now))
    session.flush()
