"""Cases: the record page is the flow's page; its buttons are the steps open to the reader."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import select

from extensions import db, now, transaction
from models.case import CaseEvent
from models.codes import CaseStatus
from services import backlog, case_flow, dispatch, lookups, records
from services.access import Permission
from services.case_flow import CASE_FLOW, local_day
from services.errors import Conflict, Missing, Refused
from services.flow import Step
from services.showing import text

from .acting import actor
from .attachments import Attached
from .base import EntityView
from .bulk_actions import Assign, Change
from .forms import show_errors, step_data, step_form

TONES = {
    CaseStatus.REGISTERED.label: "info", CaseStatus.ACCEPTED.label: "info", CaseStatus.ASSIGNED.label: "warn",
    CaseStatus.FED_BACK.label: "info", CaseStatus.CLOSED.label: "ok", CaseStatus.DECLINED.label: "muted",
}  # fmt: skip

_OPEN = "&".join(f"status={status.value}" for status in CaseStatus if status in case_flow.OPEN_STATES)


class CaseView(Attached, EntityView):
    """A case is registered on a form; everything after is a step of the flow."""

    shown_elsewhere = ("CaseEvent",)
    bulk_kinds = (Assign, Change)
    presets = {
        "全部": "", "待分流": "status=registered&status=accepted", "办理中": "status=assigned",
        "三日内到期": f"{_OPEN}&due_on=next_3_days", "已超期": f"{_OPEN}&due_on=past",
        "待办结": "status=fed_back", "已办结": "status=closed",
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
        if name == "due_on" and values.get("due_on") and text(values.get("status")) not in ("已办结", "不予受理"):
            return dispatch.urgency(db.session, values["due_on"], local_day(now()), None)[0].replace("ok", "") or None
        return None

    def can_remove(self) -> bool:
        return False  # a matter once registered is never discarded (《信访工作条例》第二十三条)

    def require(self, action):
        if action == "delete":
            raise Refused("案件登记后不能删除。不属受理范围的请办“不予受理”，重复的在办结时说明")
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
        steps = CASE_FLOW.open_to(row, actor())
        found = [
            {"label": s.label, "url": self.link("step_view", id=row.id, verb=s.verb), "is_primary": i == 0,
             "method": "get", "confirm": None, "hint": s.hint}
            for i, s in enumerate(steps)
        ]  # fmt: skip
        if actor().may(Permission.CASE_JOIN) and row.status in case_flow.OPEN_STATES - {CaseStatus.REGISTERED}:
            found.append({"label": "“3+X”专班", "url": url_for("team_desk.index_view", case=row.id), "is_primary": False,
                          "method": "get", "confirm": None, "hint": "组建或调整专班"})  # fmt: skip
        return found

    def details(self, row):
        page = super().details(row)
        events = db.session.scalars(
            select(CaseEvent).where(CaseEvent.case_id == row.id).order_by(CaseEvent.number)
        ).all()
        page["timeline"] = [
            {"time": text(e.happened_at), "label": e.label, "who": e.user_name, "note": e.note,
             "status": e.status_after.label}
            for e in events
        ]  # fmt: skip
        return page

    def _step(self, row) -> Step:
        step = CASE_FLOW.by_verb.get(request.args.get("verb", ""))
        if step is None:
            raise Missing("没有这个办理步骤")
        actor().require(step.by)
        return step

    @expose("/step/", methods=("GET", "POST"))
    def step_view(self):
        """The form of one step is what the step asks."""
        row = self.find(request.args.get("id"))
        step = self._step(row)
        form_class = step_form(step, self.asker)
        form = form_class(request.form if request.method == "POST" else None, data=step_data(step, row))
        loose, status = [], 200
        if request.method == "POST" and form.validate():
            try:
                take_step(row, step, form)
                flash(f"办理成功：{step.label}　{row.case_no}", "success")
                return redirect(self.link("details_view", id=row.id))
            except Conflict as no:
                loose, status = [no.sentence], 409
            except Refused as no:
                loose, status = show_errors(form, no), 422
        return self.render(
            "admin/form.html", form=form, heading=f"{step.label} — {row.case_no}", conflict=None, warnings=loose,
            sections=[{"title": row.subject, "fields": list(form)}], submit_label=step.label,
            cancel_url=self.link("details_view", id=row.id), lock_version=row.version, hint=step.hint,
            may_add_another=False,
        ), status  # fmt: skip

    def _lookup_target(self, name):
        ask = next((a for s in CASE_FLOW.steps for a in s.asks if a.name == name), None)
        if ask is not None:
            return ask.type, ()
        return super()._lookup_target(name)


def take_step(row, step: Step, form) -> None:
    """Take a step with a form's answers, unless the case moved since the form was shown."""
    records.check_version(row, request.form.get("lock_version"))
    answers = {}
    for ask in step.asks:
        value = form[ask.name].data
        if value and form[ask.name].widget_name == "lookup":
            value = lookups.checked(db.session, ask.label, ask.type, value)
        answers[ask.name] = value
    with transaction() as session:
        CASE_FLOW.take(session, step.verb, row, actor(), now(), **answers)
