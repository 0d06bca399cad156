"""What a chief does on the phone: visits, reports, zero reports, passing up; and what is seen of the level below."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from models.appeal import Appeal, AppealEvent
from models.area import Area
from models.audit import AccessEvent
from models.codes import AppealStatus, Tier5
from models.household import HouseholdMember
from models.visit import VisitLog, ZeroReport
from services import access
from services.appeals import appeal_flow
from services.phone import chief_below, chief_desk, chief_homes, missing, quick_reports, visits
from services.appeals.appeal_flow import APPEAL_FLOW
from services.errors import Conflict, Missing, Refused
from services.keeping import records
from services.phone.quick_reports import Report
from tests.support.phones import SYSTEM, build_phones, present

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 9:00 in China
TODAY = date(2026, 3, 2)
ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def three(session):
    return build_phones(session)


@pytest.fixture
def me(session, three):
    return present(session, three.neighbor, NOW)


@pytest.fixture
def tell(session, me, tmp_path):
    def go(words: str = "路灯不亮", now: datetime = NOW, **facts) -> Appeal:
        return quick_reports.report(session, tmp_path, me, Report(**{"key": str(uuid4()), "words": words} | facts), now)[0]

    return go


@pytest.fixture
def visit(session, three, me):
    def go(**facts) -> VisitLog:
        given = {"key": str(uuid4()), "household_id": three.world.east_household.id, "duty": "visit_duty:talk"} | facts
        return visits.record(session, me, NOW, **given)[0]

    return go


def count(session, entity) -> int:
    return session.scalar(select(func.count()).select_from(entity))


# ---- reports ------------------------------------------------------------------------


def test_a_report_begins_with_the_chief_who_made_it(tell, three):
    appeal = tell()
    assert (appeal.tier, appeal.owner_area_id, appeal.reporter_id) == (Tier5.NEIGHBORHOOD, three.neighbor.area_id, three.neighbor.id)


def test_a_report_about_a_household_is_placed_at_its_door(tell, three):
    appeal = tell(where=three.world.east_household.id, detail="楼道")
    assert (appeal.household_id, appeal.place) == (three.world.east_household.id, "东里社区1号 楼道")


@ONE
def test_a_household_of_somebody_else_is_not_to_be_found(session, tell, three):
    session.expunge(three.world.west_household)
    with pytest.raises(Missing):
        tell(where=three.world.west_household.id)


def test_one_key_is_one_report_however_often_it_is_sent(session, tell):
    key = str(uuid4())
    assert len({tell(key=key).id for _ in range(20)}) == 1 and count(session, Appeal) == 1


@ONE
def test_a_wrong_number_of_who_told_is_said_at_its_field(tell):
    with pytest.raises(Refused) as no:
        tell(mobile="123")
    assert list(no.value.errors) == ["mobile"]


def test_passing_up_reaches_the_group_though_the_chief_does_not_see_it(session, tell, three, me):
    appeal = tell()
    APPEAL_FLOW.take(session, "pass_up", appeal, me.actor, NOW, note="要物业来修")
    assert (appeal.tier, appeal.owner_area_id, appeal.status) == (Tier5.GROUP, three.group.area_id, AppealStatus.WAITING)


@ONE
def test_what_has_been_passed_up_can_still_be_read_but_not_answered(session, tell, me):
    appeal = tell()
    APPEAL_FLOW.take(session, "pass_up", appeal, me.actor, NOW, note="要物业来修")
    assert chief_desk.appeal_page(session, me, appeal.id, NOW).steps == []


@ONE
def test_the_steps_of_the_phone_are_taking_answering_and_passing_up(session, tell, me):
    page = chief_desk.appeal_page(session, me, tell().id, NOW)
    assert [step.label for step in page.steps] == ["接单", "答复", "上交一级"]


@ONE
def test_today_lists_what_is_mine_first_due_first(session, tell, me):
    late, fresh = tell("下水道堵了", NOW - timedelta(days=5)), tell("路灯不亮")
    found = chief_desk.today(session, me, NOW)
    assert [(line.id, line.due) for line in found.mine] == [(late.id, "已过期4天"), (fresh.id, "明天前回应")]


@ONE
def test_what_has_gone_up_stays_in_sight_below_what_is_mine(session, tell, me):
    appeal = tell()
    APPEAL_FLOW.take(session, "pass_up", appeal, me.actor, NOW, note="要物业来修")
    found = chief_desk.today(session, me, NOW)
    assert ([line.id for line in found.mine], [line.who for line in found.other]) == ([], ["组长"])


@ONE
def test_a_group_chief_chooses_the_door_by_neighbourhood(session, three):
    boss = present(session, three.group, NOW)
    assert chief_homes.doors(session, boss) == {"第1邻": [(three.world.east_household.id, "东里社区1号")]}


@ONE
def test_a_number_is_read_in_full_once_it_is_on_record(session, tell, me):
    appeal = tell(mobile="13900000009", name="甲某某")
    page = chief_desk.appeal_page(session, me, appeal.id, NOW)
    assert dict(page.facts)["电话"] == "139****0009"
    assert chief_desk.number(session, me, "appeal", appeal.id, "回复诉求", NOW) == "13900000009"
    assert session.scalar(select(AccessEvent.reason).where(AccessEvent.record_id == appeal.id)) == "回复诉求"


@ONE
def test_the_number_of_what_has_gone_up_is_no_longer_for_who_passed_it(session, tell, me):
    appeal = tell(mobile="13900000009")
    APPEAL_FLOW.take(session, "pass_up", appeal, me.actor, NOW, note="要物业来修")
    assert not chief_desk.appeal_page(session, me, appeal.id, NOW).may_call
    with pytest.raises(Refused, match="已经转到上一级"):
        chief_desk.number(session, me, "appeal", appeal.id, "回复诉求", NOW)


# ---- nothing happened ---------------------------------------------------------------


def test_a_day_has_one_zero_report_of_a_chief(session, me):
    first, second = quick_reports.zero(session, me, NOW), quick_reports.zero(session, me, NOW)
    assert (first[0].id == second[0].id, first[1], second[1], count(session, ZeroReport)) == (True, True, False, 1)


def test_the_database_refuses_a_second_one(session, me):
    quick_reports.zero(session, me, NOW)
    facts = {"chief_id": me.chief_id, "area_id": me.area_id, "reported_on": TODAY, "received_at": NOW}
    session.add(ZeroReport(**facts))
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), session.begin_nested():
        session.flush()


@ONE
def test_a_zero_report_that_waited_for_the_network_counts_for_its_own_day(session, me):
    assert quick_reports.zero(session, me, NOW, TODAY - timedelta(days=3))[0].reported_on == date(2026, 2, 27)


@ONE
@pytest.mark.parametrize("days", [-4, 1])
def test_a_zero_report_of_another_time_is_refused(session, me, days):
    with pytest.raises(Refused, match="前3天"):
        quick_reports.zero(session, me, NOW, TODAY + timedelta(days=days))


@ONE
def test_who_has_reported_something_does_not_report_nothing(session, tell, me):
    tell()
    with pytest.raises(Refused, match="已经上报1件事"):
        quick_reports.zero(session, me, NOW)


# ---- visits -------------------------------------------------------------------------


def test_one_key_is_one_visit_however_often_it_is_sent(session, visit):
    key = str(uuid4())
    assert len({visit(key=key).id for _ in range(20)}) == 1 and count(session, VisitLog) == 1


def test_what_a_visit_found_becomes_one_appeal(session, visit, me, three):
    row = visit(needs="想装扶手")
    first, second = (visits.to_appeal(session, row, me.actor, NOW) for _ in range(2))
    assert first.id == second.id == row.appeal_id and count(session, Appeal) == 1
    assert (first.words, first.household_id, first.name, first.mobile) == ("想装扶手", three.world.east_household.id, None, None)


@ONE
def test_a_visit_is_recorded_and_its_need_registered_in_one_go(visit):
    assert visit(needs="想装扶手", is_appeal=True).appeal_id


@ONE
@pytest.mark.parametrize("facts, sentence", [
    ({"visited_on": TODAY + timedelta(days=1)}, "不能晚于今天"), ({"duty": "visit_duty:nothing"}, "做了什么"),
    ({"is_appeal": True}, "请写明需要什么"), ({"household_id": ""}, "哪一户"),
])  # fmt: skip
def test_a_visit_that_is_not_whole_is_refused(visit, facts, sentence):
    with pytest.raises(Refused, match=sentence):
        visit(**facts)


@ONE
def test_the_list_of_households_says_what_is_missing(session, me, three, visit):
    lacks = lambda: chief_homes.homes(session, me, TODAY)[1][0].lacks  # noqa: E731
    assert lacks() == ["人口数", "家庭成员", "本季度走访"]
    session.add(HouseholdMember(household_id=three.world.east_household.id, name="申某某"))
    three.world.east_household.member_count = 1
    visit(visited_on=date(2026, 1, 1))
    assert lacks() == []


@ONE
def test_a_visit_of_last_quarter_does_not_count_for_this_one(session, me, visit):
    visit(visited_on=date(2025, 12, 31))
    assert "本季度走访" in chief_homes.homes(session, me, TODAY)[1][0].lacks


@ONE
def test_a_household_of_another_chief_is_not_shown(session, me, three):
    session.expunge(three.world.west_household)
    with pytest.raises(Missing):
        chief_homes.home_page(session, me, three.world.west_household.id, TODAY)


@ONE
def test_a_chief_fills_in_what_is_missing(session, me, three):
    home = three.world.east_household
    home.mobile = None
    missing.complete(session, me, home, NOW, mobile="139 0000 0008", member_count="3", member="申某某", relation="relation:child")
    assert (home.mobile, home.member_count) == ("13900000008", 3)
    assert session.scalars(select(HouseholdMember.name)).all() == ["申某某"]


@ONE
@pytest.mark.parametrize("facts, sentence", [
    ({"mobile": "13900000008"}, "已经登记了电话"), ({"member_count": "51"}, "0到50"), ({"member": "<b>"}, "尖括号"), ({}, "至少填一项"),
])  # fmt: skip
def test_a_chief_changes_nothing_that_is_there_and_types_nothing_odd(session, me, three, facts, sentence):
    with pytest.raises(Refused, match=sentence):
        missing.complete(session, me, three.world.east_household, NOW, **facts)


# ---- the level below ----------------------------------------------------------------


def test_a_sector_chief_sees_groups_with_what_the_figures_are_out_of(session, three, me, tell, visit):
    visit()
    tell()
    boss = present(session, three.sector, NOW)
    [line] = chief_below.below(session, session.get(Area, ("430181002", boss.area_id)), TODAY)
    assert (line.name, line.chief, line.reported, line.chiefs) == ("第1组", "癸组长", 1, 1)
    assert (line.visited, line.households, line.in_hand) == (1, 1, 1)


@ONE
def test_a_group_chief_sees_who_has_not_reported_yet(session, three):
    boss = present(session, three.group, NOW)
    [line] = chief_below.below(session, session.get(Area, ("430181002", boss.area_id)), TODAY)
    assert (line.name, line.is_neighborhood, line.reported, line.chiefs) == ("第1邻", True, 0, 1)


@ONE
def test_a_zero_report_counts_as_reported(session, three, me):
    quick_reports.zero(session, me, NOW)
    boss = present(session, three.group, NOW)
    assert chief_below.below(session, session.get(Area, ("430181002", boss.area_id)), TODAY)[0].reported == 1


@ONE
def test_a_group_chief_may_act_for_a_neighbourhood_below(session, three, tell):
    appeal = tell()
    boss = present(session, three.group, NOW)
    APPEAL_FLOW.take(session, "answer", appeal, boss.actor, NOW, told="已联系电工")
    assert appeal.status is AppealStatus.ANSWERED


@ONE
def test_in_the_console_a_visit_falls_to_the_chief_of_the_door(session, three):
    from services.keeping import records

    access.bind(session, SYSTEM, NOW)
    row = VisitLog(household_id=three.world.east_household.id, visited_on=TODAY, duty="visit_duty:talk")
    records.save(session, row, SYSTEM, NOW)
    assert row.chief_id == three.neighbor.id


@ONE
def test_of_two_rungs_without_a_chief_the_next_with_one_gets_it(session, three, tell, me):
    access.bind(session, SYSTEM, NOW)
    three.group.ended_on = TODAY
    session.flush()
    access.bind(session, me.actor, NOW)
    appeal = tell()
    APPEAL_FLOW.take(session, "pass_up", appeal, me.actor, NOW, note="要物业来修")
    assert appeal.owner_area_id == three.sector.area_id and appeal_flow.LADDER[2] is appeal.tier


# ---- steps that waited in the phone ---------------------------------------------------


@pytest.fixture
def take(session, tell, me):
    """Take a step of the neighbour chief's appeal as its page of a while ago would send it."""
    appeal = tell()
    shown = records.version_of(appeal)

    def go(verb: str, key: str = "k", **answers) -> bool:
        return chief_desk.take_step(session, me, appeal, verb, shown, key, NOW, answers)

    return go


@ONE
def test_a_step_that_arrives_twice_is_taken_once(session, take):
    assert [take("take"), take("take")] == [True, False]
    assert session.scalar(select(func.count()).select_from(AppealEvent).where(AppealEvent.verb == "take")) == 1


@ONE
def test_a_step_that_comes_too_late_says_what_has_happened_meanwhile(take):
    take("take", key="another phone")
    with pytest.raises(Conflict, match="已经办过“接单”，现在办理中、由邻长办"):
        take("pass_up", note="要物业")


@ONE
def test_a_step_that_was_refused_may_come_again_under_its_key(session, take):
    with pytest.raises(Refused), session.begin_nested():
        take("answer", told="")
    assert take("answer", told="换好了")
