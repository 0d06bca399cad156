"""“诉求回应”: how soon people heard from somebody, by month and community."""

from __future__ import annotations

from flask import request, url_for
from flask_admin import expose

from extensions import db, now
from services.appeals import appeal_figures
from services.due_dates import local_day
from services.coordination.whistle_figures import month_bounds

from .base import CustomView
from .late_steps import _day, share

HEADS = ("村社区", "月份", "收到", "首次回应用时（中位数）", "按时回应", "还没有人回应")


class AppealFiguresView(CustomView):
    permission = "appeal:view"
    group = "诉求"

    def __init__(self):
        super().__init__(name="诉求回应", endpoint="appeal_figures")

    @expose("/")
    def index_view(self):
        last = _day(f"{request.args['month']}-01") if request.args.get("month") else local_day(now())
        lines, total = appeal_figures.by_month_and_place(db.session, *month_bounds(last), now())
        return self.render(
            "admin/appeal_figures.html", heads=HEADS, month=f"{last:%Y-%m}", rows=[self._row(line) for line in lines],
            total=self._row(total) if lines else None,
        )

    @staticmethod
    def _row(line: appeal_figures.Line) -> dict:
        url = url_for("appeal.index_view", area=line.area_id, received_at__from=f"{line.month}-01") if line.area_id else None
        count = len(line.hours)
        took = appeal_figures.in_words(line.median_hours) + (f"（{count}件）" if count else "")
        return {"url": url, "cells": [
            line.place or line.month, line.month if line.place else "", f"{line.received}", took, share(line.in_time, line.due), {"text": f"{line.waiting}", "tone": "warn"} if line.waiting else "0",
        ]}  # fmt: skip
