"""A worker of a process of its own with one slow kind of work, to be killed and started again.

Run as `python -m tests.support.slow_worker FOLDER`: the database and the job are there already.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import worker
from app import create_app
from config import Config
from models.saved_view import SavedView
from services.background import running
from services.background.work import Work, work


@work("slow", is_repeatable=True)
def slow(work: Work) -> None:
    """Write a row, say so, wait to be killed the first time; row and end are one transaction."""
    with work.session() as session:
        session.add(SavedView(user_id=work.actor.user_id, entity="case", name="做过", query=""))
        session.flush()
        work.finish({"sentence": "好了"}, session=session)
        mark = work.kept.parent / "begun"
        if not mark.exists():
            mark.touch()
            time.sleep(60)


if __name__ == "__main__":
    running.LEASE = timedelta(seconds=1)
    app = create_app(Config(instance=Path(sys.argv[1]), is_testing=True))
    worker.Worker(app, app.config["CONSOLE"]).run()
