"""The tray of the dispatch desk: what waits, the first due first, and why it is urgent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Case
from models.codes import CaseStatus

from .. import parameters

WAITING = (CaseStatus.REGISTERED, CaseStatus.ACCEPTED)
CAP = 1000


@dataclass(frozen=True)
class Waiting:
    """One line of the tray; `tone` is ok, warn or bad and `why` says the reason in words."""

    id: str
    case_no: str
    subject: str
    status: str
    due_on: date | None
    tone: str
    why: str


def tray(session: Session, today: date, page: int = 1) -> tuple[list[Waiting], int]:
    """One page of the waiting cases by due date, and how many wait in all (`CAP` + 1 means more)."""
    waiting = Case.status.in_(WAITING)
    count = session.execute(
        select(func.count()).select_from(select(Case.id).where(waiting).limit(CAP + 1).subquery())
    ).scalar_one()
    size = parameters.value(session, "tray_size")
    lines = session.execute(
        select(Case.id, Case.case_no, Case.subject, Case.status, Case.due_on, Case.due_reason)
        .where(waiting).order_by(Case.due_on.is_(None), Case.due_on, Case.id)
        .limit(size).offset(min(page - 1, CAP // size) * size)
    )  # fmt: skip
    return [
        Waiting(i, no, subject, status.label, due, *urgency(session, due, today, reason))
        for i, no, subject, status, due, reason in lines
    ], count


def urgency(session: Session, due_on: date | None, today: date, reason: str | None) -> tuple[str, str]:
    """The tone of a deadline and the words for it."""
    if due_on is None:
        return "ok", "未定期限"
    left = (due_on - today).days
    because = f"（{reason}）" if reason else ""
    if left < 0:
        return "bad", f"已超期{-left}天{because}"
    if left <= parameters.value(session, "soon_days"):
        return "warn", ("今天到期" if left == 0 else f"还剩{left}天") + because
    return "ok", f"还剩{left}天{because}"


def chain(session: Session, case: Case) -> list[str]:
    """The place up the tree, from the sub-district's first level down."""
    return case.area.full_name.split("/")
