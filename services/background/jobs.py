"""Background jobs: asked for in a request, looked at, cancelled; `services.background.running` does them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.orm import Session

from models.codes import JobStatus
from models.job import Job

from ..access import Actor, Permission
from ..errors import Missing, Refused
from ..keeping.records import typed
from .running import run_waiting
from .work import JOBS, KINDS, Stopped, Work, shown_at, work

__all__ = ["Stopped", "Work", "cancel", "enqueue", "run_waiting", "work"]

MOST_WAITING = 5
SHOWN = 50
FORGOTTEN_AFTER = timedelta(days=90)
OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


def enqueue(
    session: Session, actor: Actor, now: datetime, kind: str, title: str, params: dict[str, Any], *,
    queue: str | None = None, total: int | None = None,
) -> Job:  # fmt: skip
    """Ask for long work in the actor's name; jobs of one `queue` run one after another."""
    if kind not in KINDS:
        raise KeyError(f"no work is called {kind}")
    if actor.user_id is not None and len(waiting_of(session, actor)) >= MOST_WAITING:
        raise Refused(f"您有{MOST_WAITING}项后台任务还没有做完，请等做完，或到“后台任务”取消不要的")
    job = Job(
        kind=kind, title=title[:200], params=params, queue=queue, total_count=total, requested_by_id=actor.user_id,
        requested_at=now, status=JobStatus.QUEUED,
    )  # fmt: skip
    session.add(job)
    session.flush()
    return job


def open_of(actor: Actor) -> Select:
    """The ids of a person's own jobs that are not over yet."""
    return select(Job.id).where(Job.requested_by_id == actor.user_id, Job.status.in_(OPEN))


def waiting_of(session: Session, actor: Actor) -> Sequence[Job]:
    """A person's own jobs that are not over yet."""
    own = select(Job).where(Job.requested_by_id == actor.user_id, Job.status.in_(OPEN))
    return session.scalars(own.order_by(Job.requested_at).limit(SHOWN)).all()


def listed(session: Session, actor: Actor, everyone: bool = False) -> Sequence[Job]:
    """The newest jobs: one's own, or with permission those of all."""
    wanted = select(Job).order_by(Job.requested_at.desc(), Job.id.desc()).limit(SHOWN)
    if everyone:
        actor.require(Permission.JOBS)
    else:
        wanted = wanted.where(Job.requested_by_id == actor.user_id)
    return session.scalars(wanted).all()


def find(session: Session, job_id: str, actor: Actor) -> Job:
    """A job that is one's own, or anybody's with permission; else `Missing`."""
    job = session.get(Job, (actor.subdistrict_id, typed(JOBS.c.id, job_id)))
    if job is None or not (is_own(job, actor) or actor.may(Permission.JOBS)):
        raise Missing("没有找到这项后台任务")
    return job


def done_count(job: Job, folder: Path) -> int:
    """How many things of a job are done: as in the database, or as its process says where that could not be written."""
    if job.status is not JobStatus.RUNNING:
        return job.done_count
    try:
        return max(job.done_count, int(shown_at(folder, job.id).read_text()))
    except (FileNotFoundError, ValueError):  # none yet, or caught between opening and writing
        return job.done_count


def is_own(job: Job, actor: Actor) -> bool:
    return actor.user_id is not None and job.requested_by_id == actor.user_id


def result_file(session: Session, job_id: str, actor: Actor, now: datetime, kept: Path) -> tuple[Job, Path]:
    """The file of one's own finished job; nobody else's, whatever the permission."""
    job = find(session, job_id, actor)
    path = kept / job.id
    if not is_own(job, actor) or job.file_name is None:
        raise Missing("这项任务没有可以下载的文件")
    if job.expires_at <= now or not path.exists():
        raise Missing("文件已过保留时间并已删除，请重新提交一次")
    return job, path


def cancel(session: Session, job_id: str, actor: Actor, now: datetime) -> Job:
    """End a job that has not begun at once; ask any other to end, which its next step does."""
    job = find(session, job_id, actor)
    if job.status not in OPEN:
        raise Refused(f"这项任务{job.status.label}，不用取消")
    connection, this = session.connection(), and_(JOBS.c.subdistrict_id == job.subdistrict_id, JOBS.c.id == job.id)
    ended = connection.execute(
        update(JOBS).where(this, JOBS.c.status == JobStatus.QUEUED, JOBS.c.result.is_(None))
        .values(status=JobStatus.CANCELLED, finished_at=now)
    )  # fmt: skip
    if not ended.rowcount:
        connection.execute(update(JOBS).where(this, JOBS.c.status.in_(OPEN)).values(is_unwanted=True))
    session.refresh(job)
    return job


def forget_old(session: Session, now: datetime) -> int:
    """Delete jobs that ended long ago; returns how many."""
    old = delete(JOBS).where(JOBS.c.subdistrict_id == session.info["actor"].subdistrict_id, JOBS.c.finished_at < now - FORGOTTEN_AFTER)
    return session.connection().execute(old).rowcount
