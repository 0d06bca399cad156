"""The page of a record in a real browser: remarks that reach somebody, files looked at by keyboard."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from tests.support.office import CLERK, OFFICE, build_office

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


def test_a_colleague_called_by_keyboard_finds_the_remark_at_home(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/details/?id={world.east_household.id}")
    box = page.get_by_label("写备注")
    box.press_sequentially("请核对电话 @平安")
    expect(page.get_by_role("option", name="平安法治办主任某")).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value("请核对电话 @平安法治办主任某 ")
    page.get_by_role("button", name="发表备注").click()
    expect(page.get_by_role("status").filter(has_text="已通知平安法治办主任某")).to_be_visible()
    expect(box).to_have_value("")

    page = arrive(OFFICE)
    expect(page.locator(".me-count")).to_have_text("1")
    page.locator("main").get_by_role("link", name="东里社区1号").first.click()
    expect(page.locator(".remarks li").first).to_contain_text("请核对电话")
    expect(page.locator(".me-count")).to_have_count(0)
    assert complaints == []


def test_escape_closes_the_offers_and_the_text_stays(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/details/?id={world.east_household.id}")
    box = page.get_by_label("写备注")
    box.press_sequentially("@平安")
    expect(page.get_by_role("option")).to_have_count(1)
    box.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(box).to_have_value("@平安")
    assert complaints == []


def test_a_picture_opens_with_enter_closes_with_escape_and_gives_the_focus_back(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/details/?id={world.east_household.id}")
    page.get_by_label("选择附件").set_input_files({"name": "现场照片.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_label("用途").fill("现场照片")
    page.get_by_role("button", name="上传").click()
    link = page.get_by_role("link", name="查看 现场照片.png")
    link.press("Enter")
    dialog = page.get_by_role("dialog", name="现场照片.png")
    expect(dialog.get_by_role("img", name="现场照片.png")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    assert complaints == []


def test_a_deletion_reads_its_question_first_and_is_one_tab_away(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/delete/?id={world.east_household.id}")
    expect(page.locator("p", has_text="确定删除“")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="确定删除")).to_be_focused()
    assert complaints == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_number_shown_for_a_reason_does_not_move_the_page(world, arrive, live_server, width, complaints):
    page = arrive(OFFICE)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server}/admin/household/details/?id={world.east_household.id}")
    row = page.locator(".fact").filter(has=page.locator("[data-reveal]")).first
    heights = [row.bounding_box()["height"]]
    row.locator("summary").click()
    heights.append(row.bounding_box()["height"])
    row.get_by_label("查看事由").fill("电话回访")
    row.get_by_role("button").click()
    expect(row).to_contain_text("13800000001")
    heights.append(row.bounding_box()["height"])
    assert len(set(heights)) == 1 and complaints == []
