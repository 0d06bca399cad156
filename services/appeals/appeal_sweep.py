"""The night's look at appeals: what nobody takes climbs the ladder (S104), who is late is told of, what is over is filed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.codes import AppealStatus, AreaKind, Tier5
from models.department import Unit
from models.area import Area

from .. import inbox, parameters
from ..access import Permission
from .appeal_flow import APPEAL_FLOW
from ..due_dates import local_day

S = AppealStatus
_PORTION = 200


def run(session: Session, now: datetime) -> dict[str, int]:
    """Safe to repeat, and all of it however much there is: {"climbed", "reminded", "closed"}."""
    return {"climbed": _climb(session, now), "reminded": _remind(session, now), "closed": _close(session, now)}


def _portions(session: Session, *conditions: ColumnElement[bool]) -> Iterator[Appeal]:
    """Rows that fit, found by index, portion by portion; whoever takes one must change it so that it fits no longer."""
    wanted = select(Appeal).where(*conditions).order_by(Appeal.due_on, Appeal.id).limit(_PORTION)
    while found := session.scalars(wanted).all():
        yield from found
        session.flush()


def _climb(session: Session, now: datetime) -> int:
    late = (Appeal.status == S.WAITING, Appeal.due_on < local_day(now), Appeal.tier != Tier5.SUBDISTRICT)
    count = 0
    for appeal in _portions(session, *late):
        APPEAL_FLOW.take(session, "climb", appeal, session.info["actor"], now)
        count += 1
    return count


def _remind(session: Session, now: datetime) -> int:
    """What was taken and left lying, or lies at the top: whoever stands above learns of it once for each rung."""
    is_stuck = or_(Appeal.status == S.TAKEN, and_(Appeal.status == S.WAITING, Appeal.tier == Tier5.SUBDISTRICT))
    count = 0
    for appeal in _portions(session, is_stuck, Appeal.alert_level == 0, Appeal.due_on < local_day(now)):
        what = "接单后到期没有答复" if appeal.status is S.TAKEN else "到期没有受理"
        inbox.put(session, appeal, "late", f"诉求{appeal.appeal_no}{what}", _above(session, appeal), now, due_on=appeal.due_on)
        appeal.alert_level = 1
        count += 1
    return count


def _above(session: Session, appeal: Appeal) -> inbox.Recipient:
    """Below the community its unit, below the sub-district who triages, at the top who dispatches."""
    if appeal.tier is Tier5.SUBDISTRICT:
        return Permission.CASE_DISPATCH
    if appeal.tier is Tier5.COMMUNITY:
        return Permission.APPEAL_TRIAGE
    owner = session.get(Area, (appeal.subdistrict_id, appeal.owner_area_id))
    community = select(Area.id).where(Area.code == owner.code.split(".")[0], Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE)))
    unit = session.scalar(select(Unit).where(Unit.area_id.in_(community)).limit(1))
    return unit or Permission.APPEAL_TRIAGE


def _close(session: Session, now: datetime) -> int:
    left = now - timedelta(days=parameters.value(session, "appeal_reopen_days"))
    count = 0
    for appeal in _portions(session, Appeal.status == S.ANSWERED, Appeal.answered_at < left):
        APPEAL_FLOW.take(session, "close", appeal, session.info["actor"], now)
        count += 1
    return count
