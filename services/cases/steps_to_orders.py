"""The first steps of a case as a table: taking it in, and giving it to somebody."""

from __future__ import annotations


from models.case import Case
from models.case_codes import (
    DeclineReason, LegalRoute, PetitionPurpose,
)  # fmt: skip
from models.codes import CaseStatus, MatterLevel
from models.department import Unit
from models.worker import Worker

from . import case_closing, case_intake, case_moves, case_stages
from ..desk import orders
from ..paperwork import notices
from ..access import Permission
from ..flow import Ask, Depends, Step
from .case_questions import (
    IN_HAND, HOW, HOW_IF, INFORMED_ON, ONSITE, ORDER, MORE, ORDER_GUARDS, RESULT, RESULT_GUARDS,
)  # fmt: skip

S = CaseStatus
P = Permission


INTAKE = (
    Step(
        "accept", "受理", {S.REGISTERED}, S.ACCEPTED, P.CASE_ACCEPT,
        asks=(
            Ask("level", "事项层级", MatterLevel, is_required=False, is_prefilled=True),
            Ask("purpose", "信访目的", PetitionPurpose, is_required=False, is_prefilled=True, only=case_intake.is_petition, help="信访事项必填"),
            Ask("legal_route", "法定途径", LegalRoute, is_required=False, help="依法分类处理，建议见案件页"),
            ONSITE, HOW_IF,
        ),
        guards=(case_intake.purpose_is_known, case_intake.is_a_petition),
        effects=(case_intake.accept,),
        hint="属于街道受理范围的，受理后进入分流调度",
        taken_back_by="recall",
    ),
    Step(
        "settle", "当场化解", {S.REGISTERED, S.ACCEPTED}, S.CLOSED, P.CASE_SETTLE,
        asks=(Ask("is_policy_clear", "政策明确", bool), Ask("is_duty_clear", "责任清晰", bool), *RESULT),
        guards=(case_closing.policy_and_duty_are_clear, *RESULT_GUARDS),
        effects=(case_closing.settle,),
        only=case_closing.is_on_the_spot,
        hint="政策明确、责任清晰的微诉求、小纠纷，当场答复、当地解决后直接办结",
    ),
    Step(
        "decline", "不予受理", {S.REGISTERED}, S.DECLINED, P.CASE_ACCEPT,
        asks=(
            Ask("decline_reason", "不予受理的原因", DeclineReason),
            Ask("reason", "不予受理的理由和告知内容", is_long=True, help="写明依据，以及应当向哪里提出"),
            HOW,
        ),
        effects=(case_intake.decline,),
        hint="不属于受理范围的，说明理由并告知应向哪里提出",
    ),
    Step(
        "refer", "转送", {S.REGISTERED, S.ACCEPTED}, S.CLOSED, P.CASE_ACCEPT,
        asks=(
            Ask("legal_route", "法定途径", LegalRoute),
            Ask("to", "转送单位", Unit, is_required=False, help="有权处理的单位；引导当事人自行办理的可不填"),
            Ask("result", "转送说明和告知内容", is_long=True, help="依据、去向、当事人下一步怎么办"),
            HOW, INFORMED_ON,
        ),
        guards=(notices.day_is_past, case_moves.not_referred_to_the_accused),
        effects=(case_closing.refer,),
        hint="应由其他机关处理或走法定途径的，转送或导入，并书面告知；检举控告转纪检监察机关",
    ),
    Step(
        "merge", "并案", {S.REGISTERED, S.ACCEPTED}, S.MERGED, P.CASE_ACCEPT,
        asks=(
            Ask("into", "并入哪件案件", Case, help="同一事项已在办理的那一件"),
            Ask("reason", "并案理由", is_long=True, is_required=False), HOW_IF,
        ),
        guards=(case_intake.other_is_an_open_case, case_intake.nobody_works_on_it),
        effects=(case_intake.merge,),
        hint="同一事项重复提出的，并入正在办理的那一件，不重复交办",
    ),
)  # fmt: skip

ORDERS = (
    Step(
        "assign", "分流交办", {S.ACCEPTED, S.ASSIGNED, S.FED_BACK}, S.ASSIGNED, P.CASE_DISPATCH,
        asks=(
            *ORDER[:2],
            Ask("assist", "协办单位", Unit, is_required=False, help="还要别的单位协办的，交办后“增派协办”"),
            *ORDER[2:], *MORE,
            Ask("territory", "属地单位", Unit, is_required=False, help="留空按事发村社区自动填"),
            ONSITE,
        ),
        guards=(
            orders.dispatcher_is_on_duty, *ORDER_GUARDS, orders.helper_is_another_unit, orders.territory_is_known,
            case_stages.says_why_not_on_the_spot,
        ),
        effects=(orders.assign, case_stages.diverted),
        hint="指派专人或单位，限期反馈结果；再次交办会撤换原来的承办人",
        taken_back_by="recall",
    ),
    Step(
        "assist", "增派协办", {S.ASSIGNED}, None, P.CASE_DISPATCH,
        asks=(
            Ask("unit", "协办单位", Unit, is_required=False), Ask("worker", "协办人", Worker, is_required=False),
            *ORDER[2:], *MORE,
        ),
        guards=(*ORDER_GUARDS, orders.not_given_already),
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
        "transfer", "转办", {S.ASSIGNED}, S.ASSIGNED, P.CASE_DISPATCH,
        asks=(Ask("reason", "转办理由", is_long=True), *ORDER),
        guards=(orders.dispatcher_is_on_duty, *ORDER_GUARDS),
        effects=(orders.assign, case_stages.diverted),
        hint="改由另一单位或另一人承办，原交办撤回",
    ),
    Step(
        "hand_over", "移交", {S.ASSIGNED}, None, P.CASE_FEED_BACK,
        asks=(Ask("worker", "接手人", Worker, among=case_moves.colleagues, help="本单位或同一调委会里在岗的人"), Ask("note", "交接说明", is_long=True, help="办到哪一步，有哪些材料和约定")),
        guards=(orders.is_ours_to_answer, orders.worker_is_at_work, case_moves.is_handed_to_another, case_moves.is_handed_to_a_colleague, case_moves.not_to_the_accused),
        effects=(case_moves.hand_over,),
        hint="单位内部换人办理，期限不变",
    ),
    Step(
        "send_back", "退回补办", {S.FED_BACK}, S.ASSIGNED, P.CASE_DISPATCH,
        asks=(Ask("reason", "退回理由和补办要求", is_long=True), ORDER[2]),
        guards=(case_moves.feedback_is_the_last_word, orders.day_lies_ahead, orders.within_the_case_term),
        effects=(case_moves.send_back,),
        hint="反馈不清楚、没有办到位的，退回原承办单位补办",
    ),
    Step(
        "recall", "撤回上一步", IN_HAND, Depends(frozenset({S.REGISTERED, S.ACCEPTED, S.ASSIGNED}), "上一步之前的状态", case_moves.before_last),
        P.CASE_FEED_BACK,
        asks=(Ask("reason", "撤回原因", is_long=True),),
        guards=(case_moves.can_be_taken_back,),
        effects=(case_moves.take_back,),
        hint="刚办错的一步，在别人办理之前由本人撤回",
    ),
)  # fmt: skip
