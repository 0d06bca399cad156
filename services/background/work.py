"""Long work as the function that does it sees it: whose it is, its sessions, folder, progress and end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.codes import JobStatus
from models.job import Job

from ..access import Actor, bind, system

Clock = Callable[[], datetime]
Sessions = Callable[[], Session]

JOBS = Job.__table__
KEPT_FOR = timedelta(hours=24)
_REST = 0.12  # seconds; whoever waits for SQLite looks again at least every 0.1


class Stopped(Exception):
    """Work must end here: the person no longer wants it, or another process has taken it over."""


@dataclass(frozen=True)
class Kind:
    """One kind of long work. A repeatable one is begun again when its process was killed."""

    name: str
    run: Callable[[Work], None]
    is_repeatable: bool = False


KINDS: dict[str, Kind] = {}


def shown_at(folder: Path, job_id: str) -> Path:
    """Where a running job leaves how many things are done."""
    return folder / "progress" / job_id


def work(name: str, *, is_repeatable: bool = False) -> Callable:
    """Register the function that does this kind of long work: `run(work: Work) -> None`.

    It raises `Refused` to end with a sentence. Only what leaves nothing half done when it is cut
    off anywhere may be repeatable.
    """

    def register(run: Callable[[Work], None]) -> Callable[[Work], None]:
        KINDS[name] = Kind(name, run, is_repeatable)
        return run

    return register


@dataclass
class Work:
    """One job in hand. Nothing is shared with requests: every session is opened and closed here."""

    job_id: str
    subdistrict_id: str
    actor: Actor
    params: dict[str, Any]
    token: str
    now: Clock
    sessions: Sessions
    folder: Path
    """Its own folder for files, removed afterwards."""
    kept: Path
    """Where files of results are kept."""
    done: int = 0
    total: int | None = None
    state: dict[str, Any] = field(default_factory=dict)
    """What work in pieces kept of how far it had come, when it is begun again."""
    is_last_try: bool = False
    is_finished: bool = False
    _is_stopped: bool = field(default=False, repr=False)
    _shown: int = field(default=-1, repr=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session in the name of the person who asked for it; commits at its end, or rolls back."""
        with self.sessions() as session:
            bind(session, self.actor, self.now())
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def reading(self, is_once: bool = False) -> Iterator[Session]:
        """A session that only reads and keeps nobody from writing, however long it lasts; `is_once`: none of its rows twice."""
        with self.sessions() as session:
            bind(session, self.actor, self.now())
            session.connection(execution_options={"only_reads": True, "reads_once": is_once})
            yield session
            session.rollback()

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how many things are done, as often as wanted; raises `Stopped` when the work must end."""
        self.done, self.total = done, self.total if total is None else total
        self._show()
        if self._is_stopped:
            raise Stopped

    def _show(self) -> None:
        """Leave every hundredth part in a file, which a page can read while the work itself holds the lock of SQLite."""
        part = self.done * 100 // self.total if self.total else self.done // 1000
        if part != self._shown:
            self._shown = part
            file = shown_at(self.kept.parent, self.job_id)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(str(self.done))

    def hold(self, session: Session, state: dict[str, Any]) -> None:
        """Keep how far work in pieces has come, in the transaction of the piece; raises `Stopped` when it is no longer ours.

        A piece done means that the next try is a first one again.
        """
        values = {"result": {"state": state}, "done_count": self.done, "heartbeat_at": self.now(), "try_count": 1}
        if not session.connection().execute(update(JOBS).where(*self._mine()).values(**values)).rowcount:
            raise Stopped
        self.state = state

    def rest(self) -> None:
        """Let others write between two pieces: SQLite gives its one lock to whoever happens to ask."""
        time.sleep(_REST)

    def is_cancelled(self) -> bool:
        """True once the person has cancelled the work, as of the last beat."""
        return self._is_stopped

    def beat(self) -> None:
        """Write the lease and the progress, and learn whether the work is still wanted."""
        with self.sessions() as session:
            now = self.now()
            bind(session, system(self.subdistrict_id), now)
            connection = session.connection()
            written = connection.execute(
                update(JOBS).where(*self._mine()).values(heartbeat_at=now, done_count=self.done, total_count=self.total)
            )
            unwanted = connection.scalar(select(JOBS.c.is_unwanted).where(*self._mine()))
            session.commit()
        self._is_stopped = self._is_stopped or not written.rowcount or bool(unwanted)

    def finish(
        self, result: dict | None = None, *, file: Path | None = None, file_name: str = "",
        session: Session | None = None,
    ) -> None:  # fmt: skip
        """End the work well. `file` is moved to the kept results under its Chinese `file_name`.

        With a `session` the end is part of that transaction: either all that was written in it and
        the end hold, or neither. Raises `Stopped` when somebody else has taken the job over.
        """
        values: dict[str, Any] = {"status": JobStatus.DONE, "result": result, "problem": None}
        if file is not None:
            values |= self._keep(file, file_name)
        if session is not None:
            self._end(session, values)
        else:
            with self.sessions() as own:
                self._end(bind(own, system(self.subdistrict_id), self.now()), values)
                own.commit()
        self.is_finished = True

    def give_up(self, status: JobStatus, problem: str | None = None) -> None:
        """End the work without a result, but for what `state` says there is to be read of it."""
        with self.sessions() as session:
            self._end(bind(session, system(self.subdistrict_id), self.now()), {"status": status, "problem": problem, "result": self.state.get("told")})
            session.commit()

    def _end(self, session: Session, values: dict[str, Any]) -> None:
        own = {"worker": None, "finished_at": self.now(), "done_count": self.done, "total_count": self.total}
        if not session.connection().execute(update(JOBS).where(*self._mine()).values(**own | values)).rowcount:
            raise Stopped

    def _mine(self) -> tuple:
        return (
            JOBS.c.subdistrict_id == self.subdistrict_id, JOBS.c.id == self.job_id, JOBS.c.worker == self.token,
        )  # fmt: skip

    def _keep(self, file: Path, file_name: str) -> dict[str, Any]:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        size = file.stat().st_size
        self.kept.mkdir(parents=True, exist_ok=True)
        file.replace(self.kept / self.job_id)
        return {
            "file_name": file_name, "file_hash": digest, "file_size": size, "expires_at": self.now() + KEPT_FOR,
        }  # fmt: skip
