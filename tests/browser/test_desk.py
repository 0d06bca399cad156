"""The dispatch desk without the mouse: look, take a suggestion, send it, and the next matter is there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models.department import DispatchRule
from models.user import Role, User
from services import access
from services.cases import case_flow
from services.due_dates import local_day
from tests.conftest import PASSWORD
from tests.support.builders import case_facts, party
from tests.support.office import OFFICE, build_office

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SECOND = "ersan"


@pytest.fixture
def world(office):
    """Two waiting matters of one household, a duty catalogue with an assisting unit, two dispatchers."""
    with office() as session:
        world = build_office(session)
        now = session.info["now"]
        case_flow.register(
            session, access.system("430181002"), now, parties=[party()],
            **case_facts(world, subject="楼道堆物纠纷", summary="楼道堆放杂物", received_on=local_day(now), occurred_on=None),
        )  # fmt: skip
        session.add(DispatchRule(category="dispute_category:02", lead_unit_id=world.justice.id, assisting_unit_id=world.east_unit.id))
        role = session.query(Role).filter_by(code="peace_law_director").one()
        session.add(
            User(username=SECOND, name="乙调度", role_id=role.id, subdistrict_id="430181002", is_scoped=False,
                 password_hash="-", must_change_password=False)
        )  # fmt: skip
        return world


def test_the_tray_is_worked_through_by_keyboard(world, arrive, browser, set_password, live_server, complaints):
    page = arrive(OFFICE)
    page.goto(f"{live_server}/admin/dispatch-desk/")
    first = page.locator("#matter").inner_text()

    # A second dispatcher opens the same matter and sees who has it; the first learns of it too.
    set_password(SECOND)
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    other = context.new_page()
    other.goto(f"{live_server}/sign-in")
    other.get_by_label("登录名").fill(SECOND)
    other.get_by_label("密码").fill(PASSWORD)
    other.get_by_role("button", name="登录").click()
    other.wait_for_url("**/admin/")
    page.wait_for_function("performance.getEntriesByType('resource').some(r => r.name.includes('/presence/') && r.responseEnd)")
    other.goto(f"{live_server}/admin/dispatch-desk/")
    expect(other.locator("[data-desk-watching]")).to_contain_text("也在看这一件")
    assert other.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()

    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('[data-desk-item]')")
    page.keyboard.press("k")
    page.keyboard.press("a")  # accept the matter; the same one stays open for its order
    page.get_by_role("status").filter(has_text="办理成功：受理").wait_for()
    expect(page.locator("#matter")).to_have_text(first)
    expect(page.locator(".desk-matter")).to_contain_text("同一住户")
    expect(page.locator(".desk-matter")).to_contain_text("人民调解")

    way = page.locator("[data-desk-way]").filter(has_text="交 司法所")
    expect(way).to_contain_text("由它牵头")
    page.keyboard.press(way.get_attribute("data-desk-way"))
    expect(page.get_by_role("combobox", name="承办单位")).to_have_value("司法所")
    expect(page.get_by_role("combobox", name="协办单位")).to_have_value("东里社区居委会")
    assert page.get_by_label("反馈期限").input_value() != ""
    page.keyboard.press("a")
    page.get_by_role("status").filter(has_text="办理成功：分流交办").wait_for()
    assert page.locator("#matter").inner_text() != first
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("分流调度台上采用第几条建议")
    assert complaints == []
