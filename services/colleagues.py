"""The people who work in one sub-district, as their colleagues may know them: name and unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from models.area import Area
from models.department import Unit
from models.user import Role, User

from .access import Actor

LIMIT = 8
_users, _roles, _areas, _units = User.__table__, Role.__table__, Area.__table__, Unit.__table__


@dataclass(frozen=True)
class Colleague:
    id: str
    name: str
    unit: str


def suggest(session: Session, words: str, actor: Actor) -> list[Colleague]:
    """A few colleagues whose name contains `words`, those of the own unit first."""
    own_first = case((_users.c.unit_id == actor.unit_id, 0), else_=1)
    wanted = (
        select(_users.c.id, _users.c.name, func.coalesce(_units.c.name, _roles.c.name))
        .select_from(_users)
        .join(_roles, _roles.c.id == _users.c.role_id)
        .outerjoin(_units, and_(_units.c.id == _users.c.unit_id, _units.c.subdistrict_id == _users.c.subdistrict_id))
        .where(_users.c.id != actor.user_id, _users.c.name.icontains(words, autoescape=True))
        .order_by(own_first, _users.c.name, _users.c.id)
    )
    return [Colleague(*line) for line in session.connection().execute(_working(wanted, actor).limit(LIMIT))]


def named(session: Session, names: Iterable[str], actor: Actor) -> list[Actor]:
    """The colleagues who are called exactly so, each as the actor he or she is."""
    return _actors(session, actor, _users.c.name.in_(sorted(names)))


def actor_of(session: Session, user_id: str) -> Actor | None:
    """The actor a colleague is by now; None when the account is closed."""
    return next(iter(_actors(session, session.info["actor"], _users.c.id == user_id)), None)


def holders(session: Session, permission: str, limit: int = 1000) -> list[str]:
    """The ids of the accounts of the actor's sub-district whose role holds a permission."""
    roles = [key for key, held in session.connection().execute(select(_roles.c.id, _roles.c.permissions)) if permission in held]
    wanted = select(_users.c.id).where(_users.c.role_id.in_(roles)).order_by(_users.c.id)
    return list(session.connection().scalars(_working(wanted, session.info["actor"]).limit(limit)))


def _actors(session: Session, actor: Actor, whose) -> list[Actor]:
    """Tables are read directly: with a narrower scope of his own, the asker would not find the
    areas that decide what others may see."""
    u = _users.c
    wanted = (
        select(
            u.id, u.name, u.subdistrict_id, _roles.c.permissions, _roles.c.code, _roles.c.name, _areas.c.code,
            u.unit_id, u.worker_id, u.is_scoped,
        )
        .select_from(_users)
        .join(_roles, _roles.c.id == u.role_id)
        .outerjoin(_areas, and_(_areas.c.id == u.area_id, _areas.c.subdistrict_id == u.subdistrict_id))
        .where(whose)
        .order_by(u.name, u.id)
    )  # fmt: skip
    lines = session.connection().execute(_working(wanted, actor).limit(200))
    return [Actor(*line[:3], frozenset(line[3]), *line[4:]) for line in lines]


def _working(wanted: Select, actor: Actor) -> Select:
    """Only people of the actor's own sub-district whose account is open."""
    return wanted.where(_users.c.subdistrict_id == actor.subdistrict_id, _users.c.is_active.is_(True))
