"""What the page of a case shows beside its facts: one function a panel, in the order shown.

A panel is {"title", "template", …}: the template is included with `panel` in its context; `tools`
are links above it as {"label", "url"}. A function returns None where there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import url_for

from extensions import db, now
from models.case import Case
from models.codes import OPEN_STATES, ClockState
from services.cases import clocks, early_warnings, repeats

from .acting import actor
from .call_panels import call_panel
from .case_story import link_panel, notice_panel, stage_panel
from .mediation_panels import agreement_panel, follow_up_panel, hearing_panel, session_panel
from .papers import paper_panel
from .warnings import hit_line

Panel = dict


def clock_panel(case: Case) -> Panel | None:
    """The periods that run, with the reason for each day."""
    found = clocks.of(db.session, case)
    if not found:
        return None
    owners = clocks.owners(db.session, found)
    return {
        "title": "时限", "template": "admin/panels/clocks.html",
        "clocks": [
            {"name": c.name, "who": owners.get(c.part_id, ""), "law": c.is_statutory, "due": f"{c.due_on:%Y-%m-%d}", "why": c.due_reason, "state": c.state.label,
             "is_live": c.state in clocks.LIVE, "is_paused": c.state is ClockState.PAUSED}
            for c in found
        ],
    }  # fmt: skip


def warning_panel(case: Case) -> Panel | None:
    """What the rules of early warning say of an open matter and its place."""
    if case.status not in OPEN_STATES or not actor().may("warning_rule:view"):
        return None
    hits = early_warnings.of_case(db.session, case, now())
    return {"title": "预警", "template": "admin/panels/warnings.html", "hits": [hit_line(hit) for hit in hits]} if hits else None


def repeat_panel(case: Case) -> Panel | None:
    """Earlier matters that may be the same one, while it can still be decided what to do with them."""
    if case.status not in OPEN_STATES:
        return None
    found = repeats.find(db.session, repeats.facts_of(db.session, case), now())
    lines = [{"subject": r.case.subject, "sentence": r.sentence, "url": url_for("case.details_view", id=r.case.id)} for r in found]
    return {"title": "可能相关的事项", "template": "admin/panels/repeats.html", "repeats": lines} if lines else None


PANELS: tuple[Callable[[Case], Panel | None], ...] = (
    stage_panel, clock_panel, link_panel, warning_panel, repeat_panel, session_panel, hearing_panel, agreement_panel,
    call_panel, follow_up_panel, notice_panel, paper_panel,
)  # fmt: skip


def panels(case: Case) -> list[Panel]:
    """The panels of a case for its reader."""
    return [panel for panel in (make(case) for make in PANELS) if panel]
