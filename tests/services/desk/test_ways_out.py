"""The ways out of the tray: who is offered, why, and who must not have it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from benchmarks.measure import counting
from models.codes import CaseKind, CaseOutcome, Closeness, CaseStatus, MatterLevel, UnitKind
from models.department import DispatchRule, Unit
from models.mediation import Mediator
from models.recusal import Recusal
from services.desk import presence, ways_out
from tests.support.builders import build_chief, build_user, build_world, raw_case, raw_party


@pytest.fixture
def world(session):
    return build_world(session)


def ways(session, case) -> dict[str, tuple[str, ...]]:
    return {way.title: way.why for way in ways_out.of(session, case, session.info["now"])[0]}


def rule(session, world, **facts):
    session.add(DispatchRule(**({"category": "dispute_category:02", "lead_unit_id": world.justice.id, "basis": "民法典"} | facts)))
    session.flush()


def test_the_unit_of_the_duty_catalogue_says_by_which_line(session, world):
    rule(session, world)
    assert ways(session, raw_case(session, world))["交 司法所"] == ("分流目录：“邻里”由它牵头", "民法典", "在办0件")


def test_the_assisting_unit_of_the_catalogue_comes_with_the_lead(session, world):
    rule(session, world, assisting_unit_id=world.east_unit.id)
    way = next(w for w in ways_out.of(session, raw_case(session, world), session.info["now"])[0] if w.title == "交 司法所")
    assert (way.answers["assist"], way.detail) == (world.east_unit.id, "职能部门牵头，东里社区居委会协办")


def test_the_community_of_the_place_answers_for_its_territory(session, world):
    assert ways(session, raw_case(session, world))["交 东里社区居委会"][0] == "事发地在本村社区，属地负责"


def test_a_mediator_is_offered_with_skill_place_load_and_past_results(session, world):
    assert ways(session, raw_case(session, world))["交 戊调解"] == (
        "专长“邻里”", "本村社区调委会", "在办0件", "近一年还没有办结的",
    )  # fmt: skip


def test_past_results_are_those_of_the_last_year(session, world):
    now = session.info["now"]
    for number, outcome in enumerate((CaseOutcome.RESOLVED, CaseOutcome.EXPLAINED)):
        raw_case(
            session, world, case_no=f"旧{number}", handler_id=world.mediator.id, status=CaseStatus.CLOSED, outcome=outcome,
            closed_at=now, household_id=None,
        )  # fmt: skip
    assert ways(session, raw_case(session, world))["交 戊调解"][-1] == "近一年办结2件，其中解决1件"


def test_whoever_handled_this_household_before_is_named_so(session, world):
    raw_case(session, world, case_no="旧", handler_id=world.mediator.id)
    assert "办过这户以前的事" in ways(session, raw_case(session, world))["交 戊调解"]


def test_a_party_is_not_offered_its_own_matter_and_the_reason_is_told(session, world):
    case = raw_case(session, world)
    raw_party(session, case, mobile=world.mediator.mobile)
    found, barred = ways_out.of(session, case, session.info["now"])
    assert ("交 戊调解" in {w.title for w in found}, barred) == (False, ["戊调解：是本案当事人（联系电话相同），应当回避"])


def recused(session, worker, **facts) -> None:
    session.add(Recusal(worker_id=worker.id, closeness=Closeness.KIN, reason="亲戚", declared_at=session.info["now"], **facts))
    session.flush()


def test_whoever_declared_a_recusal_for_the_case_is_not_offered(session, world):
    case = raw_case(session, world)
    recused(session, world.mediator, case_id=case.id)
    assert ways_out.of(session, case, session.info["now"])[1] == [f"戊调解：已申报回避：{Closeness.KIN.label}"]


def test_whoever_declared_kinship_with_a_party_is_not_offered(session, world):
    case = raw_case(session, world)
    raw_party(session, case, name="甲某某")
    recused(session, world.mediator, person_name="甲某某")
    assert "交 戊调解" not in ways(session, case)


def test_a_namesake_with_another_phone_bars_nobody(session, world):
    case = raw_case(session, world)
    raw_party(session, case, name="甲某某", mobile="13800000001")
    recused(session, world.mediator, person_name="甲某某", person_mobile="13800000088")
    assert "交 戊调解" in ways(session, case)


def test_whoever_lives_with_a_party_is_not_offered(session, world):
    case = raw_case(session, world)
    raw_party(session, case, household_id=world.east_household.id, mobile=None)
    world.mediator.mobile = world.east_household.mobile
    session.flush()
    assert ways_out.of(session, case, session.info["now"])[1] == ["戊调解：与当事人同住一户，应当回避"]


def test_a_mediator_whose_term_is_over_is_not_offered(session, world):
    world.mediator.term_ends_on = date(2026, 3, 1)
    session.flush()
    assert "交 戊调解" not in ways(session, raw_case(session, world))


def test_the_chief_who_serves_the_household_is_asked_through_the_community(session, world):
    build_chief(session, world.east_neighborhood)
    way = next(w for w in ways_out.of(session, raw_case(session, world), session.info["now"])[0] if w.kind == "chief")
    assert (way.title, way.answers["unit"]) == ("请邻长 壬邻长", world.east_unit.id)


def test_a_hard_matter_asks_for_a_team_first(session, world):
    found, _ = ways_out.of(session, raw_case(session, world, level=MatterLevel.HARD), session.info["now"])
    assert (found[0].title, found[0].leads_to) == ("组建“3+X”专班", "team")


def test_a_unit_outside_is_whistled_for(session, world):
    court = Unit(name="人民法院", kind=UnitKind.EXTERNAL)
    session.add(court)
    session.flush()
    rule(session, world, assisting_unit_id=court.id)
    assert "吹哨 人民法院" in ways(session, raw_case(session, world))


def test_a_petition_is_not_offered_to_mediators(session, world):
    titles = ways(session, raw_case(session, world, kind=CaseKind.PETITION, people_count=1))
    assert "交 戊调解" not in titles


def test_an_order_is_due_by_the_office_s_term_but_never_after_the_whole_matter(session, world):
    # Five working days after Monday 2 March are Monday 9 March; the matter itself ends on the 4th.
    free, tight = raw_case(session, world), raw_case(session, world, case_no="急", due_on=date(2026, 3, 4))
    assert [ways_out.due(session, case, session.info["now"]).on for case in (free, tight)] == [date(2026, 3, 9), date(2026, 3, 4)]


def test_at_most_nine_ways_are_shown(session, world):
    assert len(ways_out.of(session, raw_case(session, world), session.info["now"])[0]) <= 9


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_more_mediators_take_no_more_statements(session, world):
    case = raw_case(session, world)
    ways(session, case)
    session.expire_all()
    with counting() as few:
        ways(session, case)
    session.add_all([
        Mediator(name=f"人{n}", committee_id=world.mediator.committee_id, employment=world.mediator.employment) for n in range(40)
    ])
    session.flush()
    session.expire_all()
    with counting() as many:
        ways(session, case)
    assert (many[0] - few[0], few[0] <= 28) == (0, True)


# ---- two people at one matter ------------------------------------------------------------


def looking(session, minutes: int) -> list[str]:
    """Whom a second person sees, so many minutes after the first opened the matter."""
    now = session.info["now"]
    world = build_world(session)
    case = raw_case(session, world)
    first, second = (build_user(session, name, []) for name in ("first", "second"))
    presence.sign(session, case, _actor(first), now)
    return [name for name, _ in presence.others(session, case, _actor(second), now + timedelta(minutes=minutes))]


def _actor(user):
    from services import access

    return access.Actor(user.id, user.name, "430181002", is_scoped=False)


def test_the_second_person_sees_who_has_the_matter_open(session):
    assert len(looking(session, 2)) == 1


def test_a_sign_fades_after_three_minutes(session):
    assert looking(session, 4) == []


def test_a_person_has_one_matter_open_at_a_time(session, world):
    now, (one, other) = session.info["now"], (raw_case(session, world), raw_case(session, world, case_no="二"))
    first, second = (_actor(build_user(session, name, [])) for name in ("first", "second"))
    presence.sign(session, one, first, now)
    presence.sign(session, other, first, now)
    assert [len(presence.others(session, case, second, now)) for case in (one, other)] == [0, 1]
