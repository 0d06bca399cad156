"""What goes on beside a case: whistles, urges, supervisions, instructions, objections, extensions, ratings — which and when."""

from __future__ import annotations

import random

from models.codes import CaseKind, CaseOutcome

from .matters import Course, Matter

# Each track: steps in order, each with the most working days after the one before.
TRACKS = {
    "whistle": (("blow", 1), ("acknowledge", 0), ("arrive", 1), ("report_done", 2), ("release", 1), ("counter_rate", 1)),
    "whistle again": (
        ("blow", 1), ("arrive", 1), ("report_done", 1), ("whistle_back", 1), ("report_done again", 1), ("release", 1),
    ),
    "urge": (("urge", 2), ("contact", 1), ("answer_urge", 1)),
    "supervise": (("supervise", 1), ("reply", 1), ("accept_reply", 1), ("lift", 2)),
    "card": (("supervise", 1), ("reply", 1), ("return_reply", 1), ("reply again", 1), ("accept_reply", 1)),
    "instruct": (("instruct", 1), ("answer_part 0", 1), ("answer_part 1", 1), ("accept_parts", 1), ("close_instruction", 1)),
    "extend": (("ask_extension", 1), ("decide_extension", 1)),
    "object": (("object", 1), ("reject_objection", 1)),
    "hearing": (("hear", 2),),
    "helper objects": (("help", 1), ("object_to_help", 1), ("accept_objection", 1)),
}  # fmt: skip
_EVERY = (("hearing", 4, 1), ("whistle", 9, 4), ("whistle again", 40, 12), ("urge", 11, 3), ("supervise", 26, 7), ("card", 60, 17), ("extend", 31, 6), ("object", 17, 8), ("helper objects", 17, 3))
_FROM = {
    "blow": "whistle", "arrive": "whistle", "report_done": "whistle", "urge": "urge", "answer_urge": "urge", "supervise": "supervise",
    "reply": "supervise", "instruct": "instruct", "ask_extension": "extend", "object": "object",
}  # fmt: skip


def tracks(course: Course, matter: Matter, number: int, rng: random.Random) -> Course:
    """A closed case with what went on beside it, all between the order and the last feedback."""
    kind = matter.story.facts["kind"]
    wanted = ["instruct"] if matter.choice else [name for name, every, rest in _EVERY if number % every == rest and _fits(name, matter)]
    for name in wanted[:1] if kind is not CaseKind.APPEAL else []:
        course = _woven(course, TRACKS[name], rng)
    if matter.is_agreed or (kind is CaseKind.DISPUTE and matter.story.outcome in (CaseOutcome.TERMINATED, CaseOutcome.REDIRECTED)):
        course = _woven(course, (("hold", 1), ("hold again", 2)) if matter.choice else (("hold", 2),), rng)
    if number % 3 == 0:
        day = next(day for verb, day in course if verb == "close")
        course = _before(course, "close", [("rate_order", day)])
    return course


def _fits(name: str, matter: Matter) -> bool:
    """Only a unit can object, and only a period without a day set by hand is worth lengthening here."""
    if name in ("object", "helper objects"):
        return matter.assignee.unit_id is not None and not matter.is_reassigned
    if name == "hearing":
        return matter.story.facts["kind"] is CaseKind.PETITION
    return name != "extend" or matter.story.facts["kind"] is CaseKind.DISPUTE


def begun(course: Course, stop: str, matter: Matter, last: int, rng: random.Random) -> Course:
    """An open case with a track that has come as far as the step `stop`, lately."""
    steps = list(TRACKS[_FROM[stop]])
    steps = steps[: [verb for verb, _ in steps].index(stop) + 1]
    begin = next(day for verb, day in reversed(course) if verb.startswith("assign"))
    day, found = max(begin, last - len(steps)), []
    for verb, most in steps:
        day = min(day + rng.randint(0, most), last)
        found.append((verb, day))
    return [*course, *found]


def _woven(course: Course, steps: tuple, rng: random.Random) -> Course:
    """A track put between the last order and the last feedback; it is pressed together where there is little time."""
    begin = max(i for i, (verb, _) in enumerate(course) if verb.startswith("assign"))
    end = max(i for i, (verb, _) in enumerate(course) if verb.startswith("feed_back"))
    day, found = course[begin][1], []
    for verb, most in steps:
        day = min(day + rng.randint(0, most), course[end][1])
        found.append((verb, day))
    return _before(course, course[end][0], found)


def _before(course: Course, verb: str, steps: Course) -> Course:
    place = next(i for i, step in enumerate(course) if step[0] == verb)
    return [*course[:place], *steps, *course[place:]]
