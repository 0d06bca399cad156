"""Follow-ups: who may call, how often, what counts as a rating, what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.codes import Satisfaction
from models.mediation_codes import Contact, FollowUpState, RatingSource
from models.todo import Todo
from services import access, inbox
from services.cases import case_closing, case_flow, timeline
from services.mediation import follow_ups
from services.access import Actor
from services.errors import Refused
from services.mediation.follow_ups import FOLLOW_UP_FLOW
from tests.support.builders import build_user, build_world, case_facts

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 9:00 in China
SYSTEM = access.system("430181002")
CALLER = Actor(None, "窗口", "430181002", frozenset({"follow_up:record"}), is_scoped=False)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    case = case_flow.register(session, SYSTEM, NOW, **case_facts(world))
    case.handler_id = world.mediator.id
    session.flush()
    return case


@pytest.fixture
def planned(session, case):
    return follow_ups.plan(session, case, SYSTEM, NOW)


@pytest.fixture
def take(session):
    def go(verb: str, row, now: datetime = NOW, actor: Actor = CALLER, **answers) -> None:
        FOLLOW_UP_FLOW.take(session, verb, row, actor, now, **answers)

    return go


def test_it_is_due_in_three_working_days(planned):
    assert planned.due_on == date(2026, 3, 5)


def test_planning_twice_plans_once(session, case, planned):
    assert follow_ups.plan(session, case, SYSTEM, NOW) is planned


def test_a_case_closed_anew_is_followed_up_three_working_days_after_that(session, case, planned):
    assert follow_ups.plan(session, case, SYSTEM, NOW + timedelta(days=14)).due_on == date(2026, 3, 19)


def test_whoever_handled_the_case_does_not_call(planned, take, world):
    with pytest.raises(Refused, match="您办理过这件案件"):
        take("record", planned, actor=replace(CALLER, worker_id=world.mediator.id), words="好")


def test_who_settled_it_on_the_spot_does_not_call_either(session, case, planned, take, world):
    clerk = replace(CALLER, user_id=build_user(session, "clerk", ["follow_up:record"]).id)
    timeline.write(session, case, "settle", "当场化解", clerk, NOW, before=case.status)
    with pytest.raises(Refused, match="您办理过这件案件"):
        take("try", planned, actor=clerk, contact=Contact.NO_ANSWER)


def test_a_rating_without_its_source_is_refused(planned, take):
    with pytest.raises(Refused, match="评价怎么来的"):
        take("record", planned, words="办得好", satisfaction=Satisfaction.SATISFIED)


def test_what_the_citizen_did_not_say_stays_empty(planned, take):
    take("record", planned, words="知道了")
    assert (planned.status, planned.satisfaction) == (FollowUpState.DONE, None)


def test_unrated_is_in_no_satisfaction_rate(session, planned, take):
    take("record", planned, words="知道了")
    assert follow_ups.rates(session) == {"满意率": (0, 0), "参评率": (0, 1), "回访率": (1, 1)}


@pytest.mark.parametrize(
    "answers",
    [{"satisfaction": Satisfaction.UNSATISFIED, "rating_source": RatingSource.PHONE}, {"is_performed": False}],
    ids=["unsatisfied", "unperformed"],
)
def test_trouble_goes_to_who_can_open_the_case_again(session, planned, take, answers):
    take("record", planned, words="没有修", **answers)
    assert session.scalars(select(Todo.permission).where(Todo.kind == "unsettled")).all() == ["case:close"]


def test_one_try_a_day_counts(planned, take):
    take("try", planned, contact=Contact.NO_ANSWER)
    with pytest.raises(Refused, match="请改天再联系"):
        take("try", planned, contact=Contact.NO_ANSWER)


def test_reached_is_no_failed_try(planned, take):
    with pytest.raises(Refused, match="登记回访"):
        take("try", planned, contact=Contact.REACHED)


def test_it_is_given_up_only_after_three_days(planned, take):
    for day in range(3):
        with pytest.raises(Refused, match=f"才联系过{day}天"):
            take("give_up", planned)
        take("try", planned, NOW + timedelta(days=day), contact=Contact.NO_ANSWER)
    take("give_up", planned, NOW + timedelta(days=3))
    assert planned.status is FollowUpState.UNREACHABLE


def test_a_fourth_try_is_not_asked_for(planned, take):
    for day in range(3):
        take("try", planned, NOW + timedelta(days=day), contact=Contact.NO_ANSWER)
    with pytest.raises(Refused, match="请登记“未能联系”"):
        take("try", planned, NOW + timedelta(days=3), contact=Contact.NO_ANSWER)


def test_closing_a_case_plans_its_follow_up(session, case):
    for followed in case_closing.AT_CLOSING:
        followed(session, case, SYSTEM, NOW)
    assert [f.due_on for f in follow_ups.of(session, case)] == [date(2026, 3, 5)]


def test_the_case_is_not_filed_away_before_it(session, case, planned, take):
    assert "还没有回访" in follow_ups.is_asked(session, case)
    take("record", planned, words="好")
    assert follow_ups.is_asked(session, case) is None


def test_many_calls_to_make_are_one_figure_with_the_first_day(session, world):
    for _ in range(2):
        follow_ups.plan(session, case_flow.register(session, SYSTEM, NOW, **case_facts(world)), SYSTEM, NOW)
    assert inbox.heap(session, CALLER, follow_ups.PLANNED) == (2, date(2026, 3, 5))
    assert inbox.mine(session, CALLER, but=(follow_ups.PLANNED,)) == []
