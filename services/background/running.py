"""The worker's side of background jobs: claiming one, doing it, and taking back those of a killed worker.

A job is claimed compare-and-set and held by a lease, so of many workers one gets it. Nothing here
knows which process it runs in: the clock and the sessions are handed in.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import uuid7
from models.codes import JobStatus
from models.user import User

from ..access import Actor, bind, system
from ..colleagues import actor_of
from ..errors import Refused
from .work import JOBS, KINDS, Clock, Sessions, Stopped, Work, shown_at

LEASE = timedelta(seconds=30)
MOST_TRIES = 3
CUT_OFF = "处理中途被打断（例如停电、重启或内存不足），没有完成，请重新提交"
_FAILED = "处理时出错，没有完成。请重试一次；仍不行请把提交时间告诉系统管理员"
_FULL = "服务器的磁盘满了，没有完成。请告诉系统管理员，清出空间后再提交一次"
_log = logging.getLogger("console.jobs")

Watch = Callable[[Work], AbstractContextManager]


def run_waiting(sessions: Sessions, clock: Clock, folder: Path, *, most: int = 100) -> int:
    """Do what waits here and now, one after another; returns how many. For tests and commands."""
    count = 0
    while count < most and run_next(sessions, clock, folder):
        count += 1
    return count


def run_next(sessions: Sessions, clock: Clock, folder: Path, watch: Watch = lambda work: nullcontext()) -> bool:
    """Claim the next job and do it; False when none waits.

    `sessions` opens a new session, `folder` holds temporary files and results, `watch` keeps the
    lease alive while the work lasts.
    """
    token = uuid7()
    with _programs(sessions, clock) as session:
        take_back(session, clock())
        claimed = claim(session, clock(), token)
    if claimed is None:
        return False
    work = Work(
        claimed.id, claimed.subdistrict_id, system(claimed.subdistrict_id), claimed.params, token, clock, sessions,
        folder / "work" / token, folder / "kept", total=claimed.total_count, done=claimed.done_count,
        state=(claimed.result or {}).get("state", {}), is_last_try=claimed.try_count + 1 >= MOST_TRIES,
    )  # fmt: skip
    work.folder.mkdir(parents=True, mode=0o700)
    try:
        with watch(work):
            _do(work, claimed)
    finally:
        shutil.rmtree(work.folder, ignore_errors=True)
        shown_at(folder, work.job_id).unlink(missing_ok=True)
    return True


def _do(work: Work, claimed) -> None:
    try:
        work.actor = _requester(work, claimed.requested_by_id)
        KINDS[claimed.kind].run(work)
        if not work.is_finished:
            work.finish()
    except Stopped:
        _give_up(work, JobStatus.CANCELLED)
    except Refused as no:
        _give_up(work, JobStatus.FAILED, no.sentence[:200])
    except Exception as error:
        _log.exception("job %s (%s) failed", claimed.id, claimed.kind)
        _give_up(work, JobStatus.FAILED, _sentence(error))


def _sentence(error: Exception) -> str:
    if isinstance(error, ChildProcessError):
        return CUT_OFF
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return _FULL if is_full else _FAILED


def _give_up(work: Work, status: JobStatus, problem: str | None = None) -> None:
    shutil.rmtree(work.folder, ignore_errors=True)  # first: on a full disk it makes room for telling
    try:
        work.give_up(status, problem)
    except Stopped:  # what is there belongs to the worker that has taken it over
        _log.warning("job %s was taken over by another worker", work.job_id)
    else:
        (work.kept / work.job_id).unlink(missing_ok=True)


def _requester(work: Work, user_id: str | None) -> Actor:
    """Who asked, with the permissions and the scope of now."""
    if user_id is None:
        return system(work.subdistrict_id)
    with work.reading() as session:
        found = actor_of(session, user_id)
    if found is None:
        raise Refused("提交人的账号已停用，没有处理")
    return found


@contextmanager
def _programs(sessions: Sessions, clock: Clock) -> Iterator[Session]:
    """A session of the program itself across sub-districts; it reads tables, no entities."""
    with sessions() as session:
        bind(session, system(""), clock())
        yield session
        session.commit()


def claim(session: Session, now: datetime, token: str):
    """Take the oldest job whose queue is free, as a row of the table; None when there is none."""
    connection, other = session.connection(), JOBS.alias()
    is_free = ~select(other.c.id).where(
        other.c.subdistrict_id == JOBS.c.subdistrict_id, other.c.queue == JOBS.c.queue,
        other.c.status == JobStatus.RUNNING,
    ).exists()  # fmt: skip
    wanted = _of_ours(JobStatus.QUEUED).where(is_free).order_by(JOBS.c.requested_at, JOBS.c.id).limit(20)
    for job in connection.execute(wanted).all():
        try:
            with session.begin_nested():
                taken = connection.execute(
                    update(JOBS).where(_this(job), JOBS.c.status == JobStatus.QUEUED)
                    .values(status=JobStatus.RUNNING, worker=token, started_at=now, heartbeat_at=now, try_count=JOBS.c.try_count + 1)
                )  # fmt: skip
        except IntegrityError:
            continue  # another worker has just taken one of this queue
        if taken.rowcount:
            return job
    return None


def take_back(session: Session, now: datetime) -> None:
    """Jobs whose worker has not been heard of: put back when they may be repeated, else ended."""
    connection = session.connection()
    for job in connection.execute(_of_ours(JobStatus.RUNNING).where(JOBS.c.heartbeat_at < now - LEASE)).all():
        kind = KINDS.get(job.kind)
        if job.is_unwanted and not job.result:
            values: dict[str, Any] = {"status": JobStatus.CANCELLED, "finished_at": now}
        elif kind and kind.is_repeatable and job.try_count < MOST_TRIES:  # with pieces done it is the work that ends it
            values = {"status": JobStatus.QUEUED} | ({} if job.result else {"done_count": 0})
        else:
            values = {"status": JobStatus.FAILED, "problem": CUT_OFF, "finished_at": now}
        is_silent = and_(JOBS.c.worker == job.worker, JOBS.c.heartbeat_at == job.heartbeat_at)
        connection.execute(update(JOBS).where(_this(job), is_silent).values(worker=None, **values))


def remove_expired(sessions: Sessions, clock: Clock, folder: Path) -> int:
    """Delete the files of results whose time is over; returns how many."""
    files = [path for path in (folder / "kept").glob("*") if path.is_file()]
    if not files:
        return 0
    with _programs(sessions, clock) as session:
        good = select(JOBS.c.id).where(JOBS.c.subdistrict_id.in_(_here()), JOBS.c.expires_at > clock())
        # One that is running has moved its file and not yet said so.
        good = good.union(_of_ours(JobStatus.RUNNING).with_only_columns(JOBS.c.id))
        kept = set(session.connection().scalars(good))
    gone = [path for path in files if path.name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _of_ours(status: JobStatus):
    return select(JOBS).where(JOBS.c.subdistrict_id.in_(_here()), JOBS.c.status == status)


def _here():
    """The sub-districts of this installation."""
    return select(User.__table__.c.subdistrict_id).distinct()


def _this(job):
    return and_(JOBS.c.subdistrict_id == job.subdistrict_id, JOBS.c.id == job.id)
