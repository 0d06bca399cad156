"""Reception of visitors: a number in the queue of the day, the call, and what comes of a visit (S107, S110)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from models.appeal import Appeal
from models.area import Area
from models.case import Case, CaseParty
from models.case_codes import IdentityMode, LegalRoute
from models.codes import AreaKind, CaseKind, PartyRole, PointKind
from models.counter import Counter
from models.department import Unit
from models.reception import ReceptionPoint
from models.reception_codes import VisitFeeling, VisitorRole, VisitResult, VisitStatus
from models.reception_visit import MOST_REPRESENTATIVES, ReceptionVisit, Visitor

from .. import rosters
from . import appeal_flow
from ..cases import case_flow
from ..keeping import records
from ..access import Actor, Permission
from ..due_dates import local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step
from ..numbers import next_number
from ..showing import LOCAL

S, P = VisitStatus, Permission
JOINT = 5  # people who come together about one thing make a joint visit
_QUEUE = "queue_"


# ---- taking a number ------------------------------------------------------------------


@rosters.creator(ReceptionVisit)
def enter(session: Session, visit: ReceptionVisit, actor: Actor, now: datetime) -> None:
    """Number a new visit, in the year and in the queue of its point and day."""
    actor.require(P.RECEIVE)
    visit.arrived_at = visit.arrived_at or now
    if visit.arrived_at > now + timedelta(minutes=1):
        raise Refused("来访时间不能晚于现在", field="arrived_at")
    point = session.get(ReceptionPoint, (session.info["actor"].subdistrict_id, visit.point_id)) if visit.point_id else None
    if point is None:
        raise Refused("请选择接待点", field="point")
    if not _is_within(session, point, actor):
        raise Refused(f"“{point.name}”不在您负责的范围，请选择本村社区的接待点", field="point")
    day = local_day(visit.arrived_at)
    visit.visited_on, visit.area_id, visit.status = day, point.area_id, S.WAITING
    visit.visit_no = f"访{day.year}{next_number(session, 'visit', day.year):06d}"
    visit.queue_number = next_number(session, _queue_of(point.id), int(f"{day:%Y%m%d}"))
    records.save(session, visit, actor, now)


def _is_within(session: Session, point: ReceptionPoint, actor: Actor) -> bool:
    area = session.get(Area, (point.subdistrict_id, point.area_id))
    return not actor.is_scoped or bool(actor.area_code and area and area.code.startswith(actor.area_code))


def _queue_of(point_id: str) -> str:
    """A counter a point; its "year" is the whole day, so that each day begins at 1."""
    return _QUEUE + point_id.replace("-", "")


def forget_queues(session: Session, now: datetime) -> int:
    """Drop the counters of days gone by; returns how many."""
    table, week_ago = Counter.__table__, local_day(now) - timedelta(days=7)
    old = delete(table).where(
        table.c.subdistrict_id == session.info["actor"].subdistrict_id, table.c.purpose.startswith(_QUEUE, autoescape=True),
        table.c.year < int(f"{week_ago:%Y%m%d}"), table.c.year > 9999,
    )  # fmt: skip
    return session.connection().execute(old).rowcount


@records.before_save(ReceptionVisit)
def _stays_in_its_queue(session: Session, visit: ReceptionVisit, actor: Actor, now: datetime) -> None:
    if visit.visited_on and local_day(visit.arrived_at) != visit.visited_on:
        raise Refused("取号之后不能改到另一天；登记错了的，请办“过号或离开”后重新取号", field="arrived_at")
    known = session.get(ReceptionPoint, (session.info["actor"].subdistrict_id, visit.point_id)) if visit.point_id else None
    if visit.area_id and known is not None and known.area_id != visit.area_id:
        raise Refused("取号之后不能换接待点；登记错了的，请办“过号或离开”后重新取号", field="point")


@records.before_save(Visitor)
def _seats(session: Session, visitor: Visitor, actor: Actor, now: datetime) -> None:
    """A representative takes the lowest free of five seats (《信访工作条例》第二十条)."""
    if visitor.role is not VisitorRole.REPRESENTATIVE:
        visitor.seat = None
        return
    if visitor.seat is not None:
        return
    taken = set(session.scalars(select(Visitor.seat).where(Visitor.visit_id == visitor.visit_id, Visitor.seat.is_not(None))))
    free = [seat for seat in range(1, MOST_REPRESENTATIVES + 1) if seat not in taken]
    if not free:
        raise Refused(f"推选的代表不能超过{MOST_REPRESENTATIVES}人，请与来访人商定后去掉几位，其他人可登记为“来访人”", field="role")
    visitor.seat = free[0]


# ---- conditions -----------------------------------------------------------------------


def comes_back_the_same_day(session, visit, actor, now, answers) -> str | None:
    """当天回来的"""
    return None if visit.visited_on == local_day(now) else "这个号是以前日子的，请重新取号"


def representatives_are_named(session, visit, actor, now, answers) -> str | None:
    """五人以上来访的先登记推选的代表（1至5人）"""
    if visit.people_count < JOINT or representatives(session, visit):
        return None
    return f"{visit.people_count}人一起来访，须推选代表（1至{MOST_REPRESENTATIVES}人）。请先办“修改”，在来访人员里登记代表"


def is_really_heard(session, visit, actor, now, answers) -> str | None:
    """诉求听完才能结束接待"""
    if answers["is_heard"]:
        return None
    return "诉求还没有听完、核对完，请先听来访人说完；来访人自己离开的，请办“过号或离开”"


def duration_is_known(session, visit, actor, now, answers) -> str | None:
    """补登的填写接待时长"""
    minutes = answers["minutes"]
    if minutes is not None and not 0 <= minutes <= 24 * 60:
        return "接待时长请填0到1440分钟"
    if minutes is None and visit.visited_on != local_day(now):
        return "补登以前的来访，请填写接待了多少分钟"
    return None


def representatives(session: Session, visit: ReceptionVisit) -> int:
    """How many representatives are named."""
    return session.scalar(select(func.count()).select_from(Visitor).where(Visitor.visit_id == visit.id, Visitor.seat.is_not(None)))


# ---- effects --------------------------------------------------------------------------


def _call(session, visit, actor, now, answers) -> None:
    visit.called_at = now if visit.visited_on == local_day(now) else visit.arrived_at
    visit.window_number, visit.received_by_id = answers["window_number"], actor.user_id


def _leave(session, visit, actor, now, answers) -> None:
    visit.ended_at = max(now, visit.called_at or now)


def _return(session, visit, actor, now, answers) -> None:
    visit.called_at = visit.ended_at = visit.window_number = visit.received_by_id = None


def _finish(result: VisitResult):
    def effect(session, visit, actor, now, answers) -> None:
        minutes = answers["minutes"]
        visit.ended_at = now if minutes is None else visit.called_at + timedelta(minutes=minutes)
        visit.minutes = int((visit.ended_at - visit.called_at).total_seconds() // 60)
        visit.result, visit.words = result, answers["words"]
        visit.is_heard, visit.feeling, visit.owner_unit_id = True, answers["feeling"], answers["owner_unit"].id
        visit.told, visit.route = answers.get("told"), answers.get("route")
        visit.received_by_id = actor.user_id or visit.received_by_id

    return effect


def _make_appeal(session, visit, actor, now, answers) -> None:
    """The words become an appeal with the first visitor's name and number."""
    first = next(iter(people(session, visit)), None)
    appeal = answers["appeal"] = Appeal(
        words=answers["words"], channel=_channel(session, visit), area_id=answers["area"].id, place=answers["place"],
        name=first and first.name, mobile=first and first.mobile,
    )  # fmt: skip
    appeal_flow.enter(session, appeal, actor, now)


