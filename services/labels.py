"""Names of dictionary items, and the items to choose from."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.dictionary import DictItem
from models.fields import Description

from .kept import kept


def dictionary_names(session: Session) -> dict[str, str]:
    """{item key: name} of every dictionary."""
    return _dictionaries(session)[0]


def choices_of(session: Session, d: Description) -> list[tuple[str, str]]:
    """The items that a described attribute may hold."""
    left_out = {f"{d.field.dictionary}:{code}" for code in d.field.without}
    return [choice for choice in dictionary_choices(session, d.field.dictionary) if choice[0] not in left_out]


def dictionary_choices(session: Session, dictionary: str) -> list[tuple[str, str]]:
    """The active items of one dictionary as (key, name), children indented under parents."""
    children = _dictionaries(session)[1].get(f"dictionary:{dictionary}", {})
    return [
        choice for key, name in children.get(None, [])
        for choice in [(key, name), *((k, f"　{n}") for k, n in children.get(key, []))]
    ]  # fmt: skip


def _dictionaries(session: Session) -> tuple[dict[str, str], dict[str, dict[str | None, list]]]:
    """All names, and the active items of each dictionary by parent."""
    return kept(session, "dictionaries", lambda: _read(session))


def _read(session: Session) -> tuple[dict[str, str], dict[str, dict[str | None, list]]]:
    names, active, table = {}, {}, DictItem.__table__.c
    wanted = select(table.id, table.name, table.dictionary, table.parent_key, table.is_active)
    for key, name, dictionary, parent, is_active in session.connection().execute(wanted.order_by(table.sort, table.id)):
        names[key] = name
        if is_active:
            active.setdefault(dictionary, {}).setdefault(parent, []).append((key, name))
    return names, active
