"""The “3+X” team is saved only complete, and whoever may not sit is told why."""

from datetime import date

import pytest
from sqlalchemy import select

from models.case import CaseEvent, CaseParty
from models.case_codes import NoticeChannel
from models.codes import CaseStatus, Closeness, MediationStage, TeamSeat
from models.recusal import Recusal
from models.team import TeamChange
from models.todo import Todo
from services import parameters
from services.cases import case_flow
from services.mediation import team_candidates, teams
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


def test_whoever_comes_into_a_team_or_leaves_it_finds_a_line_in_the_in_tray(session, world, case):
    def lines():
        wanted = select(Todo.worker_id, Todo.title).where(Todo.kind.in_(("team", "team_left")))
        return {key: title.split("专班的")[1] for key, title in session.execute(wanted)}

    team = assemble(session, case, choice(world))
    built = lines()
    assemble(session, case, choice(world, lawyer=[world.second_lawyer.id]), note="换人", shown_version=str(team.version))
    assert built == {world.leader.id: "包案领导", world.mediator.id: "专岗调解员", world.lawyer.id: "律师", world.clerk.id: "工作人员"}
    assert lines()[world.second_lawyer.id] == "律师" and "律师，请做好交接" in lines()[world.lawyer.id]


def test_the_lines_about_a_team_go_with_the_end_of_the_matter(session, world, case):
    assemble(session, case, choice(world))
    actor, now = session.info["actor"], session.info["now"]
    case_flow.CASE_FLOW.take(session, "withdraw", case, actor, now, result="双方自行和解", informed_how=NoticeChannel.FACE)
    assert session.scalars(select(Todo).where(Todo.kind == "team", Todo.settled_at.is_(None))).all() == []


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


# ---- who keeps out, who is full ----------------------------------------------------------------


def barred(session, case, worker) -> str | None:
    found = teams.candidates(session, case)
    return next(c.barred for people in found.values() for c in people if c.worker.id == worker.id)


def test_a_declared_relation_to_a_party_bars_by_name(session, world, case):
    session.add(Recusal(worker_id=world.lawyer.id, person_name="甲某某", closeness=Closeness.KIN, reason="舅舅", declared_at=session.info["now"]))
    session.flush()
    assert barred(session, case, world.lawyer) == "已申报回避：近亲属"


def test_a_namesake_with_another_phone_does_not_bar(session, world, case):
    session.add(Recusal(
        worker_id=world.lawyer.id, person_name="甲某某", person_mobile="13900000009", closeness=Closeness.KIN, reason="舅舅",
        declared_at=session.info["now"],
    ))  # fmt: skip
    session.flush()
    assert barred(session, case, world.lawyer) is None


def test_a_declaration_for_another_case_does_not_bar(session, world, case):
    other = case_flow.register(session, session.info["actor"], session.info["now"], **case_facts(world))
    session.add(Recusal(worker_id=world.lawyer.id, case_id=other.id, closeness=Closeness.INTEREST, reason="担任顾问", declared_at=session.info["now"]))
    session.flush()
    assert (barred(session, case, world.lawyer), barred(session, other, world.lawyer)) == (None, "已申报回避：有利害关系")


def test_a_declaration_that_was_switched_off_does_not_bar(session, world, case):
    session.add(Recusal(
        worker_id=world.lawyer.id, case_id=case.id, closeness=Closeness.KIN, reason="误报", is_active=False, declared_at=session.info["now"],
    ))
    session.flush()
    assert barred(session, case, world.lawyer) is None


def test_who_lives_with_a_party_is_barred(session, world, case):
    session.scalars(select(CaseParty)).one().household_id = world.west_household.id
    world.west_household.mobile = "13800000015"  # the lawyer's own
    session.flush()
    assert barred(session, case, world.lawyer) == "与当事人同住一户，应当回避"


def test_a_leader_with_as_many_matters_as_the_office_allows_is_full(session, world, case):
    other = case_flow.register(session, session.info["actor"], session.info["now"], **case_facts(world))
    assemble(session, other, choice(world))
    parameters.change(session, {"leader_capacity": 1}, session.info["actor"], session.info["now"])
    assert barred(session, case, world.leader) == "已包案1件，达到上限1件"


def test_a_leader_is_shown_with_what_he_leads_and_what_of_it_is_overdue(session, world, case):
    other = case_flow.register(session, session.info["actor"], session.info["now"], **case_facts(world, received_on=date(2026, 1, 5)))
    assemble(session, other, choice(world))
    found = teams.candidates(session, case)[TeamSeat.LEADER]
    assert "包案1件，其中超期1件" in found[0].why


def test_earlier_work_with_the_same_parties_speaks_for_somebody(session, world, case):
    now, actor = session.info["now"], session.info["actor"]
    other = case_flow.register(session, actor, now, parties=[party()], **case_facts(world))
    assemble(session, other, choice(world))
    [first, *_] = [c for c in teams.candidates(session, case)[TeamSeat.LAWYER] if c.worker.id == world.lawyer.id]
    assert "办过这些当事人的事1件" in first.why


def test_the_committee_of_the_place_is_near(session, world, case):
    assert team_candidates.nearness(world.mediator, case.area.code) == 1 and "事发村社区" in [
        word for c in teams.candidates(session, case)[TeamSeat.MEDIATOR] if c.worker.id == world.mediator.id for word in c.why
    ]


# ---- handing over, dissolving -----------------------------------------------------------------


def test_a_change_without_a_word_about_the_hand_over_is_refused(session, world, case):
    team = assemble(session, case, choice(world))
    with pytest.raises(Refused, match="换人要写明交接说明"):
        assemble(session, case, choice(world, lawyer=[world.second_lawyer.id]), shown_version=str(team.version))


def test_a_dissolved_team_leaves_its_history_and_a_line_in_the_timeline(session, world, case):
    team = assemble(session, case, choice(world))
    teams.disband(session, team, "改由司法所办理", session.info["actor"], session.info["now"], shown_version=str(team.version))
    last = session.scalars(select(CaseEvent).order_by(CaseEvent.number.desc())).first()
    gone = [c for c in teams.history(session, case) if c.worker_after_id is None]
    assert (last.label, last.note, len(gone), case_flow.active_team(session, case)) == ("撤销“3+X”专班", "改由司法所办理", 4, None)


def test_a_matter_in_joint_mediation_keeps_its_team(session, world, case):
    team = assemble(session, case, choice(world))
    case.stage = MediationStage.JOINT
    session.flush()
    with pytest.raises(Refused, match="正在联合调解，不能没有专班"):
        teams.disband(session, team, "不需要了", session.info["actor"], session.info["now"], shown_version=str(team.version))
