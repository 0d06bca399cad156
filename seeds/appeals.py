"""What residents told by the codes on doors and plates: answered by chiefs, passed up, taken over by the community or the office."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.area import Area
from models.codes import CaseKind, CodePlace, LegalRoute, MatterLevel, Satisfaction, Tier5
from models.door_code import DoorCode
from services import access
from services.appeals import appeal_flow, door_codes
from services.access import Actor, Permission
from services.appeals.appeal_flow import APPEAL_FLOW
from services.showing import LOCAL

from .base import read
from .hands import Hands
from .matters import Days
from .street import MODEL_COMMUNITIES, Street

COUNT, DAYS = 90, 110
_COURSES = (
    ("take answer confirm", 30), ("take answer", 14), ("answer confirm", 8), ("take pass_up take answer confirm", 10),
    ("climb take answer confirm", 8), ("climb climb climb take answer", 3), ("take answer unsolved take answer confirm", 3),
    ("pass_up pass_up pass_up take to_case", 3), ("pass_up pass_up pass_up redirect", 3), ("withdraw", 3), ("take pass_up duplicate", 2),
)  # fmt: skip
_LATELY = ("", "", "", "take", "take", "climb", "take pass_up", "pass_up pass_up pass_up", "pass_up pass_up pass_up pass_up", "take answer")
"""How far those of the last days have come."""


@dataclass
class Plea:
    """One appeal on its way: its words and place, the steps with their instants, and the row once it is there."""

    words: dict[str, str]
    code: DoorCode
    household: dict | None
    steps: list[tuple[str, datetime]]
    rng: random.Random
    key: str
    appeal: Appeal | None = field(default=None)


class Door:
    """Plans what residents tell and plays it, each step by whoever has the appeal."""

    def __init__(self, session: Session, street: Street, hands: Hands, days: Days, now: datetime, rng: random.Random):
        self.session, self.street, self.hands, self.days, self.now, self.rng = session, street, hands, days, now, rng
        self.actors, self.told = hands.actors, read("appeals")
        codes = session.scalars(select(DoorCode).order_by(DoorCode.place)).all()
        self.plates = [c for c in codes if c.kind is CodePlace.PLATE] or codes
        self.entrances = [c for c in codes if c.kind is CodePlace.ENTRANCE] or codes
        self.homes: dict[str, list[dict]] = {}
        for household in street.households:
            self.homes.setdefault(household["neighborhood_id"], []).append(household)

    # ---- planning ----

    def plan(self) -> list[Plea]:
        return [*self._over(), *self._lately()] if self.plates else []

    def _over(self) -> Iterator[Plea]:
        courses, weights = zip(*_COURSES, strict=True)
        for number in range(round(COUNT * len(self.street.communities) / MODEL_COMMUNITIES)):
            begin = self.days.last - self.rng.randint(6, DAYS)
            course = courses[number] if number < len(courses) else self.rng.choices(courses, weights)[0]
            yield self._plea(course, begin)

    def _lately(self) -> Iterator[Plea]:
        for course in _LATELY:
            yield self._plea(course, self.days.last - len(course.split()) // 3)

    def _plea(self, course: str, begin: int) -> Plea:
        verbs = course.split()
        is_plain = "climb" not in verbs and verbs.count("pass_up") < 2  # the codes of entrances begin at the community
        code = self.rng.choice(self.entrances if is_plain and self.rng.random() < 0.2 else self.plates)
        at = datetime.combine(self.days.days[begin], time(self.rng.randint(7, 20), self.rng.randint(0, 59)), LOCAL)
        steps = [("submit", at)]
        for verb in verbs:
            at = self._next(verb, at)
            if at < self.now:
                steps.append((verb, at))
        home = self.rng.choice(self.homes[code.area_id]) if code.area_id in self.homes and self.rng.random() < 0.6 else None
        return Plea(
            self.rng.choice(self.told), code, home, steps, random.Random(self.rng.random()), str(UUID(int=self.rng.getrandbits(128), version=4))
        )

    def _next(self, verb: str, at: datetime) -> datetime:
        """Chiefs answer at any hour of the day, offices in theirs; what nobody takes climbs in the night."""
        if verb == "climb":
            return datetime.combine(at.date() + timedelta(days=4), time(1, 40), LOCAL)
        is_office = verb in ("to_case", "redirect", "duplicate")
        index = min(self.days.since(at.date() + timedelta(days=1)), self.days.last)
        return max(at + timedelta(minutes=20), self.days.moments([index])[0]) if is_office or self.rng.random() < 0.6 else at + timedelta(minutes=self.rng.randint(15, 100))

    # ---- playing ----

    def take(self, plea: Plea, verb: str, at: datetime) -> None:
        access.bind(self.session, access.system(self.street.code), at)  # whoever it was before may not see the place
        actor = self._actor(plea, verb)
        access.bind(self.session, actor, at)
        if verb == "submit":
            self._submit(plea, actor, at)
        else:
            APPEAL_FLOW.take(self.session, verb, plea.appeal, actor, at, **self._answers(plea, verb))

    def _actor(self, plea: Plea, verb: str) -> Actor:
        code = self.street.code
        if verb in ("submit", "confirm", "unsolved", "withdraw"):
            return access.citizen(code)
        if verb == "climb":
            return access.system(code)
        if verb in ("to_case", "redirect", "duplicate") or plea.appeal.tier is Tier5.SUBDISTRICT:
            return self.actors["window_clerk"]
        owner = self.session.get(Area, (code, plea.appeal.owner_area_id))
        if plea.appeal.tier is Tier5.COMMUNITY:
            return self.actors["community_staff"] if owner.code == self.actors["community_staff"].area_code else self.actors["window_clerk"]
        chief = appeal_flow.chief_of(self.session, owner.id)
        return Actor(
            None, chief.name, code, frozenset({Permission.APPEAL_HANDLE.value}), area_code=owner.code, is_scoped=False
        )

    def _submit(self, plea: Plea, actor: Actor, at: datetime) -> None:
        home = plea.household
        facts = {"household_id": home["id"], "name": home["head_name"], "mobile": home["mobile"]} if home else {}
        door_codes.scanned(self.session, plea.code)
        plea.appeal, _ = appeal_flow.submit(
            self.session, actor, at, key=plea.key, code=plea.code, words=plea.words["words"], channel="channel:qr", **facts
        )

    def _answers(self, plea: Plea, verb: str) -> dict:
        words = plea.words
        match verb:
            case "answer":
                return {"told": words["answer"]}
            case "pass_up":
                return {"note": "已上门看过，本级协调不了，请上一级联系。"}
            case "confirm":
                said = plea.rng.choices((Satisfaction.SATISFIED, Satisfaction.FAIR, None), (60, 15, 25))[0]
                return {"satisfaction": said, "words": "谢谢，弄好了。" if said else None}
            case "unsolved":
                return {"words": "过了两天又和以前一样。"}
            case "redirect":
                return {"route": LegalRoute.ADMINISTRATIVE, "told": "这件事由市级部门依法办理，已告诉您到哪里提出、要带什么材料。"}
            case "duplicate":
                earlier = select(Appeal).where(Appeal.id != plea.appeal.id).order_by(Appeal.appeal_no).limit(1)
                return {"other": self.session.scalar(earlier)}
            case "to_case":
                return {
                    "kind": CaseKind.DISPUTE, "subject": words["subject"], "category": f"dispute_category:{words['category']}",
                    "level": MatterLevel.SMALL,
                }  # fmt: skip
        return {}
