"""One thing done to many rows: which rows, what would happen to them, and all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Base, Described
from models.fields import Description

from . import audit, custom, records
from ..lists import lookups
from ..access import Actor, permission_for
from ..errors import Missing, Refused
from ..flow import Flow
from ..lists.listing import Listing
from ..lists.walking import identity
from ..lists.queries import parse

# What one transaction does in well under ten seconds, which is how long others wait to save meanwhile.
MOST = 3000
MOST_DELETED = 1000
MOST_STEPS = 200
_IN_ONE_QUERY = 500
_PORTION = 200

Save = Callable[[Session, Described], None]
Tell = Callable[[int], None]


@dataclass
class Plan:
    """Rows to write, and rows left out with the reason."""

    rows: list[Described] = field(default_factory=list)
    left: list[tuple[Described, str]] = field(default_factory=list)

    def digest(self, mark: str) -> str:
        """A mark of the rows as they are now and of what will be done (`mark`), to be shown again on confirming."""
        state = sorted(f"{row.id}:{records.version_of(row)}" for row in self.rows)
        return hashlib.sha256("\n".join([mark, *state]).encode()).hexdigest()


# ---- which rows ---------------------------------------------------------------------


def picked(session: Session, entity: type[Described], ids: Sequence[str]) -> tuple[list[Described], int]:
    """The rows with these ids that the session's actor may see, and how many of the ids name none."""
    wanted = list(dict.fromkeys(ids))
    key, rows = identity(entity), []
    for some in portions(wanted, _IN_ONE_QUERY):
        known = [value for value in (_typed(key, one) for one in some) if value is not None]
        rows += session.scalars(select(entity).where(key.in_(known)).order_by(key))
    return rows, len(wanted) - len(rows)


def _typed(key, record_id: str) -> Any:
    try:
        return records.typed(key.property.columns[0], record_id)
    except Missing:
        return None


def matching(
    session: Session, entity: type[Described], args: Mapping[str, list[str]], actor: Actor, today: date, most: int = MOST
) -> list[Described]:
    """All rows of a list's query; raises `Refused` when there are more than `most`."""
    conditions = Listing(session, entity, actor).conditions(parse(session, entity, args, actor, today))
    key = identity(entity)
    rows = session.scalars(select(entity).where(*conditions).order_by(key).limit(most + 1)).all()
    if len(rows) > most:
        raise Refused(f"符合条件的超过{most:,}条，一次最多处理{most:,}条。请先加筛选条件，分几次办理")
    return list(rows)


def offered(entity: type[Described], descriptions: Sequence[Description]) -> list[Description]:
    """Those of a form's attributes that many rows may share: not unique, not personal, not a key."""
    table = entity.__table__
    sole = {c.name for group in (*table.constraints, *table.indexes) if _is_unique(group) for c in group.columns}
    return [
        d for d in descriptions
        if d.column.name not in sole and d.name not in entity.__key__ and not d.is_personal and not d.is_part
        and d.name != "permissions"
    ]  # fmt: skip


def _is_unique(group) -> bool:
    return getattr(group, "unique", False) or type(group).__name__ in ("UniqueConstraint", "PrimaryKeyConstraint")


# ---- what would happen --------------------------------------------------------------


def plan_change(session: Session, rows: Sequence[Described], values: dict[str, Any]) -> Plan:
    """`values` are new values by stored attribute; rows that have them all already are left out."""
    plan, wanted = Plan(), _written(session, rows, values)
    for row in rows:
        if all(d.get(row) == value for d, value in wanted):
            plan.left.append((row, "已经是这个内容，不用修改"))
        else:
            plan.rows.append(row)
    return plan


def _written(session: Session, rows: Sequence[Described], values: dict[str, Any]) -> list[tuple[Description, Any]]:
    """The attributes that values by stored name are written to."""
    described = custom.described(session, type(rows[0])) if rows else {}
    return [(d, values[d.key]) for d in described.values() if d.key in values]


def plan_delete(session: Session, rows: Sequence[Described]) -> Plan:
    """Rows that others point to are left out."""
    plan, used = Plan(), users(session, type(rows[0]), [row.id for row in rows]) if rows else {}
    for row in rows:
        if row.id in used:
            plan.left.append((row, f"还被{used[row.id]}使用，不能删除"))
        else:
            plan.rows.append(row)
    return plan


