"""Writing what was planned: through every rule, all of it or nothing, with the audit trail.

Where all rules of an entity know how to look at many rows at once, a portion is written in a few
statements; else row by row through the same rules as the form.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
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

from ..keeping import audit, custom, records
from ..access import Actor
from ..keeping.custom import CustomDescription
from ..errors import Conflict, Missing, Refused
from ..lists.walking import identity
from ..lists import indexing
from ..keeping.records import Pending
from ..sets import run_many
from .cells import opened, stored_type
from .errors import NotImported, RowError, harmless
from .decisions import Decision, Plan
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


def begun(session: Session, entity: type[Entity], values: dict[str, Any], now: datetime) -> Pending:
    """A new row with these stored values, for `store`."""
    return _pending(session, entity, Decision(0, values, None, []), now)


def _pending(session: Session, entity: type[Entity], decision: Decision, now: datetime) -> Pending:
    known = decision.known
    if known is None:
        row = dict(_beginnings(entity))
        row |= {
            "subdistrict_id": session.info["actor"].subdistrict_id, "id": uuid7(), "created_at": now,
            "updated_at": now, "version": 1,
        }  # fmt: skip
    else:
        row = dict(known)
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
    new = [p.row for p in pending if p.known is None]
    changed = [p for p in pending if p.known is not None]
    if new:
        run_many(connection, insert(table), {c.name: [row.get(c.name) for row in new] for c in table.c})
    moves = [_moved(p) for p in changed]
    if changed:
        _update(connection, table, changed, moves, now)
    described = [(name, d.key) for name, d in custom.described(session, entity).items() if not isinstance(d, CustomDescription)]
    audit.written(session, entity, [
        *(_trail(entity, described, p, p.row, verb or AuditVerb.CREATE) for p in pending if p.known is None),
        *(_trail(entity, described, p, moved, verb or AuditVerb.UPDATE) for p, moved in zip(changed, moves, strict=True)),
    ])  # fmt: skip
    indexing.refresh(session, entity, new, [(p.row, p.known) for p in changed], now)
    custom.refresh(session, entity, [(p.row, p.known) for p in pending], now)


def _moved(p: Pending) -> set[str]:
    """Which columns of a known row get another value."""
    known = p.known
    return {name for name, value in p.row.items() if value is not known[name] and value != known[name]}


def _update(connection, table: Table, changed: Sequence[Pending], moves: Sequence[set[str]], now: datetime) -> None:
    """One statement for a portion; a version that has moved on meanwhile stops it."""
    written = [name for name in set().union(*moves) if name in table.c and name not in ("version", "updated_at")]
    if not written:
        return
    own = (table.c.subdistrict_id == bindparam("of_place"), table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
    values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in (*written, "version", "updated_at")}
    columns = {"of_place": [p.row["subdistrict_id"] for p in changed], "of_id": [p.row["id"] for p in changed], "of_version": [p.known["version"] for p in changed]}
    for p in changed:
        p.row["version"], p.row["updated_at"] = p.known["version"] + 1, now
    columns |= {f"to_{name}": [p.row[name] for p in changed] for name in (*written, "version")} | {"to_updated_at": now}
    if run_many(connection, update(table).where(*own).values(**values), columns) != len(changed):
        raise Conflict("导入的同时别人也修改了这些记录，整张表都没有导入。请重新核对预览，再确认导入")


def _trail(entity, described: Sequence[tuple[str, str]], p: Pending, names: Container[str], verb: AuditVerb) -> tuple:
    """(id, name, verb, changes) of one row for the audit trail; `names` are the columns that may differ."""
    before, after = p.known or {}, p.row
    changes = {
        name: [audit.plain(before.get(key)), audit.plain(after[key])] for name, key in described
        if key in names and before.get(key) != after[key]
    }  # fmt: skip
    if "extra" in names:
        old, new = before.get("extra") or {}, after.get("extra") or {}
        changes |= {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}
    return after["id"], audit.title_in(entity, after), verb, changes


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


