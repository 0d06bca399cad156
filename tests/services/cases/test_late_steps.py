"""“超时环节” and “吹哨统计”: running and ended late are two figures, each out of what it is out of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from models.codes import WhistleKind, WhistleLevel, WhistleReason
from models.whistle import Whistle, WhistleTarget
from services import access
from services.cases import case_flow, late_steps
from services.coordination import whistle_figures, whistles
from services.cases.late_steps import Wanted
from tests.support.builders import build_world, case_facts, party

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday; the order is due on Monday the 9th


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    system = access.system("430181002")
    case = case_flow.register(session, system, NOW, parties=[party()], **case_facts(world))
    case_flow.CASE_FLOW.take(session, "accept", case, system, NOW)
    case_flow.CASE_FLOW.take(session, "assign", case, system, NOW, unit=world.justice, worker=world.mediator)
    return case


def feed_back(session, case, at: datetime) -> None:
    case_flow.CASE_FLOW.take(session, "feed_back", case, access.system("430181002"), at, feedback="谈妥了")


def test_a_running_step_past_its_day_is_named_with_whose_it_is(session, world, case):
    [step] = late_steps.late(session, Wanted(), NOW + timedelta(days=9))
    assert (step.step, step.unit, step.worker.name, step.late, step.days) == ("分流调解反馈", "司法所", "戊调解", 2, 9)


def test_on_its_last_day_a_step_is_not_late(session, case):
    assert late_steps.late(session, Wanted(), NOW + timedelta(days=7)) == []


def test_a_step_that_ended_late_is_in_the_other_list(session, case):
    feed_back(session, case, NOW + timedelta(days=8))
    after = NOW + timedelta(days=9)
    ended = late_steps.late(session, Wanted(is_running=False), after)
    assert (late_steps.late(session, Wanted(), after), [(s.ended_on, s.late) for s in ended]) == ([], [(date(2026, 3, 10), 1)])


def test_a_step_that_ended_in_the_evening_of_its_last_day_was_in_time(session, case):
    feed_back(session, case, datetime(2026, 3, 9, 15, 30, tzinfo=UTC))  # 23:30 in China
    assert late_steps.late(session, Wanted(is_running=False), NOW + timedelta(days=9)) == []


def test_only_the_steps_of_one_unit(session, world, case):
    late = NOW + timedelta(days=9)
    counts = [len(late_steps.late(session, Wanted(unit_id=unit.id), late)) for unit in (world.justice, world.east_unit)]
    assert counts == [1, 0]


def test_whistles_of_a_unit_in_a_month_with_what_each_figure_is_out_of(session, world):
    system = access.system("430181002")
    for number in range(3):
        whistle = Whistle(
            kind=WhistleKind.EMERGENCY, reason=WhistleReason.EMERGENCY, level=WhistleLevel.EMERGENCY, place="东里路口", request="请到场",
            contact_name="丁干部", contact_phone="12345", known_at=NOW - timedelta(minutes=10 * number),
        )  # fmt: skip
        whistles.blow(session, whistle, system, NOW)
        target = WhistleTarget(whistle_id=whistle.id, unit_id=world.justice.id)
        whistles.call(session, target, system, NOW)
        if number < 2:  # one in twenty minutes, one in forty, the third not yet
            whistles.REPORT_FLOW.take(session, "arrive", target, system, NOW + timedelta(minutes=20 + 20 * number), arrivals="王某")
    since, until = whistle_figures.month_bounds(date(2026, 3, 1))
    [line], blown = whistle_figures.by_unit_and_month(session, since, until, NOW + timedelta(minutes=25))
    assert (line.month, line.unit, line.count, line.due, line.in_time, line.rated) == ("2026-03", "司法所", 3, 2, 1, 0)
    assert blown == (3, 10)  # known 0, 10 and 20 minutes before
