"""The lists of a person: columns, page size and density remembered; views saved and shared; live counts."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

from flask import flash, redirect, request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import select

from extensions import db, now, transaction
from services.lists import saved_views
from services.access import Permission
from services.due_dates import local_day
from services.errors import BadQuery, Refused
from services.kept import kept
from services.lists.listing import Listing
from services.lists.queries import Query, listable, parse

from .acting import actor
from .list_parts import part

DENSITIES = {"": "宽松", "compact": "紧凑"}
COUNTED = 999


class SavedViews:
    """Mixed into `EntityView`."""

    def _views(self) -> saved_views.Views:
        return saved_views.of(db.session, self.slug, actor())

    def _tabs(self, views: saved_views.Views, current: str) -> list[dict]:
        """The presets of the list and the saved views, as chips; `current` is the filter in the address."""
        tabs = [{"label": label, "query": query, "note": ""} for label, query in self.presets.items()]
        for view in views.named:
            note = "" if view.is_own else "共享"
            tabs.append({"label": view.name, "query": view.query, "note": note})
        is_at = _sorted(current)
        return [
            {**tab, "url": f"{self.link()}?{tab['query']}" if tab["query"] else self.link(), "is_current": _sorted(tab["query"]) == is_at}
            for tab in tabs
        ]  # fmt: skip

    def _layout(self, query: Query, columns: list[str], args: dict) -> dict:
        """What the settings of the list offer: all columns, the shown ones first and in their order."""
        density = (args.get("density") or [""])[0]
        return {
            "columns": kept(db.session, self._kept_as("columns", *columns), lambda: self._column_choice(columns)),
            "density": density, "densities": list(DENSITIES.items()), "url": self.link("layout_view"),
            "page_size": query.page_size, "is_changed": any(name in args for name in saved_views.LAID_OUT),
        }  # fmt: skip

    def _column_choice(self, columns: list[str]) -> Markup:
        known = {d.name: d for d in listable(self.described)}
        ordered = [*columns, *(name for name in known if name not in columns)]
        return part("column_choice", [{"name": n, "label": known[n].label, "is_shown": n in columns} for n in ordered if n in known])

    def _view_form(self, views: saved_views.Views) -> dict:
        """What is needed to save the list as it is."""
        return {
            "own": [view for view in views.named if view.is_own],
            "roles": saved_views.roles(db.session) if actor().may(Permission.SHARE) else [],
            "keep_url": self.link("keep_view"), "drop_url": self.link("drop_view"),
        }  # fmt: skip

    @expose("/layout/", methods=("POST",))
    def layout_view(self):
        """Remembers how this person wants the list to look."""
        self.require("view")
        wanted = {name: request.form[name] for name in ("page_size", "density") if name in request.form}
        if "columns" in request.form:
            wanted["columns"] = ",".join(request.form.getlist("columns"))
        if request.form.get("reset"):
            wanted = dict.fromkeys(saved_views.LAID_OUT, "")
        if wanted.get("density", "") not in DENSITIES:
            raise BadQuery("没有这种行距，请重新选择")
        parse(db.session, self.entity, {k: [v] for k, v in wanted.items()}, actor(), local_day(now()))
        with transaction() as session:
            saved_views.lay_out(session, self.slug, wanted, actor())
        return redirect(self._back(saved_views.LAID_OUT))

    @expose("/views/", methods=("POST",))
    def keep_view(self):
        self.require("view")
        try:
            with transaction() as session:
                row = saved_views.keep(
                    session, self.slug, request.form.get("name", ""), request.form.get("query", ""),
                    request.form.get("role"), actor(),
                )  # fmt: skip
                flash(f"已保存视图“{row.name}”" + ("，并共享给所选角色" if row.role_id else ""), "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self._back())

    @expose("/views/drop/", methods=("POST",))
    def drop_view(self):
        self.require("view")
        with transaction() as session:
            name = saved_views.drop(session, self.slug, request.form.get("view", ""), actor())
        flash(f"已删除视图“{name}”", "success")
        return redirect(self._back())

    def _back(self, leave_out: tuple[str, ...] = ()) -> str:
        kept = {k: v for k, v in parse_qs(request.form.get("query", "")).items() if k not in (*leave_out, "after", "before")}
        return f"{self.link()}?{urlencode(kept, doseq=True)}" if kept else self.link()

    @expose("/counts/")
    def counts_view(self):
        """How many rows each chip stands for, in one statement, asked for when the page stands."""
        self.require("view")
        tabs = self._tabs(self._views(), "")
        listing, today = Listing(db.session, self.entity, actor()), local_day(now())
        counts = []
        for tab in tabs:
            try:
                query = parse(db.session, self.entity, parse_qs(tab["query"]), actor(), today)
            except BadQuery:  # a view of columns that are gone
                counts.append(None)
            else:
                counts.append(listing.counting(query, COUNTED))
        asked = [count for count in counts if count is not None]
        found = iter(db.session.execute(select(*asked)).one() if asked else ())
        return {"counts": [_figure(next(found)) if count is not None else "" for count in counts]}


def _figure(count: int) -> str:
    return f"{COUNTED}+" if count > COUNTED else str(count)


def _sorted(query: str) -> list:
    """A query string without the order of its parts, to tell whether two ask for the same."""
    kept = {k: sorted(v) for k, v in parse_qs(query).items() if k not in (*saved_views.LAID_OUT, "after", "before", "last", "jump")}
    return sorted(kept.items())
