"""Orders to units and people: who gets a matter, by when it is answered, and the answer."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Assignment, Case
from models.codes import AssignmentStatus, ClockState, MediationStage
from models.department import Unit

from . import clocks
from .access import Permission
from .due_dates import DueDate, for_term, local_day


def open_assignment(session: Session, case: Case) -> Assignment | None:
    return session.scalar(
        select(Assignment).where(
            Assignment.case_id == case.id, Assignment.status == AssignmentStatus.OPEN
        )
    )


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
    """由承办人、承办单位或有分流权限的人办理"""
    order = open_assignment(session, case)
    if order is None:
        return "这件事没有待反馈的交办"
    mine = actor.worker_id and order.worker_id == actor.worker_id
    ours = actor.unit_id and order.unit_id == actor.unit_id
    if mine or ours or actor.may(Permission.CASE_DISPATCH):
        return None
    return "这件事没有交办给您或您的单位，不能代为办理"


# ---- effects ---------------------------------------------------------------------------


def assign(session, case, actor, now, answers) -> None:
    unit, worker = answers["unit"], answers["worker"]
    case.assigned_at = now
    case.lead_unit_id = unit.id if unit else (worker.unit_id or case.lead_unit_id)
    case.handler_id = worker.id if worker else None
    case.competent_unit_id = case.competent_unit_id or case.lead_unit_id
    case.territory_unit_id = case.territory_unit_id or _territory(session, case)
    if case.stage in (None, MediationStage.ONSITE):
        case.stage = MediationStage.DIVERTED
    withdraw(session, case, now)
    chosen = answers["due_on"] and DueDate(answers["due_on"], "由交办人指定")
    due = chosen or for_term(session, "divert", local_day(now))
    order = Assignment(
        case_id=case.id, unit_id=unit and unit.id, worker_id=worker and worker.id,
        status=AssignmentStatus.OPEN, due_on=due.on, due_reason=due.reason,
        demand=answers["demand"], assigned_by_id=actor.user_id, assigned_at=now,
    )  # fmt: skip
    session.add(order)
    session.flush()
    clock = clocks.start(session, case, "divert", local_day(now), part=order, due=chosen)
    order.due_on, order.due_reason = clock.due_on, clock.due_reason


def withdraw(session: Session, case: Case, now) -> None:
    """Take back what is still unanswered, with its clock."""
    order = open_assignment(session, case)
    if order is None:
        return
    order.status = AssignmentStatus.WITHDRAWN
    clocks.stop(session, case, now, part=order, state=ClockState.CANCELLED)
    session.flush()  # the index on open assignments allows one at a time


def feed_back(session, case, actor, now, answers) -> None:
    order = open_assignment(session, case)
    order.status = AssignmentStatus.FED_BACK
    order.feedback = answers["feedback"]
    order.fed_back_at = now
    clocks.stop(session, case, now, part=order)


def _territory(session: Session, case: Case) -> str | None:
    """The unit of the community in which the matter lies (S047)."""
    community = case.area.code.split(".")[0]
    return session.scalar(
        select(Unit.id).join(Unit.area).where(Unit.area.has(code=community)).limit(1)
    )
