"""The steps of a case, and how one begins."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Assignment, Case, CaseEvent, CaseParty
from models.codes import (
    AssignmentStatus, CaseKind, CaseOutcome, CaseStatus, MatterLevel, MediationStage, Tier,
)  # fmt: skip
from models.department import Unit
from models.team import Team
from models.worker import Worker

from . import records, rosters
from .access import Actor, Permission
from .due_dates import for_term
from .errors import Refused
from .flow import Ask, Flow, Step, plain
from .numbers import case_number

LOCAL = ZoneInfo("Asia/Shanghai")
S = CaseStatus
P = Permission


def local_day(now: datetime) -> date:
    """The calendar day in China at an instant."""
    return now.astimezone(LOCAL).date()


def _record(session, case, step, before, actor, now, answers) -> None:
    note = next((answers[a.name] for a in step.asks if a.is_long and answers.get(a.name)), None)
    _event(session, case, step.verb, step.label, before, actor, now, note, plain(answers))


def _event(session, case, verb, label, before, actor: Actor, now, note, answers) -> None:
    last = session.scalar(select(func.max(CaseEvent.number)).where(CaseEvent.case_id == case.id))
    session.add(
        CaseEvent(
            case_id=case.id, number=(last or 0) + 1, verb=verb, label=label, status_before=before,
            status_after=case.status, happened_at=now, user_id=actor.user_id, user_name=actor.name,
            note=note, answers=answers or None,
        )
    )  # fmt: skip


def register(session: Session, actor: Actor, now: datetime, *, parties: list[dict] = (), **facts) -> Case:
    """Register a matter: it gets its number at once, and the first contact is fixed.

    `facts` are attributes of `Case`; `parties` those of `CaseParty`. Raises `Refused`.
    """
    case = Case(**facts)
    enter(session, case, actor, now)
    for party in parties:
        records.save(session, CaseParty(case_id=case.id, **party), actor, now)
    return case


@rosters.creator(Case)
def enter(session: Session, case: Case, actor: Actor, now: datetime) -> None:
    """Number a new matter, fix its first contact and write the first event."""
    actor.require(P.CASE_REGISTER)
    case.status = S.REGISTERED
    case.stage = MediationStage.ONSITE if case.kind is not CaseKind.PETITION else None
    case.case_no = case_number(session, now)
    case.registered_at = now
    case.received_on = case.received_on or local_day(now)
    case.first_contact_user_id = actor.user_id
    case.first_contact_unit_id = actor.unit_id
    due = for_term(session, _TERM_OF[case.kind], case.received_on)
    case.due_on, case.due_reason = due.on, due.reason
    records.save(session, case, actor, now)
    _event(session, case, "register", "登记", None, actor, now, None, None)
    session.flush()


_TERM_OF = {
    CaseKind.APPEAL: "divert",
    CaseKind.DISPUTE: "tj_mediate",
    CaseKind.PETITION: "xf_handle",
}


@records.before_save(Case)
def _facts_agree(session, case: Case, actor, now) -> None:
    if case.received_on and case.received_on > local_day(now):
        raise Refused("收到日期不能晚于今天", field="received_on")
    if case.occurred_on and case.received_on and case.occurred_on > case.received_on:
        raise Refused("发生日期不能晚于收到日期", field="occurred_on")
    if case.kind is CaseKind.PETITION and case.people_count is not None and case.people_count < 1:
        raise Refused("信访事项的涉及人数至少为1", field="people_count")


def gives_to_somebody(session, case, actor, now, answers) -> str | None:
    """承办单位和承办人至少有一个"""
    if answers.get("unit") is None and answers.get("worker") is None:
        return "请选择承办单位或承办人，至少一个，否则没有人负责"
    return None


def day_lies_ahead(session, case, actor, now, answers) -> str | None:
    """期限不早于今天"""
    if answers.get("due_on") and answers["due_on"] < local_day(now):
        return "反馈期限不能早于今天"
    return None


def within_the_case_term(session, case, actor, now, answers) -> str | None:
    """交办期限不晚于整件期限"""
    if answers.get("due_on") and case.due_on and local_day(now) <= case.due_on < answers["due_on"]:
        return f"交办期限不能晚于整件的办理期限{case.due_on:%Y-%m-%d}"
    return None


def worker_is_at_work(session, case, actor, now, answers) -> str | None:
    """承办人在岗"""
    worker = answers.get("worker")
    if worker is not None and not worker.is_active:
        return f"{worker.name}已不在岗，请另选承办人"
    return None


def is_ours_to_answer(session, case, actor, now, answers) -> str | None:
    """由承办人、承办单位或有分流权限的人反馈"""
    order = open_assignment(session, case)
    if order is None:
        return "这件事没有待反馈的交办"
    mine = actor.worker_id and order.worker_id == actor.worker_id
    ours = actor.unit_id and order.unit_id == actor.unit_id
    if mine or ours or actor.may(P.CASE_DISPATCH):
        return None
    return "这件事没有交办给您或您的单位，不能代为反馈"


def team_is_complete(session, case, actor, now, answers) -> str | None:
    """已有完整的“3+X”专班"""
    if active_team(session, case) is None:
        return "还没有“3+X”专班。请先配齐包案领导、专岗调解员、律师和至少一名工作人员"
    return None


def open_assignment(session: Session, case: Case) -> Assignment | None:
    return session.scalar(
        select(Assignment).where(
            Assignment.case_id == case.id, Assignment.status == AssignmentStatus.OPEN
        )
    )


def active_team(session: Session, case: Case) -> Team | None:
    return session.scalar(
        select(Team).where(Team.case_id == case.id, Team.disbanded_at.is_(None))
    )


def _accept(session, case, actor, now, answers) -> None:
    case.accepted_at = now
    case.level = answers["level"] or case.level


def _assign(session, case, actor, now, answers) -> None:
    earlier = open_assignment(session, case)
    if earlier is not None:
        earlier.status = AssignmentStatus.WITHDRAWN
        session.flush()  # the index on open assignments allows one at a time
    unit, worker = answers["unit"], answers["worker"]
    due_on, reason = answers["due_on"], "由交办人指定"
    if due_on is None:
        due = for_term(session, "divert", local_day(now))
        due_on, reason = due.on, due.reason
        if case.due_on and local_day(now) <= case.due_on < due_on:
            due_on, reason = case.due_on, "以整件办理期限为限"
    session.add(
        Assignment(
            case_id=case.id, unit_id=unit and unit.id, worker_id=worker and worker.id,
            status=AssignmentStatus.OPEN, due_on=due_on, due_reason=reason,
            demand=answers["demand"], assigned_by_id=actor.user_id,
            assigned_at=now,
        )
    )  # fmt: skip
    case.assigned_at = now
    case.lead_unit_id = unit.id if unit else (worker.unit_id or case.lead_unit_id)
    case.handler_id = worker.id if worker else None
    case.competent_unit_id = case.competent_unit_id or case.lead_unit_id
    case.territory_unit_id = case.territory_unit_id or _territory(session, case)
    if case.stage in (None, MediationStage.ONSITE):
        case.stage = MediationStage.DIVERTED


def _territory(session: Session, case: Case) -> str | None:
    """The unit of the community in which the matter lies (S047)."""
    community = case.area.code.split(".")[0]
    return session.scalar(
        select(Unit.id).join(Unit.area).where(Unit.area.has(code=community)).limit(1)
    )


def _feed_back(session, case, actor, now, answers) -> None:
    order = open_assignment(session, case)
    order.status = AssignmentStatus.FED_BACK
    order.feedback = answers["feedback"]
    order.fed_back_at = now


def _join(session, case, actor, now, answers) -> None:
    case.stage = MediationStage.JOINT


def _close(session, case, actor, now, answers) -> None:
    case.outcome = answers["outcome"]
    case.result = answers["result"]
    case.is_informed = answers["is_informed"]
    case.solved_at_tier = answers["tier"]
    case.closed_at = now
    team = active_team(session, case)
    if team is not None:
        team.disbanded_at = now  # its members have one matter less in hand


def citizen_is_informed(session, case, actor, now, answers) -> str | None:
    """已告知当事人（R15）"""
    if not answers.get("is_informed"):
        return "办结前须把结果告知当事人；请告知后选“是”再办结"
    return None


def _decline(session, case, actor, now, answers) -> None:
    case.result = answers["reason"]


CASE_FLOW = Flow(
    "case",
    CaseStatus,
    [
        Step(
            "accept", "受理", {S.REGISTERED}, S.ACCEPTED, P.CASE_ACCEPT,
            asks=(Ask("level", "事项层级", MatterLevel, is_required=False, is_prefilled=True),),
            effects=(_accept,),
            hint="属于街道受理范围的，受理后进入分流调度",
        ),
        Step(
            "decline", "不予受理", {S.REGISTERED}, S.DECLINED, P.CASE_ACCEPT,
            asks=(Ask("reason", "不予受理的理由和告知内容", is_long=True, help="写明依据，以及应当向哪里提出"),),
            effects=(_decline,),
            hint="不属于受理范围的，说明理由并告知应向哪里提出",
        ),
        Step(
            "assign", "分流交办", {S.ACCEPTED, S.ASSIGNED, S.FED_BACK}, S.ASSIGNED, P.CASE_DISPATCH,
            asks=(
                Ask("unit", "承办单位", Unit, is_required=False),
                Ask("worker", "承办人", Worker, is_required=False),
                Ask("due_on", "反馈期限", date, is_required=False, help="留空按“分流调解”时限自动计算"),
                Ask("demand", "交办要求", is_required=False, is_long=True),
            ),
            guards=(gives_to_somebody, worker_is_at_work, day_lies_ahead, within_the_case_term),
            effects=(_assign,),
            hint="指派专人或单位，限期反馈结果；再次交办会撤换原来的承办人",
        ),
        Step(
            "feed_back", "反馈", {S.ASSIGNED}, S.FED_BACK, P.CASE_FEED_BACK,
            asks=(Ask("feedback", "办理情况", is_long=True, help="做了什么、双方意见、结果如何"),),
            guards=(is_ours_to_answer,),
            effects=(_feed_back,),
            hint="承办人或承办单位在期限内反馈办理情况",
        ),
        Step(
            "join", "转联合调解", {S.ACCEPTED, S.ASSIGNED, S.FED_BACK}, None, P.CASE_JOIN,
            guards=(team_is_complete,),
            effects=(_join,),
            hint="重点问题由“3+X”专班联合调解",
        ),
        Step(
            "close", "办结", {S.FED_BACK}, S.CLOSED, P.CASE_CLOSE,
            asks=(
                Ask("outcome", "办理结果", CaseOutcome),
                Ask("result", "结果说明", is_long=True),
                Ask("tier", "化解层级", Tier, help="在哪一级解决的"),
                Ask("is_informed", "已告知当事人", bool),
            ),
            guards=(citizen_is_informed,),
            effects=(_close,),
            hint="反馈情况核实、当事人已告知后办结",
        ),
    ],
    _record,
)  # fmt: skip

OPEN_STATES = frozenset(Case.__live__[1])
