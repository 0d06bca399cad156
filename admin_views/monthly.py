"""The report of a month: its figures on screen, as workbook and in Word, and the words people write."""

from __future__ import annotations

import hashlib
from datetime import date

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import papers
from models.codes import AccessKind
from models.monthly_report import MonthlyReport
from services import monthly
from services.keeping import audit
from services.errors import Refused
from services.ledgers import month_of
from services.monthly import paper, workbook

from .acting import actor
from .attachments import download
from .base import EntityView
from .ledgers import area_asked, counted, month_asked, monthly_ledgers, places
from .sheets import XLSX

_WORDS = ("overview", "features", "problems", "plans")


class MonthlyReportView(EntityView):
    """Prepared by the program; people write its words. The page of one report is that of its figures."""

    columns = ("name", "month", "prepared_at")
    bulk_kinds = ()

    def may(self, action):
        return action not in ("create", "delete", "import") and super().may(action)

    def require(self, action):
        if action in ("create", "delete", "import"):
            raise Refused("月报由系统按月备好，不用新增、删除或导入")
        super().require(action)

    def _page(self, *args):
        return {**super()._page(*args), "buttons": [{"label": "上月数字", "url": self.link("figures_view"), "is_primary": True}]}

    @expose("/details/")
    def details_view(self):
        return self._figures_page(self.find(request.args.get("id")).month, None)

    @expose("/figures/")
    def figures_view(self):
        self.require("view")
        return self._figures_page(month_asked()[0], area_asked())

    def _figures_page(self, first: date, area: str | None):
        _, last = month_of(first)
        row = monthly.of_month(db.session, first)
        figures = monthly.figures(db.session, first, actor(), now(), area)
        month, may_export = figures.month, self.may("export")
        args = {"month": month, **({"area": area} if area else {})}
        ledgers = monthly_ledgers(first, last, area, monthly=True) if actor().may("ledger:view") else []
        return self.render(
            "admin/monthly.html", heading=f"{first.year}年{first.month}月月报", figures=figures, month=month, places=places(), area=area or "",
            sections=[(title, [_tile(m) for m in measures]) for title, measures in figures.sections],
            tables=[_table(t) for t in figures.tables if t.lines],
            course=[(label, f"{new:,}", f"{closed:,}") for label, new, closed in figures.course],
            words=[(d.label, getattr(row, d.name)) for d in self.described.values() if d.name in _WORDS] if row else [],
            edit_url=self.link("edit_view", id=row.id) if row and self.may("edit") else None,
            prepare_url=self.link("prepare_view", month=month) if not row and self.may("edit") and not actor().is_scoped else None,
            workbook_url=self.link("workbook_view", **args) if may_export else None,
            word_url=self.link("word_view", month=month) if may_export and row else None,
            ledgers=[
                {"url": url_for("ledgers.one_view", id=one.id, **args), "cells": [one.name, counted(wanted)]} for one, wanted in ledgers
            ],
            all_url=url_for("ledgers.all_view", **args), trail=[{"label": f"{first.year}年{first.month}月", "url": None}],
        )  # fmt: skip

    @expose("/prepare/", methods=("POST",))
    def prepare_view(self):
        first, _ = month_asked()
        with transaction() as session:
            row = monthly.prepare_by_hand(session, first, actor(), now())
            name = row.name
        flash(f"已备好{name}，初稿按数字写成，请核对补充", "success")
        return redirect(self.link("figures_view", month=f"{first:%Y-%m}"))

    @expose("/workbook/", methods=("POST",))
    def workbook_view(self):
        """The figures as a workbook; on the record."""
        self.require("export")
        first, _ = month_asked()
        figures = monthly.figures(db.session, first, actor(), now(), area_asked())
        content = workbook.content(db.session, figures, actor(), now())
        return self._handed_out(content, f"{figures.place.replace('/', '')}{first.year}年{first.month}月月报.xlsx", XLSX)

    @expose("/word/", methods=("POST",))
    def word_view(self):
        """The report with its words, in Word."""
        self.require("export")
        first, _ = month_asked()
        row = monthly.of_month(db.session, first)
        if row is None:
            raise Refused("这个月的月报还没有备好，请先按“备月报”")
        figures = monthly.figures(db.session, first, actor(), now())
        try:
            content = paper.content(db.session, row, figures, now())
        except papers.BadTemplate as no:
            raise Refused(f"月报没有生成：{no.sentence}。可请管理员在“文书模板”里恢复随附模板") from None
        return self._handed_out(content, f"{row.name}.docx", papers.MEDIA_TYPE)

    @staticmethod
    def _handed_out(content: bytes, name: str, media_type: str):
        first, _ = month_asked()
        with transaction() as session:
            digest = hashlib.sha256(content).hexdigest()
            audit.accessed(session, AccessKind.EXPORT, entity=MonthlyReport, detail=name[:200], count=1, file_hash=digest)
            monthly.fetched(session, first, actor(), now())
        return download(content, name, media_type)


def _tile(m: monthly.Measure) -> dict:
    endpoint, _, args = m.query.partition("?")
    opened = endpoint and actor().may(_PERMISSIONS.get(endpoint, f"{endpoint.partition('.')[0]}:view"))
    return {
        "label": m.label, "figure": m.words, "before": m.before_words, "change": m.change, "how": m.how, "tone": m.tone,
        "url": f"{url_for(endpoint)}{'?' + args if args else ''}" if opened else None,
    }  # fmt: skip


_PERMISSIONS = {"appeal_figures.index_view": "appeal:view", "late_steps.index_view": "supervision:view", "whistle_figures.index_view": "whistle:view"}


def _table(table: monthly.Table) -> dict:
    may_open = actor().may("case:view")
    heads = [table.head, "本月新收", "上月新收", "环比", "本月办结", "上月办结", *(("月末在办", "超期在办") if table.has_open else ())]
    rows = []
    for line in table.lines:
        endpoint, _, args = line.query.partition("?")
        cells = [line.label, line.new, line.new_before, line.change, line.closed, line.closed_before]
        cells += [line.open or 0, {"text": str(line.late), "tone": "bad"} if line.late else 0] if table.has_open else []
        cells = [cell if isinstance(cell, str | dict) else f"{cell:,}" for cell in cells]
        rows.append({"url": f"{url_for(endpoint)}?{args}" if endpoint and may_open else None, "cells": cells})
    return {"title": table.title, "heads": heads, "rows": rows, "numeric": list(range(1, len(heads)))}
