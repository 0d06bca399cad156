"""Early warnings: what each rule finds today, how it was counted, and the way to the rows."""

from __future__ import annotations

from flask import url_for
from flask_admin import expose

from extensions import db, now
from services.cases import early_warnings

from .acting import actor
from .base import CustomView


class WarningsView(CustomView):
    """One panel a rule; about matters and places, never about persons."""

    permission = "warning_rule:view"
    group = "督导"
    order = 15

    def __init__(self):
        super().__init__(name="预警", endpoint="warnings")

    @expose("/")
    def index_view(self):
        panels = [self._panel(rule) for rule in early_warnings.rules(db.session)]
        may_edit = actor().may("warning_rule:edit")
        return self.render(
            "admin/warnings.html", panels=sorted(panels, key=lambda panel: not panel["hits"]),
            rules_url=url_for("warning_rule.index_view"), rules_label="修改规则" if may_edit else "查看规则",
        )

    @staticmethod
    def _panel(rule) -> dict:
        hits = early_warnings.hits(db.session, rule, now())
        return {
            "title": rule.name, "kind": rule.kind.label, "note": rule.note, "hits": [hit_line(hit) for hit in hits],
            "is_cut": len(hits) == early_warnings.MOST, "url": url_for("warning_rule.details_view", id=rule.id),
        }  # fmt: skip


def hit_line(hit: early_warnings.Hit) -> dict:
    """One hit as it is shown on the page, on the desk and on the case."""
    url = url_for("case.details_view", id=hit.case_id) if hit.case_id else url_for("case.index_view", **hit.query)
    return {"what": hit.what, "count": hit.count, "how": hit.how, "url": url, "rule": hit.rule.name}
