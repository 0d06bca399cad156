"""Periods of a case: who sets their last day, and what pausing and extending do to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from models.codes import CaseKind, ClockState
from services import access
from services.cases import case_flow, clocks
from services.due_dates import DueDate
from services.errors import Refused
from tests.support.builders import build_world, case_facts

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def case(session):
    world = build_world(session)
    system = access.system("430181002")
    return case_flow.register(session, system, NOW, **case_facts(world, kind=CaseKind.PETITION))


def test_the_clock_of_the_whole_matter_is_the_due_date_of_the_case(session, case):
    whole = clocks.live(session, case, "xf_handle")[0]
    assert (whole.due_on, case.due_on) == (date(2026, 5, 1), date(2026, 5, 1))  # a Friday without a calendar


def test_an_internal_period_ends_with_the_whole_matter_at_the_latest(session, case):
    clock = clocks.start(session, case, "divert", date(2026, 4, 29))
    assert clock.due_on == date(2026, 5, 1)  # five working days would end on 6 May


def test_a_pause_is_added_to_the_office_s_own_period(session, case):
    clock = clocks.start(session, case, "divert", date(2026, 3, 2))
    assert clock.due_on == date(2026, 3, 9)
    clocks.pause(session, case, NOW + timedelta(days=2))
    clocks.resume(session, case, NOW + timedelta(days=9))
    assert (clock.state, clock.due_on) == (ClockState.RUNNING, date(2026, 3, 16))


def test_an_extension_beyond_what_the_term_allows_is_refused(session, case):
    clock = clocks.start(session, case, "divert", date(2026, 3, 2))
    with pytest.raises(Refused, match="最多可延长0个工作日"):
        clocks.extend(session, clock, 1, case)


def test_a_stopped_period_has_its_time(session, case):
    clocks.start(session, case, "divert", date(2026, 3, 2))
    clocks.stop(session, case, NOW, term_id="divert")
    assert [c.name for c in clocks.live(session, case)] == ["书面告知", "信访事项办结"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_day_that_a_person_set_is_extended_from_that_day(session, case):
    clock = clocks.start(session, case, "consult", date(2026, 3, 2), due=DueDate(date(2026, 3, 30), "由交办人指定"))
    clocks.extend(session, clock, 2, case)
    assert (clock.due_on, clock.due_reason) == (date(2026, 4, 1), "由交办人指定，延长2个工作日")  # two working days after Monday


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_pause_does_not_shorten_a_day_that_a_person_set(session, case):
    clock = clocks.start(session, case, "divert", date(2026, 3, 2), due=DueDate(date(2026, 3, 30), "由交办人指定"))
    clocks.pause(session, case, NOW)
    clocks.resume(session, case, NOW + timedelta(days=3))
    assert clock.due_on == date(2026, 4, 2)
