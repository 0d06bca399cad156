"""Saving and deleting a row of any entity: the one place where its rules run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Described, Entity, describe, entities

from . import audit
from ..access import Actor
from ..errors import Conflict, Missing, Refused

Rule = Callable[[Session, Described, Actor, datetime], None]

_rules: dict[type, list[Rule]] = {}
_of_many: dict[Rule, Callable] = {}
_of_deletion: dict[type, list[Callable]] = {}


class Pending:
    """A row that is about to be written among many: `row` has the stored values of all columns.

    `known` are those it has now, None for a new row. A rule completes `row` or adds to `refusals`.
    """

    __slots__ = ("known", "refusals", "row")

    def __init__(self, row: dict, known: dict | None):
        self.row, self.known = row, known
        self.refusals: list[Refused] = []

    def refuse(self, sentence: str, field: str | None = None) -> None:
        self.refusals.append(Refused(sentence, field=field))


def before_save(entity: type[Described], many: Callable | None = None) -> Callable[[Rule], Rule]:
    """Register a rule of an entity; it completes the row or raises `Refused(field=…)`.

    `many(session, pending, actor, now, is_trial)` is the same rule for many rows at once, in the same
    few statements however many; a trial must leave nothing behind.
    """

    def register(rule: Rule) -> Rule:
        _rules.setdefault(entity, []).append(rule)
        if many is not None:
            _of_many[rule] = many
        return rule

    return register


def before_delete(entity: type[Described]) -> Callable:
    """Register `rule(session, row)` of an entity; it raises `Refused` where a row must stay."""

    def register(rule: Callable) -> Callable:
        _of_deletion.setdefault(entity, []).append(rule)
        return rule

    return register


def looks_at_many(entity: type[Described]) -> bool:
    """True when all rules of an entity can look at many rows at once."""
    return all(rule in _of_many for rule in _rules_of(entity))


def prepare_many(
    session: Session, entity: type[Described], pending: Sequence[Pending], actor: Actor, now: datetime,
    is_trial: bool = False,
) -> None:  # fmt: skip
    """Run the rules of an entity on many rows; what they refuse stands at the rows."""
    for rule in _rules_of(entity):
        _of_many[rule](session, pending, actor, now, is_trial)


def _rules_of(entity: type[Described]) -> list[Rule]:
    return [rule for cls in reversed(entity.__mro__) for rule in _rules.get(cls, ())]


def prepare(session: Session, row: Described, actor: Actor, now: datetime) -> None:
    """Run the rules of the row's class and of the classes it inherits from."""
    for rule in _rules_of(type(row)):
        rule(session, row, actor, now)


def find(session: Session, entity: type[Described], record_id: str) -> Described:
    """The row with this id that the session's actor may see, else `Missing`.

    URLs carry only the id half of the key; the sub-district half is the actor's.
    """
    key = key_of(entity, record_id)
    is_tenant = len(inspect(entity).primary_key) == 2
    row = session.get(entity, (session.info["actor"].subdistrict_id, key) if is_tenant else key)
    if row is None:
        raise Missing
    return row


def key_of(entity: type[Described], record_id: str):
    """The id half of a row's key, from an address."""
    return typed(inspect(entity).primary_key[-1], record_id)


def typed(column, record_id: str):
    """An id as its column keeps it; what cannot be one names no row."""
    try:
        if isinstance(column.type, Uuid):
            return str(UUID(record_id))
        python = column.type.python_type
        return python.fromisoformat(record_id) if hasattr(python, "fromisoformat") else record_id
    except ValueError:
        raise Missing from None


def version_of(row: Described) -> str:
    """What a form keeps of the row it was made from: the version; of shared rows a digest of what people edit."""
    if isinstance(row, Entity):
        return str(row.version)
    values = [getattr(row, d.key) for d in describe(type(row)).values() if not d.field.is_fixed]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def check_version(row: Described, shown: str | None) -> None:
    """Refuse to save over somebody else's change: `shown` is the version the form was made from."""
    if version_of(row) != (shown or ""):
        raise Conflict("您打开这张表单之后，别人已先保存了修改。请对照两边内容，决定后再保存")


def save(session: Session, row: Described, actor: Actor, now: datetime) -> None:
    """Check, add and flush a row; database constraints answer with a sentence too."""
    save_all(session, [row], actor, now)


def save_all(session: Session, rows: Sequence[Described], actor: Actor, now: datetime) -> None:
    """Save some rows of one entity together: all or none."""
    with session.no_autoflush:
        for row in rows:
            prepare(session, row, actor, now)
    session.add_all(rows)
    _flush(session, rows[0])


def delete(session: Session, *rows: Described) -> None:
    """Delete rows of one entity with their parts, all or none; what others point to is refused by the database."""
    try:
        with audit.as_one(session), session.begin_nested():
            for row in (*parts_of(session, rows), *rows):
                if inspect(row).expired_attributes:
                    session.refresh(row)  # the trail keeps what was there
                for rule in _of_deletion.get(type(row), ()):
                    rule(session, row)
                session.delete(row)
            session.flush()
    except StaleDataError:
        raise Conflict("您删除的同时别人也做了修改，请刷新后再看") from None
    except IntegrityError:
        raise Refused(f"这条{rows[0].__label__}还被其他记录使用，不能删除。可先改动那些记录，或把它停用") from None


def parts_of(session: Session, rows: Sequence[Described]) -> list[Described]:
    """The rows that belong to these, the parts of parts first."""
    found: list[Described] = []
    if not rows:
        return found
    for entity in entities():
        for d in describe(entity).values():
            if d.is_part and d.target in type(rows[0]).__mro__:
                owners = [row.id for row in rows]
                parts = session.scalars(select(entity).where(getattr(entity, d.key).in_(owners))).all()
                found += [*parts_of(session, parts), *parts]
    return found


def _flush(session: Session, row: Described) -> None:
    try:
        with session.begin_nested():
            session.flush()
    except StaleDataError:
        raise Conflict("您保存的同时别人也保存了修改，请刷新后对照再改") from None
    except IntegrityError as error:
        raise refusal_of(row, error) from None


def refusal_of(row: Described, error: IntegrityError) -> Refused:
    """A Chinese sentence for a violated constraint, naming the fields but never the values."""
    table = row.__table__
    text = str(error.orig)
    labels = {d.column.name: (name, d.label) for name, d in describe(type(row)).items()}
    for constraint in (*table.constraints, *table.indexes):
        columns = [c.name for c in getattr(constraint, "columns", ())]
        shown = ", ".join(f"{table.name}.{c}" for c in columns)
        is_unique = getattr(constraint, "unique", False) or type(constraint).__name__ == "UniqueConstraint"
        named = constraint.name and str(constraint.name) in text
        if is_unique and (named or (shown and f"UNIQUE constraint failed: {shown}" in text)):
            known = [labels[c] for c in columns if c in labels]
            words = "、".join(label for _, label in known) or "这项内容"
            return Refused(
                f"已有相同“{words}”的{row.__label__}，请核对是否重复登记",
                errors={name: f"与已有的{row.__label__}重复" for name, _ in known},
            )
    for constraint in table.constraints:
        if constraint.name and str(constraint.name) in text:
            named = [labels[c] for c in labels if c in str(getattr(constraint, "sqltext", ""))]
            words = "、".join(label for _, label in named)
            if words:
                return Refused(
                    f"“{words}”填写的内容不符合规定，请核对后再保存",
                    errors={name: "请核对" for name, _ in named},
                )
    return Refused("有的内容不符合规定或与其他记录冲突，没有保存，请核对后再试")
