"""Numbers for people come from a counter."""

from __future__ import annotations

from datetime import UTC, datetime

from services import numbers


def test_the_first_case_of_a_year_is_number_one(session):
    assert numbers.case_number(session, datetime(2026, 3, 2, 1, tzinfo=UTC)) == "集里〔2026〕00001号"


def test_the_second_case_is_number_two(session):
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    numbers.case_number(session, at)
    assert numbers.case_number(session, at) == "集里〔2026〕00002号"


def test_a_new_year_in_china_begins_with_one(session):
    numbers.case_number(session, datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    assert numbers.case_number(session, datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "集里〔2027〕00001号"


def test_households_are_numbered_without_a_year(session):
    assert numbers.household_number(session) == "H0000001"
