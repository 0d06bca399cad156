"""One operation on many rows, seen again: who, when, how many, and undoing it."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from models.audit import AuditEvent
from models.codes import AuditVerb
from services.keeping import batches, bulk_jobs, recycle
from services.lists import lookups
from services.errors import Refused
from services.showing import text

from .acting import actor
from .background import begun
from .base import CustomView


class BatchView(CustomView):
    """The newest operations, and each of them: for whoever did it, and whoever may see all records of that kind."""

    permission = "batch:view"
    group = "系统"

    def __init__(self):
        super().__init__(name="批量操作", endpoint="batch")

    def is_accessible(self) -> bool:
        """Everybody who may change or delete anything."""
        return any(permission.endswith((":edit", ":delete")) for permission in actor().permissions)

    @expose("/")
    def index_view(self):
        if "id" not in request.args:
            return self.render("admin/batches.html", rows=self._recent())
        head = batches.head(db.session, request.args.get("id", ""), actor())
        view, undone = _view_of(head), batches.undoing_of(db.session, head)
        count = batches.count(head)
        return self.render(
            "admin/batch.html", heading=head.record_label, who=head.user_name, time=text(head.happened_at), count=count,
            rows=_lines(view, batches.sample(db.session, head)), more=max(count - batches.SHOWN, 0),
            left=[_left(view, *pair) for pair in batches.left(head)],
            undone={"who": undone.user_name, "time": text(undone.happened_at), "url": url_for(".index_view", id=undone.batch)} if undone else None,
            undo_url=url_for(".undo_view") if not undone and batches.is_undoable(db.session, head, actor()) else None,
            is_undoing=head.record_id != head.batch, batch=head.batch,
            list_url=view.link() if view.may("view") else None, label=view.entity.__label__,
        )  # fmt: skip

    @staticmethod
    def _recent() -> list[dict]:
        kinds = [view.slug for view in current_app.extensions["entity_views"].values() if view.may("view")]
        return [
            {"url": url_for(".index_view", id=e.batch),
             "cells": [e.record_label, e.entity_label, f"{batches.count(e):,}", e.user_name, text(e.happened_at)]}
            for e in batches.recent(db.session, actor(), kinds)
        ]  # fmt: skip

    @expose("/undo/", methods=("POST",))
    def undo_view(self):
        head = batches.head(db.session, request.form.get("id", ""), actor())
        view, target = _view_of(head), head.batch
        try:
            if bulk_jobs.is_long(head):
                with transaction() as session:
                    return begun(bulk_jobs.ask_to_undo(session, head, actor(), now()))
            with transaction() as session:
                undoing = batches.undo(session, head, actor(), now(), lambda s, r: view.save(s, r, is_new=False))
                target, done, kept = undoing.batch, batches.count(undoing), len(batches.left(undoing))
            flash(f"已恢复 {done:,} 条" + (f"；{kept:,} 条没有恢复，原因见下面" if kept else ""), "warning" if kept else "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(url_for(".index_view", id=target))


def _view_of(head: AuditEvent):
    return current_app.extensions["entity_views"][recycle.entity_of(head).__name__]


def _lines(view, events) -> list[dict]:
    """Each row by its name, with what was changed; a deleted one by the values kept."""
    titles = recycle.titles(db.session, [e for e in events if e.verb is AuditVerb.DELETE], actor())
    gone = iter(titles)
    return [
        {"title": next(gone) if e.verb is AuditVerb.DELETE else lookups.label(db.session, view.entity, e.record_id, actor()) or e.record_label,
         "lines": view._diff(e) if e.verb not in (AuditVerb.DELETE, AuditVerb.RESTORE) else []}
        for e in events
    ]  # fmt: skip


def _left(view, record_id: str, reason: str) -> dict:
    title = lookups.label(db.session, view.entity, record_id, actor())
    return {"title": title or "（已删除的记录）", "reason": reason, "url": view.link("details_view", id=record_id) if title and view.may("view") else None}
