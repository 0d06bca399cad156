"""The steps of a case as a table; guards and effects live in the rooms beside."""

from __future__ import annotations

from datetime import date
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case, CaseEvent
from models.codes import OPEN_STATES, CaseOutcome, CaseStatus, MatterLevel, Tier
from models.department import Unit
from models.worker import Staff, Worker

from . import case_closing, case_intake, case_stages, orders, timeline
from .access import Permission
from .case_intake import enter, register
from .case_stages import active_team
from .flow import Ask, Depends, Flow, Step, plain
from .orders import open_assignment

__all__ = ["CASE_FLOW", "OPEN_STATES", "active_team", "enter", "open_assignment", "register"]

S = CaseStatus
P = Permission

IN_HAND = frozenset({S.ACCEPTED, S.ASSIGNED, S.FED_BACK})


def _record(session, case, step, before, actor, now, answers) -> None:
    note = next((answers[a.name] for a in step.asks if a.is_long and answers.get(a.name)), None)
    timeline.write(
        session, case, step.verb, step.label, actor, now, note=note, answers=plain(answers), before=before
    )


def _before(verb: str, session: Session, case: Case) -> CaseStatus:
    """The status a case had when a step was last taken."""
    return session.scalar(
        select(CaseEvent.status_before).where(CaseEvent.case_id == case.id, CaseEvent.verb == verb)
        .order_by(CaseEvent.number.desc()).limit(1)
    )


_MORE = (
    Ask("days", "限几个工作日", int, is_required=False, help="不填反馈期限时按它计算"),
    Ask("liaison", "联络人", Worker, is_required=False, help="承办单位里经办的人"),
    Ask("leader", "分管领导", Staff, is_required=False, help="承办单位里分管的领导"),
)

CASE_FLOW = Flow(
    "case",
    CaseStatus,
    [
        Step(
            "accept", "受理", {S.REGISTERED}, S.ACCEPTED, P.CASE_ACCEPT,
            asks=(Ask("level", "事项层级", MatterLevel, is_required=False, is_prefilled=True),),
            effects=(case_intake.accept,),
            hint="属于街道受理范围的，受理后进入分流调度",
        ),
        Step(
            "decline", "不予受理", {S.REGISTERED}, S.DECLINED, P.CASE_ACCEPT,
            asks=(Ask("reason", "不予受理的理由和告知内容", is_long=True, help="写明依据，以及应当向哪里提出"),),
            effects=(case_intake.decline,),
            hint="不属于受理范围的，说明理由并告知应向哪里提出",
        ),
        Step(
            "merge", "并案", {S.REGISTERED, S.ACCEPTED}, S.MERGED, P.CASE_ACCEPT,
            asks=(
                Ask("into", "并入哪件案件", Case, help="同一事项已在办理的那一件"),
                Ask("reason", "并案理由", is_long=True, is_required=False),
            ),
            guards=(case_intake.other_is_an_open_case,),
            effects=(case_intake.merge,),
            hint="同一事项重复提出的，并入正在办理的那一件，不重复交办",
        ),
        Step(
            "assign", "分流交办", {S.ACCEPTED, S.ASSIGNED, S.FED_BACK}, S.ASSIGNED, P.CASE_DISPATCH,
            asks=(
                Ask("unit", "承办单位", Unit, is_required=False),
                Ask("worker", "承办人", Worker, is_required=False),
                Ask("assist", "协办单位", Unit, is_required=False, help="还要别的单位协办的，交办后“增派协办”"),
                Ask("due_on", "反馈期限", date, is_required=False, help="留空按“分流调解”时限自动计算"),
                Ask("demand", "交办要求", is_required=False, is_long=True),
                *_MORE,
                Ask("territory", "属地单位", Unit, is_required=False, help="留空按事发村社区自动填"),
            ),
            guards=(
                orders.dispatcher_is_on_duty, orders.gives_to_somebody, orders.worker_is_at_work, orders.helper_is_another_unit, orders.day_lies_ahead,
                orders.within_the_case_term, orders.territory_is_known,
            ),
            effects=(orders.assign,),
            hint="指派专人或单位，限期反馈结果；再次交办会撤换原来的承办人",
        ),
        Step(
            "assist", "增派协办", {S.ASSIGNED}, None, P.CASE_DISPATCH,
            asks=(
                Ask("unit", "协办单位", Unit, is_required=False),
                Ask("worker", "协办人", Worker, is_required=False),
                Ask("due_on", "反馈期限", date, is_required=False, help="留空按“分流调解”时限自动计算"),
                Ask("demand", "交办要求", is_required=False, is_long=True),
                *_MORE,
            ),
            guards=(
                orders.gives_to_somebody, orders.worker_is_at_work, orders.day_lies_ahead, orders.within_the_case_term,
                orders.not_given_already,
            ),
            effects=(orders.assist,),
            hint="主办不变，再请别的单位或个人协办，各有各的期限和反馈",
        ),
        Step(
            "give_back", "退回待分流", {S.ASSIGNED}, S.ACCEPTED, P.CASE_DISPATCH,
            asks=(Ask("reason", "退回原因", is_long=True),),
            effects=(orders.take_back,),
            hint="收回没有反馈的交办，案件回到分流调度台",
        ),
        Step(
            "feed_back", "反馈", {S.ASSIGNED}, S.FED_BACK, P.CASE_FEED_BACK,
            asks=(
                Ask("feedback", "办理情况", is_long=True, help="做了什么、双方意见、结果如何"),
                Ask("is_beyond", "无法单独解决", bool, is_required=False, help="选“是”提醒分流的人组织会商或另想办法"),
            ),
            guards=(orders.is_ours_to_answer,),
            effects=(orders.feed_back,),
            hint="承办人或承办单位在期限内反馈办理情况",
        ),
        Step(
            "join", "转联合调解", {S.ACCEPTED, S.ASSIGNED, S.FED_BACK}, None, P.CASE_JOIN,
            guards=(case_stages.team_is_complete,),
            effects=(case_stages.join,),
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
            guards=(case_closing.citizen_is_informed,),
            effects=(case_closing.close,),
            hint="反馈情况核实、当事人已告知后办结",
        ),
        Step(
            "suspend", "中止", IN_HAND, S.SUSPENDED, P.CASE_DISPATCH,
            asks=(Ask("reason", "中止原因", is_long=True, help="等待什么，何时可以恢复"),),
            effects=(case_stages.suspend,),
            hint="内部期限暂停计算，法定期限照常计算",
        ),
        Step(
            "resume", "恢复办理", {S.SUSPENDED}, Depends(IN_HAND, "中止前的状态", partial(_before, "suspend")), P.CASE_DISPATCH,
            asks=(Ask("reason", "恢复说明", is_long=True, is_required=False),),
            effects=(case_stages.resume,),
            hint="中止原因消除后恢复，暂停的期限接着计算",
        ),
        Step(
            "archive", "归档", {S.CLOSED}, S.ARCHIVED, P.CASE_ARCHIVE,
            effects=(case_closing.archive,),
            hint="回访完成、材料齐全后归档",
        ),
        Step(
            "reopen", "重新办理", {S.CLOSED, S.ARCHIVED}, S.ACCEPTED, P.CASE_CLOSE,
            asks=(Ask("reason", "重新办理的理由", is_long=True),),
            effects=(case_closing.reopen,),
            hint="当事人不满意、没有履行或者出现新情况",
        ),
    ],
    _record,
    title="案件办理流程",
    ends=frozenset({S.ARCHIVED, S.DECLINED, S.MERGED}),
)  # fmt: skip

