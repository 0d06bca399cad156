"""Searching: one index for all records, the same on both databases.

A word that few records have is looked up in the index; a word that many have is met at once by
reading on in the list's own order. Which of the two is decided by a look at the index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, func, literal_column, or_, select
from sqlalchemy.orm import Session

from models import Entity

from ..access import Actor, Permission
from ..keeping.custom import CustomDescription
from . import grams, probing
from .indexing import entries as _entries
from .indexing import SEPARATOR, in_field, is_indexed, searched
from .words import normal, pairs

_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Look:
    """How many records have all pairs of a word, by a look at the index: `count` of few, `about` how many of many, if known.

    `is_exact`: the word is one pair, so that who has the pair has the word.
    """

    count: int
    about: int | None
    is_exact: bool

    @property
    def is_many(self) -> bool:
        return self.count > probing.FEW


def look(session: Session, entity: type[Entity], word: str, actor: Actor) -> Look | None:
    """What the index says of a word; None for one too short for it. Counts what others may see, too."""
    word = normal(word)
    ways = _ways(word, actor)
    if ways is None:
        return None
    count, about = grams.count(session, entity, ways, actor.subdistrict_id)
    return Look(count, about, ways[0] == [word])


def condition(
    entity: type[Entity], word: str, actor: Actor, seen: Look | None, dialect: str, is_ordered: bool = True
) -> ColumnElement[bool]:
    """Rows of an entity with a word in what this person may search; `seen` is what `look` said of it.

    Few are fetched by their keys; many are met by reading on in the list's own order. Rows that are only
    counted (not `is_ordered`) are joined to what the index finds, at most once each.
    """
    word = normal(word)
    may_see_names = actor.may(Permission.NAMES)
    if seen is not None and not is_ordered:
        entries = _entries.alias()
        return and_(entries.c.id == entity.id, _has(entries, entity, word, actor, seen, dialect))
    if seen is not None and not seen.is_many:
        return entity.id.in_(select(_entries.c.id).where(_has(_entries, entity, word, actor, seen, dialect)).limit(seen.count))
    if _HANZI.fullmatch(word):  # written alike in the index and in the row, so the row itself is read
        return or_(false(), *(getattr(entity, d.key).contains(word) for d in searched(entity) if may_see_names or not d.is_personal))
    here = select(literal_column("1")).where(_entries.c.id == entity.id, grams.is_of(_entries, entity, actor.subdistrict_id))
    return exists(here.where(_has_word(_entries, word, may_see_names)).correlate_except(_entries))


def entries(entity: type[Entity], word: str, actor: Actor, seen: Look, dialect: str) -> Select:
    """The entries of an entity that have a word, whoever may see their records."""
    return select(literal_column("1")).where(_has(_entries, entity, normal(word), actor, seen, dialect))


def _has(entries: FromClause, entity: type[Entity], word: str, actor: Actor, seen: Look, dialect: str) -> ColumnElement[bool]:
    """Entries the index finds by the pairs of a word and that have the word itself."""
    found = grams.finds(entries, entity, _ways(word, actor), actor.subdistrict_id, dialect)
    return found if seen.is_exact else and_(found, _has_word(entries, word, actor.may(Permission.NAMES)))


def _has_word(entries: FromClause, word: str, may_see_names: bool) -> ColumnElement[bool]:
    columns = [entries.c.words, *([entries.c.names] if may_see_names else [])]
    return or_(*(column.contains(word, autoescape=True) for column in columns))


def _ways(word: str, actor: Actor) -> list[list[str]] | None:
    """The pairs of a word as they stand in the index: among the words, and among names for who may see them."""
    wanted = list(dict.fromkeys(pairs(word)))
    if not wanted:
        return None
    return [wanted, *([[f"n{pair}" for pair in wanted]] if actor.may(Permission.NAMES) else [])]


def by_whole_name(session: Session, entity: type[Entity], word: str, actor: Actor) -> Select | None:
    """The ids of records one of whose names is just this word, in characters, pinyin or initials; None where many may have it."""
    word = normal(word)
    wanted = [[f"n{pair}" for pair in dict.fromkeys(pairs(word))]]
    if not (wanted[0] and actor.may(Permission.NAMES) and any(d.is_personal for d in searched(entity))):
        return None
    if not grams.are_few(session, entity, wanted, actor.subdistrict_id):
        return None
    found = grams.finds(_entries, entity, wanted, actor.subdistrict_id, session.get_bind().dialect.name)
    names = func.replace(SEPARATOR + _entries.c.names + SEPARATOR, SEPARATOR, " ")
    return select(_entries.c.id).where(found, names.contains(f" {word} ", autoescape=True))


def within(session: Session, entity: type[Entity], d: CustomDescription, word: str, actor: Actor) -> Select | None:
    """The ids of records whose text in a field of the office may have a word, where the index knows that they are few."""
    wanted = [in_field(d, dict.fromkeys(pairs(word)))]
    if not wanted[0] or not is_indexed(entity) or not grams.are_few(session, entity, wanted, actor.subdistrict_id):
        return None
    return select(_entries.c.id).where(grams.finds(_entries, entity, wanted, actor.subdistrict_id, session.get_bind().dialect.name))
