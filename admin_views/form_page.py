"""Adding and changing a record: the form, what it refuses, and two people at one record."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_admin import expose
from wtforms import Form

from extensions import db, now, transaction
from models import Described
from models.audit import AuditEvent
from models.fields import Description
from services import records
from services.errors import Conflict, Refused
from services.showing import masked, text

from .acting import actor
from .forms import entity_form, fill, form_descriptions, sections, show_errors


class FormPage:
    """Mixed into `EntityView`."""

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
                    again = self.link("create_view", **self._owner_of(row))
                flash(f"已保存：{self.heading_of_new()}", "success")
                return redirect(again if request.form.get("another") else target)
            except Refused as no:
                loose = show_errors(form, no)
        return self._show_form(form, self.heading_of_new(), self.link(), loose, is_new=True)

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
            lock_version=records.version_of(row), is_new=False,
        )  # fmt: skip
        return response, status

    def _owner_of(self, row: Described) -> dict[str, str]:
        """The owner of a part, for the next part of the same owner."""
        return {d.name: getattr(row, d.key) for d in self.described.values() if d.is_part}

    def heading_of_new(self) -> str:
        return f"新增{self.entity.__label__}"

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
            # An address may name the owner of a part, never a person's number.
            data = {d.name: _default(d) if d.is_personal else request.args.get(d.name) or _default(d) for d in fields}
            data |= {name: value for name, value in self.suggested().items() if data.get(name) is None}
        else:
            data = {d.name: getattr(row, d.key) for d in fields}
        form = form_class(request.form if request.method == "POST" else None, data=data)
        for d in () if is_new else fields:
            form[d.name].keep(data[d.name])
        return form

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


def _default(d: Description):
    default = d.column.default
    return default.arg if default is not None and default.is_scalar else None
