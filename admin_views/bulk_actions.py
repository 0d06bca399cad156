"""The things that can be done to many rows: what each asks, foresees and does."""

from __future__ import annotations

from typing import ClassVar

from wtforms import Form

from extensions import db, now
from models import Described
from services.keeping import audit, bulk, bulk_deeds
from services.lists import lookups
from services.keeping.bulk_deeds import Deed
from services.cases.case_flow import CASE_FLOW
from services.flow import Step
from services.showing import shown, text

from .acting import actor
from .forms import step_form

TICK = "bulk_set"


class Action:
    """One bulk action of one view. A form is asked first where `asks` says so.

    `plan` sorts the rows into those to write and those left out, `lines` tells what one row will
    become, `apply` writes and gives the batch.
    """

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""
    verb: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    asks: ClassVar[bool] = False
    most: ClassVar[int] = bulk.MOST

    def __init__(self, view):
        self.view = view

    def is_open(self) -> bool:
        """Whether this person may do it to these records."""
        raise NotImplementedError

    def form(self, sent) -> Form | None:
        return None

    def is_valid(self, form: Form) -> bool:
        return form.validate()

    def plan(self, session, rows, form) -> bulk.Plan:
        raise NotImplementedError

    def lines(self, row: Described, form) -> list[dict]:
        return []

    def apply(self, session, rows, form, tell=None) -> str:
        raise NotImplementedError

    def deed(self, form) -> Deed:
        """The same thing for the worker."""
        raise NotImplementedError


class Change(Action):
    """Chosen attributes get one value in every row."""

    name, label, verb, asks = "edit", "批量修改", "修改", True
    hint = "勾选要修改的项目并填写新的内容，没有勾选的保持不变。姓名、电话、编号等各条不同的内容不能批量修改。"

    def is_open(self):
        return self.view.can_change() and bool(self.offered())

    def offered(self):
        return bulk.offered(self.view.entity, self.view.form_fields(False))

    def form(self, sent):
        asker = self.view.asker
        form = type("BulkForm", (Form,), {d.name: asker.box(d) for d in self.offered()})(sent)
        form.ticked = sent.getlist(TICK) if sent else []
        return form

    def is_valid(self, form):
        chosen = self._chosen(form)
        for d in chosen:
            box = form[d.name]
            if box.validate(form) and box.data is None and not d.column.nullable:
                box.errors = [f"请填写{d.label}，这一项不能为空"]
        return bool(chosen) and not form.errors

    def _chosen(self, form):
        return [d for d in self.offered() if d.name in form.ticked]

    def values(self, form) -> dict:
        return {d.key: form[d.name].data for d in self._chosen(form)}

    def plan(self, session, rows, form):
        return bulk.plan_change(db.session, rows, self.values(form))

    def lines(self, row, form):
        view, values, found = self.view, self.values(form), []
        for d in view.described.values():
            if d.key in values:
                value = values[d.key]
                new = lookups.label(db.session, d.target, value, actor()) if d.target else shown(d, value, actor(), view.words)
                found.append({"label": d.label, "old": view.cell(d, row), "new": new})
        return found

    def apply(self, session, rows, form, tell=None):
        save = lambda s, row: self.view.save(s, row, is_new=False)  # noqa: E731
        return bulk.change(session, rows, self.values(form), actor(), now(), save, tell)

    def deed(self, form):
        return bulk_deeds.Change(self.view.entity, {"values": {name: audit.plain(value) for name, value in self.values(form).items()}})


class Archive(Change):
    """Rows that are no longer used keep their history, but are not offered any more."""

    name, label, verb, asks, value = "archive", "批量停用", "停用", False, False

    def offered(self):
        return [d for d in self.view.form_fields(False) if d.name == "is_active"]

    def form(self, sent):
        return None

    def values(self, form):
        return {"is_active": self.value}


class Activate(Archive):
    name, label, verb, value = "activate", "批量启用", "启用", True


class Delete(Action):
    name, label, verb, most = "delete", "批量删除", "删除", bulk.MOST_DELETED
    hint = "删除的记录连同附属内容移入回收站，可以恢复。"

    def is_open(self):
        return self.view.can_remove()

    def plan(self, session, rows, form):
        return bulk.plan_delete(session, rows)

    def apply(self, session, rows, form, tell=None):
        return bulk.delete(session, rows, actor(), tell)

    def deed(self, form):
        return bulk_deeds.Delete(self.view.entity, {})


class Take(Action):
    """A step of the cases' flow, with the same answers for all; only one that has a way back."""

    step: ClassVar[Step]
    most = bulk.MOST_STEPS

    @property
    def asks(self):
        return bool(self.step.asks)

    def is_open(self):
        return actor().may(self.step.by)

    def form(self, sent):
        return step_form(self.step, self.view.asker)(sent)

    def answers(self, form) -> dict:
        return {
            a.name: lookups.checked(db.session, a.label, a.type, form[a.name].data)
            if form[a.name].data and form[a.name].widget_name == "lookup" else form[a.name].data
            for a in self.step.asks
        }  # fmt: skip

    def plan(self, session, rows, form):
        return bulk.plan_step(session, CASE_FLOW, self.step.verb, rows, actor(), now(), self.answers(form))

    def lines(self, row, form):
        return [{"label": self.view.described["status"].label, "old": row.status.label, "new": self.step.target.label}]

    def apply(self, session, rows, form, tell=None):
        return bulk.take(session, CASE_FLOW, self.step.verb, rows, actor(), now(), self.answers(form), tell)

    def deed(self, form):
        return bulk_deeds.Take(self.view.entity, bulk_deeds.Take.told(CASE_FLOW, self.step.verb, self.answers(form)))


class Assign(Take):
    """Cases go to one person or unit."""

    name, label, verb = "assign", "批量交办", "交办"
    hint = "把选中的案件交给同一个单位或承办人。不能交办的会在下一页列出原因。"
    step = CASE_FLOW.by_verb["assign"]

    def lines(self, row, form):
        view, answers = self.view, self.answers(form)
        new = [lookups.label_of(answers[n], actor()) for n in ("worker", "unit") if answers[n] is not None]
        old = [view.cell(view.described[n], row) for n in ("handler", "lead_unit")]
        due = text(answers["due_on"]) or "按“分流调解”时限"
        return [
            {"label": "交给", "old": "　".join(w for w in old if w), "new": "　".join(new)},
            {"label": "反馈期限", "old": "", "new": due},
        ]


class Accept(Take):
    """What has been registered is taken on."""

    name, label, verb = "accept", "批量受理", "受理"
    hint = "受理选中的已登记案件；不属受理范围的请逐件办理。"
    step = CASE_FLOW.by_verb["accept"]


class File(Take):
    """Closed cases whose file is whole are put into the archive."""

    name, label, verb = "file", "批量归档", "归档"
    hint = "归档选中的已办结案件。回访没有完成、卷宗材料不全的不归档，会在下一页列出原因。"
    step = CASE_FLOW.by_verb["archive"]
