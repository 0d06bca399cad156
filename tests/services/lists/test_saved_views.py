"""Lists as people like them: layouts, own views, shared views."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.user import Role, User
from services import access
from services.lists import saved_views
from services.access import actor_of
from services.errors import Denied, Missing, Refused
from tests.support.builders import build_world


@pytest.fixture
def people(session):
    """Two persons of one role, one of another; the first role may share."""
    build_world(session)
    roles = {code: Role(code=code, name=code, permissions=grants) for code, grants in (("clerk", ["view:share"]), ("guest", []))}
    session.add_all(roles.values())
    session.flush()
    found = {}
    for name, role in (("anna", "clerk"), ("berta", "clerk"), ("carla", "guest")):
        user = User(username=name, name=name, role_id=roles[role].id, subdistrict_id="430181002", password_hash="x")
        session.add(user)
        session.flush()
        session.refresh(user)
        found[name] = actor_of(user, None)
    return found


def names(session, actor):
    access.bind(session, actor, session.info["now"])
    return [view.name for view in saved_views.of(session, "case", actor).named]


def role_id(session, code):
    return session.scalar(select(Role.id).where(Role.code == code))


def test_a_view_is_seen_by_its_owner_only(session, people):
    saved_views.keep(session, "case", "纠纷", "kind=dispute", None, people["anna"])
    assert [names(session, people[who]) for who in ("anna", "berta", "carla")] == [["纠纷"], [], []]


def test_a_shared_view_is_seen_by_the_role(session, people):
    saved_views.keep(session, "case", "纠纷", "kind=dispute", role_id(session, "guest"), people["anna"])
    assert [names(session, people[who]) for who in ("anna", "berta", "carla")] == [["纠纷"], [], ["纠纷"]]


def test_sharing_needs_the_permission(session, people):
    with pytest.raises(Denied):
        saved_views.keep(session, "case", "纠纷", "kind=dispute", role_id(session, "clerk"), people["carla"])


def test_a_known_name_changes_the_view(session, people):
    for query in ("kind=dispute", "kind=petition"):
        saved_views.keep(session, "case", "重点", query, None, people["anna"])
    assert [view.query for view in saved_views.of(session, "case", people["anna"]).named] == ["kind=petition"]


def test_a_view_begins_at_its_first_page(session, people):
    view = saved_views.keep(session, "case", "重点", "kind=dispute&after=abc&last=1", None, people["anna"])
    assert view.query == "kind=dispute"


def test_a_view_of_one_list_is_not_shown_on_another(session, people):
    saved_views.keep(session, "household", "空置", "use=vacant", None, people["anna"])
    assert names(session, people["anna"]) == []


def test_a_view_of_somebody_else_is_not_deleted(session, people):
    view = saved_views.keep(session, "case", "纠纷", "kind=dispute", role_id(session, "clerk"), people["anna"])
    with pytest.raises(Missing):
        saved_views.drop(session, "case", view.id, people["berta"])


@pytest.mark.parametrize(("name", "sentence"), [("  ", "起个名字"), ("字" * 21, "最多20个字")])
def test_a_view_needs_a_short_name(session, people, name, sentence):
    with pytest.raises(Refused, match=sentence):
        saved_views.keep(session, "case", name, "", None, people["anna"])


def test_a_layout_is_remembered_per_person(session, people):
    saved_views.lay_out(session, "case", {"columns": "subject,case_no", "page_size": "50"}, people["anna"])
    saved_views.lay_out(session, "case", {"density": "compact"}, people["anna"])
    kept = [saved_views.of(session, "case", people[who]).layout for who in ("anna", "berta")]
    assert kept == [{"columns": ["subject,case_no"], "page_size": ["50"], "density": ["compact"]}, {}]


def test_a_layout_is_no_named_view(session, people):
    saved_views.lay_out(session, "case", {"density": "compact"}, people["anna"])
    assert names(session, people["anna"]) == []
