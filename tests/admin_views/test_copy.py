"""A new record like another one: what both may share is filled in, the rest is asked."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models.agreement import ResponsibilityAgreement
from models.codes import AgreementStatus, HouseholdUse
from models.household import Household, HouseholdMember
from models.neighbor import Chief
from services.access import permission_labels
from tests.support.builders import build_chief, build_user, build_world
from tests.support.visitor import Visitor

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

EVERYTHING = sorted(p for group in permission_labels().values() for p in group)
MASKED = [p for p in EVERYTHING if not p.startswith("personal:")]


@pytest.fixture
def world(office):
    with office() as session:
        world = build_world(session)
        build_user(session, "keeper", EVERYTHING, is_scoped=False)
        build_user(session, "masked", MASKED, is_scoped=False)
        build_user(session, "looker", ["household:view", "personal:name"], is_scoped=False)
        build_user(session, "western", EVERYTHING, area_id=world.west.id)
        home = session.get(Household, ("430181002", world.east_household.id))
        home.use, home.room_no, home.note = HouseholdUse.RENTED, "101", "一楼"
    return world


@pytest.fixture
def visit(world, client, sign_in):
    """Somebody who has signed in: `visit("keeper")`."""
    return lambda username: Visitor(sign_in(client, username))


def like(visitor: Visitor, slug: str, row) -> dict[str, str]:
    visitor.open(f"/admin/{slug}/new/?like={row.id}")
    return {name: values[0] for name, values in visitor.form("保存").fields.items() if values}


def test_the_page_of_a_record_offers_it(world, visit):
    visitor = visit("keeper")
    visitor.open(f"/admin/household/details/?id={world.east_household.id}")
    visitor.follow("照此新增")
    assert visitor.form("保存").fields["address"] == ["东里社区1号"]


def test_whoever_may_not_add_is_not_offered_it(world, visit):
    page = visit("looker").open(f"/admin/household/details/?id={world.east_household.id}")
    assert "照此新增" not in page.text


def test_what_both_may_share_is_filled_in(world, visit):
    found = like(visit("keeper"), "household", world.east_household)
    assert (found["address"], found["use"], found["room_no"], found["note"]) == ("东里社区1号", "rented", "101", "一楼")
    assert (found["neighborhood"], found["neighborhood__text"]) == (world.east_neighborhood.id, "东里社区/第1片/第1组/第1邻")


def test_numbers_are_asked_anew(world, visit):
    found = like(visit("keeper"), "household", world.east_household)
    assert (found["household_no"], found["mobile"]) == ("", "")


@pytest.mark.parametrize("username, name", [("keeper", "甲某某"), ("masked", "")])
def test_a_name_is_filled_in_for_whoever_may_read_it(world, visit, username, name):
    visitor = visit(username)
    assert like(visitor, "household", world.east_household)["head_name"] == name


def test_a_term_of_office_is_not_ended_by_copying(world, office, visit):
    with office() as session:
        chief = build_chief(session, world.east_neighborhood)
        session.get(Chief, ("430181002", chief.id)).ended_on = date(2026, 1, 5)
    found = like(visit("keeper"), "chief", chief)
    assert (found["ended_on"], found["area"], found["method"]) == ("", "", "elected")
    assert found["started_on"] != "2025-01-01"  # a new term begins today, unless told otherwise


def test_a_signed_agreement_is_not_signed_twice(world, office, visit):
    with office() as session:
        agreement = ResponsibilityAgreement(
            year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, party_b_id=world.clerk.id,
            due_on=date(2026, 3, 31), signed_on=date(2026, 3, 1), title="信访工作责任书",
            status=AgreementStatus.SIGNED,
        )  # fmt: skip
        session.add(agreement)
    found = like(visit("keeper"), "responsibility-agreement", agreement)
    assert (found["year"], found["unit"], found["signed_on"]) == ("", "", "")
    assert (found["party_a"], found["due_on"]) == (world.leader.id, "2026-03-31")


def test_another_part_stays_with_the_same_owner(world, office, visit):
    with office() as session:
        member = HouseholdMember(household_id=world.east_household.id, name="子某某", relation="relation:child", birth_year=2001)
        session.add(member)
    found = like(visit("keeper"), "household-member", member)
    assert (found["household"], found["relation"], found["name"]) == (world.east_household.id, "relation:child", "")


def test_the_copy_is_a_record_of_its_own(world, office, visit):
    visitor = visit("keeper")
    like(visitor, "household", world.east_household)
    visitor.send("保存", head_name="丁某某", address="东里社区2号")
    with office() as session:
        found = session.scalars(select(Household).where(Household.note == "一楼").order_by(Household.id)).all()
    assert [(h.head_name, h.address, h.household_no) for h in found] == [
        ("甲某某", "东里社区1号", "H001"), ("丁某某", "东里社区2号", "H0000001"),
    ]  # fmt: skip


def test_a_record_out_of_sight_cannot_be_copied(world, visit):
    visitor = visit("western")
    assert visitor.client.get(f"/admin/household/new/?like={world.east_household.id}").status_code == 404
    assert visitor.client.get(f"/admin/household/new/?like={world.west_household.id}").status_code == 200


@pytest.mark.parametrize("wanted", ["castle", "01900000-0000-7000-8000-000000000099", "' OR 1=1"])
def test_nonsense_is_not_found(world, visit, wanted):
    assert visit("keeper").client.get("/admin/household/new/", query_string={"like": wanted}).status_code == 404
