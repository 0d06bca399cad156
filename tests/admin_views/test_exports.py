"""The export page: small ones at once, large ones as a job, very large ones after a second person's leave."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from extensions import db
from models.audit import AccessEvent
from services import access, parameters
from services.background import jobs
from services.lists import exports
from tests.support.builders import build_user, build_world
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
PAGE = "/admin/household/export/?columns=address,household_no&sort=household_no"


@pytest.fixture
def visit(office, app, sign_in):
    """Somebody who has signed in: `visit("clerk")`."""
    with office() as session:
        build_world(session)
        build_user(session, "clerk", ["personal:name", "household:view", "household:export"], is_scoped=False)
        build_user(session, "chief", ["household:view", "export_request:view", "export:approve"], is_scoped=False)
    return lambda name: Visitor(sign_in(app.test_client(), name))


@pytest.fixture
def limit(office):
    def to(count: int) -> None:
        with office() as session:
            parameters.change(session, {"export_rows": count}, access.system("430181002"), datetime.now(UTC))

    return to


def run(app) -> None:
    with app.app_context():
        jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), Path(app.config["CONSOLE"].instance) / "jobs")


def test_the_button_says_how_many_and_the_file_has_the_lists_columns_in_its_order(visit, office):
    clerk = visit("clerk")
    clerk.open(PAGE)
    file, name = clerk.download("导出 2 条")
    lines = list(load_workbook(file).worksheets[0].iter_rows(values_only=True))
    assert lines == [("门牌地址", "户号"), ("东里社区1号", "H001"), ("西里社区1号", "H002")]
    assert name.startswith("住户_20") and name.endswith(".xlsx")
    with office() as session:
        log = session.scalars(select(AccessEvent).where(AccessEvent.row_count == 2)).one()
    assert log.file_hash == hashlib.sha256(file.getvalue()).hexdigest()


def test_a_csv_can_be_chosen(visit):
    clerk = visit("clerk")
    clerk.open(PAGE)
    file, name = clerk.download("导出 2 条", format="csv")
    assert (file.getvalue().decode("utf-8-sig").splitlines()[0], name[-4:]) == ("门牌地址,户号", ".csv")


def test_without_a_column_the_page_says_so_and_keeps_the_rest(visit):
    clerk = visit("clerk")
    clerk.open(PAGE)
    page = clerk.send("导出 2 条", columns=[], format="csv")
    assert "请至少选择一列再导出" in page.text and 'value="csv" checked' in page.html


def test_many_rows_are_made_in_the_background_and_fetched_there(visit, app, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    clerk = visit("clerk")
    clerk.open(PAGE)
    assert "导出住户 2 条" in clerk.send("导出 2 条").text
    run(app)
    page = clerk.open("/admin/jobs/")
    address = page.html.split('data-job-file')[0].rsplit('href="', 1)[1].split('"')[0]
    book = load_workbook(io.BytesIO(clerk.client.get(address).data))
    assert book.worksheets[0]["B3"].value == "H002"


def test_above_the_limit_a_second_person_agrees_first(visit, app, limit):
    limit(100)
    clerk, chief = visit("clerk"), visit("chief")
    clerk.open(PAGE)
    assert "请写明导出的事由" not in clerk.page.text
    with_many(app)
    clerk.open(PAGE)
    assert "请写明事由" in clerk.send("提交审批").text
    assert "待审批" in clerk.send("提交审批", reason="年度核对").text
    chief.open("/admin/")
    page = chief.follow("审批导出：住户 102 条")
    assert all(words in page.text for words in ("年度核对", "门牌地址、户号", "全部"))
    chief.follow("同意")
    assert "办理成功" in chief.send("同意", note="可以").text
    run(app)
    assert "共 102 条" in clerk.open("/admin/jobs/").text


def with_many(app) -> None:
    """A hundred more households."""
    from models.household import Household

    with app.app_context():
        session = access.bind(db.session.session_factory(), access.system("430181002"), datetime.now(UTC))
        near = session.scalar(select(Household.neighborhood_id))
        session.add_all(Household(household_no=f"M{n:03d}", head_name="丙某某", address=f"新路{n}号", neighborhood_id=near) for n in range(100))
        session.commit()
        session.close()
