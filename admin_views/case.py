"""Cases: the record page is the flow's page; its buttons are the steps open to the reader."""

from __future__ import annotations

from flask import url_for
from sqlalchemy import select

from extensions import db, now
from models.case import CaseEvent
from models.codes import CaseKind, CaseStatus
from services import backlog
from services.cases import case_closing, case_flow, case_moves, extensions
from services.desk import dispatch, orders
from services.access import Permission
from services.cases.case_flow import CASE_FLOW
from services.due_dates import local_day
from services.errors import Refused
from services.showing import text

from . import call_panels
from .acting import actor
from .attachments import Attached
from .base import EntityView
from .bulk_actions import Accept, Assign, Change, File
from .case_panels import panels
from .case_story import next_step, timeline
from .papers import Papers
from .steps import Stepped

TONES = {
    CaseStatus.REGISTERED.label: "info", CaseStatus.ACCEPTED.label: "info", CaseStatus.ASSIGNED.label: "warn",
    CaseStatus.FED_BACK.label: "info", CaseStatus.SUSPENDED.label: "muted", CaseStatus.CLOSED.label: "ok",
    CaseStatus.ARCHIVED.label: "muted", CaseStatus.DECLINED.label: "muted", CaseStatus.MERGED.label: "muted",
}  # fmt: skip

FOREMOST = {
    CaseStatus.REGISTERED: ("accept", "consent", "settle", "decline", "refer"),
    CaseStatus.ACCEPTED: ("decide_extension", "assign", "settle", "consent"),
    CaseStatus.ASSIGNED: ("decide_extension", "feed_back", "transfer", "assist", "progress"),
    CaseStatus.FED_BACK: ("decide_extension", "close", "send_back", "consult", "join", "terminate"),
    CaseStatus.SUSPENDED: ("decide_extension", "resume"),
    CaseStatus.CLOSED: ("archive", "reopen"),
    CaseStatus.ARCHIVED: ("reopen",),
}
"""The steps shown as buttons in a state, the expected one first."""

MOST_BUTTONS = 4
GROUPS = (
    ("受理", case_flow.INTAKE), ("交办", case_flow.ORDERS), ("调解阶段", case_flow.STAGES), ("办结", case_flow.ENDINGS), ("办理中", case_flow.ALONG),
)  # fmt: skip

_OPEN = "&".join(f"status={status.value}" for status in CaseStatus if status in case_flow.OPEN_STATES)

_OPEN_LABELS = {status.label for status in case_flow.OPEN_STATES}


class CaseView(Stepped, Papers, Attached, EntityView):
    """A case is registered on a form; everything after is a step of the flow."""

    flow = CASE_FLOW
    standing = frozenset({case_closing.is_recent, case_moves.can_be_taken_back, extensions.is_the_approver, orders.is_ours_to_answer})
    shown_elsewhere = (
        "CaseEvent", "CaseLink", "Clock", "DeskPresence", "Dossier", "Extension", "FollowUp", "HandlingOpinion", "Hearing", "Instruction",
        "MediationAgreement", "MediationSession", "Notice", "Paper", "StageRun", "Supervision", "Urge", "Whistle",
    )  # fmt: skip
    bulk_kinds = (Accept, Assign, File, Change)
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
        """The steps that are due in this state, the foremost first; all others wait under “更多办理”."""
        found = {step.verb: step for step in self.open_steps(row)}
        shown = [
            {"label": found[verb].label, "url": self.link("step_view", id=row.id, verb=verb), "is_primary": i == 0, "method": "get",
             "confirm": None, "hint": found[verb].hint}
            for i, verb in enumerate(self._foremost(row, found))
        ]  # fmt: skip
        if actor().may(Permission.CASE_JOIN) and row.status in case_flow.OPEN_STATES - {CaseStatus.REGISTERED}:
            shown.append({"label": "“3+X”专班", "url": url_for("team_desk.index_view", case=row.id), "is_primary": False,
                          "method": "get", "confirm": None, "hint": "组建或调整专班"})  # fmt: skip
        return shown

    @staticmethod
    def _foremost(row, found) -> list[str]:
        alone = row.kind is not CaseKind.DISPUTE  # there is nobody yet to be at odds with
        return [verb for verb in FOREMOST.get(row.status, ()) if verb in found and not (alone and verb == "consent")][:MOST_BUTTONS]

    def more_buttons(self, row) -> list[dict]:
        """Everything else that is open to this person, by what it is about."""
        found = {step.verb: step for step in self.open_steps(row)}
        shown = self._foremost(row, found)
        groups = [
            {"title": title, "links": [
                {"label": s.label, "url": self.link("step_view", id=row.id, verb=s.verb), "hint": s.hint}
                for s in steps if s.verb in found and s.verb not in shown
            ]}
            for title, steps in GROUPS
        ]  # fmt: skip
        about = call_panels.starts(row)
        if row.status in case_flow.OPEN_STATES and actor().may("recusal:create"):
            about.append({"label": "申报回避", "url": url_for("recusal.create_view", case=row.id), "hint": "与当事人或者案件有利害关系的，不再经办"})
        return [group for group in ({"title": "协调督促", "links": about}, *groups) if group["links"]]

    def details(self, row):
        page = super().details(row)
        events = db.session.scalars(
            select(CaseEvent).where(CaseEvent.case_id == row.id).order_by(CaseEvent.number)
        ).all()
        page["timeline"] = timeline(events)
        page["next_step"] = next_step(row)
        page["panels"], page["more_buttons"] = panels(row), self.more_buttons(row)
        return page

    def heading_of(self, row):
        return row.case_no
