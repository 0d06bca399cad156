"""The first path through the console in a real browser, with its scripts and its strict policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from services.due_dates import local_day
from tests.conftest import PASSWORD
from tests.support.office import CLERK, HANDLER, LEDGER, OFFICE, build_office

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


@pytest.fixture
def today(office):
    with office() as session:
        return local_day(session.info["now"])


def pick(page: Page, label: str, words: str, choice: str | None = None) -> None:
    """Type into a look-up box and take the offered row."""
    page.get_by_role("combobox", name=label).fill(words)
    page.get_by_role("option", name=choice or words).first.click()


def send(page: Page, label: str) -> None:
    """Press the button of the page's own form."""
    page.locator("main").get_by_role("button", name=label, exact=True).click()


def follow(page: Page, label: str) -> None:
    page.locator("main").get_by_role("link", name=label, exact=True).first.click()


def new_neighbourhood(page: Page, live_server: str) -> None:
    page.goto(f"{live_server}/admin/area/new/")
    page.get_by_label("名称").fill("第2邻")
    page.locator("#f-kind").select_option(label="邻")
    pick(page, "上级", "东里社区/第1片/第1组", "东里社区/第1片/第1组")
    send(page, "保存")
    expect(page.locator("main")).to_contain_text("东里社区/第1片/第1组/第2邻")


def new_chief(page: Page, live_server: str, mobile: str = "15400000099") -> None:
    page.goto(f"{live_server}/admin/chief/new/")
    page.get_by_role("textbox", name="姓名").fill("壬某某")
    pick(page, "任职区域", "第2邻", "东里社区/第1片/第1组/第2邻")
    page.get_by_label("联系电话").fill(mobile)
    send(page, "保存")


def test_a_clerk_adds_a_chief_and_moves_six_households_to_him(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    new_neighbourhood(page, live_server)
    new_chief(page, live_server)
    expect(page.locator("main")).to_contain_text("154****0099")
    page.goto(f"{live_server}/admin/area-loads/restructure/?id={world.east_neighborhood.id}")
    for box in page.locator("input[name=household]").all()[:6]:
        box.check()
    pick(page, "已有的邻", "第2邻", "东里社区/第1片/第1组/第2邻")
    send(page, "调整")
    expect(page.get_by_role("status").filter(has_text="已调整6户")).to_be_visible()
    assert complaints == []


def test_a_bad_number_is_told_at_its_field_and_the_name_stays(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    new_neighbourhood(page, live_server)
    new_chief(page, live_server, mobile="12345")
    expect(page.locator("#f-mobile-error")).to_contain_text("手机号码应为11位数字")
    expect(page.get_by_role("textbox", name="姓名")).to_have_value("壬某某")
    expect(page.get_by_role("combobox", name="任职区域")).to_have_value("东里社区/第1片/第1组/第2邻")
    assert complaints == []


def dispatch(page: Page, live_server: str) -> None:
    """Accept the waiting case and take the first suggestion of a person, by keyboard."""
    page.goto(f"{live_server}/admin/dispatch-desk/")
    send(page, "受理")
    way = page.locator("[data-desk-way]").filter(has_text="交 戊调解")
    page.keyboard.press(way.get_attribute("data-desk-way"))


def test_the_office_takes_a_suggestion_by_its_number_and_sends_it(world, arrive, live_server, today, complaints):
    page = arrive(OFFICE)
    dispatch(page, live_server)
    page.get_by_label("反馈期限").fill(str(today + timedelta(days=2)))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="办理成功：分流交办")).to_be_visible()
    page.goto(f"{live_server}/admin/case/?status=assigned")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("戊调解")
    assert complaints == []


def test_a_day_in_the_past_is_refused_and_the_order_stays(world, arrive, live_server, today, complaints):
    page = arrive(OFFICE)
    dispatch(page, live_server)
    page.get_by_label("反馈期限").fill(str(today - timedelta(days=1)))
    page.get_by_label("交办要求").fill("三日内到现场")
    send(page, "分流交办")
    expect(page.get_by_role("alert").first).to_contain_text("反馈期限不能早于今天")
    expect(page.get_by_label("交办要求")).to_have_value("三日内到现场")
    expect(page.get_by_role("combobox", name="承办人")).to_have_value("戊调解")
    assert complaints == []


def open_team(page: Page, live_server: str) -> None:
    dispatch(page, live_server)
    page.keyboard.press("Control+Enter")
    page.get_by_role("status").filter(has_text="办理成功：分流交办").wait_for()
    page.goto(f"{live_server}/admin/case/")
    page.locator("tbody a").first.click()
    follow(page, "“3+X”专班")
    page.get_by_role("button", name="组建专班").wait_for()


