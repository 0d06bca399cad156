"""The search box of the top bar: everything a person may see, in one list."""

from __future__ import annotations

from flask import current_app, request
from flask_admin import expose
from flask_login import current_user

from extensions import db
from services.lists import everywhere

from .acting import actor
from .base import CustomView


class SearchView(CustomView):
    """Everybody who signs in may search; what is found follows the permissions and the scope."""

    permission = "search:view"

    def __init__(self):
        super().__init__(name="搜索", endpoint="search")

    def is_accessible(self) -> bool:
        return current_user.is_authenticated

    @expose("/")
    def index_view(self):
        words = request.args.get("query", "").strip()
        groups = self._groups(words) if len(words) >= 2 else []
        if request.accept_mimetypes.best == "application/json":
            return {"groups": groups}
        return self.render("admin/search.html", everywhere=words, groups=groups)

    @staticmethod
    def _groups(words: str) -> list[dict]:
        views = {v.entity: v for v in current_app.extensions["entity_views"].values() if v.may("view")}
        found = everywhere.find(db.session, everywhere.ranked(views), words, actor())
        return [
            {
                "label": f.entity.__label__,
                "rows": [
                    {"url": views[f.entity].link("details_view", id=hit.id), "label": hit.label, "hint": hit.hint}
                    for hit in f.hits
                ],
                "more_url": views[f.entity].link(search=words) if f.has_more else None,
            }
            for f in found
        ]  # fmt: skip
