"""Long work: claimed once, in order, cancelled, taken back after a killed worker, ended with a sentence."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.codes import JobStatus
from models.job import Job
from models.saved_view import SavedView
from models.user import User
from services import access, colleagues, nightly
from services.background import jobs, running, work
from services.errors import Denied, Missing, Refused
from tests.conftest import NOW, ServiceSession
from tests.support.builders import build_user


@pytest.fixture
def kinds(monkeypatch) -> dict:
    """A table of kinds of this test's own."""
    monkeypatch.setattr(work, "KINDS", table := {})
    monkeypatch.setattr(jobs, "KINDS", table)
    monkeypatch.setattr(running, "KINDS", table)
    return table


@pytest.fixture
def me(session):
    return colleagues.actor_of(session, build_user(session, "clerk", ["household:export"]).id)


@pytest.fixture
def sessions(session):
    """New sessions on the test's own connection, as the worker opens them."""
    return lambda: ServiceSession(session.connection(), autoflush=False, join_transaction_mode="create_savepoint")


@pytest.fixture
def run(session, sessions, tmp_path):
    """Do what waits; the test then sees what was written."""

    def go(at=NOW) -> int:
        session.flush()
        count = jobs.run_waiting(sessions, lambda: at, tmp_path)
        session.expire_all()
        return count

    return go


def asked(session, me, kinds, doing=lambda work: None, *, is_repeatable=False, **facts) -> Job:
    kinds["try"] = work.Kind("try", doing, is_repeatable)
    return jobs.enqueue(session, me, NOW, "try", "试一试", {}, **facts)


def claimed(session, at=NOW, token="w1"):
    session.flush()
    found = running.claim(session, at, token)
    session.expire_all()
    return found and found.id


# ---- doing --------------------------------------------------------------------------


def test_a_job_is_done_with_its_result(session, me, kinds, run):
    job = asked(session, me, kinds, lambda work: work.finish({"sentence": "好了"}))
    assert (run(), job.status, job.result, job.finished_at) == (1, JobStatus.DONE, {"sentence": "好了"}, NOW)


def test_work_that_says_nothing_at_its_end_is_done(session, me, kinds, run):
    job = asked(session, me, kinds)
    assert (run(), job.status) == (1, JobStatus.DONE)


def test_the_work_acts_for_whoever_asked_with_the_permissions_of_now(session, me, kinds, run):
    seen = []
    asked(session, me, kinds, lambda work: seen.append((work.actor.user_id, sorted(work.actor.permissions))))
    session.get(User, me.user_id).role.permissions = ["case:view"]
    run()
    assert seen == [(me.user_id, ["case:view"])]


def test_nothing_is_done_for_a_closed_account(session, me, kinds, run):
    job = asked(session, me, kinds)
    session.get(User, me.user_id).is_active = False
    run()
    assert (job.status, job.problem) == (JobStatus.FAILED, "提交人的账号已停用，没有处理")


def test_a_refusal_ends_it_with_its_sentence(session, me, kinds, run):
    def refuse(work):
        raise Refused("没有要导出的记录")

    job = asked(session, me, kinds, refuse)
    run()
    assert (job.status, job.problem) == (JobStatus.FAILED, "没有要导出的记录")


def test_an_error_ends_it_without_its_words(session, me, kinds, run):
    job = asked(session, me, kinds, lambda work: 1 / 0)
    run()
    assert (job.status, "division" in job.problem, "请重试一次" in job.problem) == (JobStatus.FAILED, False, True)


@pytest.mark.parametrize("error, sentence", [
    (OSError(errno.ENOSPC, "No space left on device"), "服务器的磁盘满了，没有完成。请告诉系统管理员，清出空间后再提交一次"),
    (ChildProcessError("ended by signal 9"), "处理中途被打断（例如停电、重启或内存不足），没有完成，请重新提交"),
])  # fmt: skip
def test_a_full_disk_and_a_killed_helper_are_told_as_such(session, me, kinds, run, error, sentence):
    def fail(work):
        raise error

    job = asked(session, me, kinds, fail)
    run()
    assert (job.status, job.problem) == (JobStatus.FAILED, sentence)


def test_half_a_file_is_gone_before_the_end_is_told(session, me, kinds, run, monkeypatch):
    seen, told = [], work.Work.give_up
    monkeypatch.setattr(work.Work, "give_up", lambda self, *facts: (seen.append(self.folder.exists()), told(self, *facts)))
    asked(session, me, kinds, lambda work: (work.folder / "half").write_bytes(b"x") / 0)
    run()
    assert seen == [False]


