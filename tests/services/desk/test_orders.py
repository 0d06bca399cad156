"""Orders of several units: one leads, others assist, each with its own limit, in-tray line, answer and rating."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.case import Assignment, CaseEvent, Objection
from models.codes import (
    AssignmentRole, AssignmentStatus, CaseStatus, ObjectionState, TermUnit, UnitKind, UnitRating,
)  # fmt: skip
from models.department import DispatchRule, DutyDay, Unit
from models.mediation import Committee, Mediator
from models.term import Term
from models.todo import Todo
from models.worker import Staff
from services import access, inbox
from services.cases import case_flow, case_moves
from services.desk import orders, takers
from services.access import Permission
from services.cases.case_flow import CASE_FLOW
from services.errors import Refused
from services.desk.order_flow import OBJECTION_FLOW, ORDER_FLOW, objections_of, ratings_of, shirks
from tests.support.builders import build_world, case_facts

DAY = timedelta(days=1)


@pytest.fixture
def world(session):
    world = build_world(session)
    if session.get(Term, "xf_objection") is None:
        session.add(Term(id="xf_objection", name="转送交办异议", starts="交办", length=5, unit=TermUnit.WORKDAY, source="第二十三条"))
    world.labour = Unit(name="人社服务中心", kind=UnitKind.FUNCTIONAL)
    session.add(world.labour)
    session.flush()
    return world


def office(session):
    return session.info["actor"]


def liaison(unit: Unit, *more: Permission) -> access.Actor:
    permissions = frozenset({Permission.CASE_FEED_BACK.value, *(p.value for p in more)})
    return access.Actor(None, "联络员", "430181002", permissions, unit_id=unit.id)


def given(session, world, **answers):
    """A neighbours' dispute given to the justice office."""
    now = session.info["now"]
    case = case_flow.register(session, office(session), now, **case_facts(world, occurred_on=None))
    CASE_FLOW.take(session, "accept", case, office(session), now)
    CASE_FLOW.take(session, "assign", case, office(session), now, **({"unit": world.justice} | answers))
    return case


def take(session, verb, case, actor=None, now=None, **answers):
    CASE_FLOW.take(session, verb, case, actor or office(session), now or session.info["now"], **answers)


def on_order(session, verb, order, actor=None, now=None, **answers):
    ORDER_FLOW.take(session, verb, order, actor or office(session), now or session.info["now"], **answers)


def the_order(session, case, role=AssignmentRole.LEAD) -> Assignment:
    return next(o for o in orders.open_orders(session, case) if o.role is role)


def in_tray(session, unit: Unit) -> list[str]:
    wanted = select(Todo.kind).where(Todo.unit_id == unit.id, Todo.settled_at.is_(None))
    return list(session.scalars(wanted))


# ---- one leads, others assist -----------------------------------------------------------


def test_an_assisting_unit_named_with_the_lead_gets_an_order_of_its_own(session, world):
    case = given(session, world, assist=world.labour)
    assert [(o.role, o.unit_id) for o in orders.open_orders(session, case)] == [
        (AssignmentRole.LEAD, world.justice.id), (AssignmentRole.ASSIST, world.labour.id),
    ]  # fmt: skip


def test_any_number_of_units_and_people_assist(session, world):
    case = given(session, world)
    take(session, "assist", case, unit=world.labour)
    take(session, "assist", case, unit=world.east_unit)
    take(session, "assist", case, worker=world.mediator)
    assert len(orders.open_orders(session, case)) == 4


def test_the_lead_does_not_assist_itself(session, world):
    with pytest.raises(Refused, match="不能是同一个"):
        given(session, world, assist=world.justice)


def test_a_unit_is_not_given_the_same_matter_twice(session, world):
    case = given(session, world)
    with pytest.raises(Refused, match="司法所已有没反馈的交办"):
        take(session, "assist", case, unit=world.justice)


def test_a_new_lead_withdraws_everything_that_is_open(session, world):
    case = given(session, world, assist=world.east_unit)
    take(session, "assign", case, unit=world.labour)
    assert [o.unit_id for o in orders.open_orders(session, case)] == [world.labour.id]


def test_an_order_keeps_its_liaison_and_leader(session, world):
    order = the_order(session, given(session, world, liaison=world.clerk, leader=world.leader))
    assert (order.liaison_id, order.leader_id) == (world.clerk.id, world.leader.id)


def test_a_limit_in_working_days_is_counted_from_the_next_day(session, world):
    # Monday 2 March and three working days: Thursday.
    order = the_order(session, given(session, world, days=3))
    assert (order.due_on, order.due_reason) == (date(2026, 3, 5), "由交办人指定3个工作日，自2026-03-02的次日起算")


