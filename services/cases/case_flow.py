"""The steps of a case as a table; guards and effects live in the rooms beside."""

from __future__ import annotations

from datetime import date

from models.case import Case, CaseParty
from models.case_codes import (
    Consent, ConsultGround, DeclineReason, LegalRoute, NoticeChannel, NoticeKind, OnsiteReason, OpinionKind,
    PetitionPurpose, TerminateReason,
)  # fmt: skip
from models.clock import Clock
from models.codes import OPEN_STATES, CaseOutcome, CaseStatus, MatterLevel, MediationStage, Tier
from models.department import Unit
from models.worker import Staff, Worker

from . import case_closing, case_intake, case_moves, case_stages, extensions, timeline
from ..desk import orders
from ..paperwork import notices
from ..access import Permission
from .case_intake import enter, register
from .case_stages import active_team
from ..flow import Ask, Depends, Flow, Step, plain
from ..desk.orders import open_assignment

__all__ = ["CASE_FLOW", "IN_HAND", "OPEN_STATES", "active_team", "enter", "open_assignment", "register"]

S = CaseStatus
P = Permission

IN_HAND = frozenset({S.ACCEPTED, S.ASSIGNED, S.FED_BACK})


def _record(session, case, step, before, actor, now, answers) -> None:
    note = next((answers[a.name] for a in step.asks if a.is_long and answers.get(a.name)), None)
    timeline.write(
        session, case, step.verb, step.label, actor, now, note=note, answers=plain(answers), before=before
    )


# ---- questions that several steps ask ---------------------------------------------------

_HOW = Ask("informed_how", "告知方式", NoticeChannel)
_HOW_IF = Ask("informed_how", "告知方式", NoticeChannel, is_required=False, help="现在就告知的选择方式；稍后告知的另办“记录告知”")
_INFORMED_ON = Ask("informed_on", "告知日期", date, is_required=False, help="留空为今天")
_RECEIPT = Ask("receipt", "送达凭证", is_required=False, help="签收人、快递单号、通话时间等")
_ONSITE = Ask("onsite_reason", "未能当场化解的原因", OnsiteReason, is_required=False, is_prefilled=True, only=case_stages.asks_why_not_on_the_spot, help="现场没有调成、要转分流的必填")
_ORDER = (
    Ask("unit", "承办单位", Unit, is_required=False),
    Ask("worker", "承办人", Worker, is_required=False),
    Ask("due_on", "反馈期限", date, is_required=False, help="留空按“分流调解”时限自动计算"),
    Ask("demand", "交办要求", is_required=False, is_long=True),
)
_MORE = (
    Ask("days", "限几个工作日", int, is_required=False, help="不填反馈期限时按它计算"),
    Ask("liaison", "联络人", Worker, is_required=False, help="承办单位里经办的人"),
    Ask("leader", "分管领导", Staff, is_required=False, help="承办单位里分管的领导"),
)
_ORDER_GUARDS = (
    orders.gives_to_somebody, orders.worker_is_at_work, orders.day_lies_ahead, orders.within_the_case_term,
    case_moves.not_to_the_accused,
)  # fmt: skip
_RESULT = (
    Ask("outcome", "办理结果", CaseOutcome),
    Ask("result", "结果说明", is_long=True),
    Ask("root_cause", "问题根源", dictionary="root_cause", help="供分析同类问题，不评价个人"),
    Ask("tier", "化解层级", Tier, help="在哪一级解决的"),
    Ask("is_informed", "已告知当事人", bool),
    _HOW,
    _INFORMED_ON,
)
_RESULT_GUARDS = (
    case_closing.citizen_is_informed, case_closing.ends_by_closing, case_closing.opinion_is_served,
    case_closing.agreement_is_in_effect, notices.day_is_past,
)  # fmt: skip


