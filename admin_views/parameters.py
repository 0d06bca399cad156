"""All parameters on one page: what is in force, what is allowed, who changed it last."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose
from wtforms import Form

from extensions import db, now, transaction
from services import parameters
from services.access import Permission
from services.errors import Conflict, Refused
from services.parameters import EVIDENCE, PARAMETERS, LastChange, Parameter
from services.showing import text

from .acting import actor
from .base import CustomView
from .forms import Asker, Box, show_errors


class ParametersView(CustomView):
    """Who may view sees the values, who may edit gets a form with one save."""

    permission = Permission.PARAMETER_VIEW
    group = "系统"

    def __init__(self):
        super().__init__(name="参数设置", endpoint="parameters")

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        if request.method == "POST":
            actor().require(Permission.PARAMETER_EDIT)
        form = _form()
        loose, conflict, status = [], None, 200
        if request.method == "POST":
            status = 422
            try:
                if form.validate():
                    return self._save(form)
            except Conflict as no:
                conflict, status = _both_versions(form, no), 409
            except Refused as no:
                loose = show_errors(form, no)
        return self.render(
            "admin/parameters.html", form=form, sections=_sections(form), errors=loose, conflict=conflict,
            may_edit=actor().may(Permission.PARAMETER_EDIT), lock_version=parameters.version(db.session),
        ), status  # fmt: skip

    @staticmethod
    def _save(form: Form):
        with transaction() as session:
            parameters.check_version(session, request.form.get("lock_version"))
            changed = parameters.change(session, {box.name: box.data for box in form}, actor(), now())
        labels = "、".join(p.label for p in changed)
        flash(f"已保存：改动 {len(changed)} 项（{labels}）" if changed else "没有改动，不用保存", "success" if changed else "info")
        return redirect(url_for(".index_view"))


def _form() -> Form:
    """One box a parameter, filled with the value in force."""
    asker = Asker(db.session, actor(), lambda name: "")
    boxes = {p.name: _box(asker, p) for p in PARAMETERS.values()}
    form_class = type("ParametersForm", (Form,), boxes)
    return form_class(request.form if request.method == "POST" else None, data=parameters.values(db.session))


def _box(asker: Asker, p: Parameter) -> Box:
    if p.choices:
        choices = [(str(number), p.words(number) if p.names else f"{number} {p.unit}") for number in p.choices]
        return Box(p.label, widget="choice", choices=choices, read=_one_of(p), write=str, needed=True)
    return asker.typed(p.name, p.label, int, low=p.low, high=p.high, needed=True)


def _one_of(p: Parameter):
    def read(raw: str) -> int:
        if raw not in map(str, p.choices):
            raise ValueError(f"请从{p.allowed}中选择")
        return int(raw)

    return read


def _sections(form: Form) -> list[dict]:
    """The parameters by section, each with everything that is said about it."""
    current, last = parameters.values(db.session), parameters.last_changes(db.session)
    found: dict[str, list] = {}
    for p in PARAMETERS.values():
        found.setdefault(p.section, []).append({
            "field": form[p.name], "label": p.label, "unit": "" if p.names else p.unit, "help": p.help, "current": p.words(current[p.name]) if p.names else current[p.name],
            "is_changed": current[p.name] != p.default, "last": _last(p, last.get(p.name)),
            "rule": f"{'可选' if p.choices else '允许'}{p.allowed}{p.unit}，默认{p.words(p.default)}",
            "source": f"{p.source}（{EVIDENCE[p.level]}）",
        })  # fmt: skip
    return [{"title": title, "rows": rows} for title, rows in found.items()]


def _last(p: Parameter, last: LastChange | None) -> str:
    return f"{last.who} {text(last.at)} 由{p.words(last.old)}改为{p.words(last.new)}" if last else ""


def _both_versions(form: Form, no: Conflict) -> dict:
    """Their values beside what was typed here, where they differ, and who changed last."""
    db.session.rollback()
    current, last = parameters.values(db.session), parameters.last_changes(db.session)
    rows = [
        {"label": p.label, "theirs": p.words(current[p.name]), "mine": p.words(form[p.name].data)}
        for p in PARAMETERS.values() if form[p.name].data != current[p.name]
    ]  # fmt: skip
    newest = max(last.values(), key=lambda change: change.at, default=None)
    return {"who": newest.who if newest else "别人", "rows": rows, "sentence": no.sentence}
