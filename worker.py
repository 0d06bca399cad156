"""The worker: a process of its own beside the server that does background jobs and the nightly work.

`flask --app app worker` is one; `python app.py` keeps one running. It has a lower priority than
the server, so that heavy work never slows the pages down.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from admin_views import request_log
from config import Config
from database import allow_long_work
from extensions import db, now
from processes import calm
from services import access, nightly
from services.background import outbox, running, senders
from services.background.work import Work

LOOKS_EVERY = 0.3  # seconds; a waiting job is begun about so soon
BEATS_EVERY = 1.0
POSTS_EVERY = 5.0
TIDIES_EVERY = 60.0
NICE = 10
_log = logging.getLogger("console.jobs")


def folder(config: Config) -> Path:
    """Where temporary files and kept results lie."""
    return config.instance / "jobs"


def new_session() -> Session:
    """A session that no request shares; the caller binds, commits and closes it."""
    return db.session.session_factory()


class Worker:
    """Does jobs until it is told to stop or its parent is gone."""

    def __init__(self, app: Flask, config: Config):
        self.app, self.folder = app, folder(config)
        self._stop = threading.Event()
        self._parent = os.getppid()

    def stop(self, *_signal) -> None:
        """End after the job in hand."""
        self._stop.set()

    def run(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.app.app_context(), self._alone(), self._posting():
            shutil.rmtree(self.folder / "work", ignore_errors=True)
            tidied = -TIDIES_EVERY
            while self._goes_on():
                try:
                    if time.monotonic() - tidied >= TIDIES_EVERY:
                        nightly.plan(new_session, now)
                        nightly.chase(new_session, now)
                        running.remove_expired(new_session, now, self.folder)
                        nightly.forget_files(new_session, now, self.folder)
                        tidied = time.monotonic()
                    if not running.run_next(new_session, now, self.folder, self._watched):
                        self._stop.wait(LOOKS_EVERY)
                except OperationalError:
                    _log.exception("the database does not answer")
                    self._stop.wait(5)

    def _goes_on(self) -> bool:
        return not self._stop.is_set() and os.getppid() == self._parent

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One worker an instance folder; the lock goes with the process, even a killed one."""
        with (self.folder / "worker.lock").open("w") as lock:
            while self._goes_on():
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    self._stop.wait(1)
            yield

    @contextmanager
    def _posting(self) -> Iterator[None]:
        """Empty the outbox from a thread of its own, so that a gateway that hangs holds up no job."""
        is_over = threading.Event()

        def post() -> None:
            with self.app.app_context():
                while not is_over.wait(POSTS_EVERY):
                    try:
                        outbox.run(new_session, now, senders.load(self.folder.parent / "senders.json"))
                    except (OperationalError, ValueError) as problem:
                        _log.error("the outbox was not emptied: %s", problem)
                        is_over.wait(60)

        thread = threading.Thread(target=post, name="post", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(timeout=senders.TIMEOUT)

    @contextmanager
    def _watched(self, work: Work) -> Iterator[None]:
        """Keep the lease of the work in hand, and its progress, from a second thread."""
        is_over = threading.Event()

        def beat() -> None:
            with self.app.app_context():
                while not is_over.wait(BEATS_EVERY):
                    try:
                        work.beat()
                    except OperationalError:
                        _log.warning("the beat of job %s found the database busy", work.job_id)

        thread = threading.Thread(target=beat, name="beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


@click.command("worker")
def worker_command() -> None:
    """处理后台任务和夜间工作，直到被停止；python app.py 会自动带一个。"""
    os.umask(0o077)
    os.nice(NICE)
    config = current_app.config["CONSOLE"]
    request_log.write_to(current_app._get_current_object(), config.instance / "log" / "worker.log")
    allow_long_work(db.engine)
    calm()
    worker = Worker(current_app._get_current_object(), config)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run()


@click.command("nightly")
def nightly_command() -> None:
    """立即做一遍夜间例行工作；可以重复运行。"""
    with new_session() as session:
        places = nightly.sub_districts(access.bind(session, access.system(""), now()))
    for place in places:
        for label, is_done in nightly.run_all(new_session, now, place):
            click.echo(f"{place} {label}：{'已做完' if is_done else '没有做完，原因见日志'}")
