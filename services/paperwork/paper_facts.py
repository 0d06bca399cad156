"""What papers say of a case: strings, lists and dictionaries, read once for all papers of it.

Missing data is None and prints as “／” or as a line to write on. Nothing is ticked for a citizen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Described
from models.area import Area
from models.case import Assignment, Case, CaseEvent, CaseParty, in_order
from models.codes import AssignmentStatus, Code, CommitteeKind, PartyKind, PartyRole, TeamSeat
from models.division import Division
from models.mediation import Committee, Mediator
from models.paper import Dossier
from models.team import Team, TeamMember
from models.worker import Worker

from ..labels import dictionary_names
from ..showing import LOCAL

Facts = dict[str, Any]
TICKED, OPEN = "☑", "□"


# ---- words --------------------------------------------------------------------------


def day(value: date | datetime | None) -> str | None:
    """2026年3月2日, of an instant the day in China."""
    if value is None:
        return None
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL).date()
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime | None) -> str | None:
    """2026年3月2日 09:00 in China."""
    return None if value is None else f"{day(value)} {value.astimezone(LOCAL):%H:%M}"


def span(start: datetime, end: datetime | None) -> str:
    """2026年3月2日 09:00至10:30; the end with its day where that is another one."""
    if end is None:
        return moment(start)
    return f"{moment(start)}至{moment(end)[-5:] if day(start) == day(end) else moment(end)}"


def money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:,.2f}元"


def label(code: Code | None) -> str | None:
    return None if code is None else code.label


def name_of(row: Described | None) -> str | None:
    return None if row is None else row.name


def boxes(choices: Iterable[tuple[str, bool]]) -> list[Facts]:
    """A row of boxes; only what the data says is ticked."""
    return [{"box": TICKED if is_so else OPEN, "name": name} for name, is_so in choices]


def codes(code: type[Code], chosen: Code | None = None) -> list[Facts]:
    return boxes((member.label, member is chosen) for member in code)


# ---- the case -----------------------------------------------------------------------


def facts_of(session: Session, case: Case) -> Facts:
    """The data that every paper of a case can use."""
    people = parties(session, case)
    return {
        "case": _case(session, case), "parties": people or [{}], "sides": _sides(people),
        "office": office(session, case), "dossier": _dossier(session, case, people),
        "mediators": "、".join(mediators(session, case)) or None,
    }  # fmt: skip


def _case(session: Session, case: Case) -> Facts:
    words = dictionary_names(session)
    first = session.scalar(
        select(CaseEvent.user_name).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number).limit(1)
    )
    return {
        "no": case.case_no, "subject": case.subject, "summary": case.summary, "requests": case.requests, "kind": label(case.kind),
        "category": words.get(case.category), "channel": words.get(case.channel), "level": label(case.level),
        "urgency": label(case.urgency), "stage": label(case.stage), "status": label(case.status),
        "outcome": label(case.outcome), "result": case.result, "solved_at": label(case.solved_at_tier),
        "informed": {True: "是", False: "否"}.get(case.is_informed), "amount": money(case.amount),
        "people_count": None if case.people_count is None else str(case.people_count),
        "is_joint": bool(case.people_count and case.people_count > 1),
        "occurred_on": day(case.occurred_on), "received_on": day(case.received_on), "due_on": day(case.due_on),
        "due_reason": case.due_reason, "registered_on": day(case.registered_at), "registered_at": moment(case.registered_at),
        "accepted_on": day(case.accepted_at), "closed_on": day(case.closed_at), "area": case.area.full_name,
        "place": case.place, "lead_unit": name_of(case.lead_unit), "lead_phone": case.lead_unit and case.lead_unit.phone,
        "handler": name_of(case.handler), "competent_unit": name_of(case.competent_unit),
        "territory_unit": name_of(case.territory_unit), "first_unit": name_of(case.first_contact_unit),
        "first_user": name_of(case.first_contact_user), "registered_by": first,
    }  # fmt: skip


def parties(session: Session, case: Case) -> list[Facts]:
    """The parties as papers name them; sex and age come from a valid identity number."""
    rows = session.scalars(select(CaseParty).where(CaseParty.case_id == case.id).order_by(CaseParty.id))
    return [_party(row, case) for row in in_order(rows)]


def _party(row: CaseParty, case: Case) -> Facts:
    is_person = row.kind is PartyKind.PERSON
    number = row.id_number if is_person else None
    born = number and date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    on = case.received_on
    return {
        "id": row.id, "role": row.role.label, "kind": row.kind.label, "is_person": is_person, "name": row.name,
        "gender": number and ("男" if int(number[16]) % 2 else "女"),
        "age": born and str(on.year - born.year - ((on.month, on.day) < (born.month, born.day))),
        "id_number": row.id_number, "mobile": row.mobile, "address": row.address,
    }  # fmt: skip


def _sides(people: Sequence[Facts]) -> Facts:
    """Who stands against whom, by name."""
    names = {role.label: [p["name"] for p in people if p["role"] == role.label] for role in PartyRole}
    first = names[PartyRole.APPLICANT.label] or names[PartyRole.REPRESENTATIVE.label] or names[PartyRole.REPORTER.label]
    second = names[PartyRole.RESPONDENT.label]
    phone = next((p["mobile"] for p in people if first and p["name"] == first[0]), None)
    return {
        "first": "、".join(first) or None, "second": "、".join(second) or None, "first_mobile": phone,
        "all": "、".join(p["name"] for p in people if p["role"] not in (PartyRole.WITNESS.label, PartyRole.AGENT.label)) or None,
    }  # fmt: skip


# ---- who issues the papers ----------------------------------------------------------


def office(session: Session, case: Case) -> Facts:
    """The names under which papers of a case are issued, and the court and the body of review above."""
    here = session.get(Division, case.subdistrict_id)
    above = session.get(Division, here.parent_code) if here and here.parent_code else None
    name, city = (here.name if here else ""), (above.name if above else "")
    body = "办事处" if name.endswith("街道") else "人民政府"
    committee = committee_of(session, case)
    return {
        "subdistrict": name, "city": city, "issuer": f"{city}{name}{body}", "centre": f"{city}{name}综合治理中心",
        "committee": committee.name if committee else f"{name}人民调解委员会", "court": f"{city}人民法院",
        "review_body": f"{city}人民政府", "phone": committee.phone if committee else None,
    }  # fmt: skip


def mediating(session: Session, case: Case) -> list[Mediator]:
    """The mediators of a case: who handles it and who sits in its team."""
    team = team_of(session, case)
    found = [case.handler, team.mediator if team else None]
    return list(dict.fromkeys(worker for worker in found if isinstance(worker, Mediator)))


def mediators(session: Session, case: Case) -> list[str]:
    return [worker.name for worker in mediating(session, case)]


def committee_of(session: Session, case: Case) -> Committee | None:
    """The committee of the mediator, else that of the community, else that of the sub-district."""
    for mediator in mediating(session, case):
        if mediator.committee_id:
            return mediator.committee
    community = case.area.code.split(".")[0]
    local = select(Committee).join(Area, Area.id == Committee.area_id).where(Area.code == community)
    wide = select(Committee).where(Committee.kind == CommitteeKind.SUBDISTRICT)
    for statement in (local, wide):
        found = session.scalar(statement.where(Committee.is_active.is_(True)).order_by(Committee.id).limit(1))
        if found is not None:
            return found
    return None


def _dossier(session: Session, case: Case, people: Sequence[Facts]) -> Facts:
    row = session.scalar(select(Dossier).where(Dossier.case_id == case.id))
    return {
        "number": row and row.dossier_no, "name": row.name if row else dossier_name(session, case, people),
        "retention": row and label(row.retention), "filed_by": row and row.filed_by, "filed_on": row and day(row.filed_on),
        "checked_by": row and row.checked_by, "pages": str(row.page_count) if row and row.page_count else None,
        "statement": row and row.statement, "note": row and row.note,
    }  # fmt: skip


def dossier_name(session: Session, case: Case, people: Sequence[Facts]) -> str:
    """张某与李某邻里纠纷, or the subject of the case when a side is missing."""
    sides = _sides(people)
    if not sides["first"] or not sides["second"]:
        return case.subject[:60]
    category = (dictionary_names(session).get(case.category) or "").removesuffix("纠纷")
    return f"{sides['first']}与{sides['second']}{category}纠纷"[:60]


# ---- orders, team, what happened ----------------------------------------------------


def order_facts(order: Assignment | None) -> Facts:
    """One order to a unit or person; nothing but blanks where there is none."""
    if order is None:
        return {}
    return {
        "unit": name_of(order.unit or (order.worker and order.worker.unit)) or name_of(order.worker), "worker": name_of(order.worker),
        "contact": name_of(order.liaison) or name_of(order.worker) or (order.unit and order.unit.contact_name), "phone": order.unit and order.unit.phone,
        "role": order.role.label, "liaison": name_of(order.liaison), "status": order.status.label, "demand": order.demand, "feedback": order.feedback, "by": name_of(order.assigned_by),
        "due_on": day(order.due_on), "due_reason": order.due_reason, "assigned_on": day(order.assigned_at),
        "assigned_at": moment(order.assigned_at), "fed_back_on": day(order.fed_back_at), "fed_back_at": moment(order.fed_back_at),
    }  # fmt: skip


def orders(session: Session, case: Case) -> Sequence[Assignment]:
    """The orders of a case, the last one first."""
    wanted = select(Assignment).where(Assignment.case_id == case.id).order_by(Assignment.assigned_at.desc(), Assignment.id.desc())
    return session.scalars(wanted.options(joinedload(Assignment.unit), joinedload(Assignment.worker)).limit(50)).all()


def standing_orders(session: Session, case: Case) -> list[Assignment]:
    """The orders that were not taken back, the last one first."""
    gone = (AssignmentStatus.WITHDRAWN, AssignmentStatus.RETURNED)
    return [order for order in orders(session, case) if order.status not in gone]


def team_of(session: Session, case: Case) -> Team | None:
    """The present team of a case, else its last one."""
    wanted = select(Team).where(Team.case_id == case.id)
    return session.scalar(wanted.order_by(Team.disbanded_at.is_not(None), Team.formed_on.desc(), Team.id.desc()).limit(1))


def team_facts(session: Session, team: Team | None) -> Facts:
    """The seats of a team in order; an empty row each where there is no team."""
    if team is None:
        return {"members": [{"seat": seat.label} for seat in TeamSeat]}
    extra = session.scalars(
        select(TeamMember).where(TeamMember.team_id == team.id).order_by(TeamMember.id).options(joinedload(TeamMember.worker))
    )
    people = [
        (TeamSeat.LEADER.label, team.leader), (TeamSeat.MEDIATOR.label, team.mediator), (TeamSeat.LAWYER.label, team.lawyer),
        (f"{TeamSeat.STAFF.label}（联络）", team.staff), *((TeamSeat.STAFF.label, member.worker) for member in extra),
    ]  # fmt: skip
    return {
        "leader": name_of(team.leader), "plan": team.plan, "formed_on": day(team.formed_on),
        "members": [{"seat": seat, "name": worker.name, "post": _post(worker), "mobile": worker.mobile} for seat, worker in people],
    }  # fmt: skip


def _post(worker: Worker) -> str | None:
    """Where somebody belongs and as what."""
    committee = getattr(worker, "committee", None)
    parts = [name_of(worker.unit), name_of(committee), getattr(worker, "firm", None), getattr(worker, "post", None)]
    return "".join(part for part in parts if part) or worker.kind.label


def events(session: Session, case: Case) -> list[Facts]:
    """What happened to a case, in order, at most the last hundred entries."""
    wanted = select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number.desc()).limit(100)
    return [
        {"at": moment(e.happened_at), "on": day(e.happened_at), "verb": e.verb, "label": e.label, "who": e.user_name, "note": e.note}
        for e in reversed(session.scalars(wanted).all())
    ]  # fmt: skip
