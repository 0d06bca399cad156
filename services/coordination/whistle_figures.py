"""Whistles in figures: by unit and month, each with what it is out of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.codes import ReportStatus
from models.department import Unit
from models.whistle import Whistle, WhistleTarget

from ..showing import LOCAL


@dataclass(frozen=True)
class WhistleLine:
    """One unit in one month: whistles, of them due so far, reported in time, sent back, rated good of those rated."""

    month: str
    unit: str
    count: int
    due: int
    in_time: int
    sent_back: int
    good: int
    rated: int


def by_unit_and_month(session: Session, since: datetime, until: datetime, now: datetime) -> tuple[list[WhistleLine], tuple[int, int | None]]:
    """Figures by unit and month, and (whistles blown, median minutes from knowing to blowing)."""
    t, lines = WhistleTarget, {}
    rows = session.execute(
        select(t.blown_at, Unit.name, t.respond_by, t.arrived_at, t.sent_back_count, t.rating)
        .join(t.unit).where(t.blown_at >= since, t.blown_at < until, t.status != ReportStatus.WITHDRAWN).order_by(t.blown_at)
    )  # fmt: skip
    for blown_at, unit, respond_by, arrived_at, sent_back, rating in rows:
        key = (f"{blown_at.astimezone(LOCAL):%Y-%m}", unit)
        is_due = arrived_at is not None or respond_by < now
        found = lines.setdefault(key, [0] * 6)
        for i, one in enumerate((
            1, is_due, arrived_at is not None and arrived_at <= respond_by, sent_back > 0,
            rating is not None and rating.value == "good", rating is not None,
        )):  # fmt: skip
            found[i] += int(one)
    known = select(Whistle.known_at, Whistle.blown_at).where(Whistle.blown_at >= since, Whistle.blown_at < until)
    minutes = sorted(int((blown - known).total_seconds() // 60) for known, blown in session.execute(known))
    median = minutes[len(minutes) // 2] if minutes else None
    return [WhistleLine(*key, *numbers) for key, numbers in sorted(lines.items(), reverse=True)], (len(minutes), median)


def month_bounds(month: date, count: int = 3) -> tuple[datetime, datetime]:
    """From the first of the month `count - 1` months before to the first of the next one."""
    first = month.year * 12 + month.month - 1
    start, end = first - count + 1, first + 1
    return tuple(datetime.combine(date(m // 12, m % 12 + 1, 1), time(), LOCAL) for m in (start, end))
