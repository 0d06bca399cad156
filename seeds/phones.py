"""Chiefs whose phones can be tried: one neighbour chief with something to do, the group and the sector chief above."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import uuid7
from models.area import Area
from models.codes import AreaKind, ChiefKind
from models.household import Household
from models.neighbor import Chief
from models.visit import VisitLog, ZeroReport
from services import access
from services.appeals import appeal_flow
from services.due_dates import local_day
from services.phone.phone_sign_in import make_code

from .accounts import Account
from .base import put

_TOLD = (
    ("楼道的灯不亮，晚上看不见", "channel:qr", "单元门口"), ("楼上空调滴水到我家窗台", "channel:qr", ""),
    ("下水道堵了，一楼返水", "channel:phone", "楼下天井"),
)  # fmt: skip
_VISITED = (
    ("visit_duty:talk", "老人独居，希望有空多来看看"), ("visit_duty:livelihood", None), ("visit_duty:talk", "反映小区门口电动车乱停"),
    ("visit_duty:party_policy", None), ("visit_duty:assembly", None),
)  # fmt: skip


def build_phones(session: Session, now: datetime) -> list[Account]:
    """Appeals, visits and reports of one branch, and a code for each of its three chiefs; the codes are shown once."""
    chief = session.scalar(
        select(Chief).join(Chief.area).where(Chief.kind == ChiefKind.NEIGHBORHOOD, Chief.ended_on.is_(None)).order_by(Area.code).limit(1)
    )
    if chief is None:
        return []
    area = session.get(Area, (chief.subdistrict_id, chief.area_id))
    homes = session.scalars(select(Household).where(Household.neighborhood_id == area.id).order_by(Household.household_no)).all()
    _tell(session, area, homes, now)
    _work(session, chief, area, homes, now)
    made = []
    while area.kind is not AreaKind.COMMUNITY and area.kind is not AreaKind.VILLAGE:
        head = appeal_flow.chief_of(session, area.id)
        if head is not None:
            code = make_code(session, head, session.info["actor"], now)
            made.append(Account(head.mobile, head.name, f"{head.kind.label}（手机打开 /chief/，填手机号和登录码）", code, is_phone=True))
        area = session.get(Area, (area.subdistrict_id, area.parent_id))
    return made


def _tell(session: Session, area: Area, homes: list[Household], now: datetime) -> None:
    for number, ((words, channel, place), home) in enumerate(zip(_TOLD, homes, strict=False)):
        at = now - timedelta(hours=5 * number + 1)
        appeal_flow.submit(
            session, access.citizen(area.subdistrict_id), at, key=uuid7(), words=words, channel=channel, area_id=area.id,
            household_id=home.id, place=f"{home.address} {place}".strip(), name=home.head_name, mobile=home.mobile,
        )  # fmt: skip


def _work(session: Session, chief: Chief, area: Area, homes: list[Household], now: datetime) -> None:
    """Visits to some of the households, and five zero reports of each neighbour chief of the group before today."""
    today = local_day(now)
    put(session, VisitLog, [
        {"id": uuid7(), "household_id": home.id, "visited_on": today - timedelta(days=2 * number + 1), "duty": duty, "needs": needs,
         "chief_id": chief.id, "appeal_id": None, "idempotency_key": uuid7()}
        for number, ((duty, needs), home) in enumerate(zip(_VISITED, homes, strict=False))
    ])  # fmt: skip
    beside = session.execute(
        select(Chief.id, Chief.area_id).join(Chief.area).where(Area.parent_id == area.parent_id, Chief.ended_on.is_(None)).order_by(Area.code)
    ).all()
    put(session, ZeroReport, [
        {"id": uuid7(), "chief_id": key, "area_id": place, "reported_on": today - timedelta(days=days), "received_at": now - timedelta(days=days)}
        for number, (key, place) in enumerate(beside) for days in range(number % 2 == 0, 5)
    ])  # fmt: skip
