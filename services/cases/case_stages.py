"""The loop 现场→分流→会商→联合: its gates, one row a run, and the consent it rests on (S122, R02, R18, R19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Assignment, Case, CaseParty, in_order
from models.case_codes import Consent, ConsultGround, StageResult
from models.codes import AssignmentStatus, CaseKind, CaseOutcome, ClockState, MediationStage, PartyRole
from models.stage_run import StageRun
from models.team import Team

from . import clocks, extensions
from ..access import Actor
from ..due_dates import local_day

ORDER = list(MediationStage)
_TERM_OF = {MediationStage.CONSULTATION: "consult", MediationStage.JOINT: "joint"}
_RESULT_OF = {
    CaseOutcome.RESOLVED: StageResult.AGREED, CaseOutcome.PARTLY: StageResult.PARTLY,
    CaseOutcome.TERMINATED: StageResult.TERMINATED, CaseOutcome.WITHDRAWN: StageResult.WITHDRAWN,
}  # fmt: skip
SIDES = (PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.THIRD)


# ---- runs ------------------------------------------------------------------------------


def runs(session: Session, case: Case) -> Sequence[StageRun]:
    """All stays of a case in its stages, in order."""
    return session.scalars(select(StageRun).where(StageRun.case_id == case.id).order_by(StageRun.number)).all()


def follow(
    session: Session, case: Case, actor: Actor, now: datetime, *, reason: str | None = None,
    result: StageResult = StageResult.PASSED_ON, is_skip: bool = False,
) -> None:  # fmt: skip
    """Let the runs say what the case's stage says: leave the old one, begin the new one."""
    past = runs(session, case)
    current = past[-1] if past and past[-1].left_at is None else None
    if current is not None and current.stage is case.stage:
        return
    if current is not None:
        _leave(session, case, current, now, result)
        session.flush()  # one open run at a time
    if case.stage is None:
        return
    session.add(StageRun(
        case_id=case.id, number=len(past) + 1, stage=case.stage, reason=reason, is_skip=is_skip,
        entered_at=now, entered_by_name=actor.name,
    ))  # fmt: skip
    session.flush()
    term = _TERM_OF.get(case.stage)
    if term and not clocks.live(session, case, term):
        clocks.start(session, case, term, local_day(now))


def leave(session: Session, case: Case, now: datetime, outcome: CaseOutcome | None) -> None:
    """The case ends: the run it was in ends with it."""
    current = session.scalar(select(StageRun).where(StageRun.case_id == case.id, StageRun.left_at.is_(None)))
    if current is not None:
        _leave(session, case, current, now, _RESULT_OF.get(outcome, StageResult.OTHER))


def _leave(session: Session, case: Case, run: StageRun, now: datetime, result: StageResult) -> None:
    run.left_at, run.result, run.people = now, result, _people(session, case, run)
    term = _TERM_OF.get(run.stage)
    if term:
        clocks.stop(session, case, now, term_id=term)


def _people(session: Session, case: Case, run: StageRun) -> str | None:
    """Who worked on a run: the orders given in it, and the team. The order that ends the first stage belongs to the next."""
    if run.stage is MediationStage.ONSITE:
        return None
    found: dict[str, None] = {}
    orders = select(Assignment).where(
        Assignment.case_id == case.id, Assignment.status != AssignmentStatus.WITHDRAWN, Assignment.assigned_at >= run.entered_at
    )
    for order in session.scalars(orders.order_by(Assignment.id)):
        for who in (order.unit, order.worker):
            if who is not None:
                found[who.name] = None
    team = active_team(session, case) if run.stage is MediationStage.JOINT else None
    if team is not None:
        found |= dict.fromkeys(w.name for w in (team.leader, team.mediator, team.lawyer, team.staff))
    return "、".join(found)[:200] or None


def active_team(session: Session, case: Case) -> Team | None:
    return session.scalar(
        select(Team).where(Team.case_id == case.id, Team.disbanded_at.is_(None))
    )


# ---- who a step is meant for -----------------------------------------------------------


def asks_why_not_on_the_spot(case: Case) -> bool:
    """现场调解阶段的纠纷"""
    return case.kind is CaseKind.DISPUTE and case.stage is MediationStage.ONSITE


def is_in_mediation(case: Case) -> bool:
    """进入调解阶段的案件"""
    return case.stage is not None


def is_diverted(case: Case) -> bool:
    """分流调解阶段"""
    return case.stage is MediationStage.DIVERTED


def is_consulted(case: Case) -> bool:
    """会商调解阶段"""
    return case.stage is MediationStage.CONSULTATION


def may_skip(case: Case) -> bool:
    """现场、分流调解阶段"""
    return case.stage in (None, MediationStage.ONSITE, MediationStage.DIVERTED)


def may_go_back(case: Case) -> bool:
    """会商、联合调解阶段"""
    return case.stage in (MediationStage.CONSULTATION, MediationStage.JOINT)


# ---- guards ----------------------------------------------------------------------------


def says_why_not_on_the_spot(session, case, actor, now, answers) -> str | None:
    """纠纷转分流前写明未能当场化解的原因（S129）"""
    if not asks_why_not_on_the_spot(case):
        return None
    if answers.get("onsite_reason") or case.onsite_reason:
        return None
    return "请选择“未能当场化解的原因”：纠纷先在现场调解，不能现场调处的才转分流"


