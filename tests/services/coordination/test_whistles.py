"""吹哨报到: from the whistle to the release, who may answer, by when, and what a unit from outside sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.case import Case, CaseEvent
from models.clock import Clock
from models.codes import (
    ClockState, ReportStatus, UnitKind, UnitRating, WhistleKind, WhistleLevel, WhistleReason, WhistleStatus,
)  # fmt: skip
from models.department import DutyDay, Unit
from models.todo import Todo
from models.whistle import Whistle, WhistleTarget
from services import access, inbox
from services.cases import case_flow, sweep
from services.coordination import whistles
from services.paperwork import papers
from services.access import Actor, Permission
from services.errors import Conflict, Refused
from services.showing import LOCAL
from services.coordination.whistles import REPORT_FLOW, WHISTLE_FLOW
from tests.formats.test_papers import said
from tests.support.builders import build_user, build_world, case_facts, party

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai

ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def outside(session, world) -> Unit:
    unit = Unit(name="市自然资源局", kind=UnitKind.EXTERNAL)
    session.add(unit)
    session.flush()
    return unit


@pytest.fixture
def case(session, world) -> Case:
    return case_flow.register(session, office(session), NOW, parties=[party()], **case_facts(world))


def office(session) -> Actor:
    return access.system("430181002")


def member(unit: Unit) -> Actor:
    """Somebody of a unit who may answer whistles and nothing else."""
    may = frozenset({"whistle:view", Permission.WHISTLE_ANSWER.value})
    return Actor(None, "某单位联络员", "430181002", may, unit_id=unit.id)


def blown(session, *units: Unit, case: Case | None = None, **facts) -> list[WhistleTarget]:
    whole = {
        "kind": WhistleKind.ENFORCEMENT, "reason": WhistleReason.POWER, "level": WhistleLevel.NORMAL, "place": "东里路口",
        "request": "请到场核查", "contact_name": "丁干部", "contact_phone": "0731-83600000", "known_at": NOW - timedelta(minutes=40),
    }  # fmt: skip
    whistle = Whistle(case_id=case and case.id, **(whole | facts))
    whistles.blow(session, whistle, office(session), NOW)
    targets = [WhistleTarget(whistle_id=whistle.id, unit_id=unit.id) for unit in units]
    for target in targets:
        whistles.call(session, target, office(session), NOW)
    return targets


def take(session, target, *verbs: str, by: Actor | None = None, at: datetime = NOW, **answers):
    given = {"arrive": {"arrivals": "王某等2人"}, "report_done": {"result": "已责令停工"}} | answers
    session.info["actor"] = by or office(session)
    for verb in verbs:
        REPORT_FLOW.take(session, verb, target, by or office(session), at, **given.get(verb, {}))
    session.info["actor"] = office(session)


def test_a_whistle_has_a_number_of_its_own(session, outside):
    assert blown(session, outside)[0].whistle.whistle_no == "集里哨〔2026〕0001号"


def test_an_emergency_whistle_is_answered_within_thirty_minutes(session, outside):
    [target] = blown(session, outside, level=WhistleLevel.EMERGENCY)
    assert (target.respond_by, target.respond_reason) == (NOW + timedelta(minutes=30), "应急哨，自吹哨起30分钟内报到")


@ONE
@pytest.mark.parametrize("level", WhistleLevel)
def test_the_clock_of_the_case_says_the_day_and_the_reason_of_the_unit(session, outside, case, level):
    [target] = blown(session, outside, case=case, level=level)
    clock = session.scalars(select(Clock).where(Clock.part_id == target.id)).one()
    assert (clock.due_on, clock.due_reason) == (target.respond_by.astimezone(LOCAL).date(), target.respond_reason)


@ONE
def test_a_whistle_without_a_case_has_its_slip(session, outside):
    [target] = blown(session, outside)
    words = said(papers.slip(session, target.whistle, "whistle_slip"))
    assert all(mark in words for mark in ("集里哨〔2026〕0001号", "东里路口", "市自然资源局", "请到场核查")) and "None" not in words


def test_a_normal_whistle_is_answered_by_the_end_of_the_next_working_day(session, outside):
    [target] = blown(session, outside)
    assert target.respond_by == datetime(2026, 3, 3, 15, 59, tzinfo=UTC)  # Tuesday, 23:59 in Shanghai


def test_a_whistle_known_in_the_future_is_refused(session, outside):
    with pytest.raises(Refused, match="知悉时间不能晚于现在"):
        blown(session, outside, known_at=NOW + timedelta(minutes=1))


def test_the_call_lies_in_the_in_tray_of_the_unit_until_it_reports(session, outside):
    [target] = blown(session, outside)
    mine = [todo.title for todo in inbox.mine(session, member(outside))]
    assert mine == ["吹哨 集里哨〔2026〕0001号，请在03-03 23:59前报到"]
    take(session, target, "acknowledge", by=member(outside))
    assert len(inbox.mine(session, member(outside))) == 1
    take(session, target, "arrive", by=member(outside))
    assert [todo.kind for todo in inbox.mine(session, member(outside))] == ["handle"]


def test_the_way_from_the_whistle_to_the_release(session, outside, case):
    [target] = blown(session, outside, case=case)
    take(session, target, "acknowledge", "arrive", "work", "report_done", by=member(outside), at=NOW + timedelta(hours=1))
    assert target.status is ReportStatus.DONE
    take(session, target, "confirm", confirm={"rating": UnitRating.GOOD})
    assert (target.status, target.rating, target.whistle.status) == (ReportStatus.CONFIRMED, UnitRating.GOOD, WhistleStatus.CLOSED)
    assert session.scalars(select(Todo.id).where(Todo.settled_at.is_(None), Todo.entity == "whistle_target")).all() == []


def test_everything_stands_in_the_timeline_of_the_case_although_the_unit_cannot_see_it(session, outside, case):
    [target] = blown(session, outside, case=case)
    take(session, target, "acknowledge", "arrive", by=member(outside))
    events = session.execute(select(CaseEvent.label, CaseEvent.user_name).order_by(CaseEvent.number)).all()
    assert [tuple(e) for e in events[1:]] == [
        ("吹哨", "系统"), ("吹哨：市自然资源局", "系统"), ("报到单位：接哨", "某单位联络员"), ("报到单位：报到", "某单位联络员"),
    ]


def test_the_clock_of_reporting_ends_and_that_of_handling_begins(session, outside, case):
    [target] = blown(session, outside, case=case)
    take(session, target, "arrive", by=member(outside))
    clocks = {c.term_id: (c.state, f"{c.due_on}") for c in session.scalars(select(Clock).where(Clock.part_id == target.id))}
    assert clocks == {"whistle": (ClockState.MET, "2026-03-03"), "whistle_handle": (ClockState.RUNNING, "2026-03-09")}


def test_work_that_does_not_do_is_sent_back_and_has_its_time_again(session, outside):
    [target] = blown(session, outside)
    take(session, target, "arrive", "report_done", by=member(outside))
    take(session, target, "send_back", at=NOW + timedelta(days=2), send_back={"reason": "围挡还没有拆"})
    assert (target.status, target.sent_back_count, target.finish_by.date().isoformat()) == (ReportStatus.WORKING, 1, "2026-03-11")


def test_another_unit_cannot_report_in_somebody_s_place(session, outside, world):
    [target] = blown(session, outside)
    stranger = replace(member(world.justice), is_scoped=False)
    with pytest.raises(Refused, match="不是交给您或您的单位的"):
        take(session, target, "acknowledge", by=stranger)


def test_a_unit_cannot_release_itself(session, outside):
    [target] = blown(session, outside)
    take(session, target, "arrive", "report_done", by=member(outside))
    with pytest.raises(Refused, match="没有这项权限"):
        take(session, target, "confirm", by=member(outside))


def test_both_sides_rate_and_an_empty_rating_stays_empty(session, outside):
    [target] = blown(session, outside)
    somebody = replace(member(outside), user_id=build_user(session, "outside", ["whistle:answer"]).id)
    take(session, target, "arrive", "report_done", "rate", by=somebody, rate={"counter_rating": UnitRating.FAIR})
    take(session, target, "confirm")
    assert (target.rating, target.counter_rating, target.counter_rated_by_id) == (None, UnitRating.FAIR, somebody.user_id)


def test_the_whistle_ends_with_its_last_unit(session, outside, world):
    first, second = blown(session, outside, world.justice)
    take(session, first, "arrive", "report_done", "confirm")
    assert first.whistle.status is WhistleStatus.OPEN
    take(session, second, "withdraw", withdraw={"reason": "不再需要"})
    assert first.whistle.status is WhistleStatus.CLOSED


def test_a_whistle_is_called_back_only_before_anybody_came(session, outside, world):
    first, _ = blown(session, outside, world.justice)
    take(session, first, "arrive")
    with pytest.raises(Refused, match="已有单位到场"):
        WHISTLE_FLOW.take(session, "withdraw", first.whistle, office(session), NOW, reason="误吹")


def test_a_whistle_called_back_releases_every_unit(session, outside, world):
    targets = blown(session, outside, world.justice)
    WHISTLE_FLOW.take(session, "withdraw", targets[0].whistle, office(session), NOW, reason="误吹")
    assert {t.status for t in targets} == {ReportStatus.WITHDRAWN}
    assert inbox.mine(session, member(outside)) == []


def test_a_unit_is_whistled_for_once(session, outside):
    [target] = blown(session, outside)
    with pytest.raises(Refused, match="已经吹过市自然资源局"):
        WHISTLE_FLOW.take(session, "call", target.whistle, office(session), NOW, unit=outside)


def test_a_report_taken_twice_is_a_conflict(session, outside):
    [target] = blown(session, outside)
    take(session, target, "arrive")
    with pytest.raises(Conflict, match="现在是“已报到”"):
        take(session, target, "arrive")


def test_a_unit_sees_its_own_whistle_and_neither_the_case_nor_the_other_units(session, outside, world, case):
    mine, other = blown(session, outside, world.justice, case=case)
    ids = (mine.id, other.id, case.id)
    session.expunge_all()
    access.bind(session, member(outside), NOW)
    seen = session.scalars(select(WhistleTarget)).all()
    assert [t.id for t in seen] == [ids[0]]
    assert (seen[0].whistle.place, seen[0].whistle.case, session.scalars(select(Case)).all()) == ("东里路口", None, [])


def test_an_emergency_nobody_came_to_is_told_to_the_office_and_the_leader_of_the_day_once(session, world, outside):
    session.add(DutyDay(duty_on=date(2026, 3, 2), leader_id=world.leader.id))
    blown(session, outside, level=WhistleLevel.EMERGENCY)
    counts = [sweep.late_whistles(session, NOW + timedelta(minutes=minutes)) for minutes in (30, 31, 32)]
    assert counts == [0, 1, 0]
    told = session.execute(select(Todo.permission, Todo.worker_id, Todo.title).where(Todo.kind == "late")).all()
    assert set(told) == {
        ("whistle:blow", None, "应急哨：市自然资源局未按时报到：集里哨〔2026〕0001号"),
        (None, world.leader.id, "应急哨：市自然资源局未按时报到：集里哨〔2026〕0001号"),
    }
