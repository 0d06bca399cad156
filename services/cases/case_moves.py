"""Moves between people that leave a matter in hand: notes, hand-over, sending back, taking back, splitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Assignment, Case, CaseEvent, CaseParty
from models.case_codes import StageResult
from models.codes import AssignmentRole, AssignmentStatus, CaseStatus, ClockState, LinkKind, MediationStage
from models.department import Unit
from models.fields import describe
from models.mediation import Committee, Mediator
from models.worker import Worker

from .. import inbox
from . import case_intake, case_links, case_stages, clocks, timeline
from ..desk import orders
from ..flow import say


def last_event(session: Session, case: Case) -> CaseEvent | None:
    return session.scalar(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number.desc()).limit(1))


def before_last(session: Session, case: Case) -> CaseStatus:
    """The status a case had before its last event."""
    return last_event(session, case).status_before


def before_suspension(session: Session, case: Case) -> CaseStatus:
    return session.scalar(
        select(CaseEvent.status_before).where(CaseEvent.case_id == case.id, CaseEvent.verb == "suspend")
        .order_by(CaseEvent.number.desc()).limit(1)
    )  # fmt: skip


# ---- guards ----------------------------------------------------------------------------


def not_to_the_accused(session, case, actor, now, answers) -> str | None:
    """不交给被检举的单位或人员（R10）"""
    unit, worker = answers.get("unit"), answers.get("worker")
    if case.accused_worker_id and worker is not None and worker.id == case.accused_worker_id:
        return "不能交给被检举的人员办理，请另选承办人"
    units = {u for u in (unit and unit.id, worker and worker.unit_id) if u}
    if case.accused_unit_id and case.accused_unit_id in units:
        return "不能交给被检举的单位或该单位的人员办理，请另选承办单位"
    return None


def not_referred_to_the_accused(session, case, actor, now, answers) -> str | None:
    """检举控告不转给被检举的单位（R10）"""
    if case.accused_unit_id and answers["to"] is not None and answers["to"].id == case.accused_unit_id:
        return "不能转给被检举的单位，请选择有权处理的机关"
    return None


def is_handed_to_another(session, case, actor, now, answers) -> str | None:
    """移交给另一人"""
    order = orders.open_assignment(session, case)
    if order is not None and order.worker_id == answers["worker"].id:
        return f"这件事现在就由{answers['worker'].name}承办，请选择另一人"
    return None


def can_be_taken_back(session, case, actor, now, answers) -> str | None:
    """最后一步由本人办理，之后没有人动过"""
    event = last_event(session, case)
    if event is None or event.verb not in TAKES_BACK:
        return "最后一步不能撤回。只能撤回受理、交办、反馈和归档，而且要在别人办理之前"
    if (event.user_id, event.user_name) != (actor.user_id, actor.name):
        return f"最后一步是{event.user_name}办的，只有本人可以撤回"
    if event.verb == "assign" and event.status_before is not CaseStatus.ACCEPTED:
        return "再次交办的不能撤回，请办“转办”另选承办单位"
    return None


def feedback_is_the_last_word(session, case, actor, now, answers) -> str | None:
    """有已反馈的交办可退"""
    return None if _last_feedback(session, case) else "没有已反馈的交办可以退回"


def is_handed_to_a_colleague(session, case, actor, now, answers) -> str | None:
    """移交给本单位（同一调委会）的人"""
    house, taker = _house(orders.open_assignment(session, case)), answers["worker"]
    if house is None or getattr(taker, house.column, None) == house.place.id:
        return None
    return f"{taker.name}不是{house.place.name}的人。移交只在{house.word}内换人，要交给别人请办“转办”"


class _House(NamedTuple):
    """The unit or committee inside which a matter changes hands, and the attribute of those who belong to it."""

    column: str
    place: Unit | Committee
    word: str


def _house(order: Assignment | None) -> _House | None:
    giver = order and order.worker
    unit = order and (order.unit or (giver and giver.unit))
    if unit:
        return _House("unit_id", unit, "本单位")
    return _House("committee_id", giver.committee, "本调委会") if isinstance(giver, Mediator) else None


def colleagues(session: Session, case: Case) -> Sequence[Worker]:
    """Whom a matter can be handed to."""
    order = orders.open_assignment(session, case)
    house, at_work = _house(order), select(Worker).where(Worker.is_active.is_(True))
    if house is not None:
        at_work = at_work.where(Worker.__table__.c[house.column] == house.place.id)
    return [
        worker for worker in session.scalars(at_work.order_by(Worker.name, Worker.id))
        if not (order and worker.id == order.worker_id) and not not_to_the_accused(session, case, None, None, {"worker": worker})
    ]  # fmt: skip


# ---- effects ---------------------------------------------------------------------------


def hand_over(session, case, actor, now, answers) -> None:
    order, taker = orders.open_assignment(session, case), answers["worker"]
    giver = order.worker or order.unit
    say(answers, f"由{giver.name}移交给{taker.name}")
    case.handler_id = order.worker_id = taker.id
    inbox.settle(session, order, actor, now, orders.TODO)
    orders.remind(session, case, order, now, word="移交给您：")


def send_back(session, case, actor, now, answers) -> None:
    """The same people get an order again: their first answer stays as it was."""
    order = _last_feedback(session, case)
    again = {"unit": order.unit, "worker": order.worker, "due_on": answers["due_on"], "demand": answers["reason"]}
    orders.assign(session, case, actor, now, again)


def _last_feedback(session: Session, case: Case) -> Assignment | None:
    return session.scalar(
        select(Assignment).where(Assignment.case_id == case.id, Assignment.status == AssignmentStatus.FED_BACK, Assignment.role == AssignmentRole.LEAD)
        .order_by(Assignment.fed_back_at.desc(), Assignment.id.desc()).limit(1)
    )  # fmt: skip


def take_back(session, case, actor, now, answers) -> None:
    TAKES_BACK[last_event(session, case).verb](session, case, actor, now)


def _unaccept(session, case, actor, now) -> None:
    case.accepted_at = None


def _unarchive(session, case, actor, now) -> None:
    case.archived_at = None


def _unassign(session, case, actor, now) -> None:
    case.lead_unit_id = case.handler_id = case.assigned_at = None
    is_onsite = case.stage is MediationStage.DIVERTED and any(
        run.stage is MediationStage.ONSITE for run in case_stages.runs(session, case)
    )
    if is_onsite:
        case.stage = MediationStage.ONSITE
    orders.withdraw(session, case, now, actor)
    case_stages.follow(session, case, actor, now, reason="撤回交办", result=StageResult.SENT_BACK)


def _unfeed(session, case, actor, now) -> None:
    order = _last_feedback(session, case)
    order.status, order.fed_back_at, order.feedback, order.is_beyond = AssignmentStatus.OPEN, None, None, None
    session.flush()
    orders.remind(session, case, order, now)
    for clock in clocks.of(session, case):
        if clock.part_id == order.id and clock.state is ClockState.MET:
            clock.state, clock.stopped_at = ClockState.RUNNING, None


TAKES_BACK = {"accept": _unaccept, "assign": _unassign, "feed_back": _unfeed, "archive": _unarchive}


def split(session, case, actor, now, answers) -> None:
    """A second matter out of one: same place, same parties, linked both ways."""
    copied = {
        d.key: d.get(case) for d in describe(Case).values()
        if not d.field.is_fixed and d.name not in ("subject", "summary", "category", "amount")
    }  # fmt: skip
    facts = copied | {name: answers[name] for name in ("subject", "summary", "category")}
    parties = session.scalars(select(CaseParty).where(CaseParty.case_id == case.id).order_by(CaseParty.id)).all()
    described = describe(CaseParty)
    own = [d for d in described.values() if not d.field.is_fixed and d.name != "case"]
    new = case_intake.register(
        session, actor, now, parties=[{d.key: d.get(party) for d in own} for party in parties], **facts
    )
    case_links.link(session, new, case, LinkKind.SPLIT)
    timeline.write(session, new, "split_from", "拆分立案", actor, now, note=f"由{case.case_no}拆出", before=new.status)


def is_another_case(session, case, actor, now, answers) -> str | None:
    """关联的是另一件、尚未关联的案件"""
    other = answers["other"]
    if other.id == case.id:
        return "不能和自己关联，请选择另一件案件"
    if any(link.case.id == other.id for link in case_links.of(session, case)):
        return f"和{other.case_no}已经关联，不用再办"
    return None


def relate(session, case, actor, now, answers) -> None:
    other = answers["other"]
    case_links.link(session, case, other, LinkKind.RELATED)
    timeline.write(session, other, "related", "关联案件", actor, now, note=f"与{case.case_no}相关", before=other.status)
