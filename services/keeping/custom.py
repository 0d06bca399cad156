"""Fields that an office adds by itself: described like any other, kept in the rows' `extra`.

Filtered ones have an entry beside each row, so that a filter reads an index instead of all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean, Column, ColumnElement, FromClause, Numeric, Row, Select, String, and_, cast, delete, event, exists, insert, inspect,
    literal_column, select, true, type_coerce,
)  # fmt: skip
from sqlalchemy.orm import Session

from models import Described, Entity, describe, entities, uuid7
from models.codes import CustomKind, MenuGroup
from models.custom import CustomEntry, CustomField
from models.dictionary import KEPT_BY_THE_PROGRAM, DictItem
from models.fields import Description, Field
from models.kinds import SHORT, DayText

from . import records
from ..lists import probing
from ..access import Actor
from ..errors import Refused
from ..kept import kept
from ..numbers import next_number

MOST_FIELDS = 40
_TYPES = {
    CustomKind.TEXT: String(200), CustomKind.CHOICE: String(64), CustomKind.NUMBER: Numeric(14, 2),
    CustomKind.DATE: DayText(10), CustomKind.YES_NO: Boolean(),
}  # fmt: skip
_entries = CustomEntry.__table__


@dataclass(frozen=True)
class CustomDescription(Description):
    """A field of the office: read from and written to `extra` as JSON can hold it."""

    field_id: str = ""

    def of(self, entity: Any) -> ColumnElement:
        stored = entity.extra[self.name]
        if self.type is bool:
            return stored.as_boolean()
        if self.type is Decimal:
            return cast(stored.as_string(), Numeric(14, 2))
        return type_coerce(stored.as_string(), DayText()) if self.type is date else stored.as_string()

    def get(self, row: Entity) -> Any:
        return self.opened((row.extra or {}).get(self.name))

    def put(self, row: Entity, value: Any) -> None:
        kept = {name: stored for name, stored in (row.extra or {}).items() if name != self.name}
        if value is not None:
            kept[self.name] = value if isinstance(value, bool) else str(value)
        row.extra = kept or None

    def opened(self, stored: Any) -> Any:
        """A stored value in the type of the field."""
        if stored is None or self.type in (str, bool):
            return stored
        return Decimal(stored) if self.type is Decimal else date.fromisoformat(stored)


# ---- what fields there are -------------------------------------------------------------


def described(session: Session, entity: type[Described]) -> dict[str, Description]:
    """All attributes of an entity by name: the declared ones, then those the office has added."""
    actor = session.info.get("actor")
    if actor is None or actor.subdistrict_id is None:
        return describe(entity)

    def merged() -> dict[str, Description]:
        added = _all(session).get(entity.slug())
        return {**describe(entity), **added} if added else describe(entity)

    return kept(session, ("described", actor.subdistrict_id, entity), merged)


def _all(session: Session) -> dict[str, dict[str, CustomDescription]]:
    """{slug: {name: description}} of every active field."""
    actor = session.info.get("actor")
    if actor is None or actor.subdistrict_id is None:
        return {}
    return kept(session, ("custom_fields", actor.subdistrict_id), lambda: _read(session, actor.subdistrict_id))


def _read(session: Session, here: str) -> dict[str, dict[str, CustomDescription]]:
    read: dict[str, dict[str, CustomDescription]] = {}
    table = CustomField.__table__
    wanted = select(table).where(table.c.subdistrict_id == here, table.c.is_active.is_(True))
    for row in session.connection().execute(wanted.order_by(table.c.sort, table.c.number).limit(500)):
        found = description(row)
        read.setdefault(row.roster.partition(":")[2], {})[found.name] = found
    return read


def description(row: CustomField | Row) -> CustomDescription:
    """How every reader knows a field the office has added."""
    name = name_of(row)
    shown = Field(
        row.label, help=row.help or "", section=row.section or "", listed=row.is_listed, filtered=row.is_filtered,
        is_needed=row.is_required, dictionary=(row.dictionary or "").partition(":")[2],
    )  # fmt: skip
    kind = SHORT if row.kind is CustomKind.TEXT else None
    return CustomDescription(name, Column(name, _TYPES[row.kind]), shown, kind, None, None, field_id=row.id)


def name_of(row: CustomField | Row) -> str:
    return f"custom_{row.number}"


def texts(session: Session, entity: type[Entity]) -> list[CustomDescription]:
    """The filtered fields of an entity whose text is looked for in parts."""
    return [d for d in _all(session).get(entity.slug(), {}).values() if d.field.filtered and is_text(d)]


def is_text(d: CustomDescription) -> bool:
    return d.type is str and not d.field.dictionary


def entity_of(field: CustomField) -> type[Entity] | None:
    """Whose field it is."""
    return next((e for e in extensible() if field.roster == f"roster:{e.slug()}"), None)


def extensible() -> list[type[Entity]]:
    """The entities an office may add fields to: its rosters and cases, not the system's own records."""
    return [e for e in entities() if issubclass(e, Entity) and e.__in_menu__ and e.__group__ is not MenuGroup.SYSTEM]


