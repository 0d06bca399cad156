"""Visits of chiefs to their households (S103): kept once a key, and what was needed there becomes an appeal."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.household import Household
from models.visit import VisitLog

from ..appeals import appeal_flow
from ..keeping import records
from ..places import chiefs
from ..access import Actor
from ..due_dates import local_day
from ..errors import Refused
from ..labels import dictionary_choices
from .phone_sign_in import Present

CHANNEL = "channel:neighbor_chief"


@records.before_save(VisitLog)
def _is_whole(session: Session, visit: VisitLog, actor: Actor, now: datetime) -> None:
    household = session.get(Household, (actor.subdistrict_id, visit.household_id)) if visit.household_id else None
    if household is None:
        raise Refused("请选择走访的是哪一户", field="household")
    if visit.visited_on is None or visit.visited_on > local_day(now):
        raise Refused("请填写走访日期，不能晚于今天", field="visited_on")
    if visit.chief_id is None and household.neighborhood_id:
        chief = chiefs.in_office(session, household.neighborhood_id)
        visit.chief_id = chief and chief.id


def key_of(given: str) -> str:
    """The key a form was sent with, checked; raises `Refused`."""
    try:
        return str(UUID(given))
    except ValueError:
        raise Refused("页面已过期，请返回重新填写") from None


def record(
    session: Session, me: Present, now: datetime, *, key: str, household_id: str, duty: str, needs: str = "",
    visited_on: date | None = None, is_appeal: bool = False,
) -> tuple[VisitLog, bool]:  # fmt: skip
    """Keep a visit once; says whether it is new. With `is_appeal` its needs become an appeal at once."""
    me.actor.require("visit_log:create")
    known = session.scalar(select(VisitLog).where(VisitLog.idempotency_key == key_of(key)))
    if known is not None:
        return known, False
    if duty not in dict(dictionary_choices(session, "visit_duty")):
        raise Refused("请选择这次走访做了什么", field="duty")
    if is_appeal and len(needs.strip()) < 2:
        raise Refused("要转成诉求，请写明需要什么，几个字也可以", field="needs")
    if not household_id:
        raise Refused("请选择走访的是哪一户", field="household")
    household = records.find(session, Household, household_id)
    visit = VisitLog(
        household_id=household.id, visited_on=visited_on or local_day(now), duty=duty, needs=needs.strip() or None,
        chief_id=me.chief_id, idempotency_key=key_of(key),
    )  # fmt: skip
    records.save(session, visit, me.actor, now)
    if is_appeal:
        to_appeal(session, visit, me.actor, now)
    return visit, True


def to_appeal(session: Session, visit: VisitLog, actor: Actor, now: datetime) -> Appeal:
    """Make an appeal of what a visit found; a second time gives the same one.

    Neither name nor number is copied: whoever handles it finds them at the household.
    """
    if visit.appeal_id:
        return session.get(Appeal, (visit.subdistrict_id, visit.appeal_id))
    if not visit.needs:
        raise Refused("这次走访没有记下需求，请先写明需要什么，再转成诉求")
    household = visit.household or session.get(Household, (actor.subdistrict_id, visit.household_id))
    place = household.neighborhood_id or (household.residential_area and household.residential_area.area_id)
    appeal, _ = appeal_flow.submit(
        session, actor, now, key=visit.id, words=visit.needs, channel=CHANNEL, area_id=place, household_id=household.id,
        place=household.address, reporter_id=visit.chief_id,
    )  # fmt: skip
    visit.appeal_id = appeal.id
    session.flush()
    return appeal
