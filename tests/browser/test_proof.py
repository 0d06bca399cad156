"""While many tell something, the phone solves a riddle by itself; nothing is asked of the person."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from models.codes import CodePlace, TermUnit
from models.door_code import DoorCode
from models.setting import Setting
from models.term import Term
from tests.support.builders import build_chief, build_world

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
TOKEN = "abcdefghijklmnopqrstuvwxyz"


def test_an_appeal_told_under_load_arrives_without_a_question(office, live_server, page):
    with office() as session:
        session.add(Term(id="appeal_neighborhood", name="邻长回应", starts="收到", length=1, unit=TermUnit.WORKDAY, source="测试"))
        session.add_all([Setting(name="proof_above", label="x", value=0), Setting(name="public_without_proof", label="x", value=1)])
        world = build_world(session)
        build_chief(session, world.east_neighborhood)
        session.add(DoorCode(
            place="东里社区3栋入口", kind=CodePlace.ENTRANCE, area_id=world.east_neighborhood.id, token=TOKEN, issued_at=datetime.now(UTC), is_active=True,
        ))  # fmt: skip
    door = f"{live_server}/q/{TOKEN}"
    urlopen(f"{door}/send", urlencode({"key": str(uuid4()), "words": "用掉不算题的那一件"}).encode(), timeout=30).read()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{door}/words")
    page.get_by_label("什么事").fill("楼道灯坏了")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="已收到，谢谢您")).to_be_visible(timeout=30_000)
