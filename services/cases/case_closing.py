"""How a matter ends: settled on the spot, closed, led elsewhere, ended without agreement; archive; opened again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case, Objection
from models.case_codes import Consent, NoticeKind, PetitionPurpose, TerminateReason
from models.codes import CaseKind, CaseOutcome, CaseStatus, MediationStage
from models.mediation_codes import AgreementState, SessionResult
from models.opinion import HandlingOpinion

from .. import inbox, parameters
from . import case_intake, case_stages, clocks, extensions
from ..desk import orders
from ..mediation import sessions, settlements
from ..paperwork import notices, papers
from ..access import Actor
from ..due_dates import local_day

OUTLIVING = frozenset({"tj_confirm_apply"})
"""Periods the law gives the parties: they run on when the case is closed."""

AT_CLOSING: list[Callable[[Session, Case, Actor, object], None]] = []
"""What follows when a case is closed: `plan(session, case, actor, now)`, for example a follow-up call."""

AT_REOPENING: list[Callable[[Session, Case, Actor, object], None]] = []
"""What follows when a case is taken up again, for example that a complaint about it was answered."""

BEFORE_ARCHIVE: list[Callable[[Session, Case], str | None]] = []
"""What must be done before a case goes into the archive: each returns the Chinese reason why not, or None."""


# ---- who a step is meant for -----------------------------------------------------------


def is_on_the_spot(case: Case) -> bool:
    """还没有分流的案件（现场调解阶段）"""
    return case.stage in (None, MediationStage.ONSITE)


def is_claim(case: Case) -> bool:
    """申诉求决类信访事项"""
    return case.kind is CaseKind.PETITION and case.purpose is PetitionPurpose.CLAIM


# ---- guards ----------------------------------------------------------------------------


def citizen_is_informed(session, case, actor, now, answers) -> str | None:
    """已告知当事人（R15）"""
    if not answers.get("is_informed"):
        return "办结前须把结果告知当事人；请告知后选“是”再办结"
    return None


def ends_by_closing(session, case, actor, now, answers) -> str | None:
    """终止、撤回另有步骤"""
    if answers["outcome"] is CaseOutcome.TERMINATED:
        return "调解终止请办“终止调解”，写明终止原因并告知其他途径"
    if answers["outcome"] is CaseOutcome.WITHDRAWN:
        return "当事人撤回的请办“撤回申请”"
    return None


def opinion_is_served(session, case, actor, now, answers) -> str | None:
    """申诉求决类信访事项已出具处理意见书（R21）"""
    if not is_claim(case) or last_opinion(session, case) is not None:
        return None
    return "申诉求决类信访事项须先办“出具处理意见书”（请求、事实和理由、处理意见、法律依据四项齐全），再办结"


def agreement_is_in_effect(session, case, actor, now, answers) -> str | None:
    """调解达成的协议已经签订或登记（书面或者口头）"""
    if answers["outcome"] not in (CaseOutcome.RESOLVED, CaseOutcome.PARTLY):
        return None
    made, held = settlements.of(session, case), sessions.of(session, case)
    if any(row.status not in (AgreementState.DRAFT, AgreementState.VOID) for row in made):
        return None
    if any(row.status is AgreementState.DRAFT for row in made):
        return "调解协议还是草稿，没有生效。请先在协议上办“签订生效”（口头协议也要登记），再办结"
    if held and held[-1].result in (SessionResult.AGREED, SessionResult.PARTLY):
        return f"第{held[-1].number}次调解达成了协议，但没有登记。请先“拟订协议”（书面或者口头）并办“签订生效”，再办结（《人民调解法》第二十八条）"
    return None


def one_standard_is_met(session, case, actor, now, answers) -> str | None:
    """处理的四项标准至少符合一项"""
    if any(answers[name] for name in ("is_solved", "is_explained", "is_helped", "is_lawful")):
        return None
    return "请至少选一项处理标准：解决问题到位、思想教育到位、帮扶救助到位、依法处理"


def policy_and_duty_are_clear(session, case, actor, now, answers) -> str | None:
    """政策明确、责任清晰的才当场办结"""
    if answers["is_policy_clear"] and answers["is_duty_clear"]:
        return None
    return "政策不明确或责任不清晰的不宜当场办结，请受理后分流交办"


def is_recent(session, case, actor, now, answers) -> str | None:
    """办结后在规定天数内"""
    days = parameters.value(session, "reopen_days")
    if local_day(now) > local_day(case.closed_at) + timedelta(days=days):
        return f"办结已超过{days}天，不能重新办理。请作为新案件登记，并办“关联案件”"
    return None


def everything_is_done(session, case, actor, now, answers) -> str | None:
    """回访已完成，卷宗材料齐全"""
    reasons = [reason for reason in (rule(session, case) for rule in BEFORE_ARCHIVE) if reason]
    lacking = papers.missing(session, case)
    if lacking:
        reasons.append(f"卷宗还缺：{'、'.join(lacking)}，请生成或上传后再归档")
    return "还不能归档：" + "；".join(reasons) if reasons else None


def last_opinion(session: Session, case: Case) -> HandlingOpinion | None:
    return session.scalar(
        select(HandlingOpinion).where(HandlingOpinion.case_id == case.id).order_by(HandlingOpinion.number.desc()).limit(1)
    )


# ---- effects ---------------------------------------------------------------------------


def _end(session, case: Case, actor, now, outcome: CaseOutcome, kind: NoticeKind, answers) -> None:
    """What every ending has in common: the facts, the run, the periods, the notice, the team."""
    case.outcome, case.closed_at, case.result = outcome, now, answers["result"]
    case.is_informed = True
    notices.give(
        session, case, kind, answers["informed_how"], answers["result"], actor, now, on=answers.get("informed_on")
    )
    case_stages.leave(session, case, now, outcome)
    orders.withdraw(session, case, now, actor)
    clocks.stop(session, case, now, but=OUTLIVING)
    extensions.drop(session, case, actor, now)
    case_stages.disband(session, case, now)
    for kind in ("team", "team_left"):
        inbox.settle(session, case, actor, now, kind)
    for objection in session.scalars(select(Objection).where(Objection.case_id == case.id)):
        inbox.settle(session, objection, actor, now, "objection_decided")
    for follows in AT_CLOSING:
        follows(session, case, actor, now)


def close(session, case, actor, now, answers) -> None:
    case.solved_at_tier, case.root_cause = answers["tier"], answers["root_cause"]
    _end(session, case, actor, now, answers["outcome"], NoticeKind.RESULT, answers)


def settle(session, case, actor, now, answers) -> None:
    case.accepted_at = case.accepted_at or now
    case.is_answered_on_spot = True
    close(session, case, actor, now, answers)


def terminate(session, case, actor, now, answers) -> None:
    case.terminate_reason = answers["terminate_reason"]
    _end(session, case, actor, now, CaseOutcome.TERMINATED, NoticeKind.TERMINATED, answers)


def withdraw(session, case, actor, now, answers) -> None:
    _end(session, case, actor, now, CaseOutcome.WITHDRAWN, NoticeKind.RESULT, answers)


def refer(session, case, actor, now, answers) -> None:
    case.legal_route = answers["legal_route"]
    unit = answers["to"]
    words = f"转送{unit.name}。{answers['result']}" if unit else answers["result"]
    _end(session, case, actor, now, CaseOutcome.REDIRECTED, NoticeKind.REFERRED, answers | {"result": words})


def consent_ends_it(answers: dict) -> CaseStatus | None:
    """One refusal ends mediation (《人民调解法》第十七条)."""
    return CaseStatus.CLOSED if answers["consent"] is Consent.REFUSED else None


def notice_of_other_ways(session, case, actor, now, answers) -> str | None:
    """有人不同意的，告知仲裁、行政、诉讼等其他途径"""
    if answers["consent"] is Consent.REFUSED and not (answers["result"] and answers["informed_how"]):
        return "不同意调解的，调解即终止。请写明“告知的其他途径”并选择“告知方式”"
    return None


def consent(session, case, actor, now, answers) -> None:
    """Keep who agreed; one refusal ends the mediation."""
    if answers["consent"] is Consent.REFUSED:
        terminate(session, case, actor, now, answers | {"terminate_reason": TerminateReason.REFUSED})
    case_stages.consent(session, case, actor, now, answers)


def issue_opinion(session, case, actor, now, answers) -> None:
    earlier = last_opinion(session, case)
    session.add(HandlingOpinion(
        case_id=case.id, number=earlier.number + 1 if earlier else 1, served_on=answers["informed_on"] or local_day(now),
        **{n: answers[n] for n in ("request", "facts", "kind", "basis", "is_solved", "is_explained", "is_helped", "is_lawful")},
    ))  # fmt: skip
    words = f"处理意见：{answers['kind'].label}。不服的可自收到之日起30日内请求复查"
    notices.give(
        session, case, NoticeKind.OPINION, answers["informed_how"], words, actor, now, on=answers["informed_on"],
        receipt=answers["receipt"],
    )  # fmt: skip


def archive(session, case, actor, now, answers) -> None:
    case.archived_at = now


def reopen(session, case, actor, now, answers) -> None:
    case.outcome = case.closed_at = case.solved_at_tier = case.is_informed = case.archived_at = None
    case.terminate_reason = case.root_cause = None
    case.is_answered_on_spot = False
    for party in case_stages.parties_of(session, case):
        party.consent = party.consent_on = None  # whoever refused once is asked anew
    case_intake.begin(session, case, actor, now, local_day(now), reason=f"重新办理：{answers['reason']}")
    for follows in AT_REOPENING:
        follows(session, case, actor, now)
