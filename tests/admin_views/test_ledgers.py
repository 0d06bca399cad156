"""Ledgers and the monthly report over HTTP: chosen, looked at, fetched, redesigned."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from models.audit import AccessEvent
from models.dictionary import DictItem
from models.ledger import Ledger
from seeds.base import _ledgers
from services import access, ledgers, monthly
from services.keeping import records
from tests.support.builders import build_user, build_world, raw_case
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
RIGHTS = ["case:view", "case:export", "personal:name", "ledger:view", "ledger:edit", "ledger:create", "monthly_report:view", "monthly_report:edit",
          "monthly_report:export"]  # fmt: skip


@pytest.fixture
def visit(office, app, sign_in):
    with office() as session:
        world = build_world(session)
        session.add(DictItem(id="dictionary:ledger_source", dictionary="dictionary:dictionary", code="ledger_source", name="台账数据来源"))
        session.add_all(
            DictItem(id=f"ledger_source:{code}", dictionary="dictionary:ledger_source", code=code, name=name) for code, name in ledgers.choices().items()
        )
        session.flush()
        for given in _ledgers():
            if given["name"] in ("矛盾纠纷排查化解台账", "三长花名册"):
                records.save(session, Ledger(**given), access.system("430181002"), datetime.now(UTC))
        raw_case(session, world, case_no="一号", received_on=date(2026, 2, 3))
        raw_case(session, world, case_no="二号", received_on=date(2026, 2, 4))
        raw_case(session, world, case_no="三号", received_on=date(2026, 1, 4))
        build_user(session, "clerk", RIGHTS, is_scoped=False)
    return Visitor(sign_in(app.test_client(), "clerk"))


def values(file) -> list[tuple]:
    return list(load_workbook(file).worksheets[0].iter_rows(values_only=True))


def test_a_month_is_chosen_looked_at_and_fetched_on_the_record(visit, office):
    page = visit.open("/admin/ledgers/?month=2026-02")
    assert "2 条" in page.text and "三长花名册" not in page.text
    page = visit.follow("矛盾纠纷排查化解台账")
    assert "2026年2月矛盾纠纷排查化解台账" in page.headings and "一号" in page.text and "三号" not in page.text
    file, name = visit.download("取工作簿")
    rows = values(file)
    assert rows[0][0] == "集里街道矛盾纠纷排查化解台账" and [row[1] for row in rows[4:6]] == ["一号", "二号"]
    assert name.startswith("2026年2月矛盾纠纷排查化解台账_")
    with office() as session:
        log = session.scalars(select(AccessEvent).where(AccessEvent.file_hash.is_not(None))).one()
    assert (log.row_count, log.detail) == (2, "台账“矛盾纠纷排查化解台账”，2026年2月")


def test_the_ledgers_of_a_month_come_in_one_file(visit):
    visit.open("/admin/ledgers/?month=2026-02")
    file, name = visit.download("打包下载每月备好的台账")
    assert name == "2026年2月台账.zip" and zipfile.ZipFile(file).namelist() == ["2026年2月矛盾纠纷排查化解台账.xlsx"]


def test_a_design_is_changed_on_its_page_and_the_next_ledger_follows(visit, office):
    visit.open("/admin/ledgers/?month=2026-02")
    visit.follow("矛盾纠纷排查化解台账")
    page = visit.follow("列和条件")
    keys = page.forms[-1].fields["key"]
    visit.send("保存并预览", place=["1"] * len(keys), key=["subject", "case_no", *([""] * (len(keys) - 2))], heading=["什么事", *([""] * (len(keys) - 1))],
               band=[""] * len(keys), kind=[])  # fmt: skip
    with office() as session:
        row = session.scalars(select(Ledger).where(Ledger.name == "矛盾纠纷排查化解台账")).one()
        assert ([c["key"] for c in row.columns], row.columns[0]["heading"], row.query, row.dated_by) == (["subject", "case_no"], "什么事", "", "received_on")


def test_a_filter_that_is_not_touched_stays_as_it_is(visit, office):
    visit.open("/admin/ledgers/?month=2026-02")
    visit.follow("矛盾纠纷排查化解台账")
    visit.follow("列和条件")
    visit.send("保存并预览")
    with office() as session:
        row = session.scalars(select(Ledger).where(Ledger.name == "矛盾纠纷排查化解台账")).one()
        assert row.query == "kind=dispute" and len(row.columns) == 20


def test_the_figures_of_a_month_lead_to_the_rows_they_count(visit):
    page = visit.open("/admin/monthly-report/figures/?month=2026-02")
    assert "新收 2 上月 1；环比 +100.0%" in page.text
    link = next(href for words, href in page.links if words.startswith("新收"))
    assert "2 条" in visit.open(link).text


def test_a_report_is_prepared_written_on_and_fetched(visit, office):
    visit.open("/admin/monthly-report/figures/?month=2026-02")
    page = visit.send("备月报")
    assert "集里街道新收2件" in page.text
    visit.follow("修改文字")
    visit.send("保存", plans="开展一次集中排查")
    page = visit.open("/admin/monthly-report/figures/?month=2026-02")
    assert "开展一次集中排查" in page.text
    assert visit.download("取 Word 月报")[1] == "2026年2月矛盾纠纷调处和信访工作月报.docx"
    file, name = visit.download("取工作簿")
    assert name == "集里街道2026年2月月报.xlsx" and load_workbook(file).sheetnames[:2] == ["总体情况", "十二个月走势"]
    with office() as session:
        assert len(session.scalars(select(AccessEvent).where(AccessEvent.file_hash.is_not(None))).all()) == 2
        assert monthly.of_month(session, date(2026, 2, 1)).plans == "开展一次集中排查"


@pytest.mark.parametrize("address", [
    "/admin/ledgers/?month=2026-13", "/admin/ledgers/?month=0001-01", "/admin/monthly-report/figures/?month=x",
])  # fmt: skip
def test_a_wrong_month_is_told(visit, address):
    assert visit.client.get(address).status_code == 400
