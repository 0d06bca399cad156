"""Lists over HTTP: the layout stays, views are kept and shared, chips carry live counts."""

from __future__ import annotations

import re

import pytest

from services.lists import probing
from tests.support.office import CLERK, HANDLER, OFFICE, build_office

HOUSEHOLDS = "/admin/household/"


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


@pytest.fixture
def clerk(client, world, sign_in):
    return sign_in(client, CLERK)


@pytest.fixture
def post(token):
    def send(client, url, **sent):
        return client.post(url, data={"csrf_token": token(client.get(HOUSEHOLDS).text), **sent})

    return send


def headings(page: str) -> list[str]:
    head = page[page.index("<thead") : page.index("</thead>")]
    return [re.sub(r"<[^>]+>|\s", "", cell) for cell in re.findall(r"<th[^>]*columnheader[^>]*>(.*?)</th>", head, re.S)]


def rows(page: str) -> int:
    return page.count("data-href=")


def test_columns_are_shown_as_the_address_asks(clerk):
    page = clerk.get(f"{HOUSEHOLDS}?columns=address,household_no").text
    assert [h for h in headings(page) if h in ("住址", "户号", "户主姓名", "地址")][-1] == "户号" and rows(page) == 14


def test_a_chosen_layout_is_there_next_time(clerk, post):
    post(clerk, f"{HOUSEHOLDS}layout/", columns=["household_no", "member_count"], density="compact", page_size="20")
    page = clerk.get(HOUSEHOLDS).text
    assert 'class="table list compact"' in page and page.count("data-label=") == 14 * 2


def test_the_usual_layout_comes_back(clerk, post):
    usual = headings(clerk.get(HOUSEHOLDS).text)
    post(clerk, f"{HOUSEHOLDS}layout/", columns=["household_no"], density="", page_size="50")
    post(clerk, f"{HOUSEHOLDS}layout/", columns=["household_no"], reset="1")
    assert headings(clerk.get(HOUSEHOLDS).text) == usual


def test_the_page_size_is_remembered(clerk, post):
    post(clerk, f"{HOUSEHOLDS}layout/", page_size="50")
    assert re.search(r'<option value="50" selected>', clerk.get(HOUSEHOLDS).text)


def test_setting_the_list_keeps_what_is_filtered(clerk, post):
    answer = post(clerk, f"{HOUSEHOLDS}layout/", page_size="50", query="search=J00&page_size=20")
    assert answer.headers["Location"].endswith(f"{HOUSEHOLDS}?search=J00")


@pytest.mark.parametrize("sent", [{"density": "huge"}, {"columns": "password"}, {"page_size": "many"}])
def test_a_layout_that_makes_no_sense_is_refused(clerk, post, sent):
    assert post(clerk, f"{HOUSEHOLDS}layout/", **sent).status_code == 400


def test_a_kept_view_is_a_chip_that_leads_to_its_rows(clerk, post):
    post(clerk, f"{HOUSEHOLDS}views/", name="J00开头", query="search=J00")
    page = clerk.get(f"{HOUSEHOLDS}?search=J00").text
    assert re.search(r'<a href="/admin/household/\?search=J00" aria-current="true">J00开头', page)


def test_a_view_that_nobody_else_should_see_stays_hidden(clerk, post, app, sign_in, world):
    post(clerk, f"{HOUSEHOLDS}views/", name="我的", query="search=J00")
    assert "我的</a>" not in sign_in(app.test_client(), OFFICE).get(HOUSEHOLDS).text


def test_a_view_without_a_name_is_refused(clerk, post):
    answer = post(clerk, f"{HOUSEHOLDS}views/", name=" ", query="")
    assert "请给视图起个名字" in clerk.get(answer.headers["Location"]).text


def test_a_mediator_is_not_offered_to_share(client, world, sign_in):
    assert 'name="role"' not in sign_in(client, HANDLER).get(HOUSEHOLDS).text


def test_counts_come_in_the_order_of_the_chips(clerk, post):
    post(clerk, f"{HOUSEHOLDS}views/", name="J开头", query="search=J0")
    assert clerk.get(f"{HOUSEHOLDS}counts/").json["counts"] == ["14", "14", "0", "0", "0", "12"]


def test_a_view_of_a_column_that_is_gone_counts_nothing(clerk, office, post):
    from models.saved_view import SavedView

    post(clerk, f"{HOUSEHOLDS}views/", name="旧的", query="search=J0")
    with office() as session:
        session.query(SavedView).update({"query": "columns=gone"})
        session.commit()
    assert clerk.get(f"{HOUSEHOLDS}counts/").json["counts"][-1] == ""


def test_counts_of_cases_follow_the_presets(client, world, sign_in):
    found = sign_in(client, OFFICE).get("/admin/case/counts/").json["counts"]
    assert found[0] == "1" and len(found) >= 5


@pytest.mark.parametrize("query", [
    "sort=note", "due_on=someday", "due_on__from=yesterday", "amount__min=abc", "status=gone", "columns=secret",
    "after=xyz", "jump=abc", "area=no-id", "people_count__max=1e999", "page_size=ten", "area=none&area=%00",
])  # fmt: skip
def test_a_wrong_address_is_a_sentence_not_a_crash(client, world, sign_in, query):
    answer = sign_in(client, OFFICE).get(f"/admin/case/?{query}")
    assert answer.status_code == 400 and re.search(r"请|没有", answer.text)


def test_a_wrong_condition_leads_back_to_the_list_it_was_typed_in(client, world, sign_in):
    here = "http://localhost/admin/case/?status=accepted"
    said = sign_in(client, OFFICE).get("/admin/case/?amount__min=abc", headers={"Referer": here}).text
    assert "条件有误" in said and f'href="{here}"' in said


def test_an_error_page_never_leads_to_another_host(client, world, sign_in):
    said = sign_in(client, OFFICE).get("/admin/case/?amount__min=abc", headers={"Referer": "http://localhost.evil.example/"}).text
    assert "返回修改" not in said


def test_numbers_of_a_filter_may_be_typed_in_full_width(client, world, sign_in):
    said = sign_in(client, OFFICE).get("/admin/case/?amount__min=１，２００．５").text
    assert re.search(r"涉及金额（元） 不小于 1,?200\.5", said)


def test_the_tree_of_areas_is_walked_from_its_top(client, world, sign_in):
    office = sign_in(client, OFFICE)
    top = office.get("/admin/case/lookup/?field=area&below=").json["results"]
    below = office.get(f"/admin/case/lookup/?field=area&below={top[0]['id']}").json["results"]
    assert (len(top), [area["name"] for area in below][:2]) == (1, ["东里社区", "西里社区"])


def test_turning_back_past_the_beginning_shows_the_first_page(clerk):
    from services.lists.queries import token_of

    token = token_of(["A", "00000000-0000-7000-8000-000000000000"])
    assert rows(clerk.get(f"{HOUSEHOLDS}?before={token}").text) == 14


def test_a_jump_past_the_end_shows_the_last_page(clerk):
    assert rows(clerk.get(f"{HOUSEHOLDS}?jump=Z").text) == 14


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_list_that_ends_on_its_page_is_counted_by_its_rows(clerk, monkeypatch):
    monkeypatch.setattr(probing, "FEW", -1)  # every pair is taken for a common one
    assert "共 1 条" in clerk.get(f"{HOUSEHOLDS}?search=J003").text