INTAKE = (
    Step(
        "accept", "受理", {S.REGISTERED}, S.ACCEPTED, P.CASE_ACCEPT,
        asks=(
            Ask("level", "事项层级", MatterLevel, is_required=False, is_prefilled=True),
            Ask("purpose", "信访目的", PetitionPurpose, is_required=False, is_prefilled=True, only=case_intake.is_petition, help="信访事项必填"),
            Ask("legal_route", "法定途径", LegalRoute, is_required=False, help="依法分类处理，建议见案件页"),
            _ONSITE, _HOW_IF,
        ),
        guards=(case_intake.purpose_is_known, case_intake.is_a_petition),
        effects=(case_intake.accept,),
        hint="属于街道受理范围的，受理后进入分流调度",
        taken_back_by="recall",
    ),
    Step(
        "settle", "当场化解", {S.REGISTERED, S.ACCEPTED}, S.CLOSED, P.CASE_SETTLE,
        asks=(Ask("is_policy_clear", "政策明确", bool), Ask("is_duty_clear", "责任清晰", bool), *_RESULT),
        guards=(case_closing.policy_and_duty_are_clear, *_RESULT_GUARDS),
        effects=(case_closing.settle,),
        only=case_closing.is_on_the_spot,
        hint="政策明确、责任清晰的微诉求、小纠纷，当场答复、当地解决后直接办结",
    ),
    Step(
        "decline", "不予受理", {S.REGISTERED}, S.DECLINED, P.CASE_ACCEPT,
        asks=(
            Ask("decline_reason", "不予受理的原因", DeclineReason),
            Ask("reason", "不予受理的理由和告知内容", is_long=True, help="写明依据，以及应当向哪里提出"),
            _HOW,
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
            _HOW, _INFORMED_ON,
        ),
        guards=(notices.day_is_past, case_moves.not_referred_to_the_accused),
        effects=(case_closing.refer,),
        hint="应由其他机关处理或走法定途径的，转送或导入，并书面告知；检举控告转纪检监察机关",
    ),
    Step(
        "merge", "并案", {S.REGISTERED, S.ACCEPTED}, S.MERGED, P.CASE_ACCEPT,
        asks=(
            Ask("into", "并入哪件案件", Case, help="同一事项已在办理的那一件"),
            Ask("reason", "并案理由", is_long=True, is_required=False), _HOW_IF,
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
            *_ORDER[:2],
            Ask("assist", "协办单位", Unit, is_required=False, help="还要别的单位协办的，交办后“增派协办”"),
            *_ORDER[2:], *_MORE,
            Ask("territory", "属地单位", Unit, is_required=False, help="留空按事发村社区自动填"),
            _ONSITE,
        ),
        guards=(
            orders.dispatcher_is_on_duty, *_ORDER_GUARDS, orders.helper_is_another_unit, orders.territory_is_known,
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
            *_ORDER[2:], *_MORE,
        ),
        guards=(*_ORDER_GUARDS, orders.not_given_already),
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
        asks=(Ask("reason", "转办理由", is_long=True), *_ORDER),
        guards=(orders.dispatcher_is_on_duty, *_ORDER_GUARDS),
        effects=(orders.assign, case_stages.diverted),
        hint="改由另一单位或另一人承办，原交办撤回",
    ),
    Step(
        "hand_over", "移交", {S.ASSIGNED}, None, P.CASE_FEED_BACK,
        asks=(Ask("worker", "接手人", Worker), Ask("note", "交接说明", is_long=True, help="办到哪一步，有哪些材料和约定")),
        guards=(orders.is_ours_to_answer, orders.worker_is_at_work, case_moves.is_handed_to_another, case_moves.not_to_the_accused),
        effects=(case_moves.hand_over,),
        hint="单位内部换人办理，期限不变",
    ),
    Step(
        "send_back", "退回补办", {S.FED_BACK}, S.ASSIGNED, P.CASE_DISPATCH,
        asks=(Ask("reason", "退回理由和补办要求", is_long=True), _ORDER[2]),
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

STAGES = (
    Step(
        "consent", "征询调解意愿", IN_HAND | {S.REGISTERED}, Depends(frozenset({S.CLOSED}), "不变；有人不同意的办结", by_answer=case_closing.consent_ends_it, or_stays=True),
        P.CASE_FEED_BACK,
        asks=(
            Ask("party", "当事人", CaseParty, is_required=False, among=case_stages.parties_of, empty="各方当事人", help="各方分别表态的，一方一方记"),
            Ask("consent", "意愿", Consent),
            Ask("result", "告知的其他途径", is_long=True, is_required=False, help="不同意调解的必填：仲裁、行政途径或向人民法院起诉"),
            _HOW_IF,
        ),
        guards=(case_stages.party_is_of_the_case, case_closing.notice_of_other_ways),
        effects=(case_closing.consent,),
        only=case_stages.is_in_mediation,
        hint="调解须各方自愿；一方明确拒绝的，调解终止并告知其他途径（《人民调解法》第十七、二十六条）",
    ),
    Step(
        "consult", "转会商调解", IN_HAND, None, P.CASE_DISPATCH,
        asks=(Ask("ground", "会商理由", ConsultGround), Ask("reason", "会商事项", is_long=True, help="需要哪些单位会商什么")),
        guards=(case_stages.ground_holds, case_stages.consents_are_there),
        effects=(case_stages.consult,),
        only=case_stages.is_diverted,
        hint="涉及两个以上单位或一个单位无法解决的，协调相关部门联合会商",
    ),
    Step(
        "join", "转联合调解", IN_HAND, None, P.CASE_JOIN,
        asks=(Ask("reason", "列为重点问题的理由", is_long=True),),
        guards=(case_stages.team_is_complete, case_stages.consents_are_there),
        effects=(case_stages.join,),
        only=case_stages.is_consulted,
        hint="重点问题由“3+X”专班联合调解",
    ),
    Step(
        "skip_stage", "越级转入", IN_HAND, None, P.CASE_APPROVE,
        asks=(Ask("stage", "转入阶段", MediationStage), Ask("reason", "越级理由", is_long=True)),
        guards=(case_stages.skips_forward, case_stages.consents_are_there),
        effects=(case_stages.skip,),
        only=case_stages.may_skip,
        hint="情况紧急重大、不宜逐级办理的，经批准越级转入会商或联合调解",
    ),
    Step(
        "go_back", "退回上一阶段", IN_HAND, None, P.CASE_DISPATCH,
        asks=(Ask("reason", "退回理由", is_long=True),),
        effects=(case_stages.go_back,),
        only=case_stages.may_go_back,
        hint="会商或联合调解的条件不再具备的，退回前一阶段",
    ),
)  # fmt: skip

ALONG = (
    Step(
        "progress", "记录进展", IN_HAND | {S.SUSPENDED}, None, P.CASE_FEED_BACK,
        asks=(Ask("note", "进展情况", is_long=True),),
        hint="只记入办理过程，不改变状态和期限",
    ),
    Step(
        "notify", "记录告知", OPEN_STATES, None, P.CASE_REGISTER,
        asks=(
            Ask("kind", "告知事项", NoticeKind), Ask("words", "告知内容", is_long=True), _HOW, _INFORMED_ON, _RECEIPT,
        ),
        guards=(notices.day_is_past,),
        effects=(notices.notify,),
        hint="书面或口头告知当事人后记录方式、日期和送达凭证",
    ),
    Step(
        "opinion", "出具处理意见书", IN_HAND, None, P.CASE_CLOSE,
        asks=(
            Ask("request", "信访人请求", is_long=True), Ask("facts", "事实和理由", is_long=True),
            Ask("kind", "处理意见", OpinionKind), Ask("basis", "法律法规依据", is_long=True),
            Ask("is_solved", "诉求合理的解决问题到位", bool, is_required=False),
            Ask("is_explained", "诉求无理的思想教育到位", bool, is_required=False),
            Ask("is_helped", "生活困难的帮扶救助到位", bool, is_required=False),
            Ask("is_lawful", "行为违法的依法处理", bool, is_required=False),
            _HOW, _INFORMED_ON, _RECEIPT,
        ),
        guards=(case_closing.one_standard_is_met, notices.day_is_past),
        effects=(case_closing.issue_opinion,),
        only=case_closing.is_claim,
        hint="请求、事实和理由、处理意见、法律依据四项齐全，送达信访人（《信访工作条例》第三十二条）",
    ),
    Step(
        "suspend", "中止", IN_HAND, S.SUSPENDED, P.CASE_DISPATCH,
        asks=(Ask("reason", "中止原因", is_long=True, help="等待什么，何时可以恢复"),),
        effects=(case_stages.suspend,),
        hint="内部期限暂停计算，法定期限照常计算",
    ),
    Step(
        "resume", "恢复办理", {S.SUSPENDED}, Depends(IN_HAND, "中止前的状态", case_moves.before_suspension), P.CASE_DISPATCH,
        asks=(Ask("reason", "恢复说明", is_long=True, is_required=False),),
        effects=(case_stages.resume,),
        hint="中止原因消除后恢复，暂停的期限接着计算",
    ),
    Step(
        "ask_extension", "申请延期", IN_HAND, None, P.CASE_FEED_BACK,
        asks=(
            Ask("clock", "延长哪个期限", Clock, among=extensions.periods), Ask("length", "延长多少", int, help="按该期限的单位：日、工作日或月"),
            Ask("reason", "延期理由", is_long=True),
        ),
        guards=(extensions.none_is_open, extensions.clock_can_grow),
        effects=(extensions.ask,),
        hint="期限届满前提出，由交办一方或机关负责人审批",
    ),
    Step(
        "decide_extension", "审批延期", IN_HAND | {S.SUSPENDED}, None, P.CASE_DISPATCH,
        asks=(Ask("is_granted", "同意延期", bool), Ask("answer", "审批意见", is_long=True), _HOW_IF),
        guards=(extensions.is_the_approver, extensions.citizen_is_told),
        effects=(extensions.decide,),
        only=extensions.is_asked,
        hint="法定期限最多延长一次，须机关负责人批准并告知当事人理由",
    ),
    Step(
        "split", "拆分", IN_HAND, None, P.CASE_REGISTER,
        asks=(
            Ask("subject", "新案件的事由"), Ask("summary", "拆出的诉求与事实", is_long=True),
            Ask("category", "类别", dictionary="dispute_category", is_prefilled=True),
        ),
        effects=(case_moves.split,),
        hint="一件里有几个互不相干的问题，拆出另立一件分别办理，两件互相关联",
    ),
    Step(
        "relate", "关联案件", frozenset(S), None, P.CASE_REGISTER,
        asks=(Ask("other", "相关的案件", Case), Ask("note", "关联说明", is_long=True, is_required=False)),
        guards=(case_moves.is_another_case,),
        effects=(case_moves.relate,),
        hint="有联系但分别办理的案件，互相关联便于查看",
    ),
)  # fmt: skip

ENDINGS = (
    Step(
        "close", "办结", {S.FED_BACK}, S.CLOSED, P.CASE_CLOSE,
        asks=_RESULT,
        guards=_RESULT_GUARDS,
        effects=(case_closing.close,),
        hint="反馈情况核实、当事人已告知后办结",
    ),
    Step(
        "terminate", "终止调解", IN_HAND | {S.SUSPENDED}, S.CLOSED, P.CASE_CLOSE,
        asks=(
            Ask("terminate_reason", "终止原因", TerminateReason),
            Ask("result", "终止说明和告知的其他途径", is_long=True, help="可以通过仲裁、行政途径、向人民法院起诉等维护权利"),
            _HOW, _INFORMED_ON,
        ),
        guards=(notices.day_is_past,),
        effects=(case_closing.terminate,),
        only=case_stages.is_in_mediation,
        hint="调解不成的依法终止，并告知仲裁、行政、司法等途径（《人民调解法》第二十六条）",
    ),
    Step(
        "withdraw", "撤回申请", OPEN_STATES, S.CLOSED, P.CASE_CLOSE,
        asks=(Ask("result", "撤回说明", is_long=True, help="当事人何时、以什么方式、为什么撤回"), _HOW, _INFORMED_ON),
        guards=(notices.day_is_past,),
        effects=(case_closing.withdraw,),
        hint="当事人撤回或者自行和解的",
    ),
    Step(
        "archive", "归档", {S.CLOSED}, S.ARCHIVED, P.CASE_ARCHIVE,
        guards=(case_closing.everything_is_done,),
        effects=(case_closing.archive,),
        hint="回访完成、材料齐全后归档",
        taken_back_by="unarchive",
    ),
    Step(
        "unarchive", "撤回归档", {S.ARCHIVED}, S.CLOSED, P.CASE_ARCHIVE,
        asks=(Ask("reason", "撤回原因", is_long=True),),
        guards=(case_moves.can_be_taken_back,),
        effects=(case_moves.take_back,),
        hint="归错的，由本人撤回，案件仍是已办结",
    ),
    Step(
        "reopen", "重新办理", {S.CLOSED, S.ARCHIVED}, S.ACCEPTED, P.CASE_CLOSE,
        asks=(Ask("reason", "重新办理的理由", is_long=True),),
        guards=(case_closing.is_recent,),
        effects=(case_closing.reopen,),
        hint="当事人不满意、没有履行或者出现新情况",
    ),
)  # fmt: skip

CASE_FLOW = Flow(
    "case",
    CaseStatus,
    [*INTAKE, *ORDERS, *STAGES, *ENDINGS, *ALONG],
    _record,
    title="案件办理流程",
    ends=frozenset({S.ARCHIVED, S.DECLINED, S.MERGED}),
)
