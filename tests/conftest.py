"""What tests share. Everything that touches a database runs on SQLite and on PostgreSQL.

Fixtures of a whole run (databases, app, server, browser) exist once per pytest-xdist worker.
A test for one database only says `@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from inspect import signature

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import URL, Connection, Engine, create_engine, insert, make_url, text, update
from sqlalchemy.orm import Session

from config import Config
from database import configure_sqlite
from formats import files
from models import Base, sealed
from models.division import Division
from models.user import User
from services import access
from services.keeping import audit, custom
from services.lists import indexing
from tests.support.browser import chromium
from tests.support.builders import build_world, keep_world
from tests.support.postgres import postgres
from tests.support.server import serving

SUBDISTRICT = "430181002"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai
PASSWORD = "Zq8!zq8!zq8!"
_KEY = bytes(range(64))
_DIVISIONS = [
    {"code": "43", "name": "湖南省", "parent_code": None, "short_name": None},
    {"code": "4301", "name": "长沙市", "parent_code": "43", "short_name": None},
    {"code": "430181", "name": "浏阳市", "parent_code": "4301", "short_name": None},
    {"code": SUBDISTRICT, "name": "集里街道", "parent_code": "430181", "short_name": "集里"},
    {"code": f"{SUBDISTRICT}001", "name": "东里社区", "parent_code": SUBDISTRICT, "short_name": None},
    {"code": f"{SUBDISTRICT}002", "name": "西里社区", "parent_code": SUBDISTRICT, "short_name": None},
]


class ServiceSession(Session):
    """A session as services see it: scoped to an actor and audited, without Flask."""


access.install(ServiceSession)
audit.install(ServiceSession)
indexing.install(ServiceSession)
custom.install(ServiceSession)


# ---- databases ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server of this run's own."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request, tmp_path_factory) -> Iterator[Engine]:
    """A database with all tables and a few divisions, once per kind."""
    if request.param == "sqlite":
        url = make_url(f"sqlite:///{tmp_path_factory.mktemp('database') / 'console.db'}")
    else:
        url = make_url(request.getfixturevalue("postgres_url"))
    with _database(url) as engine:
        yield engine


@contextmanager
def _database(url: URL) -> Iterator[Engine]:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        configure_sqlite(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Division.__table__), _DIVISIONS)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def furnished(engine, tmp_path_factory) -> Iterator[Connection]:
    """A connection to a second database, in whose open transaction the small sub-district has been built once."""
    if engine.dialect.name == "sqlite":
        url = engine.url.set(database=str(tmp_path_factory.mktemp("furnished") / "console.db"))
    else:
        url = engine.url.set(database="furnished")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE furnished"))
    sealed.use_keys({"1": _KEY})
    with _database(url) as second, second.connect() as connection, connection.begin() as whole:
        with ServiceSession(connection, autoflush=False, join_transaction_mode="create_savepoint") as session:
            world = build_world(access.bind(session, access.system(SUBDISTRICT), NOW))
            session.commit()
            keep_world(connection, world)
        yield connection
        whole.rollback()


@pytest.fixture
def session(request, engine, tmp_path) -> Iterator[ServiceSession]:
    """A session of the program itself; whatever a test commits is gone after it.

    A test with a `world` gets one where the small sub-district stands already: `build_world` only finds it.
    """
    sealed.use_keys({"1": _KEY})
    files.use_folder(tmp_path / "files")
    with ExitStack() as closing:
        if "world" in request.fixturenames and "engine" not in signature(request.function).parameters:
            connection = request.getfixturevalue("furnished")
            whole = connection.begin_nested()
        else:
            connection = closing.enter_context(engine.connect())
            whole = connection.begin()
        closing.callback(whole.rollback)
        own = ServiceSession(connection, autoflush=False, join_transaction_mode="create_savepoint")
        yield access.bind(closing.enter_context(own), access.system(SUBDISTRICT), NOW)


# ---- the console over HTTP ----------------------------------------------------------


@pytest.fixture(scope="session")
def console(engine, tmp_path_factory) -> Flask:
    """The whole console on the database of `engine`, made once; tests ask for `app`."""
    from app import create_app

    instance = tmp_path_factory.mktemp("instance")
    with open(os.open(instance / "field_key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(_KEY)
    url = engine.url.render_as_string(hide_password=False)
    return create_app(Config(instance=instance, database_url=url, is_testing=True, has_components=True))


@pytest.fixture
def app(console, engine) -> Iterator[Flask]:
    """The console with nothing but the divisions in its database, emptied again afterwards."""
    files.use_folder(console.config["CONSOLE"].instance / "files")  # a test of services may have used another
    yield console
    _empty(engine)


@pytest.fixture
def office(app, engine) -> Callable:
    """Store rows that pages then see: `with office() as session: build_world(session)`.

    Each block is a session of its own that commits at its end, so that nothing stays locked or
    stale between requests; what it made can still be read afterwards.
    """
    sealed.use_keys({"1": _KEY})

    @contextmanager
    def work() -> Iterator[ServiceSession]:
        with ServiceSession(engine, autoflush=False, expire_on_commit=False) as session:
            yield access.bind(session, access.system(SUBDISTRICT), datetime.now(UTC))
            session.commit()

    return work


@pytest.fixture
def client(app) -> FlaskClient:
    """A visitor who has not signed in. (No test holds an app context open: requests would share it.)"""
    return app.test_client()


@pytest.fixture
def set_password(engine) -> Callable[[str], str]:
    """Give a stored user the password of all tests; returns it."""
    def give(username: str) -> str:
        with engine.begin() as connection:
            given = {"password_hash": _password_hash(), "must_change_password": False}
            changed = connection.execute(update(User.__table__).where(User.username == username).values(given))
        assert changed.rowcount == 1, f"no committed user {username}"
        return PASSWORD

    return give


@cache
def _password_hash() -> str:
    """Hashing is slow on purpose; once is enough."""
    from services import sign_in

    return sign_in.hash_password(PASSWORD)


@pytest.fixture
def sign_in(set_password) -> Callable[[FlaskClient, str], FlaskClient]:
    """Sign a committed user in through the real page: `sign_in(client, "clerk")`."""

    def enter(client: FlaskClient, username: str) -> FlaskClient:
        sent = {"username": username, "password": set_password(username)}
        sent["csrf_token"] = csrf_token(client.get("/sign-in").text)
        answer = client.post("/sign-in", data=sent)
        assert answer.status_code == 302, f"{username} could not sign in: {answer.status_code}"
        return client

    return enter


@pytest.fixture
def token() -> Callable[[str], str]:
    """Read the CSRF token out of a page's first form: `token(client.get(url).text)`."""
    return csrf_token


def csrf_token(page: str) -> str:
    return re.search(r'name="csrf_token"[^>]*? value="([^"]+)"', page).group(1)


def _empty(engine: Engine) -> None:
    """Delete all rows but the divisions, which get their names back, whichever way they refer to one another."""
    tables = [t.name for t in Base.metadata.tables.values() if t is not Division.__table__]
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # To truncate a hundred tables takes a quarter of a second; a test fills some ten of them.
            asked = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables)
            filled = connection.scalars(text(asked)).all()
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no keys, no triggers
            for name in filled:
                connection.execute(text(f"DELETE FROM {name}"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            for name in tables:
                connection.execute(text(f"DELETE FROM {name}"))
        for row in _DIVISIONS:  # tests of forms rename them
            connection.execute(update(Division.__table__).where(Division.__table__.c.code == row["code"]).values(row))
        connection.commit()


# ---- the console in a browser -------------------------------------------------------


@pytest.fixture
def live_server(app) -> Iterator[str]:
    """The URL of the console served by the production server on a free port."""
    with serving(app) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """A fresh page without cookies, in Chinese, at the width of an office screen."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