def test_what_a_failing_work_wrote_is_gone(session, me, kinds, run):
    def write_and_fail(work):
        with work.session() as own:
            own.add(SavedView(user_id=me.user_id, entity="case", name="半途", query=""))
            own.flush()
            raise Refused("不行")

    asked(session, me, kinds, write_and_fail)
    run()
    assert session.scalar(select(SavedView.id)) is None


def test_an_end_inside_the_works_own_transaction_holds_only_with_it(session, me, kinds, run):
    def finish_and_fail(work):
        with work.session() as own:
            work.finish({}, session=own)
            raise Refused("最后一步不行")

    job = asked(session, me, kinds, finish_and_fail)
    run()
    assert (job.status, job.problem) == (JobStatus.FAILED, "最后一步不行")


def test_a_file_is_kept_for_a_day_for_whoever_asked_and_nobody_else(session, me, kinds, run, tmp_path):
    def make(work):
        path = work.folder / "x"
        path.write_bytes(b"abc")
        work.finish({}, file=path, file_name="住户.xlsx")

    job = asked(session, me, kinds, make)
    run()
    kept, chief = tmp_path / "kept", access.Actor("01900000-0000-7000-8000-000000000009", "别人", "430181002", frozenset({"job:all"}))
    found, path = jobs.result_file(session, job.id, me, NOW + timedelta(hours=23), kept)
    assert (path.read_bytes(), found.file_name, found.file_size) == (b"abc", "住户.xlsx", 3)
    assert found.file_hash == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # SHA-256 of abc
    with pytest.raises(Missing, match="已过保留时间"):
        jobs.result_file(session, job.id, me, NOW + timedelta(hours=24), kept)
    with pytest.raises(Missing, match="没有可以下载的文件"):
        jobs.result_file(session, job.id, chief, NOW, kept)


def test_expired_files_are_removed_and_others_stay(session, sessions, me, kinds, run, tmp_path):
    def make(work):
        path = work.folder / "x"
        path.write_bytes(b"abc")
        work.finish({}, file=path, file_name="住户.xlsx")

    asked(session, me, kinds, make)
    run()
    counts = [running.remove_expired(sessions, lambda h=h: NOW + timedelta(hours=h), tmp_path) for h in (23, 24)]
    assert (counts, list((tmp_path / "kept").iterdir())) == ([0, 1], [])


def test_the_folder_of_the_work_is_removed_even_when_it_fails(session, me, kinds, run, tmp_path):
    def leave_and_fail(work):
        (work.folder / "half").write_bytes(b"x")
        raise Refused("不行")

    asked(session, me, kinds, leave_and_fail)
    run()
    assert list((tmp_path / "work").iterdir()) == []


# ---- claiming -----------------------------------------------------------------------


def test_jobs_are_taken_in_the_order_they_were_asked_for(session, me, kinds):
    first, second = asked(session, me, kinds), asked(session, me, kinds)
    assert [claimed(session, token=t) for t in ("w1", "w2", "w3")] == [first.id, second.id, None]


def test_of_one_queue_only_one_runs_and_others_go_on(session, me, kinds):
    first, second, other = (asked(session, me, kinds, queue=q) for q in ("住户", "住户", None))
    assert [claimed(session), claimed(session, token="w2"), claimed(session, token="w3")] == [first.id, other.id, None]
    session.connection().execute(update(Job.__table__).where(Job.__table__.c.id == first.id).values(status=JobStatus.DONE, worker=None))
    assert claimed(session, token="w4") == second.id


def test_a_silent_worker_loses_a_job_that_may_be_repeated_to_the_next(session, me, kinds, run):
    job = asked(session, me, kinds, is_repeatable=True)
    claimed(session)
    later = NOW + running.LEASE + timedelta(seconds=1)
    assert (run(later), job.status, job.try_count) == (1, JobStatus.DONE, 2)


def test_a_silent_worker_ends_a_job_that_may_not_be_repeated(session, me, kinds, run):
    job = asked(session, me, kinds)
    claimed(session)
    run(NOW + running.LEASE + timedelta(seconds=1))
    assert (job.status, job.problem) == (JobStatus.FAILED, running.CUT_OFF)


def test_a_worker_that_is_heard_of_keeps_its_job(session, me, kinds, run):
    job = asked(session, me, kinds, is_repeatable=True)
    claimed(session)
    assert (run(NOW + running.LEASE - timedelta(seconds=1)), job.status) == (0, JobStatus.RUNNING)


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(session, me, kinds, run):
    job, at = asked(session, me, kinds, is_repeatable=True), NOW
    for token in ("w1", "w2", "w3"):
        claimed(session, at, token)
        at += running.LEASE + timedelta(seconds=1)
        running.take_back(session, at)
    session.expire_all()
    assert job.status is JobStatus.FAILED