def test_a_team_lacks_a_seat_until_it_is_filled(world, arrive, live_server, complaints):
    page = arrive(OFFICE)
    open_team(page, live_server)
    page.locator("[name=staff]:checked").uncheck()
    expect(page.locator("main")).to_contain_text("还缺")
    send(page, "组建专班")
    expect(page.get_by_role("alert").first).to_contain_text("还缺工作人员")
    page.locator("[name=staff]").first.check()
    send(page, "组建专班")
    expect(page.get_by_role("status").filter(has_text="专班已保存")).to_be_visible()
    assert complaints == []


def test_choosing_another_lawyer_leaves_the_first(world, arrive, live_server):
    page = arrive(OFFICE)
    open_team(page, live_server)
    for lawyer in page.locator("[name=lawyer]").all():
        lawyer.check()
    assert page.locator("[name=lawyer]:checked").count() == 1


def test_a_forged_second_lawyer_is_refused_by_the_server(world, arrive, live_server, complaints):
    page = arrive(OFFICE)
    open_team(page, live_server)
    page.evaluate("document.querySelectorAll('[name=lawyer]').forEach(box => { box.type = 'checkbox'; box.checked = true })")
    send(page, "组建专班")
    expect(page.get_by_role("alert").first).to_contain_text("律师只能有一名，现在选了2名")
    assert complaints == []


def test_the_handler_feeds_back_the_office_closes_and_the_ledger_has_it(
    world, arrive, live_server, today, tmp_path, complaints
):
    page = arrive(OFFICE)
    open_team(page, live_server)
    send(page, "组建专班")
    page.get_by_role("status").filter(has_text="专班已保存").wait_for()
    address = page.url

    page = arrive(HANDLER)
    page.goto(address)
    follow(page, "反馈")
    page.get_by_label("办理情况").fill("双方同意各修一半")
    send(page, "反馈")
    expect(page.locator("main")).to_contain_text("双方同意各修一半")

    page = arrive(OFFICE)
    page.goto(address)
    follow(page, "办结")
    page.get_by_label("办理结果").select_option(label="解决")
    page.get_by_label("结果说明").fill("楼上已做防水")
    page.locator("#f-tier").select_option(label="村社区")
    page.locator("#f-root_cause").select_option(index=1)
    page.locator("#f-informed_how").select_option(index=1)
    page.get_by_label("已告知当事人").select_option(label="否")
    send(page, "办结")
    expect(page.get_by_role("alert").first).to_contain_text("办结前须把结果告知当事人")
    expect(page.get_by_label("结果说明")).to_have_value("楼上已做防水")
    page.get_by_label("已告知当事人").select_option(label="是")
    send(page, "办结")
    expect(page.get_by_role("status").filter(has_text="办理成功：办结")).to_be_visible()

    page = arrive(LEDGER)
    page.goto(f"{live_server}/admin/case/?status=closed")
    page.locator("main").get_by_role("link", name="导出").click()
    with page.expect_download() as found:
        send(page, "导出 1 条")
    file = tmp_path / found.value.suggested_filename
    found.value.save_as(file)
    heads, row = [[c.value for c in line] for line in load_workbook(file).worksheets[0].iter_rows()]
    kept = dict(zip(heads, row, strict=True))
    assert (kept["编号"], kept["状态"], kept["责任人"]) == (f"集里〔{today.year}〕00001号", "已办结", "戊调解")
    assert file.name.startswith("案件_") and complaints == []


def test_what_was_typed_comes_back_after_the_session_ended(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/new/")
    page.locator("#f-head_name").fill("癸某某")
    page.get_by_role("textbox", name="门牌地址").fill("东里社区88号")
    page.context.clear_cookies()
    send(page, "保存")
    page.get_by_role("link", name="重新登录").click()
    page.get_by_label("登录名").fill(CLERK)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("textbox", name="门牌地址")).to_have_value("东里社区88号")
    send(page, "保存")
    expect(page.get_by_role("heading", level=1)).to_contain_text("癸某某")
    page.goto(f"{live_server}/admin/household/new/")
    expect(page.get_by_role("textbox", name="门牌地址")).to_have_value("")
    assert complaints == []


def test_a_look_up_that_was_typed_but_not_taken_is_refused(world, arrive, live_server, complaints):
    page = arrive(CLERK)
    page.goto(f"{live_server}/admin/household/new/")
    page.locator("#f-head_name").fill("癸某某")
    page.get_by_role("textbox", name="门牌地址").fill("东里社区88号")
    page.get_by_role("combobox", name="所属邻").fill("不存在的邻")
    send(page, "保存")
    expect(page.locator("#f-neighborhood-error")).to_contain_text("请从下拉结果中点选“不存在的邻”")
    expect(page.get_by_role("combobox", name="所属邻")).to_have_value("不存在的邻")
    assert complaints == []


@pytest.mark.parametrize("address", ["", "case/", "household/", "household/new/", "dispatch-desk/", "area-tree/"])
def test_a_page_fits_a_phone(world, arrive, live_server, address, complaints):
    page = arrive(OFFICE if "new" not in address else CLERK)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server}/admin/{address}")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert complaints == []
