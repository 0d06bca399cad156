"""What the database itself refuses, whoever writes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from models.agreement import ResponsibilityAgreement
from models.area import Area
from models.case import Assignment, Case, CaseEvent
from models.codes import AgreementStatus, AreaKind, AssignmentStatus, CaseStatus, ChiefKind, Employment, WorkerKind
from models.household import Household
from models.mediation import Mediator
from models.neighbor import Chief
from models.residence import Building, ResidentialArea
from models.team import Team
from tests.support.builders import build_chief, build_world, raw_case


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    return raw_case(session, world)


def refuses(session, *rows) -> bool:
    """True when the database refuses the rows."""
    session.add_all(rows)
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        return True
    return False


def refuses_change(session, row, **values) -> bool:
    table = row.__table__
    try:
        with session.begin_nested():
            session.connection().execute(update(table).where(table.c.id == row.id).values(**values))
    except IntegrityError:
        return True
    return False


def test_a_closed_case_without_an_outcome(session, case):
    assert refuses_change(session, case, status=CaseStatus.CLOSED, closed_at=session.info["now"])


def test_an_assigned_case_without_a_due_date(session, case, world):
    assert refuses_change(session, case, status=CaseStatus.ASSIGNED, lead_unit_id=world.justice.id, due_on=None)


def test_an_assigned_case_with_nobody_responsible(session, case):
    assert refuses_change(session, case, status=CaseStatus.ASSIGNED, due_on=date(2026, 3, 9))


def test_a_matter_that_occurred_after_it_was_received(session, case):
    assert refuses_change(session, case, occurred_on=case.received_on + timedelta(days=1))


def test_a_status_that_is_not_in_the_list(session, case):
    assert refuses_change(session, case, level=None) and _raw(session, "UPDATE cases SET status = 'lost'")


def test_a_category_of_another_dictionary(session, case):
    assert refuses_change(session, case, category="channel:window")


def test_a_negative_amount(session, case):
    assert refuses_change(session, case, amount=-1)


def test_two_cases_with_one_number(session, case, world):
    with pytest.raises(IntegrityError):
        raw_case(session, world)


def _raw(session, statement: str) -> bool:
    from sqlalchemy import text

    try:
        with session.begin_nested():
            session.connection().execute(text(statement))
    except IntegrityError:
        return True
    return False


def order(session, case, **facts):
    given = {"case_id": case.id, "status": AssignmentStatus.OPEN, "due_on": date(2026, 3, 9), "due_reason": "测试",
             "assigned_at": session.info["now"]}  # fmt: skip
    return Assignment(**given | facts)


def test_an_order_to_nobody(session, case):
    assert refuses(session, order(session, case))


def test_two_open_orders_of_one_case(session, case, world):
    assert refuses(session, order(session, case, unit_id=world.justice.id), order(session, case, unit_id=world.justice.id))


def test_an_answer_without_words(session, case, world):
    answered = order(
        session, case, unit_id=world.justice.id, status=AssignmentStatus.FED_BACK, fed_back_at=session.info["now"]
    )
    assert refuses(session, answered)


def test_two_events_with_one_number(session, case):
    def event():
        return CaseEvent(case_id=case.id, number=1, verb="x", label="x", status_after=CaseStatus.REGISTERED,
                         happened_at=session.info["now"], user_name="x")  # fmt: skip

    assert refuses(session, event(), event())


def team(session, case, world, **facts):
    seats = {"case_id": case.id, "leader_id": world.leader.id, "mediator_id": world.mediator.id,
             "lawyer_id": world.lawyer.id, "staff_id": world.clerk.id, "formed_on": date(2026, 3, 2)}  # fmt: skip
    return Team(**seats | facts)


def test_a_complete_team_is_taken(session, case, world):
    assert not refuses(session, team(session, case, world))


@pytest.mark.parametrize("seat", ["leader_id", "mediator_id", "lawyer_id", "staff_id"])
def test_a_team_with_an_empty_seat(session, case, world, seat):
    assert refuses(session, team(session, case, world, **{seat: None}))


def test_a_mediator_on_the_chair_of_the_lawyer(session, case, world):
    assert refuses(session, team(session, case, world, lawyer_id=world.part_timer.id))


def test_a_seat_whose_kind_was_forged(session, case, world):
    forged = team(session, case, world, lawyer_id=world.part_timer.id, lawyer_kind=WorkerKind.MEDIATOR.value)
    assert refuses(session, forged)


def test_a_leader_who_is_his_own_staff(session, case, world):
    assert refuses(session, team(session, case, world, staff_id=world.leader.id))


def test_a_second_team_of_one_case(session, case, world):
    assert refuses(session, team(session, case, world), team(session, case, world, lawyer_id=world.second_lawyer.id))


def test_a_second_chief_of_one_neighbourhood(session, world):
    build_chief(session, world.east_neighborhood)
    second = Chief(name="癸邻长", kind=ChiefKind.NEIGHBORHOOD, area_id=world.east_neighborhood.id, mobile="13800000031",
                   started_on=date(2026, 1, 1))  # fmt: skip
    assert refuses(session, second)


def test_a_chief_who_left_before_he_came(session, world):
    chief = build_chief(session, world.east_neighborhood)
    assert refuses_change(session, chief, ended_on=chief.started_on - timedelta(days=1))


def test_two_households_with_one_number(session, world):
    assert refuses(session, Household(household_no="H001", head_name="癸某某", address="2号"))


def test_a_household_with_fifty_one_members(session, world):
    assert refuses_change(session, world.east_household, member_count=51)


def test_two_buildings_of_one_name_in_one_estate(session, world):
    estate = ResidentialArea(name="某小区", area_id=world.east.id)
    session.add(estate)
    session.flush()
    twins = [Building(name="1栋", residential_area_id=estate.id) for _ in range(2)]
    assert refuses(session, *twins)


def test_a_mediator_without_a_committee(session, world):
    assert refuses(session, Mediator(name="癸调解", employment=Employment.DEDICATED))


def test_an_area_without_a_parent(session, world):
    lost = Area(kind=AreaKind.SECTOR, name="无主片", code="430181002009.001", full_name="无主片")
    assert refuses(session, lost)


def test_a_signed_agreement_without_a_date(session, world):
    agreement = ResponsibilityAgreement(
        year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 3, 31), title="责任书",
        status=AgreementStatus.SIGNED,
    )  # fmt: skip
    assert refuses(session, agreement)


def test_a_category_that_cases_use_cannot_be_deleted(session, case):
    assert _raw(session, "DELETE FROM dict_items WHERE id = 'dispute_category:02'")


def test_a_deleted_case_takes_its_parts_with_it(session, case, world):
    session.add(order(session, case, unit_id=world.justice.id))
    session.flush()
    _raw(session, f"DELETE FROM cases WHERE case_no = '{case.case_no}'")
    session.expunge_all()
    assert session.query(Assignment).count() + session.query(Case).count() == 0
