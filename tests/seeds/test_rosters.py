"""The rosters of the model sub-district: figures of the field (S012, S013, S094–S099, S124, S125)."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from models.agreement import ResponsibilityAgreement
from models.area import Area
from models.codes import (
    AgreementStatus, AreaKind, Employment, UnitKind,
)  # fmt: skip
from models.department import DutyDay, Unit
from models.household import Household, HouseholdMember
from models.mediation import Committee, Counsellor, Lawyer, Mediator
from models.neighbor import Chief
from models.residence import Building, ResidentialArea
from models.worker import Staff
from services import numbers
from services.places import committees

from tests.support.seeded import TODAY, areas, count


# ---- figures of the field (S012, S013, S094–S099, S124, S125) -------------------------


def test_there_are_15_communities_and_villages(session):
    assert areas(session, AreaKind.COMMUNITY, AreaKind.VILLAGE) == 15


def test_there_are_114_sectors(session):
    assert areas(session, AreaKind.SECTOR) == 114


def test_there_are_444_groups(session):
    assert areas(session, AreaKind.GROUP) == 444


def test_there_are_3618_neighbourhoods(session):
    assert areas(session, AreaKind.NEIGHBORHOOD) == 3618


def test_every_sector_group_and_neighbourhood_has_one_chief(session):
    served = session.scalars(select(Chief.area_id).where(Chief.ended_on.is_(None))).all()
    assert (len(served), len(set(served))) == (114 + 444 + 3618, 114 + 444 + 3618)


def test_chiefs_head_areas_of_their_own_kind(session):
    pairs = session.execute(select(Chief.kind, Area.kind).join(Chief.area)).all()
    assert all(chief.value == area.value for chief, area in pairs)


def test_a_former_chief_names_the_one_who_followed(session):
    former = session.scalars(select(Chief).where(Chief.ended_on.is_not(None))).all()
    assert former and all(c.replaced_by.area_id == c.area_id and c.ended_on <= TODAY for c in former)


def test_every_neighbourhood_has_5_to_15_households(session):
    sizes = Counter(session.scalars(select(Household.neighborhood_id)))
    unplaced = sizes.pop(None)
    assert (len(sizes), min(sizes.values()) >= 5, max(sizes.values()) <= 15, unplaced) == (
        3618,
        True,
        True,
        40,
    )


def test_there_are_more_than_46000_households(session):
    assert 46_000 <= count(session, Household) < 47_500


def test_there_are_169_residential_areas(session):
    assert count(session, ResidentialArea) == 169


def test_buildings_are_as_many_as_their_residential_area_says(session):
    said = session.scalar(select(func.sum(ResidentialArea.building_count)))
    assert count(session, Building) == said > 500


def test_a_household_lives_in_a_building_of_its_residential_area(session):
    wrong = select(func.count()).select_from(Household).join(Household.building)
    assert session.scalar(wrong.where(Building.residential_area_id != Household.residential_area_id)) == 0


def test_a_household_lives_in_the_community_of_its_neighbourhood(session):
    estates = dict(session.execute(select(ResidentialArea.id, Area.code).join(ResidentialArea.area)).all())
    homes = session.execute(select(Household.residential_area_id, Area.code).join(Household.neighborhood))
    assert all(code.startswith(estates[estate]) for estate, code in homes)


def test_two_households_never_share_an_address(session):
    assert session.scalar(select(func.count(Household.address.distinct()))) == count(session, Household)


def test_the_next_household_number_follows_the_last(session):
    last = session.scalar(select(func.max(Household.household_no)))
    assert numbers.household_number(session) == f"H{int(last[1:]) + 1:07d}"


def test_some_households_have_members_listed(session):
    assert 10_000 < session.scalar(select(func.count(HouseholdMember.household_id.distinct()))) < 20_000


def test_there_are_16_mediation_committees(session):
    assert count(session, Committee) == 16


def test_there_are_108_mediators(session):
    assert count(session, Mediator) == 108


def test_every_committee_is_in_order(session):
    found = {c.name: committees.shortfalls(session, c) for c in session.scalars(select(Committee))}
    assert {name: lacks for name, lacks in found.items() if lacks} == {}


def test_there_are_mediators_of_every_employment(session):
    assert set(session.scalars(select(Mediator.employment).distinct())) == set(Employment)


def test_there_are_lawyers_and_a_counsellor(session):
    assert (count(session, Lawyer) >= 4, count(session, Counsellor)) == (True, 1)


def test_every_own_unit_has_two_or_three_people(session):
    per_unit = Counter(session.scalars(select(Staff.unit_id).where(Staff.is_leader.is_(False))))
    own = session.scalars(select(Unit.id).where(Unit.kind != UnitKind.EXTERNAL)).all()
    assert {unit: per_unit[unit] for unit in own if per_unit[unit] not in (2, 3)} == {}


def test_every_own_unit_names_one_of_its_people_as_contact(session):
    pairs = session.execute(select(Unit.id, Unit.contact_name).where(Unit.kind != UnitKind.EXTERNAL)).all()
    people = set(session.execute(select(Staff.unit_id, Staff.name)).all())
    assert [pair for pair in pairs if pair not in people] == []


def test_each_community_has_a_unit(session):
    assert count(session, Unit, Unit.kind == UnitKind.COMMUNITY, Unit.area_id.is_not(None)) == 15


def test_a_leader_is_on_duty_on_60_days_around_today(session):
    days = session.scalars(select(DutyDay.duty_on).order_by(DutyDay.duty_on)).all()
    assert (len(days), days[0] <= TODAY <= days[-1]) == (60, True)


def test_every_own_unit_has_an_agreement_of_this_year_and_some_are_not_signed(session):
    own = count(session, Unit, Unit.kind != UnitKind.EXTERNAL)
    signed = Counter(session.scalars(select(ResponsibilityAgreement.status)))
    assert (sum(signed.values()), signed[AgreementStatus.DRAFT]) == (own, 4)
