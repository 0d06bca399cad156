"""The two base classes of every table, and what a class says about itself.

`Entity` rows belong to one sub-district: its code is half of every key, so a foreign key can
never point into another sub-district. `Shared` rows (dictionary, terms, divisions, users) are
few and the same for all.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from struct import unpack
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import (
    JSON, CheckConstraint, Enum, ForeignKey, ForeignKeyConstraint, Index, Integer, MetaData, String,
    UniqueConstraint, Uuid, and_, literal_column, text,
)  # fmt: skip
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, declared_attr, foreign, mapped_column, relationship, remote,
)  # fmt: skip


from .codes import Code, MenuGroup
from .fields import Alike, Field, Ref, dictionary_check
from .kinds import TYPES, UtcDateTime


def uuid7() -> str:
    """A UUID that sorts by time of creation (RFC 9562 version 7), as text."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[str]:
    """So many of them, each after the one before."""
    first, found = time.time_ns() * 4096 // 1_000_000, []  # in 4096ths of a millisecond
    for tick, chance in enumerate(unpack(f"{count}Q", secrets.token_bytes(8 * count)), first):
        text = f"{tick >> 12 & (1 << 48) - 1:012x}{0x7000 | tick & 4095:x}{1 << 63 | chance >> 2:016x}"
        found.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return found


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        **TYPES,
        Code: Enum(
            Code, native_enum=False, create_constraint=False, length=24,
            values_callable=lambda members: [member.value for member in members],
        ),
    }  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """How rows reach a person: by place, by unit, by person, or through an owner row.

    Values are attribute names of references. A row is visible if any line fits the actor.
    `given` names parts, as (class, reference back to this row): whoever a part belongs to by
    unit or person (a team, an assignment) sees the row too.
    """

    area: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    worker: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    given: tuple[tuple[str, str], ...] = ()


class Described:
    """What every table says of itself. Class keywords:

    label, group: Chinese name and menu group; title: attributes that name a row in one line;
    hint: attributes that tell rows of one title apart in a look-up;
    key: the natural key for import; else_key: what tells rows apart in a sheet that gives no number of ours;
    unique: extra unique sets; scope: see `Scope`;
    in_menu: False for parts shown on their owner's page only; sort: the order of the list,
    attributes with a space between and "-" before those that go down (else newest first);
    inline: owned parts that are filled in on the form of their owner, as class names;
    alike: what makes two rows look like the same thing, see `Alike`;
    live: a column of codes and those values of it that rows have which are still being worked on, see `live_rows`.
    """

    __declared__: ClassVar[tuple[str, ...]] = ()
    __refs__: ClassVar[dict[str, Ref]] = {}
    __label__: ClassVar[str] = ""
    __group__: ClassVar[MenuGroup | None] = None
    __title__: ClassVar[tuple[str, ...]] = ()
    __hint__: ClassVar[tuple[str, ...]] = ()
    __key__: ClassVar[tuple[str, ...]] = ()
    __else_key__: ClassVar[tuple[str, ...]] = ()
    __scope__: ClassVar[Scope | None] = None
    __in_menu__: ClassVar[bool] = True
    __order__: ClassVar[int] = 50
    __sort__: ClassVar[str] = ""
    __inline__: ClassVar[tuple[str, ...]] = ()
    __alike__: ClassVar[tuple[Alike, ...]] = ()
    __live__: ClassVar[tuple[str, tuple[Code, ...]] | None] = None

    @classmethod
    def slug(cls) -> str:
        """The name in URLs and permissions: `ResidentialArea` is `residential_area`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def usual_order(cls) -> list[tuple[str, bool]]:
        """The attributes of the list's own order, each with whether it goes down."""
        return [(name.lstrip("-"), name.startswith("-")) for name in cls.__sort__.split()]

    @classmethod
    def _absorb(
        cls, label, group, title, hint, key, scope, in_menu, order, sort, inline=(), alike=(), live=None, else_key=()
    ) -> None:
        own = cls.__dict__
        annotations = dict(own.get("__annotations__", {}))
        cls.__declared__ = tuple(annotations)
        cls.__refs__ = {name: own[name] for name in annotations if isinstance(own.get(name), Ref)}
        for name, wanted in cls.__refs__.items():
            annotation = str(cls.__annotations__.pop(name))
            delattr(cls, name)
            nullable = "None" in annotation
            described = Field(**{**vars(wanted.field), "relation": name})
            target = re.search(r"Mapped\[\W*(\w+)", annotation)
            cls.__refs__[name] = Ref(described, wanted.on_delete, target.group(1))
            setattr(
                cls, f"{name}_id",
                mapped_column(
                    Uuid(as_uuid=False), nullable=nullable, info={"field": described},
                    active_history=True,
                ),
            )  # fmt: skip
        cls.__label__ = label or cls.__label__
        cls.__group__ = next((g for g in MenuGroup if g.label == group), cls.__group__)
        cls.__title__ = title or cls.__title__
        cls.__hint__ = hint or cls.__hint__
        cls.__key__ = key or cls.__key__
        cls.__else_key__ = else_key or cls.__else_key__
        cls.__scope__ = scope or cls.__scope__
        cls.__in_menu__ = in_menu
        cls.__order__ = order
        cls.__sort__ = sort or cls.__sort__
        cls.__inline__ = inline or cls.__inline__
        cls.__alike__ = alike or cls.__alike__
        cls.__live__ = live or cls.__live__


