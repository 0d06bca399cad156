"""Who handles what in the year of cases: through the account of a unit or person where there is one, else in a colleague's name."""

from __future__ import annotations

import random
from itertools import cycle

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.codes import CaseKind, MatterLevel
from models.department import DispatchRule
from models.user import Role
from services.mediation import teams
from services.access import Actor

from .matters import Assignee, actors_of
from .stories import Story
from .street import Street


class Hands:
    """Units and people of one sub-district as actors."""

    def __init__(self, session: Session, street: Street, rng: random.Random):
        self.rng, self.street, self.offices = rng, street, street.offices
        self.actors = actors_of(session)
        self.powers = {role.code: frozenset(role.permissions) for role in session.scalars(select(Role))}
        rules = session.execute(select(DispatchRule.category, DispatchRule.lead_unit_id, DispatchRule.assisting_unit_id)).all()
        self.leads, self.helpers = {r[0]: r[1] for r in rules}, {r[0]: r[2] for r in rules}
        self.turns = {
            "leader": cycle(self.offices.leaders[2:]), "lawyer": cycle(self.offices.lawyers),
            "mediator": cycle([m for m in self.offices.mediators[""] if m["employment"].value == "dedicated"]),
        }  # fmt: skip

    def assignee(self, story: Story, community: str, whose: str = "") -> Assignee:
        """The mediator or unit of the place for small matters, the leading unit for greater ones."""
        if whose == "mediator":
            actor = self.actors["mediator"]
            return Assignee(None, actor.worker_id, actor)
        if whose == "community":
            return self.unit(self.offices.community_units[community])
        chance = self.rng.random()
        greater = story.level in (MatterLevel.BIG, MatterLevel.HARD) or story.facts["kind"] is CaseKind.PETITION
        if whose in ("liaison", "lead") or chance < (0.75 if greater else 0.2):
            return self.unit(self.lead(story))
        if chance < 0.6:
            return self.unit(self.offices.community_units[community])
        return self._mediator(self.rng.choice(self.offices.mediators[community] + self.offices.mediators[""][:2]))

    def lead(self, story: Story) -> str:
        """The unit that leads by the duty catalogue."""
        return _of(self.leads, story)

    def helper(self, story: Story) -> str:
        """The unit that assists by the duty catalogue."""
        return _of(self.helpers, story)

    def unit(self, unit_id: str) -> Assignee:
        """A unit answers through its account if it has one, else through one of its people."""
        for role in ("department_liaison", "community_staff", "external_unit"):
            if self.actors[role].unit_id == unit_id:
                return Assignee(unit_id, None, self.actors[role])
        people = self.offices.staff.get(unit_id)
        name, worker_id = (people[-1]["name"], people[-1]["id"]) if people else ("部门联络员", None)
        return Assignee(unit_id, None, self._colleague("department_liaison", name, unit_id, worker_id))

    def _mediator(self, row: dict) -> Assignee:
        return Assignee(None, row["id"], self.mediator(row))

    def mediator(self, row: dict) -> Actor:
        actor = self.actors["mediator"]
        return actor if row["id"] == actor.worker_id else self._colleague("mediator", row["name"], row["unit_id"], row["id"])

    def _colleague(self, role: str, name: str, unit_id: str | None, worker_id: str | None) -> Actor:
        """Somebody without an account, with the powers of a role; never to dispatch."""
        return Actor(None, name, self.street.code, self.powers[role], unit_id=unit_id, worker_id=worker_id, is_scoped=False)

    def choice(self, story: Story, community: str) -> teams.Choice:
        """Leaders, dedicated mediators and lawyers take turns; the staff are of the unit that leads."""
        staff = self.offices.staff
        lead = staff.get(self.lead(story)) or next(iter(staff.values()))
        local = staff[self.offices.community_units[community]]
        one = {seat: [next(turn)["id"]] for seat, turn in self.turns.items()}
        return teams.Choice(**one, staff=[lead[0]["id"], local[1]["id"]])

    def chair(self, community: str, assignee: Assignee, choice: teams.Choice | None) -> dict:
        """The mediator who holds the sessions: of the team, the one it was given to, else one of the place."""
        wanted = choice.mediator[0] if choice else assignee.worker_id
        known = [m for of_place in self.offices.mediators.values() for m in of_place if m["id"] == wanted]
        return known[0] if known else self.rng.choice(self.offices.mediators[community])


def _of(catalogue: dict[str, str], story: Story) -> str:
    category = story.facts["category"]
    return catalogue.get(category) or catalogue[category.split(".")[0]]
