"""Visits of the last fortnight at the reception centre and at some stations, played through the services."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.case_codes import LegalRoute
from models.codes import PointKind, UnitKind
from models.department import Unit
from models.reception import ReceptionPoint
from models.reception_codes import VisitFeeling, VisitorRole
from models.reception_visit import ReceptionVisit, Visitor
from services.appeals import reception
from services.keeping import records
from services.access import Actor
from services.appeals.appeal_flow import APPEAL_FLOW
from services.appeals.reception import RECEPTION_FLOW

_MATTERS = (
    ("问低保怎么申请", "answer", "带身份证和户口簿到社区窗口填表，十个工作日内有结果", None),
    ("楼道堆放杂物，希望有人管", "to_appeal", None, None),
    ("小区路灯不亮，晚上不安全", "to_appeal", None, None),
    ("老板欠两个月工资", "guide", "可以向市劳动人事争议仲裁委员会申请仲裁，不收费；需要法律援助的拨12348", LegalRoute.ARBITRATION),
    ("问医保参保年限怎么补", "answer", "可以补缴，凭身份证到医保窗口办理，今天已代为预约", None),
    ("对法院判决不服", "guide", "请在判决书写明的期限内向上一级法院上诉，街道不能改变判决", LegalRoute.LITIGATION),
    ("楼上夜里吵，请社区去说一说", "to_appeal", None, None),
)
_NAMES = "甲乙丙丁戊己庚辛"


def build_visits(session: Session, actor: Actor, now: datetime, rng: Random) -> None:
    """Some forty visits; the last of today still wait."""
    points = session.scalars(select(ReceptionPoint).order_by(ReceptionPoint.kind, ReceptionPoint.name)).all()
    centre = [point for point in points if point.kind is PointKind.CENTRE]
    stations = [point for point in points if point.kind is PointKind.STATION][:3]
    units = {unit.area_id: unit for unit in session.scalars(select(Unit).where(Unit.kind == UnitKind.COMMUNITY))}
    units[None] = session.scalar(select(Unit).where(Unit.name.endswith("信访办公室")))
    for days in range(13, -1, -1):
        for minutes in _ago(rng, rng.randint(2, 4), 10, 60):
            point = rng.choice([*centre * 2, *stations])
            _visit(session, actor, now, now - timedelta(days=days, minutes=minutes), point, units, rng, is_over=days > 0)
    for minutes in _ago(rng, 3, 1, 9):
        _visit(session, actor, now, now - timedelta(minutes=minutes), centre[0], units, rng, is_over=False)


def _ago(rng: Random, count: int, least: int, most: int) -> list[int]:
    """So many different minutes, the longest ago first: who comes first has the first number."""
    return sorted(rng.sample(range(least, most + 1), count), reverse=True)


def _visit(session: Session, actor: Actor, now: datetime, came: datetime, point: ReceptionPoint, units: dict, rng: Random, is_over: bool) -> None:
    words, verb, told, route = rng.choice(_MATTERS)
    count = rng.choice((1, 1, 1, 2, 3))
    visit = ReceptionVisit(point_id=point.id, people_count=count, words=words, arrived_at=came)
    reception.enter(session, visit, actor, came)
    name = f"{rng.choice(_NAMES)}某某"
    records.save(session, Visitor(visit_id=visit.id, role=VisitorRole.VISITOR, name=name), actor, came)
    if not is_over:
        return
    RECEPTION_FLOW.take(session, "call", visit, actor, came + timedelta(minutes=rng.randint(1, 20)))
    answers = {"words": words, "is_heard": True, "feeling": rng.choice(list(VisitFeeling)[:3]), "owner_unit": units.get(point.area_id) or units[None], "minutes": rng.randint(8, 45)}
    if verb == "to_appeal":
        answers["area"] = point.area
    else:
        answers["told"] = told
    if route:
        answers["route"] = route
    RECEPTION_FLOW.take(session, verb, visit, actor, visit.called_at, **answers)
    if visit.appeal_id and is_over and rng.random() < 0.8:
        appeal, heard_at = session.get(Appeal, (visit.subdistrict_id, visit.appeal_id)), visit.called_at + timedelta(hours=rng.randint(1, 20))
        if heard_at < now:
            APPEAL_FLOW.take(session, "answer", appeal, actor, heard_at, told="已经上门看过，今天处理好了，请您看看")
