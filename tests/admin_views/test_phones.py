"""The office's side of the chiefs' phones: visits from paper books, what they need, and reports in a sheet."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from models.appeal import Appeal
from models.visit import VisitLog, ZeroReport
from services.due_dates import local_day
from tests.support.builders import build_user
from tests.support.phones import build_phones
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
MAY = [
    "visit_log:view", "visit_log:create", "zero_report:view", "zero_report:export", "household:view", "chief:view", "area:view",
    "appeal:view", "appeal:enter", "personal:name",
]  # fmt: skip


@pytest.fixture
def three(office):
    with office() as session:
        three = build_phones(session)
        build_user(session, "clerk", MAY, is_scoped=False)
        today = local_day(session.info["now"])
        session.add(ZeroReport(chief_id=three.neighbor.id, area_id=three.neighbor.area_id, reported_on=today, received_at=session.info["now"]))
        return three


@pytest.fixture
def clerk(three, client, sign_in):
    return Visitor(sign_in(client, "clerk"))


def test_a_visit_from_a_paper_book_becomes_an_appeal_of_the_chief_of_the_door(clerk, three, office):
    clerk.open("/admin/visit-log/new/")
    home = clerk.look_up("household", "东里社区1号")
    today = local_day(datetime.now(UTC)).isoformat()
    clerk.send("保存", household=home, visited_on=today, duty="visit_duty:talk", needs="想装扶手")
    with office() as session:
        visit = session.scalar(select(VisitLog.id))
    clerk.open(f"/admin/visit-log/details/?id={visit}")
    clerk.send("转成诉求")
    with office() as session:
        appeal = session.scalar(select(Appeal))
        assert (appeal.words, appeal.reporter_id, appeal.owner_area_id) == ("想装扶手", three.neighbor.id, three.neighbor.area_id)


def test_zero_reports_leave_as_a_sheet(clerk):
    clerk.open("/admin/zero-report/export/")
    book = load_workbook(clerk.download("导出", columns=["chief", "area", "reported_on"])[0])
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2, max_row=2)]
    assert rows[0][:2] == ["壬邻长 邻长", "东里社区/第1片/第1组/第1邻"]


def test_the_day_of_the_chiefs_counts_with_what_it_is_out_of(clerk):
    assert "1 / 1" in clerk.open("/admin/chief-days/").text
    clerk.follow("东里社区")
    clerk.follow("第1片")
    assert "癸组长" in clerk.page.text
