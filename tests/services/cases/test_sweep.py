"""The nightly sweep: what it does when, once only, whatever happens between two nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.case import CaseEvent
from models.clock import Clock
from models.codes import CardColour, ClockState, SupervisionStatus, UrgeStatus
from models.department import DutyDay
from models.supervision import Supervision
from models.todo import Todo
from models.urge import Urge
from services import access
from services.cases import case_flow, clocks, sweep
from services.access import Actor
from services.coordination.supervisions import SUPERVISION_FLOW
from tests.support.builders import build_world, case_facts, party

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday; the order is due on Monday the 9th


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    case = case_flow.register(session, office(), NOW, parties=[party()], **case_facts(world))
    case_flow.CASE_FLOW.take(session, "accept", case, office(), NOW)
    case_flow.CASE_FLOW.take(session, "assign", case, office(), NOW, unit=world.justice, worker=world.mediator)
    return case


def office() -> Actor:
    return access.system("430181002")


def night(session, day: date) -> dict:
    """The sweep at half past one of a day; returns what it did."""
    done = sweep.run(session, datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=6, minutes=30))
    return {what: count for what, count in done.items() if count}


def letters(session) -> list[str]:
    """What lies in in-trays because of the sweep."""
    found = session.scalars(select(Todo).where(Todo.settled_at.is_(None), Todo.entity != "assignment").order_by(Todo.title))
    return [f"{todo.title.split(' ')[0]}→{todo.recipient.split(':')[0]}" for todo in found]


def order_clock(session) -> Clock:
    return session.scalars(select(Clock).where(Clock.term_id == "divert")).one()


def test_nothing_is_done_long_before_the_day(session, case):
    assert night(session, date(2026, 3, 5)) == {}


def test_three_days_before_the_day_the_handler_is_warned(session, case):
    assert night(session, date(2026, 3, 6)) == {"将到期提醒": 1}
    assert letters(session) == ["将到期：分流调解反馈→worker"]


def test_a_second_sweep_of_the_same_night_does_nothing(session, case):
    night(session, date(2026, 3, 6))
    assert night(session, date(2026, 3, 6)) == {}


def test_on_the_last_day_itself_nobody_is_urged(session, case):
    assert night(session, date(2026, 3, 9)) == {"将到期提醒": 1}


def test_the_day_after_the_handler_is_urged_and_the_warning_is_gone(session, world, case):
    handler = world.mediator.id
    night(session, date(2026, 3, 9))
    assert night(session, date(2026, 3, 10)) == {"超期催办": 1}
    urge = session.scalars(select(Urge)).one()
    assert (urge.worker_id, urge.agent_id, f"{urge.due_on}") == (handler, None, "2026-03-12")
    assert letters(session) == ["催办：分流调解反馈→worker"]


def test_five_working_days_late_is_a_yellow_card_the_day_after(session, case):
    # Late since Tuesday the 10th: five working days end on Monday the 16th.
    assert "亮黄牌" not in night(session, date(2026, 3, 16))
    assert night(session, date(2026, 3, 17)) == {"亮黄牌": 1}
    row = session.scalars(select(Supervision)).one()
    assert (row.card, row.status, row.supervision_no) == (CardColour.YELLOW, SupervisionStatus.OPEN, "集里督〔2026〕0001号")


def test_ten_working_days_late_the_same_supervision_turns_red_and_the_leader_of_the_day_is_told(session, world, case):
    leader = world.leader.id
    session.add(DutyDay(duty_on=date(2026, 3, 24), leader_id=leader))
    night(session, date(2026, 3, 17))
    assert night(session, date(2026, 3, 24)) == {"亮红牌": 1}
    assert [row.card for row in session.scalars(select(Supervision))] == [CardColour.RED]
    told = session.scalars(select(Todo.title).where(Todo.worker_id == leader)).all()
    assert [title.split(" ")[0] for title in told] == ["红牌：分流调解反馈超期"]
    assert "红牌督办：集里督〔2026〕0001号→worker" in letters(session)


def test_a_sweep_that_was_off_for_weeks_does_everything_in_one_night(session, case):
    assert night(session, date(2026, 3, 24)) == {"将到期提醒": 1, "超期催办": 1, "亮黄牌": 1, "亮红牌": 1}
    numbers = session.scalars(select(CaseEvent.number).order_by(CaseEvent.number)).all()
    assert numbers == list(range(1, len(numbers) + 1))


def test_feeding_back_takes_what_the_sweep_asked_out_of_every_in_tray(session, case):
    night(session, date(2026, 3, 10))
    case = session.merge(case)
    case_flow.CASE_FLOW.take(session, "feed_back", case, office(), NOW + timedelta(days=8), feedback="双方谈妥")
    assert (letters(session), session.scalars(select(Urge.status)).all()) == ([], [UrgeStatus.LAPSED])


def test_a_lifted_supervision_is_not_raised_again_but_a_graver_one_is(session, case):
    night(session, date(2026, 3, 17))
    row = session.scalars(select(Supervision)).one()
    SUPERVISION_FLOW.take(session, "lift", row, office(), NOW, reason="已约谈")
    assert night(session, date(2026, 3, 18)) == {}
    night(session, date(2026, 3, 24))
    assert sorted(row.card.value for row in session.scalars(select(Supervision))) == ["red", "yellow"]


def test_a_matter_nobody_has_goes_to_those_who_dispatch(session, world):
    case_flow.register(session, office(), NOW, **case_facts(world))  # the whole matter is due on 2 April
    night(session, date(2026, 4, 3))
    assert (letters(session), session.scalars(select(Urge)).all()) == (["超期且无人承办：人民调解→may"], [])


def test_a_period_that_was_put_off_is_warned_of_again(session, case):
    night(session, date(2026, 3, 10))
    clock = order_clock(session)
    clock.cap_on, clock.state, clock.paused_on = None, ClockState.PAUSED, date(2026, 3, 10)
    clocks.resume(session, session.merge(case), datetime(2026, 3, 30, 1, 0, tzinfo=UTC))
    assert clock.alert_level == 0


def test_batches_that_were_done_stay_done_when_the_next_one_fails(session, world):
    for _ in range(3):
        case_flow.register(session, office(), NOW, **case_facts(world))
    late = datetime(2026, 4, 1, 17, 30, tzinfo=UTC)  # 2 April in China: all three are warned of
    work = sweep.batches(session, late, size=2)
    assert next(work) == (sweep.WARNED, 2)
    session.commit()
    work.close()
    assert [count for _, count in sweep.batches(session, late, size=2)] == [1]


def test_what_a_unit_was_whistled_for_turns_yellow_after_one_working_day(session):
    build_world(session)
    assert sweep.limits(session, date(2026, 3, 10))[sweep.YELLOW] == (date(2026, 3, 8), date(2026, 3, 2))
