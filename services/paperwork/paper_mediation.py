"""What the papers of mediation say: sessions, agreements with their items, judicial confirmation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Described
from models.case import Case
from models.codes import MediationStage, PartyRole
from models.mediation_codes import AgreementForm, Attendance, SessionResult
from models.session import MediationSession, SessionAttendee
from models.settlement import AgreementItem, Confirmation, MediationAgreement

from . import paper_facts as facts
from .paper_facts import Facts, boxes, day, label, moment, name_of

Subjects = Sequence[tuple[Described, str]]
_SIDES = tuple(role.label for role in (PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.THIRD))
_RESULTS = (
    ("达成协议", {SessionResult.AGREED, SessionResult.PARTLY}), ("未达成协议", {SessionResult.NEXT_STAGE, SessionResult.FAILED}),
    ("另行调解", {SessionResult.AGAIN}),
)  # fmt: skip
_TASK_ROWS = 4


# ---- what each paper can be about ------------------------------------------------------


def or_blank(rows: Subjects, case: Case) -> Subjects:
    """A paper that is filled in by hand stays to be had until there is a record."""
    return rows or [(case, "")]


def sessions_of(session: Session, case: Case) -> list[MediationSession]:
    wanted = select(MediationSession).where(MediationSession.case_id == case.id).order_by(MediationSession.number)
    return list(session.scalars(wanted.options(joinedload(MediationSession.chair)).limit(50)))


def _each_session(is_meant: Callable[[MediationSession], Any]):
    def each(session: Session, case: Case) -> Subjects:
        return or_blank([(row, f"第{row.number}次") for row in sessions_of(session, case) if is_meant(row)], case)

    return each


each_session = _each_session(lambda row: True)
each_inquiry = _each_session(lambda row: row.investigation)
each_consultation = _each_session(lambda row: row.stage is MediationStage.CONSULTATION)


def agreements_of(session: Session, case: Case) -> list[MediationAgreement]:
    wanted = select(MediationAgreement).where(MediationAgreement.case_id == case.id)
    return list(session.scalars(wanted.order_by(MediationAgreement.drafted_on, MediationAgreement.id).limit(20)))


def _each_agreement(form: AgreementForm):
    def each(session: Session, case: Case) -> Subjects:
        found = agreements_of(session, case)
        rows = [(row, row.agreement_no or f"{row.drafted_on:%Y-%m-%d}拟订") for row in found if row.form is form]
        return rows if found else [(case, "")]

    return each


each_written, each_oral = _each_agreement(AgreementForm.WRITTEN), _each_agreement(AgreementForm.ORAL)


def each_confirmation(session: Session, case: Case) -> Subjects:
    wanted = select(Confirmation).join(Confirmation.agreement).where(MediationAgreement.case_id == case.id)
    rows = session.scalars(wanted.order_by(Confirmation.created_at, Confirmation.id).options(joinedload(Confirmation.agreement)).limit(10)).all()
    return or_blank([(row, row.agreement.agreement_no or "") for row in rows], case)


# ---- sessions --------------------------------------------------------------------------


def record(session: Session, case: Case, subject: Described) -> Facts:
    """One session of mediation; lines to write on where none is recorded."""
    row = subject if isinstance(subject, MediationSession) else None
    results = boxes((name, row is not None and row.result in meant) for name, meant in _RESULTS)
    if row is None:
        return {"record": {"stage": label(case.stage), "results": results, "tasks": _tasks(session, case)}}
    people = _attendees(session, row)
    parts = (("争议焦点", row.disputed), ("各方意见", row.positions), ("调查核实", row.investigation), ("调解经过", row.record), ("无争议事实", row.undisputed))
    return {"mediators": row.chair.name, "record": {
        "time": facts.span(row.started_at, row.ended_at), "place": row.place, "stage": label(row.stage), "ordinal": f"第{row.number}次调解", "chair": row.chair.name,
        "recorder": people(Attendance.RECORDER), "attendees": people(Attendance.INVITED, Attendance.AGENT),
        "body": "\n".join(f"{name}：{said}" for name, said in parts if said),
        "result": label(row.result), "results": results, "next": moment(row.next_at), "tasks": _tasks(session, case),
    }}  # fmt: skip


def consultation(session: Session, case: Case, subject: Described) -> Facts:
    """The minutes of a consultation name everybody who sat there."""
    found = record(session, case, subject)
    if isinstance(subject, MediationSession):
        found["record"]["attendees"] = _attendees(session, subject)(*Attendance)
    return found


def _attendees(session: Session, row: MediationSession) -> Callable[..., str | None]:
    rows = session.scalars(select(SessionAttendee).where(SessionAttendee.session_id == row.id).order_by(SessionAttendee.id).limit(50)).all()

    def named(*capacities: Attendance) -> str | None:
        found = [f"{a.name}（{a.note}）" if a.note else a.name for a in rows if a.capacity in capacities]
        return "、".join(found) or None

    return named


def inquiry(session: Session, case: Case, subject: Described) -> Facts:
    """What was looked into for a session."""
    if not isinstance(subject, MediationSession):
        return {}
    people = _attendees(session, subject)
    return {"record": {
        "time": day(subject.started_at), "place": subject.place, "attendees": people(Attendance.INVITED, Attendance.MEDIATOR),
        "body": subject.investigation,
    }}  # fmt: skip


def _tasks(session: Session, case: Case) -> list[Facts]:
    """Who does what by when, as ordered; empty rows for what is added by hand."""
    found = [
        {"content": o.demand or o.role.label, "unit": name_of(o.unit), "worker": name_of(o.worker), "due": day(o.due_on)}
        for o in reversed(facts.standing_orders(session, case))
    ]  # fmt: skip
    return found + [{"content": " ", "unit": " ", "worker": " ", "due": " "}] * (_TASK_ROWS - len(found))


def plan(session: Session, case: Case, subject: Described) -> Facts:
    """A team with what every unit has to do."""
    given = subject if not isinstance(subject, Case) else facts.team_of(session, case)
    return {"team": facts.team_facts(session, given), "tasks": _tasks(session, case)}


# ---- agreements ------------------------------------------------------------------------


def sides(session: Session, case: Case) -> list[Facts]:
    """The parties that sign; witnesses and reporters do not."""
    return [p for p in facts.parties(session, case) if p["role"] in _SIDES]


def agreement(session: Session, case: Case, subject: Described) -> Facts:
    """An agreement with its items; blank but for the parties where none was drafted."""
    row, people = subject if isinstance(subject, MediationAgreement) else None, sides(session, case)
    own = {"parties": people} if people else {}
    if row is None:
        copies = chinese(len(people) + 1) if len(people) > 1 else None  # one each and one for the committee (R05)
        return own | {"agreement": {"facts": case.summary, "terms": [], "duties": [], "copies": copies}}
    items = items_of(session, row)
    own["office"] = facts.office(session, case) | {"committee": row.committee.name}
    return own | {"mediators": row.mediator.name, "agreement": {
        "number": row.agreement_no, "facts": f"{row.facts.rstrip('。')}。争议事项和各方责任：{row.disputed}", "terms": [_term(item) for item in items],
        "duties": [_duty(item) for item in items], "performance": "；".join(f"第{n}项：{_how(item)}" for n, item in enumerate(items, 1)) or None,
        "copies": chinese(row.copies or len(people) + 1), "signed_on": day(row.sealed_on or row.effective_on), "effective_on": day(row.effective_on),
    }}  # fmt: skip


def items_of(session: Session, row: MediationAgreement) -> Sequence[AgreementItem]:
    wanted = select(AgreementItem).where(AgreementItem.agreement_id == row.id).order_by(AgreementItem.id).limit(60)
    return session.scalars(wanted.options(joinedload(AgreementItem.obligor), joinedload(AgreementItem.obligee))).all()


def _term(item: AgreementItem) -> str:
    """张某于2026年3月10日前向李某修复漏水管道，金额1,200.00元。"""
    when = f"于{day(item.due_on)}前" if item.due_on else "当场"
    to = f"向{item.obligee.name}" if item.obligee else ""
    amount = f"，金额{facts.money(item.amount)}" if item.amount is not None else ""
    return f"{item.obligor.name}{when}{to}{item.what.rstrip('。')}{amount}。"


def _how(item: AgreementItem) -> str:
    when = f"{day(item.due_on)}前履行" if item.due_on else "当场履行"
    return "，".join(filter(None, (when, item.where and f"地点为{item.where}", item.manner and f"方式为{item.manner}")))


def _duty(item: AgreementItem) -> Facts:
    return {
        "content": item.what, "amount": f"{item.amount:,.2f}" if item.amount is not None else None, "obligor": item.obligor.name,
        "obligee": name_of(item.obligee), "due": day(item.due_on) or "当场履行",
    }  # fmt: skip


def chinese(number: int) -> str:
    return "零一二三四五六七八九十"[number] if number <= 10 else str(number)


def confirmation(session: Session, case: Case, subject: Described) -> Facts:
    """The parties' joint application: the agreement it is about, and the court."""
    row = subject if isinstance(subject, Confirmation) else None
    last = next((a for a in reversed(agreements_of(session, case)) if a.form is AgreementForm.WRITTEN), case)
    found = agreement(session, case, row.agreement if row else last)
    found["agreement"]["court"] = row and row.court
    return found
