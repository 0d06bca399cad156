"""Finding the row a reference should point to: few, scoped, masked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Described, describe
from models.fields import Description

from .access import Actor
from .errors import Missing, Refused
from .listing import Listing, identity
from .records import find
from .showing import masked, text, title_parts

LIMIT = 20


@dataclass(frozen=True)
class Choice:
    id: str
    label: str
    hint: str = ""


def candidates(
    session: Session, target: type[Described], query: str, actor: Actor, only: tuple[str, ...] = ()
) -> list[Choice]:
    """At most 20 rows of `target` that contain every word of `query` (two characters or more)."""
    words = query.split()
    if len(query.strip()) < 2:
        return []
    listing = Listing(session, target, actor)
    parts = title_parts(target)
    statement = select(identity(target), *(getattr(target, p.key).label(p.name) for p in parts))
    for word in words[:6]:
        statement = statement.where(listing._matches(word))
    if only:
        statement = statement.where(target.kind.in_([describe(target)["kind"].code(v) for v in only]))
    described = describe(target)
    if "is_active" in described:
        statement = statement.where(target.is_active.is_(True))
    order = getattr(target, target.__sort__.lstrip("-"), None) if target.__sort__ else None
    statement = statement.order_by(*([order] if order is not None else []), identity(target)).limit(LIMIT)
    return [
        Choice(str(line[0]), _joined(parts, line[1:], actor)) for line in session.execute(statement)
    ]


def _joined(parts: list[Description], values, actor: Actor) -> str:
    shown = [text(masked(part, value, actor)) for part, value in zip(parts, values, strict=True)]
    return " ".join(word for word in shown if word)


def label(session: Session, target: type[Described], record_id: str | None, actor: Actor) -> str:
    """The title of one row, or nothing when the actor may not see it."""
    if not record_id:
        return ""
    try:
        return label_of(find(session, target, record_id), actor)
    except Missing:
        return ""


def label_of(row: Described, actor: Actor) -> str:
    parts = title_parts(type(row))
    return _joined(parts, [getattr(row, part.key) for part in parts], actor) or row.__label__


def checked(
    session: Session, description_label: str, target: type[Described], record_id: str, only: tuple[str, ...] = ()
) -> Described:
    """The row a form's answer names, refused when it is out of sight or of the wrong kind."""
    try:
        row = find(session, target, record_id)
    except Missing:
        raise Refused(f"“{description_label}”请从下拉结果中选择") from None
    if only and row.kind.value not in only:
        wanted = "、".join(type(row.kind)(value).label for value in only)
        raise Refused(f"“{description_label}”只能选：{wanted}")
    return row
