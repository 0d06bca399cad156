"""The ways out of the tray for one matter, each with its why; the desk shows them, a person takes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case
from models.codes import CaseKind, MatterLevel, UnitKind, Urgency
from models.department import Unit
from models.neighbor import Chief

from . import takers
from .batch_plan import QUEUE
from ..due_dates import DueDate, for_term, local_day
from .takers import Fit, Force, Matter, Taker

MEDIATORS = 3
CROWD = 5


@dataclass(frozen=True)
class Way:
    """One way out. `answers` fill the order; `leads_to` names a page instead: whistle, team or the spot."""

    kind: str
    title: str
    detail: str
    why: tuple[str, ...]
    answers: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    leads_to: str = ""
    score: float = 0


def due(session: Session, case: Case, now: datetime) -> DueDate:
    """When an order given now has to be answered: the office's term, never after the whole matter."""
    found = for_term(session, "divert", local_day(now))
    if case.due_on and local_day(now) <= case.due_on < found.on:
        return DueDate(case.due_on, f"{found.reason}；不得晚于整件期限")
    return found


def of(session: Session, case: Case, now: datetime) -> tuple[list[Way], list[str]]:
    """The ways out, best first, and why some people may not have it; some fifteen statements for any roster."""
    force = takers.force(session, local_day(now))
    [matter] = takers.matters(session, [case])
    until = due(session, case, now).on
    orders = [*_units(matter, force, until), *_mediators(session, matter, force, until)]
    chief = _chief(session, case, matter, force, until)
    found = [*orders, *([chief] if chief else []), *_on_the_spot(case), *_whistle(matter, force), *_team(case)]
    return sorted(found, key=lambda way: -way.score)[:9], _barred(matter, force)


def _to(taker: Taker, fit: Fit, until: date, **more: str) -> Way:
    key = "unit" if taker.is_unit else "worker"
    return Way(
        key, f"交 {taker.name}", taker.detail, fit.why, {key: taker.id, "due_on": f"{until}", **more},
        {key: taker.name}, score=fit.points - QUEUE * taker.fullness,
    )  # fmt: skip


def _units(matter: Matter, force: Force, until: date) -> Iterable[Way]:
    rule = force.rule(matter.category)
    for taker in force.for_matter(matter):
        if not taker.is_unit:
            continue
        fit = takers.fit(matter, taker, force)
        if fit.barred:
            continue
        way = _to(taker, fit, until)
        if rule and rule.lead_unit_id == taker.id and rule.assisting_unit and rule.assisting_unit_id not in {matter.barred_unit, *matter.objected}:
            helper = rule.assisting_unit
            way.answers["assist"], way.words["assist"] = helper.id, helper.name
            way = Way("department", way.title, f"{taker.detail}牵头，{helper.name}协办", fit.why, way.answers, way.words, score=way.score)
        yield way


def _mediators(session: Session, matter: Matter, force: Force, until: date) -> Iterable[Way]:
    rated = [(person, takers.fit(matter, person, force)) for person in force.mediators]
    free = [(person, fit) for person, fit in rated if fit.barred is None]
    best = sorted(free, key=lambda pair: (-pair[1].points + QUEUE * pair[0].fullness, pair[0].id))[:MEDIATORS]
    past = takers.results(session, [person.id for person, _ in best], force.today - timedelta(days=365))
    for person, fit in best:
        closed, settled = past.get(person.id, (0, 0))
        record = f"近一年办结{closed}件，其中解决{settled}件" if closed else "近一年还没有办结的"
        yield _to(person, Fit(fit.points, (*fit.why, record)), until)


def _chief(session: Session, case: Case, matter: Matter, force: Force, until: date) -> Way | None:
    """The chief who serves the household, through the community that answers for it."""
    area_id = case.household.neighborhood_id if case.household else case.area_id
    chief = session.scalar(select(Chief).where(Chief.area_id == area_id, Chief.ended_on.is_(None)))
    unit = force.units.get(force.territory.get(matter.community, ""))
    if chief is None or unit is None or unit.id in matter.objected or case.kind is CaseKind.PETITION:
        return None
    is_small = case.level in (MatterLevel.MICRO, MatterLevel.SMALL)
    why = (f"服务本户的{chief.kind.label}", "微事不出邻里、小事不出片组" if is_small else "先了解情况", f"由{unit.name}反馈")
    demand = f"请{chief.kind.label}上门了解，能就地化解的就地化解，化解不了的说明原因"
    return Way(
        "chief", f"请{chief.kind.label} {chief.name}", "就地化解", why,
        {"unit": unit.id, "due_on": f"{until}", "demand": demand}, {"unit": unit.name}, score=70 if is_small else 30,
    )  # fmt: skip


def _on_the_spot(case: Case) -> Iterable[Way]:
    """Clear policy, clear duty, small: answer at once (S126–S128)."""
    if case.level is MatterLevel.MICRO and case.urgency is not Urgency.CRITICAL:
        is_likely = case.kind is CaseKind.APPEAL
        why = ("微事", "政策明确、责任清晰的当场答复、当地解决", *(("登记为诉求",) if is_likely else ()))
        yield Way("spot", "当场答复", "不用交办，答复后直接办结", why, leads_to="spot", score=75 if is_likely else 25)


def _whistle(matter: Matter, force: Force) -> Iterable[Way]:
    """Where the sub-district itself has no power: call the unit outside (吹哨报到)."""
    rule = force.rule(matter.category)
    if rule is None:
        return
    for unit in (rule.lead_unit, rule.assisting_unit):
        if isinstance(unit, Unit) and unit.kind is UnitKind.EXTERNAL:
            why = (f"分流目录：“{force.words.get(rule.category, '')}”涉及{unit.name}", "街道没有执法权或力量不足时吹哨")
            yield Way("whistle", f"吹哨 {unit.name}", "街道吹哨，部门报到", why, {"unit": unit.id}, leads_to="whistle", score=20)
            return


def _team(case: Case) -> Iterable[Way]:
    """A hard or crowded matter: one leader, one mediator, one lawyer and staff."""
    why = []
    if case.level is MatterLevel.HARD:
        why.append("难事")
    if (case.people_count or 0) >= CROWD:
        why.append(f"涉及{case.people_count}人")
    if why:
        yield Way("team", "组建“3+X”专班", "包案领导、专岗调解员、律师和工作人员", (*why, "重点问题联合调解"), leads_to="team", score=95)


def _barred(matter: Matter, force: Force) -> list[str]:
    """Who must not have it and would otherwise be near at hand: recusals and objections upheld, not distance or load."""
    found = []
    for taker in force.for_matter(matter):
        barred = takers.fit(matter, taker, force).barred
        if barred and ("回避" in barred or "异议" in barred):
            found.append(f"{taker.name}：{barred}")
    return found
