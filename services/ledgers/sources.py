"""What a ledger can be made of: a source offers columns and gives its rows as the reader may see them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from models import Described, Entity, entities
from models.codes import MenuGroup

from ..access import Actor, owner_of, permission_for
from ..lists.listing import Listing

SERIAL, BLANK = "serial", "blank"


@dataclass(frozen=True)
class Offer:
    """A column that a ledger may have; `kind` is one of `formats.ledgers.Column`."""

    key: str
    label: str
    section: str = ""
    width: int = 12
    kind: str = "text"
    band: str = ""
    is_personal: bool = False
    is_total: bool = False


BY_HAND = {
    SERIAL: Offer(SERIAL, "序号", "其他", 5, SERIAL),
    BLANK: Offer(BLANK, "空白（手填）", "其他", 14, BLANK),
}  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """Which rows: first and last day (both included), an area, what the design filters, and whether in clear."""

    since: date | None = None
    until: date | None = None
    area_id: str | None = None
    query: str = ""
    dated_by: str | None = None
    is_clear: bool = False


class Source(Protocol):
    """Rows of one kind for one actor; made anew for each reading."""

    entity: type[Described]
    has_area: bool

    def offers(self) -> dict[str, Offer]:
        """All columns there are, by key, in the order in which they are offered."""

    def usual(self) -> list[str]:
        """The columns of a design that names none."""

    def dated(self) -> dict[str, str]:
        """{key: label} of what a period may narrow."""

    def count(self, ask: Ask, cap: int) -> int: ...

    def lines(self, ask: Ask, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]: ...


MADE: dict[str, type] = {}
"""Sources that are counted together and no list of an entity, by code: (session, actor, now) gives one."""


def made(code: str, label: str):
    """Register a source that is no list of an entity."""

    def register(cls: type) -> type:
        cls.label = label
        MADE[code] = cls
        return cls

    return register


def listed() -> list[type[Entity]]:
    """The entities whose rows a ledger may list: all business rows, the system's own records left out."""
    return [
        entity for entity in entities()
        if issubclass(entity, Entity) and owner_of(entity).__in_menu__ and owner_of(entity).__group__ not in (None, MenuGroup.SYSTEM)
    ]  # fmt: skip


def choices() -> dict[str, str]:
    """{code: label} of every source, as the dictionary `ledger_source` lists them."""
    return {code: cls.label for code, cls in MADE.items()} | {e.slug(): e.__label__ for e in listed()}


def may_fetch(actor: Actor, entity: type[Described]) -> bool:
    return actor.may(permission_for(entity, "export"))


@dataclass
class Reader:
    """What the additions of a source need to read the values of some rows."""

    session: Session
    actor: Actor
    now: datetime
    words: dict[str, str]
    is_clear: bool = False

    def of_parts(self, part: type[Entity], ids: Collection[str], names: list[str], key: str) -> dict[str, list[tuple]]:
        """{id: the shown values of its parts}, as the reader may see them; nothing of what the reader may not open."""
        found: dict[str, list[tuple]] = {}
        if not self.actor.may(permission_for(part, "view")):
            return found
        for owner, values in Listing(self.session, part, self.actor).by_id(ids, names, self.words, is_clear=self.is_clear, key=key):
            found.setdefault(owner, []).append(values)
        return found
