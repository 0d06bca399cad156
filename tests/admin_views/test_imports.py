"""An import by its pages: handing in, looking, confirming, undoing, the history."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extensions import db

from models.household import Household
from services.background import jobs
from tests.support.builders import build_user, build_world
from tests.support.visitor import Visitor


pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def clerk(office, app, sign_in):
    """Somebody who keeps households; H001 and H002 were there long before."""
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


@pytest.fixture
def run(app):
    def go() -> None:
        with app.app_context():
            folder = Path(app.config["CONSOLE"].instance) / "jobs"
            jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), folder)

    return go


@pytest.fixture
def upload(clerk, run):
    """Hand in a sheet and let the worker read it; the page that then is shown."""

    def go(*lines: str, name: str = "住户.csv", content: bytes | None = None):
        sheet = "\n".join(["户号,户主姓名,所属邻,门牌地址", *lines]).encode()
        page = clerk.send("上传并核对", file=(io.BytesIO(content or sheet), name))
        run()
        return clerk.open(page.address)

    return go


@pytest.fixture
def import_(clerk, run, upload):
    """Hand in a sheet, confirm it, and see the result."""

    def go(*lines: str):
        upload(*lines)
        page = clerk.send("确认导入")
        run()
        return clerk.open(page.address)

    return go


def test_the_list_shows_what_was_added_and_what_was_changed(clerk, import_):
    page = import_("H001,甲某某,东里社区/第1片/第1组/第1邻,东里社区9号", "Z001,子某某,东里社区/第1片/第1组/第1邻,新路1号")
    assert "1 新增 1 修改 0 相同" in page.text
    page = clerk.follow("查看导入的记录")
    assert [no in page.text for no in ("H001", "Z001", "H002")] == [True, True, False]
    assert "H002" in clerk.follow("以后新增或改动").text


def test_nothing_is_written_before_the_second_word(clerk, upload):
    page = upload("H001,甲某某,东里社区/第1片/第1组/第1邻,东里社区9号")
    assert "修改的内容：门牌地址 1 条" in page.text and "东里社区1号 → 改为 东里社区9号" in page.text
    assert "东里社区9号" not in clerk.open("/admin/household/").text


def test_a_sheet_of_what_is_there_already_has_nothing_to_confirm(clerk, upload):
    upload("H002,乙某某,西里社区/第1片/第1组/第1邻,西里社区1号")
    assert "没有要新增或修改的内容" in clerk.send("确认导入").text


def test_a_wrong_cell_is_shown_with_its_address_and_what_to_do(clerk, upload):
    page = upload("N1,癸某某,无此邻,新路1号")
    assert "C2 所属邻 无此邻 没有找到这个区域" in page.text
    assert "还有1行有误" in clerk.send("确认导入").text


def test_an_import_is_undone_from_its_page(clerk, run, import_):
    import_("H001,甲某某,东里社区/第1片/第1组/第1邻,东里社区9号")
    page = clerk.send("撤销这次导入")
    run()
    assert "已撤销 1 条" in clerk.open(page.address).text
    assert "东里社区1号" in clerk.open("/admin/household/").text


def test_the_history_lists_file_counts_and_person(clerk, import_):
    import_("H001,甲某某,东里社区/第1片/第1组/第1邻,东里社区9号")
    assert "住户.csv 住户 已导入 0 1 0 0" in clerk.open("/admin/imports/").text


def test_the_file_is_given_back_as_it_was(clerk, upload):
    content = "户号,户主\nH001,甲某某\n".encode()
    page = upload(content=content)
    link = next(url for words, url in page.links if words == "下载原文件")
    assert clerk.client.get(link).data == content


def test_a_file_that_is_no_sheet_gets_a_sentence_and_a_way_on(clerk, upload):
    page = upload(content=b"PK\x03\x04 broken", name="名册.xlsx")
    assert "这个文件读不出来，可能已损坏" in page.text and "重新上传" in page.text


def test_nothing_sent_is_said_on_the_page(clerk):
    assert "请先选择要导入的文件" in clerk.send("上传并核对").text


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
