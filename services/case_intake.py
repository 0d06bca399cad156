"""How a matter begins: its number, its first contact, and whether it is taken up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models.case import Case, CaseParty
from models.codes import OPEN_STATES, CaseKind, CaseStatus, ClockState, LinkKind, MediationStage

from . import case_links, clocks, records, rosters, timeline
from .access import Actor, Permission
from .due_dates import local_day
from .errors import Refused
from .numbers import case_number

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
    clocks.start(session, case, _TERM_OF[case.kind], case.received_on, is_whole=True)
    timeline.write(session, case, "register", "登记", actor, now, before=None)


@records.before_save(Case)
def _facts_agree(session, case: Case, actor, now) -> None:
    if case.received_on and case.received_on > local_day(now):
        raise Refused("收到日期不能晚于今天", field="received_on")
    if case.occurred_on and case.received_on and case.occurred_on > case.received_on:
        raise Refused("发生日期不能晚于收到日期", field="occurred_on")
    if case.kind is CaseKind.PETITION and case.people_count is not None and case.people_count < 1:
        raise Refused("信访事项的涉及人数至少为1", field="people_count")


# ---- guards and effects ----------------------------------------------------------------


def accept(session, case, actor, now, answers) -> None:
    case.accepted_at = now
    case.level = answers["level"] or case.level


def decline(session, case, actor, now, answers) -> None:
    case.result = answers["reason"]
    clocks.stop(session, case, now, state=ClockState.CANCELLED)


def other_is_an_open_case(session, case, actor, now, answers) -> str | None:
    """并入的是另一件尚未办结的案件"""
    other = answers["into"]
    if other.id == case.id:
        return "不能并入自己，请选择另一件案件"
    if other.status not in OPEN_STATES:
        return f"要并入的案件{other.case_no}{other.status.label}，请选择正在办理的案件"
    return None


def merge(session, case, actor, now, answers) -> None:
    other: Case = answers["into"]
    case_links.link(session, case, other, LinkKind.MERGED)
    clocks.stop(session, case, now, state=ClockState.CANCELLED)
    timeline.write(
        session, other, "merged_in", "并入重复件", actor, now, note=f"{case.case_no}并入本件", before=other.status
    )

