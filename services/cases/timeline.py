"""The timeline of a case: what happened, by whom, when; written by flows and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Case, CaseEvent
from models.codes import CaseStatus

from ..access import Actor


def write(
    session: Session, case: Case, verb: str, label: str, actor: Actor, now: datetime, *,
    note: str | None = None, answers: dict[str, Any] | None = None, before: CaseStatus | None,
) -> CaseEvent:  # fmt: skip
    """Add one event to a case; side tracks (a whistle, an agreement) write here too.

    `before` is the status the case had: its own for an event that moves nothing, None for the first.
    """
    last = session.scalar(select(func.max(CaseEvent.number)).where(CaseEvent.case_id == case.id))
    event = CaseEvent(
        case_id=case.id, number=(last or 0) + 1, verb=verb, label=label, status_before=before,
        status_after=case.status, happened_at=now, user_id=actor.user_id, user_name=actor.name,
        note=note, answers=answers or None,
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event
