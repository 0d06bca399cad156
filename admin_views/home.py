"""Home by role: what waits for me, each figure with its rows and how it was counted."""

from __future__ import annotations

from datetime import date, timedelta

from flask import current_app, flash, redirect, request, url_for
from flask_admin import AdminIndexView, expose
from flask_login import current_user

from extensions import db, now, transaction
from models.todo import Todo
from services import inbox, overview
from services.keeping import comments, records
from services.lists import lookups
from services.mediation import follow_ups
from services.access import Permission
from services.due_dates import local_day
from services.showing import text

from .acting import actor
from .jobs import waiting


# What a role does many times a day: the first few that a person may do stand beside the greeting.
_DAILY = (
    (Permission.CASE_DISPATCH, "分流调度台", "dispatch_desk.index_view"),
    (Permission.RECEIVE, "接待来访", "reception_desk.index_view"),
    ("case:create", "登记案件", "case.create_view"),
    ("appeal:create", "新增诉求", "appeal.create_view"),
    ("household:create", "新增住户", "household.create_view"),
    ("household:import", "导入住户", "household.import_view"),
    ("user:create", "新增用户", "user.create_view"),
    (Permission.PARAMETER_VIEW, "参数设置", "parameters.index_view"),
    ("custom_field:create", "新增自定义字段", "custom_field.create_view"),
    (Permission.PAPER_TEMPLATE, "文书模板", "paper_templates.index_view"),
    ("access_event:view", "访问日志", "access_event.index_view"),
    ("audit_event:view", "操作日志", "audit_event.index_view"),
    ("ledger:view", "取台账", "ledgers.index_view"),
    ("monthly_report:view", "运行态势", "situation.index_view"),
)
_DAILY_SHOWN = 3
_TRAY = ("事项", "送达时间", "期限")
_TRAYS = {"等您答复": False, "请您知悉，点开即销": True}
_TRAY_ALONE = 3  # more calls to make than this are one line: they have a list of their own
_TRAY_SHOWN = 10


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
        lists += self._todos(me, today) + self._jobs(me) + self._mentions(me)
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
                    {"url": url_for("case.details_view", id=c.id), "cells": [c.case_no, c.subject, c.status.label, _due(c.due_on, today)]}
                    for c in overview.next_due(db.session, me, 8)
                ],
                "empty": "没有待办的案件", "more_url": url_for("case.index_view", status=["registered", "accepted", "assigned", "fed_back"]),
            })  # fmt: skip
        tiles += self._linked(overview.side_tracks(db.session, me))
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
            "admin/index.html", greeting=f"{current_user.name}，{_greeting(now())}", tiles=tiles, lists=lists, daily=_daily(me)
        )

    @expose("/inbox/")
    def inbox_view(self):
        """All that waits for this person's answer or eyes."""
        rows = self._todo_rows(actor(), local_day(now()), inbox.MOST)
        lists = self._trays(rows) or [{"title": "等您答复", "columns": _TRAY, "rows": [], "empty": "没有等您答复的事项"}]
        return self.render("admin/index.html", greeting="待办和知悉", tiles=[], lists=lists)

    @expose("/inbox/open/")
    def open_view(self):
        """A line that is only to be known goes once it is opened; its record may be out of sight by then."""
        with transaction() as session:
            todo = inbox.opened(session, records.typed(Todo.__table__.c.id, request.args.get("id", "")), actor(), now())
        if todo is None:
            return redirect(url_for(".inbox_view"))
        view = next(v for v in current_app.extensions["entity_views"].values() if v.slug == todo.entity)
        if lookups.label(db.session, view.entity, todo.record_id, actor()):
            return redirect(view.link("details_view", id=todo.record_id))
        flash(f"已看过：{todo.title}。这条记录已不在您的负责范围内", "success")
        return redirect(url_for(".inbox_view"))

    @staticmethod
    def _jobs(me) -> list[dict]:
        """Long work of one's own that is not over yet."""
        rows = [{"url": url_for("jobs.index_view"), "cells": list(line)} for line in waiting(db.session, me)]
        return [{"title": "我的后台任务", "columns": ["任务", "状态", "进度"], "rows": rows}] if rows else []

    def _todos(self, me, today) -> list[dict]:
        """What others have put into this person's in-tray, first due first."""
        rows = self._todo_rows(me, today, _TRAY_SHOWN + 1)
        more_url = url_for(".inbox_view") if len(rows) > _TRAY_SHOWN else None
        return [{**tray, "more_url": more_url} for tray in self._trays(rows[:_TRAY_SHOWN])]

    @staticmethod
    def _trays(rows: list[dict]) -> list[dict]:
        """What waits for an answer, and apart from it what is only to be read."""
        trays = {title: [row for row in rows if row.get("is_to_know", False) is known] for title, known in _TRAYS.items()}
        return [{"title": title, "columns": _TRAY, "rows": held} for title, held in trays.items() if held]

    @staticmethod
    def _todo_rows(me, today, limit: int) -> list[dict]:
        views = {view.slug: view for view in current_app.extensions["entity_views"].values()}
        count, first = inbox.heap(db.session, me, follow_ups.PLANNED)
        is_heap = count > _TRAY_ALONE and views["follow_up"].may("view")
        heap = [{
            "url": views["follow_up"].link(status="planned"),
            "cells": [f"办结回访 {count:,} 件", "", {"text": f"最早{first}", "tone": "bad"} if first and first < today else text(first)],
        }] if is_heap else []  # fmt: skip
        return heap + [
            {"is_to_know": t.kind in inbox.TO_KNOW,
             "url": url_for(".open_view", id=t.id) if t.kind in inbox.TO_KNOW else views[t.entity].link("details_view", id=t.record_id),
             "cells": [t.title, text(t.put_at), _due(t.due_on, today)]}
            for t in inbox.mine(db.session, me, limit, (follow_ups.PLANNED,) if is_heap else ()) if views[t.entity].may("view")  # a unit's people do not all do everything
        ]  # fmt: skip

    @staticmethod
    def _mentions(me) -> list[dict]:
        """“提到我的”; mentions on records that are out of sight by now are settled by telling so."""
        found = comments.mentions_of(db.session, me, 8)
        lost = [m.comment.id for m in found if m.is_new and not m.label]
        rows = [
            {"url": url_for(f"{m.comment.entity}.details_view", id=m.comment.record_id) + f"#remark-{m.comment.id}" if m.label else None,
             "cells": [m.label or "记录已删除，或已不在您的负责范围内", _begin(m.comment.body) if m.label else "",
                       m.comment.author.name if m.comment.author else "系统", text(m.comment.created_at),
                       {"text": "没看", "tone": "warn"} if m.is_new else "看过"]}
            for m in found
        ]  # fmt: skip
        if lost:
            with transaction() as session:
                comments.mark_seen(session, lost, me, now())
        return [{"title": "提到我的", "columns": ["记录", "备注", "谁写的", "时间", "状态"], "rows": rows}] if rows else []

    @staticmethod
    def _linked(figures) -> list[dict]:
        """Tiles of figures whose query names the page: `endpoint?arguments`."""
        tiles = []
        for f in figures:
            endpoint, _, args = f.query.partition("?")
            url = url_for(endpoint) + (f"?{args}" if args else "")
            tiles.append({"label": f.label, "figure": f"{f.count:,}", "note": f.how, "tone": f.tone, "url": url})
        return tiles


def _daily(me) -> list[tuple[str, str]]:
    """What this person does most, as (label, address)."""
    found = [(label, endpoint) for permission, label, endpoint in _DAILY if me.may(permission)]
    return [(label, url_for(endpoint)) for label, endpoint in found[:_DAILY_SHOWN]]


def _due(day: date | None, today: date) -> dict | str:
    """A day something is due on, marked once it is past."""
    return {"text": text(day), "tone": "bad"} if day and day < today else text(day)


def _begin(body: str) -> str:
    """The first words of a remark in one line."""
    line = " ".join(body.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _greeting(at) -> str:
    hour = (at + timedelta(hours=8)).hour
    return "早上好" if hour < 11 else "中午好" if hour < 13 else "下午好" if hour < 18 else "晚上好"
