"""Searching: one index for all records, the same on both databases.

A word that few records have is looked up in the index; a word that many have is met at once by
reading on in the list's own order. Which of the two is decided by a look at the index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from uuid import UUID

from sqlalchemy import (
    BigInteger, ClauseElement, ColumnElement, Connection, Executable, FromClause, Select, and_, delete, event, exists, false, func, insert,
    inspect, literal_column, or_, select, text, union_all,
)  # fmt: skip
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from models import Described, Entity, describe
from models.fields import Description
from models.search import SearchEntry

from . import probing
from ..access import Actor, Permission
from ..sets import run_many

SEPARATOR = "\n"
_RUN = re.compile(r"[^\W_]+")
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_NUMBERS = 1 << 62  # of entries
# Family names that are read otherwise than the same character elsewhere.
_SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "任": "ren", "盖": "ge",
    "朴": "piao", "缪": "miao", "冼": "xian", "乐": "yue", "覃": "qin", "翟": "zhai", "宿": "su", "员": "yun",
    "华": "hua", "尉": "yu", "万": "wan", "晁": "chao", "燕": "yan", "哈": "ha", "召": "shao", "折": "she",
    "繁": "po", "祭": "zhai", "种": "chong", "逄": "pang", "隗": "wei", "乜": "nie", "那": "na", "过": "guo",
    "令": "ling", "纪": "ji", "洗": "xian", "尹": "yin", "长": "zhang",
}  # fmt: skip

_entries = SearchEntry.__table__


def normal(value: str) -> str:
    """Text as it is compared: half-width, lower case, no blanks around."""
    return unicodedata.normalize("NFKC", value).lower().strip()


def pairs(value: str) -> list[str]:
    """The overlapping pairs of characters of a text; marks and blanks part it."""
    return _pairs(normal(value))


def _pairs(value: str) -> list[str]:
    return [run[i : i + 2] for run in _RUN.findall(value) for i in range(len(run) - 1)]


@cache
def _lazy_pinyin() -> Callable[..., list[str]]:
    """The reader of words. Its lists are 54 MB, which only processes that write search entries hold."""
    from pypinyin import lazy_pinyin

    return lazy_pinyin


@cache
def _syllable(character: str) -> tuple[str, str]:
    from pypinyin import Style

    whole = _lazy_pinyin()(character)[0]
    return whole, _lazy_pinyin()(character, style=Style.FIRST_LETTER)[0][:1]


def pinyin(value: str, is_name: bool) -> str:
    """The whole and the short pinyin of a text: 张伟 is `zhangwei zw`; family names are read right."""
    return _pinyin("".join(c for c in value if "\u4e00" <= c <= "\u9fff"), is_name)


@lru_cache(maxsize=4096)
def _pinyin(hanzi: str, is_name: bool) -> str:
    if not hanzi:
        return ""
    # Words are read as words (调解 tiaojie); the characters of a name stand alone.
    read = [_syllable(c) for c in hanzi] if is_name else [(s, s[:1]) for s in _lazy_pinyin()(hanzi)]
    if is_name and hanzi[0] in _SURNAMES:
        own = _SURNAMES[hanzi[0]]
        read[0] = (own, own[0])
    return f"{''.join(whole for whole, _ in read)} {''.join(first for _, first in read)}"


@cache
def searched(entity: type[Described]) -> tuple[Description, ...]:
    """The columns of an entity that a part of a word finds."""
    return tuple(
        d for d in describe(entity).values()
        if d.field.searched and not d.target and (not d.is_personal or d.kind.is_open)
    )  # fmt: skip


@cache
def is_indexed(entity: type[Described]) -> bool:
    return issubclass(entity, Entity) and bool(searched(entity))


def indexed() -> list[type[Entity]]:
    """The entities the index covers; of rosters that share a table, each roster."""
    return [
        mapper.class_ for mapper in Entity.registry.mappers
        if is_indexed(mapper.class_) and len(list(mapper.self_and_descendants)) == 1
    ]  # fmt: skip


def _number(record_id: str) -> int:
    """The random half of a UUIDv7 as the row's number in the full-text index."""
    return UUID(record_id).int & _NUMBERS - 1


