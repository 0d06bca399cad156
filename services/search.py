"""Searching: one index for all records, the same on both databases.

A word that few records have is looked up in the index; a word that many have is met at once by
reading on in the list's own order. Which of the two is decided by a look at the index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from uuid import UUID

from pypinyin import Style, lazy_pinyin
from sqlalchemy import (
    BigInteger, ColumnElement, FromClause, Select, and_, delete, event, exists, func, insert, inspect, literal_column, or_, select, text,
)  # fmt: skip
from sqlalchemy.orm import Session

from models import Described, Entity, describe
from models.fields import Description
from models.search import SearchEntry

from .access import Actor, Permission
from .probing import few
from .sets import run_many

SEPARATOR = "\n"
_RUN = re.compile(r"[^\W_]+")
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
    return [run[i : i + 2] for run in _RUN.findall(normal(value)) for i in range(len(run) - 1)]


@cache
def _syllable(character: str) -> tuple[str, str]:
    whole = lazy_pinyin(character)[0]
    return whole, lazy_pinyin(character, style=Style.FIRST_LETTER)[0][:1]


def pinyin(value: str, is_name: bool) -> str:
    """The whole and the short pinyin of a text: 张伟 is `zhangwei zw`; family names are read right."""
    return _pinyin("".join(c for c in value if "\u4e00" <= c <= "\u9fff"), is_name)


@lru_cache(maxsize=4096)
def _pinyin(hanzi: str, is_name: bool) -> str:
    if not hanzi:
        return ""
    # Words are read as words (调解 tiaojie); the characters of a name stand alone.
    read = [_syllable(c) for c in hanzi] if is_name else [(s, s[:1]) for s in lazy_pinyin(hanzi)]
    if is_name and hanzi[0] in _SURNAMES:
        own = _SURNAMES[hanzi[0]]
        read[0] = (own, own[0])
    return f"{''.join(whole for whole, _ in read)} {''.join(first for _, first in read)}"


def searched(entity: type[Described]) -> list[Description]:
    """The columns of an entity that a part of a word finds."""
    return [
        d for d in describe(entity).values()
        if d.field.searched and not d.target and (not d.is_personal or d.kind.is_open)
    ]  # fmt: skip


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
    return UUID(record_id).int & (1 << 62) - 1


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
    grams = dict.fromkeys([_kind_of(subdistrict_id, entity.slug()), *pairs(" ".join(words))])
    grams |= dict.fromkeys(f"n{pair}" for pair in pairs(" ".join(names)))
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


def condition(
    session: Session, entity: type[Entity], word: str, actor: Actor, is_ordered: bool = True
) -> ColumnElement[bool]:
    """Rows of an entity with a word in what this person may search.

    Rows that are only counted (not `is_ordered`) are joined to what the index finds, at most once each.
    """
    word = normal(word)
    may_see_names = actor.may(Permission.NAMES)
    hits = _hits(session, entity, word, actor.subdistrict_id, may_see_names)
    if hits is not None and not is_ordered:
        entries, found = _entries.alias(), hits.subquery()
        return and_(
            found.c[0] == entries.c.number, entries.c.id == entity.id, _has_word(entries, entity, word, actor, may_see_names)
        )
    wanted = _has_word(_entries, entity, word, actor, may_see_names)
    if hits is not None:
        keys = few(session, hits, select(_entries.c.id).where(_entries.c.number.in_(hits), wanted))
        if keys is not None:
            return entity.id.in_(keys)
    here = select(literal_column("1")).where(_entries.c.id == entity.id, wanted)
    return exists(here.correlate_except(_entries))


def _has_word(entries: FromClause, entity: type[Entity], word: str, actor: Actor, may_see_names: bool) -> ColumnElement[bool]:
    columns = [entries.c.words, *([entries.c.names] if may_see_names else [])]
    contains = or_(*(column.contains(word, autoescape=True) for column in columns))
    return and_(entries.c.subdistrict_id == actor.subdistrict_id, entries.c.entity.in_(_slugs(entity)), contains)


def _hits(
    session: Session, entity: type[Entity], word: str, subdistrict_id: str, may_see_names: bool
) -> Select | None:
    """The numbers of the index rows with all pairs of a word; None for a word too short for it."""
    wanted = list(dict.fromkeys(pairs(word)))
    if not wanted:
        return None
    ways = [wanted, *([[f"n{pair}" for pair in wanted]] if may_see_names else [])]
    kinds = [_kind_of(subdistrict_id, slug) for slug in _slugs(entity)]
    if session.get_bind().dialect.name == "sqlite":
        words = " OR ".join("(" + " AND ".join(f'"{pair}"' for pair in way) + ")" for way in ways)
        match = f"({' OR '.join(kinds)}) AND ({words})"
        rows = text("SELECT rowid FROM search_grams WHERE search_grams MATCH :match").bindparams(match=match)
        found = rows.columns(literal_column("rowid", BigInteger)).subquery()
        return select(found.c.rowid)
    grams = func.string_to_array(literal_column("search_entries.grams"), literal_column("' '"))
    wanted_here = [grams.op("@>")(func.string_to_array(" ".join([kind, *way]), " ")) for kind in kinds for way in ways]
    return select(_entries.c.number).where(_entries.c.subdistrict_id == subdistrict_id, or_(*wanted_here))


def rebuild(session: Session, entities: Iterable[type[Entity]], now) -> int:
    """Write the index of whole entities anew, for rows that were written in bulk; returns how many."""
    connection, count = session.connection(), 0
    subdistrict_id = session.info["actor"].subdistrict_id
    for entity in entities:
        own = (_entries.c.subdistrict_id == subdistrict_id, _entries.c.entity == entity.slug())
        connection.execute(delete(_entries).where(*own))
        batch: list[dict] = []
        for entry in _all_entries(session, entity, subdistrict_id, now):
            batch.append(entry)
            if len(batch) == 2000:
                connection.execute(insert(_entries), batch)
                count, batch = count + len(batch), []
        if batch:
            connection.execute(insert(_entries), batch)
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
        run_many(session.connection(), insert(_entries), {name: [entry[name] for entry in entries] for name in entries[0]})


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
