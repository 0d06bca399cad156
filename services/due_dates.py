"""Deadlines: how days, working days and months are counted (domain rules, 民法典第二百零一至二百零三条)."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from models.codes import TermUnit
from models.term import Term
from models.workday import Workday

from . import parameters
from .errors import Refused
from .kept import kept
from .showing import LOCAL


def local_day(now: datetime) -> date:
    """The calendar day in China at an instant."""
    return now.astimezone(LOCAL).date()


@dataclass(frozen=True)
class Calendar:
    """Days that differ from Monday-to-Friday work, and the years for which they are known."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        return self.days.get(day, day.weekday() < 5)

    def next_workday(self, day: date) -> date:
        """This day if people work on it, else the first working day after it."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day


@dataclass(frozen=True)
class DueDate:
    """The last day of a period and the reason in words."""

    on: date
    reason: str


def due_date(start: date, length: int, unit: TermUnit, known: Calendar, extension: int = 0) -> date:
    """The last day of a period that begins on `start`, which is not counted itself.

    Calendar days, months and years that end on a rest day end on the next working day; rest days
    in between count. An extension is added to the length, not to the rolled date.
    """
    total = length + extension
    if unit is TermUnit.WORKDAY:
        day = start
        for _ in range(total):
            day = known.next_workday(day + timedelta(days=1))
        return day
    if unit is TermUnit.HOUR:
        return start + timedelta(days=-(-total // 24))
    if unit is TermUnit.DAY:
        return known.next_workday(start + timedelta(days=total))
    return known.next_workday(_months_later(start, total * (12 if unit is TermUnit.YEAR else 1)))


def _months_later(start: date, count: int) -> date:
    """The corresponding day, or the end of a month that is too short for it."""
    year, month = divmod(start.month - 1 + count, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, months.monthrange(year, month)[1]))


def calendar(session: Session) -> Calendar:
    """The work calendar as people keep it."""

    def read() -> Calendar:
        days = dict(session.execute(select(Workday.day, Workday.is_workday)).all())
        return Calendar(days, frozenset(day.year for day in days))

    return kept(session, "calendar", read)


def missing_years(session: Session, today: date) -> list[int]:
    """Which of this year and the year soon to begin have no calendar yet."""
    ahead = timedelta(days=parameters.value(session, "calendar_ahead_days"))
    wanted = sorted({today.year, (today + ahead).year})
    have = set(
        session.scalars(
            select(extract("year", Workday.day)).where(
                Workday.day >= date(wanted[0], 1, 1), Workday.day <= date(wanted[-1], 12, 31)
            ).group_by(extract("year", Workday.day)).having(func.count() > 0)
        )
    )  # fmt: skip
    return [year for year in wanted if year not in have]


def for_term(session: Session, term_id: str, start: date) -> DueDate:
    """The due date of a term kept in the table `terms`; refuses when the term was removed."""
    term = session.get(Term, term_id)
    if term is None:
        raise Refused(f"时限规则“{term_id}”不存在，请在“时限规则”里补上后再办理")
    known = calendar(session)
    day = due_date(start, term.length, term.unit, known)
    return DueDate(day, explain(term, start, day, known))


def explain(term: Term, start: date, day: date, known: Calendar, *, extension: int = 0, paused: int = 0) -> str:
    """Why a period ends on this day: rule, day 0, extension, pause, the roll over rest days, unknown years."""
    words = [f"{term.name}{term.length}{term.unit.label}，自{start:%Y-%m-%d}的次日起算"]
    if extension:
        words.append(f"延长{extension}{term.unit.label}")
    if paused:
        words.append(f"暂停{paused}日顺延")
    if term.unit in (TermUnit.DAY, TermUnit.MONTH, TermUnit.YEAR):
        nominal = due_date(start, term.length, term.unit, _NO_REST, extension) + timedelta(days=paused)
        if nominal != day:
            words.append(f"{nominal:%m-%d}是休息日，顺延至{day:%m-%d}")
    missing = [year for year in range(start.year, day.year + 1) if year not in known.years]
    if missing:
        words.append(f"{'、'.join(map(str, missing))}年节假日尚未导入，按周一至周五推算")
    return "，".join(words)


class _WithoutRest(Calendar):
    def is_workday(self, day: date) -> bool:
        return True


_NO_REST = _WithoutRest()
