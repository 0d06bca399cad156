"""A change on a record's page is set back from there, after it was shown what will be written."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.household import Household
from tests.support.builders import build_user
from tests.support.office import CLERK, LEDGER, build_office
from tests.support.visitor import Visitor


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


@pytest.fixture
def home(world):
    return world.east_household


@pytest.fixture
def edit(office, home):
    """Somebody else changes the household: `edit(address="…")`."""

    def change(**values):
        with office() as session:
            row = session.get(Household, ("430181002", home.id))
            for name, value in values.items():
                setattr(row, name, value)

    return change


@pytest.fixture
def clerk(world, client, sign_in):
    return Visitor(sign_in(client, CLERK))


def address_of(office, home):
    with office() as session:
        return session.scalar(select(Household.address).where(Household.id == home.id))


def open_revert(visitor, home):
    visitor.open(f"/admin/household/details/?id={home.id}")
    return visitor.follow("恢复为修改前")


def test_the_page_shows_now_and_then_and_sets_it_back(clerk, home, edit, office):
    edit(address="新门牌2号")
    page = open_revert(clerk, home)
    assert "门牌地址 新门牌2号 东里社区1号" in page.text and address_of(office, home) == "新门牌2号"
    assert "已恢复为修改前的内容" in clerk.send("恢复为修改前").text
    assert address_of(office, home) == "东里社区1号"


def test_a_number_is_set_back_without_being_shown(clerk, home, edit, office):
    edit(mobile="13900000009")
    page = open_revert(clerk, home)
    assert "139****0009 138****0001 这里不显示全文" in page.text and "13800000001" not in page.html
    clerk.send("恢复为修改前")
    with office() as session:
        assert session.get(Household, ("430181002", home.id)).mobile == "13800000001"


def test_a_change_that_came_while_the_page_was_open_is_shown_first(clerk, home, edit, office):
    edit(address="新门牌2号")
    open_revert(clerk, home)
    edit(note="独居")
    page = clerk.send("恢复为修改前")
    assert (page.status, "别人又改了这条记录" in page.text, address_of(office, home)) == (409, True, "新门牌2号")
    assert "已恢复" in clerk.send("恢复为修改前").text


def test_a_later_change_blocks_and_leaves_no_button(clerk, home, edit):
    edit(address="新门牌2号")
    edit(address="新门牌3号")
    page = clerk.open(f"/admin/household/details/?id={home.id}")
    first = [href for words, href in page.links if "恢复为修改前" in words][-1]
    page = clerk.open(first)
    assert "“门牌地址”之后又改过" in page.text and not any("恢复" in words for f in page.forms for words in f.labels)


def test_a_reader_is_not_offered_it_and_may_not_do_it(clerk, home, edit, app, sign_in):
    edit(address="新门牌2号")
    address = open_revert(clerk, home).address
    reader = sign_in(app.test_client(), LEDGER)
    assert "恢复为修改前" not in reader.get(f"/admin/household/details/?id={home.id}").text
    assert reader.get(address).status_code == 403


def test_somebody_of_another_community_does_not_find_it(clerk, home, edit, world, office, app, sign_in):
    edit(address="新门牌2号")
    address = open_revert(clerk, home).address
    with office() as session:
        build_user(session, "xili", ["household:view", "household:edit"], area_id=world.west.id)
    assert sign_in(app.test_client(), "xili").get(address).status_code == 404


def test_an_entry_of_another_record_is_not_found(clerk, home, edit, world):
    edit(address="新门牌2号")
    address = open_revert(clerk, home).address.replace(home.id, world.west_household.id)
    assert clerk.open(address).status == 404
