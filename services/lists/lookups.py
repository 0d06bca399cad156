"""Finding the row a reference should point to: few, scoped, masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, object_session

from models import Described, describe
from models.fields import Description

from ..access import Actor
from ..errors import Missing, Refused
from ..labels import dictionary_names
from . import search
from .indexing import is_indexed
from .listing import Listing
from .walking import identity, usual_order
from ..keeping.records import find, key_of
from ..showing import masked, text

LIMIT = 20


@dataclass(frozen=True)
class Choice:
    id: str
    label: str
    hint: str = ""


def candidates(
    session: Session, target: type[Described], query: str, actor: Actor, only: tuple[str, ...] = (),
    limit: int = LIMIT, is_active_only: bool = True,
) -> list[Choice]:  # fmt: skip
    """At most `limit` rows of `target` that contain every word of `query` (two characters or more).

    People of just this name come first: `zw` is 张伟 before all who live in 竹湾.
    """
    words = query.split()
    if len(query.strip()) < 2:
        return []
    listing = Listing(session, target, actor)
    described = describe(target)
    statement = _with_names(select(target), target)
    for word in words[:6]:
        statement = statement.where(listing.matches(word))
    if only:
        statement = statement.where(target.kind.in_([describe(target)["kind"].code(v) for v in only]))
    if is_active_only and "is_active" in described:
        statement = statement.where(target.is_active.is_(True))
    named = search.by_whole_name(session, target, words[0], actor) if len(words) == 1 and is_indexed(target) else None
    if named is not None:
        first = session.scalars(statement.where(target.id.in_(named)).order_by(identity(target)).limit(limit)).all()
        if first:
            rest = statement.where(target.id.not_in([row.id for row in first]))
            return _choices(first, actor) + _choices(session.scalars(_ordered(rest, target).limit(limit - len(first))), actor)
    return _choices(session.scalars(_ordered(statement, target).limit(limit)), actor)


def _ordered(statement: Select, target: type[Described]) -> Select:
    return statement.order_by(*usual_order(target))


def _choices(rows: Iterable[Described], actor: Actor) -> list[Choice]:
    return [Choice(str(row.id), label_of(row, actor), _words(row, row.__hint__, actor)) for row in rows]


def _with_names(statement: Select, target: type[Described]) -> Select:
    """A statement that brings along the rows by which a row of `target` is named."""
    described = describe(target)
    for name in (*target.__title__, *target.__hint__):
        if name in described and described[name].target:
            statement = statement.options(joinedload(getattr(target, name)))
    return statement


def labels(session: Session, target: type[Described], record_ids: Iterable[str], actor: Actor) -> dict[str, str]:
    """The titles of several rows by id, without those the actor may not see; one statement."""
    keys = [key_of(target, record_id) for record_id in record_ids]
    statement = _with_names(select(target), target).where(identity(target).in_(keys))
    return {str(row.id): label_of(row, actor) for row in session.scalars(statement)}


def _words(row: Described, names: tuple[str, ...], actor: Actor) -> str:
    """Attributes of a row in one line, masked; a reference by its target's name."""
    described = describe(type(row))
    found = [_word(row, described[name], actor) for name in names if name in described]
    return " ".join(word for word in found if word)


def _word(row: Described, d: Description, actor: Actor) -> str:
    if d.target:
        other = getattr(row, d.name)
        return label_of(other, actor) if other is not None else ""
    value = getattr(row, d.key)
    if d.field.dictionary and value:
        return dictionary_names(object_session(row)).get(value, "")
    return "" if d.is_personal and not d.kind.is_open else text(masked(d, value, actor))


def label(session: Session, target: type[Described], record_id: str | None, actor: Actor) -> str:
    """The title of one row, or nothing when the actor may not see it."""
    if not record_id:
        return ""
    try:
        return label_of(find(session, target, record_id), actor)
    except Missing:
        return ""


def label_of(row: Described, actor: Actor) -> str:
    """A row's name in one line, as this person may see it."""
    return _words(row, row.__title__, actor) or row.__label__


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
