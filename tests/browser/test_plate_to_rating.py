"""From the printed plate to the rating, at the width of a phone: the code is read out of the picture, not out of the database."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from models.appeal import Appeal
from models.codes import AppealStatus, Satisfaction
from models.plate import Plate
from services import access
from services.appeals.appeal_flow import APPEAL_FLOW
from tests.support.builders import build_user
from tests.support.street import build_street

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def plate_id(office, set_password) -> str:
    with office() as session:
        build_street(session)
        build_user(session, "printer", ["plate:view", "plate:print"], is_scoped=False)
        found = session.scalar(select(Plate.id).order_by(Plate.plate_no))
    return found


@pytest.fixture
def scanned(browser, live_server, plate_id, set_password) -> str:
    """What a phone reads off the plate on the print page."""
    password = set_password("printer")
    context = browser.new_context(locale="zh-CN", viewport={"width": 900, "height": 1200})
    page = context.new_page()
    page.goto(f"{live_server}/sign-in")
    page.fill("[name=username]", "printer")
    page.fill("[name=password]", password)
    page.locator("main button[type=submit], form button[type=submit]").last.click()
    page.wait_for_url("**/admin/**")
    page.goto(f"{live_server}/admin/plate/print/?id={plate_id}")
    picture = Image.open(io.BytesIO(page.locator(".picture").screenshot()))
    context.close()
    return zxingcpp.read_barcodes(picture)[0].text


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_resident_goes_from_the_plate_to_a_rating(browser, office, scanned, tmp_path, has_script):
    Image.new("RGB", (64, 48), "gray").save(tmp_path / "lamp.jpg")
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 800}, java_script_enabled=has_script)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(scanned)
    page.get_by_role("link", name="用自己的话说").click()
    page.fill("textarea[name=words]", "楼道灯坏了")
    page.get_by_role("button", name="下一步").click()
    page.set_input_files("input[name=photos]", tmp_path / "lamp.jpg")
    page.get_by_role("button", name="提交").click()
    page.get_by_role("link", name="看进度").click()
    assert page.locator("h1").inner_text() == "已收到"
    with office() as session:
        appeal = session.scalars(select(Appeal).where(Appeal.words == "楼道灯坏了")).one()
        APPEAL_FLOW.take(session, "answer", appeal, access.system("430181002"), datetime.now(UTC), told="已换灯泡")
    page.reload()
    assert page.get_by_text("已换灯泡").first.is_visible()
    page.locator("form:has(button:text-is('已解决'))").get_by_text("满意", exact=True).first.click()
    page.get_by_role("button", name="已解决").click()
    page.get_by_text("您已确认解决").first.wait_for()
    context.close()
    with office() as session:
        told = session.scalars(select(Appeal).where(Appeal.words == "楼道灯坏了")).one()
        assert (told.status, told.satisfaction) == (AppealStatus.SOLVED, Satisfaction.SATISFIED)
