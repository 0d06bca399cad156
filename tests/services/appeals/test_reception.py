"""Visits: numbers of the day, at most five representatives, what comes of a reception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from models.appeal import Appeal
from models.case import Case, CaseParty
from models.case_codes import IdentityMode, LegalRoute
from models.codes import CaseKind, PointKind, TermUnit
from models.counter import Counter
from models.dictionary import DictItem
from models.reception import ReceptionPoint
from models.reception_codes import VisitFeeling, VisitorRole, VisitResult, VisitStatus
from models.reception_visit import ReceptionVisit, Visitor
from models.term import Term
from services import access
from services.appeals import open_places, reception
from services.keeping import records
from services.access import Actor
from services.errors import Conflict, Denied, Missing, Refused
from services.appeals.reception import RECEPTION_FLOW
from tests.support.builders import build_world

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 9:00 in China
SYSTEM = access.system("430181002")
ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(session):
    for tier in ("neighborhood", "group", "sector", "community", "subdistrict"):
        session.add(Term(id=f"appeal_{tier}", name=tier, starts="收到", length=2, unit=TermUnit.WORKDAY, source="测试"))
    world = build_world(session)
    for code in ("visit", "station"):
        session.add(DictItem(id=f"channel:{code}", dictionary="dictionary:channel", code=code, name=code))
    session.flush()
    return world


@pytest.fixture
def point(session, world):
    """Gives reception points: the centre, or the station of a community."""
    numbers = count(1)

    def make(area=None, kind=PointKind.CENTRE, **facts) -> ReceptionPoint:
        row = ReceptionPoint(name=f"接待点{next(numbers)}", kind=kind, area_id=(area or world.root).id, address="一楼", hours="工作日", **facts)
        session.add(row)
        session.flush()
        return row

    return make


@pytest.fixture
def visit(session, point):
    """Somebody takes a number; with `called` the reception has begun."""
    centre = point()

    def take(at=None, called: bool = False, visitors=(), actor=SYSTEM, now=NOW, **facts) -> ReceptionVisit:
        row = ReceptionVisit(point_id=(at or centre).id, **{"people_count": 1} | facts)
        reception.enter(session, row, actor, now)
        for role, name in visitors:
            records.save(session, Visitor(visit_id=row.id, role=role, name=name), actor, now)
        if called:
            RECEPTION_FLOW.take(session, "call", row, actor, now, window_number=2)
        return row

    return take


def heard(world, **answers) -> dict:
    """What every finished reception answers."""
    return {"words": "楼道灯不亮", "is_heard": True, "feeling": VisitFeeling.CALM, "owner_unit": world.justice} | answers


# ---- numbers ----------------------------------------------------------------------------


def test_numbers_of_a_point_follow_one_another(visit):
    assert [visit().queue_number for _ in range(3)] == [1, 2, 3]


@ONE
def test_each_point_and_each_day_begins_at_one(visit, point, world):
    visit()
    station = point(world.east, PointKind.STATION)
    assert [visit(station).queue_number, visit(now=NOW + timedelta(days=1)).queue_number] == [1, 1]


@ONE
def test_the_day_is_the_day_in_china(visit):
    late = visit(now=datetime(2026, 3, 2, 16, 30, tzinfo=UTC))  # 00:30 on the 3rd
    assert f"{late.visited_on}" == "2026-03-03"


def test_the_database_refuses_the_same_number_twice(session, visit):
    first, second = visit(), visit()
    table = ReceptionVisit.__table__
    with pytest.raises(IntegrityError), session.begin_nested():
        session.connection().execute(update(table).where(table.c.id == second.id).values(queue_number=first.queue_number))


@ONE
def test_a_visit_gets_a_number_of_the_year(visit):
    assert [visit().visit_no, visit().visit_no] == ["访2026000001", "访2026000002"]


@ONE
def test_a_visit_of_tomorrow_is_refused(visit):
    with pytest.raises(Refused, match="不能晚于现在"):
        visit(arrived_at=NOW + timedelta(days=1))


@ONE
def test_a_community_takes_numbers_at_its_own_station_only(visit, point, world):
    east = Actor(None, "社区干部", "430181002", frozenset({"reception:receive"}), area_code=world.east.code)
    assert visit(point(world.east, PointKind.STATION), actor=east).queue_number == 1
    with pytest.raises(Refused, match="不在您负责的范围"):
        visit(point(world.west, PointKind.STATION), actor=east)


@ONE
def test_who_may_not_receive_takes_no_number(visit):
    with pytest.raises(Denied):
        visit(actor=Actor(None, "某人", "430181002", frozenset(), is_scoped=False))


@ONE
def test_a_number_stays_at_its_point_and_day(session, visit, point, world):
    row = visit()
    row.point_id = point(world.east, PointKind.STATION).id
    with pytest.raises(Refused, match="不能换接待点"):
        records.save(session, row, SYSTEM, NOW)


@ONE
def test_counters_of_past_days_are_dropped(session, visit):
    visit(now=NOW - timedelta(days=9)), visit()
    reception.forget_queues(session, NOW)
    assert session.scalars(select(Counter.year).where(Counter.purpose.startswith("queue_"))).all() == [20260302]


# ---- representatives (R01) --------------------------------------------------------------


def test_a_sixth_representative_is_refused_with_the_number_allowed(visit):
    five = [(VisitorRole.REPRESENTATIVE, f"甲某{i}") for i in range(5)]
    with pytest.raises(Refused, match="推选的代表不能超过5人"):
        visit(visitors=[*five, (VisitorRole.REPRESENTATIVE, "乙某")], people_count=12)


def test_the_database_has_five_seats_for_representatives(session, visit):
    row = visit()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Visitor(visit_id=row.id, role=VisitorRole.REPRESENTATIVE, name="甲某某", seat=6))
        session.flush()


@ONE
def test_a_representative_who_steps_down_leaves_the_seat_to_another(session, visit):
    row = visit(visitors=[(VisitorRole.REPRESENTATIVE, f"甲某{i}") for i in range(5)], people_count=9)
    third = session.scalar(select(Visitor).where(Visitor.seat == 3))
    third.role = VisitorRole.VISITOR
    records.save(session, third, SYSTEM, NOW)
    new = Visitor(visit_id=row.id, role=VisitorRole.REPRESENTATIVE, name="乙某")
    records.save(session, new, SYSTEM, NOW)
    assert (third.seat, new.seat) == (None, 3)


@ONE
def test_five_people_need_a_representative_before_the_reception_ends(session, visit, world):
    row = visit(called=True, people_count=5)
    with pytest.raises(Refused, match="5人一起来访，须推选代表"):
        RECEPTION_FLOW.take(session, "answer", row, SYSTEM, NOW, **heard(world, told="已经说明"))


# ---- the reception ----------------------------------------------------------------------


@ONE
def test_an_answer_keeps_duration_feeling_and_owner(session, visit, world):
    row = visit(called=True)
    RECEPTION_FLOW.take(session, "answer", row, SYSTEM, NOW + timedelta(minutes=25), **heard(world, told="今天换灯"))
    assert (row.status, row.result, row.minutes, row.is_heard, row.feeling, row.owner_unit_id, row.told) == (
        VisitStatus.DONE, VisitResult.ANSWERED, 25, True, VisitFeeling.CALM, world.justice.id, "今天换灯",
    )  # fmt: skip


@ONE
def test_who_was_not_heard_is_not_done(session, visit, world):
    with pytest.raises(Refused, match="诉求还没有听完"):
        RECEPTION_FLOW.take(session, "answer", visit(called=True), SYSTEM, NOW, **heard(world, is_heard=False, told="好"))


@ONE
def test_a_visit_entered_afterwards_needs_its_duration(session, visit, world):
    row = visit(called=True, arrived_at=NOW - timedelta(days=2))
    with pytest.raises(Refused, match="请填写接待了多少分钟"):
        RECEPTION_FLOW.take(session, "answer", row, SYSTEM, NOW, **heard(world, told="好"))
    RECEPTION_FLOW.take(session, "answer", row, SYSTEM, NOW, **heard(world, told="好", minutes=40))
    assert (row.minutes, row.ended_at) == (40, NOW - timedelta(days=2) + timedelta(minutes=40))


@ONE
def test_a_visit_becomes_an_appeal_of_the_first_visitor(session, visit, world):
    row = visit(called=True, visitors=[(VisitorRole.COMPANION, "丙陪同"), (VisitorRole.VISITOR, "甲某某")])
    RECEPTION_FLOW.take(session, "to_appeal", row, SYSTEM, NOW, **heard(world, area=world.east_neighborhood))
    appeal = session.get(Appeal, ("430181002", row.appeal_id))
    assert (appeal.words, appeal.name, appeal.channel, appeal.area_id) == ("楼道灯不亮", "甲某某", "channel:visit", world.east_neighborhood.id)


def test_many_who_come_with_a_petition_make_a_joint_visit(session, visit, world):
    row = visit(called=True, people_count=7, visitors=[(VisitorRole.REPRESENTATIVE, "甲某某"), (VisitorRole.REPRESENTATIVE, "乙某某")])
    answers = heard(world, kind=CaseKind.PETITION, subject="征地补偿", category="dispute_category:02", area=world.east)
    RECEPTION_FLOW.take(session, "to_case", row, SYSTEM, NOW, **answers)
    case = session.get(Case, ("430181002", row.case_id))
    assert (case.is_group_visit, case.representative_count, case.people_count, case.identity) == (True, 2, 7, IdentityMode.JOINT)
    assert set(session.scalars(select(CaseParty.name).where(CaseParty.case_id == case.id))) == {"甲某某", "乙某某"}


@ONE
def test_a_visit_led_elsewhere_names_the_route(session, visit, world):
    row = visit(called=True)
    RECEPTION_FLOW.take(session, "guide", row, SYSTEM, NOW, **heard(world, route=LegalRoute.ARBITRATION, told="向劳动仲裁委提出"))
    assert (row.result, row.route) == (VisitResult.GUIDED, LegalRoute.ARBITRATION)


@ONE
def test_of_two_who_call_one_number_the_second_is_told(session, visit):
    row = visit(called=True)
    with pytest.raises(Conflict):
        RECEPTION_FLOW.take(session, "call", row, SYSTEM, NOW)


@ONE
def test_who_left_may_come_back_the_same_day_only(session, visit):
    row = visit()
    RECEPTION_FLOW.take(session, "leave", row, SYSTEM, NOW)
    with pytest.raises(Refused, match="请重新取号"):
        RECEPTION_FLOW.take(session, "return", row, SYSTEM, NOW + timedelta(days=1))
    RECEPTION_FLOW.take(session, "return", row, SYSTEM, NOW)
    assert row.status is VisitStatus.WAITING


# ---- the screen in the hall -------------------------------------------------------------


@ONE
def test_the_hall_shows_numbers_and_windows_only(session, visit):
    first = visit(called=True, visitors=[(VisitorRole.VISITOR, "甲某某")])
    visit(), visit()
    shown = open_places.hall(session, first.point_id, first.visited_on)
    assert (shown.calls, shown.waiting, shown.next_numbers) == ([(1, 2)], 2, [2, 3])


@ONE
def test_a_point_that_is_not_public_has_no_screen(session, point, world):
    hidden = point(is_public=False)
    with pytest.raises(Missing):
        open_places.hall(session, hidden.id, NOW.date())


@ONE
def test_visits_of_another_community_are_out_of_sight(session, visit, point, world):
    visit(point(world.west, PointKind.STATION))
    access.bind(session, Actor(None, "社区干部", "430181002", frozenset(), area_code=world.east.code), NOW)
    assert session.scalar(select(func.count()).select_from(ReceptionVisit)) == 0
