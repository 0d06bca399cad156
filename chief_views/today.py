"""Today: what is mine to answer, whether today is reported; and for group and sector chiefs the level below."""

from __future__ import annotations

from extensions import db, now
from services import chief_below, chief_desk
from services.due_dates import local_day

from .room import me, page, room


@room.get("/")
def today():
    return page("today", today=chief_desk.today(db.session, me(), now()), day=local_day(now()))


@room.get("/below")
def below():
    """The level below, with numerator and denominator."""
    lines = chief_below.below(db.session, me(), local_day(now()))
    return page("below", lines=lines, total=chief_below.total(lines))
