"""From the door of the reception centre to a paper in the hand, over HTTP, by people who know only what the pages show."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models.codes import PointKind, TermUnit
from models.dictionary import DictItem
from models.reception import ReceptionPoint
from models.term import Term
from tests.support.office import OFFICE, build_office
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(office):
    with office() as session:
        session.add_all(
            Term(id=f"appeal_{tier}", name=tier, starts="收到", length=2, unit=TermUnit.WORKDAY, source="测试")
            for tier in ("neighborhood", "group", "sector", "community", "subdistrict")
        )
        world = build_office(session)
        session.add(DictItem(id="channel:visit", dictionary="dictionary:channel", code="visit", name="来访"))
        session.add(ReceptionPoint(name="信访接待中心", kind=PointKind.CENTRE, area_id=world.root.id, address="一楼", hours="工作日", is_public=True))
        return world


@pytest.fixture
def desk(app, sign_in, world) -> Visitor:
    visitor = Visitor(sign_in(app.test_client(), OFFICE))
    visitor.open("/admin/reception-desk/")
    return visitor


def test_six_people_are_received_and_go_home_with_a_number(desk, world, client, office):
    assert "取号成功：1号" in desk.send("取号", people="6").text
    slip = desk.follow("打印号票").text
    assert "信访接待中心" in slip and "前面还有 0 位" in slip
    desk.open("/admin/reception-desk/")
    assert "接待中" in desk.send("叫下一位", window="2").text
    called = desk.page.address
    answers = {
        "words": "楼道灯坏了半个月", "area": world.east.id, "is_heard": "yes", "feeling": "worried", "owner_unit": world.east_unit.id, "minutes": "12",
    }  # fmt: skip
    desk.follow("转为诉求")
    assert "6人一起来访，须推选代表" in desk.send("转为诉求", **answers).text
    desk.open(called)
    desk.follow("修改")
    desk.send("保存", **{"visitor-0-name": "甲某某", "visitor-0-role": "representative", "visitor-0-mobile": "13800000009"})
    desk.follow("转为诉求")
    notice = desk.send("转为诉求", **answers)
    assert "来访诉求受理告知单" in notice.text and "楼道灯坏了半个月" in notice.text
    number, code = (re.search(rf"{label}</dt><dd[^>]*>(\d+)<", notice.html).group(1) for label in ("受理编号", "查询码"))
    assert "楼道灯坏了半个月" in client.get(f"/track/?no={number}&code={code}").text
    with office() as session:
        hall = client.get(f"/hall/{session.scalar(select(ReceptionPoint.id))}").text
    assert "请稍候，听候叫号" in hall and "甲某某" not in hall
