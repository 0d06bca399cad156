"""What a chief reports with three fields — who, where, what — and a photo, or that nothing happened (S101)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.area import Area
from models.household import Household
from models.visit import ZeroReport

from ..appeals import appeal_flow, open_door
from ..keeping import records
from ..due_dates import local_day
from ..errors import Refused
from .phone_sign_in import Present
from ..showing import LOCAL
from .visits import CHANNEL, key_of

LATE_DAYS = 3
"""How many days afterwards a zero report may still arrive: it may have waited for the network."""


@dataclass(frozen=True)
class Report:
    """What is sent; `where` is the id of a household or of an area in sight, empty for the chief's own area."""

    key: str
    words: str
    where: str = ""
    detail: str = ""
    name: str = ""
    mobile: str = ""
    photos: Sequence[tuple[str, bytes]] = ()


def report(session: Session, folder: Path, me: Present, told: Report, now: datetime) -> tuple[Appeal, bool]:
    """Make an appeal of a report, once a key; says whether it is new. It begins with the chief of the place."""
    key = key_of(told.key)
    known = session.scalar(select(Appeal).where(Appeal.idempotency_key == key))
    if known is not None:
        return known, False
    pictures = open_door.cleaned(told.photos)
    appeal, is_new = appeal_flow.submit(
        session, me.actor, now, key=key, words=told.words.strip(), channel=CHANNEL, reporter_id=me.chief_id,
        name=open_door.checked("name", told.name), mobile=open_door.checked("mobile", told.mobile), **_place(session, me, told),
    )  # fmt: skip
    open_door.keep_photos(session, folder, appeal, pictures, "三长上报", me.actor)
    return appeal, is_new


def _place(session: Session, me: Present, told: Report) -> dict:
    detail = told.detail.strip()
    if not told.where:
        return {"area_id": me.area_id, "place": detail[:200] or None}
    household = session.get(Household, (me.actor.subdistrict_id, told.where))
    if household is not None:
        words = f"{household.address} {detail}".strip()
        return {"area_id": household.neighborhood_id or me.area_id, "household_id": household.id, "place": words[:200]}
    return {"area_id": records.find(session, Area, told.where).id, "place": detail[:200] or None}


# ---- nothing happened ---------------------------------------------------------------


def zero(session: Session, me: Present, now: datetime, day: date | None = None) -> tuple[ZeroReport, bool]:
    """Keep that nothing happened on a day, once a chief and day; says whether it is new."""
    me.actor.require("zero_report:create")
    today = local_day(now)
    day = day or today
    if not today - timedelta(days=LATE_DAYS) <= day <= today:
        raise Refused(f"零报告只能报今天和前{LATE_DAYS}天的")
    known = session.scalar(select(ZeroReport).where(ZeroReport.chief_id == me.chief_id, ZeroReport.reported_on == day))
    if known is not None:
        return known, False
    count = session.scalar(select(func.count()).select_from(Appeal).where(Appeal.reporter_id == me.chief_id, *on_day(day)))
    if count:
        raise Refused(f"这一天您已经上报{count}件事，不用再报“今日无事”")
    row = ZeroReport(chief_id=me.chief_id, area_id=me.area_id, reported_on=day, received_at=now)
    records.save(session, row, me.actor, now)
    return row, True


def on_day(day: date) -> tuple:
    """Conditions: appeals received on a day in China."""
    begin = datetime.combine(day, time(), LOCAL)
    return Appeal.received_at >= begin, Appeal.received_at < begin + timedelta(days=1)
