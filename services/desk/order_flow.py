"""The steps of one order, and of an objection to it (R11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Assignment, Objection
from models.codes import AssignmentRole, AssignmentStatus, ObjectionState, UnitRating
from models.department import Unit
from models.worker import Staff, Worker

from .. import inbox
from ..cases import timeline
from . import orders
from ..access import Permission
from ..cases.case_flow import CASE_FLOW
from ..due_dates import for_term, local_day
from ..flow import Ask, Depends, Flow, Step, note_of, plain
from ..showing import LOCAL

A = AssignmentStatus
P = Permission
OBJECTION = "objection"
TIMES = 2
DAYS = 365


def _record(session, order: Assignment, step, before, actor, now, answers) -> None:
    label = f"{step.label}（{orders.name_of(order)}）"[:200]
    timeline.write(
        session, order.case, f"order_{step.verb}"[:32], label, actor, now, note=note_of(step, answers), answers=plain(answers),
        before=order.case.status,
    )  # fmt: skip


# ---- guards ----------------------------------------------------------------------------


def assists(session, order, actor, now, answers) -> str | None:
    """只用于协办；主办的在案件上办"""
    return "主办单位请在案件页面办理“反馈”，反馈后案件进入待办结" if order.role is AssignmentRole.LEAD else None


def is_theirs(session, order, actor, now, answers) -> str | None:
    """由承办人、承办单位或有分流权限的人办理"""
    return orders.why_not_ours(order, actor)


def is_of_a_unit(session, order, actor, now, answers) -> str | None:
    """交办给单位的才能提异议，由该单位提出"""
    if order.unit_id is None:
        return "交办给个人的不走分流异议，请与分流的人联系改派"
    if actor.unit_id != order.unit_id:
        return "只有被交办的单位能提出异议"
    return None


def within_five_workdays(session, order, actor, now, answers) -> str | None:
    """收到交办5个工作日内提出（R11）"""
    last = for_term(session, "xf_objection", local_day(order.assigned_at))
    if local_day(now) > last.on:
        return f"已过提出异议的期限{last.on:%Y-%m-%d}（{last.reason}），请按时办理"
    return None


def proposes_another_unit(session, order, actor, now, answers) -> str | None:
    """建议的单位不是自己"""
    return "请写明应当交给哪个其他单位" if answers["proposed_unit"].id == order.unit_id else None


def no_objection_is_open(session, order, actor, now, answers) -> str | None:
    """没有等待裁定的异议"""
    wanted = select(Objection.id).where(Objection.order_id == order.id, Objection.status == ObjectionState.OPEN)
    return "这件交办的异议还在等裁定，不用再提" if session.scalar(wanted.limit(1)) else None


def a_poor_rating_says_why(session, order, actor, now, answers) -> str | None:
    """评“差”要说明"""
    return "评“差”请在说明里写清楚差在哪里" if answers["rating"] is UnitRating.POOR and not answers.get("note") else None


# ---- effects ---------------------------------------------------------------------------


def _answer(session, order, actor, now, answers) -> None:
    orders.answer(session, order, actor, now, answers)


def _where_back(session: Session, order: Assignment) -> A:
    """Taken back after an objection that was right, or because the dispatcher wants it otherwise."""
    wanted = select(Objection.id).where(Objection.order_id == order.id, Objection.status == ObjectionState.ACCEPTED)
    return A.RETURNED if session.scalar(wanted.limit(1)) else A.WITHDRAWN


def _take_back(session, order, actor, now, answers) -> None:
    orders.end(session, order.case, order, order.status, actor, now)


def _back_to_the_tray(session, order, actor, now, answers) -> None:
    """Without its lead the case waits to be given to somebody again."""
    if order.role is AssignmentRole.LEAD:
        CASE_FLOW.take(session, "give_back", order.case, actor, now, reason=answers["reason"])


def _name(session, order, actor, now, answers) -> None:
    order.liaison_id = answers["liaison"] and answers["liaison"].id
    order.leader_id = answers["leader"] and answers["leader"].id


def _object(session, order, actor, now, answers) -> None:
    objection = Objection(
        case_id=order.case_id, order_id=order.id, unit_id=order.unit_id, reason=answers["reason"],
        proposed_unit_id=answers["proposed_unit"].id, raised_by_id=actor.user_id, raised_at=now,
        status=ObjectionState.OPEN,
    )  # fmt: skip
    session.add(objection)
    session.flush()
    title = f"{orders.name_of(order)}对{order.case.case_no}的分流提出异议，请裁定"
    inbox.put(session, objection, OBJECTION, title, P.CASE_DISPATCH, now, due_on=order.due_on)


def _rate(session, order, actor, now, answers) -> None:
    order.rating, order.rating_note = answers["rating"], answers["note"]
    order.rated_by_id, order.rated_at = actor.user_id, now


ORDER_FLOW = Flow(
    "order",
    AssignmentStatus,
    [
        Step(
            "answer", "协办反馈", {A.OPEN}, A.FED_BACK, P.CASE_FEED_BACK,
            asks=(
                Ask("feedback", "办理情况", is_long=True, help="做了什么、结果如何"),
                Ask("is_beyond", "无法单独解决", bool, is_required=False, help="选“是”提醒分流的人另想办法"),
            ),
            guards=(assists, is_theirs), effects=(_answer,), hint="协办单位在期限内反馈，不改变案件的状态",
        ),
        Step(
            "name", "填写联络人", {A.OPEN}, None, P.CASE_FEED_BACK,
            asks=(
                Ask("liaison", "联络人", Worker, is_required=False, is_prefilled=True),
                Ask("leader", "分管领导", Staff, is_required=False, is_prefilled=True),
            ),
            guards=(is_theirs,), effects=(_name,), hint="单位里谁经办、谁分管",
        ),
        Step(
            "object", "提出异议", {A.OPEN}, None, P.CASE_FEED_BACK,
            asks=(
                Ask("reason", "理由", is_long=True, help="写明为什么不属于本单位职责"),
                Ask("proposed_unit", "应当交给", Unit),
            ),
            guards=(is_of_a_unit, within_five_workdays, proposes_another_unit, no_objection_is_open), effects=(_object,),
            hint="收到交办5个工作日内可以提出一次，裁定前仍要办理",
        ),
        Step(
            "take_back", "收回", {A.OPEN}, Depends(frozenset({A.WITHDRAWN, A.RETURNED}), "已撤换；异议成立的已退回", _where_back),
            P.CASE_DISPATCH, asks=(Ask("reason", "收回原因", is_long=True),), effects=(_take_back,), then=(_back_to_the_tray,),
            hint="协办的只收回这一份；主办的收回后案件回到分流调度台",
        ),
        Step(
            "rate", "评价", {A.FED_BACK}, None, P.CASE_DISPATCH,
            asks=(
                Ask("rating", "办理评价", UnitRating), Ask("note", "评价说明", is_required=False),
            ),
            guards=(a_poor_rating_says_why,), effects=(_rate,), hint="由分流的人评价这次办理，记在单位名下并注明谁评的",
        ),
    ],
    _record,
    title="交办单",
    ends=frozenset({A.FED_BACK, A.WITHDRAWN, A.RETURNED}),
)  # fmt: skip


def _record_decision(session, objection: Objection, step, before, actor, now, answers) -> None:
    timeline.write(
        session, objection.case, f"objection_{step.verb}", f"{step.label}（{objection.unit.name}）", actor, now,
        note=answers["decision"], answers=plain(answers), before=objection.case.status,
    )  # fmt: skip


def _decided(session, objection, actor, now, answers) -> None:
    objection.decision, objection.decided_by_id, objection.decided_at = answers["decision"], actor.user_id, now
    inbox.settle(session, objection, actor, now)
    is_upheld = objection.status is ObjectionState.ACCEPTED
    word = "成立，交办已收回" if is_upheld else "被驳回，请按原期限办理"
    title = f"{objection.case.case_no}的分流异议{word}"
    inbox.put(session, objection, "objection_decided", title, objection.unit, now, due_on=None if is_upheld else objection.order.due_on)
    session.flush()  # taking the order back asks how it was decided


def _give_back(session, objection, actor, now, answers) -> None:
    if objection.order.status is A.OPEN:
        ORDER_FLOW.take(session, "take_back", objection.order, actor, now, reason=answers["decision"])


_DECISION = Ask("decision", "裁定理由", is_long=True)
OBJECTION_FLOW = Flow(
    "objection",
    ObjectionState,
    [
        Step(
            "accept", "同意退回", {ObjectionState.OPEN}, ObjectionState.ACCEPTED, P.CASE_DISPATCH, asks=(_DECISION,),
            effects=(_decided,), then=(_give_back,), hint="交办收回；主办的案件回到分流调度台，重新分流",
        ),
        Step(
            "reject", "驳回异议", {ObjectionState.OPEN}, ObjectionState.REJECTED, P.CASE_DISPATCH, asks=(_DECISION,),
            effects=(_decided,), hint="交办照旧，原来的期限不变",
        ),
    ],
    _record_decision,
    title="分流异议",
    ends=frozenset({ObjectionState.ACCEPTED, ObjectionState.REJECTED}),
)  # fmt: skip


# ---- figures of a unit -----------------------------------------------------------------


def objections_of(session: Session, unit: Unit, today: date) -> dict[ObjectionState, int]:
    """How many objections of a unit of the last year were decided which way."""
    since = datetime.combine(today - timedelta(days=DAYS), time(), LOCAL)
    wanted = select(Objection.status, func.count()).where(Objection.unit_id == unit.id, Objection.raised_at >= since)
    return dict(session.execute(wanted.group_by(Objection.status)).all())


def shirks(counts: Mapping[ObjectionState, int]) -> bool:
    """Two rejected objections within a year are shown as a figure of the unit (推诿), never of a person."""
    return counts.get(ObjectionState.REJECTED, 0) >= TIMES


def ratings_of(session: Session, unit: Unit) -> Sequence[tuple[UnitRating, int]]:
    """The dispatchers' ratings of a unit's orders; those not rated are no part of it."""
    wanted = select(Assignment.rating, func.count()).where(Assignment.unit_id == unit.id, Assignment.rating.is_not(None))
    found = dict(session.execute(wanted.group_by(Assignment.rating)).all())
    return [(rating, found[rating]) for rating in UnitRating if rating in found]
