"""Roles as they are shipped, and what an office has made of them.

A role that nobody has altered follows the shipped table at every start. One that somebody has altered stays as it is;
a security administrator sees the difference and fills in what is missing with one step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.user import Role

from .access import Actor, permission_for, permission_labels
from .errors import Refused
from .keeping import records


def follow(session: Session, shipped: Mapping[str, Sequence[str]], actor: Actor, now: datetime) -> list[str]:
    """Bring roles that nobody has altered up to the shipped {code: permissions}; returns the names of those that changed."""
    changed = []
    for role in session.scalars(select(Role).where(Role.code.in_(shipped))).all():
        fresh = list(shipped[role.code])
        if not _is_altered(session, role) and set(role.permissions) != set(fresh):
            role.permissions = fresh
            changed.append(role.name)
        if role.shipped != fresh:
            role.shipped = fresh
            records.save(session, role, actor, now)
    return changed


def _is_altered(session: Session, role: Role) -> bool:
    """Whether the office has other permissions than it was given; of a role older than `shipped` the trail tells."""
    if role.shipped is not None:
        return set(role.permissions) != set(role.shipped)
    by_somebody = select(AuditEvent.id).where(
        AuditEvent.entity == Role.slug(), AuditEvent.record_id == str(role.id), AuditEvent.user_id.is_not(None)
    )
    return session.scalar(by_somebody.limit(1)) is not None


def missing(role: Role) -> list[str]:
    """Permissions that the shipped role has and this one has not."""
    return [p for p in role.shipped or () if p not in set(role.permissions)]


def added(role: Role) -> list[str]:
    """Permissions that the office has given to a shipped role beyond the shipped ones."""
    return [p for p in role.permissions if p not in set(role.shipped)] if role.shipped is not None else []


def complete(session: Session, role: Role, actor: Actor, now: datetime) -> list[str]:
    """Add what is missing, take nothing away; returns what was added."""
    actor.require(permission_for(Role, "edit"))
    wanted = missing(role)
    if not wanted:
        raise Refused("这个角色已有新版的全部权限，不用补齐")
    role.permissions = [*role.permissions, *wanted]
    records.save(session, role, actor, now)
    return wanted


def named(permissions: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Permissions in words, under their headings: [(heading, [label])]."""
    wanted = set(permissions)
    found = ((heading, [label for p, label in group.items() if p in wanted]) for heading, group in permission_labels().items())
    return [(heading, labels) for heading, labels in found if labels]
