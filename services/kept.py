"""What a process keeps of the small tables (dictionary, parameters, fields of the office, views, roles).

Every request reads their mark with its first statement (`models.revision`); as long as the mark is
the same, so are the tables. A session that has changed one of them reads for itself from then on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from models import Base
from models.revision import NAME, SMALL, revisions

MARK = select(revisions.c.token).where(revisions.c.name == NAME).scalar_subquery()
MARK_OF_NOW = select(MARK)
_MARKS, _MOST = 4, 3000
_shelf: OrderedDict[str, dict] = OrderedDict()
_lock = Lock()
_MISSING = object()


def begin(session: Session, mark: str | None) -> None:
    """Tell a session the mark it has read; everything it reads afterwards is at least as new."""
    session.info["mark"] = mark


def kept(session: Session, key: Hashable, load: Callable[[], Any]) -> Any:
    """What `load` reads out of the small tables, read once while they stay the same.

    The value is shared by requests: nobody changes it, and it holds no row of a session. `key` names
    everything the value depends on besides those tables.
    """
    mark = session.info.get("mark")
    shelf = session.info.setdefault("kept", {}) if mark is None else _shelf_of(mark)
    value = shelf.get(key, _MISSING)
    if value is _MISSING:
        value = load()
        if len(shelf) >= _MOST:
            shelf.clear()
        shelf[key] = value
    return value


def _shelf_of(mark: str) -> dict:
    with _lock:
        found = _shelf.setdefault(mark, {})
        _shelf.move_to_end(mark)
        while len(_shelf) > _MARKS:
            _shelf.popitem(last=False)
        return found


def _forget(session: Session) -> None:
    session.info.pop("mark", None)
    session.info.pop("kept", None)


def _row_changed(_mapper, _connection, row) -> None:
    session = inspect(row).session
    if session is not None:
        _forget(session)


for _mapper in Base.registry.mappers:
    if _mapper.local_table.name in SMALL:
        for _moment in ("after_insert", "after_update", "after_delete"):
            event.listen(_mapper.class_, _moment, _row_changed)


def install(session_class: type[Session] = Session) -> None:
    """Let a session forget what it read of its own changes when they are rolled back."""
    event.listen(session_class, "after_soft_rollback", lambda session, _transaction: _forget(session))
