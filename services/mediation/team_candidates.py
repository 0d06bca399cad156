"""Who can sit in a "3+X" team: for each seat the people, how well they fit, and why or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case as when
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from models.case import Case, CaseParty
from models.codes import Employment, TeamSeat
from models.department import Unit
from models.mediation import Committee, Lawyer, Mediator
from models.team import Team, TeamMember
from models.worker import Staff, Worker

from .. import parameters
from ..cases import recusals
from ..desk import workload
from ..due_dates import local_day
from ..labels import dictionary_names
from ..cases.recusals import Closenesses

CAPACITY = {
    TeamSeat.LEADER: "leader_capacity", TeamSeat.MEDIATOR: "mediator_capacity", TeamSeat.LAWYER: "lawyer_capacity",
    TeamSeat.STAFF: "staff_capacity",
}  # fmt: skip
NEARNESS = ("本街道", "事发村社区", "事发片", "事发组", "事发邻")
EARLIER_MOST = 200


@dataclass(frozen=True)
class Candidate:
    """One person for one seat; `barred` is the reason why not, `why` the reasons for."""

    worker: Worker
    load: int
    why: list[str]
    barred: str | None
    notes: list[str]
    score: float


@dataclass(frozen=True)
class Surroundings:
    """What is read once for all candidates of a case."""

    case: Case
    busy: Mapping[str, int]
    led: Mapping[str, tuple[int, int]]
    close: Closenesses
    known: Mapping[str, int]
    topic: str
    most: Mapping[TeamSeat, int]


def candidates(session: Session, case: Case) -> dict[TeamSeat, list[Candidate]]:
    """For each seat the people who may take it, best first, barred ones last with the reason."""
    around = _surroundings(session, case)
    found = {}
    for seat, people in _pools(session).items():
        rated = [_rate(person, seat, around) for person in people]
        found[seat] = sorted(rated, key=lambda c: (c.barred is not None, -c.score, c.worker.id))
    return found


def _pools(session: Session) -> dict[TeamSeat, Sequence[Worker]]:
    active, of_unit = Worker.is_active.is_(True), joinedload(Worker.unit).joinedload(Unit.area)
    staff = session.scalars(select(Staff).where(active).options(of_unit)).all()
    mediators = select(Mediator).where(active).options(joinedload(Mediator.committee).joinedload(Committee.area), of_unit)
    return {
        TeamSeat.LEADER: [s for s in staff if s.is_leader],
        TeamSeat.MEDIATOR: session.scalars(mediators).all(),
        TeamSeat.LAWYER: session.scalars(select(Lawyer).where(active).options(of_unit)).all(),
        TeamSeat.STAFF: [s for s in staff if not s.is_leader],
    }


def _surroundings(session: Session, case: Case) -> Surroundings:
    close = recusals.of_case(session, case)
    return Surroundings(
        case, workload.loads(session, but=case), _led(session, case), close, _known(session, case, close.parties),
        dictionary_names(session).get(case.category.rsplit(".", 1)[0], ""),
        {seat: parameters.value(session, name) for seat, name in CAPACITY.items()},
    )


def _led(session: Session, case: Case) -> dict[str, tuple[int, int]]:
    """{leader: (matters led now, of them past their day)}, this one left out."""
    today: date = local_day(session.info["now"])
    late = func.count(when((Case.due_on < today, 1)))
    statement = (
        select(Team.leader_id, func.count(), late).join(Team.case)
        .where(Team.disbanded_at.is_(None), Team.case_id != case.id, Case.outcome.is_(None)).group_by(Team.leader_id)
    )  # fmt: skip
    return {leader: (count, past) for leader, count, past in session.execute(statement)}


def _known(session: Session, case: Case, party_list: Sequence[CaseParty]) -> Counter:
    """{worker: earlier matters of these parties he worked on}, by household or phone."""
    homes = {party.household_id for party in party_list} | {case.household_id}
    mobiles = {party.mobile for party in party_list} - {None}
    same = [CaseParty.household_id.in_(homes - {None}), CaseParty.mobile.in_(mobiles)]
    ids = set(session.scalars(select(CaseParty.case_id).where(CaseParty.case_id != case.id, or_(*same)).limit(EARLIER_MOST)))
    found: Counter = Counter()
    if not ids:
        return found
    found.update(set_of(session.execute(select(Case.id, Case.handler_id).where(Case.id.in_(ids)))))
    seats = (Team.leader_id, Team.mediator_id, Team.lawyer_id, Team.staff_id)
    for row in session.execute(select(Team.id, *seats).where(Team.case_id.in_(ids))):
        found.update(row[1:])
    members = select(TeamMember.team_id, TeamMember.worker_id).join(TeamMember.team).where(Team.case_id.in_(ids))
    found.update(set_of(session.execute(members)))
    return found


def set_of(pairs: Iterable) -> list[str]:
    """The workers of (matter, worker) pairs."""
    return [worker for _, worker in pairs if worker]


def _rate(person: Worker, seat: TeamSeat, around: Surroundings) -> Candidate:
    load = around.busy.get(person.id, 0)
    barred, look = around.close.of(person)
    barred = barred or _why_not(person, seat, load, around)
    reasons = list(_reasons(person, seat, around))
    score = 50 - 6 * load + sum(points for points, _ in reasons)
    why = [words for points, words in sorted(reasons, key=lambda pair: -pair[0]) if words]
    return Candidate(person, load, [*why, f"在办{load}件"], barred, [look] if look else [], score)


def _why_not(person: Worker, seat: TeamSeat, load: int, around: Surroundings) -> str | None:
    if seat is TeamSeat.MEDIATOR and person.employment is Employment.PART_TIME:
        return "兼职调解员不能任专岗调解员"
    count = around.led.get(person.id, (0, 0))[0] if seat is TeamSeat.LEADER else load
    if count >= around.most[seat]:
        return f"已{'包案' if seat is TeamSeat.LEADER else '在手'}{count}件，达到上限{around.most[seat]}件"
    return None


def _reasons(person: Worker, seat: TeamSeat, around: Surroundings) -> Iterable[tuple[float, str]]:
    """(points, words) for each thing that speaks for or against somebody."""
    case = around.case
    if around.topic and person.skills and around.topic in person.skills:
        yield 12, f"专长“{around.topic}”"
    if seat is TeamSeat.MEDIATOR and person.employment is Employment.DEDICATED:
        yield 8, "专岗"
    near = nearness(person, case.area.code)
    if near is not None:
        yield 2 + 8 * min(near, 1) + near, NEARNESS[min(near, 4)]
    if person.unit_id and person.unit_id in (case.competent_unit_id, case.lead_unit_id, case.territory_unit_id):
        yield 6, "主管或属地单位"
    if around.known.get(person.id):
        yield 5, f"办过这些当事人的事{around.known[person.id]}件"
    if seat is TeamSeat.LEADER:
        count, late = around.led.get(person.id, (0, 0))
        yield -2 * late, f"包案{count}件，其中超期{late}件"
    if person.languages:
        yield 0, f"会{person.languages}"


def nearness(person: Worker, code: str) -> int | None:
    """How many levels below the sub-district somebody's place shares with that of a matter; None if he has none."""
    committee = getattr(person, "committee", None)
    place = (committee.area if committee else None) or (person.unit.area if person.unit else None)
    if place is None:
        return None
    own, there = place.code.split("."), code.split(".")
    if own[0] != there[0]:
        return 0
    same = 0
    while same < min(len(own), len(there)) and own[same] == there[same]:
        same += 1
    return same
