"""A neighbour chief's phone of 360 px: signed in with the slip, an appeal taken and passed up, a report made without network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.appeal import Appeal
from models.codes import AppealStatus, Tier5
from models.visit import ZeroReport
from services import access
from services.appeals import appeal_flow
from services.phone import phone_sign_in
from tests.support.phones import SYSTEM, build_phones

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def code(office):
    """The code of the neighbour chief, who has one appeal to answer."""
    with office() as session:
        three = build_phones(session)
        appeal = Appeal(words="楼道的灯不亮", channel="channel:qr", area_id=three.neighbor.area_id)
        appeal_flow.enter(session, appeal, access.citizen("430181002"), session.info["now"])
        return phone_sign_in.make_code(session, three.neighbor, SYSTEM, session.info["now"])


@pytest.fixture
def phone(page):
    page.set_viewport_size({"width": 360, "height": 740})
    return page


def test_a_day_with_a_weak_network(live_server, code, phone, office, complaints):
    phone.goto(f"{live_server}/chief/sign-in#code={code}")
    expect(phone.get_by_label("登录码")).to_have_value(code)
    phone.get_by_label("手机号").fill("138 0000 0030")
    phone.get_by_role("button", name="登录").click()
    phone.get_by_role("link", name="楼道的灯不亮").click()
    phone.context.set_offline(True)
    phone.get_by_role("button", name="接单").click()
    expect(phone.get_by_text("已存在手机里")).to_be_visible()
    expect(phone.get_by_role("button", name="上交一级")).to_be_hidden()  # one step at a time
    phone.context.set_offline(False)
    expect(phone.get_by_text("已有人接单")).to_be_visible(timeout=15_000)
    phone.get_by_text("上交一级", exact=True).first.click()
    phone.get_by_label("超出本级能力的理由").fill("要物业来换灯")
    phone.get_by_role("button", name="上交一级").click()
    expect(phone.get_by_text("已上交一级")).to_be_visible()
    phone.get_by_role("link", name="今日", exact=True).click()
    phone.get_by_role("button", name="今日无事").click()
    expect(phone.get_by_text("今日无事，已报告")).to_be_visible()

    phone.get_by_role("link", name="上报", exact=True).click()
    phone.wait_for_function("navigator.serviceWorker.controller", timeout=30_000)
    phone.wait_for_function("async () => Boolean(await caches.match('/chief/report'))", timeout=30_000)
    phone.context.set_offline(True)
    phone.goto(f"{live_server}/chief/")
    expect(phone.get_by_role("heading", name="现在没有网络")).to_be_visible()
    phone.get_by_role("link", name="快速上报").click()
    phone.get_by_label("什么事").fill("井盖松动")
    phone.get_by_role("button", name="上报", exact=True).click()
    expect(phone.get_by_text("已存在手机里")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.context.set_offline(False)
    phone.goto(f"{live_server}/chief/")
    expect(phone.get_by_text("井盖松动")).to_be_visible(timeout=15_000)

    with office() as session:
        assert session.scalars(select(Appeal.words).where(Appeal.words == "井盖松动")).all() == ["井盖松动"]
        lamp = session.scalar(select(Appeal).where(Appeal.words == "楼道的灯不亮"))
        assert (lamp.status, lamp.tier) == (AppealStatus.WAITING, Tier5.GROUP)
        assert len(session.scalars(select(ZeroReport.id)).all()) == 1
    assert [words for words in complaints if "ERR_INTERNET_DISCONNECTED" not in words] == []