def consents_are_there(session, case, actor, now, answers) -> str | None:
    """各方当事人同意调解（R02）"""
    return consent_missing(session, case)


def consent_missing(session: Session, case: Case) -> str | None:
    """Why mediation may not go on, or None: everyone it is about has agreed."""
    parties = session.scalars(select(CaseParty).where(CaseParty.case_id == case.id, CaseParty.role.in_(SIDES))).all()
    if not parties:
        return "还没有登记当事人。请先登记申请人和被申请人，征得各方同意后再调解"
    if any(party.consent is Consent.REFUSED for party in parties):
        return "有当事人不同意调解，依法不得调解。请办“终止调解”，并告知其他解决途径"
    open_ = sum(party.consent is None for party in parties)
    return f"还有{open_}名当事人没有表态。请先办“征询调解意愿”，各方同意后再调解" if open_ else None


def ground_holds(session, case, actor, now, answers) -> str | None:
    """会商理由属实：涉及两个以上单位，或已反馈无法单独解决"""
    orders = session.scalars(select(Assignment).where(Assignment.case_id == case.id)).all()
    if answers["ground"] is ConsultGround.UNITS:
        units = {o.unit_id for o in orders} | {case.lead_unit_id, case.competent_unit_id, case.territory_unit_id}
        if len(units - {None}) < 2:
            return "目前只涉及一个单位。请先把相关单位列为承办、主管或属地单位，或选择“无法单独解决”"
        return None
    if not any(o.status is AssignmentStatus.FED_BACK and o.is_beyond for o in orders):
        return "承办单位还没有反馈“无法单独解决”，请等待反馈，或说明涉及哪些单位"
    return None


def team_is_complete(session, case, actor, now, answers) -> str | None:
    """已有完整的“3+X”专班（R14）"""
    if active_team(session, case) is None:
        return "还没有“3+X”专班。请先配齐包案领导、专岗调解员、律师和至少一名工作人员"
    return None


def skips_forward(session, case, actor, now, answers) -> str | None:
    """越级转入的阶段在后面且不相邻；联合调解须有完整专班（R18）"""
    here = ORDER.index(case.stage) if case.stage else ORDER.index(MediationStage.ONSITE)
    ahead = ORDER.index(answers["stage"]) - here
    if ahead < 2:
        return "这个阶段不用越级：下一阶段请按正常步骤办理，前面的阶段请办“退回上一阶段”"
    if answers["stage"] is MediationStage.JOINT:
        return team_is_complete(session, case, actor, now, answers)
    return None


# ---- effects ---------------------------------------------------------------------------


def diverted(session, case, actor, now, answers) -> None:
    """After an order: the run follows the stage; why it was not settled on the spot stays on record."""
    why = answers.get("onsite_reason") or case.onsite_reason
    case.onsite_reason = why
    follow(session, case, actor, now, reason=f"未能当场化解：{why.label}" if why else "分流交办")


def consult(session, case, actor, now, answers) -> None:
    case.stage = MediationStage.CONSULTATION
    follow(session, case, actor, now, reason=f"{answers['ground'].label}。{answers['reason']}")


def join(session, case, actor, now, answers) -> None:
    case.stage, case.is_key_issue = MediationStage.JOINT, True
    follow(session, case, actor, now, reason=answers["reason"])


def skip(session, case, actor, now, answers) -> None:
    case.stage = answers["stage"]
    case.is_key_issue = case.is_key_issue or case.stage is MediationStage.JOINT
    follow(session, case, actor, now, reason=answers["reason"], is_skip=True)


def go_back(session, case, actor, now, answers) -> None:
    case.stage = ORDER[ORDER.index(case.stage) - 1]
    follow(session, case, actor, now, reason=answers["reason"], result=StageResult.SENT_BACK)


def parties_of(session: Session, case: Case) -> Sequence[CaseParty]:
    return in_order(session.scalars(select(CaseParty).where(CaseParty.case_id == case.id, CaseParty.role.in_(SIDES))))


def party_is_of_the_case(session, case, actor, now, answers) -> str | None:
    """表态的是本案当事人；说“全体”时都同意"""
    party = answers.get("party")
    if party is None and answers["consent"] is Consent.REFUSED:
        return "请选择是哪一位当事人不同意调解"
    if party is not None and party.case_id != case.id:
        return "请选择本案的当事人"
    if party is None and not parties_of(session, case):
        return "还没有登记当事人，请先登记"
    return None


def consent(session, case, actor, now, answers) -> None:
    chosen = [answers["party"]] if answers.get("party") else parties_of(session, case)
    for party in chosen:
        party.consent, party.consent_on = answers["consent"], local_day(now)


def suspend(session, case, actor, now, answers) -> None:
    clocks.pause(session, case, now)


def resume(session, case, actor, now, answers) -> None:
    clocks.resume(session, case, now)


def put_down(session, case, actor, now) -> None:
    """The matter is not worked on here: its run, its periods, an open request and its team end."""
    leave(session, case, now, None)
    clocks.stop(session, case, now, state=ClockState.CANCELLED)
    extensions.drop(session, case, actor, now)
    disband(session, case, now)


def disband(session, case, now) -> None:
    team = active_team(session, case)
    if team is not None:
        team.disbanded_at = now  # its members have one matter less in hand
