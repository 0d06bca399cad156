"""What a year of cases is planned with: matters, who handles them, working days, and the homes they happen in."""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case, CaseParty
from models.codes import Satisfaction
from models.user import Role, User
from services import access
from services.mediation import teams
from services.access import Actor
from services.due_dates import Calendar
from services.showing import LOCAL

from .stories import Home, Story
from .street import Place, Street, community_code

_MORNING, _AFTERNOON = time(8, 30), time(14, 30)
_MORNING_SECONDS, _AFTERNOON_SECONDS = 210 * 60, 180 * 60
Course = list[tuple[str, int]]
"""Steps in order, each with the index of the working day on which it is taken."""


@dataclass(frozen=True)
class Assignee:
    """Who gets a case: a unit or a person, and in whose name it is answered."""

    unit_id: str | None
    worker_id: str | None
    actor: Actor


@dataclass
class Matter:
    """One case on its way: what is told, who handles it, the steps with their instants, and what they made."""

    story: Story
    home: Home
    community: str
    assignee: Assignee
    chair: dict
    steps: list[tuple[str, datetime]] = field(default_factory=list)
    is_reassigned: bool = False
    choice: teams.Choice | None = None
    second: Assignee | None = None
    is_agreed: bool = False
    items: list[int | None] = field(default_factory=list)
    ending: str = "kept"
    said: Satisfaction | None = None
    rng: random.Random = field(default_factory=random.Random)
    case: Case | None = None
    handled: int = 0
    made: dict = field(default_factory=dict)

    @property
    def people(self) -> set[str]:
        """The ids of those who have a hand in it and may not ask afterwards how it went."""
        team = [i for seat in ("leader", "mediator", "lawyer", "staff") for i in getattr(self.choice, seat)] if self.choice else []
        second = [self.second.worker_id] if self.second else []
        return {self.assignee.worker_id, self.chair["id"], *team, *second} - {None}

    def parties(self, session: Session) -> list[CaseParty]:
        """The applicant first."""
        if "parties" not in self.made:
            wanted = select(CaseParty).where(CaseParty.case_id == self.case.id).order_by(CaseParty.id)
            self.made["parties"] = list(session.scalars(wanted))
        return self.made["parties"]


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


class Homes:
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


def actors_of(session: Session) -> dict[str, Actor]:
    """The accounts of this sub-district as actors, by the code of their role."""
    found = {}
    for user, role in session.execute(select(User, Role).join(User.role)):
        area = session.get(Area, (user.subdistrict_id, user.area_id)) if user.area_id else None
        found[role.code] = access.actor_of(user, area.code if area else None)
    return found
