"""The recycle bin: what was deleted, by whom, and the way back."""

from __future__ import annotations

from collections import Counter

from flask import current_app, flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from models.audit import AuditEvent
from services.keeping import recycle
from services.lists import lookups
from services.errors import Refused
from services.showing import text

from .acting import actor
from .base import CustomView


class RecycleView(CustomView):
    """Everybody who may delete something may bring it back; a scoped person sees the own deletions."""

    permission = "recycle:view"
    group = "系统"

    def __init__(self):
        super().__init__(name="回收站", endpoint="recycle")

    def is_accessible(self) -> bool:
        return bool(self._views())

    @staticmethod
    def _views() -> dict:
        """The views of the entities this person may delete, by slug."""
        views = current_app.extensions["entity_views"].values()
        return {v.slug: v for v in views if v.can_remove() and recycle.can_come_back(v.entity)}

    @expose("/")
    def index_view(self):
        views, wanted = self._views(), request.args.get("entity", "")
        if wanted and wanted not in views:
            raise Refused("没有这个分类，请从页面上的链接选择")
        kinds = [v.entity for v in views.values() if wanted in ("", v.slug)]
        found = recycle.gone(db.session, actor(), kinds, request.args.get("before"), recycle.SHOWN + 1)
        events = found[: recycle.SHOWN]
        older = {"entity": wanted, "before": events[-1].id} if len(found) > len(events) else None
        return self.render(
            "admin/recycle.html",
            kinds=[{"label": "全部", "url": url_for(".index_view"), "is_current": not wanted}] + [
                {"label": v.entity.__label__, "url": url_for(".index_view", entity=v.slug), "is_current": v.slug == wanted}
                for v in views.values()
            ],
            rows=[
                {"kind": event.entity_label, "title": title, "who": event.user_name, "time": text(event.happened_at),
                 "url": url_for(".restore_view", id=event.id)}
                for event, title in zip(events, recycle.titles(db.session, events, actor()), strict=True)
            ],
            older_url=url_for(".index_view", **{k: v for k, v in older.items() if v}) if older else None,
            newest_url=url_for(".index_view", entity=wanted or None) if request.args.get("before") else None,
        )  # fmt: skip

    @expose("/restore/", methods=("GET", "POST"))
    def restore_view(self):
        """Asks on a page of its own, with what will come back."""
        event = recycle.find(db.session, request.values.get("id", ""), actor())
        view = current_app.extensions["entity_views"][recycle.entity_of(event).__name__]
        view.require("delete")
        if request.method == "POST":
            try:
                with transaction() as session:
                    row = recycle.bring_back(session, event, actor(), now())
                    title = lookups.label_of(row, actor())
                    target = view.link("details_view", id=row.id)
                flash(f"已恢复{event.entity_label}“{title}”", "success")
                return redirect(target if view.may("view") else url_for(".index_view"))
            except Refused as no:
                flash(no.sentence, "error")
                return redirect(url_for(".restore_view", id=event.id))
        return self.render("admin/confirm.html", **self._question(view, event))

    @staticmethod
    def _question(view, event: AuditEvent) -> dict:
        title = recycle.titles(db.session, [event], actor())[0]
        with_it = Counter(p.entity_label for some in recycle.parts(db.session, [event]).values() for p in some)
        and_parts = "，连同" + "、".join(f"{n}条{label}" for label, n in with_it.items()) if with_it else ""
        kept = event.changes or {}
        return {
            "heading": f"恢复{event.entity_label}",
            "sentence": f"确定恢复{event.user_name}在{text(event.happened_at)}删除的“{title}”吗？将按删除时的内容放回原处{and_parts}。",
            "facts": [
                {"label": d.label, "text": view._past(d, kept[d.name][0])} for d in view.described.values()
                if d.name in kept and not d.field.is_hidden and d.name != "permissions"
            ],
            "post_url": url_for(".restore_view"), "cancel_url": url_for(".index_view"),
            "button_label": "恢复", "button_kind": "primary", "hidden": [("id", event.id)],
        }  # fmt: skip
