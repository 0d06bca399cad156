"""The dispatch desk: the tray, the matter, the ways out (three panes)."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now
from models import describe
from models.case import Case, CaseParty
from services import backlog, dispatch, records, workload
from services.access import Permission
from services.case_flow import CASE_FLOW
from services.due_dates import local_day
from services.errors import Conflict, Refused
from services.labels import dictionary_names
from services.showing import shown, text

from .acting import actor
from .base import CustomView
from .forms import Asker, show_errors, step_data, step_form
from .steps import take


class DispatchView(CustomView):
    """Takes waiting cases in order of due date; after each order the next one opens."""

    permission = Permission.CASE_DISPATCH
    group = "解纷"

    def __init__(self):
        super().__init__(name="分流调度台", endpoint="dispatch_desk")

    def menu_count(self):
        return backlog.to_dispatch()

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        tray, count = dispatch.tray(db.session, local_day(now()))
        wanted = request.args.get("case") or (tray[0].id if tray else None)
        case = records.find(db.session, Case, wanted) if wanted else None
        form, loose, status = None, [], 200
        step = self._step(case)
        if step is None and request.method == "POST":
            loose, status = ["这件案件刚刚已由别人办理，您的操作没有生效，请看最新情况"], 409
        if step is not None:
            sent = request.form if request.method == "POST" else None
            form = step_form(step, self._asker())(sent, data=step_data(step, case))
            if request.method == "POST" and form.validate():
                try:
                    take(CASE_FLOW, case, step, form)
                    flash(f"办理成功：{step.label}　{case.case_no}", "success")
                    return redirect(self._next(case, step, tray))
                except Conflict as no:
                    loose, status = [no.sentence], 409
                except Refused as no:
                    loose, status = show_errors(form, no), 422
        return self.render("admin/dispatch.html", **self._page(case, tray, count, step, form, loose)), status

    def _step(self, case: Case | None):
        """Accepting comes first; then the order is given."""
        if case is None:
            return None
        open_steps = {s.verb: s for s in CASE_FLOW.open_to(case, actor())}
        wanted = request.args.get("verb")
        if wanted:
            return open_steps.get(wanted)
        return open_steps.get("accept") or open_steps.get("assign")

    def _asker(self) -> Asker:
        return Asker(db.session, actor(), lambda name: url_for("case.lookup_view", field=name))

    def _next(self, case: Case, step, tray) -> str:
        if step.verb == "accept":
            return url_for(".index_view", case=case.id)
        following = next((w.id for w in tray if w.id != case.id), None)
        return url_for(".index_view", case=following) if following else url_for(".index_view")

    def _page(self, case, tray, count, step, form, loose) -> dict:
        page = {
            "tray": [
                {"url": url_for(".index_view", case=w.id), "no": w.case_no, "subject": w.subject,
                 "due": text(w.due_on), "tone": w.tone, "why": w.why, "status": w.status,
                 "is_current": case is not None and w.id == case.id}
                for w in tray
            ],
            "tray_count": count, "case": None, "suggestions": [], "form": form, "warnings": loose,
            "sections": [], "step": step, "post_url": None, "lock_version": getattr(case, "version", ""),
            "other_steps": [],
        }  # fmt: skip
        if case is None:
            return page
        names = dictionary_names(db.session)
        page["case"] = {
            "no": case.case_no, "subject": case.subject, "url": url_for("case.details_view", id=case.id),
            "status": case.status.label, "chain": dispatch.chain(db.session, case),
            "facts": [
                {"label": "类别", "text": names.get(case.category, "")},
                {"label": "来源", "text": names.get(case.channel, "")},
                {"label": "层级", "text": case.level.label}, {"label": "紧急程度", "text": case.urgency.label},
                {"label": "收到日期", "text": text(case.received_on)},
                {"label": "办理期限", "text": f"{text(case.due_on)} {case.due_reason or ''}"},
                {"label": "地点", "text": case.place or ""}, {"label": "诉求与事实", "text": case.summary, "is_wide": True},
            ],
            "parties": [self._party(p) for p in workload.parties(db.session, case)],
            "earlier": [
                {"no": c.case_no, "subject": c.subject, "status": c.status.label,
                 "url": url_for("case.details_view", id=c.id)}
                for c in dispatch.earlier(db.session, case)
            ],
        }  # fmt: skip
        if step is not None:
            # The address names the case: by the time it is sent another one may head the tray.
            page["post_url"] = url_for(".index_view", case=case.id, verb=step.verb)
            page["sections"] = [{"title": step.label, "fields": list(form)}]
            page["other_steps"] = [
                {"label": s.label, "url": url_for(".index_view", case=case.id, verb=s.verb)}
                for s in CASE_FLOW.open_to(case, actor()) if s.verb != step.verb
            ]  # fmt: skip
            if step.verb == "assign":
                page["suggestions"] = [
                    {"number": i + 1, "title": s.title, "detail": s.detail, "why": s.why, "load": s.load,
                     "is_contact": s.is_contact,
                     "values": {"unit": s.unit_id or "", "unit_display": s.unit_name, "worker": s.worker_id or "",
                                "worker_display": s.worker_name, "due_on": text(s.due_on)}}
                    for i, s in enumerate(dispatch.suggest(db.session, case, now()))
                ]  # fmt: skip
        return page

    @staticmethod
    def _party(party) -> dict:
        described = describe(CaseParty)
        return {
            "role": party.role.label, "name": shown(described["name"], party.name, actor(), {}),
            "phone": shown(described["mobile"], party.mobile, actor(), {}),
        }  # fmt: skip
