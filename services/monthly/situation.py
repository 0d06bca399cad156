"""Where matters come from, how far they went and who solved them: counts that each open the list of exactly these rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case
from models.codes import OPEN_STATES, OVER_STATES, AreaKind, CaseStatus, MediationStage, Tier

from ..access import Actor
from ..due_dates import local_day
from ..labels import dictionary_names
from ..ledgers import month_of
from .cases import COMMUNITY, LISTED, SETTLED, Month, course, inside, months_before
from .measures import rate

_OPEN = "&".join(f"status={status.value}" for status in CaseStatus if status in OPEN_STATES)
_SETTLED = "&".join(f"outcome={outcome.value}" for outcome in SETTLED)
_SHADES = 4


@dataclass(frozen=True)
class Count:
    """A number with the list behind it, as arguments of an address of the list of cases; `shade` is 0 for none to 4 for most."""

    number: int
    query: str = ""
    shade: int = 0


@dataclass(frozen=True)
class Line:
    """One row: its label, its counts, and in words what share of the whole the first of them is."""

    label: str
    counts: list[Count]
    share: str = ""


@dataclass(frozen=True)
class Situation:
    """`heat` has a row a community and a column a category, the last column and the last row are sums."""

    since: date
    until: date
    categories: list[str]
    heat: list[Line]
    stages: list[Line]
    tiers: list[Line]
    course: list[tuple[str, Count, Count]]


def situation(session: Session, first: date, months: int, actor: Actor, now: datetime, area_id: str | None = None) -> Situation:
    """What the months that end with the one of a day show, over what the session's actor sees, in an area of it."""
    first, last = month_of(first)
    span = Month.of(next(months_before(first, months)), last, local_day(now))
    within = f"&area={area_id}" if area_id else ""
    categories, heat = _heat(session, span, area_id, actor)
    return Situation(
        span.first, span.last, categories, heat, _stages(session, span, within, area_id, actor), _tiers(session, span, within, area_id, actor),
        [_of_month(line, within) for line in course(session, Month.of(first, last, span.asof), area_id, actor)],
    )  # fmt: skip


def _received(span: Month) -> str:
    return f"received_on__from={span.first}&received_on__to={span.last}&{LISTED}"


def _closed(span: Month) -> str:
    return f"closed_at__from={span.first}&closed_at__to={span.last}"


def _in_span(span: Month, area_id: str | None, actor: Actor) -> list:
    return [Case.status != CaseStatus.MERGED, Case.received_on >= span.first, Case.received_on <= span.last, *inside(area_id, actor)]


def _heat(session: Session, span: Month, area_id: str | None, actor: Actor) -> tuple[list[str], list[Line]]:
    names, received = dictionary_names(session), _received(span)
    counts, places = _by_place_and_category(session, span, area_id, actor), _places(session, area_id)
    by_category: Counter[str] = Counter()
    by_place: Counter[str] = Counter()
    for (code, category), number in counts.items():
        by_category[category] += number
        by_place[code] += number
    columns = [category for category, _ in sorted(by_category.items(), key=lambda pair: (-pair[1], pair[0]))]
    most, lines = max(counts.values(), default=0), []
    for code in sorted(by_place):
        name, key = places.get(code, ("（街道本级）", None))
        # A list of the whole sub-district's own matters would hold those of its communities too, so there is none.
        queries = [f"{received}&category={category}&area={key}" if key else "" for category in columns]
        cells = [Count(n, query, -(-n * _SHADES // most)) for query, n in zip(queries, (counts[code, one] for one in columns), strict=True)]
        lines.append(Line(name, [*cells, Count(by_place[code], f"{received}&area={key}" if key else "")]))
    within = f"&area={area_id}" if area_id else ""
    sums = [Count(by_category[category], f"{received}&category={category}{within}") for category in columns]
    total = [Line("合计", [*sums, Count(by_place.total(), received + within)])] if lines else []
    return [names.get(category, category) for category in columns], lines + total


def _by_place_and_category(session: Session, span: Month, area_id: str | None, actor: Actor) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    found = select(Area.code, Case.category, func.count()).select_from(Case).join(Case.area).where(*_in_span(span, area_id, actor))
    for code, category, number in session.execute(found.group_by(Area.code, Case.category)):
        counts[code[:COMMUNITY], category.partition(".")[0]] += number
    return counts


def _places(session: Session, area_id: str | None) -> dict[str, tuple[str, str]]:
    """By code the name of each community and the area its list is narrowed to: an area within it, where one is asked for."""
    key = Area.__table__.c.id
    found = session.execute(select(Area.code, Area.name, key).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))))
    asked = session.scalar(select(Area.code).where(key == area_id)) if area_id else None
    return {code: (name, area_id if asked and asked.startswith(code) else one) for code, name, one in found}


def _stages(session: Session, span: Month, within: str, area_id: str | None, actor: Actor) -> list[Line]:
    """Of the matters received and mediated: how many came to each stage or beyond, how many were solved or wait there."""
    found = select(Case.stage, Case.status, Case.outcome, func.count()).where(Case.stage.is_not(None), *_in_span(span, area_id, actor))
    rows = session.execute(found.group_by(Case.stage, Case.status, Case.outcome)).all()
    whole, received, lines = sum(number for *_, number in rows), _received(span) + within, []
    spans = f"received_on__from={span.first}&received_on__to={span.last}{within}"
    for stage in MediationStage:
        came = sum(number for at, _, _, number in rows if at.rank >= stage.rank)
        solved = sum(number for at, _, outcome, number in rows if at is stage and outcome in SETTLED)
        there = sum(number for at, status, _, number in rows if at is stage and status in OPEN_STATES)
        beyond = "&".join(f"stage={one.value}" for one in MediationStage if one.rank >= stage.rank)
        lines.append(Line(stage.label, [
            Count(came, f"{received}&{beyond}"), Count(solved, f"{received}&stage={stage.value}&{_SETTLED}"),
            Count(there, f"{spans}&{_OPEN}&stage={stage.value}"),
        ], rate(came, whole)))  # fmt: skip
    return lines if whole else []


def _tiers(session: Session, span: Month, within: str, area_id: str | None, actor: Actor) -> list[Line]:
    """Of the matters closed: at which tier they were solved (S009)."""
    begin, end = span.instants
    found = select(Case.solved_at_tier, func.count()).where(
        Case.status.in_(OVER_STATES), Case.closed_at >= begin, Case.closed_at < end, *inside(area_id, actor)
    )
    counts = dict(session.execute(found.group_by(Case.solved_at_tier)).all())
    whole, closed = sum(counts.values()), _closed(span) + within
    tiers = [(tier.label, tier.value, counts.get(tier, 0)) for tier in Tier]
    if counts.get(None):
        tiers.append(("未填", "none", counts[None]))
    return [Line(label, [Count(n, f"{closed}&solved_at_tier={value}")], rate(n, whole)) for label, value, n in tiers] if whole else []


def _of_month(line: tuple[str, int, int], within: str) -> tuple[str, Count, Count]:
    label, new, closed = line
    first, last = month_of(date.fromisoformat(f"{label}-01"))
    span = Month(first, last, last)
    return label, Count(new, _received(span) + within), Count(closed, _closed(span) + within)
