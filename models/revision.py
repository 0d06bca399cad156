"""One mark for all small tables that every page needs, renewed by the database whenever a row of them changes.

So a process may keep what it read as long as the mark stays the same, however many processes serve,
and whoever writes: a page, a command, a statement by hand.
"""

from __future__ import annotations

from sqlalchemy import DDL, Column, String, Table, event

from .base import Base

NAME = "small"
SMALL = ("custom_fields", "dict_items", "roles", "saved_views", "settings", "workdays")

revisions = Table(
    "revisions", Base.metadata, Column("name", String(20), primary_key=True), Column("token", String(36), nullable=False)
)

_RENEW = (
    f"INSERT INTO revisions (name, token) VALUES ('{NAME}', %s) ON CONFLICT (name) DO UPDATE SET token = excluded.token"
)
# A random mark, no count: a database that was restored or made anew never has the mark of another content.
_RANDOM = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}


def triggers(dialect: str, table: str) -> tuple[str, ...]:
    """The statements that make one table renew the mark."""
    renew = _RENEW % _RANDOM[dialect]
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_{verb.lower()}_renews AFTER {verb} ON {table} BEGIN {renew}; END"
            for verb in ("INSERT", "UPDATE", "DELETE")
        )
    return (
        "CREATE OR REPLACE FUNCTION renew_revision() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {renew}; RETURN NULL; END $$",
        f"CREATE TRIGGER {table}_renews AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION renew_revision()",
    )


@event.listens_for(Base.metadata, "before_create")
def _follow(metadata, _connection, **_others) -> None:
    """Every small table brings its triggers along; told here, when the tables are known."""
    for name in SMALL:
        table = metadata.tables[name]
        if not table.info.get("renews"):
            table.info["renews"] = True
            for dialect in _RANDOM:
                for statement in triggers(dialect, name):
                    event.listen(table, "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect))
