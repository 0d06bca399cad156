"""Rows that look like the one being filled in: found by whole values, in one's own scope, a few."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event

from models.case import Case
from models.codes import PartyRole
from models.household import Household, HouseholdMember
from models.residence import Building, ResidentialArea
from services import access
from services.keeping.duplicates import similar
from tests.conftest import NOW, SUBDISTRICT
from tests.support.builders import build_chief, build_world, raw_case, raw_party
from models.neighbor import Chief


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def like(session):
    """The rows that look like these values by the declared sets: `like(Household, address="东里社区1号")`."""

    def find(entity, parts=None, but=None, **values):
        found = similar(session, entity, values, parts or {}, NOW, but)
        return [row for one in found for row in one.rows if one.alike in entity.__alike__]

    return find


def household(session, world, **facts) -> Household:
    row = Household(**({"head_name": "壬某某", "address": "别处", "neighborhood_id": world.east_neighborhood.id} | facts))
    row.household_no = row.household_no or f"D{facts}"[:24]
    session.add(row)
    session.flush()
    return row


# ---- persons --------------------------------------------------------------------------------


def test_a_chief_of_the_same_name_and_number_is_found(session, world, like):
    chief = build_chief(session, world.east_neighborhood)
    assert like(Chief, name="壬邻长", mobile="13800000021") == [chief]


@pytest.mark.parametrize("values", [
    {"name": "壬邻长"}, {"mobile": "13800000021"}, {"name": "壬邻长", "mobile": None}, {"name": "", "mobile": "13800000021"},
    {"name": "壬邻", "mobile": "13800000021"}, {"name": "壬邻长", "mobile": "1380000002"},
])  # fmt: skip
def test_half_of_it_is_not_enough(session, world, like, values):
    build_chief(session, world.east_neighborhood)
    assert like(Chief, **values) == []


def test_a_member_of_another_household_is_found(session, world, like):
    member = HouseholdMember(household_id=world.east_household.id, name="癸某某", mobile="13800000055")
    session.add(member)
    session.flush()
    assert like(HouseholdMember, name="癸某某", mobile="13800000055") == [member]


# ---- households -----------------------------------------------------------------------------


def test_a_household_at_the_same_door_is_found(world, like):
    assert like(Household, address="东里社区1号") == [world.east_household]


@pytest.fixture
def flat(session, world) -> Household:
    estate = ResidentialArea(name="东里花园", area_id=world.east.id)
    session.add(estate)
    session.flush()
    building = Building(residential_area_id=estate.id, name="3栋")
    session.add(building)
    session.flush()
    return household(session, world, building_id=building.id, unit_no="1单元", room_no="101")


def test_a_household_in_the_same_room_is_found(flat, like):
    assert like(Household, building=flat.building_id, unit_no="1单元", room_no="101") == [flat]


def test_a_room_whose_entrance_was_not_given_is_found(flat, like):
    assert like(Household, building=flat.building_id, room_no="101") == [flat]


def test_the_same_room_of_another_entrance_is_another(flat, like):
    assert like(Household, building=flat.building_id, unit_no="2单元", room_no="101") == []


def test_a_household_found_twice_is_named_once(session, world):
    values = {"address": "东里社区1号", "head_name": "甲某某", "mobile": "13800000001"}
    found = similar(session, Household, values, {}, NOW)
    assert [(one.alike.names, one.rows) for one in found] == [(("address",), (world.east_household,))]


def test_the_household_being_changed_is_not_like_itself(world, like):
    assert like(Household, address="东里社区1号", but=world.east_household) == []


def test_the_warning_says_what_agrees(session, world):
    found = similar(session, Household, {"head_name": "甲某某", "mobile": "13800000001"}, {}, NOW)
    assert found[0].sentence == "已有“联系电话、户主”相同的住户，请核对是否重复"


def test_five_are_enough(session, world, like):
    for number in range(7):
        household(session, world, household_no=f"N{number}", address="同一处")
    assert len(like(Household, address="同一处")) == 5


# ---- cases ----------------------------------------------------------------------------------


def test_a_case_of_the_same_household_thirty_days_ago_is_found(session, world, like):
    case = raw_case(session, world, received_on=date(2026, 1, 31))  # today is 2 March
    assert like(Case, household=world.east_household.id) == [case]


def test_a_case_of_the_same_household_a_day_earlier_is_not(session, world, like):
    raw_case(session, world, received_on=date(2026, 1, 30))
    assert like(Case, household=world.east_household.id) == []


APPLICANT = {"name": "甲某某", "mobile": "13800000001", "role": PartyRole.APPLICANT}


def test_a_case_of_the_same_applicant_is_found_and_which_row_it_was(session, world):
    case = raw_case(session, world)
    raw_party(session, case)
    other = APPLICANT | {"name": "乙某某"}
    found = similar(session, Case, {}, {"CaseParty": [other, APPLICANT]}, NOW)
    assert [(one.rows, one.part_number) for one in found] == [((case,), 1)]
    assert found[0].sentence == "近30天已有当事人的“联系电话、姓名或名称、身份”相同的案件，请核对是否重复"


def test_a_case_where_the_applicant_was_the_witness_is_another(session, world, like):
    raw_party(session, raw_case(session, world), role=PartyRole.WITNESS)
    assert like(Case, parts={"CaseParty": [APPLICANT]}) == []


# ---- who asks -------------------------------------------------------------------------------


def test_nothing_of_another_community_is_found(session, world, like):
    raw_party(session, raw_case(session, world))
    western = replace(access.system(SUBDISTRICT), is_system=False, is_scoped=True, area_code=world.west.code)
    access.bind(session, western, NOW)
    assert like(Household, address="东里社区1号") == []
    assert like(Household, address="西里社区1号") == [world.west_household]
    assert like(Case, parts={"CaseParty": [APPLICANT]}, household=world.east_household.id) == []


def test_twenty_parties_are_compared_and_no_more(engine, session, world):
    sent = []

    def count(*args):
        sent.append(args[2])

    event.listen(engine, "before_cursor_execute", count)
    try:
        similar(session, Case, {}, {"CaseParty": [APPLICANT | {"name": f"某{n}"} for n in range(60)]}, NOW)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(sent) == 21  # and one statement for the phones of all of them
