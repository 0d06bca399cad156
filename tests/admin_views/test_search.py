"""The search over everything follows permissions, scope and masks."""

from __future__ import annotations

import pytest

from tests.support.office import CLERK, HANDLER, OFFICE, build_office
from tests.support.visitor import Visitor


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


def found(client, words):
    groups = client.get("/admin/search/", query_string={"query": words}, headers={"Accept": "application/json"}).json["groups"]
    return {g["label"]: [r["label"] for r in g["rows"]] for g in groups}


def test_a_word_is_found_in_cases_people_and_places(world, client, sign_in):
    hits = found(sign_in(client, OFFICE), "东里")
    assert list(hits)[:2] == ["住户", "区域"] and hits["人民调解委员会"] == ["东里社区人民调解委员会"]


def test_initials_find_a_person(world, client, sign_in):
    assert found(sign_in(client, OFFICE), "gls")["律师"] == ["庚律师"]


def test_the_name_of_a_party_leads_to_the_case(world, client, sign_in):
    assert found(sign_in(client, OFFICE), "甲某某")["当事人"] == ["甲某某 申请人"]


def test_a_clerk_of_the_rosters_finds_no_case(world, client, sign_in):
    assert "案件" not in found(sign_in(client, CLERK), "漏水")


def test_a_mediator_finds_no_case_that_is_not_hers(world, client, sign_in):
    assert "案件" not in found(sign_in(client, HANDLER), "漏水")


def test_one_character_finds_nothing(world, client, sign_in):
    assert found(sign_in(client, OFFICE), "东") == {}


def test_more_than_five_lead_to_the_list(world, client, sign_in):
    visitor = Visitor(sign_in(client, OFFICE))
    visitor.open("/admin/search/?query=癸某某")
    page = visitor.follow("在住户里查看全部")
    assert "12 条" in page.text


def test_nothing_found_says_what_to_try(world, client, sign_in):
    page = Visitor(sign_in(client, OFFICE)).open("/admin/search/?query=没有这个词")
    assert "可以换个说法" in page.text


def test_a_visitor_is_not_answered(client):
    assert client.get("/admin/search/?query=东里", headers={"Accept": "application/json"}).status_code == 401