@records.before_save(CustomField)
def _is_sound(session: Session, row: CustomField, actor: Actor, now) -> None:
    """A field keeps its roster and kind, has a name of its own, and a dictionary only when it is a choice."""
    state = inspect(row)
    if state.persistent and any(state.attrs[name].history.has_changes() for name in ("roster", "kind", "dictionary")):
        raise Refused("名册、类型和字典保存后不能改。请停用这个字段，另加一个", field="kind")
    entity = entity_of(row)
    if entity is None:
        raise Refused("这张名册不能加字段，请重新选择", field="roster")
    if (row.kind is CustomKind.CHOICE) != bool(row.dictionary):
        sentence = "“选项”类型要选一个字典" if row.kind is CustomKind.CHOICE else "只有“选项”类型才选字典，请去掉"
        raise Refused(sentence, field="dictionary")
    if (row.dictionary or "").partition(":")[2] in KEPT_BY_THE_PROGRAM and not state.persistent:
        raise Refused("这个字典由系统自己使用，不能当选项，请另选一个", field="dictionary")
    if any(d.label == row.label for d in describe(entity).values()):
        raise Refused(f"{entity.__label__}已经有“{row.label}”这一项，请换个名称", field="label")
    if row.number is None:
        if session.query(CustomField).filter_by(roster=row.roster).limit(MOST_FIELDS).count() >= MOST_FIELDS:
            raise Refused(f"每张名册最多加{MOST_FIELDS}个字段，请先删除不用的", field="roster")
        row.number = next_number(session, "custom_field")


@records.before_delete(DictItem)
def _is_chosen_nowhere(session: Session, item: DictItem) -> None:
    """What lies in `extra` has no foreign key, so an item chosen there is looked for in all sub-districts."""
    fields = CustomField.__table__
    for field in session.connection().execute(select(fields).where(fields.c.dictionary == item.dictionary)):
        entity = entity_of(field)
        if entity is None:
            continue
        chosen = entity.__table__.c.extra[name_of(field)].as_string() == item.id
        if session.connection().execute(select(literal_column("1")).select_from(entity.__table__).where(chosen).limit(1)).first():
            raise Refused(f"{entity.__label__}的“{field.label}”里选过这一项，不能删除。不再用的请改为停用，旧记录照样显示")


# ---- filtering -------------------------------------------------------------------------


def condition(
    entity: type[Entity], d: CustomDescription, actor: Actor, fits: Callable[[Any], ColumnElement], seen: probing.Look | None,
    within: Sequence[Select] = (),
) -> ColumnElement[bool]:  # fmt: skip
    """Rows whose value fits, as a look has told.

    Few are fetched by their keys; many are met by reading on in the list's own order, and looked up one by one
    or, where that would be done too often, among all that fit. Rows that are only counted (nothing is `seen`)
    are joined to the entries, of which each row has one at most.
    """
    if seen is not None and seen.keys is not None:
        return entity.id.in_(seen.keys)
    if seen is not None and seen.count <= probing.MOST:
        return entity.id.in_(keys(d, actor, fits, within)).is_(true())
    entries = _entries if seen else _entries.alias()
    wanted = _wanted(entries, d, actor, fits, within)
    return _exists(entity, wanted) if seen else and_(entries.c.record_id == entity.id, wanted)


def keys(d: CustomDescription, actor: Actor, fits: Callable[[Any], ColumnElement], within: Sequence[Select] = ()) -> Select:
    """The ids of the rows whose value fits, whoever may see them; only such as are `within` all of some ids."""
    return select(_entries.c.record_id).where(_wanted(_entries, d, actor, fits, within))


def _wanted(
    entries: FromClause, d: CustomDescription, actor: Actor, fits: Callable[[Any], ColumnElement], within: Sequence[Select]
) -> ColumnElement[bool]:
    column = entries.c.number if d.type is Decimal else entries.c.text
    value = type_coerce(column, DayText()) if d.type is date else column
    return and_(_of(entries, d, actor), *(entries.c.record_id.in_(ids) for ids in within), fits(value))


