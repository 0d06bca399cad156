"""Roles follow the shipped table as long as nobody has altered them; else a security administrator fills in what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from models.audit import AuditEvent
from models.user import Role
from services import access, roles
from services.errors import Denied, Refused
from services.keeping import records
from tests.support.builders import build_user

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SYSTEM = access.system("430181002")
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def role(session):
    access.bind(session, SYSTEM, NOW)
    role = Role(code="window", name="窗口", permissions=["case:view", "case:register"], shipped=["case:view", "case:register"])
    session.add(role)
    session.flush()
    return role


@pytest.fixture
def upgrade(session):
    """Start with a version that ships these permissions for the window."""

    def go(*permissions: str) -> list[str]:
        access.bind(session, SYSTEM, NOW)
        return roles.follow(session, {"window": permissions}, SYSTEM, NOW)

    return go


@pytest.fixture
def security(session):
    """The security administrator, signed in."""
    user = build_user(session, "zian", ["role:edit"])
    return access.Actor(user.id, "子安全员", "430181002", frozenset({"role:edit"}))


@pytest.fixture
def alter(session, role, security):
    def go(*permissions: str) -> None:
        access.bind(session, security, NOW)
        role.permissions = list(permissions)
        records.save(session, role, security, NOW)

    return go


def entries(session, role) -> list[str]:
    wanted = select(AuditEvent.user_name).where(AuditEvent.entity == "role", AuditEvent.record_id == role.id, AuditEvent.verb == "update")
    return session.scalars(wanted.order_by(AuditEvent.id)).all()


def test_a_role_that_nobody_altered_follows_and_the_trail_says_so(session, role, upgrade):
    assert upgrade("case:view", "appeal:triage") == ["窗口"]
    assert role.permissions == ["case:view", "appeal:triage"] and entries(session, role) == ["系统"]


def test_a_second_start_changes_nothing(session, role, upgrade):
    upgrade("case:view")
    assert upgrade("case:view") == [] and len(entries(session, role)) == 1


def test_an_altered_role_stays_and_shows_the_difference(role, upgrade, alter):
    alter("case:view", "unit:view")
    assert upgrade("case:view", "case:register", "appeal:triage") == []
    assert (role.permissions, roles.missing(role), roles.added(role)) == (
        ["case:view", "unit:view"], ["case:register", "appeal:triage"], ["unit:view"],
    )  # fmt: skip


def test_filling_in_adds_what_is_missing_and_takes_nothing_away(session, role, upgrade, alter, security):
    alter("case:view", "unit:view")
    upgrade("case:view", "appeal:triage")
    access.bind(session, security, NOW)
    assert roles.complete(session, role, security, NOW) == ["appeal:triage"]
    assert role.permissions == ["case:view", "unit:view", "appeal:triage"] and entries(session, role) == ["子安全员", "子安全员"]
    with pytest.raises(Refused, match="不用补齐"):
        roles.complete(session, role, security, NOW)


def test_who_may_not_edit_roles_fills_in_nothing(session, role, upgrade):
    role.permissions = ["case:view"]
    with pytest.raises(Denied):
        roles.complete(session, role, access.citizen("430181002"), NOW)


@pytest.mark.parametrize(("is_touched", "followed"), [(False, ["窗口"]), (True, [])])
def test_of_a_role_older_than_this_the_trail_tells_whether_somebody_altered_it(role, upgrade, alter, is_touched, followed):
    if is_touched:
        alter("case:view")
    role.shipped = None
    assert upgrade("case:view", "appeal:triage") == followed


def test_a_role_of_the_offices_own_is_left_alone(session, role, upgrade):
    own = Role(code="own", name="自设", permissions=["case:view"])
    session.add(own)
    upgrade("unit:view")
    assert (own.permissions, roles.missing(own), roles.added(own)) == (["case:view"], [], [])
