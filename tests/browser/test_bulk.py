"""Two rows ticked, changed together and set back, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.office import CLERK, build_office

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_two_rows_are_changed_together_and_set_back(office, live_server, complaints, arrive):
    with office() as session:
        build_office(session)
    page = arrive(CLERK)

    page.goto(f"{live_server}/admin/household/?search=J00")
    for box in page.locator("[data-pick]").all()[:2]:
        box.check()
    script = []
    page.route("**/js/bulk*", lambda route: script.append(route))  # comes after a quick hand
    page.get_by_role("button", name="批量修改").click(no_wait_after=True)
    box = page.get_by_label("居住状态", exact=True)
    box.select_option(label="出租")
    script.pop().continue_()
    expect(page.locator("[data-bulk-field]", has=box).locator("[type=checkbox]")).to_be_checked()
    page.get_by_role("button", name="下一步：预览").click()
    page.get_by_role("button", name="确定修改 2 条").click()
    expect(page.get_by_role("status").filter(has_text="已修改 2 条")).to_be_visible()
    assert page.url.endswith("?search=J00")
    expect(page.locator("tbody").get_by_text("出租")).to_have_count(2)

    page.get_by_role("link", name="查看这次操作").click()
    page.get_by_role("button", name="撤销这次操作").click()
    expect(page.get_by_role("status").filter(has_text="已恢复 2 条")).to_be_visible()
    page.goto(f"{live_server}/admin/household/?search=J00")
    expect(page.locator("tbody").get_by_text("出租")).to_have_count(0)
    assert complaints == []
