"""Warning of what is there already: asked as one types, and once more before a new record is stored."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from wtforms import Form

from extensions import db, now
from models import Described
from services.lists import lookups
from services.keeping.duplicates import Likeness, similar

from .acting import actor
from .inline_rows import PartRows


class Similar:
    """Mixed into `EntityView`."""

    @expose("/similar/", methods=("POST",))
    def similar_view(self):
        """What looks like the half-filled form that is sent: [{box, sentence, links}]."""
        record_id = request.args.get("id")
        self.require("edit" if record_id else "create")
        row = self.find(record_id) if record_id else self.new_row()
        form, parts = self._form(row, not record_id), self._parts(row, not record_id)
        return {"found": self.warnings(form, parts, self.likenesses(form, parts, row if record_id else None))}

    def likenesses(self, form: Form, parts: list[PartRows], but: Described | None = None) -> list[Likeness]:
        """Rows in the reader's own scope; a number counts only when it was typed here in full."""
        given = {p.view.entity.__name__: [_given(row.form) for row in _staying(p)] for p in parts}
        return similar(db.session, self.entity, _given(form), given, now(), but)

    def unseen(self, found: list[Likeness]) -> bool:
        """True when there is a row that whoever sends the form has not been shown yet."""
        return not {row.id for one in found for row in one.rows} <= set(request.form.getlist("seen"))

    def warnings(self, form: Form, parts: list[PartRows], found: list[Likeness]) -> list[dict]:
        return [
            {"box": f"f-{self._first_box(form, parts, one).name}", "sentence": one.sentence,
             "links": [self._named(row) for row in one.rows]}
            for one in found
        ]  # fmt: skip

    @staticmethod
    def _first_box(form: Form, parts: list[PartRows], one: Likeness):
        name = one.alike.names[0]
        if one.part_number is None:
            return form[name]
        rows = next(p for p in parts if p.view.entity.__name__ == one.alike.part)
        return _staying(rows)[one.part_number].form[name]

    def _named(self, row: Described) -> dict:
        return {"id": row.id, "label": lookups.label_of(row, actor()), "url": self.link("details_view", id=row.id)}


def _staying(parts: PartRows):
    return [row for row in parts.rows if not row.is_removed]


def _given(form: Form) -> dict:
    return {box.short_name: box.data for box in form if box.is_given}
