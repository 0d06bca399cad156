"""Deadlines, with the vectors of the field worked out by hand for 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models.codes import TermUnit
from models.term import Term
from models.workday import Workday
from services import due_dates
from services.due_dates import Calendar, due_date
from services.errors import Refused

REST = [(1, 1, 3), (2, 15, 23), (5, 1, 5), (10, 1, 7)]
MADE_UP = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]
DAYS = {date(2026, m, d): False for m, first, last in REST for d in range(first, last + 1)}
DAYS |= {date(2026, m, d): True for m, d in MADE_UP}
KNOWN = Calendar(DAYS, frozenset({2026}))


@pytest.mark.parametrize(
    ("start", "length", "unit", "extension", "last"),
    [
        ("2026-02-05", 15, TermUnit.DAY, 0, "2026-02-24"),
        ("2026-02-12", 5, TermUnit.WORKDAY, 0, "2026-02-26"),
        ("2026-03-02", 60, TermUnit.DAY, 0, "2026-05-06"),
        ("2026-03-02", 60, TermUnit.DAY, 30, "2026-06-01"),
        ("2026-01-16", 30, TermUnit.DAY, 0, "2026-02-24"),
        ("2026-01-31", 1, TermUnit.MONTH, 0, "2026-02-28"),
        ("2026-03-31", 1, TermUnit.MONTH, 0, "2026-04-30"),
        ("2026-09-05", 15, TermUnit.DAY, 0, "2026-09-20"),
        ("2026-04-24", 10, TermUnit.WORKDAY, 0, "2026-05-12"),
    ],
)
def test_a_period_ends_on_the_legal_day(start, length, unit, extension, last):
    counted = due_date(date.fromisoformat(start), length, unit, KNOWN, extension)
    assert counted == date.fromisoformat(last)


def test_a_year_from_the_leap_day_ends_on_the_28th():
    assert due_date(date(2024, 2, 29), 1, TermUnit.YEAR, Calendar()) == date(2025, 2, 28)


def test_a_year_not_loaded_counts_monday_to_friday():
    assert due_date(date(2031, 1, 3), 1, TermUnit.WORKDAY, KNOWN) == date(2031, 1, 6)


def _term(session, days=()):
    if session.get(Term, "divert") is None:
        session.add(Term(id="divert", name="分流调解反馈", starts="分流", length=5, unit=TermUnit.WORKDAY, source="办法"))
    for day, is_workday in days:
        session.add(Workday(day=day, is_workday=is_workday, name="测试", source="测试"))
    session.flush()


def test_a_term_says_that_its_year_has_no_calendar(session):
    _term(session)
    assert due_dates.for_term(session, "divert", date(2031, 1, 6)).reason == (
        "分流调解反馈5个工作日，自2031-01-06的次日起算，2031年节假日尚未导入，按周一至周五推算"
    )


def test_a_term_uses_the_calendar_that_people_keep(session):
    _term(session, [(date(2026, 3, 3), False)])
    assert due_dates.for_term(session, "divert", date(2026, 3, 2)).on == date(2026, 3, 10)


def test_a_missing_term_is_refused_with_the_cure(session):
    with pytest.raises(Refused, match="请在“时限规则”里补上"):
        due_dates.for_term(session, "no_such_term", date(2026, 3, 2))


def test_next_year_is_missed_from_december_on(session):
    _term(session, [(date(2026, 1, 1), False)])
    found = [due_dates.missing_years(session, date(2026, 12, 1) - timedelta(days=d)) for d in (1, 0)]
    assert found == [[], [2027]]
