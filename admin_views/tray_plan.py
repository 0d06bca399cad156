"""The batch plan of the tray: proposed, changed row by row, taken at once."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from services.desk import batch_plan, tray_plan
from services.access import Permission
from services.showing import text

from .acting import actor
from .base import CustomView


class TrayPlanView(CustomView):
    """`GET` proposes, `POST` takes what the rows say and names what was left out."""

    permission = Permission.CASE_DISPATCH
    group = ""

    def __init__(self):
        super().__init__(name="批量方案", endpoint="tray_plan")

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        taken = None
        if request.method == "POST":
            choices = [tray_plan.Choice.read(row) for row in request.form.getlist("row") if row]
            with transaction() as session:
                if len(choices) > tray_plan.AT_ONCE:
                    tray_plan.ask(session, choices, actor(), now())
                else:
                    taken = tray_plan.take(session, choices, actor(), now())
            if taken is None:
                flash(f"{len(choices)}件较多，已交给后台办理，大约需要{len(choices) // 40}秒；办完后在这里看结果。", "success")
                return redirect(url_for("jobs.index_view"))
        elif request.args.get("job"):
            taken = tray_plan.outcome(db.session, request.args["job"], actor())
        plan, fresh = tray_plan.proposal(db.session, now())
        lines = plan.lines
        return self.render(
            "admin/tray_plan.html", rows=[_row(line) for line in lines], loads=[_load(load) for load in batch_plan.loads(lines)],
            cost=f"{plan.cost:,.0f}", objective=batch_plan.OBJECTIVE, fresh=fresh, count=len(plan.lines), at_once=tray_plan.AT_ONCE,
            most=tray_plan.MOST, taken=taken,
            batch_url=url_for("batch.index_view", id=taken.batch) if taken and taken.batch else None,
            desk_url=url_for("dispatch_desk.index_view"),
            trail=[
                {"label": "解纷", "url": None}, {"label": "分流调度台", "url": url_for("dispatch_desk.index_view")},
                {"label": "批量方案", "url": None},
            ],
        )  # fmt: skip


def _row(line: batch_plan.Line) -> dict:
    m = line.matter
    return {
        "no": m.case_no, "subject": m.subject, "url": url_for("case.details_view", id=m.id), "due": text(m.due_on),
        "urgency": m.urgency.label, "why": "；".join(line.why), "is_placed": line.taker is not None,
        "choices": [
            {"value": f"{m.id}|{m.version}|{_kind(t)}|{t.id}", "taker": t.id, "label": f"{t.name}（在办{t.load}）",
             "is_chosen": line.taker is not None and t.id == line.taker.id}
            for t in line.choices
        ],
    }  # fmt: skip


def _kind(taker) -> str:
    return "unit" if taker.is_unit else "worker"


def _load(load: batch_plan.Load) -> dict:
    return {"taker": load.taker.id, "name": load.taker.name, "detail": load.taker.detail, "before": load.before,
            "after": load.after, "capacity": load.taker.capacity}  # fmt: skip