def _link(cls) -> None:
    """Add relationships; the foreign keys follow in `finish`, when every target is known."""
    for name, wanted in cls.__refs__.items():
        setattr(cls, name, _relationship(cls, name, wanted.target))
    _unfinished.append(cls)


def _relationship(cls, name: str, target: str):
    """A many-to-one that writes only the id half; the sub-district half is a condition.

    Were both halves written, two references of one row would fight over `subdistrict_id`.
    A reference to one roster of a shared table (`Staff`) joins the table's base class, whose
    scope is the one on record; the row that comes is still a `Staff`.
    """

    def base():
        return cls.registry._class_registry[target].__mapper__.base_mapper.class_

    def join():
        other = base()
        same_row = foreign(getattr(cls, f"{name}_id")) == remote(other.id)
        if _is_tenant(cls.__table__) and _is_tenant_key(other.__table__):
            return and_(same_row, cls.subdistrict_id == remote(other.subdistrict_id))
        return same_row

    return relationship(base, primaryjoin=join)


def _is_tenant(table) -> bool:
    return "subdistrict_id" in table.c


def _is_tenant_key(table) -> bool:
    return "subdistrict_id" in table.c and table.c.subdistrict_id.primary_key


_unfinished: list[type] = []


def finish() -> None:
    """Write foreign keys, checks and indexes of all classes declared since the last call.

    `models/__init__` calls it after its imports; a class declared later (a plug-in, a test)
    calls it once more.
    """
    while _unfinished:
        cls = _unfinished.pop(0)
        _finish_references(cls)
        for column in list(cls.__table__.c):
            described: Field | None = column.info.get("field")
            if described and not column.info.get("finished"):
                column.info["finished"] = True  # a column shared by several rosters comes by again
                _check_values(column, described)
                _index_column(cls, column.name, described)
        _index_what_is_alike(cls)
        if cls.__live__:
            _index_live_rows(cls)


def _finish_references(cls) -> None:
    """A foreign key and an index for each reference; between tables of a sub-district its code is half of the key."""
    table = cls.__table__
    tenant = _is_tenant(table)
    for name, wanted in cls.__refs__.items():
        target = cls.registry._class_registry[wanted.target].__table__
        columns, remote = [f"{name}_id"], [target.c.id]
        if tenant and _is_tenant_key(target):
            columns, remote = ["subdistrict_id", *columns], [target.c.subdistrict_id, *remote]
        table.append_constraint(ForeignKeyConstraint(columns, remote, ondelete=wanted.on_delete))
        _index(table, tenant, f"{name}_id", cls.usual_order())


def _check_values(column, described: Field) -> None:
    """CHECKs for a word of the dictionary, a value of a code list, a lowest and a highest value."""
    table = column.table
    if described.dictionary:
        table.append_constraint(dictionary_check(table.name, column.name, described.dictionary))
    codes = getattr(column.type, "enum_class", None)
    if codes:
        values = ", ".join(f"'{member.value}'" for member in codes)
        # Named after the column: two columns of one table may share a code list.
        table.append_constraint(CheckConstraint(f"{column.name} IN ({values})", name=f"{column.name}_code"))
    for bound, sign, word in ((described.low, ">=", "low"), (described.high, "<=", "high")):
        if bound is not None:
            table.append_constraint(CheckConstraint(f"{column.name} {sign} {bound:g}", name=f"{column.name}_{word}"))


def _index_column(cls, name: str, described: Field) -> None:
    if described.sorted:
        _index(cls.__table__, _is_tenant(cls.__table__), name)
    elif described.filtered and not described.relation:
        _index(cls.__table__, _is_tenant(cls.__table__), name, cls.usual_order())


def _index_what_is_alike(cls) -> None:
    """The first column by which two rows look alike, unless it has an index already."""
    for alike in cls.__alike__:
        owner = cls.registry._class_registry[alike.part] if alike.part else cls
        first = alike.names[0]
        column = f"{first}_id" if first in owner.__refs__ else first
        if f"ix_{owner.__table__.name}_{column}" not in {index.name for index in owner.__table__.indexes}:
            _index(owner.__table__, _is_tenant(cls.__table__), column)


def live_rows(cls: type[Described]):
    """The rows still being worked on, as SQL with its values written out: so a database knows the indexes of them alone."""
    name, values = cls.__live__
    column = literal_column(f"{cls.__table__.name}.{name}")
    return column.in_([literal_column(f"'{value.value}'") for value in values])


