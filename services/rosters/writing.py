"""Writing what was planned: through every rule, all of it or nothing, with the audit trail.

Where all rules of an entity know how to look at many rows at once, a portion is written in a few
statements; else row by row through the same rules as the form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, MetaData, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Described, Entity, uuid7
from models.codes import AuditVerb, Code
from models.fields import Description

from .. import audit, custom, records, search
from ..access import Actor
from ..custom import CustomDescription
from ..errors import Conflict, Missing, Refused
from ..listing import identity
from ..records import Pending
from .cells import opened, stored_type
from .errors import NotImported, RowError, harmless
from .planning import Decision, Plan
from .targets import batches

MOST_ERRORS = 1000
_CHUNK = 200
_PORTION = 1000

_creators: dict[type, records.Rule] = {}


def creator(entity: type[Described]) -> Callable[[records.Rule], records.Rule]:
    """Register how a new row of an entity begins, where saving it is not enough (a flow)."""

    def register(begin: records.Rule) -> records.Rule:
        _creators[entity] = begin
        return begin

    return register


def apply(session: Session, entity: type[Described], plan: Plan, actor: Actor, now: datetime) -> None:
    """Write a plan through the entity's rules, all of it or nothing; `NotImported` names the rows."""
    if plan.errors:
        raise NotImported(plan.errors)
    errors: list[RowError] = []
    with session.begin_nested():
        for portion in batches(sorted([*plan.add, *plan.change], key=lambda row: row.number), _PORTION):
            errors += write(session, entity, portion, actor, now)
            if len(errors) >= MOST_ERRORS:
                break
        if errors:
            raise NotImported(errors)


def write(session: Session, entity: type[Described], decisions: Sequence[Decision], actor: Actor, now: datetime) -> list[RowError]:
    """Write new and changed rows as far as the rules let them pass; returns what they refuse."""
    if in_sets(entity):
        return _write_set(session, entity, decisions, actor, now)
    errors: list[RowError] = []
    for chunk in batches(decisions, _CHUNK):
        try:
            with session.begin_nested():
                for row, save in _rows(session, entity, chunk):
                    save(session, row, actor, now)
        except (Refused, IntegrityError, StaleDataError):
            errors += _failures(session, entity, chunk, actor, now)
    return errors


def foresee(session: Session, entity: type[Described], decisions: Sequence[Decision], actor: Actor, now: datetime) -> list[RowError]:
    """Which of these rows the rules will refuse; nothing stays written."""
    if in_sets(entity):
        pending = [_pending(session, entity, decision, now) for decision in decisions]
        records.prepare_many(session, entity, pending, actor, now, is_trial=True)
        return _refused(session, entity, decisions, pending, actor)
    trial = session.begin_nested()
    try:
        return write(session, entity, decisions, actor, now)
    finally:
        trial.rollback()
        session.expire_all()


# ---- in sets ------------------------------------------------------------------------


def in_sets(entity: type[Described]) -> bool:
    """True when all rules of an entity look at many rows at once."""
    return issubclass(entity, Entity) and entity not in _creators and records.looks_at_many(entity)


@cache
def bare(table: Table) -> Table:
    """A table that takes values as they are stored: sealed kinds as tokens, codes by value."""
    return Table(table.name, MetaData(), *(Column(c.name, stored_type(c)) for c in table.c))


@cache
def _beginnings(entity: type[Entity]) -> dict[str, Any]:
    """What a new row has in its columns before anything is filled in."""
    mapper, found = entity.__mapper__, {}
    for column in entity.__table__.c:
        default = column.default.arg if column.default is not None and column.default.is_scalar else None
        found[column.name] = default.value if isinstance(default, Code) else default
    if mapper.polymorphic_identity is not None:
        kind = mapper.polymorphic_identity
        found[mapper.polymorphic_on.name] = kind.value if isinstance(kind, Code) else kind
    return found


def _pending(session: Session, entity: type[Entity], decision: Decision, now: datetime) -> Pending:
    known = decision.known
    if known is None:
        row = dict(_beginnings(entity))
        row |= {
            "subdistrict_id": session.info["actor"].subdistrict_id, "id": uuid7(), "created_at": now,
            "updated_at": now, "version": 1,
        }  # fmt: skip
    else:
        row = {name: value for name, value in known.items() if name != "_id"}
    added = None
    for name, value in decision.values.items():
        if name in row and not name.startswith("custom_"):
            row[name] = value
        else:
            added = dict(row.get("extra") or {}) if added is None else added
            added[name] = value
    if added is not None:
        row["extra"] = added
    return Pending(row, known)


def _write_set(session, entity, decisions, actor, now) -> list[RowError]:
    pending = [_pending(session, entity, decision, now) for decision in decisions]
    records.prepare_many(session, entity, pending, actor, now)
    errors = _refused(session, entity, decisions, pending, actor)
    passed = [(decision, p) for decision, p in zip(decisions, pending, strict=True) if not p.refusals]
    if not passed:
        return errors
    try:
        with session.begin_nested():
            store(session, entity, [p for _, p in passed], now)
    except IntegrityError:
        errors += _failures(session, entity, [decision for decision, _ in passed], actor, now)
    return errors


