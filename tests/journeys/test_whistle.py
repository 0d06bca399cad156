"""A whistle from the office to a unit outside and back, and a supervision to its reply, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from models.case import Case
from models.codes import UnitKind
from models.department import Unit
from services.due_dates import local_day
from tests.support.builders import build_user
from tests.support.office import OFFICE, build_office



def link(page, words: str) -> str:
    """The address behind the first link with these words."""
    found = re.search(rf'href="([^"]+)"[^>]*>(?:\s*<svg.*?</svg>)?\s*{words}', page.text, re.S)
    assert found, f"no link “{words}”"
    return found[1].replace("&amp;", "&")


def send(client, token, address: str, **answers):
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    version = re.search(r'name="lock_version" value="([^"]*)"', page.text)
    data = {"csrf_token": token(page.text), **({"lock_version": version[1]} if version else {}), **answers}
    done = client.post(address, data=data, follow_redirects=True)
    assert done.status_code == 200, re.findall(r'class="error[^>]*>.*?</', done.text, re.S)[:4]
    return done


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_unit_outside_is_called_comes_and_is_released_and_a_supervision_is_answered(app, office, sign_in, token):
    with office() as session:
        world = build_office(session)
        outside = Unit(name="市自然资源局", kind=UnitKind.EXTERNAL)
        session.add(outside)
        session.flush()
        build_user(session, "waibu", ["whistle:view", "whistle:answer", "personal:name"], unit_id=outside.id)
        build_user(session, "sifa", ["case:view", "case:feed_back", "supervision:view"], unit_id=world.justice.id)
        unit_id, justice, now = outside.id, world.justice.id, session.info["now"]
        case_id = session.scalar(select(Case.id))
    staff, theirs, ours = (sign_in(app.test_client(), name) for name in (OFFICE, "waibu", "sifa"))

    page = send(
        staff, token, f"/admin/whistle/new/?case={case_id}", case=case_id, kind="enforcement", reason="power", level="emergency",
        place="东里路口", request="请到场核查施工许可", contact_name="丁干部", contact_phone="0731-83600000",
        known_at=(now + timedelta(hours=8) - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M"), **{"whistle_target-0-unit": unit_id},
    )  # fmt: skip
    assert "集里哨" in page.text and "待接哨" in page.text
    assert "待报到的哨" in staff.get("/admin/").text

    call = link(theirs.get("/admin/"), "应急哨 集里哨")
    seen = theirs.get(call).text
    assert "东里路口" in seen and "请到场核查施工许可" in seen and "楼上漏水" not in seen and "甲某某" not in seen
    target = re.search(r"id=([0-9a-f-]{36})", call)[1]
    step = f"/admin/whistle-target/step/?id={target}&verb="
    send(theirs, token, step + "arrive", arrivals="王某等2人")
    send(theirs, token, step + "report_done", result="已责令停工")
    assert theirs.get(step + "confirm").status_code == 403
    assert "已销哨" in send(staff, token, step + "confirm", rating="good").text
    assert "报到单位：报到" in staff.get(f"/admin/case/details/?id={case_id}").text

    page = send(
        staff, token, "/admin/supervision/new/", case=case_id, unit=justice, demand="三日内拿出方案", reply_by=f"{local_day(now)}", card="yellow",
        card_reason="群众反复来访",
    )  # fmt: skip
    assert "集里督" in page.text and "黄牌" in page.text
    order = link(ours.get("/admin/"), "黄牌督办：集里督")
    number = re.search(r"id=([0-9a-f-]{36})", order)[1]
    send(ours, token, f"/admin/supervision/step/?id={number}&verb=reply", reply="方案已拟好")
    assert "待审核" in staff.get(f"/admin/supervision/details/?id={number}").text
    assert "黄牌督办：集里督" not in ours.get("/admin/").text