def entry_of(entity: type[Entity], subdistrict_id: str, record_id: str, values: dict, now) -> dict:
    """The index row of a record; `values` are its searched attributes by name."""
    words, names = [], []
    for d in searched(entity):
        value = values.get(d.key)
        if not value:
            continue
        value = normal(str(value))
        if d.is_personal:
            names += [value, pinyin(value, is_name=True)]
        else:
            words.append(value)
            if d.name in entity.__title__ and len(value) <= 60:
                words.append(pinyin(value, is_name=False))
    grams = dict.fromkeys([_kind_of(subdistrict_id, entity.slug()), *_pairs(" ".join(words))])
    grams |= dict.fromkeys(f"n{pair}" for pair in _pairs(" ".join(names)))
    return {
        "subdistrict_id": subdistrict_id, "id": record_id, "entity": entity.slug(), "number": _number(record_id),
        "words": SEPARATOR.join(words), "names": SEPARATOR.join(names), "grams": " ".join(grams),
        "created_at": now, "updated_at": now, "version": 1,
    }  # fmt: skip


def _kind_of(subdistrict_id: str, slug: str) -> str:
    """The one gram that all records of an entity share, so that the index counts them alone."""
    return subdistrict_id + slug.replace("_", "")


def _slugs(entity: type[Entity]) -> list[str]:
    return [mapper.class_.slug() for mapper in inspect(entity).self_and_descendants]


@dataclass(frozen=True)
class Look:
    """How many records have all pairs of a word, by a look at the index: few, or many (then about how many).

    `is_exact`: the word is one pair, so that who has the pair has the word.
    """

    count: int
    is_many: bool
    is_exact: bool


def look(session: Session, entity: type[Entity], word: str, actor: Actor) -> Look | None:
    """What the index says of a word; None for one too short for it. Counts what others may see, too."""
    word = normal(word)
    ways = _ways(word, actor)
    if ways is None:
        return None
    ask = _look_in_full_text if session.get_bind().dialect.name == "sqlite" else _look_in_grams
    count, is_many = ask(session, entity, ways, actor.subdistrict_id)
    return Look(count, is_many, ways[0] == [word])


def condition(
    entity: type[Entity], word: str, actor: Actor, seen: Look | None, dialect: str, is_ordered: bool = True
) -> ColumnElement[bool]:
    """Rows of an entity with a word in what this person may search; `seen` is what `look` said of it.

    Few are fetched by their keys; many are met by reading on in the list's own order. Rows that are only
    counted (not `is_ordered`) are joined to what the index finds, at most once each.
    """
    word, ways = normal(word), _ways(normal(word), actor)
    may_see_names = actor.may(Permission.NAMES)
    if seen is not None and (not is_ordered or not seen.is_many):
        entries = _entries if is_ordered else _entries.alias()
        wanted = [_finds(entries, entity, ways, actor.subdistrict_id, dialect)]
        if not seen.is_exact:
            wanted.append(_has_word(entries, word, may_see_names))
        if not is_ordered:
            return and_(entries.c.id == entity.id, *wanted)
        return entity.id.in_(select(_entries.c.id).where(*wanted).limit(seen.count))
    if _HANZI.fullmatch(word):  # written alike in the index and in the row, so the row itself is read
        return or_(false(), *(getattr(entity, d.key).contains(word) for d in searched(entity) if may_see_names or not d.is_personal))
    here = select(literal_column("1")).where(_entries.c.id == entity.id, _is_of(_entries, entity, actor.subdistrict_id))
    return exists(here.where(_has_word(_entries, word, may_see_names)).correlate_except(_entries))


def _has_word(entries: FromClause, word: str, may_see_names: bool) -> ColumnElement[bool]:
    columns = [entries.c.words, *([entries.c.names] if may_see_names else [])]
    return or_(*(column.contains(word, autoescape=True) for column in columns))


