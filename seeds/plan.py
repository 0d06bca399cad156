"""Settles what will happen in the year of cases, when, and in whose hands: everything random is decided here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.codes import CaseKind
from models.term import Term
from services.due_dates import calendar, due_date, local_day

from . import aftermath, beside
from .hands import Hands
from .matters import Course, Days, Homes, Matter
from .stories import Home, Teller
from .street import MODEL_COMMUNITIES, Street

CLOSED = {CaseKind.DISPUTE: 182, CaseKind.PETITION: 26, CaseKind.APPEAL: 60}
CLOSED_WITH_TEAM = {CaseKind.DISPUTE: 5, CaseKind.PETITION: 3, CaseKind.APPEAL: 0}
DECLINED = 6
_TERMS = {CaseKind.DISPUTE: "tj_mediate", CaseKind.PETITION: "xf_handle", CaseKind.APPEAL: "divert"}
_AGAIN = {20: 13, 21: 8}
"""Closed disputes of one household that come a third time: {which: so many working days ago}."""


@dataclass(frozen=True)
class Open:
    """Cases still open: how many of a kind, how far they came, and when they began or fall due.

    `age` is in working days before today; `due` in days from today instead. `side` is what goes on beside
    (a track of `beside`), as far as it has come.
    """

    count: int
    kind: CaseKind
    last: str
    age: tuple[int, int] | None = None
    due: tuple[int, int] | None = None
    has_team: bool = False
    whose: str = ""
    side: str = ""
    is_again: bool = False


_D, _P, _A = CaseKind.DISPUTE, CaseKind.PETITION, CaseKind.APPEAL
OPEN = (
    Open(3, _D, "register", age=(1, 2)), Open(3, _A, "register", age=(1, 1)), Open(1, _P, "register", age=(1, 3)),
    Open(2, _D, "accept", age=(1, 4)), Open(1, _D, "accept", age=(1, 2), is_again=True), Open(2, _A, "accept", age=(1, 2)),
    Open(1, _P, "accept", age=(2, 4)),
    Open(3, _D, "assign", age=(2, 5), whose="mediator"), Open(2, _D, "assign", age=(2, 5), whose="liaison", side="blow"),
    Open(2, _D, "assign", age=(4, 6), has_team=True, side="instruct"), Open(2, _P, "assign", age=(6, 14), has_team=True),
    Open(1, _D, "assign", age=(3, 4), whose="lead", side="object"), Open(1, _D, "assign", age=(3, 4), side="ask_extension"),
    Open(2, _D, "assign", due=(0, 3), whose="community", side="arrive"), Open(2, _A, "assign", due=(0, 3), whose="community"),
    Open(2, _D, "assign", due=(-14, -1), side="urge"), Open(1, _D, "assign", due=(-10, -1), whose="mediator", side="supervise"),
    Open(2, _A, "assign", due=(-7, -1), side="answer_urge"), Open(1, _P, "assign", due=(-9, -1), side="reply"),
    Open(4, _D, "feed_back", age=(5, 9)), Open(2, _D, "feed_back", age=(10, 13), has_team=True, side="report_done"),
    Open(2, _P, "feed_back", age=(10, 20)), Open(1, _A, "feed_back", age=(2, 4), whose="community"),
    Open(1, _D, "suspend", age=(9, 12), whose="community"), Open(1, _D, "merge", age=(2, 3)), Open(1, _D, "reopen", age=(14, 20)),
)  # fmt: skip


class Planner:
    """Settles what will happen, when, and who handles it."""

    def __init__(self, session: Session, street: Street, now: datetime, rng: random.Random):
        self.session, self.street, self.rng = session, street, rng
        self.today = local_day(now)
        self.known = calendar(session)
        self.days = Days(rng, self.known, self.today)
        self.teller = Teller(rng, street.people)
        self.terms = {term.id: term for term in session.scalars(select(Term))}
        self.hands = Hands(session, street, rng)
        self.homes = Homes(street, rng)
        self.again = self.homes.one(street.communities[0]["code"], True)

    def plan(self) -> list[Matter]:
        return [*self._closed(), *self._declined(), *self._open()]

    def _closed(self) -> Iterator[Matter]:
        first = self.days.since(self.today - timedelta(days=364))
        for kind, count in CLOSED.items():
            for number in range(round(count * len(self.street.communities) / MODEL_COMMUNITIES)):
                ago = _AGAIN.get(number) if kind is CaseKind.DISPUTE else None
                home, category = (self.again, "02.05") if ago else (None, "")
                matter = self._matter(kind, number < CLOSED_WITH_TEAM[kind], home=home, category=category)
                course = self._course(kind, matter, "close")
                end = self.days.last - ago if ago else self.rng.randint(first, self.days.last)
                start = end - course[-1][1]
                course = [(verb, start + day) for verb, day in course]
                matter.is_agreed = aftermath.is_agreed(matter, self.rng)
                course = beside.tracks(course, matter, number, self.rng)
                yield self._timed(matter, aftermath.follows(course, matter, number, self.days, self.rng))

    def _declined(self) -> Iterator[Matter]:
        for _ in range(DECLINED):
            start = self.rng.randint(self.days.last - 220, self.days.last - 2)
            yield self._timed(self._matter(CaseKind.PETITION), [("register", start), ("decline", start + 1)])

    def _open(self) -> Iterator[Matter]:
        for wanted in OPEN:
            for _ in range(wanted.count):
                home, category = (self.again, "02.05") if wanted.is_again else (None, "")
                matter = self._matter(wanted.kind, wanted.has_team, wanted.whose, home, category)
                start = self._start(wanted)
                course = [(verb, min(start + day, self.days.last)) for verb, day in self._course(wanted.kind, matter, wanted.last)]
                if wanted.due and wanted.due[0] >= 0:  # given out lately
                    course = [(v, max(n, self.days.last - 1)) if v == "assign" else (v, n) for v, n in course]
                if wanted.side:
                    course = beside.begun(course, wanted.side, matter, self.days.last, self.rng)
                yield self._timed(matter, course)

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

    def _course(self, kind: CaseKind, matter: Matter, last: str) -> Course:
        """Working days from registration to each step of the flow, in order; all within the terms."""
        gaps = self._gaps(kind, matter, last)
        course, day = [("register", 0)], 0
        if matter.choice and last in ("assign", "feed_back"):
            last = f"{last} again"
        for verb, gap in gaps.items():
            if course[-1][0] == last:
                break
            day += gap
            course.append((verb, day))
        return course

    def _gaps(self, kind: CaseKind, matter: Matter, last: str) -> dict[str, int]:
        pick, long = self.rng.randint, kind is CaseKind.PETITION
        begin = {"accept": pick(0, 1), "assign": pick(0, 1)}
        if last == "suspend":
            return begin | {"suspend": pick(1, 2)}
        if last == "merge":
            return {"merge": pick(0, 1)}
        if last == "reopen":
            return begin | {"feed_back": pick(1, 2), "close": 1, "complain": 2, "reopen": 1, "assign again": 1}
        if kind is CaseKind.APPEAL:
            return {"accept": 0, "assign": pick(0, 1), "feed_back": pick(0, 2), "close": pick(0, 1)}
        if matter.choice:
            return begin | {
                "feed_back": pick(1, 2), "team": pick(0, 1), "assign again": pick(0, 1),
                "feed_back again": pick(4, 12 if long else 6), "close": pick(1, 2),
            }  # fmt: skip
        if matter.is_reassigned:
            return begin | {"assign again": pick(1, 3), "feed_back": pick(1, 4), "close": pick(0, 2)}
        return begin | {"feed_back": pick(5, 15) if long else pick(1, 5), "close": pick(0, 2)}

    def _timed(self, matter: Matter, course: Course) -> Matter:
        course = sorted(course, key=lambda step: step[1])
        moments = self.days.moments([day for _, day in course])
        matter.steps = [(verb, at) for (verb, _), at in zip(course, moments, strict=True)]
        day = local_day(moments[0])
        matter.story.facts["received_on"] = day
        if matter.story.facts["kind"] is CaseKind.DISPUTE:
            matter.story.facts["occurred_on"] = self.teller.occurred(day)
        return matter

    def _matter(
        self, kind: CaseKind, has_team: bool = False, whose: str = "", home: Home | None = None, category: str = ""
    ) -> Matter:  # fmt: skip
        first = self.street.communities[0]["code"]
        home = home or self.homes.one(first if whose == "community" else "", whose == "liaison")
        story = self.teller.tell(kind, home, is_hard=has_team, category="17" if whose == "liaison" else category)
        community = self.homes.community_of(home)
        assignee = self.hands.assignee(story, community, whose)
        choice = self.hands.choice(story, community) if has_team else None
        matter = Matter(story, home, community, assignee, self.hands.chair(community, assignee, choice), choice=choice)
        if not has_team and not whose and not category and kind is CaseKind.DISPUTE:
            matter.is_reassigned = self.rng.random() < 0.1
        matter.second = self.hands.unit(self.hands.lead(story))
        matter.rng = random.Random(self.rng.random())
        return matter
