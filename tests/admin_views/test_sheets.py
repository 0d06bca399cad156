"""After an import the list shows what was imported."""

from __future__ import annotations

import io

import pytest

from models.household import Household
from tests.support.builders import build_user, build_world
from tests.support.visitor import Visitor


@pytest.fixture
def clerk(office, app, sign_in):
    """Somebody who keeps households; H001 and H002 were there long before."""
    from datetime import UTC, datetime

    from sqlalchemy import update

    with office() as session:
        build_world(session)
        may = ["view", "create", "edit", "import"]
        build_user(session, "clerk", ["personal:name", *(f"household:{a}" for a in may)], is_scoped=False)
        old = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
        session.connection().execute(update(Household.__table__).values(updated_at=old))
    visitor = Visitor(sign_in(app.test_client(), "clerk"))
    visitor.open("/admin/household/import/")
    return visitor


def upload(clerk, *lines: str):
    sheet = "\n".join(["户号,户主姓名,所属邻,门牌地址", *lines]).encode()
    return clerk.send("检查并导入", file=(io.BytesIO(sheet), "住户.csv"))


def test_the_list_shows_what_was_added_and_what_was_changed(clerk):
    page = upload(clerk, "H001,甲某某,东里社区/第1片/第1组/第1邻,东里社区9号", "Z001,子某某,东里社区/第1片/第1组/第1邻,新路1号")
    assert "导入完成：新增1条，修改1条，相同0条" in page.text
    assert [no in page.text for no in ("H001", "Z001", "H002")] == [True, True, False]


def test_one_step_leads_back_to_the_whole_list(clerk):
    upload(clerk, "Z001,子某某,东里社区/第1片/第1组/第1邻,新路1号")
    assert "H002" in clerk.follow("以后新增或改动").text


def test_an_import_of_what_is_there_already_shows_the_whole_list(clerk):
    page = upload(clerk, "H002,乙某某,西里社区/第1片/第1组/第1邻,西里社区1号")
    assert "相同1条" in page.text and "H001" in page.text


def test_the_work_calendar_is_searched_by_year(office, app, sign_in):
    from datetime import date

    from models.workday import Workday

    with office() as session:
        build_user(session, "keeper", ["workday:view"], is_scoped=False)
        session.add_all(Workday(day=date(y, 1, 1), name="元旦", source="测试") for y in (2025, 2026, 2027))
    visitor = Visitor(sign_in(app.test_client(), "keeper"))
    visitor.open("/admin/workday/")
    page = visitor.follow("2026年")
    assert [f"{y}-01-01" in page.html.split("<tbody")[1] for y in (2025, 2026, 2027)] == [False, True, False]
