"""Exports: what the screen shows, as job or at once, logged, and with a second person's leave when large."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from models.audit import AccessEvent
from models.codes import AccessKind, JobStatus, RequestStatus
from models.export_request import ExportRequest
from models.job import Job
from models.todo import Todo
from services import colleagues, parameters
from services.background import jobs
from services.lists import export_flow, exports
from services.errors import Conflict, Denied, Refused
from services.lists.export_flow import EXPORT_FLOW
from services.lists.exports import Export
from tests.conftest import NOW, ServiceSession
from tests.support.builders import build_user, build_world

WANTED = Export("household", {}, ("household_no", "mobile"))
CLEAR = Export("household", {}, ("household_no", "mobile"), is_clear=True, reason="上报浏阳市")


@pytest.fixture
def people(session) -> dict:
    """Who asks, who may agree, who may agree but sees no households."""
    build_world(session)
    may = {
        "clerk": ["household:view", "household:export", "personal:export", "export:approve"],
        "chief": ["household:view", "export:approve"], "blind": ["export:approve"], "plain": ["household:view"],
    }  # fmt: skip
    users = {name: build_user(session, name, grants, is_scoped=False) for name, grants in may.items()}
    return {name: colleagues.actor_of(session, user.id) for name, user in users.items()}


@pytest.fixture
def run(session, tmp_path):
    def go() -> None:
        session.flush()
        opened = lambda: ServiceSession(session.connection(), autoflush=False, join_transaction_mode="create_savepoint")  # noqa: E731
        jobs.run_waiting(opened, lambda: NOW, tmp_path)
        session.expire_all()

    return go


def rows(content: bytes) -> list[tuple]:
    return list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))


def written(session, wanted, actor) -> bytes:
    file = io.BytesIO()
    exports.write(session, wanted, actor, NOW, file)
    return file.getvalue()


# ---- what is in the file ------------------------------------------------------------


def test_columns_come_in_the_wanted_order_and_numbers_masked(session, people):
    wanted = Export("household", {"sort": ["household_no"]}, ("mobile", "household_no"))
    assert rows(written(session, wanted, people["clerk"])) == [
        ("联系电话", "户号"), ("138****0001", "H001"), ("138****0001", "H002"),
    ]  # fmt: skip


def test_a_clear_export_shows_the_numbers(session, people):
    assert rows(written(session, CLEAR, people["clerk"]))[1][1] == "13800000001"


def test_only_what_fits_the_filter_is_exported(session, people):
    wanted = Export("household", {"search": ["东里社区1号"]}, ("household_no",))
    assert rows(written(session, wanted, people["clerk"])) == [("户号",), ("H001",)]


def test_the_page_and_the_note_name_unit_person_time_and_filter(session, people):
    wanted = Export("household", {}, ("household_no",), scope="居住状态：出租")
    book = load_workbook(io.BytesIO(written(session, wanted, people["clerk"])))
    assert book.worksheets[0].oddHeader.left.text == "集里街道"
    assert book["说明"]["B2"].value == f"{people['clerk'].name} 2026-03-02 09:00 导出；范围：居住状态：出租"


def test_a_csv_has_a_mark_for_excel_and_nothing_that_runs(session, people):
    from models.household import Household

    session.scalars(select(Household)).first().address = "=1+1"
    session.flush()
    wanted = Export("household", {"sort": ["household_no"]}, ("household_no", "address"), is_csv=True)
    assert written(session, wanted, people["clerk"]).decode() == "\ufeff户号,门牌地址\r\nH001,'=1+1\r\nH002,西里社区1号\r\n"


@pytest.mark.parametrize("wanted, actor, error", [
    (WANTED, "plain", Denied), (Export("household", {}, ()), "clerk", Refused),
    (Export("household", {}, ("household_no",), is_clear=True), "clerk", Refused),
])  # fmt: skip
def test_what_may_not_be_exported_is_refused(session, people, wanted, actor, error):
    with pytest.raises(error):
        written(session, wanted, people[actor])


# ---- as a job -----------------------------------------------------------------------


def test_a_job_makes_the_file_and_logs_it_with_its_hash(session, people, run, tmp_path):
    job = exports.begin(session, WANTED, people["clerk"], NOW, 2)
    run()
    kept = (tmp_path / "kept" / job.id).read_bytes()
    log = session.scalars(select(AccessEvent)).one()
    assert (job.status, job.title, job.file_name, job.done_count) == (JobStatus.DONE, "导出住户 2 条", "住户_20260302_0900.xlsx", 2)
    assert rows(kept)[0] == ("户号", "联系电话")
    assert (log.kind, log.row_count, log.file_hash, log.user_id) == (AccessKind.EXPORT, 2, job.file_hash, people["clerk"].user_id)


def test_a_job_over_the_limit_without_leave_is_refused(session, people, run):
    limit(session, export_clear_rows=1)
    job = exports.begin(session, CLEAR, people["clerk"], NOW, 2)
    run()
    assert (job.status, job.problem[:5]) == (JobStatus.FAILED, "超过1条，")
    assert session.scalar(select(AccessEvent.id)) is None


# ---- a second person's leave --------------------------------------------------------


def limit(session, **wanted) -> None:
    parameters.change(session, wanted, session.info["actor"], NOW)


@pytest.fixture
def request_(session, people) -> ExportRequest:
    limit(session, export_clear_rows=1)
    return exports.ask(session, CLEAR, people["clerk"], NOW, 2)


def test_whoever_agrees_sees_who_what_how_many_and_why(session, people, request_):
    assert (request_.title, request_.row_count, request_.range_words, request_.column_words, request_.reason) == (
        "住户 2 条", 2, "全部", "户号、联系电话", "上报浏阳市",
    )  # fmt: skip
    todo = session.scalars(select(Todo)).one()
    assert (todo.recipient, todo.record_id, todo.settled_at) == ("may:export:approve", request_.id, None)


def test_an_agreed_request_is_made_for_whoever_asked(session, people, request_, run):
    EXPORT_FLOW.take(session, "approve", request_, people["chief"], NOW)
    run()
    job = session.scalars(select(Job)).one()
    assert (request_.status, job.status, job.requested_by_id) == (RequestStatus.APPROVED, JobStatus.DONE, people["clerk"].user_id)
    assert session.scalars(select(Todo)).one().settled_at == NOW


def test_ones_own_request_is_answered_by_another(session, people, request_):
    with pytest.raises(Refused, match="另一人审批"):
        EXPORT_FLOW.take(session, "approve", request_, people["clerk"], NOW)
    assert (request_.status, session.scalar(select(Job.id))) == (RequestStatus.WAITING, None)


def test_whoever_cannot_see_such_records_cannot_agree(session, people, request_):
    with pytest.raises(Refused, match="没有查看这类记录的权限"):
        EXPORT_FLOW.take(session, "approve", request_, people["blind"], NOW)


def test_a_refusal_needs_a_reason_which_the_asker_reads(session, people, request_):
    with pytest.raises(Refused, match="理由"):
        EXPORT_FLOW.take(session, "decline", request_, people["chief"], NOW)
    EXPORT_FLOW.take(session, "decline", request_, people["chief"], NOW, note="范围太大")
    assert [(r.status, r.note) for r in export_flow.own(session, people["clerk"])] == [(RequestStatus.DECLINED, "范围太大")]


def test_a_request_is_answered_once(session, people, request_):
    EXPORT_FLOW.take(session, "decline", request_, people["chief"], NOW, note="不行")
    with pytest.raises(Conflict):
        EXPORT_FLOW.take(session, "approve", request_, people["chief"], NOW)


def test_a_request_without_a_reason_is_refused(session, people):
    with pytest.raises(Refused, match="请写明事由"):
        exports.ask(session, WANTED, people["clerk"], NOW, 2)
