"""Runs migrations on the app's own engine, each run in one transaction on both databases."""

from alembic import context
from flask import current_app

from models.kinds import UtcDateTime
from models.sealed import Sealed


def include_object(_object, name, kind, _reflected, _compare_to):
    """The full-text index is made by its own statements; what it consists of is not compared."""
    return not (name or "").startswith(("search_grams", "ix_search_entries_grams"))


def render_item(kind, item, _autogen):
    """Our own column types appear in a migration as the plain types they are stored in."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, Sealed):
        return f"sa.String(length={item.impl.length})"
    return False


def run() -> None:
    db = current_app.extensions["migrate"].db
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # A table is altered by copying it; with the keys on, dropping the old one would cascade.
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            context.configure(
                connection=connection, target_metadata=db.metadata, render_as_batch=True,
                render_item=render_item, compare_type=True,
                include_object=include_object, transactional_ddl=True,
            )  # fmt: skip
            context.run_migrations()
            if is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"the migration left {len(broken)} broken references")
        if is_sqlite:
            raw.execute("PRAGMA foreign_keys=ON")


run()
