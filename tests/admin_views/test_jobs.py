"""The page of background jobs: one's own with progress and result, all with permission."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from extensions import db
from models.codes import JobStatus
from models.job import Job
from services.background import jobs, work
from tests.support.builders import build_user, build_world
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def ids(office, monkeypatch) -> dict[str, str]:
    monkeypatch.setitem(work.KINDS, "try", work.Kind("try", _make))
    with office() as session:
        build_world(session)
        return {
            "clerk": build_user(session, "clerk", ["household:view"]).id, "admin": build_user(session, "admin", ["job:all"]).id,
        }  # fmt: skip


def _make(work) -> None:
    path = work.folder / "x"
    path.write_text("内容")
    work.finish({"sentence": "共3条"}, file=path, file_name="住户清单.xlsx")


@pytest.fixture
def asked(office, ids) -> str:
    with office() as session:
        job = Job(kind="try", title="导出住户", requested_by_id=ids["clerk"], requested_at=datetime.now(UTC), params={}, total_count=3)
        session.add(job)
        session.flush()
        return job.id


@pytest.fixture
def run(app):
    def go() -> None:
        with app.app_context():
            folder = Path(app.config["CONSOLE"].instance) / "jobs"
            jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), folder)

    return go


def visitor(app, sign_in, name: str) -> Visitor:
    return Visitor(sign_in(app.test_client(), name))


def test_a_waiting_job_is_shown_at_home_and_can_be_cancelled(app, sign_in, asked, office):
    clerk = visitor(app, sign_in, "clerk")
    assert "导出住户" in clerk.open("/admin/").text
    clerk.open("/admin/jobs/")
    assert "已取消“导出住户”" in clerk.send("取消").text
    with office() as session:
        assert session.scalar(select(Job.status)) is JobStatus.CANCELLED


def test_a_done_job_gives_its_file_to_whoever_asked(app, sign_in, asked, run):
    run()
    clerk = visitor(app, sign_in, "clerk")
    page = clerk.open("/admin/jobs/")
    assert ("已完成" in page.text, "共3条" in page.text) == (True, True)
    answer = clerk.client.get(f"/admin/jobs/file/?id={asked}")
    assert answer.data.decode() == "内容"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E4%BD%8F%E6%88%B7%E6%B8%85%E5%8D%95.xlsx"


def test_others_see_it_with_permission_but_never_its_file(app, sign_in, asked, run):
    run()
    admin = visitor(app, sign_in, "admin")
    assert "导出住户" not in admin.open("/admin/jobs/").text
    page = admin.open("/admin/jobs/?all=1")
    assert ("导出住户" in page.text, "data-job-file" in page.html) == (True, False)
    assert admin.client.get(f"/admin/jobs/file/?id={asked}").status_code == 404


def test_the_state_says_how_far_it_is(app, sign_in, asked):
    state = visitor(app, sign_in, "clerk").client.get("/admin/jobs/state/").json["jobs"]
    assert [(j["label"], j["progress"], j["is_open"], j["file_url"]) for j in state] == [("排队中", "0 / 3", True, None)]
