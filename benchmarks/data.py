"""The databases that are measured: the seeds as they are, and a copy grown to any number of cases."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sqlalchemy import create_engine, make_url
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

import cli
from app import create_app
from config import Config
from extensions import db
from services.background import upkeep

from . import desk, growth

SEEDS = "seeds"
_READY = "ready"


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

    def desk(self, cases: int, report: Callable[[str], None]) -> Config:
        """A copy of the grown database in which many matters wait to be dispatched."""
        name = f"desk_{cases}"
        self._make(name, desk.fill, f"cases_{cases}", report)
        return self.config(name)

    def drop(self, name: str) -> None:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        self._on_server(f'DROP DATABASE IF EXISTS "{_database(name)}" WITH (FORCE)')

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
        if like:
            self._on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_database(like)}'")
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
    """What a server does by itself within a minute, and the console for a file at its start, so that every run begins alike."""
    engine = create_engine(config.url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE")
    with Session(engine) as session:
        upkeep.analyse(session)
        session.commit()
    engine.dispose()