def is_empty(entity: type[Entity], d: CustomDescription, actor: Actor) -> ColumnElement[bool]:
    """Rows without a value."""
    return ~_exists(entity, _of(_entries, d, actor))


def _of(entries: FromClause, d: CustomDescription, actor: Actor) -> ColumnElement[bool]:
    return and_(entries.c.subdistrict_id == actor.subdistrict_id, entries.c.custom_field_id == d.field_id)


def _exists(entity: type[Entity], wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal_column("1")).where(_entries.c.record_id == entity.id, wanted).correlate_except(_entries))


def _values(d: CustomDescription, stored: Any) -> dict[str, Any]:
    if d.type is Decimal:
        return {"text": None, "number": Decimal(stored)}
    return {"text": ("yes" if stored else "no") if d.type is bool else stored, "number": None}


def entry_of(d: CustomDescription, row_id: str, stored: Any, subdistrict_id: str, now) -> dict:
    """The index row of one stored value."""
    return {
        "subdistrict_id": subdistrict_id, "id": uuid7(), "custom_field_id": d.field_id, "record_id": row_id,
        "created_at": now, "updated_at": now, "version": 1, **_values(d, stored),
    }  # fmt: skip


def rebuild(session: Session, field: CustomField, now) -> None:
    """Write the entries of one field anew from the rows: when it becomes filtered after rows have values."""
    connection, d = session.connection(), description(field)
    here = field.subdistrict_id
    connection.execute(delete(_entries).where(_entries.c.subdistrict_id == here, _entries.c.custom_field_id == field.id))
    entity = entity_of(field)
    if entity is None or not (field.is_filtered and field.is_active):
        return
    table = entity.__table__
    lines = connection.execute(
        select(table.c.id, table.c.extra).where(table.c.subdistrict_id == here, table.c.extra.is_not(None))
    )
    for portion in lines.partitions(2000):
        batch = [entry_of(d, line.id, line.extra[d.name], here, now) for line in portion if d.name in (line.extra or {})]
        if batch:
            connection.execute(insert(_entries), batch)


def refresh(session: Session, entity: type[Entity], rows: Iterable[tuple[dict, dict | None]], now) -> None:
    """Index rows written past the listener, as (after, before) with stored values by attribute."""
    changed = [after for after, before in rows if (after.get("extra") or {}) != ((before or {}).get("extra") or {})]
    forget(session, [row["id"] for row in changed])
    filtered = {name: d for name, d in _all(session).get(entity.slug(), {}).items() if d.field.filtered}
    batch = [
        entry_of(d, row["id"], row["extra"][name], row["subdistrict_id"], now)
        for row in changed for name, d in filtered.items() if name in (row["extra"] or {})
    ]  # fmt: skip
    if batch:
        session.connection().execute(insert(_entries), batch)


def forget(session: Session, ids: Sequence[str]) -> None:
    """Drop the entries of records that are gone."""
    here = session.info["actor"].subdistrict_id
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        session.connection().execute(delete(_entries).where(_entries.c.subdistrict_id == here, _entries.c.record_id.in_(some)))


def _follow(session: Session, _flush_context) -> None:
    """Keep the entries in step with every change, in the same transaction."""
    changed = [row for row in (*session.new, *session.dirty) if isinstance(row, Entity) and _has_changed(row)]
    gone = [row for row in session.deleted if isinstance(row, Entity) and row.extra]
    now, batch = session.info.get("now"), []
    for row in (*changed, *gone):
        session.connection().execute(
            delete(_entries).where(_entries.c.subdistrict_id == row.subdistrict_id, _entries.c.record_id == row.id)
        )
    for row in changed:
        for name, d in _all(session).get(type(row).slug(), {}).items():
            if d.field.filtered and name in (row.extra or {}):
                batch.append(entry_of(d, row.id, row.extra[name], row.subdistrict_id, now))
    if batch:
        session.connection().execute(insert(_entries), batch)
    for row in session.dirty:
        if isinstance(row, CustomField) and is_turned(row):
            rebuild(session, row, now)


def is_turned(row: CustomField) -> bool:
    """Whether a field comes into use, or goes out of it, by the change being written."""
    return any(inspect(row).attrs[name].history.has_changes() for name in ("is_filtered", "is_active"))


def _has_changed(row: Entity) -> bool:
    return inspect(row).attrs.extra.history.has_changes()


def install(session_class: type[Session] = Session) -> None:
    """Put the entries on a session class."""
    event.listen(session_class, "after_flush", _follow)
