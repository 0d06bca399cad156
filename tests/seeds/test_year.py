"""The year of cases of a small place: every rule held, something of everything, the same for the same number.

小河乡 has 5 of the 15 communities of the model place, so a third of its cases: 61 disputes of 182.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import Entity, entities
from models.appeal import Appeal
from models.case import Assignment, Case, CaseEvent, CaseParty, Objection
from models.codes import (
    OVER_STATES, AppealStatus, AreaKind, AssignmentStatus, CaseKind, CaseStatus, ReportStatus, Tier5, UrgeStatus,
)  # fmt: skip
from models.follow_up import FollowUp
from models.household import Household
from models.mediation import Committee
from models.mediation_codes import AgreementState, ConfirmationState, FollowUpState, Performance
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from models.supervision import Supervision
from models.team import Team
from models.urge import Urge
from models.user import User
from models.whistle import WhistleTarget
from seeds.accounts import create_accounts
from seeds.base import load_base
from seeds.plan import Planner
from seeds.public import build_public
from seeds.street import build_street
from services.cases import early_warnings
from services.mediation import follow_ups
from services.paperwork import papers
from services.due_dates import calendar, local_day
from services.mediation.follow_ups import _handlers
from tests.support.seeded import NOW, SMALL, TODAY, Place, areas, count

OVER = Case.status.in_(OVER_STATES)


@pytest.mark.parametrize(("kind", "number"), [(CaseKind.DISPUTE, 61), (CaseKind.PETITION, 9), (CaseKind.APPEAL, 20)])
def test_a_third_of_the_cases_of_the_model_place_ended_within_the_year(year, kind, number):
    assert count(year, Case, OVER, Case.kind == kind, Case.closed_at > NOW - timedelta(days=365)) == number


def test_no_more_cases_are_over_than_those(year):
    assert count(year, Case, OVER) == 61 + 9 + 20


def test_the_parties_of_every_closed_case_were_informed(year):
    assert count(year, Case, OVER, Case.is_informed.is_not(True)) == 0


def test_every_closed_case_was_closed_in_time(year):
    assert [c.case_no for c in year.scalars(select(Case).where(OVER)) if c.closed_at.date() > c.due_on] == []


def test_cases_are_open_in_every_state(year):
    found = Counter(year.scalars(select(Case.status)))
    assert set(found) == set(CaseStatus)
    assert 50 <= sum(found[state] for state in set(CaseStatus) - OVER_STATES) <= 60


def test_a_few_open_cases_are_overdue_and_a_few_fall_due_soon(year):
    given = Case.status == CaseStatus.ASSIGNED
    late = count(year, Case, given, Case.due_on < TODAY)
    soon = count(year, Case, given, Case.due_on >= TODAY, Case.due_on <= TODAY + timedelta(days=3))
    assert (late, soon) == (6, 4)


def test_14_cases_have_a_team(year):
    assert count(year, Team) == 14


def test_each_case_began_with_its_registration_and_events_follow_in_time(year):
    told = {}
    for event in year.scalars(select(CaseEvent).order_by(CaseEvent.case_id, CaseEvent.number)):
        told.setdefault(event.case_id, []).append(event)
    assert len(told) == count(year, Case)
    for events in told.values():
        times = [e.happened_at for e in events]
        assert (events[0].verb, times) == ("register", sorted(times))


def test_nothing_happened_outside_working_days_or_in_the_future(year):
    known = calendar(year)
    local = [at + timedelta(hours=8) for at in year.scalars(select(CaseEvent.happened_at))]
    assert [at for at in local if not known.is_workday(at.date()) or not 8 <= at.hour < 18] == []
    assert max(local) <= NOW + timedelta(hours=8)


def test_case_numbers_follow_the_time_of_registration(year):
    lines = year.execute(select(Case.registered_at, Case.case_no).order_by(Case.registered_at))
    found = [number for _, number in lines]
    assert found == sorted(found) and found[0].startswith("小河〔2025〕")


def test_every_case_has_an_applicant_but_those_that_somebody_told_without_a_name(year):
    nameless = count(year, Appeal, Appeal.case_id.is_not(None), Appeal.name.is_(None))
    assert year.scalar(select(func.count(CaseParty.case_id.distinct()))) == count(year, Case) - nameless


def test_subjects_and_summaries_vary(year):
    subjects = year.scalar(select(func.count(Case.subject.distinct())))
    summaries = year.scalar(select(func.count(Case.summary.distinct())))
    assert (subjects > 90, summaries > 120) == (True, True)


def test_no_words_are_left_unfilled(year):
    lines = year.execute(select(Case.subject, Case.summary, Case.result, Case.place)).all()
    assert [line for line in lines if re.search(r"[{}|]|None|被被|漏漏", " ".join(w or "" for w in line))] == []


def test_the_accounts_of_mediator_and_department_have_work_waiting(year):
    users = {u.username: u for u in year.scalars(select(User))}
    waiting = Assignment.status == AssignmentStatus.OPEN
    mine = count(year, Assignment, waiting, Assignment.worker_id == users["tiaojie"].worker_id)
    ours = count(year, Assignment, waiting, Assignment.unit_id == users["bumen"].unit_id)
    assert (mine >= 3, ours >= 2) == (True, True)


# ---- what goes on beside and after ------------------------------------------------------


def states(session, column) -> set:
    return set(session.scalars(select(column).distinct()))


def test_no_list_of_matters_or_appeals_is_empty(year):
    shown = [e for e in entities() if issubclass(e, Entity) and e.__in_menu__ and e.__group__.label in ("解纷", "督导", "诉求", "法治")]
    assert len(shown) > 15
    assert [e.__label__ for e in shown if not count(year, e)] == []


def test_agreements_are_kept_broken_and_still_in_effect(year):
    assert {AgreementState.EFFECTIVE, AgreementState.PERFORMED, AgreementState.BREACHED} <= states(year, MediationAgreement.status)


def test_every_agreement_in_effect_says_who_does_what(year):
    assert count(year, MediationAgreement) == year.scalar(select(func.count(AgreementItem.agreement_id.distinct()))) > 20


def test_an_item_is_paid_in_part(year):
    assert count(year, AgreementItem, AgreementItem.performance == Performance.PARTLY) >= 1


def test_the_court_confirmed_and_one_application_came_too_late(year):
    assert {ConfirmationState.CONFIRMED, ConfirmationState.LAPSED} <= states(year, Confirmation.status)


def test_units_were_whistled_for_came_and_are_still_waited_for(year):
    assert {ReportStatus.BLOWN, ReportStatus.ARRIVED, ReportStatus.DONE, ReportStatus.CONFIRMED} <= states(year, WhistleTarget.status)


def test_urges_of_an_agent_were_answered_and_wait(year):
    by_hand = Counter(year.scalars(select(Urge.status).where(Urge.agent_id.is_not(None))))
    assert by_hand[UrgeStatus.ANSWERED] >= 3 and by_hand[UrgeStatus.OPEN] >= 1


def test_the_last_night_urged_whoever_is_late(year):
    assert count(year, Urge, Urge.agent_id.is_(None)) >= 6


def test_cards_of_every_colour_were_shown(year):
    assert len(states(year, Supervision.card)) == 3


def test_an_objection_was_rejected_and_one_waits(year):
    assert len(states(year, Objection.status)) == 2


def test_somebody_else_than_the_handlers_asked_how_it_went(year):
    done = year.scalars(select(FollowUp).where(FollowUp.status == FollowUpState.DONE)).all()
    workers = dict(year.execute(select(User.id, User.worker_id)).all())
    assert len(done) > 50 and [f.id for f in done if workers[f.caller_id] in _handlers(year, f.case_id)] == []


def test_some_are_not_reached_and_who_said_nothing_is_in_no_rate(year):
    rates = follow_ups.rates(year)
    rated, done = rates["参评率"]
    assert rates["满意率"][1] == rated < done < rates["回访率"][1]


def test_a_dossier_in_the_archive_lacks_nothing(year):
    archived = year.scalars(select(Case).where(Case.status == CaseStatus.ARCHIVED, Case.kind != CaseKind.APPEAL)).all()
    assert len(archived) >= 5 and [c.case_no for c in archived if papers.missing(year, c)] == []


def test_appeals_lie_at_nearly_every_rung(year):
    waiting = states(year, Appeal.tier)
    assert {Tier5.NEIGHBORHOOD, Tier5.GROUP, Tier5.COMMUNITY, Tier5.SUBDISTRICT} <= waiting


def test_appeals_ended_in_many_ways_and_some_are_not_rated(year):
    ended = states(year, Appeal.status)
    assert {AppealStatus.SOLVED, AppealStatus.CLOSED, AppealStatus.CONVERTED, AppealStatus.REDIRECTED, AppealStatus.TAKEN} <= ended
    assert count(year, Appeal, Appeal.status == AppealStatus.SOLVED, Appeal.satisfaction.is_(None)) >= 1


def test_a_household_that_comes_a_third_time_is_warned_of(year):
    hits = [hit for rule in early_warnings.rules(year) if rule.name == "同一住户三次反映" for hit in early_warnings.hits(year, rule, NOW)]
    assert len(hits) >= 1


# ---- the same again -----------------------------------------------------------------------


def test_the_same_number_gives_the_same_people_and_the_same_plan(year, tmp_path):
    with Place(tmp_path / "again.db").session(SMALL) as session:
        load_base(session, str)
        street = build_street(session, local_day(NOW), 7)
        build_public(session, NOW)
        create_accounts(session, NOW)
        planned = Planner(session, street, NOW, random.Random(f"year {SMALL} 7")).plan()
        assert homes(session) == homes(year)
    again = sorted((m.steps[0][1], m.story.facts["subject"], m.story.facts["summary"]) for m in planned)
    told = select(Appeal.case_id).where(Appeal.case_id.is_not(None))  # those began at a door
    played = year.execute(select(Case.registered_at, Case.subject, Case.summary).where(Case.id.not_in(told))).all()
    assert len(again) > 100 and again == sorted(map(tuple, played))


def homes(session) -> list:
    return sorted(session.execute(select(Household.household_no, Household.head_name, Household.mobile, Household.address)).all())


def test_another_place_gets_its_share_of_people(year):
    communities = areas(year, AreaKind.COMMUNITY, AreaKind.VILLAGE)
    nears = areas(year, AreaKind.NEIGHBORHOOD)
    assert (nears, count(year, Committee)) == (round(3618 * communities / 15), communities + 1)

