"""What the law or the office expects next of a case, and by when (下一步)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from models.case import Assignment, Case
from models.codes import CaseStatus, MediationStage

from . import case_closing, case_stages, clocks, extensions
from ..access import Actor
from ..desk import orders

S = CaseStatus


@dataclass(frozen=True)
class Next:
    """One expectation in words; `due_on` is the first day something falls due, None if nothing runs."""

    title: str
    sentence: str
    due_on: date | None = None


def expected(session: Session, case: Case) -> Next | None:
    """What should happen next, or None when nothing is expected any more."""
    running = clocks.live(session, case)
    due_on = running[0].due_on if running else None
    request = extensions.open_request(session, case)
    if request is not None:
        return Next("待审批延期", f"{request.asked_by_name}申请延长“{request.clock.name}”，等待审批", request.clock.due_on)
    match case.status:
        case S.REGISTERED:
            return Next("受理或告知去向", "判断是否属于受理范围：能当场化解的当场办结，重复的并案，不属受理范围的说明理由并告知", due_on)
        case S.ACCEPTED:
            return Next("分流交办", "由当日带班领导或平安法治办主任指派承办单位或专人，限期反馈", due_on)
        case S.ASSIGNED:
            order = orders.open_assignment(session, case)
            who = orders.name_of(order) if order else "承办单位"
            if order is not None and _is_ours(order, session.info["actor"]):
                return Next("由您反馈办理情况", "见过当事人、办到一步就可以记录进展；办好了办“反馈”", order.due_on)
            return Next(f"等待{who}反馈", f"{who}应在期限内反馈办理情况", order.due_on if order else due_on)
        case S.FED_BACK:
            return Next("核实反馈", _after_feedback(session, case), due_on)
        case S.SUSPENDED:
            return Next("等中止原因消除后恢复办理", "内部期限暂停，法定期限照常计算", due_on)
        case S.CLOSED:
            reason = case_closing.everything_is_done(session, case, None, None, {})
            return Next("回访并归档", reason or "材料已齐全，可以归档")
    return None


def _is_ours(order: Assignment, actor: Actor) -> bool:
    """Whether an order waits for this very person, or for their unit."""
    mine = actor.worker_id is not None and order.worker_id == actor.worker_id
    return mine or (actor.unit_id is not None and order.worker_id is None and order.unit_id == actor.unit_id)


def _after_feedback(session: Session, case: Case) -> str:
    if case.stage is MediationStage.DIVERTED and case_stages.consent_missing(session, case) is None:
        return "已化解的告知当事人后办结；反馈不清楚的退回补办；无法单独解决的转会商调解"
    if case.stage is MediationStage.CONSULTATION:
        return "会商化解的办结；重点问题配齐“3+X”专班后转联合调解"
    if case.stage is MediationStage.JOINT:
        return "联合调解化解的办结；需要再调的退回补办；达不成协议的终止调解，并告知仲裁、行政、诉讼等途径"
    if case_closing.is_claim(case) and case_closing.last_opinion(session, case) is None:
        return "申诉求决事项先出具处理意见书并送达，再办结"
    return "已化解的告知当事人后办结；反馈不清楚的退回补办；需要继续调解的先征询各方意愿"
