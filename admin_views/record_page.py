"""The page of one record: facts, what belongs to it, its history; showing a masked value; deleting."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, transaction
from models import Described
from models.audit import AuditEvent
from models.codes import AccessKind, by_role
from models.fields import Description
from services.keeping import audit, batches, history, records, recycle
from services.lists import lookups
from services.access import Permission
from services.errors import Missing, Refused
from services.lists.filters import Filter
from services.lists.listing import Listing
from services.lists.queries import Query
from services.showing import masked, shown, text

from .acting import actor
from .notes import flash_link


class RecordPage:
    """Mixed into `EntityView`."""

    @expose("/details/")
    def details_view(self):
        row = self.find(request.args.get("id"))
        return self.render("admin/details.html", **self.details(row))

    def details(self, row: Described) -> dict:
        """Everything the page of one record shows."""
        return {
            "record": {"title": lookups.label_of(row, actor()), "subtitle": self.entity.__label__, "badges": self.badges(row)},
            "facts": self._facts(row), "buttons": self.buttons(row), "related": self._related(row),
            "timeline": None, "changes": self._changes(row), "comments": self.comments(row), "attachments": self._attachments(row),
            "edit_url": self.link("edit_view", id=row.id) if self.can_change() else None,
            "like_url": self.link("create_view", like=row.id) if self.can_add() else None,
            "delete_url": self.link("delete_view", id=row.id) if self.can_remove() else None,
        }  # fmt: skip

    def badges(self, row: Described) -> list[dict]:
        return []

    def buttons(self, row: Described) -> list[dict]:
        return []

    def _facts(self, row: Described) -> list[dict]:
        """The values of a record by section; what a service has not written yet, and sections without a value, stay away."""
        found: dict[str, list] = {}
        for d in self.described.values():
            if d.field.is_hidden or d.name == "permissions":
                continue
            value = d.get(row)
            reveal = None
            if value is not None and d.is_personal and masked(d, value, actor()) != value and actor().may(Permission.REVEAL):
                reveal = {"url": self.link("reveal_view"), "field": d.name, "id": row.id}
            words = self.cell(d, row)
            if d.field.is_fixed and words in ("", "0"):
                continue
            found.setdefault(d.field.section or "基本情况", []).append({
                "label": d.label, "text": words, "url": self._url_of(d, row), "reveal": reveal,
                "is_wide": bool(d.kind and d.kind.is_long),
            })  # fmt: skip
        told = {title: items for title, items in found.items() if any(item["text"] for item in items)}
        return [{"title": title, "items": items} for title, items in (told or found).items()]

    def _url_of(self, d: Description, row: Described) -> str | None:
        """The page of the record that a reference names, for who may open it."""
        other = getattr(row, d.name) if d.target else None
        view = current_app.extensions["entity_views"].get(type(other).__name__)
        return view.link("details_view", id=other.id) if view and view.may("view") else None

    def _related(self, row: Described) -> list[dict]:
        """Rows of other entities that point here: owned parts first, then what the reader may see."""
        found = []
        for view in current_app.extensions["entity_views"].values():
            if view.entity.__name__ in self.shown_elsewhere:
                continue
            for d in view.described.values():
                if d.target is None or d.target not in type(row).__mro__:
                    continue
                if d.is_part or (view.may("view") and d.field.filtered):
                    found.append((not d.is_part, view._few(d.name, row.id, d.is_part)))
        return [table for _, table in sorted(found, key=lambda pair: pair[0]) if table]

    def _few(self, name: str, record_id: str, is_part: bool) -> dict | None:
        """At most eight rows that point to a record by one reference."""
        d = self.described[name]
        columns = [c for c in self.listed() if c != name][:6]
        query = Query([Filter(d, [record_id])], page_size=8)
        page = Listing(db.session, self.entity, actor()).page(query, columns, self.words)
        may_add = is_part and self.can_add()
        if not page.rows and not may_add:
            return None
        title = self.entity.__label__ if is_part else f"{self.entity.__label__}（{d.label}）"
        return {
            "title": title, "is_part": is_part, "columns": [self.described[c].label for c in columns],
            "rows": [
                {"url": self.link("details_view", id=r.id) if self.may("view") else None,
                 "cells": [text(r.values[c]) for c in columns]}
                for r in by_role(page.rows, lambda row: row.values.get("role"))
            ],
            "create_url": self.link("create_view", **{name: record_id}) if may_add else None,
            "more_url": self.link("index_view", **{name: record_id}) if page.has_next and self.may("view") else None,
            "empty": "还没有",
        }  # fmt: skip

    def _changes(self, row: Described) -> list[dict] | None:
        """The history, each value through the reader's own masks."""
        entries = (
            db.session.query(AuditEvent).filter_by(entity=self.slug, record_id=str(row.id))
            .order_by(AuditEvent.happened_at.desc(), AuditEvent.id.desc()).limit(20).all()
        )  # fmt: skip
        shared = batches.openable(db.session, [e.batch for e in entries if e.batch], actor())
        return [
            {"time": text(e.happened_at), "who": e.user_name, "verb": e.verb.label,
             "rows": self._diff(e) if e.verb in history.CHANGES else [], "revert_url": self.revert_url(row, e),
             "batch_url": url_for("batch.index_view", id=e.batch) if e.batch in shared else None}
            for e in entries
        ]  # fmt: skip

    def _diff(self, event: AuditEvent) -> list[dict]:
        rows = []
        for name, (old, new) in (event.changes or {}).items():
            d = self.described.get(name)
            if d is None or d.field.is_hidden or name == "permissions":
                continue
            rows.append({"label": d.label, "old": self._past(d, old), "new": self._past(d, new)})
        return rows

    def _past(self, d: Description, stored) -> str:
        """A value out of the audit trail in words; sealed kinds are opened only to be masked."""
        if stored is None:
            return ""
        if d.target:
            return lookups.label(db.session, d.target, stored, actor()) or "（已看不到）"
        value = audit.restored(d.column, stored)
        return shown(d, value, actor(), self.words)

    def _attachments(self, row: Described) -> dict | None:
        """Only views mixed with `Attached` carry files."""
        return None

    @expose("/reveal/", methods=("POST",))
    def reveal_view(self):
        """One personal value in full, for a reason, on the record."""
        actor().require(Permission.REVEAL)
        row = self.find(request.form.get("id"))
        d = self.described.get(request.form.get("field", ""))
        reason = request.form.get("reason", "").strip()
        if d is None or not d.is_personal:
            raise Missing("没有这一项")
        if len(reason) < 2:
            raise Refused("请写明查看事由，例如“电话回访”", field="reason")
        with transaction() as session:
            audit.accessed(
                session, AccessKind.REVEAL, entity=self.entity, record_id=row.id, detail=d.label, reason=reason[:200]
            )
        value = d.get(row) or ""
        if request.accept_mimetypes.best == "application/json":
            return {"value": value}
        flash(f"{d.label}：{value}", "info")
        return redirect(self.link("details_view", id=row.id))

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self):
        """Asks on a page of its own, so that no script is needed for the question."""
        self.require("delete")
        row = self.find(request.values.get("id"))
        title = lookups.label_of(row, actor())
        back = self.link("details_view", id=row.id)
        is_kept = recycle.can_come_back(self.entity)
        if request.method == "POST" and request.form.get("confirmed"):
            try:
                with transaction() as session:
                    records.delete(session, row)
                    event = recycle.deletion_of(session, row)
                    way_back = event and url_for("recycle.restore_view", id=event.id)
                if is_kept and way_back:
                    flash_link(f"已移入回收站：{self.entity.__label__}“{title}”", "恢复", way_back)
                else:
                    flash(f"已删除{self.entity.__label__}“{title}”", "success")
                return redirect(self.link())
            except Refused as no:
                flash(no.sentence, "error")
                return redirect(back)
        return self.render(
            "admin/confirm.html", heading=f"删除{self.entity.__label__}",
            sentence=f"确定删除“{title}”吗？" + ("删除后移入回收站，可以恢复。" if is_kept else "删除后不能恢复，会记入操作日志。"),
            facts=[i for section in self._facts(row) for i in section["items"] if i["text"]][:8],
            post_url=self.link("delete_view"), cancel_url=back, button_label="确定删除",
            hidden=[("id", row.id), ("confirmed", "1")],
        )  # fmt: skip
