"""The “3+X” team is saved only complete, and whoever may not sit is told why."""

import pytest
from sqlalchemy import select

from models.codes import CaseStatus, TeamSeat
from models.team import TeamChange
from services import case_flow, teams
from services.errors import Conflict, Refused
from tests.support.builders import build_world, case_facts, party, declining


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    actor, now = session.info["actor"], session.info["now"]
    case = case_flow.register(session, actor, now, parties=[party()], **case_facts(world))
    case_flow.CASE_FLOW.take(session, "accept", case, actor, now)
    return case


def choice(world, **changes) -> teams.Choice:
    whole = {
        "leader": [world.leader.id], "mediator": [world.mediator.id], "lawyer": [world.lawyer.id],
        "staff": [world.clerk.id],
    }  # fmt: skip
    return teams.Choice(**(whole | changes))


def assemble(session, case, wanted, **more):
    return teams.assemble(session, case, wanted, session.info["actor"], session.info["now"], **more)


def test_a_complete_team_is_formed(session, world, case):
    team = assemble(session, case, choice(world))
    assert teams.seats(session, team)[TeamSeat.LAWYER] == [world.lawyer.id]


def test_a_second_lawyer_is_refused(session, world, case):
    with pytest.raises(Refused, match="律师只能有一名，现在选了2名"):
        assemble(session, case, choice(world, lawyer=[world.lawyer.id, world.second_lawyer.id]))


@pytest.mark.parametrize("seat", ["leader", "mediator", "lawyer", "staff"])
def test_an_empty_seat_is_refused_by_name(session, world, case, seat):
    with pytest.raises(Refused) as no:
        assemble(session, case, choice(world, **{seat: []}))
    assert no.value.errors[seat].startswith(f"还缺{TeamSeat(seat).label}")


def test_a_part_time_mediator_cannot_take_the_dedicated_seat(session, world, case):
    with pytest.raises(Refused, match="己兼职兼职调解员不能任专岗调解员"):
        assemble(session, case, choice(world, mediator=[world.part_timer.id]))


def test_a_party_to_the_case_is_barred(session, world, case):
    world.lawyer.mobile = "13800000001"
    session.flush()
    with pytest.raises(Refused, match="是本案当事人"):
        assemble(session, case, choice(world))


def test_a_lawyer_cannot_sit_as_leader(session, world, case):
    with pytest.raises(Refused, match="不能担任包案领导"):
        assemble(session, case, choice(world, leader=[world.lawyer.id]))


def test_changing_the_lawyer_keeps_who_was_there_before(session, world, case):
    team = assemble(session, case, choice(world))
    assemble(session, case, choice(world, lawyer=[world.second_lawyer.id]), note="换人", shown_version=str(team.version))
    change = session.scalars(select(TeamChange).where(TeamChange.note == "换人")).one()
    assert (change.worker_before_id, change.worker_after_id) == (world.lawyer.id, world.second_lawyer.id)


def test_a_change_made_from_an_old_page_is_a_conflict(session, world, case):
    team = assemble(session, case, choice(world))
    with pytest.raises(Conflict, match="刚刚被别人调整过"):
        assemble(session, case, choice(world), shown_version=str(team.version - 1))


def test_a_declined_case_gets_no_team(session, world):
    actor, now = session.info["actor"], session.info["now"]
    case = case_flow.register(session, actor, now, **case_facts(world))
    case_flow.CASE_FLOW.take(session, "decline", case, actor, now, **declining())
    assert case.status is CaseStatus.DECLINED
    with pytest.raises(Refused, match="不能再组建专班"):
        assemble(session, case, choice(world))


def test_the_proposal_fills_every_seat_it_can(session, world, case):
    proposed, words = teams.propose(teams.candidates(session, case))
    assert (proposed.leader, proposed.mediator, proposed.staff) == (
        [world.leader.id], [world.mediator.id], [world.clerk.id],
    )  # fmt: skip
    assert "专长“邻里”" in words
