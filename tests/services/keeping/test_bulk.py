"""Many rows at once: the right ones, all or none, and back again."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from models import describe
from models.audit import AuditEvent
from models.case import CaseEvent
from models.codes import AuditVerb, CaseStatus, CommitteePost, HouseholdUse
from models.household import Household, HouseholdMember
from models.mediation import Mediator
from models.search import SearchEntry
from services import access
from services.cases import case_flow
from services.keeping import batches, bulk, records
from services.access import Actor
from services.cases.case_flow import CASE_FLOW
from services.errors import Denied, Missing, Refused
from tests.support.builders import build_world, case_facts

TODAY = date(2026, 3, 2)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def homes(session, world):
    """Five households of the eastern neighbourhood, H901 to H905; the first has a member."""
    rows = [
        Household(
            household_no=f"H90{n}", head_name="未某某", mobile=f"1380000003{n}", address=f"东里9{n}号",
            neighborhood_id=world.east_neighborhood.id,
        )
        for n in range(1, 6)
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    session.add(HouseholdMember(household_id=rows[0].id, name="申某某"))
    session.flush()
    return rows


def now(session):
    return session.info["now"]


def me(session):
    return session.info["actor"]


def change(session, rows, **values):
    return bulk.change(session, rows, values, me(session), now(session))


def head(session, batch):
    return batches.head(session, batch, me(session))


def undo(session, batch):
    return batches.undo(session, head(session, batch), me(session), now(session))


def reread(session, rows, name):
    session.expire_all()
    return [getattr(row, name) for row in rows]


def act_as(session, **facts):
    session.expire_all()
    return access.bind(session, Actor("01900000-0000-7000-8000-000000000001", "某人", "430181002", **facts), now(session))


# ---- which rows ---------------------------------------------------------------------


def test_the_rows_ticked_are_the_rows_found(session, homes):
    rows, missing = bulk.picked(session, Household, [homes[1].id, homes[0].id, homes[1].id])
    assert ([r.household_no for r in rows], missing) == (["H901", "H902"], 0)


def test_ids_that_name_nothing_are_counted(session, homes):
    rows, missing = bulk.picked(session, Household, [homes[0].id, "01900000-0000-7000-8000-000000000099", "castle"])
    assert ([r.household_no for r in rows], missing) == (["H901"], 2)


def test_rows_of_another_community_are_not_found(session, homes, world):
    act_as(session, area_code=world.west.code)
    assert bulk.picked(session, Household, [homes[0].id]) == ([], 1)


def test_long_work_says_how_far_it_has_come(session, homes):
    heard = []
    bulk.change(session, homes[:3], {"note": "核对过"}, me(session), now(session), tell=heard.append)
    assert heard == [0, 1, 2]


def test_all_that_match_follow_the_query_of_the_list(session, homes):
    rows = bulk.matching(session, Household, {"search": ["东里9"], "page_size": ["20"], "after": []}, me(session), TODAY)
    assert len(rows) == 5


def test_all_that_match_are_those_in_sight(session, homes, world):
    act_as(session, area_code=world.west.code)
    assert [r.household_no for r in bulk.matching(session, Household, {}, me(session), TODAY)] == ["H002"]


def test_more_than_can_be_done_at_once_are_refused(session, homes):
    with pytest.raises(Refused, match="符合条件的超过4条，一次最多处理4条"):
        bulk.matching(session, Household, {"search": ["东里9"]}, me(session), TODAY, most=4)


def test_unique_personal_and_fixed_attributes_are_not_offered():
    names = {d.name for d in bulk.offered(Household, [d for d in describe(Household).values() if not d.field.is_fixed])}
    assert {"use", "neighborhood", "note"} <= names
    assert not names & {"household_no", "head_name", "mobile", "head_id_number"}


# ---- changing -----------------------------------------------------------------------


def test_a_value_is_written_into_every_row(session, homes):
    change(session, homes, use=HouseholdUse.RENTED)
    assert reread(session, homes, "use") == [HouseholdUse.RENTED] * 5


def test_every_row_has_its_own_entry_under_one_id(session, homes):
    batch = change(session, homes, use=HouseholdUse.RENTED)
    wanted = select(AuditEvent.record_id).where(AuditEvent.batch == batch, AuditEvent.verb == AuditVerb.UPDATE)
    assert sorted(session.scalars(wanted)) == sorted(h.id for h in homes)


def test_every_row_gets_a_new_version(session, homes):
    before = [h.version for h in homes]
    change(session, homes, use=HouseholdUse.RENTED)
    assert reread(session, homes, "version") == [v + 1 for v in before]


def test_the_search_index_follows(session, homes):
    change(session, homes, address="新路8号")
    words = session.scalars(select(SearchEntry.words).where(SearchEntry.id.in_([h.id for h in homes]))).all()
    assert len(words) == 5 and all("新路8号" in w for w in words)


def test_the_batch_says_what_was_done_to_how_many(session, homes):
    found = head(session, change(session, homes, use=HouseholdUse.RENTED, note="x"))
    assert (found.record_label, batches.count(found), found.user_name) == ("批量修改住户：居住状态、备注", 5, "系统")


def test_rows_that_have_the_value_already_are_left_out(session, homes):
    change(session, homes[:2], use=HouseholdUse.RENTED)
    plan = bulk.plan_change(session, homes, {"use": HouseholdUse.RENTED})
    assert ([r.household_no for r in plan.rows], {reason for _, reason in plan.left}) == (
        ["H903", "H904", "H905"], {"已经是这个内容，不用修改"},
    )  # fmt: skip


def test_the_digest_changes_with_a_row_and_with_what_is_to_be_done(session, homes):
    plan = bulk.plan_change(session, homes, {"note": "x"})
    before = plan.digest("a")
    assert plan.digest("b") != before
    homes[0].floor_no = 3
    records.save(session, homes[0], me(session), now(session))
    assert bulk.plan_change(session, homes, {"note": "x"}).digest("a") != before


def test_a_refusal_names_the_row_and_stops_all(session, world):
    people = [world.mediator, world.part_timer]
    world.mediator.committee_post = None
    session.flush()
    with pytest.raises(Refused, match="“己兼职”：这个调委会已有主任.*整批都没有办理"), session.begin_nested():
        change(session, people, committee_post=CommitteePost.DIRECTOR)
    session.expire_all()
    assert session.scalars(select(Mediator.committee_post)).all() == [None, None]


def test_somebody_who_may_not_edit_is_refused(session, homes):
    act_as(session, permissions=frozenset({"household:view"}), is_scoped=False)
    with pytest.raises(Denied):
        change(session, homes, use=HouseholdUse.RENTED)


# ---- deleting -----------------------------------------------------------------------


def test_rows_go_with_their_parts(session, homes):
    bulk.delete(session, homes, me(session))
    assert session.scalar(select(func.count()).select_from(HouseholdMember)) == 0
    assert sorted(session.scalars(select(Household.household_no))) == ["H001", "H002"]


def test_rows_that_others_point_to_are_left_out_with_the_reason(session, homes, world):
    case_flow.register(session, me(session), now(session), **case_facts(world, household_id=homes[2].id))
    plan = bulk.plan_delete(session, homes)
    assert [(r.household_no, why) for r, why in plan.left] == [("H903", "还被1条案件使用，不能删除")]
    assert len(plan.rows) == 4


def test_a_row_that_came_into_use_stops_all_and_is_named(session, homes, world):
    case_flow.register(session, me(session), now(session), **case_facts(world, household_id=homes[2].id))
    with pytest.raises(Refused, match="“未某某 东里93号”：这条住户还被其他记录使用"), session.begin_nested():
        bulk.delete(session, homes, me(session))
    assert session.scalar(select(func.count()).select_from(Household)) == 7


# ---- steps of the flow --------------------------------------------------------------


@pytest.fixture
def cases(session, world):
    """Two accepted cases and one that is only registered."""
    found = [case_flow.register(session, me(session), now(session), **case_facts(world)) for _ in range(3)]
    for case in found[:2]:
        CASE_FLOW.take(session, "accept", case, me(session), now(session))
    return found


def answers(world, **facts):
    return {"unit": None, "worker": world.mediator, "due_on": None, "demand": None} | facts


def plan_assign(session, cases, world, **facts):
    return bulk.plan_step(session, CASE_FLOW, "assign", cases, me(session), now(session), answers(world, **facts))


def test_cases_whose_step_is_not_open_are_left_out(session, cases, world):
    plan = plan_assign(session, cases, world)
    assert len(plan.rows) == 2 and [r.id for r, _ in plan.left] == [cases[2].id]
    assert plan.left[0][1].startswith("现在是“已登记”，不能分流交办")


def test_answers_that_a_guard_refuses_leave_every_case_out(session, cases, world):
    plan = plan_assign(session, cases, world, due_on=date(2026, 3, 1))
    assert (plan.rows, {why for _, why in plan.left[:2]}) == ([], {"反馈期限不能早于今天"})


def test_looking_ahead_changes_nothing(session, cases, world):
    plan_assign(session, cases, world)
    assert session.scalar(select(func.count()).select_from(CaseEvent).where(CaseEvent.verb == "assign")) == 0
    assert [c.status for c in cases[:2]] == [CaseStatus.ACCEPTED] * 2


def test_cases_are_assigned_by_the_flow(session, cases, world):
    bulk.take(session, CASE_FLOW, "assign", cases[:2], me(session), now(session), answers(world))
    assert [(c.status, c.handler_id) for c in cases[:2]] == [(CaseStatus.ASSIGNED, world.mediator.id)] * 2
    assert session.scalar(select(func.count()).select_from(CaseEvent).where(CaseEvent.verb == "assign")) == 2


def test_a_step_without_a_way_back_is_not_undone(session, cases, world):
    batch = bulk.take(session, CASE_FLOW, "progress", cases[:2], me(session), now(session), {"note": "已电话联系双方"})
    with pytest.raises(Refused, match="由办理流程记录"):
        undo(session, batch)


def test_undoing_an_assignment_takes_it_back_by_the_flow(session, cases, world):
    batch = bulk.take(session, CASE_FLOW, "assign", cases[:2], me(session), now(session), answers(world))
    undo(session, batch)
    assert reread(session, cases[:2], "status") == [CaseStatus.ACCEPTED] * 2
    assert reread(session, cases[:2], "handler_id") == [None, None]
    assert session.scalar(select(func.count()).select_from(CaseEvent).where(CaseEvent.verb == "recall")) == 2


def test_a_case_somebody_acted_on_since_keeps_its_assignment(session, cases, world):
    batch = bulk.take(session, CASE_FLOW, "assign", cases[:2], me(session), now(session), answers(world))
    CASE_FLOW.take(session, "progress", cases[0], me(session), now(session), note="已电话联系双方")
    undone = undo(session, batch)
    assert reread(session, cases[:2], "status") == [CaseStatus.ASSIGNED, CaseStatus.ACCEPTED]
    assert batches.left(undone) == [[cases[0].id, "最后一步不能撤回。只能撤回受理、交办、反馈和归档，而且要在别人办理之前"]]


def test_somebody_else_may_not_take_a_batch_of_assignments_back(session, cases, world):
    batch = bulk.take(session, CASE_FLOW, "assign", cases[:2], me(session), now(session), answers(world))
    reader = Actor("01900000-0000-7000-8000-000000000002", "另一人", "430181002", permissions=me(session).permissions)
    assert not batches.is_undoable(session, head(session, batch), reader)


# ---- undoing ------------------------------------------------------------------------


def test_undoing_sets_every_row_back(session, homes):
    change(session, homes[:1], use=HouseholdUse.VACANT)
    batch = change(session, homes, use=HouseholdUse.RENTED, member_count=3)
    undo(session, batch)
    assert reread(session, homes, "use") == [HouseholdUse.VACANT] + [HouseholdUse.OWNER] * 4
    assert reread(session, homes, "member_count") == [None] * 5


def test_rows_changed_since_stay_and_are_listed(session, homes):
    batch = change(session, homes, note="甲")
    change(session, homes[1:2], note="乙")
    found = undo(session, batch)
    assert reread(session, homes, "note") == [None, "乙", None, None, None]
    assert (batches.count(found), [record_id for record_id, _ in batches.left(found)]) == (4, [homes[1].id])
    assert "“备注”之后又改过" in batches.left(found)[0][1]


def test_a_change_of_something_else_since_does_not_keep_a_row_from_going_back(session, homes):
    batch = change(session, homes, note="甲")
    change(session, homes[1:2], floor_no=3)
    assert batches.count(undo(session, batch)) == 5 and homes[1].floor_no == 3


def test_a_row_deleted_since_is_listed(session, homes):
    batch = change(session, homes, note="甲")
    records.delete(session, homes[4])
    assert [record_id for record_id, _ in batches.left(undo(session, batch))] == [homes[4].id]


def test_undoing_a_deletion_brings_rows_and_parts_back(session, homes):
    batch = bulk.delete(session, homes, me(session))
    assert batches.count(undo(session, batch)) == 5
    assert session.scalar(select(func.count()).select_from(Household)) == 7
    assert session.scalar(select(HouseholdMember.name)) == "申某某"


def test_a_number_given_away_keeps_one_row_from_coming_back(session, homes):
    batch = bulk.delete(session, homes, me(session))
    session.add(Household(household_no="H902", head_name="戌某某", address="东里2号"))
    session.flush()
    found = undo(session, batch)
    assert (batches.count(found), len(batches.left(found))) == (4, 1) and "户号" in batches.left(found)[0][1]


def test_an_operation_is_undone_once(session, homes):
    batch = change(session, homes, note="甲")
    undo(session, batch)
    with pytest.raises(Refused, match="已经撤销过"):
        undo(session, batch)


def test_an_undoing_is_not_undone(session, homes):
    found = undo(session, change(session, homes, note="甲"))
    assert not batches.is_undoable(session, found, me(session))


def test_more_rows_than_one_portion_are_all_undone(session, homes, monkeypatch):
    monkeypatch.setattr(batches, "_PORTION", 2)
    undo(session, change(session, homes, note="甲"))
    assert reread(session, homes, "note") == [None] * 5


def test_somebody_else_who_is_scoped_does_not_find_the_batch(session, homes):
    batch = change(session, homes, note="甲")
    act_as(session, permissions=frozenset({"household:view", "household:edit"}))
    with pytest.raises(Missing):
        head(session, batch)


def test_a_reader_of_all_sees_the_batch_and_may_not_undo_it(session, homes):
    batch = change(session, homes, note="甲")
    act_as(session, permissions=frozenset({"household:view"}), is_scoped=False)
    with pytest.raises(Refused, match="没有相应权限"):
        undo(session, batch)


def test_a_deletion_of_one_record_is_no_batch(session, homes):
    records.delete(session, homes[0])
    batch = session.scalar(select(AuditEvent.batch).where(AuditEvent.record_id == homes[0].id, AuditEvent.verb == AuditVerb.DELETE))
    with pytest.raises(Missing):
        head(session, batch)