def store(session: Session, entity: type[Entity], pending: Sequence[Pending], now: datetime, verb: AuditVerb | None = None) -> None:
    """Insert and update rows that have passed the rules, with trail and indexes."""
    connection, table = session.connection(), bare(entity.__table__)
    names = [c.name for c in table.c]
    new = [p for p in pending if p.known is None]
    changed = [p for p in pending if p.known is not None]
    if new:
        connection.execute(insert(table), [{name: p.row.get(name) for name in names} for p in new])
    if changed:
        _update(connection, table, changed, now)
    described = custom.described(session, entity)
    audit.written(session, entity, [_trail(entity, described, p, verb) for p in pending])
    search.refresh(session, entity, [p.row for p in new], [(p.row, p.known) for p in changed], now)
    custom.refresh(session, entity, [(p.row, p.known) for p in pending], now)


def _update(connection, table: Table, changed: Sequence[Pending], now: datetime) -> None:
    """One statement for a portion; a version that has moved on meanwhile stops it."""
    written = list(dict.fromkeys(
        name for p in changed for name, value in p.row.items()
        if name in table.c and value != p.known.get(name) and name not in ("version", "updated_at")
    ))  # fmt: skip
    if not written:
        return
    own = (table.c.subdistrict_id == bindparam("of_place"), table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
    values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in written}
    statement = update(table).where(*own).values(**values, version=bindparam("to_version"), updated_at=bindparam("to_updated_at", type_=table.c.updated_at.type))
    params = []
    for p in changed:
        p.row["version"], p.row["updated_at"] = p.known["version"] + 1, now
        params.append({
            "of_place": p.row["subdistrict_id"], "of_id": p.row["id"], "of_version": p.known["version"],
            "to_version": p.row["version"], "to_updated_at": now, **{f"to_{name}": p.row[name] for name in written},
        })  # fmt: skip
    if connection.execute(statement, params).rowcount not in (-1, len(params)):
        raise Conflict("导入的同时别人也修改了这些记录，整张表都没有导入。请重新核对预览，再确认导入")


def _trail(entity, described: dict[str, Description], p: Pending, verb: AuditVerb | None) -> tuple:
    """(id, name, verb, changes) of one row for the audit trail."""
    before, after, changes = p.known or {}, p.row, {}
    for name, d in described.items():
        if isinstance(d, CustomDescription):
            continue
        old, new = before.get(d.key), after.get(d.key)
        if old != new:
            changes[name] = [audit.plain(old), audit.plain(new)]
    old, new = before.get("extra") or {}, after.get("extra") or {}
    if old != new:
        changes |= {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}
    return after["id"], audit.title_in(entity, after), verb or (AuditVerb.UPDATE if p.known else AuditVerb.CREATE), changes


def _refused(session, entity, decisions, pending: Sequence[Pending], actor: Actor) -> list[RowError]:
    described, found = custom.described(session, entity), []
    for decision, p in zip(decisions, pending, strict=True):
        for no in p.refusals:
            found += _refusals(described, decision, no, actor)
    return found


# ---- row by row ---------------------------------------------------------------------


def _save(session: Session, row: Described, actor: Actor, now: datetime) -> None:
    """As `records.save`, without a savepoint for each row: the chunk has one."""
    with session.no_autoflush:
        records.prepare(session, row, actor, now)
    session.add(row)
    session.flush()  # the rules of the next row may look at this one


def _rows(session: Session, entity: type[Described], chunk: Sequence[Decision], save=_save):
    """Each planned row as a record with its values, and how to save it."""
    ids = [planned.record_id for planned in chunk if planned.record_id is not None]
    known, by_key = {}, {d.key: d for d in custom.described(session, entity).values()}
    if ids:
        key = identity(entity)
        known = {getattr(row, key.key): row for row in session.scalars(select(entity).where(key.in_(ids)))}
    for planned in chunk:
        if planned.record_id is None:
            row, begin = entity(), _creators.get(entity, save)
        elif planned.record_id in known:
            row, begin = known[planned.record_id], save
            if planned.known.get("version") not in (None, row.version):
                raise Conflict("导入的同时别人也修改了这些记录，整张表都没有导入。请重新核对预览，再确认导入")
        else:
            raise Missing
        for name, value in planned.values.items():
            by_key[name].put(row, opened(by_key[name], value))
        yield row, begin


def _failures(
    session: Session, entity: type[Described], chunk: Sequence[Decision], actor: Actor, now: datetime
) -> list[RowError]:
    """Save a chunk again row by row and tell which rows are refused, and why."""
    found = []
    for planned in chunk:
        try:
            with session.begin_nested():
                for row, save in _rows(session, entity, [planned], records.save):
                    save(session, row, actor, now)
        except Refused as no:
            found += _refusals(custom.described(session, entity), planned, no, actor)
    return found


def _refusals(
    described: dict[str, Description], planned: Decision, no: Refused, actor: Actor
) -> list[RowError]:
    if not no.errors:
        return [RowError(planned.number, "", "", no.sentence)]
    found = []
    for name, sentence in no.errors.items():
        d = described.get(name)
        is_shown = d and not d.target and not d.field.dictionary
        value = harmless(d, opened(d, planned.values.get(d.key)), actor) if is_shown else ""
        found.append(RowError(planned.number, d.label if d else "", value, sentence))
    return found