def test_whoever_lost_the_lease_cannot_end_the_job_any_more(session, me, kinds, sessions, run, tmp_path):
    def lose(work):
        table = Job.__table__
        session.connection().execute(update(table).where(table.c.id == work.job_id).values(worker="somebody else"))
        work.finish({"sentence": "迟到"})

    job = asked(session, me, kinds, lose)
    run()
    assert (job.status, job.worker, job.result) == (JobStatus.RUNNING, "somebody else", None)


# ---- progress and cancelling --------------------------------------------------------


def test_a_beat_tells_how_far_the_work_is(session, me, kinds, run):
    told = []

    def step(work):
        work.progress(3, 10)
        work.beat()
        told.append(session.execute(select(Job.__table__.c.done_count, Job.__table__.c.total_count)).one())

    asked(session, me, kinds, step)
    run()
    assert told == [(3, 10)]


def test_a_waiting_job_is_cancelled_at_once(session, me, kinds, run):
    job = jobs.cancel(session, asked(session, me, kinds).id, me, NOW)
    assert (job.status, run()) == (JobStatus.CANCELLED, 0)


def test_a_running_job_is_cancelled_at_its_next_step(session, me, kinds, run):
    steps = []

    def long(work):
        for number in range(5):
            steps.append(number)
            if number == 1:
                jobs.cancel(session, work.job_id, me, NOW)
                work.beat()
            work.progress(number)

    job = asked(session, me, kinds, long)
    run()
    assert (steps, job.status) == ([0, 1], JobStatus.CANCELLED)


def test_what_is_over_cannot_be_cancelled(session, me, kinds, run):
    job = asked(session, me, kinds)
    run()
    with pytest.raises(Refused, match="这项任务已完成"):
        jobs.cancel(session, job.id, me, NOW)


def test_jobs_of_others_are_seen_and_cancelled_with_permission_only(session, me, kinds):
    job = asked(session, me, kinds)
    stranger = colleagues.actor_of(session, build_user(session, "other", ["case:view"]).id)
    admin = colleagues.actor_of(session, build_user(session, "admin", ["job:all"]).id)
    assert (list(jobs.listed(session, stranger)), jobs.listed(session, admin, everyone=True)) == ([], [job])
    with pytest.raises(Denied):
        jobs.listed(session, stranger, everyone=True)
    with pytest.raises(Missing):
        jobs.cancel(session, job.id, stranger, NOW)
    assert jobs.cancel(session, job.id, admin, NOW).status is JobStatus.CANCELLED


def test_a_sixth_waiting_job_of_one_person_is_refused(session, me, kinds):
    for _ in range(jobs.MOST_WAITING):
        asked(session, me, kinds)
    with pytest.raises(Refused, match="还没有做完"):
        asked(session, me, kinds)


# ---- at night -----------------------------------------------------------------------


@contextmanager
def duties(monkeypatch, *table):
    monkeypatch.setattr(nightly, "NIGHTLY", [nightly.Duty(name, name, run) for name, run in table])
    yield


NIGHT = NOW.replace(hour=18)  # 02:00 of 3 March in China


def test_the_nights_work_is_asked_for_once_a_day_and_not_before_its_hour(session, sessions, me):
    before = NOW.replace(hour=17)  # 01:00 in China
    counts = [nightly.plan(sessions, lambda at=at: at) for at in (before, NIGHT, NIGHT, NIGHT + timedelta(days=1))]
    assert counts == [0, 1, 0, 1]


def test_a_duty_that_fails_does_not_hold_up_the_others(session, me, sessions, run, monkeypatch):
    done = []
    with duties(monkeypatch, ("甲", lambda s, at: done.append("甲")), ("乙", lambda s, at: 1 / 0), ("丙", lambda s, at: done.append("丙"))):
        nightly.plan(sessions, lambda: NIGHT)
        run(NIGHT)
    job = session.scalars(select(Job)).one()
    assert (done, job.status, job.problem.split("。")[0]) == (["甲", "丙"], JobStatus.FAILED, "有1项没有做完：乙")


def test_jobs_of_three_months_ago_are_forgotten(session, me, kinds, run):
    asked(session, me, kinds)
    run()
    assert [jobs.forget_old(session, NOW + timedelta(days=d)) for d in (90, 91)] == [0, 1]
