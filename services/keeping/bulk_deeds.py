"""What can be done to very many rows, a piece at a time: which rows are fit for it, and writing some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Described
from models.codes import Code

from . import audit, bulk, custom, records
from ..lists import lookups
from ..access import Actor, permission_for
from .custom import CustomDescription
from ..errors import Conflict, Refused
from ..flow import Ask, Flow, plain
from ..flows import FLOWS
from ..lists.walking import identity
from ..rosters import stored, writing
from ..rosters.decisions import Decision

SAME = "已经是这个内容"
_IN_ONE_QUERY = 500


class Deed:
    """One thing done to many rows of an entity; what it needs to know stands in `params`, as JSON can hold it.

    `most` rows are done in a request, beyond that by the worker, `size` of them in one transaction:
    well under two seconds, which is how long others may have to wait to save meanwhile.
    """

    name = verb = ""
    most = bulk.MOST
    size = 50

    def __init__(self, entity: type[Described], params: Mapping[str, Any]):
        self.entity, self.params = entity, params

    def require(self, actor: Actor) -> None:
        """Refuse whoever may not do this."""
        raise NotImplementedError

    def title(self, session: Session) -> str:
        """What the operation is called in the history."""
        raise NotImplementedError

    def fit(self, session: Session, ids: Sequence[str]) -> tuple[list[str], Counter]:
        """Those of some rows that it can be done to as far as sets tell, and how many not for which reason."""
        return list(ids), Counter()

    def write(self, session: Session, ids: Sequence[str], actor: Actor, now: datetime) -> dict[str, str]:
        """Do it to some rows through every rule; gives {id: reason} of those it was not done to."""
        raise NotImplementedError

    def step(self) -> list[str] | None:
        """[flow, verb] where it is a step of a flow."""
        return None


class Change(Deed):
    """`values` are plain values by stored attribute."""

    name, verb = "change", "修改"

    def __init__(self, entity, params):
        super().__init__(entity, params)
        self.size = 1000 if writing.in_sets(entity) else 25

    def require(self, actor):
        actor.require(permission_for(self.entity, "edit"))

    def title(self, session):
        described = custom.described(session, self.entity).values()
        return f"批量修改{self.entity.__label__}：{'、'.join(d.label for d in described if d.key in self.params['values'])}"

    def write(self, session, ids, actor, now):
        values, columns = self._values(session), stored.stored_columns(self.entity)
        own, key, decisions, left = {n for n in values if n not in columns}, identity(self.entity), [], {}
        rows = sorted(stored.records(session, self.entity, key.in_(ids)), key=itemgetter("_id"))
        for number, known in enumerate(rows, 1):
            known |= {name: (known["extra"] or {}).get(name) for name in own}
            new = {name: value for name, value in values.items() if known[name] != value}
            if new:
                decisions.append(Decision(number, new, known, []))
            else:
                left[str(known["_id"])] = SAME
        by_number = {d.number: str(d.known["_id"]) for d in decisions}
        for error in writing.write(session, self.entity, decisions, actor, now):
            left[by_number[error.row_number]] = error.sentence
        return left

    def _values(self, session: Session) -> dict[str, Any]:
        given, found = self.params["values"], {}
        for d in custom.described(session, self.entity).values():
            if d.key in given:
                value = given[d.key] if isinstance(d, CustomDescription) else audit.restored(d.column, given[d.key])
                found[d.key] = value.value if isinstance(value, Code) else value
        return found


class Delete(Deed):
    name, verb, most, size = "delete", "删除", bulk.MOST_DELETED, 200

    def require(self, actor):
        actor.require(permission_for(self.entity, "delete"))

    def title(self, session):
        return f"批量删除{self.entity.__label__}"

    def fit(self, session, ids):
        used = bulk.users(session, self.entity, ids)
        return [i for i in ids if i not in used], Counter(f"还被{words}使用，不能删除" for words in used.values())

    def write(self, session, ids, actor, now):
        key = identity(self.entity)
        rows = session.scalars(select(self.entity).where(key.in_(ids)).order_by(key)).all()
        plan = bulk.plan_delete(session, rows)
        left = {str(row.id): reason for row, reason in plan.left}
        try:
            records.delete(session, *plan.rows)
        except (Refused, Conflict):
            left |= _each(session, plan.rows, lambda row: records.delete(session, row))
        return left


class Take(Deed):
    """A step of the flow `flow`, `verb`, with the same `answers` (as `told` writes them) for every row."""

    name, most, size = "take", bulk.MOST_STEPS, 10

    def __init__(self, entity, params):
        super().__init__(entity, params)
        self.flow: Flow = next(f for f in FLOWS if f.name == params["flow"])
        self.taken = self.flow.by_verb[params["verb"]]
        self.verb = self.taken.label

    @staticmethod
    def told(flow: Flow, verb: str, answers: dict[str, Any]) -> dict[str, Any]:
        return {"flow": flow.name, "verb": verb, "answers": plain(answers)}

    def require(self, actor):
        actor.require(self.taken.by)

    def title(self, session):
        return f"批量{self.taken.label}"

    def step(self):
        return [self.flow.name, self.taken.verb]

    def fit(self, session, ids):
        key, status, sources, fit, left = identity(self.entity), self.entity.status, self.taken.sources, [], Counter()
        for some in bulk.portions(ids, _IN_ONE_QUERY):
            for record_id, now in session.execute(select(key, status).where(key.in_(some)).order_by(key)):
                if now in sources:
                    fit.append(record_id)
                else:
                    left[f"现在是“{now.label}”，不能{self.taken.label}"] += 1
        return fit, left

    def write(self, session, ids, actor, now):
        key = identity(self.entity)
        rows = session.scalars(select(self.entity).where(key.in_(ids)).order_by(key)).all()
        answers = {ask.name: _answer(session, ask, self.params["answers"].get(ask.name)) for ask in self.taken.asks}
        return _each(session, rows, lambda row: self.flow.take(session, self.taken.verb, row, actor, now, **answers))


DEEDS = {deed.name: deed for deed in (Change, Delete, Take)}


def _answer(session: Session, ask: Ask, told: Any) -> Any:
    """An answer as the form gave it."""
    if told is None:
        return None
    if issubclass(ask.type, Described):
        return lookups.checked(session, ask.label, ask.type, told)
    if issubclass(ask.type, Code):
        return ask.type(told)
    return ask.type.fromisoformat(told) if issubclass(ask.type, date) else told


def _each(session: Session, rows: Sequence[Described], do) -> dict[str, str]:
    """Each row by itself, so that one that is refused leaves nothing of itself."""
    left = {}
    for row in rows:
        record_id = str(row.id)
        try:
            with session.begin_nested():
                do(row)
        except Refused as no:
            left[record_id] = no.sentence
    return left
