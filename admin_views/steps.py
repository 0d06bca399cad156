"""Records that move by a flow: their buttons are the steps open to the reader, each with its own form."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_admin import expose

from extensions import db, now, transaction
from models import Described
from services.keeping import records
from services.lists import lookups
from services.errors import Conflict, Missing, Refused
from services.flow import Flow, Step

from .acting import actor
from .forms import show_errors, step_data, step_form


BACK_OUT = frozenset({"withdraw", "void", "lapse", "give_up", "lift"})
"""Steps that give something up: never the one a page puts forward."""


class Stepped:
    """Mixed into `EntityView` before it; `flow` is the table of steps of the entity.

    `standing` are guards that look at no answer: a step one of them refuses is not offered.
    """

    flow: Flow
    standing: frozenset = frozenset()

    def open_steps(self, row: Described) -> list[Step]:
        """The steps this person can really take now."""
        return [
            step for step in self.flow.open_to(row, actor())
            if not any(guard(db.session, row, actor(), now(), {}) for guard in step.guards if guard in self.standing)
        ]  # fmt: skip

    def buttons(self, row: Described) -> list[dict]:
        steps = self.open_steps(row)
        found = [
            {"label": s.label, "url": self.link("step_view", id=row.id, verb=s.verb), "is_primary": i == 0 and s.verb not in BACK_OUT,
             "method": "get", "confirm": None, "hint": s.hint}
            for i, s in enumerate(steps)
        ]  # fmt: skip
        return [*found, *super().buttons(row)]

    @expose("/step/", methods=("GET", "POST"))
    def step_view(self):
        """The form of one step is what the step asks."""
        row = self.find(request.args.get("id"))
        step = self.flow.by_verb.get(request.args.get("verb", ""))
        if step is None:
            raise Missing("没有这个办理步骤")
        actor().require(step.by)
        title = lookups.label_of(row, actor())
        form = step_form(step, self.asker, row)(request.form if request.method == "POST" else None, data=step_data(step, row) | named(step))
        loose, status = [], 200
        if request.method == "POST" and form.validate():
            try:
                take(self.flow, row, step, form)
                flash(f"办理成功：{step.label}　{title}", "success")
                return redirect(self.after(row, step))
            except Conflict as no:
                loose, status = [no.sentence], 409
            except Refused as no:
                loose, status = show_errors(form, no), 422
        return self.render(
            "admin/form.html", form=form, heading=f"{step.label} — {self.heading_of(row)}", conflict=None, warnings=loose,
            sections=[{"title": title, "fields": list(form)}], submit_label=step.label,
            cancel_url=self.link("details_view", id=row.id), lock_version=row.version, hint=step.hint,
            may_add_another=False,
        ), status  # fmt: skip

    def heading_of(self, row: Described) -> str:
        """How the page of a step names the record."""
        return lookups.label_of(row, actor())

    def after(self, row: Described, step: Step) -> str:
        """Where a taken step leads to."""
        return self.link("details_view", id=row.id)

    def _lookup_target(self, name):
        ask = next((a for s in self.flow.steps for a in s.asks if a.name == name and issubclass(a.type, Described)), None)
        return (ask.type, ()) if ask is not None else super()._lookup_target(name)


def named(step: Step) -> dict:
    """Answers that the address proposes, such as the matter to merge into."""
    return {ask.name: request.args[ask.name] for ask in step.asks if ask.name in request.args}


def take(flow: Flow, row: Described, step: Step, form) -> None:
    """Take a step with a form's answers, unless the row moved since the form was shown."""
    if records.version_of(row) != request.form.get("lock_version", ""):
        raise Conflict(f"您打开之后，别人已经先办了，现在是“{row.status.label}”。您这一步没有生效，请看最新情况，再决定还要不要办")
    answers = {}
    for ask in step.asks_of(row):
        value = form[ask.name].data
        if value and issubclass(ask.type, Described):
            value = lookups.checked(db.session, ask.label, ask.type, value)
        answers[ask.name] = value
    with transaction() as session:
        flow.take(session, step.verb, row, actor(), now(), **answers)
