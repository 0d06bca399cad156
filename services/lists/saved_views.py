"""How a person wants to see a list: the layout of the list, and views kept under a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.saved_view import SavedView
from models.user import Role

from ..access import Actor, Permission
from ..errors import Missing, Refused
from ..kept import kept

MOST_VIEWS = 30
MOST_CHARACTERS = 20
LAYOUT = ""
LAID_OUT = ("columns", "page_size", "density")
_PLACES = ("after", "before", "last", "jump", "view")


@dataclass(frozen=True)
class View:
    """A named list; `role` is the name of the role it is shared with."""

    id: str
    name: str
    query: str
    is_own: bool
    role_id: str | None
    role: str | None


@dataclass(frozen=True)
class Views:
    """The layout as URL arguments {name: [value]}, and the views this person may open."""

    layout: dict[str, list[str]]
    named: list[View]


def of(session: Session, slug: str, actor: Actor) -> Views:
    """Everything kept for one list and one person."""
    key = ("views", actor.subdistrict_id, slug, actor.user_id, actor.role_code)
    return kept(session, key, lambda: _read(session, slug, actor))


def _read(session: Session, slug: str, actor: Actor) -> Views:
    lines = session.execute(
        select(SavedView.id, SavedView.name, SavedView.query, SavedView.user_id, SavedView.role_id, Role.name)
        .outerjoin(SavedView.role)
        .where(SavedView.entity == slug, or_(SavedView.user_id == actor.user_id, Role.code == actor.role_code))
        .order_by(SavedView.name, SavedView.id).limit(3 * MOST_VIEWS)
    ).all()
    layout = next((line.query for line in lines if line.name == LAYOUT and line.user_id == actor.user_id), "")
    named = [
        View(line.id, line.name, line.query, line.user_id == actor.user_id, line.role_id, line[5])
        for line in lines if line.name != LAYOUT
    ]  # fmt: skip
    return Views(parse_qs(layout), named)


def roles(session: Session) -> list[tuple[str, str]]:
    """The roles a view may be shared with, as (id, name)."""

    def read() -> list[tuple[str, str]]:
        table = Role.__table__.c
        wanted = select(table.id, table.name).order_by(table.code)
        return [tuple(line) for line in session.connection().execute(wanted)]

    return kept(session, "roles", read)


def lay_out(session: Session, slug: str, wanted: dict[str, str], actor: Actor) -> None:
    """Remember columns, page size and density of one person's list; what is not named stays."""
    row = _own(session, slug, LAYOUT, actor)
    layout = {**{k: v[0] for k, v in parse_qs(row.query).items()}, **wanted}
    row.query = urlencode({name: layout[name] for name in LAID_OUT if layout.get(name)})
    session.flush()


def keep(session: Session, slug: str, name: str, query: str, role_id: str | None, actor: Actor) -> SavedView:
    """Keep a query under a name, or change the one that has this name already."""
    name = name.strip()
    if not name:
        raise Refused("请给视图起个名字", field="name")
    if len(name) > MOST_CHARACTERS:
        raise Refused(f"名字最多{MOST_CHARACTERS}个字", field="name")
    if role_id:
        actor.require(Permission.SHARE)
        if session.get(Role, role_id) is None:
            raise Refused("没有这个角色，请重新选择", field="role")
    row = _own(session, slug, name, actor)
    if row.version is None and len(_named(session, slug, actor)) >= MOST_VIEWS:
        raise Refused(f"每张列表最多保存{MOST_VIEWS}个视图，请先删去不用的")
    row.query, row.role_id = _cleaned(query), role_id or None
    session.flush()
    return row


def _cleaned(query: str) -> str:
    """The query without the place in the list: a view begins at its first page."""
    kept = {k: v for k, v in parse_qs(query).items() if k not in _PLACES}
    cleaned = urlencode(kept, doseq=True)
    if len(cleaned) > 2000:
        raise Refused("条件太多，不能保存成视图，请减少一些")
    return cleaned


def drop(session: Session, slug: str, view_id: str, actor: Actor) -> str:
    """Forget one of the actor's own views; returns its name."""
    row = next((row for row in _named(session, slug, actor) if row.id == view_id), None)
    if row is None:
        raise Missing("没有找到您的这个视图，可能已经删除")
    session.delete(row)
    session.flush()
    return row.name


def _named(session: Session, slug: str, actor: Actor) -> Sequence[SavedView]:
    own = select(SavedView).where(SavedView.entity == slug, SavedView.user_id == actor.user_id, SavedView.name != LAYOUT)
    return session.scalars(own).all()


def _own(session: Session, slug: str, name: str, actor: Actor) -> SavedView:
    wanted = select(SavedView).where(
        SavedView.entity == slug, SavedView.user_id == actor.user_id, SavedView.name == name
    )
    row = session.scalars(wanted).one_or_none()
    if row is None:
        row = SavedView(entity=slug, user_id=actor.user_id, name=name, query="")
        session.add(row)
    return row
