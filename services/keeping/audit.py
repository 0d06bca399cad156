"""The audit trail: one listener writes every change, in the same transaction as the change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Session

from models import Described, Entity, describe, uuid7, uuid7s
from models.audit import AccessEvent, AuditEvent
from models.codes import AccessKind, AuditVerb, Code
from models.sealed import Sealed, seal, unseal

from ..sets import run_many

_SILENT = {
    "audit_events", "access_events", "case_events", "appeal_events", "team_changes", "sign_ins", "sign_in_failures", "counters",
    "comments", "mentions", "custom_entries", "saved_views", "jobs", "clocks", "todos", "desk_presences", "roster_imports",
}  # fmt: skip


@contextmanager
def as_one(session: Session, verb: AuditVerb | None = None, batch: str | None = None) -> Iterator[str]:
    """Give all entries written inside one id, which it yields; `verb` says what was done if not the plain write.

    Inside another `as_one` the outer id stays: it is still one operation. `batch` is the id of an
    operation that is written in several transactions.
    """
    outer = session.info.get("batch"), session.info.get("verb")
    batch = session.info["batch"] = outer[0] or batch or uuid7()
    session.info["verb"] = verb or outer[1]
    try:
        yield batch
        session.flush()
    finally:
        session.info["batch"], session.info["verb"] = outer


def _stored(column, value: Any) -> Any:
    """A value as it may lie in the trail: codes by value, sealed kinds sealed."""
    if value is None:
        return None
    if isinstance(column.type, Sealed):
        return seal(value, column.type.domain)
    return plain(value)


def plain(value: Any) -> Any:
    """A value that is not sealed, or is sealed already, as JSON can hold it."""
    if value is None or value.__class__ is str or value.__class__ is int:
        return value
    if isinstance(value, Code):
        return value.value
    if isinstance(value, datetime | date | Decimal):
        return str(value)
    return value


def restored(column, stored: Any) -> Any:
    """A value of the trail in the type of its column, sealed ones opened."""
    if stored is None:
        return None
    if isinstance(column.type, Sealed):
        return unseal(stored, column.type.domain)
    enum = getattr(column.type, "enum_class", None)
    if enum:
        return enum(stored) if stored in enum._value2member_map_ else stored
    python = getattr(column.type, "python_type", str)
    if python in (date, datetime):
        return python.fromisoformat(stored)
    return Decimal(stored) if python is Decimal else stored


def _fill_in(session: Session, *_args) -> None:
    """Give new rows their sub-district and times before they are flushed."""
    now = session.info.get("now")
    actor = session.info.get("actor")
    for row in session.new:
        if isinstance(row, Entity):
            if row.subdistrict_id is None and actor is not None:
                row.subdistrict_id = actor.subdistrict_id
            row.created_at = row.created_at or now
            row.updated_at = row.updated_at or now
    for row in session.dirty:
        if isinstance(row, Entity) and session.is_modified(row):
            row.updated_at = now


def _changes(row: Described, verb: AuditVerb) -> dict[str, list]:
    state = inspect(row)
    found = {}
    for name, described in describe(type(row)).items():
        history = state.attrs[described.key].history
        if verb is AuditVerb.UPDATE and not history.has_changes():
            continue
        old = history.deleted[0] if history.deleted else None
        new = getattr(row, described.key) if verb is not AuditVerb.DELETE else None
        if verb is AuditVerb.DELETE:
            old = getattr(row, described.key)
        if old is None and new is None:
            continue
        found[name] = [_stored(described.column, old), _stored(described.column, new)]
    if verb is AuditVerb.DELETE and isinstance(row, Entity):
        # Nobody fills these in, but a row that comes back has them again.
        found |= {"created_at": [str(row.created_at), None], "version": [row.version, None]}
    return {**found, **_extra(row, verb)} if isinstance(row, Entity) else found


def _extra(row: Entity, verb: AuditVerb) -> dict[str, list]:
    """Changes of the fields an office has added; JSON keeps them as the trail does."""
    history, now = inspect(row).attrs.extra.history, row.extra or {}
    if verb is AuditVerb.DELETE:
        old, new = now, {}
    else:
        old, new = (history.deleted[0] if history.deleted else None if history.added else now) or {}, now
    return {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}


def _owner(row: Described, gone: set[str]) -> str | None:
    """The record that a part went with, when it is deleted at the same time."""
    owners = (getattr(row, d.key) for d in describe(type(row)).values() if d.is_part)
    return next((owner for owner in owners if owner in gone), None)


def _write(session: Session, _flush_context) -> None:
    actor = session.info.get("actor")
    if actor is None or actor.subdistrict_id is None:
        return
    entries, gone = [], {str(row.id) for row in session.deleted if isinstance(row, Described)}
    for rows, verb in (
        (session.new, AuditVerb.CREATE), (session.dirty, AuditVerb.UPDATE), (session.deleted, AuditVerb.DELETE),
    ):  # fmt: skip
        for row in rows:
            if not isinstance(row, Described) or row.__table__.name in _SILENT:
                continue
            changes = _changes(row, verb)
            if changes:
                said = session.info.get("verb") or verb
                entry = _entry(session, type(row), row.id, title_of(row), said, changes)
                entries.append(entry | {"owner_id": _owner(row, gone) if verb is AuditVerb.DELETE else None})
    if entries:
        session.connection().execute(insert(AuditEvent.__table__), entries)


def title_of(row: Described) -> str:
    """A row's name in the trail: its plain title attributes, personal ones left out."""
    return title_in(type(row), {key: getattr(row, key) for key, _ in _title(type(row))})


