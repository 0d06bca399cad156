"""The chief's door over HTTP: signing in with the slip of the office, a day's work without script, and the way out."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from models.appeal import Appeal
from models.attachment import Attachment
from models.codes import Tier5
from models.device import Device
from models.visit import VisitLog, ZeroReport
from services.phone import phone_sign_in
from tests.support.phones import SYSTEM, build_phones
from tests.support.residents import PHONE, WITHOUT_PHONE
from tests.support.builders import build_user
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def three(office):
    with office() as session:
        return build_phones(session)


@pytest.fixture
def code(three, office):
    with office() as session:
        return phone_sign_in.make_code(session, session.merge(three.neighbor), SYSTEM, session.info["now"])


@pytest.fixture
def visitor(three, client, code):
    """The neighbour chief, signed in."""
    visitor = Visitor(client)
    visitor.open("/chief/")
    visitor.send("登录", mobile="13800000030", code=code)
    return visitor


def count(office, entity) -> int:
    with office() as session:
        return session.scalar(select(func.count()).select_from(entity))


def test_a_day_of_a_chief_without_script(visitor, office, three):
    assert "没有等您办的诉求" in visitor.page.text
    visitor.send("今日无事")
    assert "今日无事，已报告" in visitor.page.text
    visitor.follow("上报")
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    visitor.send(
        "上报", words="楼道灯坏了", where=three.world.east_household.id, name="甲某某", mobile="13900000009",
        photos=(io.BytesIO(picture.getvalue()), "a.jpg"),
    )  # fmt: skip
    assert "139****0009" in visitor.page.text and "13900000009" not in visitor.page.html
    visitor.send("看号码，打电话")
    assert "13900000009" in visitor.page.text
    visitor.follow("返回")
    visitor.send("接单")
    visitor.send("上交一级", note="要物业来换灯")
    assert "在组长" in visitor.open("/chief/").text
    visitor.follow("走访")
    visitor.follow("记一次走访")
    visitor.send("保存", household=three.world.east_household.id, needs="想装扶手")
    visitor.send("转成诉求")
    assert "想装扶手" in visitor.page.text
    assert "东里社区1号" in visitor.open("/chief/homes").text
    visitor.follow("东里社区1号")
    with office() as session:
        lamp = session.scalar(select(Appeal).where(Appeal.words == "楼道灯坏了"))
        assert (lamp.tier, lamp.reporter_id) == (Tier5.GROUP, three.neighbor.id)
    assert [count(office, e) for e in (Appeal, Attachment, VisitLog, ZeroReport)] == [2, 1, 1, 1]


def test_what_is_typed_stays_after_a_refusal(visitor):
    visitor.open("/chief/report")
    page = visitor.send("上报", words="楼道灯坏了", mobile="123")
    assert "手机号码应为11位" in page.text and page.status == 422 and "楼道灯坏了" in page.html


def test_a_wrong_code_tells_nothing_and_the_sixth_try_waits(three, client, code, token):
    def send(mobile: str, code: str):
        return client.post("/chief/sign-in", data={"csrf_token": token(client.get("/chief/sign-in").text), "mobile": mobile, "code": code})

    known, unknown = send("13800000030", "00000000"), send("13700000000", "00000000")
    assert known.status_code == unknown.status_code == 422
    wrong = [re.sub(r"nonce-?=?\"[^\"]+\"|value=\"[^\"]*\"", "", answer.text) for answer in (known, unknown)]
    assert wrong[0] == wrong[1]
    for _ in range(4):
        send("13800000030", "00000000")
    assert send("13800000030", code).status_code == 429


def test_the_cookie_of_a_phone_is_for_the_server_only(three, client, code, token):
    sent = {"csrf_token": token(client.get("/chief/sign-in").text), "mobile": "13800000030", "code": code}
    answer = client.post("/chief/sign-in", data=sent)
    given = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("chief="))
    assert "HttpOnly" in given and "SameSite=Lax" in given and "Max-Age=31536000" in given


def test_without_a_phone_no_page_opens(three, app, client):
    rules = [r for r in app.url_map.iter_rules() if r.endpoint in PHONE - WITHOUT_PHONE and "GET" in r.methods]
    opened = {client.get(re.sub(r"<[^>]+>", str(uuid4()), r.rule)).headers.get("Location") for r in rules}
    assert opened == {"/chief/sign-in"} and len(rules) > 10


def test_nothing_is_taken_without_the_token_of_the_form(visitor, client):
    assert client.post("/chief/zero", data={}).status_code == 400


def test_a_phone_is_no_key_to_the_console_and_an_account_none_to_the_phone(visitor, office, client, app, sign_in):
    assert client.get("/admin/").headers["Location"].startswith("/sign-in")
    with office() as session:
        build_user(session, "clerk", ["household:view"], is_scoped=False)
    assert sign_in(app.test_client(), "clerk").get("/chief/").headers["Location"] == "/chief/sign-in"


def test_what_waited_in_the_phone_is_kept_once_however_often_it_comes(visitor, client, office):
    state = client.get("/chief/state", headers={"Accept": "application/json"}).json
    key = str(uuid4())
    for _ in range(5):
        sent = {"csrf_token": state["csrf"], "key": key, "words": "路灯不亮"}
        answer = client.post("/chief/report", data=sent, headers={"Accept": "application/json"})
        assert answer.status_code == 200 and answer.json["next"].startswith("/chief/appeals/")
    assert count(office, Appeal) == 1


def test_a_refusal_of_what_waited_is_a_sentence(visitor, client):
    state = client.get("/chief/state", headers={"Accept": "application/json"}).json
    sent = {"csrf_token": state["csrf"], "key": str(uuid4()), "words": ""}
    answer = client.post("/chief/report", data=sent, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (422, {"sentence": "请写明是什么事，几个字也可以"})


def test_the_office_prints_a_slip_and_ends_the_phone(visitor, office, client, app, sign_in, three, token):
    with office() as session:
        build_user(session, "clerk", ["chief:view", "phone:code", "device:view"], is_scoped=False)
        device = session.scalar(select(Device.id))
    clerk = sign_in(app.test_client(), "clerk")
    sent = {"csrf_token": token(clerk.get("/password").text)}
    slip = clerk.post(f"/admin/chief/phone-code/?id={three.group.id}", data=sent)
    assert re.search(r"登录码 <b>\d{4} \d{4}</b>", slip.text) and "13800000031" not in slip.text
    clerk.post(f"/admin/device/revoke/?id={device}", data=sent)
    assert client.get("/chief/").headers["Location"] == "/chief/sign-in"


def test_signing_out_ends_the_phone_on_the_server(visitor, client):
    cookie = client.get_cookie("chief").value
    visitor.open("/chief/me")
    visitor.send("退出登录")
    client.set_cookie("chief", cookie)
    assert client.get("/chief/").headers["Location"] == "/chief/sign-in"


def test_a_sector_chief_walks_down_to_the_households(three, client, office):
    with office() as session:
        code = phone_sign_in.make_code(session, session.merge(three.sector), SYSTEM, session.info["now"])
    visitor = Visitor(client)
    visitor.open("/chief/")
    visitor.send("登录", mobile="13800000032", code=code)
    visitor.follow("下级")
    visitor.follow("看各邻")
    visitor.follow("看住户")
    assert "东里社区1号" in visitor.page.text and "西里" not in visitor.page.text