def _is_of(entries: FromClause, entity: type[Entity], subdistrict_id: str) -> ColumnElement[bool]:
    return and_(entries.c.subdistrict_id == subdistrict_id, entries.c.entity.in_(_slugs(entity)))


def _ways(word: str, actor: Actor) -> list[list[str]] | None:
    """The pairs of a word as they stand in the index: among the words, and among names for who may see them."""
    wanted = list(dict.fromkeys(pairs(word)))
    if not wanted:
        return None
    return [wanted, *([[f"n{pair}" for pair in wanted]] if actor.may(Permission.NAMES) else [])]


def _finds(entries: FromClause, entity: type[Entity], ways: list[list[str]], subdistrict_id: str, dialect: str) -> ColumnElement[bool]:
    """Entries of an entity that the index finds."""
    found = entries.c.number.in_(_full_text(ways)) if dialect == "sqlite" else or_(*(_has_grams(entries, way) for way in ways))
    return and_(_is_of(entries, entity, subdistrict_id), found)


def _full_text(ways: list[list[str]], kinds: Iterable[str] = ()) -> Select:
    """SQLite: the numbers of the entries that have all pairs of one way, in their order; of some kinds only, or of all."""
    match = " OR ".join("(" + " AND ".join(f'"{pair}"' for pair in way) + ")" for way in ways)
    match = f"({' OR '.join(kinds)}) AND ({match})" if kinds else match
    rows = text("SELECT rowid FROM search_grams WHERE search_grams MATCH :match").bindparams(match=match)
    return select(rows.columns(literal_column("rowid", BigInteger)).subquery().c.rowid)


def _has_grams(entries: FromClause, way: list[str]) -> ColumnElement[bool]:
    """PostgreSQL: entries with all these pairs, as the GIN index knows them."""
    return func.string_to_array(entries.c.grams, literal_column("' '")).op("@>")(func.string_to_array(" ".join(way), " "))


def _look_in_full_text(session: Session, entity: type[Entity], ways: list[list[str]], subdistrict_id: str) -> tuple[int, bool]:
    """Few in all entities together are counted by their entries; the gram of one kind costs more than they do.

    The numbers are random and read in their order, so the place of the last one read tells how many there are.
    """
    connection = session.connection()
    if connection.execute(_first(_full_text(ways))).one()[0] <= probing.FEW:
        return connection.execute(select(func.count()).where(_finds(_entries, entity, ways, subdistrict_id, "sqlite"))).scalar_one(), False
    kinds = [_kind_of(subdistrict_id, slug) for slug in _slugs(entity)]
    count, last = connection.execute(_first(_full_text(ways, kinds))).one()
    is_many = count > probing.FEW
    return (count * _NUMBERS // last if is_many and last else count), is_many


def _first(numbers: Select) -> Select:
    """How many there are, to one past few, and the last of these."""
    first = numbers.limit(probing.FEW + 1).subquery()
    return select(func.count(), func.max(first.c[0]))


def _look_in_grams(session: Session, entity: type[Entity], ways: list[list[str]], subdistrict_id: str) -> tuple[int, bool]:
    """What statistics know to be frequent is not looked up: the planner says how many there are about.

    A gram unknown to them is guessed by the same rule as one that cannot exist, which is asked for beside it.
    """
    connection, here = session.connection(), _is_of(_entries, entity, subdistrict_id)
    wanted = [select(literal_column("1")).where(here, _has_grams(_entries, way)) for way in (ways[0], ["\u2026"])]
    known, unknown = _shares(connection.execute(_Explain(union_all(*wanted))).scalar_one()[0]["Plan"])
    if known > max(2 * unknown, probing.FEW):
        return known, True
    some = select(literal_column("1")).where(_finds(_entries, entity, ways, subdistrict_id, "postgresql"))
    count = connection.execute(select(func.count()).select_from(some.limit(probing.FEW + 1).subquery())).scalar_one()
    return count, count > probing.FEW


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
    """The plan of a statement, as JSON."""

    inherit_cache = False

    def __init__(self, statement):
        self.statement = statement


@compiles(_Explain)
def _explain(element, compiler, **kw) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, literal_binds=True, **kw)}"


