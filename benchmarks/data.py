"""The databases that are measured: the seeds as they are, and a copy grown to any number of cases."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sqlalchemy import MetaData, String, Table, column, create_engine, insert, make_url, select, table
from sqlalchemy import text as sql
from sqlalchemy.schema import Column

import cli
from app import create_app
from config import Config
from extensions import db
from models.household import Household
from models.sealed import Sealed

from . import growth

SEEDS = "seeds"
_READY = "ready"


def _stored(c: Column) -> Column:
    """A column of `households` as it lies in the database: sealed values stay sealed."""
    return column(c.name, String() if isinstance(c.type, Sealed) else c.type)


RAW = table(Household.__table__.name, *(_stored(c) for c in Household.__table__.c))


@dataclass(frozen=True)
class Store:
    """Where the databases lie: SQLite files in `folder`, or databases of a PostgreSQL server.

    The folder keeps the keys of each in both cases. `server` is a URL that may create databases.
    """

    folder: Path
    server: str = ""

    def config(self, name: str) -> Config:
        """The settings of the console on one of the databases."""
        url = ""
        if self.server:
            url = make_url(self.server).set(database=_database(name)).render_as_string(hide_password=False)
        return Config(instance=self.folder / name, database_url=url)

    def seeds(self, report: Callable[[str], None]) -> Config:
        """The database as the first start of the console leaves it; made when it is not there yet."""
        self._make(SEEDS, lambda config: fill(config, report), None, report)
        return self.config(SEEDS)

    def grown(self, cases: int, report: Callable[[str], None]) -> Config:
        """A copy of the seeds with so many cases."""
        self.seeds(report)
        name = f"cases_{cases}"
        self._make(name, lambda config: growth.grow(config, cases), SEEDS, report)
        return self.config(name)

    def fresh(self, name: str) -> Config:
        """An empty database with the keys of the seeds, for one use."""
        self._clear(name, None)
        config = self.config(name)
        config.instance.mkdir(parents=True)
        for key in ("field_key", "secret_key"):
            shutil.copy(self.folder / SEEDS / key, config.instance / key)
        return config

    def drop(self, name: str) -> None:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        self._on_server(f'DROP DATABASE IF EXISTS "{_database(name)}" WITH (FORCE)')

    def drop_all(self) -> None:
        for made in [path.name for path in self.folder.iterdir() if path.is_dir()]:
            self.drop(made)

    def _make(self, name: str, build: Callable[[Config], None], like: str | None, report) -> None:
        mark = self.folder / name / _READY
        if mark.exists() and mark.read_text() == self.server and self._is_there(name):
            return
        report(f"正在准备数据库 {name} ……")
        began = perf_counter()
        self._clear(name, like)
        if like:
            others = shutil.ignore_patterns(_READY, "log")
            shutil.copytree(self.folder / like, self.folder / name, ignore=others)
        build(self.config(name))
        freshen(self.config(name))
        mark.write_text(self.server)
        report(f"数据库 {name} 用时 {perf_counter() - began:.0f} 秒")

    def _clear(self, name: str, like: str | None) -> None:
        self.drop(name)
        template = f' TEMPLATE "{_database(like)}"' if like else ""
        self._on_server(f'CREATE DATABASE "{_database(name)}"{template}')

    def _is_there(self, name: str) -> bool:
        wanted = sql("SELECT 1 FROM pg_database WHERE datname = :name").bindparams(name=_database(name))
        if not self.server:
            return True
        engine = create_engine(self.server)
        with engine.connect() as connection:
            found = connection.scalar(wanted)
        engine.dispose()
        return bool(found)

    def _on_server(self, statement: str) -> None:
        if self.server:
            engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
            engine.dispose()


def _database(name: str) -> str:
    return f"console_bench_{name}"


def fill(config: Config, report: Callable[[str], None] = lambda line: None) -> None:
    """Everything the first start of the console does to an empty database."""
    app = create_app(config)
    with app.app_context():
        cli.prepare(config, lambda line: None)
        db.session.remove()
        db.engine.dispose()  # the last connection of a SQLite file folds its log into it


def freshen(config: Config) -> None:
    """What a server does by itself within a minute, so that every run begins alike."""
    engine = create_engine(config.url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE")
    engine.dispose()


def bare_insert(config: Config, rows: int) -> Callable[[], object]:
    """One `executemany` of as many households into a table without any key or index."""
    engine = create_engine(config.url)
    bare = Table(
        "bare_households", MetaData(), *(Column(c.name, c.type) for c in RAW.c), prefixes=["TEMPORARY"]
    )
    with engine.connect() as connection:
        lines = [dict(row) for row in connection.execute(select(RAW).limit(rows)).mappings()]

    def run() -> None:
        with engine.begin() as connection:
            bare.create(connection)
            connection.execute(insert(bare), lines)
            bare.drop(connection)

    return run
