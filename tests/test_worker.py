"""The worker process: does what waits, and a kill -9 in the middle leaves nothing half done."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, func, insert, select

from database import configure_sqlite
from models import Base
from models.codes import JobStatus
from models.division import Division
from models.job import Job
from models.saved_view import SavedView
from services import access
from tests.conftest import SUBDISTRICT, ServiceSession
from tests.support.builders import build_user

ROOT = Path(__file__).resolve().parents[1]


def database(folder: Path) -> Engine:
    engine = create_engine(f"sqlite:///{folder / 'console.db'}")
    configure_sqlite(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Division.__table__), [{"code": SUBDISTRICT, "name": "集里街道"}])
    with ServiceSession(engine, autoflush=False) as session:
        access.bind(session, access.system(SUBDISTRICT), datetime.now(UTC))
        user = build_user(session, "clerk", ["case:view"])
        session.add(Job(kind="slow", title="慢活", requested_by_id=user.id, requested_at=datetime.now(UTC), params={}))
        session.commit()
    return engine


@contextmanager
def working(folder: Path):
    process = subprocess.Popen([sys.executable, "-m", "tests.support.slow_worker", str(folder)], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(is_so) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_killed_workers_job_is_done_once_by_the_next(tmp_path):
    engine = database(tmp_path)

    def stands() -> tuple:
        with engine.connect() as connection:
            views = connection.scalar(select(func.count()).select_from(SavedView.__table__))
            return (*connection.execute(select(Job.status, Job.try_count).where(Job.kind == "slow")).one(), views)

    with working(tmp_path) as process:
        until((tmp_path / "jobs" / "begun").exists)
        process.kill()
        process.wait()
    assert stands() == (JobStatus.RUNNING, 1, 0)
    with working(tmp_path):
        until(lambda: stands()[0] is JobStatus.DONE)
    assert stands() == (JobStatus.DONE, 2, 1)
    engine.dispose()
