"""The matters of two months read once: by kind, category, channel, place and unit, new, closed, open, late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import Row, case as when, func, select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case
from models.codes import OVER_STATES, AreaKind, CaseKind, CaseOutcome, CaseStatus
from models.department import Unit

from ..access import Actor
from ..due_dates import local_day
from ..lists.filters import branch
from ..labels import dictionary_names
from ..showing import LOCAL
from .measures import Line, Table

SETTLED = (CaseOutcome.RESOLVED, CaseOutcome.PARTLY)
GONE = (CaseStatus.DECLINED, CaseStatus.MERGED)
COMMUNITY = 12
LISTED = "&".join(f"status={status.value}" for status in CaseStatus if status is not CaseStatus.MERGED)
"""What is counted, as arguments of an address: merged matters are one with what they were merged into."""
_COLUMNS = (
    Case.id, Case.kind, Case.category, Case.channel, Case.lead_unit_id, Case.status, Case.outcome, Case.received_on, Case.closed_at,
    Case.due_on, Case.is_answered_on_spot, Case.solved_at_tier, Area.code,
)  # fmt: skip


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


@dataclass(frozen=True)
class Month:
    """A month up to today: `asof` is the day at whose end what was open is counted."""

    first: date
    last: date
    asof: date

    @classmethod
    def of(cls, first: date, last: date, today: date) -> Month:
        return cls(first, last, min(last, today))

    @property
    def instants(self) -> tuple[datetime, datetime]:
        return midnight(self.first), midnight(self.last + timedelta(days=1))


@dataclass
class Matters:
    """What was received and closed in a month, and by community what was open at its end: (all, late)."""

    month: Month
    received: list[Row] = field(default_factory=list)
    closed: list[Row] = field(default_factory=list)
    open: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def open_count(self) -> int:
        return sum(count for count, _ in self.open.values())

    @property
    def late_count(self) -> int:
        return sum(late for _, late in self.open.values())

    def in_time(self) -> tuple[int, int]:
        """Closed by their day, of those closed that had one."""
        dated = [row for row in self.closed if row.due_on]
        return sum(local_day(row.closed_at) <= row.due_on for row in dated), len(dated)


def inside(area_id: str | None, actor: Actor) -> list:
    """Matters of an area, as conditions."""
    return [Case.area_id.in_(branch(area_id, actor))] if area_id else []


def read(session: Session, month: Month, area_id: str | None, actor: Actor) -> Matters:
    """Merged matters are one with what they were merged into and are not counted."""
    rows = select(*_COLUMNS).join(Case.area).where(Case.status != CaseStatus.MERGED, *inside(area_id, actor))
    begin, end = month.instants
    found = Matters(month)
    found.received = list(session.execute(rows.where(Case.received_on >= month.first, Case.received_on <= month.last)))
    found.closed = list(session.execute(rows.where(Case.closed_at >= begin, Case.closed_at < end, Case.status.in_(OVER_STATES))))
    until = midnight(month.asof + timedelta(days=1))
    opened = (
        select(Area.code, func.count(), func.count(when((Case.due_on < month.asof, 1)))).select_from(Case).join(Case.area)
        .where(Case.received_on <= month.asof, Case.status.not_in(GONE), (Case.closed_at.is_(None)) | (Case.closed_at >= until))
        .where(*inside(area_id, actor)).group_by(Area.code)
    )  # fmt: skip
    for code, count, late in session.execute(opened):
        all_, lates = found.open.get(code[:COMMUNITY], (0, 0))
        found.open[code[:COMMUNITY]] = (all_ + count, lates + late)
    return found


def course(session: Session, month: Month, area_id: str | None, actor: Actor) -> list[tuple[str, int, int]]:
    """New and closed in each of the twelve months that end with this one, in two statements."""
    firsts = list(months_before(month.first, 12))
    ends = [*firsts[1:], month.last + timedelta(days=1)]
    counted = [func.count(when(((Case.received_on >= a) & (Case.received_on < b), 1))) for a, b in zip(firsts, ends, strict=True)]
    alive = (Case.status != CaseStatus.MERGED, *inside(area_id, actor))
    new = session.execute(select(*counted).where(Case.received_on >= firsts[0], Case.received_on < ends[-1], *alive)).one()
    closings = [
        func.count(when(((Case.closed_at >= midnight(a)) & (Case.closed_at < midnight(b)), 1))) for a, b in zip(firsts, ends, strict=True)
    ]  # fmt: skip
    range_ = (Case.closed_at >= midnight(firsts[0]), Case.closed_at < midnight(ends[-1]), Case.status.in_(OVER_STATES))
    closed = session.execute(select(*closings).where(*range_, *alive)).one()
    return [(f"{first:%Y-%m}", *pair) for first, pair in zip(firsts, zip(new, closed, strict=True), strict=True)]


def months_before(first: date, count: int) -> Iterator[date]:
    """The first days of so many months, of which this is the last."""
    number = first.year * 12 + first.month - 1
    for month in range(number - count + 1, number + 1):
        yield date(month // 12, month % 12 + 1, 1)


# ---- tables -------------------------------------------------------------------------


def tables(session: Session, now: Matters, before: Matters, spans: dict[str, str], within: str = "") -> list[Table]:
    """`spans` are the lists of what was received and closed in the month, as arguments of an address; `within` narrows them to an area."""
    names = dictionary_names(session)
    units = dict(session.execute(select(Unit.id, Unit.name)).all())
    areas = Area.__table__.c
    kinds = (AreaKind.COMMUNITY, AreaKind.VILLAGE)
    found = session.execute(select(Area.code, Area.name, areas.id).where(Area.kind.in_(kinds)).order_by(Area.code)).all()
    places = {code: (name, key) for code, name, key in found}
    outside = {row.code[:COMMUNITY] for row in (*now.received, *before.received)} | set(now.open)
    places |= {code: ("（街道本级）", "") for code in outside - set(places)}
    received = spans["received"]

    def by(read: Callable[[Row], str | None], told: Callable[[str], str], query: str, most: int = 30) -> list[Line]:
        counts = [Counter(key for row in rows if (key := read(row))) for rows in (now.received, before.received, now.closed, before.closed)]
        keys = sorted({key for one in counts for key in one}, key=lambda key: (-counts[0][key], -counts[2][key], key))
        return [Line(told(key), *(one[key] for one in counts), f"case.index_view?{query}={key}&{received}{within}") for key in keys[:most]]

    labels = {kind.value: kind.label for kind in CaseKind}
    communities = by(lambda row: row.code[:COMMUNITY], str, "area", 500)
    counted = {line.label: line for line in communities}
    return [
        Table("kind", "按类型", "类型", by(lambda row: row.kind.value, labels.get, "kind")),
        Table("category", "按类别", "类别", by(lambda row: row.category.partition(".")[0], lambda key: names.get(key, key), "category")),
        Table("channel", "按来源渠道", "渠道", by(lambda row: row.channel, lambda key: names.get(key, key), "channel")),
        Table("place", "按村社区", "村社区", [
            _at(counted.get(code), name, now.open.get(code, (0, 0)), f"case.index_view?area={key}&{received}" if key else "")
            for code, (name, key) in places.items()
            if code in counted or code in now.open
        ], has_open=True),
        Table("unit", "按牵头单位", "单位", by(lambda row: row.lead_unit_id, lambda key: units.get(key, "（已撤并）"), "lead_unit", 20)),
    ]  # fmt: skip


def _at(counted: Line | None, name: str, opened: tuple[int, int], query: str) -> Line:
    line = counted or Line(name)
    return Line(name, line.new, line.new_before, line.closed, line.closed_before, query, *opened)
