"""What the page of a case shows beside its facts: one function a panel, in the order shown.

A panel is {"title", "template", …}: the template is included with `panel` in its context; `tools`
are links above it as {"label", "url"}. A function returns None where there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import url_for

from extensions import db
from models.case import Case
from models.codes import ClockState
from services import clocks, papers
from services.access import Permission
from services.showing import text

from .acting import actor

Panel = dict


def clock_panel(case: Case) -> Panel | None:
    """The periods that run, with the reason for each day."""
    found = clocks.of(db.session, case)
    if not found:
        return None
    return {
        "title": "时限", "template": "admin/panels/clocks.html",
        "clocks": [
            {"name": c.name, "law": c.is_statutory, "due": f"{c.due_on:%Y-%m-%d}", "why": c.due_reason, "state": c.state.label,
             "is_live": c.state in clocks.LIVE, "is_paused": c.state is ClockState.PAUSED}
            for c in found
        ],
    }  # fmt: skip


def paper_panel(case: Case) -> Panel | None:
    """The papers made last, what the dossier still lacks, and the way to all of them."""
    if not actor().may(Permission.PAPER):
        return None
    return {
        "title": "文书和卷宗", "template": "admin/panels/papers.html", "missing": papers.missing(db.session, case),
        "tools": [{"label": "全部文书和卷宗", "url": url_for("case.papers_view", id=case.id)}],
        "rows": [
            {"name": " ".join(filter(None, (p.name, p.subject_label))), "url": url_for("case.paper_view", id=case.id, paper=p.id),
             "note": f"第{p.number}版 · {p.made_by.name if p.made_by else '系统'} · {text(p.made_at)}"}
            for p in papers.latest(db.session, case)
        ],
    }  # fmt: skip


PANELS: tuple[Callable[[Case], Panel | None], ...] = (clock_panel, paper_panel)


def panels(case: Case) -> list[Panel]:
    """The panels of a case for its reader."""
    return [panel for panel in (make(case) for make in PANELS) if panel]
