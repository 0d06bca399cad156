"""What follows when people have agreed or a case was closed: agreements, performance, the court, the call, the archive."""

from __future__ import annotations

import random
from datetime import timedelta

from models.codes import CaseKind, CaseOutcome, Satisfaction

from .beside import _before
from .matters import Course, Days, Matter

ARCHIVED = {CaseKind.DISPUTE: 18, CaseKind.PETITION: 9, CaseKind.APPEAL: 2}
"""One in so many of the closed is in the archive."""
_SAID = (Satisfaction.SATISFIED, Satisfaction.FAIR, Satisfaction.UNSATISFIED)
_HEARD = (("supervise", 2), ("reply", 2), ("accept_reply", 2), ("lift", 3))
_COURT = (("plan_confirmation", 1), ("apply_confirmation", 4), ("court_accept", 3), ("court_rule", 9))


def follows(course: Course, matter: Matter, number: int, days: Days, rng: random.Random) -> Course:
    """A closed case with all that comes of it; what would lie in the future does not happen."""
    story, end = matter.story, course[-1][1]
    later: Course = []
    if matter.is_agreed:
        course = _before(course, "close", [("agree", end)])
        later += _performance(matter, number, end, days, rng)
        if not _is_oral(matter) and any(matter.items) and (number % 5 == 2 or end > days.last - 14):
            later += _paced(_COURT if number % 3 else _COURT[:1], end, rng)
    later += _call(matter, number, end, rng) if end <= days.last - 6 or number % 2 else []
    if (number % ARCHIVED[story.facts["kind"]] == 0 and matter.ending == "kept") or number == 1:
        later.append(("archive", max((day for _, day in later), default=end) + rng.randint(2, 9)))
    return [*course, *(step for step in sorted(later, key=lambda step: step[1]) if step[1] <= days.last)]


def is_agreed(matter: Matter, rng: random.Random) -> bool:
    """Whether the sides of a dispute come to an agreement that is registered; small things are often just put right."""
    story = matter.story
    is_possible = story.facts["kind"] is CaseKind.DISPUTE and len(story.parties) > 1
    return is_possible and story.outcome in (CaseOutcome.RESOLVED, CaseOutcome.PARTLY) and (bool(matter.choice) or rng.random() < 0.55)


def _is_oral(matter: Matter) -> bool:
    return not matter.choice and (matter.story.facts["amount"] or 0) < 2000


def _performance(matter: Matter, number: int, end: int, days: Days, rng: random.Random) -> Course:
    """The items of the agreement and the days on which they are done, or not."""
    count = 1 if (matter.story.facts["amount"] or 0) < 5000 else rng.choice((1, 2, 2, 3))
    matter.items = [None if n == 0 and rng.random() < 0.4 else 15 * (n + 1) for n in range(count)]
    matter.ending = "breach" if number in (33, 34, 35, 36, 37) else "partly" if number % 14 == 5 else "kept"
    found: Course = []
    for n, wait in enumerate(matter.items):
        if wait is not None:
            due = days.since(days.days[min(end, days.last)] + timedelta(days=wait))
            found.append((f"perform {n}", max(end, due - rng.randint(0, 3))))
    last = found[-1][1] if found else end
    found.append(("breach", last + 2) if matter.ending == "breach" else ("complete", last + 1))
    return found if matter.ending != "partly" else found[:-1]


def _call(matter: Matter, number: int, end: int, rng: random.Random) -> Course:
    """The follow-up within three working days, sometimes after a try, sometimes never; who is not content is heard."""
    if number % 41 == 11:
        return [("try_call", end + 1), ("try_call again", end + 2), ("try_call again", end + 3), ("give_up", end + 3)]
    matter.said = rng.choices((*_SAID, None), (52, 14, 3, 28))[0]
    day = end + rng.randint(1, 3)
    found = [("try_call", day - 1), ("call", day)] if rng.random() < 0.15 and day > end + 1 else [("call", day)]
    return found + _paced(_HEARD, day, rng) if matter.said is Satisfaction.UNSATISFIED else found


def _paced(steps: tuple, start: int, rng: random.Random) -> Course:
    day, found = start, []
    for verb, most in steps:
        day += rng.randint(1, most)
        found.append((verb, day))
    return found
