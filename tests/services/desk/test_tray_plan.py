"""The batch plan taken through the flow: all rows at once, what changed meanwhile left out and named."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.case import Assignment
from models.codes import CaseStatus
from services import access, colleagues
from services.background import jobs
from services.cases import case_flow
from services.desk import tray_plan
from services.keeping import batches
from services.access import Permission
from services.cases.case_flow import CASE_FLOW
from services.errors import Denied, Refused
from services.desk.tray_plan import Choice
from tests.conftest import ServiceSession
from tests.support.builders import build_user, build_world, case_facts, party


@pytest.fixture
def world(session):
    return build_world(session)


def waiting(session, world, count: int = 2, **facts) -> list:
    now, office = session.info["now"], session.info["actor"]
    cases = [
        case_flow.register(session, office, now, parties=[party(mobile=None)], **case_facts(world, occurred_on=None, **facts))
        for _ in range(count)
    ]
    for case in cases:
        CASE_FLOW.take(session, "accept", case, office, now)
    return cases


def taken(session, *choices: Choice) -> tray_plan.Taken:
    return tray_plan.take(session, choices, session.info["actor"], session.info["now"])


def to(worker, case) -> Choice:
    return Choice(case.id, case.version, "worker", worker.id)


def test_the_proposal_names_somebody_for_every_accepted_matter(session, world):
    cases = waiting(session, world)
    plan, fresh = tray_plan.proposal(session, session.info["now"])
    assert ([line.matter.id for line in plan.lines], all(line.taker for line in plan.lines), fresh) == (
        [c.id for c in cases], True, 0,
    )  # fmt: skip


def test_matters_not_accepted_are_counted_and_left_out(session, world):
    case_flow.register(session, session.info["actor"], session.info["now"], **case_facts(world, occurred_on=None))
    plan, fresh = tray_plan.proposal(session, session.info["now"])
    assert (plan.lines, fresh) == ([], 1)


def test_a_plan_is_taken_through_the_flow(session, world):
    cases = waiting(session, world)
    found = taken(session, *(to(world.mediator, case) for case in cases))
    orders = session.scalars(select(Assignment.worker_id)).all()
    assert (found.left, [c.status for c in cases], orders) == ([], [CaseStatus.ASSIGNED] * 2, [world.mediator.id] * 2)


def test_a_plan_is_taken_back_as_one_without_what_was_moved_since(session, world):
    first, second, third = waiting(session, world, 3)
    me = build_user(session, "dispatcher", ["case:view", "case:dispatch", "case:dispatch_always", "case:feed_back"], is_scoped=False)
    office = colleagues.actor_of(session, me.id)
    session.info["actor"] = office
    done = tray_plan.take(session, [to(world.mediator, c) for c in (first, second, third)], office, session.info["now"])
    CASE_FLOW.take(session, "progress", second, office, session.info["now"], note="已电话联系双方")
    undoing = batches.undo(session, batches.head(session, done.batch, office), office, session.info["now"])
    assert [c.status for c in (first, second, third)] == [CaseStatus.ACCEPTED, CaseStatus.ASSIGNED, CaseStatus.ACCEPTED]
    assert batches.count(undoing) == 2
    assert batches.left(undoing) == [[second.id, "最后一步不能撤回。只能撤回受理、交办、反馈和归档，而且要在别人办理之前"]]


def test_a_row_given_away_meanwhile_is_left_out_and_named(session, world):
    first, second = waiting(session, world)
    choices = [to(world.mediator, first), to(world.mediator, second)]
    CASE_FLOW.take(session, "assign", first, session.info["actor"], session.info["now"], unit=world.justice)
    found = taken(session, *choices)
    assert (found.given, found.left) == ([second.case_no], [(first.case_no, "现在是“办理中”，别人已经办过")])


def test_a_row_changed_meanwhile_is_left_out_and_named(session, world):
    [case] = waiting(session, world, 1)
    choice = to(world.mediator, case)
    case.place = "改过的地点"
    session.flush()
    assert taken(session, choice).left == [(case.case_no, "方案生成以后别人改动过，请重新生成方案再看")]


def test_somebody_who_left_gets_nothing(session, world):
    [case] = waiting(session, world, 1)
    world.mediator.is_active = False
    session.flush()
    assert taken(session, to(world.mediator, case)).left == [(case.case_no, "选的承办人或单位已停用")]


def test_a_refusal_of_the_flow_leaves_the_other_rows(session, world):
    [east] = waiting(session, world, 1)
    [west] = waiting(session, world, 1, area_id=world.west_neighborhood.id, household_id=None)
    found = taken(session, to(world.mediator, west), to(world.mediator, east))
    assert (found.given, [no for no, _ in found.left]) == ([east.case_no], [west.case_no])


def test_a_case_out_of_sight_is_left_out(session, world):
    [case] = waiting(session, world, 1)
    choice = to(world.mediator, case)
    choice = Choice("01900000-0000-7000-8000-000000000099", choice.version, choice.kind, choice.taker_id)
    assert [reason for _, reason in taken(session, choice).left] == ["可能已改到您看不到的范围"]


def test_nobody_takes_a_plan_without_the_right_to_dispatch(session, world):
    with pytest.raises(Denied):
        tray_plan.take(session, [], access.Actor(None, "某", "430181002", frozenset({Permission.CASE_ACCEPT.value})), session.info["now"])


def test_a_forged_row_is_refused_with_a_sentence():
    with pytest.raises(Refused, match="看不懂的一行"):
        Choice.read("x|y|z")


def test_more_than_five_hundred_rows_at_once_are_refused(session, world):
    with pytest.raises(Refused, match="一次最多交办500件"):
        taken(session, *([to(world.mediator, waiting(session, world, 1)[0])] * 501))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_large_plan_is_taken_by_the_worker_and_says_what_was_left_out(session, world, tmp_path):
    cases, office = waiting(session, world, 3), session.info["actor"]
    choices = [to(world.mediator, case) for case in cases]
    CASE_FLOW.take(session, "suspend", cases[1], office, session.info["now"], reason="等待鉴定")
    me = colleagues.actor_of(session, build_user(session, "fazhiban", ["case:view", "case:dispatch", "case:dispatch_always"], is_scoped=False).id)
    job = tray_plan.ask(session, choices, me, session.info["now"])
    session.commit()
    jobs.run_waiting(
        lambda: ServiceSession(session.connection(), autoflush=False, join_transaction_mode="create_savepoint"),
        lambda: session.info["now"], tmp_path,
    )  # fmt: skip
    session.expire_all()
    found = tray_plan.outcome(session, job.id, me)
    assert (found.given, job.done_count, job.result["sentence"]) == ([cases[0].case_no, cases[2].case_no], 3, "已交办2件，1件没有交办")
    assert [no for no, _ in found.left] == [cases[1].case_no] and "中止" in found.left[0][1]
