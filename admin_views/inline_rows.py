"""Parts and members on the form of their owner: rows of boxes that are added, changed and removed with it.

A row is sent as `case_party-0-name`, with `-id` and `-version` of the stored part behind it and
`-removed` when it is to go. Rows left as empty as they were offered are nobody's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from extensions import db
from models import Described
from models.codes import by_role
from services.keeping import records
from services.errors import Conflict, Refused

from .forms import entity_form, fill, show_errors

if TYPE_CHECKING:
    from .base import EntityView

MOST = 20
OFFERED = 3
PLACEHOLDER = "__n__"  # stands for the number in the row that the script copies
GONE = "有一行已被别人删除。请对照下表，决定后再保存"


class PartRow:
    """One row: its boxes, the stored part behind it, and whether it is to go."""

    def __init__(
        self, rows: PartRows, number: int | str, sent: MultiDict | None = None, record: Described | None = None
    ):  # fmt: skip
        self.name = f"{rows.slug}-{number}"
        self.sentences: list[str] = []
        answers = sent or {}
        self.id = record.id if record else answers.get(f"{self.name}-id", "")
        self.record = record or rows.stored.get(self.id)
        self.is_gone = bool(self.id) and self.record is None
        self.is_removed = bool(answers.get(f"{self.name}-removed"))
        self.version = answers.get(f"{self.name}-version") if sent else record and records.version_of(record)
        data = rows.data_of(self.record)
        self.form = rows.form_class(sent, prefix=f"{self.name}-", data=data)
        for d in rows.fields:
            self.form[d.name].is_compared = d.name in rows.compared
            if self.record is not None:
                self.form[d.name].keep(data[d.name])

    def content(self) -> list[tuple[str, str]]:
        return [(box._value().strip(), box.words) for box in self.form]


class PartRows:
    """The rows of one part; `view` is the part's own view, whose rules, masks and rights hold.

    `sent` are the answers, `is_decided` says that whoever sent them has seen what others saved.
    """

    most = MOST

    def __init__(
        self, view: EntityView, owner: Described, owner_view: EntityView, *,
        is_new: bool, sent: MultiDict | None, is_decided: bool = False,
    ):  # fmt: skip
        self.view, self.slug, self.label = view, view.slug, view.entity.__label__
        self.back = next(d for d in view.described.values() if d.leads_to(type(owner)))
        self.fields = [d for d in view.form_fields(True) if d.name != self.back.name]
        asker = replace(view.asker, few=owner_view.few_for(owner))
        self.form_class = entity_form(view.entity, asker, (*view.hidden_in_form, self.back.name))
        own = [a for a in type(owner).__alike__ if a.part == view.entity.__name__]
        self.compared = {name for alike in own for name in alike.names}
        self.start = view.starting_values()
        self.sentences: list[str] = []
        self.may_remove = view.can_remove()
        # Whoever may make a record may make its parts with it.
        self.may_add = view.can_add() or (is_new and view.guarded_as == owner_view.guarded_as)
        self.stored = {} if is_new else self._stored(owner)
        self.has_more = len(self.stored) > MOST
        self.blank = PartRow(self, PLACEHOLDER)
        self.rows = self._shown() if sent is None else self._sent(sent)
        for row in self.rows if is_decided else ():
            for box in row.form:
                box.settle()
            row.id, row.version = (row.id, records.version_of(row.record)) if row.record else ("", "")
        self.is_new, self.next_number = is_new, 1 + max([-1, *(self._number(r) for r in self.rows)])

    @property
    def has_errors(self) -> bool:
        return bool(self.sentences or any(row.sentences or row.form.errors for row in self.rows))

    def data_of(self, record: Described | None) -> dict:
        return self.start if record is None else {d.name: d.get(record) for d in self.fields}

    def _stored(self, owner: Described) -> dict[str, Described]:
        part = self.view.entity
        references = [joinedload(getattr(part, d.name)) for d in self.fields if d.target]
        mine = select(part).options(*references).where(self.back.of(part) == owner.id)
        rows = db.session.scalars(mine.order_by(part.id).limit(2 * MOST))
        return {row.id: row for row in by_role(rows)}

    def _shown(self) -> list[PartRow]:
        shown = [record for record in self.stored.values() if getattr(record, "is_active", True) is not False]
        return [PartRow(self, i, record=record) for i, record in enumerate(shown[:MOST])]

    def _sent(self, sent: MultiDict) -> list[PartRow]:
        pattern = re.compile(rf"{self.slug}-(\d{{1,3}})-")
        numbers = sorted({int(found[1]) for key in sent if (found := pattern.match(key))})
        if len(numbers) > 3 * MOST:
            self.sentences.append(self._too_many())
        rows = [PartRow(self, number, sent) for number in numbers[: 3 * MOST]]
        return [row for row in rows if row.record or not (row.is_removed or self._is_empty(row))]

    def _is_empty(self, row: PartRow) -> bool:
        return not row.is_gone and row.content() == self.blank.content()

    @staticmethod
    def _number(row: PartRow) -> int:
        return int(row.name.rsplit("-", 1)[1])

    def _too_many(self) -> str:
        return f"{self.label}一次最多填{MOST}行，多出的请保存后再到记录页上逐条新增"

    def offered(self) -> list[PartRow]:
        """The empty rows of a form that no script helps with; the first of a new form is for everybody."""
        if not self.may_add or self.has_more:
            return []
        count = OFFERED if self.is_new and not self.rows else 1
        count = min(count, MOST - len(self.rows))
        return [PartRow(self, self.next_number + i) for i in range(count)]

    def label_of(self, row: PartRow) -> str:
        return f"{self.label} {self.rows.index(row) + 1}"

    def validate(self) -> bool:
        staying = [row for row in self.rows if not row.is_removed]
        if len(staying) > MOST and not self.sentences:
            self.sentences.append(self._too_many())
        return all([row.form.validate() for row in staying]) and not self.sentences

    def check_versions(self) -> None:
        """Refuse to save over a row that somebody else changed or removed meanwhile."""
        for row in self.rows:
            if row.is_gone:
                raise Conflict(GONE)
            if row.record is not None:
                records.check_version(row.record, row.version)

    def save(self, session, owner: Described) -> None:
        """Remove, change, then add, so that a new row may take the place of a removed one.

        A row refused is tried again when the others are saved: one may give up what it takes over. Raises
        `Refused`, told at the row, when a rule of the part still says no.
        """
        waiting = sorted(self.rows, key=lambda row: (not row.is_removed, row.record is None))
        while waiting:
            refused = []
            for row in waiting:
                try:
                    with session.begin_nested():
                        self._save_row(session, owner, row)
                except Conflict:
                    raise
                except Refused as no:
                    refused.append((row, no))
            if len(refused) == len(waiting):
                self._tell(*refused[0])
            waiting = [row for row, _ in refused]

    def _tell(self, row: PartRow, no: Refused) -> None:
        row.sentences = show_errors(row.form, no)[:1]
        raise Refused(f"{self.label_of(row)}：{no.sentence}") from None

    def _save_row(self, session, owner: Described, row: PartRow) -> None:
        if row.is_removed:
            self.view.require("delete")
            return records.delete(session, row.record)
        is_new = row.record is None
        if is_new and not self.may_add:
            self.view.require("create")
        record = self.view.new_row() if is_new else row.record
        if is_new:
            self.back.put(record, owner.id)
        fill(record, row.form, self.fields)
        if is_new or session.is_modified(record):
            self.view.save(session, record, is_new)

    def differences(self) -> list[dict]:
        """Their saved rows beside those typed here, where they differ."""
        found = []
        for row in self.rows:
            label = self.label_of(row)
            if row.is_gone:
                found.append({"label": label, "theirs": "已删除", "mine": "还在表单里，保存时重新加上"})
            elif row.record is not None:
                found += self.view.differences(row.record, row.form, self.fields, f"{label} ")
        return found