def _name_appeal(session, visit, actor, now, answers) -> None:
    visit.appeal_id = answers["appeal"].id


def _make_case(session, visit, actor, now, answers) -> None:
    """A registered matter with everybody named as a party; many who come make a joint visit."""
    named, count = people(session, visit), representatives(session, visit)
    is_petition = answers["kind"] is CaseKind.PETITION
    is_joint = is_petition and visit.people_count >= JOINT
    case = answers["case"] = Case(
        subject=answers["subject"], kind=answers["kind"], category=answers["category"], channel=_channel(session, visit),
        summary=answers["words"], received_on=visit.visited_on, area_id=answers["area"].id, people_count=visit.people_count,
        is_group_visit=is_joint if is_petition else None, representative_count=count if is_joint else None,
        is_repeat=visit.is_repeat if is_petition else None, identity=_identity(named) if is_petition else None,
    )  # fmt: skip
    case_flow.enter(session, case, actor, now)
    for name, person in {person.name: person for person in reversed(named)}.items():
        party = CaseParty(case_id=case.id, role=PartyRole.APPLICANT, name=name, mobile=person.mobile, address=person.address)
        records.save(session, party, actor, now)


def _identity(named: Sequence[Visitor]) -> IdentityMode:
    return IdentityMode.ANONYMOUS if not named else IdentityMode.NAMED if len(named) == 1 else IdentityMode.JOINT