def test_a_limit_never_passes_that_of_the_whole_matter(session, world):
    order = the_order(session, given(session, world, days=60))
    assert (order.due_on, "不得晚于整件期限" in order.due_reason) == (date(2026, 4, 2), True)


def test_no_working_days_is_no_limit(session, world):
    with pytest.raises(Refused, match="请填1至250"):
        given(session, world, days=0)


def test_the_competent_unit_is_that_of_the_duty_catalogue(session, world):
    session.add(DispatchRule(category="dispute_category:02", lead_unit_id=world.labour.id))
    session.flush()
    case = given(session, world)
    assert (case.competent_unit_id, case.territory_unit_id) == (world.labour.id, world.east_unit.id)


def test_a_place_without_a_unit_needs_the_territorial_unit_named(session, world):
    case = case_flow.register(
        session, office(session), session.info["now"],
        **case_facts(world, area_id=world.west_neighborhood.id, household_id=None, occurred_on=None),
    )  # fmt: skip
    take(session, "accept", case)
    with pytest.raises(Refused, match="请选择属地单位"):
        take(session, "assign", case, unit=world.justice)
    take(session, "assign", case, unit=world.justice, territory=world.east_unit)
    assert case.territory_unit_id == world.east_unit.id


# ---- in-trays and answers ----------------------------------------------------------------


def test_an_order_lies_in_the_in_tray_of_the_unit_until_it_is_answered(session, world):
    case = given(session, world)
    before = in_tray(session, world.justice)
    take(session, "feed_back", case, feedback="已上门")
    assert (before, in_tray(session, world.justice)) == (["order"], [])


def test_an_order_withdrawn_leaves_the_in_tray(session, world):
    case = given(session, world)
    take(session, "assign", case, unit=world.labour)
    assert (in_tray(session, world.justice), in_tray(session, world.labour)) == ([], ["order"])


def test_an_assisting_unit_answers_without_moving_the_case(session, world):
    case = given(session, world, assist=world.labour)
    on_order(session, "answer", the_order(session, case, AssignmentRole.ASSIST), liaison(world.labour), feedback="已核实")
    assert (case.status, in_tray(session, world.labour)) == (CaseStatus.ASSIGNED, [])


def test_the_lead_answers_on_the_case(session, world):
    order = the_order(session, given(session, world))
    with pytest.raises(Refused, match="在案件页面办理"):
        on_order(session, "answer", order, liaison(world.justice), feedback="已核实")


def test_another_unit_does_not_answer(session, world):
    order = the_order(session, given(session, world, assist=world.labour), AssignmentRole.ASSIST)
    with pytest.raises(Refused, match="没有交办给您"):
        on_order(session, "answer", order, liaison(world.justice), feedback="我来说")


def test_a_unit_can_say_that_it_cannot_settle_it_alone(session, world):
    case = given(session, world)
    order = the_order(session, case)
    take(session, "feed_back", case, feedback="需要住建配合", is_beyond=True)
    assert order.is_beyond is True


def test_closing_takes_back_what_assisting_units_have_not_answered(session, world):
    from tests.services.cases.test_case_flow import CLOSING

    case = given(session, world, assist=world.labour)
    take(session, "feed_back", case, feedback="已谈妥")
    take(session, "close", case, **CLOSING)
    assert (orders.open_orders(session, case), in_tray(session, world.labour)) == ([], [])


# ---- objections (R11) --------------------------------------------------------------------


def objected(session, world, now=None, **answers):
    order = the_order(session, given(session, world))
    asked = {"reason": "属于劳动争议", "proposed_unit": world.labour} | answers
    on_order(session, "object", order, liaison(world.justice), now, **asked)
    return session.scalars(select(Objection)).one()


def decide(session, objection, verb):
    OBJECTION_FLOW.take(session, verb, objection, office(session), session.info["now"], decision="经核实")


def test_a_unit_objects_and_the_dispatcher_finds_it_in_the_in_tray(session, world):
    objected(session, world)
    assert session.scalars(select(Todo.permission).where(Todo.kind == "objection")).all() == ["case:dispatch"]


def test_the_fifth_working_day_is_the_last_to_object(session, world):
    # Given on Monday 2 March; the fifth working day after it is Monday 9 March.
    assert objected(session, world, datetime(2026, 3, 9, 8, tzinfo=UTC)).status is ObjectionState.OPEN


def test_after_the_fifth_working_day_nobody_objects(session, world):
    with pytest.raises(Refused, match="已过提出异议的期限2026-03-09"):
        objected(session, world, datetime(2026, 3, 10, 1, tzinfo=UTC))


