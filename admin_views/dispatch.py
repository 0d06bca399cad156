"""The dispatch desk: the tray, the matter, the ways out (three panes)."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from models import Described
from models.case import Case
from models.codes import Code
from services import backlog
from services.cases import repeats
from services.desk import dispatch, presence
from services.keeping import records
from services.access import Permission
from services.cases.case_flow import CASE_FLOW
from services.due_dates import local_day
from services.errors import Conflict, Refused
from services.lists.lookups import label

from . import call_panels
from .acting import actor
from .base import CustomView
from .desk_page import matter, tray_lines, ways
from .forms import Asker, show_errors, step_data, step_form
from .steps import named, take

# What an order may say beside whom, by when and what; folded away until somebody wants it.
_MORE = ("assist", "days", "liaison", "leader", "territory")


class DispatchView(CustomView):
    """Takes waiting cases in order of due date; after each order the next one opens."""

    permission = Permission.CASE_DISPATCH
    group = "解纷"
    order = 0

    def __init__(self):
        super().__init__(name="分流调度台", endpoint="dispatch_desk")

    def menu_count(self):
        return backlog.to_dispatch()

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        page = max(request.args.get("page", 1, type=int), 1)
        tray, count = dispatch.tray(db.session, local_day(now()), page)
        wanted = request.args.get("case") or (tray[0].id if tray else None)
        case = records.find(db.session, Case, wanted) if wanted else None
        form, loose, status = None, [], 200
        step = self._step(case)
        if step is None and request.method == "POST":
            loose, status = ["这件案件刚刚已由别人办理，您的操作没有生效，请看最新情况"], 409
        if step is not None:
            sent = request.form if request.method == "POST" else None
            form = step_form(step, self._asker(), case)(sent, data=step_data(step, case) | named(step))
            if request.method == "POST" and form.validate():
                try:
                    take(CASE_FLOW, case, step, form)
                    flash(f"办理成功：{step.label}　{case.case_no}", "success")
                    return redirect(self._next(case, step, tray))
                except Conflict as no:
                    loose, status = [no.sentence], 409
                    db.session.expire_all()
                except Refused as no:
                    loose, status = show_errors(form, no), 422
        return self.render("admin/dispatch.html", **self._page(case, tray, count, page, step, form, loose)), status

    @expose("/presence/", methods=("POST",))
    def presence_view(self):
        """Say that this matter is open here; answers who else has it open."""
        case = records.find(db.session, Case, request.form.get("case", ""))
        with transaction() as session:
            presence.sign(session, case, actor(), now())
        return {"others": [name for name, _ in presence.others(db.session, case, actor(), now())]}

    @expose("/relate/", methods=("POST",))
    def relate_view(self):
        """Link the matter with an earlier one, without merging."""
        case = records.find(db.session, Case, request.form.get("case", ""))
        other = records.find(db.session, Case, request.form.get("other", ""))
        try:
            with transaction() as session:
                repeats.relate(session, case, other, actor(), now())
            flash(f"已关联 {other.case_no}", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(url_for(".index_view", case=case.id))

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

    def _page(self, case, tray, count, number, step, form, loose) -> dict:
        page = {
            "tray": tray_lines(tray, case, number), "count": "超过1,000" if count > dispatch.CAP else f"{count:,}",
            "has_waiting": count > 0, "case": None, "ways": [], "barred": [], "due": None, "form": form, "warnings": loose,
            "step": step, "post_url": None, "lock_version": getattr(case, "version", ""), "main_fields": [], "more_fields": [],
            "other_steps": [], "typed": _typed() if step is None and request.method == "POST" else [],
            "earlier_url": url_for(".index_view", page=number - 1) if number > 1 else None,
            "later_url": url_for(".index_view", page=number + 1) if tray and number * len(tray) < count else None,
            "plan_url": url_for("tray_plan.index_view"),
        }  # fmt: skip
        if case is None:
            return page
        open_steps = CASE_FLOW.open_to(case, actor())
        page["case"] = matter(case, {s.verb for s in open_steps})
        page["watching"] = [name for name, _ in presence.others(db.session, case, actor(), now())]
        if step is not None:
            # The address names the case: by the time it is sent another one may head the tray.
            page["post_url"] = url_for(".index_view", case=case.id, verb=step.verb)
            page["main_fields"] = [box for box in form if box.name not in _MORE]
            page["more_fields"] = [box for box in form if box.name in _MORE]
            page["other_steps"] = [
                {"label": s.label, "url": url_for(".index_view", case=case.id, verb=s.verb)}
                for s in open_steps if s.verb != step.verb
            ]  # fmt: skip
            page["other_steps"] += [{"label": start["label"], "url": start["url"]} for start in call_panels.starts(case)]
            if step.verb == "assign":
                page["ways"], page["barred"], page["due"] = ways(case, open_steps)
        return page


def _typed() -> list[dict]:
    """What the loser of a race has written, to be read and copied: nothing is lost."""
    step = CASE_FLOW.by_verb.get(request.args.get("verb", ""))
    found = []
    for ask in step.asks if step else ():
        value = request.form.get(ask.name, "").strip()
        if value and issubclass(ask.type, Described):
            value = label(db.session, ask.type, value, actor()) or ""
        if value and not issubclass(ask.type, Code):
            found.append({"label": ask.label, "text": value, "is_wide": ask.is_long})
    return found
