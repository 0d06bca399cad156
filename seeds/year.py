"""A year of cases, played through the services step by step in the order of time.

Everything random is settled before the first step is taken, so a seed number always gives the
same year; the services then decide whether each step may be taken, as they do for people.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import cycle

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case
from models.case_codes import (
    Consent, ConsultGround, DeclineReason, NoticeChannel, OpinionKind, PetitionPurpose, TerminateReason,
)  # fmt: skip
from models.codes import CaseKind, CaseOutcome, MatterLevel
from models.department import DispatchRule, Unit
from models.term import Term
from models.user import Role, User
from models.worker import Worker
from services import access, case_flow, teams
from services.access import Actor, Permission
from services.case_flow import CASE_FLOW
from services.due_dates import local_day
from services.showing import LOCAL
from services.due_dates import Calendar, calendar, due_date

from .stories import TIERS, Home, Story, Teller
from .street import MODEL_COMMUNITIES, Place, Street, community_code

CLOSED = {CaseKind.DISPUTE: 182, CaseKind.PETITION: 26, CaseKind.APPEAL: 60}
CLOSED_WITH_TEAM = {CaseKind.DISPUTE: 5, CaseKind.PETITION: 3, CaseKind.APPEAL: 0}
DECLINED = 6
_TERMS = {CaseKind.DISPUTE: "tj_mediate", CaseKind.PETITION: "xf_handle", CaseKind.APPEAL: "divert"}
_MORNING, _AFTERNOON = time(8, 30), time(14, 30)
_MORNING_SECONDS, _AFTERNOON_SECONDS = 210 * 60, 180 * 60


@dataclass(frozen=True)
class Open:
    """Cases still open: how many of a kind, how far they came, and when they began or fall due.

    `age` is in working days before today; `due` in days from today instead.
    """

    count: int
    kind: CaseKind
    last: str
    age: tuple[int, int] | None = None
    due: tuple[int, int] | None = None
    has_team: bool = False
    whose: str = ""


_D, _P, _A = CaseKind.DISPUTE, CaseKind.PETITION, CaseKind.APPEAL
OPEN = (
    Open(3, _D, "register", age=(1, 2)), Open(3, _A, "register", age=(1, 1)), Open(1, _P, "register", age=(1, 3)),
    Open(3, _D, "accept", age=(1, 4)), Open(2, _A, "accept", age=(1, 2)), Open(1, _P, "accept", age=(2, 4)),
    Open(3, _D, "assign", age=(2, 5), whose="mediator"), Open(2, _D, "assign", age=(2, 5), whose="liaison"),
    Open(2, _D, "assign", age=(4, 6), has_team=True), Open(2, _P, "assign", age=(6, 14), has_team=True),
    Open(2, _D, "assign", due=(0, 3), whose="community"), Open(2, _A, "assign", due=(0, 3), whose="community"),
    Open(2, _D, "assign", due=(-14, -1)), Open(1, _D, "assign", due=(-10, -1), whose="mediator"),
    Open(2, _A, "assign", due=(-7, -1)), Open(1, _P, "assign", due=(-9, -1)),
    Open(4, _D, "feed_back", age=(5, 9)), Open(2, _D, "feed_back", age=(10, 13), has_team=True),
    Open(2, _P, "feed_back", age=(10, 20)), Open(1, _A, "feed_back", age=(2, 4), whose="community"),
)  # fmt: skip


@dataclass
class Matter:
    """One case on its way: what is told, who handles it, and the steps with their instants."""

    story: Story
    community: str
    assignee: Assignee
    steps: list[tuple[str, datetime]]
    is_reassigned: bool = False
    choice: teams.Choice | None = None
    case: Case | None = None
    handled: int = 0


@dataclass(frozen=True)
class Assignee:
    """Who gets a case: a unit or a person, and in whose name it is answered."""

    unit_id: str | None
    worker_id: str | None
    actor: Actor


@dataclass
class Days:
    """The working days up to yesterday, and moments of office hours on them."""

    rng: random.Random
    known: Calendar
    today: date
    days: list[date] = field(init=False)

    def __post_init__(self) -> None:
        span = (self.today - timedelta(days=n) for n in range(520, 0, -1))
        self.days = [day for day in span if self.known.is_workday(day)]

    @property
    def last(self) -> int:
        return len(self.days) - 1

    def since(self, day: date) -> int:
        """The index of the first working day on or after a day."""
        return bisect_left(self.days, day)

    def moments(self, indices: list[int]) -> list[datetime]:
        """One moment for each day index; several on one day follow one another."""
        return sorted(self._moment(self.days[min(index, self.last)]) for index in indices)

    def _moment(self, day: date) -> datetime:
        seconds = self.rng.randrange(_MORNING_SECONDS + _AFTERNOON_SECONDS)
        start, rest = (
            (_MORNING, seconds) if seconds < _MORNING_SECONDS else (_AFTERNOON, seconds - _MORNING_SECONDS)
        )
        return datetime.combine(day, start, LOCAL) + timedelta(seconds=rest)


def play_year(
    session: Session, street: Street, now: datetime, seed: int = 1, report: Callable[[str], object] = print
) -> None:
    """Play the cases of the year up to `now`; 182 disputes and 26 petition matters end closed."""
    own = session.info["actor"]
    matters = _Planner(session, street, now, random.Random(f"year {street.code} {seed}")).plan()
    player = _Player(session, street)
    line = sorted(
        ((at, number, verb) for number, matter in enumerate(matters) for verb, at in matter.steps),
        key=lambda step: step[0],
    )
    for count, (at, number, verb) in enumerate(line, 1):
        player.take(matters[number], verb, at)
        if count % 400 == 0:
            report(f"案件已办理{count}步，共{len(line)}步")
    access.bind(session, own, now)
    report(f"一年的案件已就绪：{len(matters)}件，{len(line)}步")


# ---- planning ------------------------------------------------------------------------


class _Planner:
    """Settles what will happen, when, and who handles it."""

    def __init__(self, session: Session, street: Street, now: datetime, rng: random.Random):
        self.session, self.street, self.rng = session, street, rng
        self.today = local_day(now)
        self.known = calendar(session)
        self.days = Days(rng, self.known, self.today)
        self.teller = Teller(rng, street.people)
        self.terms = {term.id: term for term in session.scalars(select(Term))}
        self.leads = dict(session.execute(select(DispatchRule.category, DispatchRule.lead_unit_id)).all())
        self.actors = _actors(session)
        self.homes = _Homes(street, rng)
        self.turns = {
            "leader": cycle(street.offices.leaders[2:]), "lawyer": cycle(street.offices.lawyers),
            "mediator": cycle([m for m in street.offices.mediators[""] if m["employment"].value == "dedicated"]),
        }  # fmt: skip

    def plan(self) -> list[Matter]:
        return [*self._closed(), *self._declined(), *self._open()]

    def _closed(self) -> Iterator[Matter]:
        first = self.days.since(self.today - timedelta(days=364))
        for kind, count in CLOSED.items():
            for number in range(round(count * len(self.street.communities) / MODEL_COMMUNITIES)):
                has_team = number < CLOSED_WITH_TEAM[kind]
                matter = self._matter(kind, has_team)
                offsets = self._offsets(kind, matter, "close")
                end = self.rng.randint(first, self.days.last)
                yield self._timed(matter, {verb: end - offsets["close"] + n for verb, n in offsets.items()})

    def _declined(self) -> Iterator[Matter]:
        for _ in range(DECLINED):
            start = self.rng.randint(self.days.last - 220, self.days.last - 2)
            yield self._timed(self._matter(CaseKind.PETITION), {"register": start, "decline": start + 1})

    def _open(self) -> Iterator[Matter]:
        for wanted in OPEN:
            for _ in range(wanted.count):
                matter = self._matter(wanted.kind, wanted.has_team, wanted.whose)
                offsets = self._offsets(wanted.kind, matter, wanted.last)
                start = self._start(wanted)
                found = {verb: min(start + n, self.days.last) for verb, n in offsets.items()}
                if wanted.due and wanted.due[0] >= 0 and "assign" in found:  # given out lately
                    found["assign"] = max(found["assign"], self.days.last - 1)
                yield self._timed(matter, found)

    def _start(self, wanted: Open) -> int:
        """The day index on which an open case was registered."""
        if wanted.age:
            return self.days.last + 1 - self.rng.randint(*wanted.age)
        term = self.terms[_TERMS[wanted.kind]]
        low, high = (self.today + timedelta(days=n) for n in wanted.due)
        lasting = range(self.days.last - 70, self.days.last + 1)
        ends = {i: due_date(self.days.days[i], term.length, term.unit, self.known) for i in lasting}
        fitting = [i for i, end in ends.items() if low <= end <= high]
        return self.rng.choice(fitting) if fitting else min(ends, key=lambda i: abs((ends[i] - low).days))

    def _offsets(self, kind: CaseKind, matter: Matter, last: str) -> dict[str, int]:
        """Working days from registration to each step, in order; all within the terms."""
        pick = self.rng.randint
        long = kind is CaseKind.PETITION
        if kind is CaseKind.APPEAL:
            gaps = {"accept": 0, "assign": pick(0, 1), "feed_back": pick(0, 2), "close": pick(0, 1)}
        elif matter.choice:
            gaps = {
                "accept": pick(0, 1), "assign": pick(0, 1), "feed_back": pick(1, 2), "team": pick(0, 1),
                "assign again": pick(0, 1), "feed_back again": pick(4, 12 if long else 6), "close": pick(1, 2),
            }  # fmt: skip
            if last != "close":
                last = f"{last} again"
        elif matter.is_reassigned:
            gaps = {
                "accept": pick(0, 1), "assign": pick(0, 1), "assign again": pick(1, 3),
                "feed_back": pick(1, 4), "close": pick(0, 2),
            }  # fmt: skip
        else:
            gaps = {
                "accept": pick(0, 1), "assign": pick(0, 1), "feed_back": pick(5, 15) if long else pick(1, 5),
                "close": pick(0, 2),
            }  # fmt: skip
        offsets, day = {"register": 0}, 0
        for verb, gap in gaps.items():
            if last == "register":
                break
            day += gap
            offsets[verb] = day
            if verb == last:
                break
        return offsets

    def _timed(self, matter: Matter, indices: dict[str, int]) -> Matter:
        moments = self.days.moments(list(indices.values()))
        matter.steps = list(zip(indices, moments, strict=True))
        day = local_day(moments[0])
        matter.story.facts["received_on"] = day
        if matter.story.facts["kind"] is CaseKind.DISPUTE:
            matter.story.facts["occurred_on"] = self.teller.occurred(day)
        return matter

    def _matter(self, kind: CaseKind, has_team: bool = False, whose: str = "") -> Matter:
        home = self.homes.one(
            self.street.communities[0]["code"] if whose == "community" else "", whose == "liaison"
        )
        category = "17" if whose == "liaison" else ""
        story = self.teller.tell(kind, home, is_hard=has_team, category=category)
        community = self.homes.community_of(home)
        matter = Matter(story, community, self._assignee(story, community, whose), [])
        if has_team:
            matter.choice = self._choice(matter)
        elif not whose and kind is CaseKind.DISPUTE:
            matter.is_reassigned = self.rng.random() < 0.1
        return matter

    def _assignee(self, story: Story, community: str, whose: str) -> Assignee:
        """The mediator or unit of the place for small matters, the leading unit for greater ones."""
        offices = self.street.offices
        if whose == "mediator":
            actor = self.actors["mediator"]
            return Assignee(None, actor.worker_id, actor)
        if whose == "community":
            return self._unit(offices.community_units[community])
        chance = self.rng.random()
        greater = (
            story.level in (MatterLevel.BIG, MatterLevel.HARD) or story.facts["kind"] is CaseKind.PETITION
        )
        if whose == "liaison" or chance < (0.75 if greater else 0.2):
            return self._unit(self._lead(story))
        if chance < 0.6:
            return self._unit(offices.community_units[community])
        return self._mediator(self.rng.choice(offices.mediators[community] + offices.mediators[""][:2]))

    def _lead(self, story: Story) -> str:
        category = story.facts["category"]
        return self.leads.get(category) or self.leads[category.split(".")[0]]

    def _unit(self, unit_id: str) -> Assignee:
        """A unit answers through its account if it has one, else through one of its people."""
        for actor in (self.actors["department_liaison"], self.actors["community_staff"]):
            if actor.unit_id == unit_id:
                return Assignee(unit_id, None, actor)
        people = self.street.offices.staff.get(unit_id)
        name, worker_id = (people[-1]["name"], people[-1]["id"]) if people else ("部门联络员", None)
        return Assignee(unit_id, None, self._colleague(name, unit_id, worker_id))

    def _mediator(self, row: dict) -> Assignee:
        actor = self.actors["mediator"]
        if row["id"] != actor.worker_id:
            actor = self._colleague(row["name"], row["unit_id"], row["id"])
        return Assignee(None, row["id"], actor)

    def _colleague(self, name: str, unit_id: str | None, worker_id: str | None) -> Actor:
        """Somebody without an account who may do no more than answer what was given to them."""
        allowed = frozenset({Permission.CASE_FEED_BACK.value})
        return Actor(
            None, name, self.street.code, allowed, unit_id=unit_id, worker_id=worker_id, is_scoped=False
        )

    def _choice(self, matter: Matter) -> teams.Choice:
        """Leaders, dedicated mediators and lawyers take turns; the staff are of the unit that leads."""
        staff = self.street.offices.staff
        lead = staff.get(self._lead(matter.story)) or next(iter(staff.values()))
        local = staff[self.street.offices.community_units[matter.community]]
        one = {seat: [next(turn)["id"]] for seat, turn in self.turns.items()}
        return teams.Choice(**one, staff=[lead[0]["id"], local[1]["id"]])


class _Homes:
    """Households to which something happens, each with one from next door."""

    def __init__(self, street: Street, rng: random.Random):
        self.rng = rng
        self.estates = street.estates
        self.codes = {near["id"]: community_code(near) for near in street.neighborhoods}
        self.names = {c["code"]: c["name"] for c in street.communities}
        self.by_near: dict[str, list[dict]] = {}
        for household in street.households:
            if household["neighborhood_id"] and household["member_count"]:
                self.by_near.setdefault(household["neighborhood_id"], []).append(household)
        self.nears = [near for near, homes in self.by_near.items() if len(homes) > 1]

    def one(self, community: str, is_urban: bool) -> Home:
        """A household and its neighbour, of one community (or any, if empty), of a compound if asked."""
        nears = [n for n in self.nears if self.codes[n].startswith(community)]
        if is_urban:
            nears = [n for n in nears if self._estate(self.by_near[n][0]).is_urban]
        near = self.rng.choice(nears)
        household, neighbor = self.rng.sample(self.by_near[near], 2)
        estate = self._estate(household)
        return Home(household, neighbor, estate.row["name"], self.names[self.codes[near]], estate.is_urban)

    def _estate(self, household: dict) -> Place:
        return self.estates[household["residential_area_id"]]

    def community_of(self, home: Home) -> str:
        return self.codes[home.household["neighborhood_id"]]


def _actors(session: Session) -> dict[str, Actor]:
    """The accounts of this sub-district as actors, by the code of their role."""
    found = {}
    for user, role in session.execute(select(User, Role).join(User.role)):
        area = session.get(Area, (user.subdistrict_id, user.area_id)) if user.area_id else None
        found[role.code] = access.actor_of(user, area.code if area else None)
    return found


# ---- playing -------------------------------------------------------------------------


class _Player:
    """Takes the steps, each bound to the person who would take it and to its instant."""

    def __init__(self, session: Session, street: Street):
        self.session, self.street = session, street
        self.actors = _actors(session)

    def take(self, matter: Matter, step: str, at: datetime) -> None:
        verb = step.removesuffix(" again")
        actor = getattr(self, f"_by_{verb}", self._by_office)(matter)
        access.bind(self.session, actor, at)
        getattr(self, f"_{verb}")(matter, actor, at)

    def _by_register(self, matter: Matter) -> Actor:
        own = self.actors["community_staff"]
        at_home = own.area_code == matter.community
        by_chief = matter.story.facts["channel"].endswith((":station", ":neighbor_chief"))
        return own if at_home and by_chief else self.actors["window_clerk"]

    def _by_feed_back(self, matter: Matter) -> Actor:
        return matter.assignee.actor

    def _by_assign(self, matter: Matter) -> Actor:
        """The director, who may divert on any day; a leader only when on duty."""
        return self.actors["peace_law_director"]

    def _by_office(self, matter: Matter) -> Actor:
        """The director, or the leader on duty when the matter is hard."""
        return self.actors["duty_leader" if matter.choice else "peace_law_director"]

    def _register(self, matter: Matter, actor: Actor, at: datetime) -> None:
        matter.case = case_flow.register(
            self.session, actor, at, parties=matter.story.parties, **matter.story.facts
        )

    def _accept(self, matter: Matter, actor: Actor, at: datetime) -> None:
        is_petition = matter.story.facts["kind"] is CaseKind.PETITION
        self._flow(
            "accept", matter, actor, at, level=matter.story.level, legal_route=matter.story.route,
            informed_how=NoticeChannel.HANDED if is_petition else None,
        )  # fmt: skip

    def _decline(self, matter: Matter, actor: Actor, at: datetime) -> None:
        reason = "该事项依法应当通过仲裁、行政复议或者诉讼解决（《信访工作条例》第三十一条），已书面告知向哪里提出和期限。"
        self._flow(
            "decline", matter, actor, at, decline_reason=DeclineReason.LEGAL_ROUTE, reason=reason,
            informed_how=NoticeChannel.POST,
        )  # fmt: skip

    def _assign(self, matter: Matter, actor: Actor, at: datetime) -> None:
        assignee = matter.assignee
        unit = self._row(Unit, assignee.unit_id)
        worker = self._row(Worker, assignee.worker_id)
        is_long = matter.choice or matter.story.facts["kind"] is CaseKind.PETITION
        due_on = self._long_term(matter.case, at) if is_long else None
        self._flow(
            "assign", matter, actor, at, unit=unit, worker=worker, due_on=due_on, demand=matter.story.demand
        )

    def _long_term(self, case: Case, at: datetime) -> date:
        """What takes a team, or is a petition, gets a month, but never more than the case has."""
        month = calendar(self.session).next_workday(local_day(at) + timedelta(days=30))
        return min(month, case.due_on) if case.due_on >= local_day(at) else month

    def _feed_back(self, matter: Matter, actor: Actor, at: datetime) -> None:
        matter.handled += 1
        is_first = matter.choice and matter.handled == 1
        words = "已到现场听取各方意见，涉及部门较多，单独难以化解，建议组建“3+X”专班联合调解。"
        self._flow("feed_back", matter, actor, at, feedback=words if is_first else matter.story.feedback, is_beyond=True if is_first else None)

    def _team(self, matter: Matter, actor: Actor, at: datetime) -> None:
        plan = "一、核清事实和政策依据；二、分头听取各方意见；三、律师出具法律意见；四、限期召开联合调解会。"
        self._flow("consent", matter, actor, at, consent=Consent.AGREED)
        self._flow(
            "consult", matter, actor, at, ground=ConsultGround.NOT_ALONE, reason="会同相关部门核对政策依据，商定化解方案。"
        )
        teams.assemble(self.session, matter.case, matter.choice, actor, at, plan=plan)
        self._flow("join", matter, actor, at, reason="涉及人数和部门较多，会商后仍有分歧，列为重点问题。")

    def _close(self, matter: Matter, actor: Actor, at: datetime) -> None:
        story, how = matter.story, NoticeChannel.PHONE
        if story.outcome is CaseOutcome.TERMINATED:
            self._flow(
                "terminate", matter, actor, at, terminate_reason=TerminateReason.APART, result=story.result, informed_how=how
            )
            return
        if story.outcome is CaseOutcome.WITHDRAWN:
            self._flow("withdraw", matter, actor, at, result=story.result, informed_how=how)
            return
        if story.facts.get("purpose") is PetitionPurpose.CLAIM:
            self._opinion(matter, actor, at)
        self._flow(
            "close", matter, actor, at, outcome=story.outcome, result=story.result, root_cause=story.root_cause,
            tier=TIERS[story.level], is_informed=True, informed_how=how,
        )  # fmt: skip

    def _opinion(self, matter: Matter, actor: Actor, at: datetime) -> None:
        story = matter.story
        is_solved = story.outcome is CaseOutcome.RESOLVED
        self._flow(
            "opinion", matter, actor, at, request=story.facts["summary"], facts=story.feedback,
            kind=OpinionKind.SUPPORT if is_solved else OpinionKind.EXPLAIN, basis="《信访工作条例》第三十一条、第三十二条",
            is_solved=is_solved, is_explained=not is_solved, informed_how=NoticeChannel.HANDED, receipt="信访人签收",
        )  # fmt: skip

    def _flow(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        CASE_FLOW.take(self.session, verb, matter.case, actor, at, **answers)

    def _row(self, entity: type, row_id: str | None):
        return self.session.get(entity, (self.street.code, row_id)) if row_id else None
