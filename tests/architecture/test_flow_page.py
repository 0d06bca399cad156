"""The page that people of the field review is the table the program runs."""

from __future__ import annotations

from pathlib import Path

from services.case_flow import CASE_FLOW
from services.flow import print_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flow.md"


def test_the_printed_flow_is_the_flow():
    assert PAGE.read_text(encoding="utf-8") == print_table(CASE_FLOW, "案件办理流程"), "run: flask --app app print-flow"


def test_every_step_can_be_reached_from_a_registered_case():
    from models.codes import CaseStatus

    reached, steps = {CaseStatus.REGISTERED}, list(CASE_FLOW.steps)
    for _ in steps:
        reached |= {s.target for s in steps if s.target and s.sources & reached}
    assert [s.verb for s in steps if not s.sources & reached] == []


def test_nothing_leads_out_of_a_closed_case():
    from models.codes import CaseStatus

    assert [s.verb for s in CASE_FLOW.steps if CaseStatus.CLOSED in s.sources] == []
