"""Databases as the console opens them. SQLite: foreign keys hold, writers wait for one another, savepoints nest; PostgreSQL: who only reads runs no transaction."""

import threading

import pytest
from flask import Flask
from sqlalchemy import create_engine, exc, text
from sqlalchemy.orm import Session

from database import allow_long_work, begin_writing, configure_sqlite
from extensions import db, transaction


@pytest.fixture
def sqlite(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    configure_sqlite(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE owner (id INTEGER PRIMARY KEY, count INTEGER NOT NULL)"))
        connection.execute(text("CREATE TABLE part (owner_id INTEGER NOT NULL REFERENCES owner(id))"))
        connection.execute(text("INSERT INTO owner VALUES (1, 0)"))
    yield engine
    engine.dispose()


def count(engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count FROM owner"))


def raise_count(connection) -> None:
    found = connection.scalar(text("SELECT count FROM owner"))
    connection.execute(text("UPDATE owner SET count = :n"), {"n": found + 1})


def test_two_writers_who_read_first_both_succeed_and_lose_nothing(sqlite):
    failed = []

    def work():
        try:
            for _ in range(50):
                with sqlite.begin() as connection:
                    raise_count(connection)
        except exc.OperationalError as error:
            failed.append(error)

    writers = [threading.Thread(target=work) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (failed, count(sqlite)) == ([], 100)


def test_a_part_without_its_owner_is_refused(sqlite):
    with pytest.raises(exc.IntegrityError, match="FOREIGN KEY"), sqlite.begin() as connection:
        connection.execute(text("INSERT INTO part VALUES (2)"))


def test_rolling_back_to_a_savepoint_keeps_the_work_before_it(sqlite):
    with sqlite.begin() as connection:
        raise_count(connection)
        inner = connection.begin_nested()
        raise_count(connection)
        inner.rollback()
    assert count(sqlite) == 1


def test_rolling_back_also_takes_back_what_a_released_savepoint_did(sqlite):
    with sqlite.connect() as connection:
        with connection.begin_nested():
            raise_count(connection)
        connection.rollback()
    assert count(sqlite) == 0


def test_a_database_is_in_write_ahead_mode_and_waits_ten_seconds(sqlite):
    with sqlite.connect() as connection:
        found = [connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "busy_timeout", "synchronous")]
    assert found == ["wal", 10000, 1]


def test_a_request_that_only_reads_does_not_wait_for_a_writer(sqlite):
    with sqlite.begin() as writer, Flask("x").test_request_context("/", method="GET"):
        raise_count(writer)
        assert count(sqlite) == 0


def test_a_request_that_reads_may_still_write_after_another_has_committed(sqlite):
    with Flask("x").test_request_context("/", method="GET"), Session(sqlite) as session:
        session.scalar(text("SELECT count FROM owner"))
        elsewhere = threading.Thread(target=_write_once, args=(sqlite,))
        elsewhere.start()
        elsewhere.join()
        begin_writing(session)
        raise_count(session)
        session.commit()
    assert count(sqlite) == 2


def _write_once(engine) -> None:
    with engine.begin() as connection:
        raise_count(connection)


def test_the_worker_has_a_wide_cache_but_where_rows_are_read_through_once(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'd.db'}")
    configure_sqlite(engine)
    allow_long_work(engine)

    def kilobytes(**options) -> int:
        with engine.connect().execution_options(**options) as connection:
            return -connection.exec_driver_sql("PRAGMA cache_size").scalar()

    assert (kilobytes(), kilobytes(only_reads=True), kilobytes(only_reads=True, reads_once=True), kilobytes()) == (
        196_608, 196_608, 16_000, 196_608
    )  # fmt: skip
    engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_page_that_only_reads_runs_no_transaction_on_postgresql(app):
    def transacts(method: str, *steps) -> bool:
        with app.test_request_context("/", method=method):
            for step in steps:
                step(db.session)
            return not db.session.connection().connection.dbapi_connection.autocommit

    assert (transacts("GET"), transacts("POST"), transacts("GET", begin_writing)) == (False, True, True)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_a_page_writes_after_all_is_undone_with_it_on_postgresql(app, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE owner (count integer)"))
        connection.execute(text("INSERT INTO owner VALUES (1)"))
    with app.test_request_context("/", method="GET"), pytest.raises(ZeroDivisionError), transaction() as session:
        raise_count(session)
        raise ZeroDivisionError
    try:
        assert count(engine) == 1
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE owner"))
