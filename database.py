"""How the databases are opened: SQLite so that it behaves like a server, PostgreSQL so that reading costs least."""

from __future__ import annotations

from flask import g, has_request_context, request
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ROOM = -16_000  # kB of cache: with the 2 MB of the driver, a list of a million rows would be read from the disk again and again
_WIDE_ROOM = -196_608  # for all that an import of a whole street reads and then writes


def configure_sqlite(engine: Engine) -> None:
    """Foreign keys, write-ahead log, waiting for locks, and transactions that begin in the open.

    Python's driver begins a transaction only before a writing statement, so a SAVEPOINT would
    stand outside of any; here SQLAlchemy begins every one itself.
    """

    @event.listens_for(engine, "connect")
    def _open(connection, _record) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout=10000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", f"cache_size={_ROOM}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_reading = connection.get_execution_options().get("only_reads") or _only_reads()
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def allow_long_work(engine: Engine) -> None:
    """Lift the limits that keep a request from holding a PostgreSQL connection, and give SQLite room but where rows are only read through once: for the worker only."""
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "begin")
        def _widen(connection: Connection) -> None:
            room = _ROOM if connection.get_execution_options().get("reads_once") else _WIDE_ROOM
            connection.exec_driver_sql(f"PRAGMA cache_size={room}")

    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "connect")
        def _open(connection, _record) -> None:
            connection.execute("SET statement_timeout = 0")
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            connection.commit()


def for_request(engine: Engine) -> Engine:
    """The engine as the request needs it: on PostgreSQL, one that only reads runs no transaction.

    Each statement sees what is committed either way (READ COMMITTED). Without a transaction two
    messages to the server are saved, and the driver keeps its prepared statements, which it
    forgets at every ROLLBACK.
    """
    if engine.dialect.name != "postgresql" or not _only_reads():
        return engine
    if "reading_engine" not in g:  # one for the whole request: the session takes a connection for each engine
        g.reading_engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    return g.reading_engine


def begin_writing(session: Session) -> None:
    """Let a request that reads (GET) write after all, say that a file was opened.

    A plain BEGIN cannot turn into a write once somebody else has committed (SQLite answers
    "database is locked" without waiting), so the reading transaction ends here and the next one
    is a writing one. Does nothing where the request may write anyway.
    """
    if _only_reads() and not (session.new or session.dirty or session.deleted):
        g.is_writing = True
        session.commit()


def _only_reads() -> bool:
    """True in a request that promises not to write.

    BEGIN IMMEDIATE takes the one write lock at once: readers that took it would queue up.
    Seeds, commands and tests may always write.
    """
    return has_request_context() and request.method in _READING and not g.get("is_writing")
