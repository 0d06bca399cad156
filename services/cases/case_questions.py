"""Questions and conditions that several steps of a case share."""

from __future__ import annotations

from datetime import date

from models.case_codes import (
    NoticeChannel, OnsiteReason,
)  # fmt: skip
from models.codes import CaseOutcome, CaseStatus, Tier
from models.department import Unit
from models.worker import Staff, Worker

from . import case_closing, case_moves, case_stages
from ..desk import orders
from ..paperwork import notices
from ..flow import Ask

S = CaseStatus

IN_HAND = frozenset({S.ACCEPTED, S.ASSIGNED, S.FED_BACK})

HOW = Ask("informed_how", "告知方式", NoticeChannel)
HOW_IF = Ask("informed_how", "告知方式", NoticeChannel, is_required=False, help="现在就告知的选择方式；稍后告知的另办“记录告知”")
INFORMED_ON = Ask("informed_on", "告知日期", date, is_required=False, help="留空为今天")
RECEIPT = Ask("receipt", "送达凭证", is_required=False, help="签收人、快递单号、通话时间等")
ONSITE = Ask("onsite_reason", "未能当场化解的原因", OnsiteReason, is_required=False, is_prefilled=True, only=case_stages.asks_why_not_on_the_spot, help="现场没有调成、要转分流的必填")
ORDER = (
    Ask("unit", "承办单位", Unit, is_required=False),
    Ask("worker", "承办人", Worker, is_required=False),
    Ask("due_on", "反馈期限", date, is_required=False, help="留空按“分流调解”时限自动计算"),
    Ask("demand", "交办要求", is_required=False, is_long=True),
)
MORE = (
    Ask("days", "限几个工作日", int, is_required=False, help="不填反馈期限时按它计算"),
    Ask("liaison", "联络人", Worker, is_required=False, help="承办单位里经办的人"),
    Ask("leader", "分管领导", Staff, is_required=False, help="承办单位里分管的领导"),
)
ORDER_GUARDS = (
    orders.gives_to_somebody, orders.worker_is_at_work, orders.day_lies_ahead, orders.within_the_case_term,
    case_moves.not_to_the_accused,
)  # fmt: skip
RESULT = (
    Ask("outcome", "办理结果", CaseOutcome),
    Ask("result", "结果说明", is_long=True),
    Ask("root_cause", "问题根源", dictionary="root_cause", help="供分析同类问题，不评价个人"),
    Ask("tier", "化解层级", Tier, help="在哪一级解决的"),
    Ask("is_informed", "已告知当事人", bool),
    HOW,
    INFORMED_ON,
)
RESULT_GUARDS = (
    case_closing.citizen_is_informed, case_closing.ends_by_closing, case_closing.opinion_is_served,
    case_closing.agreement_is_in_effect, notices.day_is_past,
)  # fmt: skip