def _index_live_rows(cls) -> None:
    """Lists of live rows alone, in the list's own order, along a range or of their unit or person: each an index of its own."""
    table, (name, values) = cls.__table__, cls.__live__
    is_live = text(f"{name} IN ({', '.join(repr(value.value) for value in values)})")
    owned = {f"{name}_id" for name in (*cls.__scope__.unit, *cls.__scope__.worker)}
    lead = [name for name, _ in cls.usual_order()[:1]]
    for column in table.c:
        described: Field | None = column.info.get("field")
        is_range = described and described.sorted and (described.filtered or column.name in lead)
        if is_range or column.name in owned:
            columns = (table.c.subdistrict_id, column, table.c.id)
            Index(f"ix_{table.name}_{column.name}_live", *columns, sqlite_where=is_live, postgresql_where=is_live)


def _index(table, tenant: bool, name: str, order: Sequence[tuple[str, bool]] = ()) -> None:
    """An index a list walks: the filtered column, then the list's own order, then the key."""
    columns = [table.c.subdistrict_id] if tenant else []
    columns.append(table.c[name])
    if tenant:
        columns += [table.c[other] for other, _ in order if other in table.c and other != name]
    if tenant and "id" in table.c:
        columns.append(table.c.id)
    wanted = [c.name for c in columns]
    if not any([c.name for c in index.columns] == wanted for index in table.indexes):
        Index(f"ix_{table.name}_{name}", *columns)


def table_name(class_name: str) -> str:
    """`Household` → households, `Counsellor` → counsellors, `Company` → companies."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()
    if snake.endswith("y") and snake[-2] not in "aeiou":
        return snake[:-1] + "ies"
    return snake + ("es" if snake.endswith(("s", "x", "ch")) else "s")


class Entity(Described, Base):
    """A business row of one sub-district."""

    __abstract__ = True

    subdistrict_id: Mapped[str] = mapped_column(
        String(9), ForeignKey("divisions.code"), primary_key=True, sort_order=-20
    )
    id: Mapped[str] = mapped_column(
        Uuid(as_uuid=False), primary_key=True, default=uuid7, sort_order=-19
    )
    created_at: Mapped[Any] = mapped_column(UtcDateTime(), sort_order=90)
    updated_at: Mapped[Any] = mapped_column(UtcDateTime(), sort_order=91)
    version: Mapped[int] = mapped_column(Integer, sort_order=92)
    extra: Mapped[dict | None] = mapped_column(JSON(none_as_null=True), sort_order=93, active_history=True)
    """Values of the fields an office has added, by name; see `models.custom`."""

    @declared_attr.directive
    def __tablename__(cls) -> str | None:
        return None if cls._is_roster_of_a_table() else table_name(cls.__name__)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict:
        return {} if cls._is_roster_of_a_table() else {"version_id_col": cls.version}

    @classmethod
    def _is_roster_of_a_table(cls) -> bool:
        """True for a class that shares its parent's table (`Mediator` and `Worker`)."""
        return any("__table__" in parent.__dict__ for parent in cls.__mro__[1:])

    def __init_subclass__(
        cls, *, label: str = "", group: str = "", title: tuple = (), hint: tuple = (), key: tuple = (),
        unique: tuple | None = None, scope: Scope | None = None, in_menu: bool = True,
        order: int = 50, sort: str = "", inline: tuple = (), alike: tuple = (),
        live: tuple[str, tuple[Code, ...]] | None = None, else_key: tuple = (), **kwargs,
    ):  # fmt: skip
        cls._absorb(label, group, title, hint, key, scope, in_menu, order, sort, inline, alike, live, else_key)
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("__abstract__"):
            for names in unique if unique is not None else ((key,) if key else ()):
                columns = [f"{n}_id" if n in cls.__refs__ else n for n in names]
                cls.__table__.append_constraint(UniqueConstraint("subdistrict_id", *columns))
            _link(cls)


class Shared(Described, Base):
    """A reference row, the same for every sub-district: few rows, its own simple key."""

    __abstract__ = True

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return table_name(cls.__name__)

    def __init_subclass__(
        cls, *, label: str = "", group: str = "", title: tuple = (), hint: tuple = (), key: tuple = (),
        scope: Scope | None = None, in_menu: bool = True, order: int = 50, sort: str = "", **kwargs,
    ):  # fmt: skip
        cls._absorb(label, group, title, hint, key, scope, in_menu, order, sort)
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("__abstract__"):
            _link(cls)


def entities() -> list[type[Described]]:
    """Every mapped class that has a label, in menu order."""
    found = [mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__label__]
    groups = list(MenuGroup)
    return sorted(found, key=lambda c: (groups.index(c.__group__) if c.__group__ else 9, c.__order__, c.__name__))
