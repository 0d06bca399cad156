"""The page that people of the field review is the tables the program runs; every table holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.codes import OVER_STATES, CaseStatus
from services.cases.case_flow import CASE_FLOW
from services.flows import FLOWS, print_all

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flow.md"
EACH = pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)


def test_the_printed_flow_is_the_flow():
    assert PAGE.read_text(encoding="utf-8") == print_all(), "run: flask --app app print-flow"


def leads(flow) -> dict:
    """{state: the other states one step away}."""
    return {
        state: {t for s in flow.steps if state in s.sources for t in s.targets(state)} - {state} for state in flow.states
    }


@EACH
def test_every_state_is_reached(flow):
    reached, found = {flow.begins}, leads(flow)
    for _ in flow.states:
        reached |= {target for state in reached for target in found[state]}
    assert reached == set(flow.states)


@EACH
def test_only_the_ends_lead_nowhere(flow):
    assert {state for state, targets in leads(flow).items() if not targets} <= flow.ends


@EACH
def test_from_every_state_an_end_is_reached(flow):
    found, ending = leads(flow), set(flow.ends)
    for _ in flow.states:
        ending |= {state for state, targets in found.items() if targets & ending}
    assert ending == set(flow.states)


def test_out_of_a_closed_case_leads_only_the_archive_the_way_back_from_it_and_reopening():
    assert {s.verb for s in CASE_FLOW.steps if s.target and s.sources & OVER_STATES} == {"archive", "unarchive", "reopen"}


def test_nothing_leads_out_of_a_declined_or_merged_case():
    gone = {CaseStatus.DECLINED, CaseStatus.MERGED}
    assert [s.verb for s in CASE_FLOW.steps if s.target and s.sources & gone] == []