def title_in(entity: type[Described], values: dict[str, Any]) -> str:
    """The same name out of a row's stored values by attribute."""
    parts = []
    for key, code in _title(entity):
        value = values.get(key)
        if value is not None:
            parts.append(str(code(value)) if code and not isinstance(value, Code) else str(value))
    return " ".join(parts)[:200] or entity.__label__


@cache
def _title(entity: type[Described]) -> list[tuple[str, type[Code] | None]]:
    known = [describe(entity).get(name) for name in (*entity.__title__, *entity.__hint__)]
    return [(d.key, d.code) for d in known if d and not d.target and not d.is_personal and not d.field.dictionary]


def written(session: Session, entity: type[Described], entries: Iterable[tuple]) -> None:
    """Record rows written past the listener, as (id, name, verb, {attribute: [old, new] as stored})."""
    said = session.info.get("verb")
    told = [entry for entry in entries if entry[3]]
    if not told:
        return
    ids, labels, verbs, changes = (list(column) for column in zip(*told, strict=True))
    columns = _entry(session, entity, "", "", said, None)
    columns |= {"id": uuid7s(len(told)), "record_id": ids, "record_label": labels, "changes": changes}
    run_many(session.connection(), insert(AuditEvent.__table__), columns | ({} if said else {"verb": verbs[0] if len(set(verbs)) == 1 else verbs}))


def _entry(session, entity, record_id, record_label, verb, changes) -> dict:
    actor, now = session.info["actor"], session.info["now"]
    return {
        "subdistrict_id": actor.subdistrict_id, "id": uuid7(), "created_at": now, "updated_at": now,
        "version": 1, "happened_at": now, "user_id": actor.user_id, "user_name": actor.name,
        "entity": entity.slug(), "entity_label": entity.__label__, "record_id": str(record_id),
        "record_label": record_label, "verb": verb, "changes": changes,
        "batch": session.info.get("batch"), "owner_id": None,
    }  # fmt: skip


def bulk(
    session: Session, entity: type[Described], sentence: str, count: int, *,
    verb: AuditVerb = AuditVerb.BULK, record_id: str = "-", left: list | None = None, step: list[str] | None = None,
) -> None:  # fmt: skip
    """Record an operation on many rows in one entry: a write past the listener, or the head of a batch.

    `record_id` names the batch it is about; `left` are the rows it left out, as [id, reason]; `step` is
    [flow, verb] of a step that was taken for each.
    """
    changes = {"count": [None, count]} | ({"left": [None, left]} if left else {}) | ({"step": [None, step]} if step else {})
    entry = _entry(session, entity, record_id, sentence[:200], verb, changes)
    session.connection().execute(insert(AuditEvent.__table__), [entry])


def remarked(session: Session, remark: Described, row: Described, verb: AuditVerb) -> None:
    """Record that a remark was added to or taken from a record: where, by whom and when, never its words."""
    where = f"{row.__label__} {title_of(row)}"[:200]
    entry = _entry(session, type(remark), remark.id, where, verb, {"record_id": [None, str(row.id)]})
    session.connection().execute(insert(AuditEvent.__table__), [entry])


def accessed(
    session: Session, kind: AccessKind, *, entity: type[Described] | None = None,
    record_id: str | None = None, detail: str | None = None, count: int | None = None,
    reason: str | None = None, file_hash: str | None = None,
) -> None:  # fmt: skip
    """Record a reading of personal data, an export or a sign-in."""
    actor, now = session.info["actor"], session.info["now"]
    session.connection().execute(
        insert(AccessEvent.__table__),
        [{
            "subdistrict_id": actor.subdistrict_id, "id": uuid7(), "created_at": now,
            "updated_at": now, "version": 1, "happened_at": now, "user_id": actor.user_id,
            "user_name": actor.name, "kind": kind,
            "entity_label": entity.__label__ if entity else None, "record_id": record_id,
            "detail": detail, "row_count": count, "reason": reason, "file_hash": file_hash,
            "address": session.info.get("address"),
        }],
    )  # fmt: skip


def install(session_class: type[Session] = Session) -> None:
    """Put the listener on a session class."""
    event.listen(session_class, "before_flush", _fill_in)
    event.listen(session_class, "after_flush", _write)
