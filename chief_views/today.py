"""Today: what is mine to answer, whether today is reported; and for group and sector chiefs the level below."""

from __future__ import annotations

from flask import request

from extensions import db, now
from models.area import Area
from services.phone import chief_below, chief_desk
from services.due_dates import local_day
from services.keeping.records import find

from .room import me, page, room


@room.get("/")
def today():
    return page("today", today=chief_desk.today(db.session, me(), now()), day=local_day(now()))


@room.get("/below")
def below():
    """The level below the own area, or below one further down, with numerator and denominator."""
    top = _area()
    lines = chief_below.below(db.session, top, local_day(now()))
    return page("below", top=top, lines=lines, total=chief_below.total(lines), is_own=top.id == me().area_id)


@room.get("/below/appeals")
def appeals_below():
    """What is in hand there."""
    top = _area()
    return page("appeals", top=top, lines=chief_below.appeals(db.session, top, local_day(now())))


def _area() -> Area:
    return find(db.session, Area, request.args.get("area") or me().area_id)
