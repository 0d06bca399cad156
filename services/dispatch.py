"""The dispatch desk: what waits, and who should have it, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from models.area import Area
from models.case import Case
from models.codes import CaseStatus, Employment, UnitKind
from models.department import DispatchRule, Unit
from models.mediation import Committee, Mediator
from models.neighbor import Chief

from . import parameters, workload
from .due_dates import local_day
from .due_dates import for_term
from .labels import dictionary_names

WAITING = (CaseStatus.REGISTERED, CaseStatus.ACCEPTED)


@dataclass(frozen=True)
class Waiting:
    """One line of the tray; `tone` is ok, warn or bad and `why` says the reason in words."""

    id: str
    case_no: str
    subject: str
    status: str
    due_on: date | None
    tone: str
    why: str


@dataclass(frozen=True)
class Suggestion:
    """One way out of the tray with its reasons; `unit_id`/`worker_id` fill the order."""

    title: str
    detail: str
    why: list[str]
    load: int | None = None
    unit_id: str | None = None
    unit_name: str = ""
    worker_id: str | None = None
    worker_name: str = ""
    due_on: date | None = None
    score: float = 0
    is_contact: bool = False


def tray(session: Session, today: date) -> tuple[list[Waiting], int]:
    """The first waiting cases by due date, and how many wait in all."""
    waiting = Case.status.in_(WAITING)
    count = session.execute(select(func.count()).select_from(Case).where(waiting)).scalar_one()
    lines = session.execute(
        select(Case.id, Case.case_no, Case.subject, Case.status, Case.due_on, Case.due_reason)
        .where(waiting).order_by(Case.due_on.is_(None), Case.due_on, Case.id).limit(parameters.value(session, "tray_size"))
    )  # fmt: skip
    return [
        Waiting(i, no, subject, status.label, due, *urgency(session, due, today, reason))
        for i, no, subject, status, due, reason in lines
    ], count


def urgency(session: Session, due_on: date | None, today: date, reason: str | None) -> tuple[str, str]:
    """The tone of a deadline and the words for it."""
    if due_on is None:
        return "ok", "未定期限"
    left = (due_on - today).days
    because = f"（{reason}）" if reason else ""
    if left < 0:
        return "bad", f"已超期{-left}天{because}"
    if left <= parameters.value(session, "soon_days"):
        return "warn", ("今天到期" if left == 0 else f"还剩{left}天") + because
    return "ok", f"还剩{left}天{because}"


def suggest(session: Session, case: Case, now: datetime) -> list[Suggestion]:
    """Ways out for a case, best first: duty catalogue, place, mediators of the place."""
    due = for_term(session, "divert", local_day(now))
    due_on = min(due.on, case.due_on) if case.due_on and case.due_on >= local_day(now) else due.on
    names = dictionary_names(session)
    party_list = workload.parties(session, case)
    found = [
        *_by_duty(session, case, names, due_on), *_by_place(session, case, due_on),
        *_mediators(session, case, names, party_list, due_on),
    ]  # fmt: skip
    found.sort(key=lambda s: -s.score)
    return [*found[:8], *_served_by(session, case)]


def _by_duty(session, case: Case, names, due_on) -> list[Suggestion]:
    parent = case.category.rsplit(".", 1)[0]
    rules = session.scalars(
        select(DispatchRule).where(DispatchRule.category.in_({case.category, parent}))
        .options(joinedload(DispatchRule.lead_unit), joinedload(DispatchRule.assisting_unit))
    ).all()  # fmt: skip
    busy = workload.unit_loads(session)
    found = []
    for rule in sorted(rules, key=lambda r: r.category != case.category):
        unit = rule.lead_unit
        why = [f"分流目录：“{names.get(rule.category, '')}”由{unit.name}牵头"]
        if rule.assisting_unit:
            why.append(f"{rule.assisting_unit.name}协办")
        if rule.basis:
            why.append(rule.basis)
        found.append(_to_unit(unit, why, busy, due_on, 90))
    return found[:1]


def _by_place(session, case: Case, due_on) -> list[Suggestion]:
    unit = session.scalar(
        select(Unit).join(Unit.area).where(
            Unit.kind == UnitKind.COMMUNITY, Area.code == case.area.code.split(".")[0]
        )
    )  # fmt: skip
    if unit is None:
        return []
    return [_to_unit(unit, ["事发地在本村社区，属地负责"], workload.unit_loads(session), due_on, 80)]


def _to_unit(unit: Unit, why, busy, due_on, score) -> Suggestion:
    load = busy.get(unit.id, 0)
    return Suggestion(
        f"交 {unit.name}", unit.kind.label, [*why, f"在办{load}件"], load, unit.id, unit.name,
        due_on=due_on, score=score - load / 10,
    )  # fmt: skip


def _mediators(session, case: Case, names, party_list, due_on) -> list[Suggestion]:
    community = case.area.code.split(".")[0]
    near = select(Committee.id).join(Committee.area).where(
        or_(Area.code == community, Area.code == case.subdistrict_id)
    )
    people = session.scalars(
        select(Mediator).where(Mediator.is_active.is_(True), Mediator.committee_id.in_(near))
        .options(joinedload(Mediator.committee).joinedload(Committee.area))
    ).all()  # fmt: skip
    busy = workload.loads(session)
    topic = names.get(case.category.rsplit(".", 1)[0], "") or names.get(case.category, "")
    found = []
    for person in people:
        barred, look = workload.conflict(person, party_list)
        if barred:
            continue
        load = busy.get(person.id, 0)
        is_local = person.committee.area is not None and person.committee.area.code == community
        has_skill = bool(topic and person.skills and topic in person.skills)
        why = ["本村社区调委会" if is_local else "街道调委会", f"在办{load}件"]
        if has_skill:
            why.insert(0, f"专长“{topic}”")
        if look:
            why.append(look)
        full = person.employment is not Employment.PART_TIME
        score = 60 + 12 * has_skill + 8 * is_local + 4 * full - 5 * load
        found.append(
            Suggestion(
                f"交 {person.name}", f"{person.committee.name} {person.employment.label}调解员", why, load,
                worker_id=person.id, worker_name=person.name, due_on=due_on, score=score,
            )
        )  # fmt: skip
    return sorted(found, key=lambda s: -s.score)[:4]


def _served_by(session, case: Case) -> list[Suggestion]:
    """The neighbour chief who serves the household: to be heard, not a party to the order."""
    household = case.household
    area_id = household.neighborhood_id if household else case.area_id
    chief = session.scalar(select(Chief).where(Chief.area_id == area_id, Chief.ended_on.is_(None)))
    if chief is None:
        return []
    return [
        Suggestion(
            f"先问 {chief.name}", chief.kind.label, ["服务本户的" + chief.kind.label + "，了解情况"], is_contact=True
        )
    ]


def chain(session: Session, case: Case) -> list[str]:
    """The place up the tree, from the sub-district's first level down."""
    return case.area.full_name.split("/")


def earlier(session: Session, case: Case) -> list[Case]:
    """Other matters of the same household, at most five, newest first."""
    if case.household_id is None:
        return []
    return list(
        session.scalars(
            select(Case).where(Case.household_id == case.household_id, Case.id != case.id)
            .order_by(Case.registered_at.desc()).limit(5)
        )
    )  # fmt: skip
