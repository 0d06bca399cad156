"""Rules of early warning: what each counts, from how many on, and where."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from models.case_codes import DeclineReason
from models.case import CaseEvent
from models.codes import AreaKind, CaseStatus, WarningKind
from models.warning import WarningRule
from services.cases.early_warnings import hits, of_case
from tests.support.builders import build_world, raw_case, raw_party


@pytest.fixture
def world(session):
    return build_world(session)


def rule(session, kind: WarningKind, least: int = 2, days: int = 30, **facts) -> WarningRule:
    row = WarningRule(name=kind.label, kind=kind, least=least, days=days, **facts)
    session.add(row)
    session.flush()
    return row


def matters(session, world, count: int, **facts):
    return [raw_case(session, world, case_no=f"{facts.get('subject', '事')}{n}", **facts) for n in range(count)]


def found(session, row: WarningRule, case=None):
    return hits(session, row, session.info["now"], case)


def near(session) -> WarningRule:
    return rule(session, WarningKind.CLUSTER, place=AreaKind.NEIGHBORHOOD)


def test_two_matters_of_one_kind_in_one_neighbourhood_are_a_cluster(session, world):
    matters(session, world, 2)
    [hit] = found(session, near(session))
    assert (hit.what, hit.count) == ("东里社区/第1片/第1组/第1邻：邻里", 2)


def test_the_figure_says_how_it_was_counted(session, world):
    matters(session, world, 2)
    assert found(session, near(session))[0].how == "2026-02-01至2026-03-02（30天）收到的“邻里”类事项2件，达到2件"


def test_a_hit_leads_to_its_rows(session, world):
    matters(session, world, 2)
    assert found(session, near(session))[0].query == {
        "area": world.east_neighborhood.id, "category": "dispute_category:02", "received_on__from": "2026-02-01",
        "received_on__to": "2026-03-02",
    }  # fmt: skip


def test_items_of_a_group_count_together(session, world):
    matters(session, world, 1)
    matters(session, world, 1, category="dispute_category:02.01", subject="排水")
    assert [hit.count for hit in found(session, near(session))] == [2]


def test_one_matter_is_no_cluster(session, world):
    matters(session, world, 1)
    assert found(session, near(session)) == []


def test_matters_of_different_kinds_are_no_cluster(session, world):
    matters(session, world, 1)
    matters(session, world, 1, category="dispute_category:10", subject="欠薪")
    assert found(session, near(session)) == []


def test_matters_of_different_places_are_no_cluster(session, world):
    matters(session, world, 1)
    matters(session, world, 1, area_id=world.west_neighborhood.id, household_id=None, subject="西")
    assert found(session, near(session)) == []


def test_a_matter_before_the_window_does_not_count(session, world):
    matters(session, world, 1)
    matters(session, world, 1, received_on=date(2026, 1, 31), subject="旧")
    assert found(session, near(session)) == []


def test_a_rule_of_another_category_finds_nothing(session, world):
    matters(session, world, 2)
    row = rule(session, WarningKind.CLUSTER, place=AreaKind.NEIGHBORHOOD, category="dispute_category:10")
    assert found(session, row) == []


def test_a_cluster_needs_a_level_of_place(session, world):
    with pytest.raises(IntegrityError), session.begin_nested():
        rule(session, WarningKind.CLUSTER)


def test_a_matter_of_five_people_by_what_was_entered(session, world):
    [case] = matters(session, world, 1, people_count=5)
    [hit] = found(session, rule(session, WarningKind.CROWD, least=5))
    assert (hit.case_id, hit.count, hit.how) == (case.id, 5, "填报的涉及人数5人，达到5人")


def test_a_matter_of_many_people_by_its_parties(session, world):
    [case] = matters(session, world, 1)
    for name in ("子某某", "丑某某", "寅某某"):
        raw_party(session, case, name=name)
    assert found(session, rule(session, WarningKind.CROWD, least=3))[0].how == "登记的当事人3人，达到3人"


def test_a_matter_of_four_people_is_no_crowd(session, world):
    matters(session, world, 1, people_count=4)
    assert found(session, rule(session, WarningKind.CROWD, least=5)) == []


def idle_for(session, world, days: int, status: CaseStatus = CaseStatus.ACCEPTED):
    [case] = matters(session, world, 1)
    case.registered_at = session.info["now"] - timedelta(days=days)
    case.status = status
    case.decline_reason = next(iter(DeclineReason)) if status is CaseStatus.DECLINED else None
    session.add(CaseEvent(
        case_id=case.id, number=1, verb="register", label="登记", status_after=CaseStatus.REGISTERED,
        happened_at=case.registered_at, user_name="某",
    ))  # fmt: skip
    session.flush()
    return case


def test_ten_days_without_a_step_are_idle(session, world):
    case = idle_for(session, world, 10)
    [hit] = found(session, rule(session, WarningKind.IDLE, least=1, days=10))
    assert (hit.case_id, hit.how) == (case.id, "最近一次办理是2026-02-20，已10天没有新进展，达到10天")


def test_nine_days_are_not(session, world):
    idle_for(session, world, 9)
    assert found(session, rule(session, WarningKind.IDLE, least=1, days=10)) == []


def test_a_declined_matter_is_never_idle(session, world):
    idle_for(session, world, 20, CaseStatus.DECLINED)
    assert found(session, rule(session, WarningKind.IDLE, least=1, days=10)) == []


def test_the_third_matter_of_a_household_is_a_return(session, world):
    matters(session, world, 3)
    [hit] = found(session, rule(session, WarningKind.RETURN, least=3, days=180))
    assert (hit.what, hit.count) == ("东里社区1号：邻里", 3)


def test_two_matters_of_a_household_are_no_third_return(session, world):
    matters(session, world, 2)
    assert found(session, rule(session, WarningKind.RETURN, least=3, days=180)) == []


def test_a_hit_names_no_person(session, world):
    for case in matters(session, world, 3, people_count=9):
        raw_party(session, case)
    rows = [near(session), rule(session, WarningKind.RETURN), rule(session, WarningKind.CROWD)]
    said = "".join(hit.what + hit.how for row in rows for hit in found(session, row))
    assert "甲某某" not in said


def test_a_matter_shows_the_warnings_of_its_own_place_only(session, world):
    east = matters(session, world, 2)
    west = matters(session, world, 1, area_id=world.west_neighborhood.id, household_id=None, subject="西")
    near(session)
    assert [len(of_case(session, case, session.info["now"])) for case in (east[0], west[0])] == [1, 0]


def test_a_rule_switched_off_says_nothing(session, world):
    [case, _] = matters(session, world, 2)
    near(session).is_active = False
    session.flush()
    assert of_case(session, case, session.info["now"]) == []
