"""Adding and changing a record: the form, what it refuses, and two people at one record."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, flash, redirect, request
from flask_admin import expose
from wtforms import Form

from extensions import db, now, transaction
from models import Described
from models.audit import AuditEvent
from models.fields import Description
from services.keeping import duplicates, records
from services.keeping.copying import values_to_copy
from services.errors import Conflict, Refused
from services.showing import masked, text

from .acting import actor
from .forms import entity_form, fill, form_descriptions, sections, show_errors
from .inline_rows import PLACEHOLDER, PartRows

LIKE_ANOTHER = "内容照另一条填好了，请核对；编号、看不到全文的姓名电话、起止之类的日期要另填。"


class FormPage:
    """Mixed into `EntityView`."""

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self):
        self.require("create")
        row = self.new_row()
        form, parts = self._form(row, is_new=True), self._parts(row, is_new=True)
        page = {"is_new": True, "loose": [], "alike": []}
        if request.method == "POST" and is_valid(form, parts):
            found = self.likenesses(form, parts)
            if self.unseen(found):
                page["alike"] = self.warnings(form, parts, found)
                return self._show_form(form, parts, self.heading_of_new(), self.leave_new(), **page), 422
            try:
                with transaction() as session:
                    self._store(session, row, form, parts, is_new=True)
                    target = self.link("details_view", id=row.id)
                    again = self.link("create_view", **self._owner_of(row))
                flash(f"已保存：{self.heading_of_new()}", "success")
                return redirect(again if request.form.get("another") else target)
            except Refused as no:
                page["loose"] = show_errors(form, no)
        status = 422 if request.method == "POST" else 200
        return self._show_form(form, parts, self.heading_of_new(), self.leave_new(), **page), status

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        form, parts = self._form(row, is_new=False), self._parts(row, is_new=False)
        back, version = self.link("details_view", id=row.id), records.version_of(row)
        loose, conflict, status = [], None, 200
        if request.method == "POST":
            # What was refused keeps the version it was made from, or it would overwrite unasked.
            status, version = 422, request.form.get("lock_version", "")
            try:
                # First of all: a mask of a number that was changed meanwhile is no mistake of the person.
                records.check_version(row, version)
                for rows in parts:
                    rows.check_versions()
                if is_valid(form, parts):
                    with transaction() as session:
                        self._store(session, row, form, parts, is_new=False)
                    flash("已保存", "success")
                    return redirect(back)
            except Conflict as no:
                db.session.rollback()
                row = self.find(request.args.get("id"))
                for box in form:
                    box.settle()
                parts = self._parts(row, is_new=False, is_decided=True)
                conflict, status = self._both_versions(row, form, parts, no), 409
                version = records.version_of(row)
            except Refused as no:
                loose = show_errors(form, no)
        response = self._show_form(
            form, parts, f"修改{self.entity.__label__}", back, loose=loose, conflict=conflict,
            lock_version=version, record_id=row.id,
        )  # fmt: skip
        return response, status

    def _store(self, session, row: Described, form: Form, parts: list[PartRows], is_new: bool) -> None:
        """A record and its parts, all or nothing."""
        fill(row, form, self.form_fields(is_new))
        self.save(session, row, is_new=is_new)
        for rows in parts:
            rows.save(session, row)

    def _owner_of(self, row: Described) -> dict[str, str]:
        """The owner of a part, for the next part of the same owner."""
        return {d.name: d.get(row) for d in self.described.values() if d.is_part}

    def leave_new(self) -> str:
        """Where giving up a new record leads to."""
        return self.link()

    may_add_another = True

    def submit_label(self, is_new: bool) -> str:
        """What the button of the form says."""
        return "保存"

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

    def form_fields(self, is_new: bool) -> list[Description]:
        return [d for d in form_descriptions(self.described) if d.name not in self.hidden_in_form]

    def starting_values(self) -> dict:
        """What an empty form shows: what the table would fill in, and what the view suggests."""
        values = {d.name: _default(d) for d in self.form_fields(is_new=True)}
        return values | {name: value for name, value in self.suggested().items() if values.get(name) is None}

    def _form(self, row: Described, is_new: bool) -> Form:
        fields = self.form_fields(is_new)
        form_class = entity_form(self.entity, replace(self.asker, few=self.few_for(row)), self.hidden_in_form)
        data = self._asked_for(fields) if is_new else {d.name: d.get(row) for d in fields}
        form = form_class(request.form if request.method == "POST" else None, data=data)
        wanted = duplicates.compared(self.entity)
        for d in fields:
            form[d.name].is_compared = d.name in wanted
            if not is_new:
                form[d.name].keep(data[d.name])
        return form

    def _asked_for(self, fields: list[Description]) -> dict:
        """What a new form begins with: a record to be like, values in the address, the usual.

        An address may name the owner of a part, never a person's number.
        """
        data, like = self.starting_values(), request.args.get("like")
        if like and request.method == "GET":
            copied = {name: value for name, value in values_to_copy(self.find(like), fields, actor()).items() if value is not None}
            data |= {name: value for name, value in copied.items() if name not in self.suggested()}
        for d in fields:
            if not d.is_personal and request.args.get(d.name):
                data[d.name] = request.args[d.name]
        return data

    def _parts(self, row: Described, is_new: bool, is_decided: bool = False) -> list[PartRows]:
        """The rows of every owned part that this form carries and this reader may fill in."""
        sent = request.form if request.method == "POST" else None
        found = []
        for name in self.entity.__inline__:
            view = current_app.extensions["entity_views"][name]
            is_same_right = is_new and view.guarded_as == self.guarded_as
            if is_same_right or (view.can_add() if is_new else view.can_change()):
                found.append(PartRows(view, row, self, is_new=is_new, sent=sent, is_decided=is_decided))
        return found

    def _show_form(
        self, form, parts, heading, cancel_url, *, loose=(), alike=(), conflict=None, lock_version=None,
        record_id=None, is_new=False,
    ):  # fmt: skip
        return self.render(
            "admin/form.html", form=form, parts=parts, heading=heading, conflict=conflict, warnings=loose,
            sections=sections(form, self.form_fields(is_new), self.entity.__label__), alike=alike,
            seen=[*request.form.getlist("seen"), *(link["id"] for one in alike for link in one["links"])],
            similar_url=self.link("similar_view", id=record_id) if self.entity.__alike__ else None,
            submit_label=f"仍然{self.submit_label(is_new)}" if alike else self.submit_label(is_new), cancel_url=cancel_url, lock_version=lock_version,
            may_add_another=is_new and self.may_add_another, placeholder=PLACEHOLDER,
            hint=LIKE_ANOTHER if is_new and request.args.get("like") else None,
        )  # fmt: skip

    def _both_versions(self, row: Described, form: Form, parts: list[PartRows], no: Conflict) -> dict:
        """Their saved values beside what was typed here, where they differ."""
        rows = self.differences(row, form, self.form_fields(False))
        for one in parts:
            rows += one.differences()
        ids = [row.id, *(key for one in parts for key in one.stored)]
        last = db.session.query(AuditEvent).filter(AuditEvent.record_id.in_(ids)).order_by(
            AuditEvent.happened_at.desc()).first()  # fmt: skip
        return {"who": last.user_name if last else "别人", "rows": rows, "sentence": no.sentence}

    def differences(self, row: Described, form: Form, fields: list[Description], before: str = "") -> list[dict]:
        """One stored row beside the boxes made from it, where they differ."""
        found = []
        for d in fields:
            box = form[d.name]
            theirs = self.cell(d, row)
            mine = box.display if box.widget_name == "lookup" else text(masked(d, box.data, actor()), self.words)
            if theirs != mine:
                found.append({"label": f"{before}{d.label}", "theirs": theirs, "mine": mine})
        return found


def is_valid(form: Form, parts: list[PartRows]) -> bool:
    """Every box is looked at, so that all that is wrong is told at once."""
    return all([form.validate(), *(rows.validate() for rows in parts)])


def _default(d: Description):
    default = d.column.default
    return default.arg if default is not None and default.is_scalar else None
