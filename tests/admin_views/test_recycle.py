"""Deleting leads to the recycle bin, and the bin leads back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.household import Household, HouseholdMember
from tests.support.builders import build_user
from tests.support.office import CLERK, LEDGER, build_office
from tests.support.visitor import Visitor


@pytest.fixture
def world(office):
    with office() as session:
        world = build_office(session)
        session.add(HouseholdMember(household_id=world.west_household.id, name="申某某", mobile="13800000036"))
    return world


@pytest.fixture
def clerk(world, client, sign_in):
    return Visitor(sign_in(client, CLERK))


def delete(visitor, row):
    visitor.open(f"/admin/household/delete/?id={row.id}")
    return visitor.send("确定删除")


def test_the_question_says_that_it_can_come_back(clerk, world):
    assert "删除后移入回收站，可以恢复" in clerk.open(f"/admin/household/delete/?id={world.west_household.id}").text


def test_a_deletion_names_the_way_back_and_the_way_works(clerk, world, office):
    assert "已移入回收站：住户“乙某某 西里社区1号”" in delete(clerk, world.west_household).text
    page = clerk.follow("恢复")
    assert "连同1条家庭成员" in page.text and "138****0001" in page.text and "13800000001" not in page.html
    assert "已恢复住户“乙某某 西里社区1号”" in clerk.send("恢复").text
    with office() as session:
        assert session.scalar(select(Household.household_no).where(Household.id == world.west_household.id)) == "H002"


def test_the_bin_lists_what_was_deleted_by_whom(clerk, world):
    delete(clerk, world.west_household)
    page = clerk.open("/admin/recycle/")
    assert "乙某某 西里社区1号" in page.text and "数据录入员某" in page.text


def test_the_bin_can_be_narrowed_to_one_kind(clerk, world):
    delete(clerk, world.west_household)
    assert "这里没有删除的记录" in clerk.open("/admin/recycle/?entity=chief").text
    assert "西里社区1号" in clerk.open("/admin/recycle/?entity=household").text


def test_a_refusal_is_told_on_the_page(clerk, world, office):
    delete(clerk, world.west_household)
    with office() as session:
        session.add(Household(household_no="H002", head_name="戌某某", address="西里社区2号"))
    clerk.open("/admin/recycle/")
    clerk.follow("恢复")
    assert "已有相同“户号”的住户" in clerk.send("恢复").text


def test_an_address_kept_after_the_return_says_so(clerk, world):
    delete(clerk, world.west_household)
    address = clerk.follow("恢复").address
    clerk.send("恢复")
    page = clerk.open(address)
    assert (page.status, "已经恢复过" in page.text) == (422, True)


def test_a_reader_of_everything_cannot_open_the_bin(world, client, sign_in):
    assert sign_in(client, LEDGER).get("/admin/recycle/").status_code == 403


def test_somebody_who_may_delete_other_things_does_not_find_the_household(clerk, world, office, app, sign_in):
    delete(clerk, world.west_household)
    address = clerk.follow("恢复").address
    with office() as session:
        build_user(session, "keeper", ["chief:view", "chief:delete"], is_scoped=False)
    client = sign_in(app.test_client(), "keeper")
    assert client.get(address).status_code == 403
    assert "西里社区1号" not in client.get("/admin/recycle/").text


@pytest.mark.parametrize("path", ["?entity=user", "?entity=x", "restore/?id=01900000-0000-7000-8000-000000000099", "restore/", "?before=x"])
def test_a_wrong_address_gets_a_page_and_no_row(clerk, path):
    assert clerk.open(f"/admin/recycle/{path}").status in (404, 422)