def _name_case(session, visit, actor, now, answers) -> None:
    visit.case_id = answers["case"].id


def _channel(session: Session, visit: ReceptionVisit) -> str:
    point = session.get(ReceptionPoint, (visit.subdistrict_id, visit.point_id))
    return {PointKind.STATION: "channel:station", PointKind.WINDOW: "channel:window"}.get(point.kind, "channel:visit")


def people(session: Session, visit: ReceptionVisit) -> Sequence[Visitor]:
    """Who came about the matter, representatives first; companions are left out."""
    wanted = select(Visitor).where(Visitor.visit_id == visit.id, Visitor.role != VisitorRole.COMPANION)
    return session.scalars(wanted.order_by(Visitor.seat.is_(None), Visitor.seat, Visitor.id)).all()


def _record(session, visit, step, before, actor, now, answers) -> None:
    """The trail of changes says it all: who, when, from which state to which."""


# ---- the table ------------------------------------------------------------------------

_WORDS = Ask("words", "来访事由", is_long=True, is_prefilled=True, help="反映什么、希望怎么办")
_HEARD = (
    Ask("is_heard", "诉求听完并复述核对了吗", bool, help="诉求有人听"),
    Ask("feeling", "来访时的心情", VisitFeeling, help="心情有人懂：只记这一次，方便后面的人说话"),
    Ask("owner_unit", "问题由谁解决", Unit, help="问题有人解：当场答复的就是接待单位"),
)
_MINUTES = Ask("minutes", "接待了多少分钟", int, is_required=False, help="留空按开始接待到现在计算")
_TOLD = Ask("told", "告知来访人的话", is_long=True, help="印在告知单上，请用大白话")
_PLACE = Ask("area", "哪里的事", Area, help="事情发生的村社区或邻")
_DONE = (representatives_are_named, is_really_heard, duration_is_known)

