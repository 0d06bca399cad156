"""Where a column *appears*: label, list, search, filter, form. Readers take it from `describe`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Numeric, String, inspect
from sqlalchemy.orm import mapped_column

from .codes import Code
from .kinds import LONG, SHORT, Kind

if TYPE_CHECKING:
    from .base import Described


@dataclass(frozen=True)
class Field:
    """Presentation of one column.

    `is_fixed` columns are written by services only; `is_needed` makes a column required on
    the form although the shared table lets other rosters leave it empty; `is_numbered` lets a
    service fill in a required number left empty; `only` narrows a reference to rows of these
    kinds (a chief's area is a sector, a group or a neighbourhood), `without` leaves these items of the
    dictionary out; `low` and `high` bound a number, on the form
    and by a CHECK.
    """

    label: str
    help: str = ""
    section: str = ""
    aliases: tuple[str, ...] = ()
    listed: bool = False
    searched: bool = False
    filtered: bool = False
    sorted: bool = False
    is_fixed: bool = False
    is_hidden: bool = False
    is_needed: bool = False
    is_numbered: bool = False
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    dictionary: str = ""
    relation: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Ref:
    """A reference to another entity, turned into a composite foreign key by `Entity`."""

    field: Field
    on_delete: str = "RESTRICT"
    target: str = ""


@dataclass(frozen=True)
class Alike:
    """Attributes that, all filled in and equal, mean that one thing was probably entered twice.

    The first is the most telling one: it gets an index, and the warning stands at its field.
    `unless_other` names attributes that, where both rows have them, must not differ; `part` says
    that the attributes are those of this part; `days` compares only rows whose (day attribute)
    lies at most so many days back.
    """

    names: tuple[str, ...]
    unless_other: tuple[str, ...] = ()
    part: str = ""
    days: tuple[str, int] | None = None


_FLAGS = {
    "help", "section", "aliases", "listed", "searched", "filtered", "sorted",
    "is_fixed", "is_hidden", "is_needed", "is_numbered", "only", "without", "low", "high",
}  # fmt: skip


def _split(options: dict) -> tuple[dict, dict]:
    flags = {key: options.pop(key) for key in list(options) if key in _FLAGS}
    return flags, options


def field(label: str, *schema, **options):
    """Describe a column: flags of `Field` by name, everything else goes to `mapped_column`."""
    flags, column = _split(options)
    if "type_" in column:
        schema = (column.pop("type_"), *schema)
    column.setdefault("active_history", True)  # the audit trail wants the old value
    return mapped_column(*schema, info={"field": Field(label, **flags)}, **column)


def choice(label: str, dictionary: str, **options):
    """A column that holds the key of a `DictItem` of one dictionary, checked by the database.

    The key is "<dictionary>:<code>", so a plain foreign key and a CHECK on the prefix
    keep a value of another list out.
    """
    flags, column = _split(options)
    described = Field(label, dictionary=dictionary, **flags)
    return mapped_column(
        String(64), ForeignKey("dict_items.id"), info={"field": described},
        active_history=True, **column,
    )  # fmt: skip


def ref(label: str, *, on_delete: str = "RESTRICT", **flags) -> Any:
    """A reference; `household: Mapped[Household | None] = ref("住户")` adds `household_id` too.

    `on_delete="CASCADE"` marks an owned part (a party of a case): it goes with its owner and
    is shown on the owner's page.
    """
    return Ref(Field(label, **flags), on_delete)


@dataclass(frozen=True)
class Description:
    """One attribute of an entity as every reader needs it: list, form, filter, sheet, audit.

    `is_part` marks the reference of an owned part to its owner.
    """

    name: str
    column: Column
    field: Field
    kind: Kind | None
    code: type[Code] | None
    target: type[Described] | None
    is_part: bool = False

    def leads_to(self, owner: type) -> bool:
        """Whether rows of `owner` may carry rows of this entity on their form: it is a part of theirs, or cannot do without one."""
        return self.target is not None and issubclass(owner, self.target) and (self.is_part or self.field.is_needed)

    def of(self, entity: Any) -> Any:
        """The attribute of an entity (or alias of one) as SQL."""
        return getattr(entity, self.column.key)

    def get(self, row: Described) -> Any:
        """The stored value of a row."""
        return getattr(row, self.column.key)

    def put(self, row: Described, value: Any) -> None:
        """Write a value into a row."""
        setattr(row, self.column.key, value)

    @property
    def label(self) -> str:
        return self.field.label

    @property
    def key(self) -> str:
        """The attribute that holds the stored value (`household_id` for `household`)."""
        return self.column.key

    @property
    def type(self) -> type:
        """str, int, bool, Decimal, date or datetime; Code for a closed list; str for references."""
        if self.code:
            return Code
        try:
            python = self.column.type.python_type
        except NotImplementedError:
            return str
        return Decimal if isinstance(self.column.type, Numeric) and python is not float else python

    @property
    def is_required(self) -> bool:
        if self.field.is_needed:
            return True
        if self.field.is_numbered:
            return False
        return not self.column.nullable and self.column.default is None and self.type is not bool

    @property
    def is_personal(self) -> bool:
        return self.kind is not None and self.kind.is_personal

    @property
    def length(self) -> int | None:
        if self.is_personal or self.code or self.target or self.field.dictionary:
            return None
        return getattr(self.column.type, "length", None)

    @property
    def width(self) -> int:
        """Column width in a sheet, in characters."""
        if self.kind and self.kind not in (SHORT, LONG):
            return self.kind.width
        return {date: 12, datetime: 18, bool: 8, int: 9, Decimal: 12, Code: 12}.get(
            self.type, self.kind.width if self.kind else 18
        )


@cache
def describe(entity: type[Described]) -> dict[str, Description]:
    """All described attributes of an entity by name, in the order they were declared."""
    mapper = inspect(entity)
    by_column = {prop.columns[0].key: prop.columns[0] for prop in mapper.column_attrs}
    found: dict[str, Description] = {}
    for owner in reversed(entity.__mro__):
        for name in getattr(owner, "__dict__", {}).get("__declared__", ()):
            column = by_column.get(f"{name}_id", by_column.get(name))
            if column is None or "field" not in column.info:
                continue
            described: Field = column.info["field"]
            wanted = owner.__refs__[name] if described.relation else None
            target = entity.registry._class_registry[wanted.target] if wanted else None
            enum = getattr(column.type, "enum_class", None)
            python = getattr(column.type, "python_type", None) if not enum else None
            kind = column.info.get("kind") or (SHORT if python is str and not target else None)
            is_part = wanted is not None and wanted.on_delete == "CASCADE"
            found[name] = Description(name, column, described, kind, enum, target, is_part)
    return found


def dictionary_check(table_name: str, column_name: str, dictionary: str) -> CheckConstraint:
    """The CHECK that keeps values of other dictionaries out of a `choice` column."""
    return CheckConstraint(
        f"{column_name} LIKE '{dictionary}:%'", name=f"{column_name}_dictionary"
    )