def plan_step(
    session: Session, flow: Flow, verb: str, rows: Sequence[Described], actor: Actor, now: datetime, answers: dict
) -> Plan:
    """Rows for which a step of the flow is not open, or whose guards refuse these answers, are left out."""
    plan = Plan()
    for row in rows:
        reason = flow.refusal(session, verb, row, actor, now, **answers)
        if reason:
            plan.left.append((row, reason))
        else:
            plan.rows.append(row)
    return plan


def users(session: Session, entity: type[Described], ids: Sequence[str]) -> dict[str, str]:
    """{id: by which records}, of rows that the database would not let go; records out of sight count too."""
    found: dict[str, str] = {}
    labels = {m.local_table: m.class_.__label__ for m in Base.registry.mappers if m.inherits is None}
    for table, column in _references(entity.__table__):
        for some in portions(ids, _IN_ONE_QUERY):
            counted = select(column, func.count()).where(column.in_(some)).group_by(column)
            for record_id, count in session.connection().execute(counted):
                found.setdefault(record_id, f"{count}条{labels[table]}")
    return found


def _references(target) -> Iterator[tuple]:
    """The (table, column) of every foreign key that keeps a row of `target` from being deleted."""
    for table in Base.metadata.tables.values():
        for constraint in table.foreign_key_constraints:
            if constraint.referred_table is target and (constraint.ondelete or "RESTRICT") == "RESTRICT":
                yield table, next(e.parent for e in constraint.elements if e.column is list(target.primary_key)[-1])


# ---- doing it -----------------------------------------------------------------------


def change(
    session: Session, rows: Sequence[Described], values: dict[str, Any], actor: Actor, now: datetime,
    save: Save | None = None, tell: Tell | None = None,
) -> str:  # fmt: skip
    """Write values into rows, each through its rules; returns the batch. The first refusal names its row and stops all.

    `tell` hears how many rows are done.
    """
    entity = type(rows[0])
    actor.require(permission_for(entity, "edit"))
    wanted = _written(session, rows, values)
    labels = "、".join(d.label for d, _ in wanted)
    with audit.as_one(session) as batch:
        for row in _counted(rows, tell):
            for d, value in wanted:
                d.put(row, value)
            with _naming(row, actor):
                save(session, row) if save else records.save(session, row, actor, now)
        audit.bulk(session, entity, f"批量修改{entity.__label__}：{labels}", len(rows), record_id=batch)
    return batch


def delete(session: Session, rows: Sequence[Described], actor: Actor, tell: Tell | None = None) -> str:
    """Move rows with their parts to the recycle bin; returns the batch."""
    entity = type(rows[0])
    actor.require(permission_for(entity, "delete"))
    with audit.as_one(session) as batch:
        for some in _counted(list(portions(rows, _PORTION)), tell, _PORTION):
            try:
                records.delete(session, *some)
            except Refused:
                for row in some:
                    with _naming(row, actor):
                        records.delete(session, row)
        audit.bulk(session, entity, f"批量删除{entity.__label__}", len(rows), record_id=batch)
    return batch


def take(
    session: Session, flow: Flow, verb: str, rows: Sequence[Described], actor: Actor, now: datetime, answers: dict,
    tell: Tell | None = None,
) -> str:  # fmt: skip
    """Take a step of a flow for every row; returns the batch."""
    with audit.as_one(session) as batch:
        for row in _counted(rows, tell):
            with _naming(row, actor):
                flow.take(session, verb, row, actor, now, **answers)
        audit.bulk(session, type(rows[0]), f"批量{flow.by_verb[verb].label}", len(rows), record_id=batch, step=[flow.name, verb])
    return batch


@contextmanager
def _naming(row: Described, actor: Actor) -> Iterator[None]:
    try:
        yield
    except Refused as no:
        raise type(no)(f"“{lookups.label_of(row, actor)}”：{no.sentence}。整批都没有办理") from None


def _counted(things: Sequence, tell: Tell | None, size: int = 1) -> Iterator:
    for place, thing in enumerate(things):
        if tell:
            tell(place * size)
        yield thing


def portions(rows: Sequence, size: int) -> Iterator[Sequence]:
    """A sequence in runs of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
