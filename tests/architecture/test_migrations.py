"""What the migrations build is what the models say, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, inspect, text

from database import configure_sqlite
from models import Base
from models.revision import SMALL

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request, tmp_path_factory):
    """The engine of a bare app whose database was built by the migrations only."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('migrated') / 'migrated.db'}"
    else:
        base = request.getfixturevalue("postgres_url")
        with create_engine(base, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS migrated"))
            connection.execute(text("CREATE DATABASE migrated"))
        url = base.replace("/postgres?", "/migrated?")
    app = Flask("migrated")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    database = SQLAlchemy(metadata=Base.metadata)
    database.init_app(app)
    Migrate(app, database, directory=str(ROOT / "migrations"))
    with app.app_context():
        if request.param == "sqlite":
            configure_sqlite(database.engine)
        upgrade()
        yield database.engine
        database.engine.dispose()


def is_ours(_object, name, kind, reflected, compare_to) -> bool:
    """Not a table or index that the full-text index is made of."""
    return not (name or "").startswith(("search_grams", "ix_search_entries_grams"))


def test_no_column_table_index_or_key_differs(migrated):
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_every_check_of_the_models_is_there(migrated):
    def checks(table):
        return {c.name for c in table.constraints if type(c).__name__ == "CheckConstraint"}

    found = inspect(migrated)
    missing = {
        table.name: checks(table) - {c["name"] for c in found.get_check_constraints(table.name)}
        for table in Base.metadata.tables.values()
    }
    assert {name: names for name, names in missing.items() if names} == {}


@pytest.mark.parametrize("table", SMALL)
def test_every_small_table_still_renews_the_mark(migrated, table):
    """A migration that makes a table anew loses its triggers, and what processes keep would go stale unseen."""
    with migrated.connect() as connection:
        if migrated.dialect.name == "sqlite":
            wanted = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table AND name LIKE '%_renews'"
        else:
            wanted = "SELECT 3 * count(*) FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"
        assert connection.scalar(text(wanted), {"table": table}) == 3


def test_sqlite_takes_the_index_of_open_cases_where_only_those_are_asked_for(migrated):
    """A migration that makes a table anew makes its indexes in another order, and by that SQLite decides a tie."""
    if migrated.dialect.name == "sqlite":
        with migrated.connect() as connection:
            made = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY rowid")).all()
        live = [name for name in made if name.endswith("_live")]
        assert live and all(made.index(name) > made.index(full) for name in live if (full := name.removesuffix("_live")) in made)


def test_the_way_down_leaves_nothing(migrated):  # the last one: nothing is left for others
    downgrade(revision="base")
    assert set(inspect(migrated).get_table_names()) - {"alembic_version"} == set()
