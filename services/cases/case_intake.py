"""How a matter begins: its number, its first contact, and whether it is taken up."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models.case import Case, CaseParty
from models.case_codes import IdentityMode, NoticeKind, PetitionPurpose
from models.codes import OPEN_STATES, CaseKind, CaseStatus, LinkKind, MediationStage

from .. import rosters
from . import case_links, case_stages, clocks, timeline
from ..desk import orders
from ..keeping import records
from ..paperwork import notices
from ..access import Actor, Permission
from ..due_dates import DueDate, for_term, local_day
from ..errors import Refused
from ..numbers import case_number

def begin(session: Session, case: Case, actor: Actor, now: datetime, on: date, reason: str | None = None) -> None:
    """Start the period of the whole matter, and its run in the stage it is in."""
    clocks.start(session, case, _TERM_OF[case.kind], on, due=_due(session, case, on), is_whole=True)
    case_stages.follow(session, case, actor, now, reason=reason)


def _due(session: Session, case: Case, on: date) -> DueDate | None:
    """The day the source asks for, where it is sooner than the usual one."""
    asked = case.source_due_on
    if asked is None or asked >= for_term(session, _TERM_OF[case.kind], on).on:
        return None
    return DueDate(asked, f"来源要求{asked:%Y-%m-%d}前办结")


_TERM_OF = {
    CaseKind.APPEAL: "divert",
    CaseKind.DISPUTE: "tj_mediate",
    CaseKind.PETITION: "xf_handle",
}


def register(session: Session, actor: Actor, now: datetime, *, parties: list[dict] = (), **facts) -> Case:
    """Register a matter: it gets its number at once, and the first contact is fixed.

    `facts` are attributes of `Case`; `parties` those of `CaseParty`. Raises `Refused`.
    """
    case = Case(**facts)
    enter(session, case, actor, now)
    for party in parties:
        records.save(session, CaseParty(case_id=case.id, **party), actor, now)
    return case


@rosters.creator(Case)
def enter(session: Session, case: Case, actor: Actor, now: datetime) -> None:
    """Number a new matter, fix its first contact and write the first event."""
    actor.require(Permission.CASE_REGISTER)
    case.status = CaseStatus.REGISTERED
    case.stage = MediationStage.ONSITE if case.kind is not CaseKind.PETITION else None
    case.case_no = case_number(session, now)
    case.registered_at = now
    case.received_on = case.received_on or local_day(now)
    case.first_contact_user_id = actor.user_id
    case.first_contact_unit_id = actor.unit_id
    records.save(session, case, actor, now)
    begin(session, case, actor, now, case.received_on)
    if case.kind is CaseKind.PETITION and case.identity is not IdentityMode.ANONYMOUS:
        clocks.start(session, case, "xf_notice_direct", case.received_on, cap_on=None)
    timeline.write(session, case, "register", "登记", actor, now, before=None)


@records.before_save(Case)
def _facts_agree(session, case: Case, actor, now) -> None:
    if case.received_on and case.received_on > local_day(now):
        raise Refused("收到日期不能晚于今天", field="received_on")
    if case.occurred_on and case.received_on and case.occurred_on > case.received_on:
        raise Refused("发生日期不能晚于收到日期", field="occurred_on")
    if case.kind is CaseKind.PETITION and case.people_count is not None and case.people_count < 1:
        raise Refused("信访事项的涉及人数至少为1", field="people_count")
    if case.is_group_visit and not case.representative_count:
        raise Refused("集体访须推选代表，请填写代表人数（1至5人）", field="representative_count")
    if case.is_group_visit and case.people_count and case.representative_count > case.people_count:
        raise Refused("代表人数不能多于涉及人数", field="representative_count")
    if case.representative_count and not case.is_group_visit:
        raise Refused("只有集体访才填代表人数；请把“集体访”选“是”，或清空代表人数", field="representative_count")
    accused = case.accused_unit_id or case.accused_worker_id or case.accused_unit or case.accused_worker
    if accused and case.purpose is not PetitionPurpose.ACCUSATION:
        raise Refused("只有检举控告才填被检举的单位和人员", field="purpose")


# ---- who a step is meant for, and when it may be taken ----------------------------------


def is_petition(case: Case) -> bool:
    """信访事项"""
    return case.kind is CaseKind.PETITION


def purpose_is_known(session, case, actor, now, answers) -> str | None:
    """信访事项先分清信访目的"""
    if case.kind is not CaseKind.PETITION or answers.get("purpose") or case.purpose:
        return None
    return "请选择“信访目的”：建议意见、检举控告还是申诉求决，办理方式不同"


def is_a_petition(session, case, actor, now, answers) -> str | None:
    """咨询、感谢不作为信访事项受理"""
    purpose = answers.get("purpose") or case.purpose
    if case.kind is CaseKind.PETITION and purpose in (PetitionPurpose.CONSULT, PetitionPurpose.THANKS):
        return f"{purpose.label}不是信访事项，请直接答复后办“当场答复（办结）”，或办“不予受理”"
    return None


def other_is_an_open_case(session, case, actor, now, answers) -> str | None:
    """并入的是另一件尚未办结的案件"""
    other = answers["into"]
    if other.id == case.id:
        return "不能并入自己，请选择另一件案件"
    if other.status not in OPEN_STATES:
        return f"要并入的案件{other.case_no}{other.status.label}，请选择正在办理的案件"
    return None


def nobody_works_on_it(session, case, actor, now, answers) -> str | None:
    """没有待反馈的交办"""
    if orders.open_assignment(session, case) is not None:
        return "这件案件还有待反馈的交办，请先撤回交办再并案"
    return None


# ---- effects ---------------------------------------------------------------------------


def accept(session, case, actor, now, answers) -> None:
    case.accepted_at = now
    case.level = answers["level"] or case.level
    case.purpose = answers["purpose"] or case.purpose
    case.legal_route = answers["legal_route"]
    case.onsite_reason = answers["onsite_reason"] or case.onsite_reason
    if answers["informed_how"]:
        words = f"您反映的事项已受理，编号{case.case_no}，办理期限{case.due_on:%Y-%m-%d}"
        notices.give(session, case, NoticeKind.ACCEPTED, answers["informed_how"], words, actor, now)


def decline(session, case, actor, now, answers) -> None:
    case.decline_reason, case.result = answers["decline_reason"], answers["reason"]
    case_stages.put_down(session, case, actor, now)
    notices.give(session, case, NoticeKind.DECLINED, answers["informed_how"], answers["reason"], actor, now)


def merge(session, case, actor, now, answers) -> None:
    other: Case = answers["into"]
    case_links.link(session, case, other, LinkKind.MERGED)
    case_stages.put_down(session, case, actor, now)
    timeline.write(
        session, other, "merged_in", "并入重复件", actor, now, note=f"{case.case_no}并入本件", before=other.status
    )
    if answers["informed_how"]:
        words = f"您反映的事项与{other.case_no}为同一事项，并案办理，结果一并答复"
        notices.give(session, case, NoticeKind.MERGED, answers["informed_how"], words, actor, now)
