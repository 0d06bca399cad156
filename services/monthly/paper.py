"""The report as Word: its figures and words as the template asks for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models.monthly_report import MonthlyReport

from ..paperwork import paper_templates
from ..due_dates import local_day
from ..lists.exports import unit_of
from ..paperwork.paper_facts import Facts, day
from .measures import Figures, Line, Table

KEY = "monthly_report"


def content(session: Session, row: MonthlyReport, figures: Figures, now: datetime) -> bytes:
    """The template in use filled in; raises `formats.papers.BadTemplate`."""
    return paper_templates.current(session, KEY).fill({"report": facts(session, row, figures, now)})


def facts(session: Session, row: MonthlyReport, figures: Figures, now: datetime) -> Facts:
    return {
        "unit": unit_of(session, session.info["actor"]), "name": row.name, "month": f"{row.month.year}年{row.month.month}月",
        "made_on": day(local_day(now)), "place": figures.place,
        **{name: _paragraphs(getattr(row, name)) for name in ("overview", "features", "problems", "plans")},
        "sections": [
            {"title": title, "rows": [{"label": m.label, "now": m.words, "before": m.before_words, "change": m.change, "how": m.how} for m in measures]}
            for title, measures in figures.sections
        ],
        "tables": [{"title": table.title, "head": table.head, "rows": [_row(line) for line in _filled(table)]} for table in figures.tables],
    }  # fmt: skip


def _paragraphs(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()] or ["（待补充）"]


def _filled(table: Table) -> list[Line]:
    return [line for line in table.lines if line.new or line.new_before or line.closed or line.open]


def _row(line: Line) -> Facts:
    return {
        "label": line.label, "new": str(line.new), "new_before": str(line.new_before), "change": line.change, "closed": str(line.closed),
        "open": "" if line.open is None else str(line.open), "late": "" if line.late is None else str(line.late),
    }  # fmt: skip
