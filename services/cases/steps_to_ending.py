"""The later steps of a case as a table: the stages of mediation, what goes along, and the endings."""

from __future__ import annotations


from models.case import Case, CaseParty
from models.case_codes import (
    Consent, ConsultGround, NoticeKind, OpinionKind,
    TerminateReason,
)  # fmt: skip
from models.clock import Clock
from models.codes import OPEN_STATES, CaseStatus, MediationStage

from . import case_closing, case_moves, case_stages, extensions
from ..paperwork import notices
from ..access import Permission
from ..flow import Ask, Depends, Step
from .case_questions import (
    IN_HAND, HOW, HOW_IF, INFORMED_ON, RECEIPT, RESULT, RESULT_GUARDS,
)  # fmt: skip

S = CaseStatus
P = Permission


STAGES = (
    Step(
        "consent", "征询调解意愿", IN_HAND | {S.REGISTERED}, Depends(frozenset({S.CLOSED}), "不变；有人不同意的办结", by_answer=case_closing.consent_ends_it, or_stays=True),
        P.CASE_FEED_BACK,
        asks=(
            Ask("party", "当事人", CaseParty, is_required=False, among=case_stages.parties_of, empty="各方当事人", help="各方分别表态的，一方一方记"),
            Ask("consent", "意愿", Consent),
            Ask("result", "告知的其他途径", is_long=True, is_required=False, help="不同意调解的必填：仲裁、行政途径或向人民法院起诉"),
            HOW_IF,
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
            Ask("kind", "告知事项", NoticeKind), Ask("words", "告知内容", is_long=True), HOW, INFORMED_ON, RECEIPT,
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
            HOW, INFORMED_ON, RECEIPT,
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
        asks=(Ask("is_granted", "同意延期", bool), Ask("answer", "审批意见", is_long=True), HOW_IF),
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
        asks=RESULT,
        guards=RESULT_GUARDS,
        effects=(case_closing.close,),
        hint="反馈情况核实、当事人已告知后办结",
    ),
    Step(
        "terminate", "终止调解", IN_HAND | {S.SUSPENDED}, S.CLOSED, P.CASE_CLOSE,
        asks=(
            Ask("terminate_reason", "终止原因", TerminateReason),
            Ask("result", "终止说明和告知的其他途径", is_long=True, help="可以通过仲裁、行政途径、向人民法院起诉等维护权利"),
            HOW, INFORMED_ON,
        ),
        guards=(notices.day_is_past,),
        effects=(case_closing.terminate,),
        only=case_stages.is_in_mediation,
        hint="调解不成的依法终止，并告知仲裁、行政、司法等途径（《人民调解法》第二十六条）",
    ),
    Step(
        "withdraw", "撤回申请", OPEN_STATES, S.CLOSED, P.CASE_CLOSE,
        asks=(Ask("result", "撤回说明", is_long=True, help="当事人何时、以什么方式、为什么撤回"), HOW, INFORMED_ON),
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
