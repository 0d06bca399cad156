"""Home by role: what waits for me, each figure with its rows and how it was counted."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, url_for
from flask_admin import AdminIndexView, expose
from flask_login import current_user

from extensions import db, now
from services import overview
from services.access import Permission
from services.case_flow import local_day

from .acting import actor


class HomeView(AdminIndexView):
    """Everybody who signs in has a home; what it shows follows the permissions."""

    permission = "home:view"
    group = ""

    def __init__(self):
        super().__init__(name="首页", endpoint="admin", url="/admin")

    def is_accessible(self) -> bool:
        return current_user.is_authenticated

    def inaccessible_callback(self, name, **kwargs):
        return redirect(url_for("account.sign_in"))

    def _run_view(self, fn, *args, **kwargs):
        return fn(self, *args, **kwargs)

    @expose("/")
    def index(self):
        me, today = actor(), local_day(now())
        tiles, lists = [], []
        if me.may("case:view"):
            tiles += [
                {"label": f.label, "figure": f"{f.count:,}", "note": f.how, "tone": f.tone,
                 "url": f"{url_for('case.index_view')}?{f.query}"}
                for f in overview.cases(db.session, today)
            ]  # fmt: skip
            lists.append({
                "title": "最近到期" if me.may(Permission.CASE_DISPATCH) or not (me.worker_id or me.unit_id) else "我的待办",
                "columns": ["编号", "事由", "状态", "期限"],
                "rows": [
                    {"url": url_for("case.details_view", id=c.id), "cells": [c.case_no, c.subject, c.status.label, f"{c.due_on or ''}"]}
                    for c in overview.next_due(db.session, me, 8)
                ],
                "empty": "没有待办的案件", "more_url": url_for("case.index_view", status=["registered", "accepted", "assigned", "fed_back"]),
            })  # fmt: skip
        if me.may("chief:edit"):
            tiles += self._linked(overview.rosters(db.session))
        if me.may("responsibility_agreement:edit"):
            tiles += self._linked(overview.late_agreements(db.session, today))
        if me.may("user:edit"):
            tiles += self._linked(overview.accounts(db.session))
        if me.may("audit_event:view"):
            tiles += self._linked(overview.logs(db.session, today))
        if me.may("workday:view"):
            tiles += self._linked(overview.calendar_gaps(db.session, today))
        return self.render(
            "admin/index.html", greeting=f"{current_user.name}，{_greeting(now())}", tiles=tiles, lists=lists
        )

    @staticmethod
    def _linked(figures) -> list[dict]:
        """Tiles of figures whose query names the page: `endpoint?arguments`."""
        tiles = []
        for f in figures:
            endpoint, _, args = f.query.partition("?")
            url = url_for(endpoint) + (f"?{args}" if args else "")
            tiles.append({"label": f.label, "figure": f"{f.count:,}", "note": f.how, "tone": f.tone, "url": url})
        return tiles


def _greeting(at) -> str:
    hour = (at + timedelta(hours=8)).hour
    return "早上好" if hour < 11 else "中午好" if hour < 13 else "下午好" if hour < 18 else "晚上好"
