"""Appeals: the office's triage list; a record's buttons are the steps open to its reader."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from sqlalchemy import select

from extensions import db, now, transaction
from models.appeal import AppealEvent
from models.case import Case
from models.codes import AccessKind, AppealStatus
from services import backlog
from services.appeals import appeal_flow
from services.keeping import audit
from services.access import Permission
from services.appeals.appeal_flow import APPEAL_FLOW
from services.due_dates import local_day
from services.errors import Refused
from services.showing import text

from . import notices
from .acting import actor
from .attachments import Attached
from .base import EntityView
from .steps import Stepped

TONES = {
    AppealStatus.WAITING: "warn", AppealStatus.TAKEN: "info", AppealStatus.ANSWERED: "info", AppealStatus.SOLVED: "ok",
}  # fmt: skip


_NOTICES = {
    AppealStatus.ANSWERED: ("诉求答复告知单", "解决了请确认，没有解决可以再反映，会转到上一级办理。"),
    AppealStatus.REDIRECTED: ("法定途径告知单", notices.BRING_IT), AppealStatus.CONVERTED: ("诉求立案告知单", notices.KEEP_IT),
}  # fmt: skip


class AppealView(Stepped, Attached, EntityView):
    """Whatever comes in is an appeal first; what it becomes is decided here (S080)."""

    flow, tones = APPEAL_FLOW, TONES
    shown_elsewhere = ("AppealEvent",)
    bulk_kinds = ()
    presets = {
        "全部": "", "待接单": "status=waiting", "办理中": "status=taken", "已答复": "status=answered",
        "街道待受理": "status=waiting&tier=subdistrict", "超时未接单": "status=waiting&due_on=past",
        "热线和上级转来": "channel=channel:hotline_12345&channel=channel:transfer&channel=channel:dept_transfer", "已立案": "status=converted", "不满意": "satisfaction=unsatisfied",
    }  # fmt: skip

    def menu_count(self):
        return backlog.appeals_of(actor())

    def can_add(self) -> bool:
        return actor().may(Permission.APPEAL_ENTER) and self.may("create")

    def can_remove(self) -> bool:
        return False

    def require(self, action):
        if action == "delete":
            raise Refused("诉求登记后不能删除。重复的请办“重复件”，不归街道办的请办“引导其他途径”")
        super().require(action)

    def save(self, session, row, is_new):
        if is_new:
            appeal_flow.enter(session, row, actor(), now())
        else:
            super().save(session, row, is_new)

    def badges(self, row):
        found = [{"text": row.status.label, "tone": TONES.get(row.status, "muted")}, {"text": f"在{row.tier.label}", "tone": "muted"}]
        if row.status in (AppealStatus.WAITING, AppealStatus.TAKEN) and row.due_on:
            found.append({"text": f"{row.due_on:%m-%d}前答复", "tone": "muted"})
        return found

    def buttons(self, row):
        found = super().buttons(row)
        if actor().may(Permission.APPEAL_HANDLE):
            found.append({"label": "打印告知单", "url": self.link("notice_view", id=row.id), "is_primary": False, "method": "get", "confirm": None, "hint": ""})
        return found

    @expose("/notice/")
    def notice_view(self):
        """The paper for the person: a receipt, the answer, or which way to go; the query code on it is read on the record."""
        actor().require(Permission.APPEAL_HANDLE)
        row = self.find(request.args.get("id"))
        with transaction() as session:
            audit.accessed(session, AccessKind.REVEAL, entity=self.entity, record_id=row.id, detail="打印告知单")
        row = self.find(row.id)
        title, closing = _NOTICES.get(row.status, ("诉求受理告知单", notices.KEEP_IT))
        case = notices.seen(Case, row.case_id)
        lines = [
            ("收到时间", text(row.received_at)), ("反映的事", row.words), *notices.told_lines(row.answer, row.route),
            *notices.appeal_lines(row), ("案件编号", case.case_no if case else ""),
        ]  # fmt: skip
        return self.render("reception/notice.html", **notices.notice(title, lines, closing, self.link("details_view", id=row.id), appeal=row))

    def details(self, row):
        page = super().details(row)
        page["next_step"] = _next_step(row)
        events = db.session.scalars(
            select(AppealEvent).where(AppealEvent.appeal_id == row.id).order_by(AppealEvent.number)
        ).all()
        page["timeline"] = [
            {"time": text(e.happened_at), "label": e.label, "who": e.user_name, "status": e.status_after.label,
             "note": "　".join(filter(None, (e.told and f"告知群众：{e.told}", e.note)))}
            for e in events
        ]  # fmt: skip
        return page


def _next_step(row) -> dict | None:
    """Who has to do what by when, in a sentence."""
    if row.status not in (AppealStatus.WAITING, AppealStatus.TAKEN) or not row.due_on:
        return None
    is_late, what = row.due_on < local_day(now()), "接单或答复" if row.status is AppealStatus.WAITING else "答复"
    until = f"已于{row.due_on:%Y-%m-%d}到期，请马上" if is_late else f"请在{row.due_on:%Y-%m-%d}前"
    source = f"来源要求{row.source_due_on:%Y-%m-%d}前答复。" if row.source_due_on else ""
    return {
        "tone": "warning" if is_late else "info", "title": "下一步",
        "sentence": f"现由{row.tier.label}办理，{until}{what}。{source}诉求不等于信访：能答复的直接答复，要调解的立案，有法定途径的引导并打印告知单。",
    }  # fmt: skip
