"""The generic screens of an entity: list, form, details, delete, look-up, export, import.

Flask-Admin gives the registration, the routes and the menu; queries, forms, masks and rules
come from the entity's own description. A subclass only adds what a table cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import current_app, flash, redirect, request, url_for
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView
from flask_login import current_user
from wtforms import Form

from extensions import db, now, transaction
from models import Described, describe
from models.audit import AuditEvent
from models.codes import AccessKind, AuditVerb
from models.fields import Description
from services import audit, lookups, records
from services.access import Permission
from services.errors import Conflict, Denied, Missing, Refused
from services.labels import dictionary_names
from services.listing import COUNT_CAP, EMPTY, Filter, Listing, Query, filter_type, parse, token_of
from services.listing import dictionary_choices
from services.showing import masked, shown, text

from .acting import actor
from .forms import Asker, entity_form, fill, form_descriptions, sections, show_errors
from .sheets import Sheets


# Flask-Admin's own routes that would go round our queries, scope and masks.
_STOCK_ROUTES = {"action_view", "ajax_lookup", "ajax_update", "export"}


class PermittedView:
    """What every admin view shares: nobody enters without the view's permission."""

    permission: str | Permission = ""

    def is_accessible(self) -> bool:
        return bool(self.permission) and actor().may(self.permission)

    def inaccessible_callback(self, name, **kwargs):
        if not current_user.is_authenticated:
            return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
        raise Denied("您的角色没有打开这个页面的权限；如工作需要，请联系安全管理员开通")

    def _run_view(self, fn, *args, **kwargs):
        # Flask-Admin retries a TypeError with other arguments, which hides the real error.
        return fn(self, *args, **kwargs)


class CustomView(PermittedView, BaseView):
    """A screen that is not a table. Set `permission`, `group` (menu) and give it a name."""

    group = ""

    def __init__(self, name: str, endpoint: str, **kwargs):
        super().__init__(name=name, endpoint=endpoint, url=f"/admin/{endpoint.replace('_', '-')}", **kwargs)


