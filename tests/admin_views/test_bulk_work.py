"""More rows than a request can write: done by the worker in pieces, to the end or back to the beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from extensions import db
from models.case import Case
from models.codes import CaseStatus, JobStatus
from models.household import Household
from models.job import Job
from models.user import User
from services import access
from services.background import jobs
from services.cases import case_flow
from services.keeping import bulk, bulk_deeds
from services.due_dates import local_day
from services.cases.case_flow import CASE_FLOW
from services.background.work import Work
from tests.admin_views.test_bulk import post
from tests.support.builders import case_facts
from tests.support.office import CLERK, OFFICE, build_office
from tests.support.visitor import Visitor


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


@pytest.fixture
def clerk(world, client, sign_in):
    return Visitor(sign_in(client, CLERK))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A request does one row, and the worker five households or one case in a transaction."""
    for deed in bulk_deeds.DEEDS.values():
        monkeypatch.setattr(deed, "most", 1)
    monkeypatch.setattr(bulk_deeds.Delete, "size", 5)
    monkeypatch.setattr(bulk_deeds.Take, "size", 1)
    monkeypatch.setattr(bulk, "MOST_DELETED", 1)
    monkeypatch.setattr(bulk, "MOST_STEPS", 1)
    monkeypatch.setattr(Work, "rest", lambda work: None)


def work(app, later=timedelta()):
    with app.app_context():
        jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC) + later, Path(app.config["CONSOLE"].instance) / "jobs")


def homes(office) -> int:
    with office() as session:
        return session.scalar(select(func.count()).where(Household.household_no.startswith("J")))


def ask_to_delete(clerk):
    page = post(clerk, "delete", all="1", query="search=J0")
    assert "将删除 12 条" in page.text
    clerk.send("确定删除 12 条")


def test_many_rows_are_deleted_in_pieces_and_brought_back(clerk, office, app):
    ask_to_delete(clerk)
    work(app)
    assert (homes(office), "已删除12条" in clerk.open("/admin/jobs/").text) == (0, True)
    clerk.open("/admin/batch/")
    assert "12 条" in clerk.follow("批量删除住户").text
    clerk.send("撤销这次操作")
    work(app)
    assert (homes(office), "已恢复12条" in clerk.open("/admin/jobs/").text) == (12, True)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_work_that_is_cancelled_takes_its_pieces_back(clerk, office, app, monkeypatch):
    seen = []

    def cancel(work):
        seen.append(homes(office))
        with office() as session:
            if not session.scalar(select(Job.is_unwanted)):
                jobs.cancel(session, work.job_id, access.system("430181002"), session.info["now"])
        work.beat()

    ask_to_delete(clerk)
    monkeypatch.setattr(Work, "rest", cancel)
    work(app)
    page = clerk.open("/admin/jobs/")
    assert ("已取消" in page.text, "已办的5条恢复原样" in page.text, seen, homes(office)) == (True, True, [7, 12], 12)
    page = clerk.open("/admin/batch/")
    assert "批量删除住户（没有办完）" in page.text and "撤销批量删除住户（没有办完）" in page.text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_work_whose_process_is_killed_goes_on_where_it_was(clerk, office, app, monkeypatch):
    def die(work):
        raise KeyboardInterrupt

    ask_to_delete(clerk)
    with monkeypatch.context() as killing:
        killing.setattr(Work, "rest", die)
        with pytest.raises(KeyboardInterrupt):
            work(app)
    assert homes(office) == 7
    work(app, later=timedelta(minutes=1))
    assert (homes(office), "已删除12条" in clerk.open("/admin/jobs/").text) == (0, True)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_work_that_fails_takes_its_pieces_back_and_says_so(clerk, office, app, monkeypatch):
    def fail(work):
        if "back" not in work.state:
            raise OSError("disk full")

    ask_to_delete(clerk)
    monkeypatch.setattr(Work, "rest", fail)
    work(app)
    assert homes(office) == 12
    with office() as session:
        assert session.scalars(select(Job.status)).all() == [JobStatus.FAILED]
    assert "已办的都已恢复原样" in clerk.open("/admin/jobs/").text


@pytest.fixture
def accepted(office, world):
    """Three accepted cases, the last of which complains of the mediator."""
    with office() as session:
        me, at = access.system("430181002"), session.info["now"]
        day = local_day(at)
        found = [case_flow.register(session, me, at, **case_facts(world, received_on=day, occurred_on=None)) for _ in range(3)]
        for case in found:
            CASE_FLOW.take(session, "accept", case, me, at)
        found[2].accused_worker_id = world.mediator.id
    return [case.id for case in found]


def states(office, ids) -> list[CaseStatus]:
    with office() as session:
        return [session.get(Case, ("430181002", i)).status for i in ids]


def test_many_cases_are_assigned_and_those_refused_are_named(world, accepted, office, client, sign_in, app):
    visitor = Visitor(sign_in(client, OFFICE))
    post(visitor, "assign", entity="case", all="1")
    page = visitor.send("下一步", worker=world.mediator.id)
    assert "1 条：现在是“已登记”，不能分流交办" in page.text and "不能交给被检举的人员办理" in page.text
    visitor.send("确定交办 至多 3 条")
    work(app)
    assert "已分流交办2条，1条没有办理" in visitor.open("/admin/jobs/").text
    assert states(office, accepted) == [CaseStatus.ASSIGNED, CaseStatus.ASSIGNED, CaseStatus.ACCEPTED]
    visitor.open("/admin/batch/")
    assert "没有办理的" in visitor.follow("批量分流交办").text
    visitor.send("撤销这次操作")
    work(app)
    assert states(office, accepted) == [CaseStatus.ACCEPTED] * 3


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_has_gone_out_of_sight_is_not_undone_and_named(clerk, world, office, app):
    post(clerk, "edit", all="1", query="search=J0")
    clerk.send("下一步", bulk_set=["note"], note="核对过")
    clerk.send("确定修改 12 条")
    work(app)
    with office() as session:
        first = session.scalar(select(Household).where(Household.household_no == "J001"))
        first.neighborhood_id = world.west_neighborhood.id
        clerk_row = session.scalar(select(User).where(User.username == CLERK))
        clerk_row.area_id, clerk_row.is_scoped = world.east.id, True
    clerk.open("/admin/batch/")
    clerk.follow("批量修改住户：备注")
    clerk.send("撤销这次操作")
    work(app)
    assert "已恢复11条；1条没有恢复" in clerk.open("/admin/jobs/").text
    with office() as session:
        assert session.scalars(select(Household.household_no).where(Household.note == "核对过")).all() == ["J001"]
    clerk.open("/admin/batch/")
    assert "现在不在您的负责范围内" in clerk.follow("撤销批量修改住户：备注").text
