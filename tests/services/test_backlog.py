"""The figures in the menu: what waits, counted no further than the cap."""

from __future__ import annotations

from datetime import date

import pytest

from models.agreement import ResponsibilityAgreement
from models.case import Case
from models.codes import AgreementStatus, CaseOutcome, CaseStatus
from services import access, backlog
from services.access import Actor, Permission
from tests.conftest import NOW, SUBDISTRICT
from tests.support.builders import build_chief, build_world, raw_case


@pytest.fixture
def world(session):
    return build_world(session)


def asking(session, *permissions, **facts) -> Actor:
    actor = Actor("u", "某人", SUBDISTRICT, frozenset(p.value for p in permissions), is_scoped=False, **facts)
    access.bind(session, actor, NOW)
    return actor


def told(session, waiting: backlog.Waiting) -> backlog.Backlog:
    return backlog.Questions({"one": waiting}, session.info["actor"]).answers(session)["one"]


def test_registered_and_accepted_cases_wait_for_dispatch(session, world):
    raw_case(session, world, case_no="一号")
    raw_case(session, world, case_no="二号", status=CaseStatus.ACCEPTED)
    raw_case(session, world, case_no="三号", status=CaseStatus.FED_BACK)
    assert told(session, backlog.to_dispatch()).sentence == "2件待分流"


def test_a_backlog_beyond_the_cap_says_so(session, world, monkeypatch):
    monkeypatch.setattr(backlog, "CAP", 1)
    for number in range(3):
        raw_case(session, world, case_no=f"{number}号")
    waiting = told(session, backlog.to_dispatch())
    assert (waiting.count, waiting.figure, waiting.sentence) == (2, "1+", "超过1件待分流")


def test_a_handler_counts_the_own_open_cases(session, world):
    raw_case(session, world, case_no="我的", handler_id=world.mediator.id)
    raw_case(session, world, case_no="别人的", handler_id=world.part_timer.id)
    raw_case(
        session, world, case_no="办完的", handler_id=world.mediator.id, status=CaseStatus.CLOSED,
        outcome=next(iter(CaseOutcome)), closed_at=NOW,
    )  # fmt: skip
    assert told(session, backlog.cases_of(asking(session, worker_id=world.mediator.id))).sentence == "1件由我办理"


def test_a_department_counts_the_open_cases_it_leads(session, world):
    raw_case(session, world, lead_unit_id=world.justice.id)
    assert told(session, backlog.cases_of(asking(session, unit_id=world.justice.id))).count == 1


def test_who_dispatches_counts_what_waits_to_be_closed(session, world):
    raw_case(session, world, status=CaseStatus.FED_BACK)
    assert told(session, backlog.cases_of(asking(session, Permission.CASE_DISPATCH))).sentence == "1件待办结"


def test_who_has_no_cases_of_an_own_gets_no_figure(session, world):
    assert backlog.cases_of(asking(session)) is None


def test_an_agreement_is_late_from_the_day_after_its_day(session, world):
    session.add(
        ResponsibilityAgreement(
            year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 3, 31),
            title="责任书", status=AgreementStatus.DRAFT,
        )
    )  # fmt: skip
    session.flush()
    late = [told(session, backlog.unsigned(day)).count for day in (date(2026, 3, 31), date(2026, 4, 1))]
    assert late == [0, 1]


def test_a_neighbourhood_with_a_chief_is_not_counted(session, world):
    before = told(session, backlog.without_chief()).count
    build_chief(session, world.east_neighborhood)
    assert (before, told(session, backlog.without_chief()).count) == (2, 1)


def test_figures_are_of_the_rows_one_may_see(session, world):
    raw_case(session, world)
    western = Actor("u", "某人", SUBDISTRICT, area_code=world.west.code, is_scoped=True)
    access.bind(session, western, NOW)
    assert told(session, backlog.to_dispatch()).count == 0 and session.query(Case).count() == 0
