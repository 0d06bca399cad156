"""How the day of the chiefs goes: who has reported, how far the visits are, what is in hand; counts with what they are out of."""

from __future__ import annotations

from flask import request, url_for
from flask_admin import expose

from extensions import db, now
from models.area import Area
from services.phone import chief_below
from services.places import areas
from services.due_dates import local_day
from services.keeping.records import find

from .acting import actor
from .base import CustomView


class ChiefDaysView(CustomView):
    """One line an area directly below, in the order of the tree, down to the neighbourhoods."""

    permission = "zero_report:view"
    group = "诉求"

    def __init__(self):
        super().__init__(name="三长日报", endpoint="chief_days")

    @expose("/")
    def index_view(self):
        wanted = request.args.get("id")
        top = find(db.session, Area, wanted) if wanted else areas.top(db.session, actor())
        lines = chief_below.below(db.session, top, local_day(now()))
        total = chief_below.Below("", "合计", False, **chief_below.total(lines))
        return self.render(
            "admin/chief_days.html", heading="三长日报", top=top.full_name, lines=[_line(line) for line in lines], total=_line(total),
            back_url=url_for(".index_view") if wanted else None,
        )  # fmt: skip


def _line(line: chief_below.Below) -> dict:
    me, has_rows = actor(), bool(line.id)
    return {
        "name": line.name, "chief": line.chief, "reported": _share(line.reported, line.chiefs), "visited": _share(line.visited, line.households),
        "in_hand": f"{line.in_hand:,}", "url": url_for(".index_view", id=line.id) if has_rows and not line.is_neighborhood else None,
        "reports_url": url_for("zero_report.index_view", area=line.id, reported_on="today") if has_rows else None,
        "appeals_url": url_for("appeal.index_view", owner_area=line.id) if has_rows and line.in_hand and me.may("appeal:view") else None,
    }  # fmt: skip


def _share(part: int, whole: int) -> str:
    """Numerator and denominator; of nothing there is no share."""
    return f"{part:,} / {whole:,}" if whole else "—"
