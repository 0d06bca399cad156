"""The panel of conditions above a list, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.office import CLERK, build_office

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_the_panel_stays_open_while_areas_are_typed_or_taken_from_their_tree(office, live_server, arrive):
    with office() as session:
        build_office(session)
    page = arrive(CLERK)

    page.goto(f"{live_server}/admin/household/")
    page.get_by_text("筛选和排序").click()
    area = page.get_by_role("combobox", name="所属邻")
    area.fill("东里")
    page.locator("li[role=option]").first.click()
    expect(page.locator("li[role=option]")).to_have_count(0)
    expect(area).to_be_visible()
    page.get_by_role("button", name="按层级选所属邻").click()
    page.get_by_role("button", name="取消").click()
    expect(area).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(area).to_be_hidden()
