"""Orders to units and people: who leads, who assists, by when each answers, and the answer.

One order leads a case; any number assist. Every order lies in the in-tray of whom it was given to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import uuid7
from models.case import Assignment, Case
from models.codes import AssignmentRole, AssignmentStatus, ClockState, MediationStage, TermUnit
from models.department import DispatchRule, DutyDay, Unit
from models.worker import Worker

from .. import inbox
from ..cases import clocks
from ..access import Actor, Permission
from ..due_dates import DueDate, calendar, due_date, local_day

TODO = "order"
ALL = tuple(AssignmentRole)


def open_orders(session: Session, case: Case) -> Sequence[Assignment]:
    """The orders of a case that wait for an answer, the one that leads first."""
    found = session.scalars(
        select(Assignment).where(Assignment.case_id == case.id, Assignment.status == AssignmentStatus.OPEN)
        .order_by(Assignment.id)
    ).all()  # fmt: skip
    return sorted(found, key=lambda order: order.role is not AssignmentRole.LEAD)


def open_assignment(session: Session, case: Case) -> Assignment | None:
    """The open order that leads."""
    return next((o for o in open_orders(session, case) if o.role is AssignmentRole.LEAD), None)


# ---- guards ----------------------------------------------------------------------------


def gives_to_somebody(session, case, actor, now, answers) -> str | None:
    """承办单位和承办人至少有一个"""
    if answers.get("unit") is None and answers.get("worker") is None:
        return "请选择承办单位或承办人，至少一个，否则没有人负责"
    return None


def day_lies_ahead(session, case, actor, now, answers) -> str | None:
    """期限不早于今天"""
    if answers.get("due_on") and answers["due_on"] < local_day(now):
        return "反馈期限不能早于今天"
    if answers.get("days") is not None and not 1 <= answers["days"] <= 250:
        return "限几个工作日请填1至250"
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


def helper_is_another_unit(session, case, actor, now, answers) -> str | None:
    """协办单位不是承办单位"""
    if answers.get("assist") is not None and answers["assist"] is answers.get("unit"):
        return "协办单位和承办单位不能是同一个，请另选或留空"
    return None


def not_given_already(session, case, actor, now, answers) -> str | None:
    """没有在办的同一单位或同一人的交办"""
    unit, worker = answers.get("unit"), answers.get("worker")
    for order in open_orders(session, case):
        if unit is not None and order.unit_id == unit.id:
            return f"{unit.name}已有没反馈的交办，不用重复派"
        if worker is not None and order.worker_id == worker.id:
            return f"{worker.name}已有没反馈的交办，不用重复派"
    return None


def territory_is_known(session, case, actor, now, answers) -> str | None:
    """主管单位和属地单位都已明确（S046、S047）"""
    if answers.get("territory") is None and case.territory_unit_id is None and territory(session, case) is None:
        if "." in case.area.code:
            return "事发村社区还没有在“部门单位”里登记，请选择属地单位，或请管理员补上"
    return None


def dispatcher_is_on_duty(session, case, actor, now, answers) -> str | None:
    """由当日带班领导或平安法治办主任分流（R19、S130）"""
    if actor.is_system or actor.may(Permission.DISPATCH_ALWAYS):
        return None
    today = session.scalar(select(DutyDay).where(DutyDay.duty_on == local_day(now)))
    if today is not None and actor.worker_id not in (today.leader_id, today.deputy_id):
        return f"今天的带班领导是{today.leader.name}，请由带班领导或平安法治办主任分流"
    return None


def is_ours_to_answer(session, case, actor, now, answers) -> str | None:
    """由承办人、承办单位或有分流权限的人办理"""
    order = open_assignment(session, case)
    if order is None:
        return "这件事没有待反馈的交办"
    return why_not_ours(order, actor)


def why_not_ours(order: Assignment, actor: Actor) -> str | None:
    """Why an actor may not act for whom an order was given to, or None."""
    mine = actor.worker_id and order.worker_id == actor.worker_id
    ours = actor.unit_id and order.unit_id == actor.unit_id
    if mine or ours or actor.may(Permission.CASE_DISPATCH):
        return None
    return "这件事没有交办给您或您的单位，不能代为办理"


# ---- effects ---------------------------------------------------------------------------


def assign(session, case, actor, now, answers) -> None:
    """Give the lead, with one assisting unit if named; what was open before is taken back."""
    unit, worker = answers["unit"], answers["worker"]
    case.assigned_at = now
    case.lead_unit_id = unit.id if unit else (worker.unit_id or case.lead_unit_id)
    case.handler_id = worker.id if worker else None
    case.competent_unit_id = case.competent_unit_id or _competent(session, case) or case.lead_unit_id
    if answers.get("territory") is not None:
        case.territory_unit_id = answers["territory"].id
    case.territory_unit_id = case.territory_unit_id or territory(session, case)
    if case.stage in (None, MediationStage.ONSITE):
        case.stage = MediationStage.DIVERTED
    withdraw(session, case, now, actor)
    give(session, case, AssignmentRole.LEAD, actor, now, answers)
    if answers.get("assist") is not None:
        shared = {name: answers.get(name) for name in ("due_on", "days", "demand")}
        give(session, case, AssignmentRole.ASSIST, actor, now, {"unit": answers["assist"], **shared})


def assist(session, case, actor, now, answers) -> None:
    """Give one more unit or person a part of the matter."""
    give(session, case, AssignmentRole.ASSIST, actor, now, answers)


def give(session: Session, case: Case, role: AssignmentRole, actor: Actor, now: datetime, answers: dict) -> Assignment:
    """Write one order with its own clock, and put it into the in-tray of whom it is for.

    `answers`: unit, worker, due_on, days, demand, liaison, leader; what is missing is empty.
    """
    unit, worker = answers.get("unit"), answers.get("worker")
    order = Assignment(
        id=uuid7(), case_id=case.id, role=role, unit_id=unit and unit.id, worker_id=worker and worker.id,
        liaison_id=answers.get("liaison") and answers["liaison"].id, leader_id=answers.get("leader") and answers["leader"].id,
        status=AssignmentStatus.OPEN, demand=answers.get("demand"), assigned_by_id=actor.user_id, assigned_at=now,
    )  # fmt: skip
    today = local_day(now)
    clock = clocks.start(session, case, "divert", today, part=order, due=_chosen(session, today, answers))
    order.due_on, order.due_reason = clock.due_on, clock.due_reason
    session.add(order)
    session.flush()
    remind(session, case, order, now)
    return order


def remind(session: Session, case: Case, order: Assignment, now: datetime, *, word: str = "") -> None:
    """Put an order into the in-tray of whom it is for; `word` says how it came there, else what their part is."""
    title = f"{word or order.role.label} {case.case_no} {case.subject}，请反馈办理情况"
    worker = session.get(Worker, (order.subdistrict_id, order.worker_id)) if order.worker_id else None
    inbox.put(session, order, TODO, title, worker or order.unit, now, due_on=order.due_on)


def _chosen(session: Session, today: date, answers: dict) -> DueDate | None:
    """The limit the dispatcher set: a day, or so many working days; None for the usual term."""
    if answers.get("due_on"):
        return DueDate(answers["due_on"], "由交办人指定")
    if answers.get("days"):
        day = due_date(today, answers["days"], TermUnit.WORKDAY, calendar(session))
        return DueDate(day, f"由交办人指定{answers['days']}个工作日，自{today:%Y-%m-%d}的次日起算")
    return None


def withdraw(session: Session, case: Case, now: datetime, actor: Actor, roles: Sequence[AssignmentRole] = ALL) -> None:
    """Take back what is still unanswered, with its clock and its line in the in-tray."""
    for order in open_orders(session, case):
        if order.role in roles:
            end(session, case, order, AssignmentStatus.WITHDRAWN, actor, now)


def take_back(session, case, actor, now, answers) -> None:
    """All open orders end; the case waits to be given to somebody again."""
    withdraw(session, case, now, actor)
    case.handler_id = None


def end(
    session: Session, case: Case, order: Assignment, status: AssignmentStatus, actor: Actor, now: datetime
) -> None:
    """End one order unanswered."""
    order.status = status
    clocks.stop(session, case, now, part=order, state=ClockState.CANCELLED)
    inbox.settle(session, order, actor, now)
    session.flush()  # the indexes on open orders allow one at a time


def feed_back(session, case, actor, now, answers) -> None:
    answer(session, open_assignment(session, case), actor, now, answers)


def answer(session: Session, order: Assignment, actor: Actor, now: datetime, answers: dict) -> None:
    """Keep the answer to an order, and whether the unit cannot settle it alone."""
    order.status = AssignmentStatus.FED_BACK
    order.feedback, order.is_beyond = answers["feedback"], answers.get("is_beyond")
    order.fed_back_at = now
    clocks.stop(session, order.case, now, part=order)
    inbox.settle(session, order, actor, now, TODO)


def territory(session: Session, case: Case) -> str | None:
    """The unit of the community in which the matter lies (S047)."""
    community = case.area.code.split(".")[0]
    return session.scalar(
        select(Unit.id).join(Unit.area).where(Unit.area.has(code=community)).limit(1)
    )


def _competent(session: Session, case: Case) -> str | None:
    """The unit that answers for this kind of matter by the duty catalogue (S046)."""
    keys = (case.category, case.category.rsplit(".", 1)[0])
    found = dict(session.execute(select(DispatchRule.category, DispatchRule.lead_unit_id).where(DispatchRule.category.in_(keys))).all())
    return found.get(keys[0]) or found.get(keys[1])


def name_of(order: Assignment) -> str:
    """Whom an order was given to, in words."""
    taker: Unit | Worker | None = order.unit or order.worker
    return taker.name if taker is not None else "—"
