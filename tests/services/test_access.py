"""Which rows a person sees: one mechanism for lists, look-ups by id, relations and counts."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models import Base, Entity
from models.area import Area
from models.case import Assignment, Case, CaseParty
from models.codes import AssignmentStatus
from models.division import Division
from models.household import Household
from models.team import Team
from services import access
from services.cases import case_flow
from services.keeping import records
from services.access import Actor
from services.cases.case_flow import CASE_FLOW
from services.errors import Denied, Missing
from tests.support.builders import build_world, case_facts, party


@pytest.fixture
def world(session):
    return build_world(session)


def see_as(session, **facts):
    """Bind the session to a scoped person of the same sub-district."""
    actor = Actor(None, "某人", "430181002", **facts)
    session.expunge_all()
    return access.bind(session, actor, session.info["now"])


def two_cases(session, world):
    actor, now = session.info["actor"], session.info["now"]
    east = case_flow.register(session, actor, now, parties=[party()], **case_facts(world))
    west = case_flow.register(
        session, actor, now, **case_facts(world, area_id=world.west.id, household_id=world.west_household.id)
    )
    return east, west


def names(session, column):
    return sorted(session.scalars(select(column)).all())


def test_a_community_clerk_sees_the_households_of_the_community(session, world):
    see_as(session, area_code=world.east.code)
    assert names(session, Household.household_no) == ["H001"]


def test_a_statement_made_for_one_community_shows_the_next_one_its_own_households(session, world):
    see_as(session, area_code=world.east.code)
    east = names(session, Household.household_no)
    see_as(session, area_code=world.west.code)
    assert (east, names(session, Household.household_no)) == (["H001"], ["H002"])


def test_a_household_of_another_community_is_missing_by_id(session, world):
    see_as(session, area_code=world.east.code)
    with pytest.raises(Missing):
        records.find(session, Household, world.west_household.id)


def test_counts_are_scoped_like_lists(session, world):
    see_as(session, area_code=world.east.code)
    assert session.scalar(select(func.count()).select_from(Household)) == 1


def test_a_clerk_of_a_branch_is_kept_to_the_branch_of_the_tree(session, world):
    see_as(session, area_code=world.east.code)
    assert names(session, Area.full_name)[0].startswith("东里社区") and len(names(session, Area.id)) == 4


def test_somebody_without_area_unit_or_person_sees_no_household(session, world):
    see_as(session)
    assert names(session, Household.household_no) == []


def test_somebody_unscoped_sees_the_whole_sub_district(session, world):
    see_as(session, is_scoped=False)
    assert names(session, Household.household_no) == ["H001", "H002"]


def test_a_visitor_sees_nothing(session, world):
    session.expunge_all()
    access.bind(session, access.ANONYMOUS, session.info["now"])
    assert [session.scalar(select(func.count()).select_from(c)) for c in (Household, Case, Area)] == [0, 0, 0]


def test_another_sub_district_is_never_seen(session, world):
    session.add(Division(code="430181003", name="别的街道"))
    session.flush()
    session.expunge_all()
    access.bind(session, access.system("430181003"), session.info["now"])
    assert session.scalar(select(func.count()).select_from(Household)) == 0


def test_a_case_follows_its_place(session, world):
    east, _ = two_cases(session, world)
    see_as(session, area_code=world.east.code)
    assert names(session, Case.case_no) == [east.case_no]


def test_the_parties_follow_their_case(session, world):
    two_cases(session, world)
    see_as(session, area_code=world.west.code)
    assert names(session, CaseParty.name) == []


def test_a_department_sees_what_was_given_to_it(session, world):
    _, west = two_cases(session, world)
    actor, now = session.info["actor"], session.info["now"]
    CASE_FLOW.take(session, "accept", west, actor, now)
    CASE_FLOW.take(session, "assign", west, actor, now, unit=world.justice)
    see_as(session, unit_id=world.justice.id)
    assert names(session, Case.case_no) == [west.case_no]


def test_a_mediator_sees_what_was_given_to_her(session, world):
    east, _ = two_cases(session, world)
    actor, now = session.info["actor"], session.info["now"]
    CASE_FLOW.take(session, "accept", east, actor, now)
    CASE_FLOW.take(session, "assign", east, actor, now, worker=world.mediator)
    see_as(session, worker_id=world.mediator.id)
    assert names(session, Case.case_no) == [east.case_no]


def test_a_member_of_the_team_sees_the_case(session, world):
    from services.mediation import teams

    east, _ = two_cases(session, world)
    actor, now = session.info["actor"], session.info["now"]
    CASE_FLOW.take(session, "accept", east, actor, now)
    choice = teams.Choice([world.leader.id], [world.mediator.id], [world.lawyer.id], [world.clerk.id])
    teams.assemble(session, east, choice, actor, now)
    see_as(session, worker_id=world.lawyer.id)
    assert (names(session, Case.case_no), session.scalar(select(func.count()).select_from(Team))) == ([east.case_no], 1)


def test_a_colleague_who_was_given_nothing_sees_nothing(session, world):
    two_cases(session, world)
    see_as(session, worker_id=world.second_lawyer.id)
    assert names(session, Case.case_no) == []


def test_joined_rows_are_scoped_too(session, world):
    _, west = two_cases(session, world)
    actor, now = session.info["actor"], session.info["now"]
    CASE_FLOW.take(session, "accept", west, actor, now)
    CASE_FLOW.take(session, "assign", west, actor, now, unit=world.justice)
    see_as(session, unit_id=world.justice.id)
    assert session.scalars(select(Case)).one().household is None


def test_a_bulk_update_is_scoped_too(session, world):
    from sqlalchemy import update

    see_as(session, area_code=world.east.code)
    session.execute(update(Household).values(note="改").execution_options(synchronize_session=False))
    session.expunge_all()
    access.bind(session, access.system("430181002"), session.info["now"])
    assert names(session, Household.household_no) == ["H001", "H002"]
    assert session.scalars(select(Household.household_no).where(Household.note == "改")).all() == ["H001"]


def test_a_session_without_an_actor_reads_nothing(session, world):
    session.info.pop("actor")
    with pytest.raises(RuntimeError, match="no actor is bound"):
        session.scalar(select(func.count()).select_from(Household))


def test_every_entity_is_scoped_to_the_sub_district():
    actor = Actor(None, "某人", "430181002", area_code="430181002001", unit_id="u", worker_id="w")
    bare = [c.__name__ for c in access.scoped_classes() if "subdistrict_id" not in str(access.criterion(c, actor))]
    assert bare == [] and len(access.scoped_classes()) >= 20


def test_scoped_classes_cover_every_entity():
    tables = {c.__table__ for c in access.scoped_classes()}
    entities = {m.class_.__table__ for m in Base.registry.mappers if issubclass(m.class_, Entity)}
    assert entities - tables == set()


def test_what_is_not_granted_is_denied():
    with pytest.raises(Denied, match="请联系安全管理员开通"):
        Actor(None, "某人", "430181002").require("household:edit")


def test_an_order_is_seen_by_the_unit_it_went_to(session, world):
    _, west = two_cases(session, world)
    actor, now = session.info["actor"], session.info["now"]
    CASE_FLOW.take(session, "accept", west, actor, now)
    CASE_FLOW.take(session, "assign", west, actor, now, unit=world.justice)
    see_as(session, unit_id=world.justice.id)
    assert session.scalars(select(Assignment.status)).all() == [AssignmentStatus.OPEN]
