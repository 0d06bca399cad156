"""Earlier matters that may be the same one: same household, phone, ID number, address, or similar words nearby.

Each way is met by an index and bounded; what was found is told with its reasons, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case, CaseParty
from models.codes import LinkKind

from .. import parameters
from . import case_links, timeline
from ..keeping import duplicates
from ..access import Actor, Permission
from ..errors import Refused
from ..lists.words import normal, pairs
from ..showing import LOCAL

MOST = 5
PER_WAY = 20
NEARBY = 200
WORDS = 400
ALIKE = 0.3
SURE, LIKELY = 1.0, 0.9


@dataclass(frozen=True)
class Facts:
    """What a matter is compared by; `case_id` is the matter itself, left out of what is found."""

    subject: str = ""
    summary: str = ""
    place: str = ""
    area_id: str | None = None
    household_id: str | None = None
    mobiles: frozenset[str] = frozenset()
    id_numbers: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    case_id: str | None = None


@dataclass
class Repeat:
    """One earlier matter with what agrees; `score` is 1 for an exact match, else the likeness of the words."""

    case: Case
    reasons: list[str] = field(default_factory=list)
    score: float = 0

    @property
    def sentence(self) -> str:
        """“已受理，办理中，编号…：同一电话”."""
        return f"{standing(self.case)}，编号{self.case.case_no}：{'；'.join(self.reasons)}"


def standing(case: Case) -> str:
    """How far an earlier matter has come, in words a window clerk can say."""
    is_new = case.accepted_at is None or case.closed_at is not None or case.status.label.startswith("已受理")
    words = case.status.label if is_new else f"已受理，{case.status.label}"
    return f"{words}，结果：{case.outcome.label}" if case.outcome else words


def facts_of(session: Session, case: Case) -> Facts:
    """What a stored matter is compared by."""
    lines = session.execute(
        select(CaseParty.mobile, CaseParty.id_number, CaseParty.address).where(CaseParty.case_id == case.id)
    ).all()
    mobiles, numbers, addresses = (frozenset(filter(None, column)) for column in (zip(*lines, strict=True) if lines else ((), (), ())))
    return Facts(
        case.subject, case.summary or "", case.place or "", case.area_id, case.household_id, mobiles, numbers,
        addresses, case.id,
    )  # fmt: skip


def find(session: Session, facts: Facts, now: datetime) -> list[Repeat]:
    """At most `MOST` matters the session's actor may see, the surest first; at most seven statements."""
    found: dict[str, Repeat] = {}

    def add(case: Case, reason: str, score: float) -> None:
        if case.id != facts.case_id:
            one = found.setdefault(case.id, Repeat(case))
            one.reasons.append(reason)
            one.score = max(one.score, score)

    for reason, condition in _exact(facts):
        for case in session.scalars(select(Case).where(condition).order_by(Case.id.desc()).limit(PER_WAY)):
            add(case, reason, SURE)
    for case, reason, score in _near(session, facts, now):
        add(case, reason, score)
    return sorted(found.values(), key=lambda one: (-one.score, -len(one.reasons), one.case.id))[:MOST]


def _exact(facts: Facts) -> Iterable[tuple[str, ColumnElement[bool]]]:
    """The ways that compare whole values; sealed numbers are compared as ciphertext."""
    if facts.household_id:
        of_party = select(CaseParty.case_id).where(CaseParty.household_id == facts.household_id)
        yield "同一住户", or_(Case.household_id == facts.household_id, Case.id.in_(of_party))
    for label, column, values in (
        ("同一电话", CaseParty.mobile, facts.mobiles), ("同一身份证号", CaseParty.id_number, facts.id_numbers),
    ):  # fmt: skip
        if values:
            yield label, Case.id.in_(select(CaseParty.case_id).where(column.in_(sorted(values))))


def _near(session: Session, facts: Facts, now: datetime) -> Iterable[tuple[Case, str, float]]:
    """The newest matters of the same group of neighbourhoods, compared by address and by words."""
    area = session.get(Area, (session.info["actor"].subdistrict_id, facts.area_id)) if facts.area_id else None
    own = _grams(facts.subject, facts.summary)
    if area is None:
        return
    days = parameters.value(session, "repeat_days")
    since = datetime.combine(now.astimezone(LOCAL).date() - timedelta(days=days), time(), LOCAL)
    branch = area.code[: len("430181002001.001.001")]
    inside = select(Area.id).where(Area.code.startswith(branch, autoescape=True))
    nearby = session.execute(
        select(Case.id, Case.subject, Case.summary, Case.place).where(Case.area_id.in_(inside), Case.registered_at >= since)
        .order_by(Case.registered_at.desc(), Case.id.desc()).limit(NEARBY)
    )  # fmt: skip
    place, found = normal(facts.place), []
    for key, subject, summary, other in nearby:
        if place and other and normal(other) == place:
            found.append((key, "同一地址", LIKELY))
        score, shared = likeness(own, _grams(subject, summary or ""))
        if score >= ALIKE:
            found.append((key, f"同一片区{days}天内文字相近{score:.0%}（{'、'.join(shared)}）", score * LIKELY))
    alike = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_({key for key, _, _ in found})))} if found else {}
    for key, why, score in found:
        yield alike[key], why, score


def likeness(one: frozenset[str], other: frozenset[str]) -> tuple[float, Sequence[str]]:
    """The share of pairs of characters that two texts have in common (Jaccard), and three of them."""
    shared, all_pairs = one & other, one | other
    return (len(shared) / len(all_pairs) if all_pairs else 0.0), sorted(shared)[:3]


def _grams(*texts: str) -> frozenset[str]:
    return frozenset(pairs(" ".join(texts)[:WORDS]))


@duplicates.finder(Case, "summary")
def at_intake(session: Session, values: Mapping, parts: Mapping, now: datetime) -> Iterable[tuple[Case, str]]:
    """The same question while a matter is being registered, from what has been filled in so far."""
    people = parts.get("CaseParty", ())

    def of_people(name: str) -> frozenset[str]:
        return frozenset(value for one in people if (value := one.get(name)))

    facts = Facts(
        values.get("subject") or "", values.get("summary") or "", values.get("place") or "", values.get("area"),
        values.get("household"), of_people("mobile"), of_people("id_number"), of_people("address"),
    )  # fmt: skip
    for one in find(session, facts, now):
        yield one.case, one.sentence


def relate(session: Session, case: Case, other: Case, actor: Actor, now: datetime) -> None:
    """Link two matters that belong together without merging them; it stands in the timeline of both."""
    actor.require(Permission.CASE_ACCEPT)
    if case.id == other.id:
        raise Refused("不能和自己关联，请选择另一件案件")
    if any(linked.case.id == other.id for linked in case_links.of(session, case)):
        raise Refused(f"已经和{other.case_no}关联过，不用再办")
    case_links.link(session, case, other, LinkKind.RELATED)
    for one, opposite in ((case, other), (other, case)):
        timeline.write(session, one, "relate", "关联案件", actor, now, note=f"与{opposite.case_no}相关", before=one.status)
