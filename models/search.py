"""What a record can be found by, kept beside it so that a search never reads the tables."""

from __future__ import annotations

from sqlalchemy import DDL, BigInteger, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from .base import Entity, Scope


class SearchEntry(Entity, label="搜索索引", group="系统", in_menu=False, scope=Scope()):
    """The searchable words of the record with the same id.

    `words` everybody may search who may see the record; `names` are those of persons, with their
    pinyin. `grams` are both cut into overlapping pairs of characters, the unit of the full-text
    index (SQLite: FTS5 by `number`; PostgreSQL: GIN), since most Chinese words have two.
    """

    entity: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(Text)
    names: Mapped[str] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_search_entries_number", "subdistrict_id", "number", "entity", "id"),)


FULL_TEXT = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_grams USING fts5(grams, content='', detail=none, tokenize='unicode61')",
        "CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN "
        "INSERT INTO search_grams(rowid, grams) VALUES (new.number, new.grams); END",
        "CREATE TRIGGER search_entries_gone AFTER DELETE ON search_entries BEGIN "
        "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.number, old.grams); END",
        "CREATE TRIGGER search_entries_changed AFTER UPDATE ON search_entries BEGIN "
        "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.number, old.grams); "
        "INSERT INTO search_grams(rowid, grams) VALUES (new.number, new.grams); END",
    ),
    "postgresql": (
        "CREATE INDEX ix_search_entries_grams ON search_entries USING gin (string_to_array(grams, ' '))",
        "ALTER INDEX ix_search_entries_grams ALTER COLUMN 1 SET STATISTICS 1000",  # so many pairs are known to be frequent
    ),
}  # fmt: skip

for _dialect, _statements in FULL_TEXT.items():
    for _statement in _statements:
        event.listen(
            SearchEntry.__table__, "after_create", DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)
        )
event.listen(
    SearchEntry.__table__, "after_drop", DDL("DROP TABLE IF EXISTS search_grams").execute_if(dialect="sqlite")
)
