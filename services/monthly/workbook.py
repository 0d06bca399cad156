"""The report of a month as a workbook."""

from __future__ import annotations

import io
from datetime import datetime

from sqlalchemy.orm import Session

from formats import monthly as paper

from ..access import Actor
from ..showing import LOCAL
from .measures import Figures

_LINE = ("label", "new", "new_before", "closed", "closed_before", "open", "late")


def content(session: Session, figures: Figures, actor: Actor, now: datetime) -> bytes:
    at = f"{now.astimezone(LOCAL):%Y-%m-%d %H:%M}"
    year, month = figures.month.split("-")
    target = io.BytesIO()
    paper.write(target, paper.Report(
        title=f"{figures.place}{year}年{int(month)}月月报", subtitle=f"范围：{figures.place}　　统计时间：{at}　　制表：{actor.name}",
        footer=f"{actor.name} {at} 导出；月报{figures.month}，{figures.place}",
        sections=[
            (title, [paper.FigureRow(m.label, m.part, m.before_part, m.whole, m.before_whole, m.how) for m in measures])
            for title, measures in figures.sections
        ],
        tables=[
            paper.TableSheet(t.title, t.head, [paper.TableRow(*(getattr(line, name) for name in _LINE)) for line in t.lines], t.has_open)
            for t in figures.tables
        ],
        course=figures.course, taken_at=now,
    ))  # fmt: skip
    return target.getvalue()
