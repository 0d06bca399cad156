"""The steps of an appeal, and how one begins; it climbs 邻→组→片→社区→街道 until somebody answers (S104)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import uuid7
from models.appeal import Appeal, AppealEvent
from models.area import Area
from models.case import Case, CaseParty
from models.codes import (
    AppealStatus, AreaKind, CaseKind, LegalRoute, MatterLevel, PartyRole, Satisfaction, Tier5,
)  # fmt: skip
from models.department import Unit
from models.door_code import DoorCode
from models.neighbor import Chief

from ..coordination import answers as side
from .. import inbox, parameters
from . import door_codes
from ..background import messages
from ..cases import case_flow
from ..keeping import records
from ..access import Actor, Permission
from ..due_dates import for_term, local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step
from ..numbers import next_number
from ..showing import LOCAL

S = AppealStatus
P = Permission
LADDER = (Tier5.NEIGHBORHOOD, Tier5.GROUP, Tier5.SECTOR, Tier5.COMMUNITY, Tier5.SUBDISTRICT)
OPEN_STATES = frozenset({S.WAITING, S.TAKEN, S.ANSWERED})
_TIER_OF = {
    AreaKind.NEIGHBORHOOD: Tier5.NEIGHBORHOOD, AreaKind.GROUP: Tier5.GROUP, AreaKind.SECTOR: Tier5.SECTOR,
    AreaKind.COMMUNITY: Tier5.COMMUNITY, AreaKind.VILLAGE: Tier5.COMMUNITY, AreaKind.SUBDISTRICT: Tier5.SUBDISTRICT,
}  # fmt: skip


# ---- beginning ----------------------------------------------------------------------


def submit(
    session: Session, actor: Actor, now: datetime, *, key: str, code: DoorCode | None = None, **facts
) -> tuple[Appeal, bool]:
    """Keep an appeal once; says whether it is new. The same `key` (a UUID) gives the same appeal again.

    `facts` are attributes of `Appeal`; with a `code` its place is taken over. It goes to the lowest
    rung that has somebody in office.
    """
    known = session.scalar(select(Appeal).where(Appeal.idempotency_key == key))
    if known is not None:
        return known, False
    appeal = begin(key, code, facts)
    enter(session, appeal, actor, now)
    return appeal, True


def begin(key: str, code: DoorCode | None, facts: dict) -> Appeal:
    """A new appeal that nobody has numbered yet; with a `code` its place is taken over."""
    appeal = Appeal(**facts, idempotency_key=key)
    if code is not None:
        appeal.door_code_id, appeal.area_id = code.id, code.area_id
        appeal.household_id = appeal.household_id or code.household_id
        appeal.place = appeal.place or code.place
    return appeal


def enter(session: Session, appeal: Appeal, actor: Actor, now: datetime) -> None:
    """Number a new appeal, give it to the lowest rung that has somebody, write its first event."""
    enter_all(session, [appeal], actor, now)


def enter_all(session: Session, appeals: Sequence[Appeal], actor: Actor, now: datetime) -> None:
    """Enter new appeals together, all or none; a few statements, however many they are."""
    actor.require(P.APPEAL_ENTER)
    for appeal in appeals:
        check_words(appeal.words)
        _ask_for_its_source(appeal)
    first = _first_rungs(session, {appeal.area_id for appeal in appeals})
    year = now.astimezone(LOCAL).year
    last = next_number(session, "appeal", year, len(appeals))
    due_on = _due(session, now)
    with side.beyond_scope(session):  # the rungs above lie out of a chief's own branch
        for number, appeal in enumerate(appeals, last - len(appeals) + 1):
            appeal.id = appeal.id or uuid7()
            appeal.idempotency_key = appeal.idempotency_key or uuid7()
            appeal.appeal_no = f"{year}{number:06d}"
            appeal.query_code = f"{secrets.randbelow(10**8):08d}"
            appeal.status, appeal.received_at, appeal.entered_by_id = S.WAITING, now, actor.user_id
            _give(appeal, first[appeal.area_id], due_on)
    records.save_all(session, appeals, actor, now)
    session.add_all(
        _event_of(a, 1, "submit", "收到诉求", actor, now, told=f"您的诉求已收到，由{a.tier.label}先行联系处理") for a in appeals
    )
    session.flush()
    door_codes.told(session, Counter(a.door_code_id for a in appeals if a.door_code_id))
    _tell_owners(session, appeals, now)


def check_words(words: str | None) -> None:
    """Refuse an appeal that says nothing."""
    if len((words or "").strip()) < 2:
        raise Refused("请写明是什么事，几个字也可以", field="words")


_FROM_ELSEWHERE = {
    "channel:hotline_12345": ("source_no", "source_due_on"), "channel:transfer": ("source_no", "source_unit", "source_due_on"),
    "channel:dept_transfer": ("source_unit",),
}  # fmt: skip
_WANTED = {"source_no": "请填写来源编号，例如12345工单号", "source_unit": "请填写是哪个单位转来的", "source_due_on": "请填写来源要求的答复期限"}


def _ask_for_its_source(appeal: Appeal) -> None:
    """What comes from 12345 or from above brings a number, a unit, a term."""
    missing = {name: _WANTED[name] for name in _FROM_ELSEWHERE.get(appeal.channel, ()) if not getattr(appeal, name)}
    if missing:
        raise Refused("转来的诉求要写明来源：" + "；".join(missing.values()), errors=missing)


def _first_rungs(session: Session, places: set[str | None]) -> dict[str, Area]:
    """{place: the lowest rung that has somebody}, for places that the actor may name."""
    known = set(session.scalars(select(Area.id).where(Area.id.in_(places - {None}))))
    if places - known:
        raise Refused("请选择是哪个村社区或哪个邻的事", field="area")
    with side.beyond_scope(session):
        return _staffed(session, places)


_NEEDS_A_CHIEF = (AreaKind.NEIGHBORHOOD, AreaKind.GROUP, AreaKind.SECTOR)


def _staffed(session: Session, places: set[str]) -> dict[str, Area]:
    """For each place itself, or the first above it that has a chief; communities and the sub-district always have staff.

    Two statements a rung, however many places.
    """
    found, looked_at = {}, {place: place for place in places}
    while looked_at:
        areas = {area.id: area for area in session.scalars(select(Area).where(Area.id.in_(set(looked_at.values()))))}
        in_office = select(Chief.area_id).where(Chief.area_id.in_(areas), Chief.ended_on.is_(None))
        staffed = set(session.scalars(in_office)) if any(area.kind in _NEEDS_A_CHIEF for area in areas.values()) else set()
        above = {}
        for place, area_id in looked_at.items():
            area = areas[area_id]
            if area.kind in _NEEDS_A_CHIEF and area_id not in staffed:
                above[place] = area.parent_id
            else:
                found[place] = area
        looked_at = above
    return found


def chief_of(session: Session, area_id: str) -> Chief | None:
    return session.scalar(select(Chief).where(Chief.area_id == area_id, Chief.ended_on.is_(None)))


def _due(session: Session, now: datetime) -> Callable[[Tier5], date]:
    """By when a rung has to answer what it gets today, each read once."""
    return cache(lambda tier: for_term(session, f"appeal_{tier.value}", local_day(now)).on)


def _give(appeal: Appeal, area: Area, due_on: Callable[[Tier5], date]) -> None:
    appeal.owner_area_id, appeal.tier = area.id, _TIER_OF[area.kind]
    found = due_on(appeal.tier)
    appeal.due_on = min(found, appeal.source_due_on) if appeal.source_due_on else found
    appeal.first_due_on = appeal.first_due_on or appeal.due_on
    appeal.alert_level = 0


def _tell_owner(session: Session, appeal: Appeal, now: datetime) -> None:
    """Whoever had it until now has it no longer."""
    inbox.settle(session, appeal, _NOBODY, now)
    _tell_owners(session, [appeal], now)


def _tell_owners(session: Session, appeals: Sequence[Appeal], now: datetime) -> None:
    """Chiefs see their own list; community and sub-district staff get a line in their in-tray."""
    places = {a.owner_area_id for a in appeals if a.tier is Tier5.COMMUNITY}
    stations = select(Unit.area_id, Unit.id).where(Unit.area_id.in_(places)).order_by(Unit.id.desc())
    unit_of = dict(session.execute(stations).all()) if places else {}
    letters = []
    for appeal in appeals:
        whom = {"permission": P.APPEAL_TRIAGE.value} if appeal.tier is Tier5.SUBDISTRICT else None
        if appeal.owner_area_id in unit_of:
            whom = {"unit_id": unit_of[appeal.owner_area_id]}
        if whom is not None:
            title = f"诉求{appeal.appeal_no}待受理"
            letters.append(inbox.Letter(Appeal.slug(), appeal.id, "appeal", title, whom, appeal.due_on))
    inbox.put_many(session, letters, now)


_NOBODY = Actor(None, "系统", None)


def _event(session, appeal, verb, label, actor: Actor, now, told=None, note=None) -> None:
    last = session.scalar(select(func.max(AppealEvent.number)).where(AppealEvent.appeal_id == appeal.id))
    session.add(_event_of(appeal, (last or 0) + 1, verb, label, actor, now, told, note))
    session.flush()


def _event_of(appeal, number: int, verb, label, actor: Actor, now, told=None, note=None) -> AppealEvent:
    return AppealEvent(
        appeal_id=appeal.id, number=number, verb=verb, label=label, status_after=appeal.status,
        tier_after=appeal.tier, happened_at=now, user_id=actor.user_id, user_name=actor.name, told=told, note=note,
    )  # fmt: skip


def _record(session, appeal, step, before, actor, now, answers) -> None:
    told = answers.get("told") or _TOLD.get(step.verb)
    if step.verb in ("pass_up", "hand_down", "unsolved"):
        told = f"{_TOLD[step.verb]}，现由{appeal.tier.label}办理"
    note = answers.get("note") or (answers.get("words") if step.by is P.APPEAL_CITIZEN else None)
    _event(session, appeal, step.verb, step.label, actor, now, told=told, note=note)


_TOLD = {
    "take": "已有人接单，正在办理", "pass_up": "已转到上一级", "hand_down": "已交办", "to_case": "已立案办理，请留意后续进展",
    "duplicate": "与已收到的另一件诉求是同一件事，合并办理", "confirm": "您已确认解决", "unsolved": "您反映没有解决，已转到上一级",
    "withdraw": "您已撤回", "add": "您补充了情况", "close": "已答复，没有再收到您的意见，归档保存",
}  # fmt: skip


# ---- conditions ---------------------------------------------------------------------


def is_ours(session, appeal, actor, now, answers) -> str | None:
    """由诉求所在的那一级办理，或由有分办权限的人办理"""
    if actor.may(P.APPEAL_TRIAGE) or _owns(session, appeal, actor):
        return None
    return "这件诉求现在不由您这一级办理；如需处理，请联系正在办理的那一级"


def _owns(session, appeal, actor: Actor) -> bool:
    owner = session.get(Area, (appeal.subdistrict_id, appeal.owner_area_id))
    return bool(actor.area_code and owner and owner.code.startswith(actor.area_code))


def has_a_rung_above(session, appeal, actor, now, answers) -> str | None:
    """街道以下才能上交"""
    if appeal.tier is Tier5.SUBDISTRICT:
        return "已经在街道一级，不能再上交；需要部门配合的请转为案件后吹哨或交办"
    return None


def goes_to_a_place_inside(session, appeal, actor, now, answers) -> str | None:
    """交办给本街道内、有人负责的区域"""
    area = answers.get("area")
    if area.kind in (AreaKind.NEIGHBORHOOD, AreaKind.GROUP, AreaKind.SECTOR) and chief_of(session, area.id) is None:
        return f"{area.full_name}现在没有在任的{_TIER_OF[area.kind].label}，请选上一级"
    return None


def is_another_appeal(session, appeal, actor, now, answers) -> str | None:
    """重复的是另一件诉求"""
    other = answers.get("other")
    if other.id == appeal.id:
        return "请选择另一件诉求，不能与自己重复"
    if other.status is S.DUPLICATE:
        return "您选的那件本身也是重复件，请选最早的那一件"
    return None


def within_the_days(session, appeal, actor, now, answers) -> str | None:
    """答复后规定天数内可以反映没有解决"""
    days = parameters.value(session, "appeal_reopen_days")
    if appeal.answered_at and now > appeal.answered_at + timedelta(days=days):
        return f"答复已超过{days}天，请重新反映，我们会一并查看原来的经过"
    return None


# ---- effects ------------------------------------------------------------------------


def _take(session, appeal, actor, now, answers) -> None:
    appeal.first_answered_at = appeal.first_answered_at or now


def _answer(session, appeal, actor, now, answers) -> None:
    appeal.answered_at = now
    appeal.first_answered_at = appeal.first_answered_at or now
    appeal.answer = answers["told"]
    inbox.settle(session, appeal, actor, now)
    messages.answered(session, appeal, now)


def _climb(session, appeal, actor, now, answers) -> None:
    """To the next rung that has somebody, which lies out of the sight of who passes it up."""
    with side.beyond_scope(session):
        owner = session.get(Area, (appeal.subdistrict_id, appeal.owner_area_id))
        above = owner.parent_id if owner.kind is not AreaKind.SUBDISTRICT else owner.id
        _give(appeal, _staffed(session, {above})[above], _due(session, now))
        session.flush()
        _tell_owner(session, appeal, now)


def _reopen(session, appeal, actor, now, answers) -> None:
    appeal.ended_at = None
    appeal.satisfaction, appeal.rating_words, appeal.rated_at = None, None, None
    _climb(session, appeal, actor, now, answers)


def _hand_down(session, appeal, actor, now, answers) -> None:
    _give(appeal, answers["area"], _due(session, now))
    session.flush()
    _tell_owner(session, appeal, now)


def _register_case(session, appeal, actor, now, answers) -> None:
    case = answers["case"] = Case(
        subject=answers["subject"], kind=answers["kind"], category=answers["category"], channel=appeal.channel,
        source_no=appeal.source_no, source_unit=appeal.source_unit, source_due_on=appeal.source_due_on,
        level=answers["level"] or MatterLevel.SMALL, urgency=appeal.urgency, summary=appeal.words,
        received_on=local_day(appeal.received_at), area_id=appeal.area_id, household_id=appeal.household_id, place=appeal.place,
    )  # fmt: skip
    case_flow.enter(session, case, actor, now)
    if appeal.name:
        role = PartyRole.APPLICANT
        records.save(session, CaseParty(case_id=case.id, role=role, name=appeal.name, mobile=appeal.mobile), actor, now)


def _to_case(session, appeal, actor, now, answers) -> None:
    appeal.case_id = answers["case"].id
    appeal.first_answered_at = appeal.first_answered_at or now
    _end(session, appeal, actor, now, answers)


def _redirect(session, appeal, actor, now, answers) -> None:
    appeal.route, appeal.answer = answers["route"], answers["told"]
    appeal.first_answered_at = appeal.first_answered_at or now
    _end(session, appeal, actor, now, answers)


def _duplicate(session, appeal, actor, now, answers) -> None:
    appeal.duplicate_of_id = answers["other"].id
    appeal.first_answered_at = appeal.first_answered_at or now
    _end(session, appeal, actor, now, answers)


def _rate(session, appeal, actor, now, answers) -> None:
    if answers["satisfaction"] is not None:
        appeal.satisfaction, appeal.rated_at = answers["satisfaction"], now
        appeal.rating_words = answers["words"]
    appeal.ended_at = appeal.ended_at or now


def _end(session, appeal, actor, now, answers) -> None:
    appeal.ended_at = now
    inbox.settle(session, appeal, actor, now)


_TOLD_ASK = Ask("told", "告诉群众的话", is_long=True, help="群众凭受理编号和查询码能看到，请用大白话，不写工作人员姓名和内部情况")
_NOTE = Ask("note", "内部说明", is_long=True, is_required=False, help="群众看不到")

APPEAL_FLOW = Flow(
    "appeal",
    AppealStatus,
    [
        Step("take", "接单", {S.WAITING}, S.TAKEN, P.APPEAL_HANDLE, asks=(_NOTE,), guards=(is_ours,), effects=(_take,),
             hint="接单后请尽快联系反映人"),
        Step("answer", "答复", {S.WAITING, S.TAKEN}, S.ANSWERED, P.APPEAL_HANDLE, asks=(_TOLD_ASK, _NOTE), guards=(is_ours,),
             effects=(_answer,), hint="事情办好了、讲清楚了，就答复；群众可以确认解决，也可以说没有解决"),
        Step("pass_up", "上交一级", {S.WAITING, S.TAKEN}, S.WAITING, P.APPEAL_HANDLE,
             asks=(Ask("note", "超出本级能力的理由", is_long=True, help="已经做了什么，为什么办不了"),),
             guards=(is_ours, has_a_rung_above), effects=(_climb,), hint="自己这一级办不了的，及时上交，不拖"),
        Step("hand_down", "交办下级", {S.WAITING, S.TAKEN}, S.WAITING, P.APPEAL_TRIAGE,
             asks=(Ask("area", "交给哪里", Area), _NOTE), guards=(goes_to_a_place_inside,), effects=(_hand_down,)),
        Step("to_case", "立案", {S.WAITING, S.TAKEN, S.ANSWERED}, S.CONVERTED, P.APPEAL_TRIAGE,
             asks=(Ask("kind", "按什么办理", CaseKind), Ask("subject", "事由"),
                   Ask("category", "类别", dictionary="dispute_category"),
                   Ask("level", "事项层级", MatterLevel, is_required=False)),
             first=(_register_case,), effects=(_to_case,),
             hint="诉求不等于信访：需要调解的按矛盾纠纷，属于信访的按信访事项登记"),
        Step("redirect", "引导其他途径", {S.WAITING, S.TAKEN}, S.REDIRECTED, P.APPEAL_TRIAGE,
             asks=(Ask("route", "法定途径", LegalRoute), _TOLD_ASK, _NOTE), effects=(_redirect,),
             hint="不归街道办的，写明应向哪里提出和依据"),
        Step("duplicate", "重复件", {S.WAITING, S.TAKEN}, S.DUPLICATE, P.APPEAL_TRIAGE,
             asks=(Ask("other", "与哪件重复", Appeal), _NOTE), guards=(is_another_appeal,), effects=(_duplicate,)),
        Step("climb", "超时上交", {S.WAITING}, S.WAITING, P.APPEAL_SWEEP, effects=(_climb,), hint="没有人接单的，到期自动上交一级"),
        Step("add", "群众补充", OPEN_STATES, None, P.APPEAL_CITIZEN, asks=(Ask("words", "补充的情况", is_long=True),)),
        Step("confirm", "群众确认解决", {S.ANSWERED}, S.SOLVED, P.APPEAL_CITIZEN,
             asks=(Ask("satisfaction", "评价", Satisfaction, is_required=False), Ask("words", "想说的话", is_long=True, is_required=False)),
             effects=(_rate,)),
        Step("rate", "群众评价", {S.SOLVED, S.CLOSED, S.REDIRECTED}, None, P.APPEAL_CITIZEN,
             asks=(Ask("satisfaction", "评价", Satisfaction), Ask("words", "想说的话", is_long=True, is_required=False)),
             effects=(_rate,)),
        Step("unsolved", "群众反映未解决", {S.ANSWERED, S.SOLVED, S.CLOSED}, S.WAITING, P.APPEAL_CITIZEN,
             asks=(Ask("words", "还有什么没有解决", is_long=True),), guards=(within_the_days,), effects=(_reopen,)),
        Step("withdraw", "群众撤回", {S.WAITING, S.TAKEN}, S.WITHDRAWN, P.APPEAL_CITIZEN, effects=(_end,)),
        Step("close", "归档", {S.ANSWERED}, S.CLOSED, P.APPEAL_SWEEP, effects=(_end,), hint="答复后群众没有再说话，到期归档，评价留空"),
    ],
    _record,
    title="群众诉求流程",
    ends=frozenset(AppealStatus) - OPEN_STATES,
)  # fmt: skip
