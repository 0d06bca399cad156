"""The report of a month as a row: prepared once, drafted, put into in-trays, written on by people."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.monthly_report import MonthlyReport
from models.user import User

from .. import colleagues, inbox
from ..keeping import records
from ..access import Actor, permission_for
from ..due_dates import local_day
from ..errors import Refused
from ..ledgers import month_before
from . import words
from .figures import figures


def of_month(session: Session, first: date) -> MonthlyReport | None:
    return session.scalar(select(MonthlyReport).where(MonthlyReport.month == first))


def prepare(session: Session, first: date, actor: Actor, now: datetime) -> MonthlyReport:
    """The report of a month, drafted if there is none yet; what people have written stays."""
    row = of_month(session, first)
    if row is not None:
        return row
    if first > local_day(now):
        raise Refused("这个月还没有到，不能备月报")
    found = figures(session, first, actor, now)
    row = MonthlyReport(
        month=first, name=f"{first.year}年{first.month}月矛盾纠纷调处和信访工作月报", prepared_at=now,
        overview=words.overview(found), features=words.features(found), problems=words.problems(found),
    )  # fmt: skip
    records.save(session, row, actor, now)
    return row


def prepare_by_hand(session: Session, first: date, actor: Actor, now: datetime) -> MonthlyReport:
    """Somebody needs it before the night has made it."""
    actor.require(permission_for(MonthlyReport, "edit"))
    if actor.is_scoped:
        raise Refused("月报写的是全街道，请由能看全街道的同事来备")
    return prepare(session, first, actor, now)


def prepare_last(session: Session, now: datetime) -> MonthlyReport | None:
    """Of the month before, with its line in the in-tray of everybody who may see it; done already it changes nothing."""
    first = month_before(local_day(now))
    announced = of_month(session, first)
    if announced is not None and announced.is_announced:
        return None
    actor = session.info["actor"]
    row = prepare(session, first, actor, now)
    row.is_announced = True
    session.flush()
    for old in session.scalars(select(MonthlyReport).where(MonthlyReport.month == month_before(first))):
        inbox.settle(session, old, actor, now, inbox.READY)  # nobody waits for it any more
    wanted = colleagues.holders(session, permission_for(MonthlyReport, "view"))
    for user in session.scalars(select(User).where(User.id.in_(wanted))):
        inbox.put(session, row, inbox.READY, f"{first.year}年{first.month}月的台账和月报已备好，请取", user, now)
    return row


def fetched(session: Session, first: date, actor: Actor, now: datetime) -> None:
    """Whoever has fetched anything of a month needs no line about it."""
    row = of_month(session, first)
    if row is not None:
        inbox.settle(session, row, actor, now, inbox.READY, is_own=True)
