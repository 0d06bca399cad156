"""“超时环节” and “吹哨统计”: figures with the rows behind them, and an Excel file of what is shown."""

from __future__ import annotations

import io
from datetime import date

from flask import request, url_for
from flask_admin import expose
from sqlalchemy import select

from extensions import db, now, transaction
from formats import sheets
from formats.sheets import SheetColumn
from models.clock import Clock
from models.codes import AccessKind
from models.department import Unit
from models.term import Term
from services.cases import late_steps
from services.coordination import whistle_figures
from services.keeping import audit
from services.access import Permission
from services.due_dates import local_day
from services.lists.filters import read_day

from .acting import actor
from .attachments import download
from .base import CustomView
from .sheets import XLSX
from .team import name_of

HEADS = ("环节", "案件", "承办单位", "承办人", "起算日", "到期日", "结束日", "用时（天）", "超期（天）")


class LateStepsView(CustomView):
    """Which step of which matter is late; running ones and those that ended late are two lists."""

    permission = "supervision:view"
    group = "督导"

    def __init__(self):
        super().__init__(name="超时环节", endpoint="late_steps")

    @expose("/")
    def index_view(self):
        wanted = self._wanted()
        found = late_steps.late(db.session, wanted, now())
        args = {k: v for k, v in request.args.to_dict().items() if k != "show"}
        return self.render(
            "admin/late_steps.html", heads=HEADS,
            rows=[{"url": url_for("case.details_view", id=s.case_id), "cells": self._cells(s)} for s in found],
            is_cut=len(found) == late_steps.MOST, most=late_steps.MOST, show="running" if wanted.is_running else "ended",
            tabs=[
                {"key": key, "label": label, "url": url_for("late_steps.index_view", **args, show=key)}
                for key, label in (("running", "在办超期"), ("ended", "已办结但超期"))
            ],
            units=[(u.id, u.name) for u in db.session.scalars(select(Unit).where(Unit.is_active.is_(True)).order_by(Unit.name))],
            terms=[(t.id, t.name) for t in db.session.scalars(select(Term).order_by(Term.name))],
            asked=request.args, export_url=url_for("late_steps.export_view", **request.args.to_dict()) if self._may_export() else None,
        )  # fmt: skip

    @staticmethod
    def _may_export() -> bool:
        return actor().may("supervision:export")

    @expose("/export/")
    def export_view(self):
        """The shown list as a workbook; on the record."""
        actor().require("supervision:export")
        wanted = self._wanted()
        rows = [self._cells(s) for s in late_steps.late(db.session, wanted, now())]
        columns = [SheetColumn(label, 22 if label == "案件" else 14) for label in HEADS]
        title = "在办超期环节" if wanted.is_running else "已办结超期环节"
        is_masked, buffer = not actor().may(Permission.NAMES), io.BytesIO()
        with transaction() as session:
            audit.accessed(session, AccessKind.EXPORT, entity=Clock, detail=title, count=len(rows))
        sheets.write(buffer, title=title, columns=columns, portions=sheets.portions(rows), note=f"截至{local_day(now())}，最多{late_steps.MOST}条", is_masked=is_masked,
                     taken_at=now())  # fmt: skip
        return download(buffer.getvalue(), f"{title}_{local_day(now())}.xlsx", XLSX)

    @staticmethod
    def _cells(s: late_steps.LateStep) -> list[str]:
        person = name_of(s.worker) if s.worker else ""
        return [s.step, s.case_no, s.unit, person, f"{s.starts_on}", f"{s.due_on}", f"{s.ended_on or ''}", f"{s.days}", f"{s.late}"]

    @staticmethod
    def _wanted() -> late_steps.Wanted:
        asked = request.args
        return late_steps.Wanted(
            asked.get("show", "running") != "ended", asked.get("unit") or None, asked.get("term") or None,
            _day(asked.get("since")), _day(asked.get("until")),
        )


def _day(raw: str | None) -> date | None:
    return read_day(raw, "到期日") if raw else None


class WhistleFiguresView(CustomView):
    """Whistles by unit and month."""

    permission = "whistle:view"
    group = "督导"

    def __init__(self):
        super().__init__(name="吹哨统计", endpoint="whistle_figures")

    @expose("/")
    def index_view(self):
        last = _day(f"{request.args['month']}-01") if request.args.get("month") else local_day(now())
        since, until = whistle_figures.month_bounds(last)
        lines, (count, median) = whistle_figures.by_unit_and_month(db.session, since, until, now())
        rows = [
            {"url": None, "cells": [
                line.month, line.unit, f"{line.count}", share(line.count, sum(x.count for x in lines if x.month == line.month)),
                share(line.in_time, line.due), share(line.sent_back, line.count), share(line.good, line.rated),
            ]}
            for line in lines
        ]  # fmt: skip
        return self.render(
            "admin/whistle_figures.html", rows=rows, month=f"{last:%Y-%m}", count=count, median=median,
            heads=("月份", "单位", "被吹哨", "占当月", "按时报到", "续哨", "评价好"),
        )


def share(part: int, whole: int) -> str:
    """A rate with what it is out of; nothing out of nothing is no rate."""
    return f"{part * 100 // whole}%（{part}/{whole}）" if whole else "—"
