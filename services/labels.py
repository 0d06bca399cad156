"""Names of dictionary items, read once per session."""

from __future__ import annotations

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models.dictionary import DictItem

_KEPT = "dictionary_names"


def dictionary_names(session: Session) -> dict[str, str]:
    """{item key: name} of every dictionary; a changed item forgets it."""
    kept = session.info.get(_KEPT)
    if kept is None:
        kept = session.info[_KEPT] = dict(session.execute(select(DictItem.id, DictItem.name)).all())
    return kept


@event.listens_for(DictItem, "after_insert")
@event.listens_for(DictItem, "after_update")
@event.listens_for(DictItem, "after_delete")
def _forget(_mapper, _connection, item: DictItem) -> None:
    found = Session.object_session(item)
    if found is not None:
        found.info.pop(_KEPT, None)
