"""The pairs of characters of the search index as SQL: full text on SQLite, arrays behind a GIN index on PostgreSQL.

A way is a list of pairs that an entry has all of; an entry is found that has those of any way.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger, ClauseElement, ColumnElement, Executable, FromClause, Select, and_, func, inspect, literal_column, or_, select, text,
    union_all,
)  # fmt: skip
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import InternalTraversal

from models import Entity

from . import probing
from .indexing import NUMBERS, entries, kind_of

Ways = Sequence[Sequence[str]]


def is_of(entries: FromClause, entity: type[Entity], subdistrict_id: str) -> ColumnElement[bool]:
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


def _has_grams(entries: FromClause, way: Sequence[str]) -> ColumnElement[bool]:
    """PostgreSQL: entries with all these pairs, as the GIN index knows them."""
    return func.string_to_array(entries.c.grams, literal_column("' '")).op("@>")(func.string_to_array(" ".join(way), " "))


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
    some = select(literal_column("1")).where(finds(entries, entity, ways, subdistrict_id, "postgresql"))
    return session.connection().execute(select(func.count()).select_from(some.limit(probing.FEW + 1).subquery())).scalar_one(), None


def _known_as_many(session: Session, entity: type[Entity], ways: Ways, subdistrict_id: str) -> int | None:
    """About how many there are of what statistics know to be frequent; nothing is looked up.

    A gram unknown to them is guessed by the same rule as one that cannot exist, which is asked for beside it.
    """
    here = is_of(entries, entity, subdistrict_id)
    wanted = [select(literal_column("1")).where(here, _has_grams(entries, way)) for way in (ways[0], ["\u2026"])]
    known, unknown = _shares(session.connection().execute(_Explain(union_all(*wanted))).scalar_one()[0]["Plan"])
    return known if known > max(2 * unknown, probing.FEW) else None


def _shares(plan: dict) -> tuple[int, int]:
    """How many rows a plan expects of each of two branches; nothing of a plan of another shape.

    Below a node that gathers what several processes read, a branch tells the part of one of them.
    """
    total = plan["Plan Rows"]
    while len(plan.get("Plans", ())) == 1:
        plan = plan["Plans"][0]
    rows = [branch["Plan Rows"] for branch in plan.get("Plans", ())]
    if len(rows) != 2 or not sum(rows):
        return 0, 0
    return total * rows[0] // sum(rows), total * rows[1] // sum(rows)


class _Explain(Executable, ClauseElement):
    """The plan of a statement for the values it is sent with, as JSON."""

    inherit_cache = True
    _all_selected_columns = ()  # its one column is PostgreSQL's own
    _traverse_internals = [("statement", InternalTraversal.dp_clauseelement)]

    def __init__(self, statement):
        self.statement = statement


@compiles(_Explain)
def _explain(element, compiler, **kw) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kw)}"
