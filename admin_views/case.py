"""Cases: the record page is the flow's page; its buttons are the steps open to the reader."""

from __future__ import annotations

from flask import url_for
from sqlalchemy import select

from extensions import db, now
from models.case import CaseEvent
from models.codes import CaseStatus
from services import backlog, case_flow, dispatch
from services.access import Permission
from services.case_flow import CASE_FLOW
from services.due_dates import local_day
from services.errors import Refused
from services.showing import text

from .acting import actor
from .attachments import Attached
from .base import EntityView
from .bulk_actions import Assign, Change
from .case_panels import panels
from .case_story import next_step, timeline
from .papers import Papers
from .steps import Stepped

TONES = {
    CaseStatus.REGISTERED.label: "info", CaseStatus.ACCEPTED.label: "info", CaseStatus.ASSIGNED.label: "warn",
    CaseStatus.FED_BACK.label: "info", CaseStatus.SUSPENDED.label: "muted", CaseStatus.CLOSED.label: "ok",
    CaseStatus.ARCHIVED.label: "muted", CaseStatus.DECLINED.label: "muted", CaseStatus.MERGED.label: "muted",
}  # fmt: skip

_OPEN = "&".join(f"status={status.value}" for status in CaseStatus if status in case_flow.OPEN_STATES)

_OPEN_LABELS = {status.label for status in case_flow.OPEN_STATES}


class CaseView(Stepped, Papers, Attached, EntityView):
    """A case is registered on a form; everything after is a step of the flow."""

    flow = CASE_FLOW
    shown_elsewhere = (
        "CaseEvent", "CaseLink", "Clock", "Dossier", "Extension", "FollowUp", "HandlingOpinion", "MediationAgreement", "MediationSession", "Notice", "Paper", "StageRun",
    )  # fmt: skip
    bulk_kinds = (Assign, Change)
    presets = {
        "全部": "", "待分流": "status=registered&status=accepted", "办理中": "status=assigned",
        "三日内到期": f"{_OPEN}&due_on=next_3_days", "已超期": f"{_OPEN}&due_on=past",
        "待办结": "status=fed_back", "已中止": "status=suspended", "已办结": "status=closed", "已归档": "status=archived",
        "纠纷": "kind=dispute", "信访事项": "kind=petition",
    }  # fmt: skip

    def may_attach(self) -> bool:
        return True  # whoever handles a case brings its papers, and only they see it

    def menu_count(self):
        return backlog.cases_of(actor())

    def can_add(self) -> bool:
        return actor().may(Permission.CASE_REGISTER) and self.may("create")

    def tone(self, name, values):
        if name == "status":
            return TONES.get(text(values["status"]))
        if name == "due_on" and values.get("due_on") and text(values.get("status")) in _OPEN_LABELS:
            return dispatch.urgency(db.session, values["due_on"], local_day(now()), None)[0].replace("ok", "") or None
        return None

    def can_remove(self) -> bool:
        return False  # a matter once registered is never discarded (《信访工作条例》第二十三条)

    def require(self, action):
        if action == "delete":
            raise Refused("案件登记后不能删除。不属受理范围的请办“不予受理”，重复的办“并案”")
        super().require(action)

    def suggested(self):
        return {"received_on": local_day(now())}

    def save(self, session, row, is_new):
        if is_new:
            case_flow.enter(session, row, actor(), now())
        else:
            super().save(session, row, is_new)

    def badges(self, row):
        found = [{"text": row.status.label, "tone": TONES[row.status.label]}, {"text": row.kind.label, "tone": "muted"}]
        if row.stage:
            found.append({"text": row.stage.label, "tone": "muted"})
        if row.status in case_flow.OPEN_STATES and row.due_on:
            tone, why = dispatch.urgency(db.session, row.due_on, local_day(now()), row.due_reason)
            found.append({"text": f"{row.due_on:%m-%d} {why}", "tone": tone})
        return found

    def buttons(self, row):
        found = super().buttons(row)
        if actor().may(Permission.CASE_JOIN) and row.status in case_flow.OPEN_STATES - {CaseStatus.REGISTERED}:
            found.append({"label": "“3+X”专班", "url": url_for("team_desk.index_view", case=row.id), "is_primary": False,
                          "method": "get", "confirm": None, "hint": "组建或调整专班"})  # fmt: skip
        return found

    def details(self, row):
        page = super().details(row)
        events = db.session.scalars(
            select(CaseEvent).where(CaseEvent.case_id == row.id).order_by(CaseEvent.number)
        ).all()
        page["timeline"] = timeline(events)
        page["next_step"] = next_step(row)
        page["panels"] = panels(row)
        return page

    def heading_of(self, row):
        return row.case_no
