"""Orders and objections as people work on them, and what a unit's page says about both."""

from __future__ import annotations

from flask import url_for

from extensions import db, now
from models.case import Assignment
from models.codes import AssignmentStatus, ObjectionState
from services.desk import order_flow, orders
from services.due_dates import local_day
from services.errors import Refused

from .acting import actor
from .base import EntityView
from .steps import Stepped
from .system import ReadOnlyView

_TONES = {
    AssignmentStatus.OPEN: "warn", AssignmentStatus.FED_BACK: "ok", AssignmentStatus.WITHDRAWN: "muted",
    AssignmentStatus.RETURNED: "muted", ObjectionState.OPEN: "warn", ObjectionState.ACCEPTED: "ok", ObjectionState.REJECTED: "bad",
}  # fmt: skip


class OrderView(Stepped, ReadOnlyView):
    """One order: whoever it was given to answers, objects or names a liaison; the dispatcher takes back or rates."""

    flow = order_flow.ORDER_FLOW

    def badges(self, row: Assignment):
        found = [{"text": row.status.label, "tone": _TONES[row.status]}, {"text": row.role.label, "tone": "muted"}]
        if row.is_beyond:
            found.append({"text": "无法单独解决", "tone": "bad"})
        if row.rating:
            found.append({"text": f"分流人评价：{row.rating.label}", "tone": "muted"})
        return found

    def buttons(self, row: Assignment):
        """Only what concerns the reader: a lead is answered on the case, others' orders only dispatched."""
        steps = {s.label: s for s in self.flow.open_to(row, actor())}
        is_theirs = orders.why_not_ours(row, actor()) is None
        found = []
        for button in super().buttons(row):
            step = steps.get(button["label"])
            if step is None or (is_theirs and not _is_hopeless(step, row)):
                found.append(button)
        if row.status is AssignmentStatus.OPEN and is_theirs and row.role.value == "lead":
            url = url_for("case.step_view", id=row.case_id, verb="feed_back")
            found.insert(0, {"label": "反馈", "url": url, "is_primary": True, "method": "get", "confirm": None, "hint": ""})
        return found


def _is_hopeless(step, row: Assignment) -> bool:
    """Whether a step would be refused whatever is answered."""
    try:
        return any(guard(db.session, row, actor(), now(), {}) for guard in step.guards if guard in _ASKED_FIRST)
    except Refused:
        return True


_ASKED_FIRST = {order_flow.assists, order_flow.is_of_a_unit, order_flow.within_five_workdays, order_flow.no_objection_is_open}


class ObjectionView(Stepped, ReadOnlyView):
    """An objection is read by its unit and decided by who dispatches."""

    flow = order_flow.OBJECTION_FLOW
    presets = {"全部": "", "待裁定": "status=open", "同意退回": "status=accepted", "驳回": "status=rejected"}

    def tone(self, name, values):
        return None

    def badges(self, row):
        return [{"text": row.status.label, "tone": _TONES[row.status]}]


class UnitView(EntityView):
    """A unit with the figures of its orders: objections and how they were decided, ratings by dispatchers."""

    def details(self, row):
        page = super().details(row)
        counts = order_flow.objections_of(db.session, row, local_day(now()))
        ratings = order_flow.ratings_of(db.session, row)
        if counts or ratings:
            rejected, raised = counts.get(ObjectionState.REJECTED, 0), sum(counts.values())
            decided = raised - counts.get(ObjectionState.OPEN, 0)
            page["panels"] = [{
                "title": "承办情况", "template": "admin/panels/unit.html", "raised": raised, "decided": decided,
                "rejected": rejected, "upheld": decided - rejected, "shirks": order_flow.shirks(counts), "days": order_flow.DAYS,
                "list_url": url_for("objection.index_view", unit=row.id) if actor().may("objection:view") else None,
                "ratings": [{"label": rating.label, "count": count} for rating, count in ratings],
                "rated": sum(count for _, count in ratings),
            }]  # fmt: skip
        return page
