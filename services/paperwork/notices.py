"""Telling the citizen: what, how and when (R15, R22)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case
from models.case_codes import NoticeChannel, NoticeKind
from models.notice import Notice

from ..cases import clocks
from ..access import Actor
from ..due_dates import local_day


def give(
    session: Session, case: Case, kind: NoticeKind, channel: NoticeChannel, words: str, actor: Actor, now: datetime, *,
    on: date | None = None, receipt: str | None = None,
) -> Notice:  # fmt: skip
    """Keep that the citizen was told; the period for the first notice of a petition ends with it."""
    notice = Notice(
        case_id=case.id, kind=kind, channel=channel, given_on=on or local_day(now), words=words, receipt=receipt,
        given_by_id=actor.user_id, given_by_name=actor.name,
    )  # fmt: skip
    session.add(notice)
    clocks.stop(session, case, now, term_id="xf_notice_direct")
    return notice


def of(session: Session, case: Case) -> list[Notice]:
    """All notices of a case, oldest first."""
    return list(session.scalars(select(Notice).where(Notice.case_id == case.id).order_by(Notice.given_on, Notice.id)))


def day_is_past(session, case, actor, now, answers) -> str | None:
    """告知日期不晚于今天、不早于登记"""
    day = answers.get("informed_on")
    if day and day > local_day(now):
        return "告知日期不能晚于今天，请在告知之后办理"
    if day and day < case.received_on:
        return "告知日期不能早于收到日期，请核对"
    return None


def notify(session, case, actor, now, answers) -> None:
    give(
        session, case, answers["kind"], answers["informed_how"], answers["words"], actor, now,
        on=answers["informed_on"], receipt=answers["receipt"],
    )  # fmt: skip
