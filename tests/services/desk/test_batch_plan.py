"""The proposed plan for the whole tray: rules kept, load balanced, cheaper than taking one by one."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from models.codes import CaseKind, Employment, Urgency
from services.desk import batch_plan
from services.desk.takers import Force, Matter, Taker, fit

TODAY = date(2026, 3, 2)
EAST, WEST, STREET = "430181002001", "430181002002", "430181002"


def mediator(key: str, area: str = EAST, load: int = 0, skills: str = "", capacity: int = 10, **more) -> Taker:
    return Taker(key, f"{key}某", "调解员", False, load, capacity, area, skills, employment=Employment.PART_TIME, **more)


def matter(key: str, area: str = EAST, urgency: Urgency = Urgency.NORMAL, kind: CaseKind = CaseKind.DISPUTE, **more) -> Matter:
    return Matter(key, key, "事", kind, "dispute_category:02.01", urgency, f"{area}.001.001.001", None, 1, **more)


def force(*people: Taker, units: tuple[Taker, ...] = (), lead: str | None = None, territory: dict | None = None) -> Force:
    rules = {"dispute_category:02": SimpleNamespace(category="dispute_category:02", lead_unit_id=lead, basis=None)} if lead else {}
    words = {"dispute_category:02": "邻里", "dispute_category:02.01": "相邻用水排水"}
    return Force(people, {u.id: u for u in units}, rules, territory or {}, words, TODAY, STREET)


def given(plan: batch_plan.Plan) -> dict[str, str | None]:
    return {line.matter.id: line.taker and line.taker.id for line in plan.lines}


def test_two_matters_are_shared_by_two_equal_mediators():
    plan = batch_plan.propose([matter("一"), matter("二")], force(mediator("甲"), mediator("乙")))
    assert sorted(given(plan).values()) == ["乙", "甲"]


def test_the_cost_of_a_plan_is_what_the_objective_says():
    # A local part-time mediator has 25 + 30 of 100 points; the first of ten places costs 60 × 1/10.
    plan = batch_plan.propose([matter("一")], force(mediator("甲")))
    assert plan.cost == pytest.approx(45 + 6)


def test_an_urgent_matter_stands_first_in_the_queue():
    # One mediator, two places: 60 × (1 × 2/10 + 2 × 1/10) is less than the other way round.
    plan = batch_plan.propose([matter("一"), matter("二", urgency=Urgency.CRITICAL)], force(mediator("甲")))
    assert plan.cost == pytest.approx(45 * 2 + 60 * 0.4)


def test_a_mediator_with_the_skill_is_preferred():
    plan = batch_plan.propose([matter("一")], force(mediator("甲"), mediator("乙", skills="邻里、婚姻")))
    assert given(plan) == {"一": "乙"}


def test_load_outweighs_skill_when_somebody_is_almost_full():
    # Skill is worth 25 points; nine matters more in hand cost 60 × 9/10 = 54.
    plan = batch_plan.propose([matter("一")], force(mediator("甲"), mediator("乙", skills="邻里", load=9)))
    assert given(plan) == {"一": "甲"}


def test_nobody_is_given_more_than_fits():
    plan = batch_plan.propose([matter(str(i)) for i in range(5)], force(mediator("甲", load=8)))
    assert sorted(given(plan).values(), key=str) == [None, None, None, "甲", "甲"]


def test_a_matter_nobody_may_have_says_so():
    plan = batch_plan.propose([matter("一", WEST)], force(mediator("甲")))
    assert (plan.lines[0].taker, plan.lines[0].why) == (None, ("没有合适又有余力的承办人，请单独办理",))


@pytest.mark.parametrize(("person", "of", "reason"), [
    (mediator("甲", mobile="13800000001"), matter("一", mobiles=frozenset({"13800000001"})), "应当回避"),
    (mediator("甲", area=WEST), matter("一"), "不在事发村社区"),
    (mediator("甲", term_ends_on=date(2026, 3, 1)), matter("一"), "聘期已于2026-03-01届满"),
    (mediator("甲", load=10), matter("一"), "在办10件，已满"),
    (mediator("甲"), matter("一", kind=CaseKind.PETITION), "不交调解员"),
])  # fmt: skip
def test_a_hard_rule_bars(person, of, reason):
    assert reason in fit(of, person, force(person)).barred


def test_a_term_that_ends_today_does_not_bar():
    person = mediator("甲", term_ends_on=TODAY)
    assert fit(matter("一"), person, force(person)).barred is None


def test_a_petition_goes_to_the_unit_of_the_duty_catalogue():
    units = (Taker("所", "司法所", "职能部门", True, 0, 80), Taker("居", "居委会", "村社区", True, 0, 80))
    plan = batch_plan.propose([matter("一", kind=CaseKind.PETITION)], force(units=units, lead="所", territory={EAST: "居"}))
    assert given(plan) == {"一": "所"}


def test_a_unit_complained_about_does_not_get_the_matter():
    unit = Taker("所", "司法所", "职能部门", True, 0, 80)
    assert "应当回避" in fit(matter("一", barred_unit="所"), unit, force(units=(unit,), lead="所")).barred


def test_taking_one_by_one_leaves_a_matter_over_that_the_plan_places():
    # 甲 has one place (45 + 60), 丙 of the street the last of ten (65 + 60) and may not have the second matter.
    matters = [matter("一"), matter("二", mobiles=frozenset({"13800000009"}))]
    people = (mediator("甲", capacity=1), mediator("丙", area=STREET, load=9, mobile="13800000009"))
    plan, greedy = (work(matters, force(*people)) for work in (batch_plan.propose, batch_plan.greedy))
    assert (given(plan), given(greedy)) == ({"一": "丙", "二": "甲"}, {"一": "甲", "二": None})


def test_the_load_is_told_before_and_after():
    plan = batch_plan.propose([matter("一"), matter("二")], force(mediator("甲", load=3)))
    assert [(load.taker.id, load.before, load.after) for load in plan.loads] == [("甲", 3, 5)]


def test_an_empty_tray_gives_an_empty_plan():
    assert batch_plan.propose([], force(mediator("甲"))).lines == []