def test_an_objection_names_another_unit(session, world):
    with pytest.raises(Refused, match="其他单位"):
        objected(session, world, proposed_unit=world.justice)


def test_an_objection_needs_a_reason(session, world):
    with pytest.raises(Refused) as no:
        objected(session, world, reason=" ")
    assert set(no.value.errors) == {"reason"}


def test_only_the_unit_itself_objects(session, world):
    order = the_order(session, given(session, world))
    with pytest.raises(Refused, match="只有被交办的单位"):
        on_order(session, "object", order, liaison(world.labour), reason="不归他们", proposed_unit=world.east_unit)


def test_one_objection_at_a_time(session, world):
    objection = objected(session, world)
    with pytest.raises(Refused, match="还在等裁定"):
        on_order(session, "object", objection.order, liaison(world.justice), reason="再提", proposed_unit=world.labour)


def test_an_accepted_objection_brings_the_case_back_into_the_tray(session, world):
    objection = objected(session, world)
    decide(session, objection, "accept")
    assert (objection.order.status, objection.case.status, in_tray(session, world.justice)) == (
        AssignmentStatus.RETURNED, CaseStatus.ACCEPTED, ["objection_decided"],
    )  # fmt: skip


def test_a_rejected_objection_changes_nothing_for_the_unit(session, world):
    objection = objected(session, world)
    decide(session, objection, "reject")
    assert (objection.order.status, objection.case.status, in_tray(session, world.justice)) == (
        AssignmentStatus.OPEN, CaseStatus.ASSIGNED, ["order", "objection_decided"],
    )  # fmt: skip


def test_what_was_decided_goes_once_the_unit_has_opened_it(session, world):
    decide(session, objected(session, world), "reject")
    line = session.scalars(select(Todo).where(Todo.kind == "objection_decided")).one()
    inbox.opened(session, line.id, liaison(world.labour), session.info["now"])
    assert line.settled_at is None and line.title.endswith("的分流异议被驳回，请按原期限办理")
    inbox.opened(session, line.id, liaison(world.justice), session.info["now"])
    assert in_tray(session, world.justice) == ["order"]


def test_what_was_decided_goes_with_the_end_of_the_matter(session, world):
    from tests.services.cases.test_case_flow import CLOSING

    objection = objected(session, world)
    decide(session, objection, "reject")
    take(session, "feed_back", objection.case, feedback="已谈妥")
    take(session, "close", objection.case, **CLOSING)
    assert in_tray(session, world.justice) == []


def test_a_unit_that_objected_rightly_is_not_proposed_again(session, world):
    objection = objected(session, world)
    decide(session, objection, "accept")
    world.mediator.unit_id = world.justice.id
    session.flush()
    [matter], force = takers.matters(session, [objection.case]), takers.force(session, date(2026, 3, 2))
    barred = {t.name: takers.fit(matter, t, force).barred for t in (force.units[world.justice.id], *force.mediators)}
    assert {name for name, why in barred.items() if why and "异议已成立" in why} == {"司法所", "戊调解"}


def test_who_hands_over_and_who_takes_over_stands_in_the_timeline_and_in_the_tray(session, world):
    case = given(session, world, worker=world.clerk)
    colleague = Staff(name="癸干部", unit_id=world.justice.id)
    session.add(colleague)
    session.flush()
    take(session, "hand_over", case, worker=colleague, note="材料在二号柜")
    last = session.scalars(select(CaseEvent.note).order_by(CaseEvent.number.desc())).first()
    line = session.scalars(select(Todo.title).where(Todo.worker_id == colleague.id)).one()
    assert last == "由丁干部移交给癸干部。材料在二号柜" and line.startswith("移交给您：")


def test_a_matter_is_not_handed_over_to_another_unit(session, world):
    case = given(session, world, worker=world.clerk)
    with pytest.raises(Refused, match="戊调解不是司法所的人。移交只在本单位内换人"):
        take(session, "hand_over", case, worker=world.mediator, note="请接手")


def test_a_matter_is_offered_to_colleagues_at_work_alone(session, world):
    case = given(session, world, worker=world.clerk)
    session.add_all(
        [Staff(name="癸干部", unit_id=world.justice.id), Staff(name="壬干部", unit_id=world.justice.id, is_active=False),
         Staff(name="辛干部", unit_id=world.east_unit.id)]
    )  # fmt: skip
    session.flush()
    offered = [worker.name for worker in case_moves.colleagues(session, case)]
    assert "癸干部" in offered and not {"丁干部", "壬干部", "辛干部", "戊调解"} & set(offered)