RECEPTION_FLOW = Flow(
    "reception",
    VisitStatus,
    [
        Step("call", "叫号接待", {S.WAITING}, S.RECEIVING, P.RECEIVE,
             asks=(Ask("window_number", "几号窗口", int, is_required=False, help="显示在大厅屏幕上；只有一个窗口的不用填"),),
             effects=(_call,), hint="大厅屏幕只显示号码，不显示姓名"),
        Step("answer", "当场答复", {S.RECEIVING}, S.DONE, P.RECEIVE, asks=(_WORDS, *_HEARD, _TOLD, _MINUTES), guards=_DONE,
             effects=(_finish(VisitResult.ANSWERED),), hint="政策明确、当场讲清办好的；可以打印告知单"),
        Step("to_appeal", "转为诉求", {S.RECEIVING}, S.DONE, P.APPEAL_ENTER,
             asks=(_WORDS, _PLACE, Ask("place", "详细地点", is_required=False), *_HEARD, _MINUTES), guards=_DONE,
             first=(_make_appeal,), effects=(_finish(VisitResult.APPEAL), _name_appeal),
             hint="需要邻长、社区或街道去办的，按诉求流转，来访人凭编号和查询码查进度"),
        Step("to_case", "立案", {S.RECEIVING}, S.DONE, P.CASE_REGISTER,
             asks=(Ask("kind", "按什么办理", CaseKind), Ask("subject", "事由"), Ask("category", "类别", dictionary="dispute_category"),
                   _WORDS, _PLACE, *_HEARD, _MINUTES),
             guards=_DONE, first=(_make_case,), effects=(_finish(VisitResult.CASE), _name_case),
             hint="需要调解的按矛盾纠纷，属于信访的按信访事项；来访人员自动登记为当事人"),
        Step("guide", "引导其他途径", {S.RECEIVING}, S.DONE, P.RECEIVE,
             asks=(_WORDS, Ask("route", "法定途径", LegalRoute), _TOLD, *_HEARD, _MINUTES), guards=_DONE,
             effects=(_finish(VisitResult.GUIDED),), hint="不归街道办的，写明向哪里提出和依据，打印告知单交给来访人"),
        Step("leave", "过号或离开", {S.WAITING, S.RECEIVING}, S.LEFT, P.RECEIVE, effects=(_leave,), hint="叫号没有人应，或来访人先走了"),
        Step("return", "回来重新等候", {S.LEFT}, S.WAITING, P.RECEIVE, guards=(comes_back_the_same_day,), effects=(_return,)),
    ],
    _record,
    title="来访接待流程",
    ends=frozenset({S.DONE}),
)  # fmt: skip


# ---- the queue of a day ---------------------------------------------------------------


@dataclass(frozen=True)
class Queue:
    """The visits of one point on one day by state, each in the order of their numbers."""

    waiting: Sequence[ReceptionVisit]
    receiving: Sequence[ReceptionVisit]
    done: Sequence[ReceptionVisit]
    left: Sequence[ReceptionVisit]


def points(session: Session, actor: Actor) -> Sequence[ReceptionPoint]:
    """The points an actor receives at: those of the own branch, or all, the centre first."""
    wanted = select(ReceptionPoint).join(ReceptionPoint.area)
    if actor.is_scoped:
        wanted = wanted.where(Area.code.startswith(actor.area_code, autoescape=True) if actor.area_code else Area.code.is_(None))
    return session.scalars(wanted.order_by(Area.kind != AreaKind.SUBDISTRICT, ReceptionPoint.kind, ReceptionPoint.name)).all()


def queue(session: Session, point: ReceptionPoint, day: date) -> Queue:
    """Everybody of a day, at most a thousand."""
    wanted = (
        select(ReceptionVisit).options(joinedload(ReceptionVisit.received_by))
        .where(ReceptionVisit.point_id == point.id, ReceptionVisit.visited_on == day)
        .order_by(ReceptionVisit.queue_number).limit(1000)
    )  # fmt: skip
    found = session.scalars(wanted).all()
    return Queue(*([visit for visit in found if visit.status is status] for status in (S.WAITING, S.RECEIVING, S.DONE, S.LEFT)))


def ahead(session: Session, visit: ReceptionVisit) -> int:
    """How many wait before this one."""
    return session.scalar(
        select(func.count()).select_from(ReceptionVisit).where(
            ReceptionVisit.point_id == visit.point_id, ReceptionVisit.visited_on == visit.visited_on,
            ReceptionVisit.status == S.WAITING, ReceptionVisit.queue_number < visit.queue_number,
        )
    )  # fmt: skip


def hour(at: datetime) -> str:
    """14:05, as people here read the clock."""
    return f"{at.astimezone(LOCAL):%H:%M}"
