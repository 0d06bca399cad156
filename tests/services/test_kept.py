"""What a process keeps of the small tables: read once, and never older than what has been committed."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from models import Base
from models.dictionary import DictItem
from models.revision import SMALL, revisions
from services import access, kept
from services.background import upkeep
from services.labels import dictionary_names
from tests.conftest import NOW, SUBDISTRICT


class Asking(Session):
    """A session that forgets as those of requests do."""


access.install(Asking)
kept.install(Asking)


@pytest.fixture
def ask(engine):
    """A session as a request has it: `with ask() as session`, after the mark was read; its changes stay."""
    opened = []

    def begin() -> Asking:
        session = access.bind(Asking(engine, autoflush=False), access.system(SUBDISTRICT), NOW)
        kept.begin(session, session.connection().scalar(select(kept.MARK)))
        opened.append(session)
        return session

    yield begin
    for session in opened:
        session.close()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM dict_items WHERE parent_key IS NULL AND id <> 'dictionary:dictionary'"))
        connection.execute(text("DELETE FROM dict_items"))


def add(session, name: str) -> None:
    if session.get(DictItem, "dictionary:dictionary") is None:
        session.add(DictItem(id="dictionary:dictionary", dictionary="dictionary:dictionary", code="dictionary", name="字典目录"))
        session.flush()
    session.add(DictItem(id=f"dictionary:{name}", dictionary="dictionary:dictionary", code=name, name=name))
    session.flush()


def names(session) -> set[str]:
    return set(dictionary_names(session).values())


def reads(session, counted: list) -> int:
    return kept.kept(session, "a question", lambda: counted.append(1) or len(counted))


def test_two_requests_read_once_while_nothing_changes(ask):
    with ask() as first:
        add(first, "red")
        first.commit()
    counted: list = []
    for _ in range(2):
        with ask() as session:
            assert reads(session, counted) == 1


def test_what_another_request_has_committed_is_seen_by_the_next(ask):
    with ask() as writer:
        add(writer, "red")
        writer.commit()
    with ask() as reader:
        before = names(reader)
    with ask() as writer:
        add(writer, "blue")
        writer.commit()
    with ask() as reader:
        assert names(reader) - before == {"blue"}


def test_a_change_by_hand_is_seen_too(ask, engine):
    with ask() as writer:
        add(writer, "red")
        writer.commit()
    with ask() as reader:
        names(reader)
    with engine.begin() as connection:
        connection.execute(text("UPDATE dict_items SET name = '红' WHERE id = 'dictionary:red'"))
    with ask() as reader:
        assert "红" in names(reader)


def test_a_request_sees_its_own_change_at_once_and_nobody_else_before_the_commit(ask):
    with ask() as writer:
        add(writer, "red")
        writer.commit()
    with ask() as reader:
        names(reader)
    with ask() as writer:
        names(writer)
        add(writer, "blue")
        seen = names(writer)
        writer.rollback()
        assert "blue" in seen and "blue" not in names(writer)
    with ask() as reader:
        assert "blue" not in names(reader)


@pytest.mark.parametrize("table", SMALL)
def test_every_small_table_renews_the_mark(engine, table):
    """On PostgreSQL by statement, on SQLite by row: a trigger each for the three verbs."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            wanted = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table AND name LIKE '%_renews'"
            assert connection.scalar(text(wanted), {"table": table}) == 3
        else:
            wanted = "SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"
            assert connection.scalar(text(wanted), {"table": table}) == 1


def test_a_database_made_anew_has_another_mark(tmp_path):
    """The marks are random, so what was kept of one database is never taken for another's."""
    marks = set()
    for name in ("one", "other"):
        engine = create_engine(f"sqlite:///{tmp_path / name}.db")
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO workdays VALUES ('2026-01-01', 0, '元旦', '国务院')"))
            marks.add(connection.scalar(revisions.select().with_only_columns(revisions.c.token)))
        engine.dispose()
    assert len(marks) == 2


def test_after_the_night_everything_kept_is_read_again(ask):
    with ask() as session:
        add(session, "one")
        before = session.connection().scalar(kept.MARK_OF_NOW)
        upkeep.analyse(session)
        assert session.connection().scalar(kept.MARK_OF_NOW) != before