def test_a_matter_of_a_mediator_is_offered_to_the_same_committee_alone(session, world):
    case = given(session, world, unit=None, worker=world.mediator)
    other = Committee(name="另一调委会", kind=world.mediator.committee.kind)
    session.add(other)
    session.flush()
    world.part_timer.committee_id = other.id
    session.add(Mediator(name="子调解", committee_id=world.mediator.committee_id, employment=world.mediator.employment))
    session.flush()
    assert [worker.name for worker in case_moves.colleagues(session, case)] == ["子调解"]


def test_a_matter_is_not_offered_to_whom_it_accuses(session, world):
    case = given(session, world, worker=world.clerk)
    colleague = Staff(name="癸干部", unit_id=world.justice.id)
    session.add(colleague)
    session.flush()
    case.accused_worker_id = colleague.id
    assert colleague not in case_moves.colleagues(session, case)


def test_a_decision_leaves_the_dispatchers_in_tray_and_stands_in_the_timeline(session, world):
    objection = objected(session, world)
    decide(session, objection, "reject")
    left = session.scalars(select(Todo).where(Todo.kind == "objection", Todo.settled_at.is_(None))).all()
    last = session.scalars(select(CaseEvent.label).order_by(CaseEvent.number.desc())).first()
    assert (left, last) == ([], "驳回异议（司法所）")


def test_two_rejected_objections_within_a_year_show_at_the_unit(session, world):
    for _ in range(2):
        objection = objected_again(session, world)
        decide(session, objection, "reject")
    counts = objections_of(session, world.justice, date(2026, 3, 2))
    assert (counts, shirks(counts)) == ({ObjectionState.REJECTED: 2}, True)


def objected_again(session, world) -> Objection:
    order = the_order(session, given(session, world))
    on_order(session, "object", order, liaison(world.justice), reason="不属本单位", proposed_unit=world.labour)
    return session.scalars(select(Objection).where(Objection.order_id == order.id)).one()


def test_one_rejected_objection_does_not(session, world):
    assert not shirks({ObjectionState.REJECTED: 1, ObjectionState.ACCEPTED: 5})


# ---- taking back and rating --------------------------------------------------------------


def test_taking_back_the_lead_brings_the_case_back_into_the_tray(session, world):
    case = given(session, world, assist=world.labour)
    on_order(session, "take_back", the_order(session, case), reason="分错了")
    assert (case.status, orders.open_orders(session, case)) == (CaseStatus.ACCEPTED, [])


def test_taking_back_an_assisting_unit_leaves_the_lead(session, world):
    case = given(session, world, assist=world.labour)
    on_order(session, "take_back", the_order(session, case, AssignmentRole.ASSIST), reason="不需要了")
    assert (case.status, [o.unit_id for o in orders.open_orders(session, case)]) == (CaseStatus.ASSIGNED, [world.justice.id])


def answered(session, world) -> Assignment:
    case = given(session, world)
    order = the_order(session, case)
    take(session, "feed_back", case, feedback="已谈妥")
    return order


def test_a_rating_keeps_who_gave_it_and_when(session, world):
    order = answered(session, world)
    on_order(session, "rate", order, rating=UnitRating.GOOD)
    assert (order.rating, order.rated_at, ratings_of(session, world.justice)) == (
        UnitRating.GOOD, session.info["now"], [(UnitRating.GOOD, 1)],
    )  # fmt: skip


def test_a_poor_rating_says_why(session, world):
    with pytest.raises(Refused, match="差在哪里"):
        on_order(session, "rate", answered(session, world), rating=UnitRating.POOR)


def test_a_unit_that_was_not_rated_has_no_rating(session, world):
    answered(session, world)
    assert ratings_of(session, world.justice) == []


# ---- who may divert on which day (R19) ---------------------------------------------------


def on_duty(session, world, actor_worker) -> None:
    session.add(DutyDay(duty_on=date(2026, 3, 2), leader_id=world.leader.id))
    session.flush()
    now = session.info["now"]
    case = case_flow.register(session, office(session), now, **case_facts(world, occurred_on=None))
    take(session, "accept", case)
    dispatcher = access.Actor(None, "某", "430181002", frozenset({Permission.CASE_DISPATCH.value}), worker_id=actor_worker)
    take(session, "assign", case, dispatcher, unit=world.justice)


def test_the_leader_of_the_day_diverts(session, world):
    on_duty(session, world, world.leader.id)
    assert session.scalars(select(Assignment.unit_id)).all() == [world.justice.id]


def test_another_leader_does_not_divert_today(session, world):
    with pytest.raises(Refused, match="今天的带班领导是丙领导"):
        on_duty(session, world, world.clerk.id)
