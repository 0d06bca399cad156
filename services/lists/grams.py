"""The pairs of characters of the search index as SQL: full text on SQLite, arrays behind a GIN index on PostgreSQL.

A way is a list of pairs that an entry has all of; an entry is found that has those of any way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod

from sqlalchemy import (
    BigInteger, BindParameter, ColumnElement, Connection, FromClause, Select, String, and_, bindparam, func, inspect, literal_column,
    or_, select, text,
)  # fmt: skip
from sqlalchemy.orm import Session

from models import Entity

from ..kept import kept
from . import probing
from .indexing import NUMBERS, entries, kind_of

Ways = Sequence[Sequence[str]]


def is_of(entries: FromClause, entity: type[Entity], subdistrict_id: str | BindParameter[str]) -> ColumnElement[bool]:
    """Entries of the records of an entity."""
    return and_(entries.c.subdistrict_id == subdistrict_id, entries.c.entity.in_(_slugs(entity)))


def _slugs(entity: type[Entity]) -> list[str]:
    return [mapper.class_.slug() for mapper in inspect(entity).self_and_descendants]


def finds(entries: FromClause, entity: type[Entity], ways: Ways, subdistrict_id: str, dialect: str) -> ColumnElement[bool]:
    """Entries of an entity that the index finds."""
    found = entries.c.number.in_(_full_text(ways)) if dialect == "sqlite" else or_(*(_has_grams(entries, way) for way in ways))
    return and_(is_of(entries, entity, subdistrict_id), found)


def _full_text(ways: Ways, kinds: Sequence[str] = ()) -> Select:
    """SQLite: the numbers of the entries that have all pairs of one way, in their order; of some kinds only, or of all."""
    match = " OR ".join("(" + " AND ".join(f'"{pair}"' for pair in way) + ")" for way in ways)
    match = f"({' OR '.join(kinds)}) AND ({match})" if kinds else match
    rows = text("SELECT rowid FROM search_grams WHERE search_grams MATCH :match").bindparams(match=match)
    return select(rows.columns(literal_column("rowid", BigInteger)).subquery().c.rowid)


def _has_grams(entries: FromClause, way: Sequence[str] | BindParameter[str]) -> ColumnElement[bool]:
    """PostgreSQL: entries with all these pairs, as the GIN index knows them."""
    blank = literal_column("' '")
    asked = way if isinstance(way, BindParameter) else " ".join(way)
    return func.string_to_array(entries.c.grams, blank).op("@>")(func.string_to_array(asked, blank))


# ---- few or many ---------------------------------------------------------------------


def count(session: Session, entity: type[Entity], ways: Ways, subdistrict_id: str) -> tuple[int, int | None]:
    """How many entries of an entity the index finds, to one past few, and about how many where that is known of many."""
    ask = _count_in_full_text if session.get_bind().dialect.name == "sqlite" else _count_in_arrays
    return ask(session, entity, ways, subdistrict_id)


def are_few(session: Session, entity: type[Entity], ways: Ways, subdistrict_id: str) -> bool:
    """Whether few entries have these pairs, by one look that counts nothing."""
    if session.get_bind().dialect.name == "sqlite":
        return session.connection().execute(_first(_full_text(ways))).one()[0] <= probing.FEW
    return _known_as_many(session, entity, ways, subdistrict_id) is None


def _count_in_full_text(session: Session, entity: type[Entity], ways: Ways, subdistrict_id: str) -> tuple[int, int | None]:
    """Few in all entities together are counted by their entries; the gram of one kind costs more than they do.

    The numbers are random and read in their order, so the place of the last one read tells how many there are.
    """
    connection = session.connection()
    if connection.execute(_first(_full_text(ways))).one()[0] <= probing.FEW:
        return connection.execute(select(func.count()).where(finds(entries, entity, ways, subdistrict_id, "sqlite"))).scalar_one(), None
    kinds = [kind_of(subdistrict_id, slug) for slug in _slugs(entity)]
    found, last = connection.execute(_first(_full_text(ways, kinds))).one()
    return found, found * NUMBERS // last if found > probing.FEW and last else None


def _first(numbers: Select) -> Select:
    """How many there are, to one past few, and the last of these."""
    first = numbers.limit(probing.FEW + 1).subquery()
    return select(func.count(), func.max(first.c[0]))


def _count_in_arrays(session: Session, entity: type[Entity], ways: Ways, subdistrict_id: str) -> tuple[int, int | None]:
    known = _known_as_many(session, entity, ways, subdistrict_id)
    if known is not None:
        return probing.FEW + 1, known
    asked = {f"way{i}": " ".join(way) for i, way in enumerate(ways)}
    return session.connection().execute(_some(entity, len(ways)), {"here": subdistrict_id, **asked}).scalar_one(), None


@cache
def _some(entity: type[Entity], ways: int) -> Select:
    """How many there are, to one past few; made once."""
    found = or_(*(_has_grams(entries, bindparam(f"way{i}", type_=String)) for i in range(ways)))
    some = select(literal_column("1")).where(is_of(entries, entity, bindparam("here")), found)
    return select(func.count()).select_from(some.limit(probing.FEW + 1).subquery())


def _known_as_many(session: Session, entity: type[Entity], ways: Ways, subdistrict_id: str) -> int | None:
    """About how many there are of what statistics know to be frequent; nothing is looked up.

    As PostgreSQL's planner does, whose statistics they are: as if pairs and kinds of records fell together by chance.
    """
    rows, shares = kept(session, "shares of pairs", lambda: _shares(session.connection()))
    kinds = sum(shares.get(slug, 0) for slug in _slugs(entity))
    about = rows * shares.get(subdistrict_id, 0) * kinds * prod(shares.get(pair, 0) for pair in ways[0])
    return round(about) if about > probing.FEW else None


def _shares(connection: Connection) -> tuple[float, dict[str, float]]:
    """How many entries there are, and what share of them each frequent sub-district, kind of record and pair has.

    PostgreSQL renews its statistics by itself; what a process has kept of them is read again after the night's work.
    """
    rows = connection.exec_driver_sql("SELECT reltuples FROM pg_class WHERE oid = 'search_entries'::regclass").scalar_one()
    lines = connection.exec_driver_sql(_STATISTICS).all()
    return rows, {value: share for values, shares in lines for value, share in zip(values or (), shares or (), strict=False)}


_STATISTICS = """
    SELECT most_common_vals::text::text[], most_common_freqs FROM pg_stats
    WHERE schemaname = current_schema() AND tablename = 'search_entries' AND attname IN ('subdistrict_id', 'entity')
    UNION ALL SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats
    WHERE schemaname = current_schema() AND tablename = 'ix_search_entries_grams'
"""  # the shares of pairs are followed by three of no pair
