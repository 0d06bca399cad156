"""Names of dictionary items, and the items to choose from."""

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


def dictionary_choices(session: Session, dictionary: str) -> list[tuple[str, str]]:
    """The active items of one dictionary as (key, name), children indented under parents."""
    items = session.execute(
        select(DictItem.id, DictItem.name, DictItem.parent_key)
        .where(DictItem.dictionary == f"dictionary:{dictionary}", DictItem.is_active.is_(True))
        .order_by(DictItem.sort, DictItem.id)
    ).all()
    children: dict[str | None, list] = {}
    for key, name, parent in items:
        children.setdefault(parent, []).append((key, name))
    return [
        choice for key, name in children.get(None, [])
        for choice in [(key, name), *((k, f"　{n}") for k, n in children.get(key, []))]
    ]  # fmt: skip


@event.listens_for(DictItem, "after_insert")
@event.listens_for(DictItem, "after_update")
@event.listens_for(DictItem, "after_delete")
def _forget(_mapper, _connection, item: DictItem) -> None:
    found = Session.object_session(item)
    if found is not None:
        found.info.pop(_KEPT, None)