class EntityView(Sheets, PermittedView, ModelView):
    """All screens of one entity, each action behind its own permission `<slug>:<action>`.

    `columns` overrides the list's columns, `presets` are named filters shown above the list
    as {label: query string}, `hidden_in_form` leaves attributes out of the form.
    """

    columns: Sequence[str] = ()
    presets: dict[str, str] = {}
    hidden_in_form: Sequence[str] = ()
    can_create = can_edit = can_delete = can_export = can_view_details = False
    form_columns: Sequence[str] = ()

    def __init__(self, entity: type[Described], **kwargs):
        self.entity = entity
        self.slug = entity.slug()
        self.permission = f"{self.guarded_as}:view"
        self.described = describe(entity)
        self.group = entity.__group__.label
        if not self.columns:
            self.columns = tuple(d.name for d in self.described.values() if d.field.listed)
        self.column_list = list(self.columns)
        self.form_columns = [d.name for d in form_descriptions(entity)]
        self._urls = [route for route in self._urls if route[1] not in _STOCK_ROUTES]
        super().__init__(
            entity, db, name=entity.__label__, endpoint=self.slug,
            url=f"/admin/{self.slug.replace('_', '-')}", **kwargs,
        )  # fmt: skip

    # Flask-Admin would build forms and filters from columns at start-up; ours come from the
    # descriptions, per request, because what is shown depends on who asks.
    def get_form(self):
        return Form

    def scaffold_list_columns(self):
        return list(self.columns)

    def scaffold_sortable_columns(self):
        return {}

    def scaffold_filters(self, name):
        return None

    def _refresh_filters_cache(self):
        self._filters, self._filter_groups, self._filter_args = None, None, None

    # ---- what a person may do ---------------------------------------------------------

    @property
    def guarded_as(self) -> str:
        """Whose permissions count: a part without a menu entry is guarded as its owner."""
        return owner_of(self.entity).slug()

    def may(self, action: str) -> bool:
        return actor().may(f"{self.guarded_as}:{self._of_owner(action)}")

    def require(self, action: str) -> None:
        actor().require(f"{self.guarded_as}:{self._of_owner(action)}")

    def _of_owner(self, action: str) -> str:
        """Adding or removing a part is a change of its owner."""
        is_part = owner_of(self.entity) is not self.entity
        return "edit" if is_part and action in ("create", "delete") else action

    def link(self, action: str = "index_view", **args) -> str:
        return url_for(f"{self.slug}.{action}", **args)

    @property
    def asker(self) -> Asker:
        return Asker(db.session, actor(), lambda name: self.link("lookup_view", field=name))

    @property
    def words(self) -> dict[str, str]:
        return dictionary_names(db.session)

    def find(self, record_id: str | None) -> Described:
        if not record_id:
            raise Missing
        return records.find(db.session, self.entity, record_id)

    # ---- list -------------------------------------------------------------------------

    @expose("/")
    def index_view(self):
        args = request.args.to_dict(flat=False)
        query = parse(self.entity, args, actor())
        listing = Listing(db.session, self.entity, actor())
        page = listing.page(query, list(self.columns), self.words)
        return self.render("admin/list.html", page=self._page(query, page, listing.count(query)))

    def _page(self, query: Query, page, count: int) -> dict:
        keep = {k: v for k, v in request.args.to_dict(flat=False).items() if k not in ("after", "before", "last")}
        rows = page.rows
        filters = urlencode({k: v for k, v in keep.items() if k not in ("sort", "page_size")}, doseq=True)
        described = [self.described[name] for name in self.columns]
        return {
            "title": self.entity.__label__, "label": self.entity.__label__,
            "columns": [self._heading(d, query, keep, i == 0) for i, d in enumerate(described)],
            "rows": [self._line(row, described) for row in rows],
            "count": count,
            "count_text": f"{COUNT_CAP:,}+ 条" if count > COUNT_CAP else f"{count:,} 条",
            "filters": [self._filter_box(d, query) for d in self.described.values() if self._filterable(d)],
            "chips": self._chips(query, keep), "clear_url": self.link(),
            "search": query.search, "search_hint": self._search_hint(),
            "presets": [
                {"label": label, "url": f"{self.link()}?{args}" if args else self.link(),
                 "is_current": filters == args, "count": None}
                for label, args in self.presets.items()
            ],
            "create_url": self.link("create_view") if self.can_add() else None,
            "export_url": f"{self.link('export_view')}?{urlencode(keep, doseq=True)}" if self.may("export") else None,
            "import_url": self.link("import_view") if self.may("import") and self.can_add() else None,
            "template_url": self.link("template_view") if self.may("import") and self.can_add() else None,
            "first_url": self._turn(keep) if page.has_previous else None,
            "previous_url": self._turn(keep, before=token_of(rows[0].position)) if page.has_previous and rows else None,
            "next_url": self._turn(keep, after=token_of(rows[-1].position)) if page.has_next and rows else None,
            "last_url": self._turn(keep, last="1") if page.has_next else None,
            "page_size": query.page_size, "sizes": [20, 50, 100], "actions": [],
            "hidden_args": [(k, x) for k, v in keep.items() if k in ("sort", "page_size") for x in v],
            "delete_url": self.link("delete_view") if self.can_remove() else None,
        }  # fmt: skip

    def can_add(self) -> bool:
        """Rows are made and unmade by hand here; records written by services are not."""
        return self.may("create")

    def can_change(self) -> bool:
        return self.may("edit")

    def can_remove(self) -> bool:
        return self.may("delete")

    def _filterable(self, d: Description) -> bool:
        if not d.field.filtered:
            return False
        return filter_type(d) != "exact" or actor().may(Permission.REVEAL)

    def _search_hint(self) -> str:
        labels = [d.label for d in self.described.values() if d.field.searched and not d.is_personal]
        labels += [d.label for d in self.described.values() if d.field.searched and d.is_personal]
        return "搜索" + "、".join(labels[:4]) if labels else ""

    def _turn(self, keep: dict, **more: str) -> str:
        return f"{self.link()}?{urlencode({**keep, **more}, doseq=True)}"

    def _heading(self, d: Description, query: Query, keep: dict, is_main: bool) -> dict:
        direction = None
        if query.sort is not None and query.sort.name == d.name:
            direction = "desc" if query.is_descending else "asc"
        wanted = f"-{d.name}" if direction == "asc" else d.name
        return {
            "name": d.name, "label": d.label, "direction": direction, "is_main": is_main,
            "sort_url": self._turn({**keep, "sort": [wanted]}) if d.field.sorted else None,
            "is_number": d.type in (int, float) or d.type.__name__ == "Decimal",
        }  # fmt: skip

    def _line(self, row, described: list[Description]) -> dict:
        return {
            "id": row.id, "url": self.link("details_view", id=row.id),
            "edit_url": self.link("edit_view", id=row.id) if self.can_change() else None,
            "cells": [
                {"text": text(row.values[d.name]), "name": d.name, "tone": self.tone(d.name, row.values),
                 "is_number": d.type is int or d.type.__name__ == "Decimal"}
                for d in described
            ],
        }  # fmt: skip

    def tone(self, name: str, values: dict) -> str | None:
        """A colour word for a cell (ok, warn, bad, info); the text always says it too."""
        return None

    def _filter_box(self, d: Description, query: Query) -> dict:
        active = next((f for f in query.filters if f.description.name == d.name), Filter(d))
        kind = filter_type(d)
        box = {"name": d.name, "label": d.label, "type": kind, "options": [], "selected": [], "text": "",
               "low": text(active.low), "high": text(active.high), "lookup_url": None}  # fmt: skip
        chosen = [v.value if hasattr(v, "value") else v for v in active.values]
        if kind == "choice":
            pairs = [(m.value, m.label) for m in d.code] if d.code else dictionary_choices(db.session, d.field.dictionary)
            box["options"] = [{"value": v, "label": w, "is_selected": v in chosen} for v, w in pairs]
        elif kind == "yesno":
            pairs = [("yes", "是"), ("no", "否"), *([(EMPTY, "未填")] if d.column.nullable else [])]
            box["options"] = [{"value": v, "label": w, "is_selected": v in chosen} for v, w in pairs]
        elif kind == "lookup":
            box["lookup_url"] = self.link("lookup_view", field=d.name, all="1")
            box["selected"] = [{"id": v, "label": self._name_of(d, v)} for v in chosen if v != EMPTY]
            box["has_empty"], box["is_empty"] = d.column.nullable, EMPTY in chosen
        else:
            box["text"] = chosen[0] if chosen else ""
        return box

    def _chips(self, query: Query, keep: dict) -> list[dict]:
        chips = []
        if query.search:
            chips.append({"label": f"含“{query.search}”", "remove_url": self._turn(_without(keep, "search"))})
        for wanted in query.filters:
            chips.append({
                "label": self.in_words(wanted),
                "remove_url": self._turn(_without(keep, wanted.description.name)),
            })  # fmt: skip
        return chips

    @staticmethod
    def _name_of(d: Description, record_id: str) -> str:
        return "未填" if record_id == EMPTY else lookups.label(db.session, d.target, record_id, actor()) or "（看不到）"

    def in_words(self, wanted: Filter) -> str:
        """One filter as a readable sentence."""
        d, kind = wanted.description, filter_type(wanted.description)
        if kind in ("date", "number"):
            if wanted.low is not None and wanted.high is not None:
                return f"{d.label} {text(wanted.low)} 至 {text(wanted.high)}"
            return f"{d.label} 不早于 {text(wanted.low)}" if kind == "date" and wanted.low else (
                f"{d.label} 不晚于 {text(wanted.high)}" if kind == "date" else
                f"{d.label} 不小于 {text(wanted.low)}" if wanted.low is not None else f"{d.label} 不大于 {text(wanted.high)}"
            )  # fmt: skip
        names = {"yes": "是", "no": "否", EMPTY: "未填"}
        if kind == "lookup":
            labels = [self._name_of(d, v) for v in wanted.values]
        elif kind == "yesno":
            labels = [names[v] for v in wanted.values]
        elif kind == "choice" and not d.code:
            labels = [self.words.get(v, v) for v in wanted.values]
        elif kind == "text":
            return f"{d.label} 含“{'”或“'.join(wanted.values)}”"
        else:
            labels = [text(v) for v in wanted.values]
        return f"{d.label} 是 {'或'.join(labels)}"

    # ---- look-up ----------------------------------------------------------------------

    @expose("/lookup/")
    def lookup_view(self):
        if not (self.may("view") or self.may("create") or self.may("edit")):
            raise Denied("没有权限")
        target, only = self._lookup_target(request.args.get("field", ""))
        only = () if request.args.get("all") else only
        found = lookups.candidates(db.session, target, request.args.get("query", "")[:100], actor(), only)
        return {"results": [{"id": c.id, "label": c.label, "hint": c.hint} for c in found]}

    def _lookup_target(self, name: str) -> tuple[type[Described], tuple[str, ...]]:
        description = self.described.get(name)
        if description is None or description.target is None:
            raise Missing("没有这个可选项")
        return description.target, description.field.only

    # ---- form -------------------------------------------------------------------------

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self):
        self.require("create")
        row = self.new_row()
        form = self._form(row, is_new=True)
        loose: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                with transaction() as session:
                    fill(row, form, self._form_fields(is_new=True))
                    self.save(session, row, is_new=True)
                    target = self.link("details_view", id=row.id)
                flash(f"已新增{self.entity.__label__}", "success")
                return redirect(self.link("create_view") if request.form.get("another") else target)
            except Refused as no:
                loose = show_errors(form, no)
        return self._show_form(form, f"新增{self.entity.__label__}", self.link(), loose, is_new=True)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        form = self._form(row, is_new=False)
        back = self.link("details_view", id=row.id)
        loose, conflict, status = [], None, 200
        if request.method == "POST" and form.validate():
            try:
                records.check_version(row, request.form.get("lock_version"))
                with transaction() as session:
                    fill(row, form, self._form_fields(is_new=False))
                    self.save(session, row, is_new=False)
                flash("已保存", "success")
                return redirect(back)
            except Conflict as no:
                db.session.rollback()
                row = self.find(request.args.get("id"))
                conflict, status = self._both_versions(row, form, no), 409
            except Refused as no:
                loose = show_errors(form, no)
        response = self._show_form(
            form, f"修改{self.entity.__label__}", back, loose, conflict=conflict,
            lock_version=getattr(row, "version", None), is_new=False,
        )  # fmt: skip
        return response, status

    def suggested(self) -> dict:
        """What an empty form starts with, by attribute name."""
        return {}

    def new_row(self) -> Described:
        return self.entity()

    def save(self, session, row: Described, is_new: bool) -> None:
        """Store a filled row; entities with a beginning of their own (cases) override it."""
        records.save(session, row, actor(), now())

    def _form_fields(self, is_new: bool) -> list[Description]:
        return [d for d in form_descriptions(self.entity) if d.name not in self.hidden_in_form]

    def _form(self, row: Described, is_new: bool) -> Form:
        fields = self._form_fields(is_new)
        form_class = entity_form(self.entity, self.asker, self.hidden_in_form)
        if is_new:
            data = {d.name: request.args.get(d.name) or _default(d) for d in fields}
            data |= {name: value for name, value in self.suggested().items() if data.get(name) is None}
        else:
            data = {d.name: getattr(row, d.key) for d in fields}
        return form_class(request.form if request.method == "POST" else None, data=data)

    def _show_form(self, form, heading, cancel_url, loose, *, conflict=None, lock_version=None, is_new=False):
        return self.render(
            "admin/form.html", form=form, heading=heading, conflict=conflict, warnings=loose,
            sections=sections(form, self._form_fields(is_new), self.entity.__label__),
            submit_label="保存", cancel_url=cancel_url, lock_version=lock_version, may_add_another=is_new,
        )  # fmt: skip

    def _both_versions(self, row: Described, form: Form, no: Conflict) -> dict:
        """Their saved values beside what was typed here, where they differ."""
        rows = []
        for d in self._form_fields(False):
            box = form[d.name]
            theirs = self.cell(d, row)
            mine = box.display if box.widget_name == "lookup" else text(masked(d, box.data, actor()), self.words)
            if theirs != mine:
                rows.append({"label": d.label, "theirs": theirs, "mine": mine})
        last = db.session.query(AuditEvent).filter_by(entity=self.slug, record_id=row.id).order_by(
            AuditEvent.happened_at.desc()).first()  # fmt: skip
        return {"who": last.user_name if last else "别人", "rows": rows, "sentence": no.sentence}

    # ---- details ----------------------------------------------------------------------

    def cell(self, d: Description, row: Described) -> str:
        """One attribute of a row in words, masked."""
        if d.target:
            other = getattr(row, d.name)
            return lookups.label_of(other, actor()) if other is not None else ""
        return shown(d, getattr(row, d.key), actor(), self.words)

    @expose("/details/")
    def details_view(self):
        row = self.find(request.args.get("id"))
        return self.render("admin/details.html", **self.details(row))

    def details(self, row: Described) -> dict:
        """Everything the page of one record shows."""
        return {
            "record": {"title": lookups.label_of(row, actor()), "subtitle": self.entity.__label__, "badges": self.badges(row)},
            "facts": self._facts(row), "buttons": self.buttons(row), "related": self._related(row),
            "timeline": None, "changes": self._changes(row), "attachments": self._attachments(row),
            "edit_url": self.link("edit_view", id=row.id) if self.can_change() else None,
            "delete_url": self.link("delete_view", id=row.id) if self.can_remove() else None,
        }  # fmt: skip

    def badges(self, row: Described) -> list[dict]:
        return []

    def buttons(self, row: Described) -> list[dict]:
        return []

    def _facts(self, row: Described) -> list[dict]:
        found: dict[str, list] = {}
        for d in self.described.values():
            if d.field.is_hidden or d.name == "permissions":
                continue
            value = getattr(row, d.key)
            reveal = None
            if value is not None and d.is_personal and masked(d, value, actor()) != value and actor().may(Permission.REVEAL):
                reveal = {"url": self.link("reveal_view"), "field": d.name, "id": row.id}
            found.setdefault(d.field.section or "基本情况", []).append({
                "label": d.label, "text": self.cell(d, row), "reveal": reveal,
                "is_wide": bool(d.kind and d.kind.is_long),
            })  # fmt: skip
        return [{"title": title, "items": items} for title, items in found.items()]

    def _related(self, row: Described) -> list[dict]:
        """Rows of other entities that point here: owned parts first, then what the reader may see."""
        found = []
        for view in current_app.extensions["entity_views"].values():
            for d in view.described.values():
                if d.target is None or d.target not in type(row).__mro__:
                    continue
                if d.is_part or (view.may("view") and d.field.filtered):
                    found.append((not d.is_part, view._few(d.name, row.id, d.is_part)))
        return [table for _, table in sorted(found, key=lambda pair: pair[0]) if table]

    def _few(self, name: str, record_id: str, is_part: bool) -> dict | None:
        """At most eight rows that point to a record by one reference."""
        d = self.described[name]
        columns = [c for c in self.columns if c != name][:6]
        query = Query([Filter(d, [record_id])], page_size=8)
        page = Listing(db.session, self.entity, actor()).page(query, columns, self.words)
        if not page.rows and not is_part:
            return None
        title = self.entity.__label__ if is_part else f"{self.entity.__label__}（{d.label}）"
        return {
            "title": title, "columns": [self.described[c].label for c in columns],
            "rows": [
                {"url": self.link("details_view", id=r.id) if self.may("view") else None,
                 "cells": [text(r.values[c]) for c in columns]}
                for r in page.rows
            ],
            "create_url": self.link("create_view", **{name: record_id}) if is_part and self.may("create") else None,
            "more_url": self.link("index_view", **{name: record_id}) if page.has_next and self.may("view") else None,
            "empty": "还没有",
        }  # fmt: skip

    def _changes(self, row: Described) -> list[dict] | None:
        """The history, each value through the reader's own masks."""
        entries = (
            db.session.query(AuditEvent).filter_by(entity=self.slug, record_id=str(row.id))
            .order_by(AuditEvent.happened_at.desc(), AuditEvent.id.desc()).limit(20).all()
        )  # fmt: skip
        return [
            {"time": text(e.happened_at), "who": e.user_name, "verb": e.verb.label,
             "rows": self._diff(e) if e.verb is AuditVerb.UPDATE else []}
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
        value = getattr(row, d.key) or ""
        if request.accept_mimetypes.best == "application/json":
            return {"value": value}
        flash(f"{d.label}：{value}", "info")
        return redirect(self.link("details_view", id=row.id))

    # ---- delete -----------------------------------------------------------------------

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self):
        """Asks on a page of its own, so that no script is needed for the question."""
        self.require("delete")
        row = self.find(request.values.get("id"))
        title = lookups.label_of(row, actor())
        back = self.link("details_view", id=row.id)
        if request.method == "POST" and request.form.get("confirmed"):
            try:
                with transaction() as session:
                    records.delete(session, row)
                flash(f"已删除{self.entity.__label__}“{title}”", "success")
                return redirect(self.link())
            except Refused as no:
                flash(no.sentence, "error")
                return redirect(back)
        return self.render(
            "admin/confirm.html", heading=f"删除{self.entity.__label__}", sentence=f"确定删除“{title}”吗？删除会记入操作日志。",
            facts=[i for section in self._facts(row) for i in section["items"] if i["text"]][:8],
            post_url=self.link("delete_view"), cancel_url=back, button_label="确定删除",
            hidden=[("id", row.id), ("confirmed", "1")],
        )  # fmt: skip


def owner_of(entity: type[Described]) -> type[Described]:
    """The entity whose page shows this one, for parts without a menu entry; else itself."""
    if entity.__in_menu__:
        return entity
    owner = next((d.target for d in describe(entity).values() if d.is_part), None)
    return owner_of(owner) if owner else entity


def _without(keep: dict, name: str) -> dict:
    return {k: v for k, v in keep.items() if k != name and not k.startswith(f"{name}__")}


def _default(d: Description):
    default = d.column.default
    return default.arg if default is not None and default.is_scalar else None
