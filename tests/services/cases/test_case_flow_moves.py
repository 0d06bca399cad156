"""Thousands of random moves, legal and illegal, and the record is never impossible."""

from __future__ import annotations

import contextlib
import os
import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from models.case import Assignment, Case, CaseEvent, CaseParty
from models.case_codes import (
    Consent, PetitionPurpose,
)  # fmt: skip
from models.clock import Clock
from models.codes import (
    OPEN_STATES, OVER_STATES, AssignmentStatus, CaseKind, CaseOutcome, CaseStatus, MediationStage, PartyRole,
)  # fmt: skip
from models.extension import Extension
from models.stage_run import StageRun
from models.team import Team
from services import access
from services.cases import case_flow, clocks
from services.mediation import teams
from services.cases.case_flow import CASE_FLOW
from services.errors import Refused
from tests.support.builders import build_world, case_facts, party

STEPS_A_PLAY = 30
PLAYS = int(os.environ.get("PLAYS", 6))
"""How many cases are played; `PLAYS=500` with the seeds of the day is the long run."""


@pytest.fixture
def world(session):
    return build_world(session)


def answer(ask, rng: random.Random, session, case, world):
    """A random answer to one question: fitting, unfitting or none."""
    if not ask.is_required and rng.random() < 0.4:
        return None
    if ask.is_required and rng.random() < 0.03:
        return None
    if ask.among is not None:
        rows = ask.among(session, case)
        return rng.choice(rows) if rows else None
    if ask.dictionary:
        return {"root_cause": "root_cause:facility"}.get(ask.dictionary, "dispute_category:02")
    if ask.type is bool:
        return rng.random() < 0.8
    if ask.type is int:
        return rng.choice((0, 1, 3, 10, 30, 31))
    if ask.type is Case:
        return rng.choice(session.scalars(select(Case).order_by(Case.id)).all())
    names = {"Unit": (world.justice, world.east_unit), "Worker": (world.mediator, world.part_timer, world.clerk), "Staff": (world.clerk,)}
    if ask.type.__name__ in names:
        return rng.choice(names[ask.type.__name__])
    if ask.type.__name__ == "date":
        return session.info["now"].date() + timedelta(days=rng.choice((-3, 0, 2, 400)))
    if ask.type is str:
        return f"说明{rng.randrange(99)}"
    return rng.choice(list(ask.type))


def impossible(session, case: Case) -> list[str]:
    """What cannot be true of a record, whatever was done to it."""
    count = lambda entity, *where: session.scalar(select(func.count()).select_from(entity).where(entity.case_id == case.id, *where))  # noqa: E731
    runs = session.scalars(select(StageRun).where(StageRun.case_id == case.id).order_by(StageRun.number)).all()
    events = session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number)).all()
    staying = [run for run in runs if run.left_at is None]
    is_open, is_over = case.status in OPEN_STATES, case.status in OVER_STATES
    waiting = count(Assignment, Assignment.status == AssignmentStatus.OPEN)
    facts = {
        "an outcome only when over": (case.outcome is not None) == is_over,
        "informed when over": not is_over or case.is_informed is True,
        "one stay of an open case, of its own stage": [r.stage for r in staying] == ([case.stage] if is_open and case.stage else []),
        "events without a gap": [e.number for e in events] == list(range(1, len(events) + 1)),
        "the last event says the status": events[-1].status_after is case.status,
        "each event begins where the last ended": all(b.status_before is a.status_after for a, b in pairwise(events)),
        "nobody waits for an answer to an ended case": is_open or not waiting,
        "somebody has an assigned case": case.status is not CaseStatus.ASSIGNED or waiting > 0,
        "an ended case has no running period": is_open or not count(Clock, Clock.state.in_(clocks.LIVE)),
        "an ended case has no open request": is_open or not count(Extension, Extension.decided_at.is_(None)),
        "an ended case has no team": is_open or not count(Team, Team.disbanded_at.is_(None)),
        "a refusal ends mediation": not is_open or not count(CaseParty, CaseParty.consent == Consent.REFUSED),
        "joint mediation has a team or had one": case.stage is not MediationStage.JOINT or case.is_key_issue,
        "a claim is closed with its opinion": not (
            is_over and case.purpose is PetitionPurpose.CLAIM and case.outcome is CaseOutcome.RESOLVED
        ) or any(e.verb == "opinion" for e in events),
    }  # fmt: skip
    return [name for name, holds in facts.items() if not holds]


def play(session, world, seed: int, steps: int = STEPS_A_PLAY) -> tuple[int, int]:
    """Play random moves on one case; returns how many were taken and how many refused."""
    rng, begin = random.Random(seed), session.info["now"]
    office = session.info["actor"]
    kind = rng.choice(list(CaseKind))
    facts = {"purpose": rng.choice(list(PetitionPurpose))} if kind is CaseKind.PETITION else {}
    case = case_flow.register(
        session, office, begin, parties=[party(), party("乙某某", PartyRole.RESPONDENT)], **case_facts(world, kind=kind, **facts)
    )
    taken = refused = 0
    at = begin
    for _ in range(steps):
        at += timedelta(hours=rng.choice((1, 5, 30)))
        access.bind(session, office, at)
        if case.status in OPEN_STATES and rng.random() < 0.1:
            seats = teams.Choice([world.leader.id], [world.mediator.id], [world.lawyer.id], [world.clerk.id])
            team = case_flow.active_team(session, case)
            with contextlib.suppress(Refused):  # whoever handled what is to be reviewed must not sit in the team
                teams.assemble(session, case, seats, office, at, shown_version=str(team.version) if team else None)
        fitting = [s for s in CASE_FLOW.steps if s.fits(case)]
        step = rng.choice(fitting if rng.random() < 0.9 else list(CASE_FLOW.steps))
        given_ = {ask.name: answer(ask, rng, session, case, world) for ask in step.asks}
        before = (case.status, case.stage, case.outcome)
        try:
            CASE_FLOW.take(session, step.verb, case, office, at, **given_)
            taken += 1
        except Refused as no:
            refused += 1
            assert no.sentence and (case.status, case.stage, case.outcome) == before
        wrong = impossible(session, case)
        assert wrong == [], (seed, step.verb, given_)
    access.bind(session, office, begin)
    return taken, refused


@settings(
    max_examples=PLAYS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize="PLAYS" not in os.environ, database=None, phases=[Phase.generate],
)  # fmt: skip
@given(seed=st.integers(0, 10**9))
def test_random_moves_never_reach_an_impossible_record(session, world, seed):
    taken, refused = play(session, world, seed)
    assert taken + refused == STEPS_A_PLAY
