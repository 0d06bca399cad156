"""The frame of every page: figures in the menu, the way here, the page of components."""

from __future__ import annotations

import re

import pytest

from app import create_app
from config import Config
from models import sealed
from services import backlog
from tests.support.street import build_street

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def names(office) -> dict[str, str]:
    with office() as session:
        return build_street(session)


def figures(page: str) -> dict[str, str]:
    """{entry of the menu: what its figure says aloud}"""
    entry = r'<span>([^<]+)</span><span class="count"[^>]*><span aria-hidden="true">[^<]+</span><span class="sr-only">([^<]+)</span>'
    return dict(re.findall(entry, page))


@pytest.mark.parametrize("role, expected", [
    ("peace_law_director", {"案件": "1件待办结", "分流调度台": "3件待分流", "责任书": "1份逾期未签", "回访": "1件待回访"}),
    ("mediator", {"案件": "2件由我办理"}), ("roster_clerk", {"联户调整": "1个邻没有邻长"}), ("audit_admin", {}),
])  # fmt: skip
def test_the_menu_says_what_waits(names, client, sign_in, role, expected):
    assert figures(sign_in(client, names[role]).get("/admin/").text) == expected


def test_a_page_without_a_menu_asks_for_no_figure(names, client, sign_in, monkeypatch):
    sign_in(client, names["peace_law_director"])
    monkeypatch.setattr(backlog.Questions, "answers", lambda *args: pytest.fail("asked"))
    assert client.get("/admin/nowhere/").status_code == 404


def test_the_way_back_from_the_team_leads_over_the_case(names, client, sign_in, office):
    from models.case import Case

    with office() as session:
        case = session.query(Case).filter(Case.subject == "拖欠工资纠纷").one()
    page = sign_in(client, names["peace_law_director"]).get(f"/admin/team-desk/?case={case.id}").text
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', page, re.S).group()
    assert re.findall(r'<a href="([^"]+)">([^<]+)</a>', crumbs) == [
        ("/admin/", "首页"), ("/admin/case/", "案件"), (f"/admin/case/details/?id={case.id}", case.case_no),
    ]  # fmt: skip


def test_a_record_leads_back_to_its_list(names, client, sign_in):
    sign_in(client, names["roster_clerk"])
    record = re.search(r'data-href="([^"]+)"', client.get("/admin/household/").text).group(1)
    assert '<a href="/admin/household/">住户</a>' in client.get(record).text


@pytest.mark.parametrize("has_components", [False, True])
def test_the_components_are_there_only_where_they_are_switched_on(engine, tmp_path, console, has_components):
    url = engine.url.render_as_string(False)
    made = create_app(Config(instance=tmp_path, database_url=url, has_components=has_components))
    sealed.use_keys({"1": console.config["CONSOLE"].secret("field_key", 64)})  # making an app sets its own keys
    assert ("/admin/_components/" in {rule.rule for rule in made.url_map.iter_rules()}) is has_components
