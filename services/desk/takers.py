"""Who an order can go to: mediators and units, how well each fits a matter, and why or why not.

Everything is read in a few statements for any number of matters; the fit itself is a pure function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import case as when
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from models.area import Area
from models.case import Case, CaseParty, Objection
from models.codes import CaseKind, CaseOutcome, Employment, ObjectionState, UnitKind, Urgency
from models.department import DispatchRule, Unit
from models.household import Household, HouseholdMember
from models.mediation import Committee, Mediator
from models.recusal import Recusal

from .. import parameters
from . import workload
from ..labels import dictionary_names

# What counts how much, in points of fit; a hundred is as good as it gets.
BASE, LOCAL, STREET, SKILL, POST, KNOWN, DUTY, TERRITORY = 25, 30, 10, 25, 5, 10, 45, 35
NO_MEDIATION = -20


@dataclass(frozen=True)
class Matter:
    """What the choice needs to know of a case.

    `recused` is {worker id: the closeness declared}, `kin` the phones of those who live with a party,
    `objected` the units that were right to say it is not theirs.
    """

    id: str
    case_no: str
    subject: str
    kind: CaseKind
    category: str
    urgency: Urgency
    area_code: str
    due_on: date | None
    version: int
    mobiles: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()
    barred_unit: str | None = None
    barred_worker: str | None = None
    recused: Mapping[str, str] = field(default_factory=dict)
    kin: frozenset[str] = frozenset()
    objected: frozenset[str] = frozenset()

    @property
    def community(self) -> str:
        return self.area_code.split(".")[0]


@dataclass(frozen=True)
class Taker:
    """One mediator or one unit; `load` is what is in hand now, `capacity` what may be at once."""

    id: str
    name: str
    detail: str
    is_unit: bool
    load: int
    capacity: int
    area_code: str = ""
    skills: str = ""
    mobile: str | None = None
    employment: Employment | None = None
    term_ends_on: date | None = None
    unit_id: str | None = None

    @property
    def fullness(self) -> float:
        """Matters in hand by capacity."""
        return self.load / self.capacity


@dataclass(frozen=True)
class Fit:
    """How well a taker fits a matter: points, the reasons, and why not if barred."""

    points: float
    why: tuple[str, ...]
    barred: str | None = None


@dataclass(frozen=True)
class Force:
    """Everybody who can be given a matter, with the duty catalogue; read once for all matters."""

    mediators: Sequence[Taker]
    units: Mapping[str, Taker]
    rules: Mapping[str, DispatchRule]
    territory: Mapping[str, str]
    words: Mapping[str, str]
    today: date
    root: str
    topics: dict[str, frozenset[str]] = field(default_factory=dict)

    def rule(self, category: str) -> DispatchRule | None:
        """The line of the duty catalogue for a category, else for the group it belongs to."""
        return self.rules.get(category) or self.rules.get(category.rsplit(".", 1)[0])

    def topic(self, category: str) -> frozenset[str]:
        """The words by which a skill is recognised."""
        if category not in self.topics:
            keys = (category, category.rsplit(".", 1)[0])
            self.topics[category] = frozenset(self.words[key].removesuffix("纠纷") for key in keys if key in self.words)
        return self.topics[category]

    def for_matter(self, matter: Matter) -> Iterable[Taker]:
        """Everybody worth looking at for a matter: all mediators, the units in charge."""
        yield from self.mediators
        rule = self.rule(matter.category)
        ids = [rule.lead_unit_id if rule else None, self.territory.get(matter.community)]
        yield from (self.units[key] for key in dict.fromkeys(ids) if key in self.units)


def force(session: Session, today: date) -> Force:
    """Read the mediators, the units and the duty catalogue; about ten statements however many matters."""
    busy, busy_units = workload.loads(session), workload.unit_loads(session)
    most, most_units = (parameters.value(session, name) for name in ("mediator_capacity", "unit_capacity"))
    people = session.scalars(
        select(Mediator).where(Mediator.is_active.is_(True))
        .options(joinedload(Mediator.committee).joinedload(Committee.area)).order_by(Mediator.id)
    ).all()  # fmt: skip
    mediators = [
        Taker(
            p.id, p.name, f"{p.committee.name} {p.employment.label}调解员", False, busy.get(p.id, 0), most,
            p.committee.area.code if p.committee.area else "", p.skills or "", p.mobile, p.employment,
            p.term_ends_on, p.unit_id,
        )
        for p in people
    ]  # fmt: skip
    units = session.scalars(select(Unit).where(Unit.is_active.is_(True)).options(joinedload(Unit.area)).order_by(Unit.id)).all()
    found = {
        u.id: Taker(u.id, u.name, u.kind.label, True, busy_units.get(u.id, 0), most_units, u.area.code if u.area else "")
        for u in units
    }  # fmt: skip
    rules = session.scalars(
        select(DispatchRule).options(joinedload(DispatchRule.lead_unit), joinedload(DispatchRule.assisting_unit))
    )
    territory = {u.area.code: u.id for u in units if u.area and u.kind is UnitKind.COMMUNITY}
    return Force(
        mediators, found, {r.category: r for r in rules}, territory, dictionary_names(session), today,
        session.info["actor"].subdistrict_id,
    )  # fmt: skip


def matters(session: Session, cases: Sequence[Case]) -> list[Matter]:
    """What the choice needs to know of these cases, in eight statements at most."""
    ids = [case.id for case in cases]
    codes = dict(session.execute(select(Area.id, Area.code).where(Area.id.in_({c.area_id for c in cases}))).all())
    people: dict[str, list[tuple]] = {}
    for key, *party in session.execute(
        select(CaseParty.case_id, CaseParty.name, CaseParty.mobile, CaseParty.household_id).where(CaseParty.case_id.in_(ids))
    ):
        people.setdefault(key, []).append(tuple(party))
    objected: dict[str, set] = {}
    upheld = select(Objection.case_id, Objection.unit_id).where(Objection.case_id.in_(ids), Objection.status == ObjectionState.ACCEPTED)
    for key, unit in session.execute(upheld):
        objected.setdefault(key, set()).add(unit)
    declared, living = _declared(session, ids, people), _living(session, people)
    homes = {case.household_id for case in cases} - {None}
    handled: dict[str, set] = {}
    for home, handler, unit in session.execute(
        select(Case.household_id, Case.handler_id, Case.lead_unit_id).where(
            Case.household_id.in_(homes), Case.id.not_in(ids), or_(Case.handler_id.is_not(None), Case.lead_unit_id.is_not(None))
        ).limit(20 * len(ids) + 20)
    ) if homes else ():  # fmt: skip
        handled.setdefault(home, set()).update({handler, unit} - {None})
    found = []
    for c in cases:
        own = people.get(c.id, ())
        found.append(
            Matter(
                c.id, c.case_no, c.subject, c.kind, c.category, c.urgency, codes[c.area_id], c.due_on, c.version,
                frozenset(mobile for _, mobile, _ in own if mobile), frozenset(name for name, _, _ in own),
                frozenset(handled.get(c.household_id, ())), getattr(c, "accused_unit_id", None),
                getattr(c, "accused_worker_id", None), declared.get(c.id, {}),
                frozenset(mobile for _, _, home in own for mobile in living.get(home, ())),
                frozenset(objected.get(c.id, ())),
            )
        )  # fmt: skip
    return found


def _declared(session: Session, ids: Sequence[str], people: Mapping[str, list[tuple]]) -> dict[str, dict[str, str]]:
    """{case id: {worker id: closeness}} by what was declared, for a case or for a person who is a party (R03, R10)."""
    names = {name for parties in people.values() for name, _, _ in parties}
    wanted = or_(Recusal.case_id.in_(ids), Recusal.person_name.in_(names))
    found: dict[str, dict[str, str]] = {}
    for row in session.scalars(select(Recusal).where(Recusal.is_active.is_(True), wanted)):
        for key in ids if row.case_id is None else (row.case_id,):
            is_party = row.person_name is None or any(
                name == row.person_name and row.person_mobile in (None, mobile) for name, mobile, _ in people.get(key, ())
            )
            if is_party:
                found.setdefault(key, {})[row.worker_id] = row.closeness.label
    return found


def _living(session: Session, people: Mapping[str, list[tuple]]) -> dict[str, set[str]]:
    """{household id: phones of everybody who lives there}, of the households of parties."""
    homes = {home for parties in people.values() for _, _, home in parties} - {None}
    found: dict[str, set[str]] = {}
    if homes:
        heads = select(Household.id, Household.mobile).where(Household.id.in_(homes))
        members = select(HouseholdMember.household_id, HouseholdMember.mobile).where(HouseholdMember.household_id.in_(homes))
        for home, mobile in (*session.execute(heads), *session.execute(members)):
            found.setdefault(home, set()).update({mobile} - {None})
    return found


def fit(matter: Matter, taker: Taker, force: Force) -> Fit:
    """How well a taker fits a matter; a barred one has a reason instead of points."""
    return _unit_fit(matter, taker, force) if taker.is_unit else _mediator_fit(matter, taker, force)


def _unit_fit(matter: Matter, unit: Taker, force: Force) -> Fit:
    if unit.id == matter.barred_unit:
        return Fit(0, (), "是被反映的单位，应当回避（R10）")
    if unit.id in matter.objected:
        return Fit(0, (), "对本案的分流异议已成立，不再交给它（R11）")
    if unit.load >= unit.capacity:
        return Fit(0, (), f"在办{unit.load}件，已满")
    points, why, rule = BASE, [], force.rule(matter.category)
    if rule is not None and rule.lead_unit_id == unit.id:
        points += DUTY
        why.append(f"分流目录：“{force.words.get(rule.category, '')}”由它牵头")
        if rule.basis:
            why.append(rule.basis)
    if force.territory.get(matter.community) == unit.id:
        points += TERRITORY
        why.append("事发地在本村社区，属地负责")
    if unit.id in matter.earlier:
        points += KNOWN
        why.append("办过这户以前的事")
    return Fit(points, (*why, f"在办{unit.load}件"))


def _mediator_fit(matter: Matter, person: Taker, force: Force) -> Fit:
    barred = _why_barred(matter, person, force)
    if barred:
        return Fit(0, (), barred)
    is_local = person.area_code == matter.community
    points, why = BASE + (LOCAL if is_local else STREET), ["本村社区调委会" if is_local else "街道调委会"]
    skill = next((word for word in force.topic(matter.category) if word and word in person.skills), None)
    if skill:
        points += SKILL
        why.insert(0, f"专长“{skill}”")
    if person.employment is not Employment.PART_TIME:
        points += POST
    if person.id in matter.earlier:
        points += KNOWN
        why.insert(0, "办过这户以前的事")
    if matter.kind is CaseKind.APPEAL:
        points += NO_MEDIATION
    if person.name in matter.names:
        why.append("与当事人同名，请核对是否本人或亲属")
    return Fit(points, (*why, f"在办{person.load}件"))


def _why_barred(matter: Matter, person: Taker, force: Force) -> str | None:
    if matter.kind is CaseKind.PETITION:
        return "信访事项由主管单位办理，不交调解员"
    if person.mobile and person.mobile in matter.mobiles:
        return "是本案当事人（联系电话相同），应当回避"
    if person.id in matter.recused:
        return f"已申报回避：{matter.recused[person.id]}"
    if person.mobile and person.mobile in matter.kin:
        return "与当事人同住一户，应当回避"
    if person.id == matter.barred_worker or (matter.barred_unit and person.unit_id == matter.barred_unit):
        return "是被反映的人或被反映单位的人，应当回避（R10）"
    if person.unit_id in matter.objected:
        return "所在单位对本案的分流异议已成立，不再交给它的人（R11）"
    if person.area_code not in (matter.community, force.root):
        return "不在事发村社区的调委会"
    if person.term_ends_on and person.term_ends_on < force.today:
        return f"聘期已于{person.term_ends_on:%Y-%m-%d}届满"
    if person.load >= person.capacity:
        return f"在办{person.load}件，已满"
    return None


def results(session: Session, worker_ids: Sequence[str], since: date) -> dict[str, tuple[int, int]]:
    """{worker id: (matters closed since a day, of them settled)}, for a few workers at a time."""
    if not worker_ids:
        return {}
    settled = func.count(when((Case.outcome == CaseOutcome.RESOLVED, 1)))
    statement = select(Case.handler_id, func.count(), settled).where(
        Case.handler_id.in_(worker_ids), Case.received_on >= since, Case.outcome.is_not(None)
    )
    return {key: (count, good) for key, count, good in session.execute(statement.group_by(Case.handler_id))}
