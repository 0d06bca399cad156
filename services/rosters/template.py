"""The columns of a roster's template: what a person fills in, with all there is to choose from."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import JSON, select
from sqlalchemy.orm import Session

from formats.sheets import SheetColumn, column_of
from models import Described, describe
from models.fields import Description

from ..keeping import custom
from ..access import Actor
from ..labels import choices_of, dictionary_names
from ..lists.walking import usual_order
from ..showing import text, title_parts

_FEW = 60


def columns_of(session: Session, entity: type[Described], *, actor: Actor) -> list[SheetColumn]:
    """The columns of an entity's template: what a person fills in, with all there is to choose from."""
    return [_column(session, d, actor) for d in asked(session, entity)]


def asked(session: Session, entity: type[Described]) -> list[Description]:
    """What a person may fill in."""
    return [
        d for d in custom.described(session, entity).values()
        if not d.field.is_fixed and not d.field.is_hidden and not isinstance(d.column.type, JSON)
    ]  # fmt: skip


def _column(session: Session, d: Description, actor: Actor) -> SheetColumn:
    if d.field.dictionary:
        return column_of(d, [name.strip() for _, name in choices_of(session, d)])
    column = column_of(d)
    if not d.target:
        return column
    words = "；".join(w for w in (d.field.help, f"填{d.target.__label__}的{how_named(d.target)}") if w)
    names = _few(session, d, actor)
    return replace(
        column, help=words, example=names[0] if names else "", choices=tuple(names) if len(names) <= _FEW else ()
    )


def how_named(target: type[Described]) -> str:
    """By which of its columns a record is named in a cell: “户主 门牌地址”或“户号”."""
    described = describe(target)
    ways = [" ".join(part.label for part in title_parts(target))]
    if is_key_open(target):
        ways.append(" ".join(described[name].label for name in target.__key__))
    return "或".join(f"“{way}”" for way in dict.fromkeys(ways) if way)


def is_key_open(target: type[Described]) -> bool:
    described = describe(target)
    return all(not described[n].is_personal or described[n].kind.is_open for n in target.__key__)


def _few(session: Session, d: Description, actor: Actor) -> list[str]:
    """The first titles a reference may show; none when they name people or are not told apart."""
    target, parts = d.target, title_parts(d.target)
    if any(part.is_personal for part in parts):
        return []
    statement = select(*(getattr(target, part.key) for part in parts))
    if d.field.only:
        statement = statement.where(target.kind.in_([describe(target)["kind"].code(v) for v in d.field.only]))
    if "is_active" in describe(target):
        statement = statement.where(target.is_active.is_(True))
    lines = session.execute(statement.order_by(*usual_order(target)).limit(_FEW + 1)).all()
    words = dictionary_names(session)
    names = [" ".join(text(value, words) for value in line if value is not None) for line in lines]
    return names if len(set(names)) == len(names) else []
