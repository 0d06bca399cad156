"""Forms in a real browser: rows by keyboard, the warning as one types, drafts that outlive a dead line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.case import Case, CaseParty
from models.household import Household
from tests.conftest import PASSWORD
from tests.support.office import CLERK, OFFICE, build_office

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


def send(page: Page, label: str = "保存") -> None:
    page.locator("main").get_by_role("button", name=label, exact=True).click()


def pick(page: Page, box, words: str, choice: str) -> None:
    box.fill(words)
    page.get_by_role("option", name=choice).first.click()


def facts_of_a_case(page: Page) -> None:
    page.locator("#f-subject").fill("夜间噪音")
    page.locator("#f-kind").select_option(label="矛盾纠纷")
    page.locator("#f-category").select_option(index=1)
    page.locator("#f-channel").select_option(index=1)
    page.locator("#f-summary").fill("夜里装修")
    pick(page, page.locator("#f-area"), "东里社区", "东里社区")


def row(page: Page, number: int):
    return page.locator("[data-part-row]").nth(number)


def fill_row(page: Page, number: int, role: str, name: str, mobile: str = "") -> None:
    row(page, number).locator("[name$=-role]").select_option(label=role)
    row(page, number).get_by_label("姓名或名称").fill(name)
    row(page, number).get_by_label("联系电话").fill(mobile)


def press(page: Page, button) -> None:
    """A button by keyboard alone."""
    button.focus()
    page.keyboard.press("Enter")


def test_a_case_with_two_parties_one_more_added_and_removed_by_keyboard(world, office, arrive, live_server, complaints):
    page = arrive(OFFICE)
    page.goto(f"{live_server}/admin/case/new/")
    facts_of_a_case(page)
    fill_row(page, 0, "申请人", "丁某某", "13800000077")
    add = page.get_by_role("button", name="增加当事人")
    press(page, add)
    expect(row(page, 1).locator("[name$=-role]")).to_be_focused()
    fill_row(page, 1, "证人", "多余的人")
    press(page, add)
    fill_row(page, 2, "被申请人", "戊某某")
    pick(page, row(page, 2).get_by_role("combobox", name="对应住户"), "东里社区1号", "东里社区1号")
    press(page, page.get_by_role("button", name="移除当事人 2"))
    expect(page.locator("[data-part-status]")).to_have_text("当事人 2已去掉")
    expect(page.locator("[data-part-row]")).to_have_count(2)
    expect(page.get_by_role("button", name="移除当事人 2")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="已保存：新增案件")).to_be_visible()
    with office() as session:
        case = session.scalar(select(Case).where(Case.subject == "夜间噪音"))
        found = session.scalars(select(CaseParty).where(CaseParty.case_id == case.id).order_by(CaseParty.id)).all()
        assert [(p.name, p.household_id) for p in found] == [("丁某某", None), ("戊某某", world.east_household.id)]
    assert complaints == []


def test_removing_a_stored_party_can_be_undone_until_it_is_saved(world, office, arrive, live_server, complaints):
    with office() as session:
        case = session.scalar(select(Case.id))
    page = arrive(OFFICE)
    page.goto(f"{live_server}/admin/case/edit/?id={case}")
    press(page, page.get_by_role("button", name="移除当事人 1"))
    expect(page.locator("[data-part-status]")).to_have_text("当事人 1保存时移除，保存前可以撤销")
    expect(row(page, 0).get_by_label("姓名或名称")).to_be_hidden()
    press(page, page.get_by_role("button", name="撤销移除当事人 1"))
    expect(row(page, 0).get_by_label("姓名或名称")).to_be_visible()
    press(page, page.get_by_role("button", name="移除当事人 1"))
    send(page)
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    with office() as session:
        assert session.scalar(select(CaseParty.id)) is None
    assert complaints == []


def test_the_warning_appears_when_the_box_is_left_and_saving_goes_on(world, office, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/new/")
    page.locator("#f-head_name").fill("癸大某")
    page.locator("#f-address").fill("东里社区1号")
    page.keyboard.press("Tab")
    note = page.locator(".field", has=page.locator("#f-address")).get_by_role("status").filter(has_text="请核对是否重复")
    expect(note).to_contain_text("已有“门牌地址”相同的住户")
    link = note.get_by_role("link", name="甲某某 东里社区1号")
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
    page.locator("#f-address").fill("东里社区1号附1")
    page.keyboard.press("Tab")
    expect(note).to_have_count(0)
    page.locator("#f-address").fill("东里社区1号")
    page.keyboard.press("Tab")
    expect(note).to_be_visible()
    send(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("癸大某")
    assert complaints == []


def test_the_warning_of_a_row_stands_in_that_row(world, office, arrive, live_server, complaints):
    page = arrive(OFFICE)
    page.goto(f"{live_server}/admin/case/new/")
    press(page, page.get_by_role("button", name="增加当事人"))
    fill_row(page, 1, "申请人", "甲某某", "13800000001")
    page.keyboard.press("Tab")
    expect(row(page, 1).get_by_role("status").filter(has_text="近30天已有当事人的")).to_be_visible()
    expect(row(page, 0)).not_to_contain_text("近30天")
    assert complaints == []


def test_a_server_that_does_not_answer_takes_nothing_away(world, arrive, live_server):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/new/")
    page.locator("#f-head_name").fill("癸某某")
    page.locator("#f-address").fill("东里社区88号")
    page.route("**/*", lambda route: route.abort())
    send(page)
    expect(page.get_by_role("dialog")).to_contain_text("连不上服务器，还没有提交")
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("#f-address")).to_have_value("东里社区88号")
    page.unroute("**/*")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("癸某某")


def test_rows_come_back_after_the_session_ended_and_for_nobody_else(world, office, arrive, live_server):
    page = arrive(OFFICE)
    page.goto(f"{live_server}/admin/case/new/")
    facts_of_a_case(page)
    fill_row(page, 0, "申请人", "丁某某")
    page.get_by_role("button", name="增加当事人").click()
    fill_row(page, 1, "被申请人", "戊某某")
    page.context.clear_cookies()
    send(page)
    page.get_by_role("link", name="重新登录").click()
    page.get_by_label("登录名").fill(OFFICE)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(row(page, 1).get_by_label("姓名或名称")).to_have_value("戊某某")
    send(page)
    expect(page.get_by_role("status").filter(has_text="已保存：新增案件")).to_be_visible()
    with office() as session:
        assert len(session.scalars(select(CaseParty)).all()) == 3


def test_what_was_left_unsaved_is_offered_to_its_writer_only(world, arrive, live_server):
    page = arrive(CLERK)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server}/admin/household/new/")
    page.locator("#f-address").fill("东里社区99号")
    page.goto(f"{live_server}/admin/household/")
    page.goto(f"{live_server}/admin/household/new/")
    expect(page.locator("#f-address")).to_have_value("")
    page.get_by_role("button", name="恢复上次没有保存的内容").click()
    expect(page.locator("#f-address")).to_have_value("东里社区99号")
    arrive(OFFICE)
    arrive(CLERK)
    page.goto(f"{live_server}/admin/household/new/")
    expect(page.get_by_role("button", name="恢复上次没有保存的内容")).to_have_count(0)


def test_saving_and_adding_another_starts_empty(world, office, arrive, live_server):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/new/")
    page.locator("#f-head_name").fill("癸某某")
    page.locator("#f-address").fill("东里社区77号")
    send(page, "保存并再新增一条")
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    expect(page.locator("#f-address")).to_have_value("")
    with office() as session:
        assert session.scalar(select(Household.head_name).where(Household.address == "东里社区77号")) == "癸某某"


def test_rows_fit_a_phone(world, office, arrive, live_server, complaints):
    with office() as session:
        case = session.scalar(select(Case.id))
    page = arrive(OFFICE)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server}/admin/case/edit/?id={case}")
    page.get_by_role("button", name="增加当事人").click()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    heights = [b.bounding_box()["height"] for b in page.locator(".part-remove, [data-part-add]").all()]
    assert min(heights) >= 44
    assert complaints == []
