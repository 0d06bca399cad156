"""A worker of a process of its own that stands still at one point of an import, to be killed there.

Run as `python -m tests.support.halting_worker DATABASE FOLDER INSTANT POINT`: what it is to do waits already. At the point it
leaves a file `halted` in the folder.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from functools import wraps
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine.default import DefaultDialect

from database import configure_sqlite
from formats.child import Child
from models import sealed
from services.background.work import Work
from services.keeping import audit
from services.lists import indexing
from services.rosters import importing, writing
from services.rosters.layouts import RosterLayout
from services.rosters.planning import Planner
from tests.conftest import _KEY
from tests.services.rosters.test_imports import Desk

POINTS = {
    "begun": (importing, "_ready", 1, False),
    "the file being read": (Child, "answer", 1, False),
    "half planned": (Planner, "settle", 2, False),
    "planned": (importing, "_write", 1, False),
    "first rows without their trail": (audit, "written", 1, False),
    "first rows without their index": (indexing, "refresh", 1, False),
    "half written": (RosterLayout, "write", 1, True),
    "in the second half": (writing, "_trail", 2001, False),
    "all rows written": (RosterLayout, "write", 2, True),
    "all but the end of the job": (Work, "finish", 1, False),
    "all and the end of the job": (Work, "finish", 1, True),
    "before the commit": (DefaultDialect, "do_commit", 2, False),  # the first says whose the job is
    "after the commit": (DefaultDialect, "do_commit", 2, True),
}
"""The function at whose so-many-th call it stands still: before it, or after it where the last is true."""


def halt(point: str, mark: Path) -> None:
    """Have this process stand still at a point."""
    place, name, left, is_after = POINTS[point]
    inner = getattr(place, name)

    @wraps(inner)
    def halting(*arguments, **named):
        nonlocal left
        left -= 1
        found = inner(*arguments, **named) if left or is_after else None
        if not left:
            mark.touch()
            time.sleep(60)
        return found

    setattr(place, name, halting)


if __name__ == "__main__":
    database, folder, now, point = sys.argv[1:]
    engine = create_engine(database)
    if engine.dialect.name == "sqlite":
        configure_sqlite(engine)
    sealed.use_keys({"1": _KEY})
    halt(point, Path(folder) / "halted")
    desk = Desk(engine, Path(folder))
    desk.now = datetime.fromisoformat(now)
    desk.work()
