"""Appeals: the office's triage list; a record's buttons are the steps open to its reader."""

from __future__ import annotations

from sqlalchemy import select

from extensions import db, now
from models.appeal import AppealEvent
from models.codes import AppealStatus
from services import appeal_flow, backlog
from services.access import Permission
from services.appeal_flow import APPEAL_FLOW
from services.errors import Refused
from services.showing import text

from .acting import actor
from .attachments import Attached
from .base import EntityView
from .steps import Stepped

TONES = {
    AppealStatus.WAITING: "warn", AppealStatus.TAKEN: "info", AppealStatus.ANSWERED: "info", AppealStatus.SOLVED: "ok",
}  # fmt: skip


class AppealView(Stepped, Attached, EntityView):
    """Whatever comes in is an appeal first; what it becomes is decided here (S080)."""

    flow = APPEAL_FLOW
    shown_elsewhere = ("AppealEvent",)
    bulk_kinds = ()
    presets = {
        "全部": "", "待接单": "status=waiting", "办理中": "status=taken", "已答复": "status=answered",
        "街道待受理": "status=waiting&tier=subdistrict", "超时未接单": "status=waiting&due_on=past",
        "已立案": "status=converted", "不满意": "satisfaction=unsatisfied",
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

    def tone(self, name, values):
        if name == "status":
            return next((tone for status, tone in TONES.items() if status.label == text(values["status"])), None)
        return None

    def badges(self, row):
        found = [{"text": row.status.label, "tone": TONES.get(row.status, "muted")}, {"text": f"在{row.tier.label}", "tone": "muted"}]
        if row.status in (AppealStatus.WAITING, AppealStatus.TAKEN) and row.due_on:
            found.append({"text": f"{row.due_on:%m-%d}前答复", "tone": "muted"})
        return found

    def details(self, row):
        page = super().details(row)
        events = db.session.scalars(
            select(AppealEvent).where(AppealEvent.appeal_id == row.id).order_by(AppealEvent.number)
        ).all()
        page["timeline"] = [
            {"time": text(e.happened_at), "label": e.label, "who": e.user_name, "status": e.status_after.label,
             "note": "　".join(filter(None, (e.told and f"告知群众：{e.told}", e.note)))}
            for e in events
        ]  # fmt: skip
        return page