def rebuild(session: Session, entities: Iterable[type[Entity]], now) -> int:
    """Write the index of whole entities anew, for rows that were written in bulk; returns how many."""
    connection, count = session.connection(), 0
    subdistrict_id = session.info["actor"].subdistrict_id
    for entity in entities:
        own = (_entries.c.subdistrict_id == subdistrict_id, _entries.c.entity == entity.slug())
        connection.execute(delete(_entries).where(*own))
        entries = _all_entries(session, entity, subdistrict_id, now)
        while batch := list(islice(entries, 2000)):
            _keep(connection, batch)
            count += len(batch)
    return count


def _all_entries(session: Session, entity: type[Entity], subdistrict_id: str, now) -> Iterator[dict]:
    table, columns = entity.__table__, searched(entity)
    wanted: Select = select(table.c.id, *(table.c[d.column.name] for d in columns)).where(
        table.c.subdistrict_id == subdistrict_id
    )
    mapper = inspect(entity)
    if mapper.polymorphic_identity is not None:
        wanted = wanted.where(mapper.polymorphic_on == mapper.polymorphic_identity)
    for line in session.connection().execute(wanted).fetchall():
        yield entry_of(entity, subdistrict_id, line[0], dict(zip((d.key for d in columns), line[1:], strict=True)), now)


def refresh(session: Session, entity: type[Entity], new: Sequence[dict], changed: Sequence[tuple[dict, dict]], now) -> None:
    """Index rows written past the listener: `new` ones and `changed` ones as (after, before), stored values by attribute."""
    if not is_indexed(entity):
        return
    keys = [d.key for d in searched(entity)]
    moved = [after for after, before in changed if any(after[key] != before.get(key) for key in keys)]
    forget(session, [row["id"] for row in moved])
    entries = [entry_of(entity, row["subdistrict_id"], row["id"], row, now) for row in (*new, *moved)]
    if entries:
        _keep(session.connection(), entries)


def _keep(connection: Connection, entries: Sequence[dict]) -> None:
    run_many(connection, insert(_entries), {name: [entry[name] for entry in entries] for name in entries[0]})


def forget(session: Session, ids: Sequence[str]) -> None:
    """Drop the index rows of records that are gone."""
    here = session.info["actor"].subdistrict_id
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        session.connection().execute(delete(_entries).where(_entries.c.subdistrict_id == here, _entries.c.id.in_(some)))


def _follow(session: Session, _flush_context) -> None:
    """Keep the index in step with every change, in the same transaction."""
    gone, come = [], []
    for row in session.deleted:
        if is_indexed(type(row)):
            gone.append(row)
    for row in session.dirty:
        if is_indexed(type(row)) and _has_changed(row):
            gone.append(row)
            come.append(row)
    come += [row for row in session.new if is_indexed(type(row))]
    connection = session.connection() if gone or come else None
    for row in gone:
        connection.execute(
            delete(_entries).where(_entries.c.subdistrict_id == row.subdistrict_id, _entries.c.id == row.id)
        )
    if come:
        connection.execute(insert(_entries), [_entry(row, session.info.get("now")) for row in come])


def _has_changed(row: Entity) -> bool:
    state = inspect(row)
    return any(state.attrs[d.key].history.has_changes() for d in searched(type(row)))


def _entry(row: Entity, now) -> dict:
    values = {d.key: getattr(row, d.key) for d in searched(type(row))}
    return entry_of(type(row), row.subdistrict_id, row.id, values, now or row.created_at)


def install(session_class: type[Session] = Session) -> None:
    """Put the index on a session class."""
    event.listen(session_class, "after_flush", _follow)
