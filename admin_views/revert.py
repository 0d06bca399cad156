"""Setting one change of a record back, after showing what will be written."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_admin import expose

from extensions import db, now, transaction
from models import Described
from models.audit import AuditEvent
from services.keeping import history, records
from services.lists import lookups
from services.errors import Conflict, Refused
from services.showing import masked, text

from .acting import actor


class Revert:
    """Mixed into `EntityView`."""

    def revert_url(self, row: Described, event: AuditEvent) -> str | None:
        """Where a change is set back, for whoever may edit."""
        if not self.can_change() or not history.is_reversible(db.session, event, self.entity):
            return None
        return self.link("revert_view", id=row.id, event=event.id)

    @expose("/revert/", methods=("GET", "POST"))
    def revert_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        event = history.find(db.session, row, request.args.get("event", ""))
        warnings, status = [], 200
        if request.method == "POST":
            try:
                records.check_version(row, request.form.get("lock_version"))
                with transaction() as session:
                    history.revert(
                        session, row, event, actor(), now(), save=lambda s, r: self.save(s, r, is_new=False)
                    )
                flash("已恢复为修改前的内容", "success")
                return redirect(self.link("details_view", id=row.id))
            except Conflict:
                warnings, status = ["您打开这一页之后，别人又改了这条记录。请看下面最新的内容，再决定是否恢复"], 409
            except Refused as no:
                warnings, status = [no.sentence], 422
            db.session.rollback()
            row, event = self.find(request.args.get("id")), history.find(db.session, row, request.args.get("event", ""))
        return self.render("admin/revert.html", **self._revert_page(row, event, warnings)), status

    def _revert_page(self, row: Described, event: AuditEvent, warnings: list[str]) -> dict:
        changes = history.former(db.session, row, event)
        return {
            "heading": "恢复为修改前", "title": lookups.label_of(row, actor()), "warnings": warnings,
            "who": event.user_name, "time": text(event.happened_at),
            "rows": [
                {"label": f.description.label, "now": self.cell(f.description, row), "obstacle": f.obstacle,
                 "then": self._past(f.description, event.changes[f.description.name][0]),
                 "is_masked": any(masked(f.description, v, actor()) != v for v in (f.now, f.then) if v is not None)}
                for f in changes if not f.description.field.is_hidden and f.description.name != "permissions"
            ],
            "is_blocked": any(f.obstacle for f in changes), "lock_version": records.version_of(row),
            "post_url": request.full_path, "cancel_url": self.link("details_view", id=row.id),
        }  # fmt: skip
