"""Limits by counting in the database: they hold for every process and survive a restart."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.rate_count import RateCount

from .errors import TooOften

_table = RateCount.__table__


def _key(purpose: str, who: str, window: timedelta, now: datetime) -> tuple[str, datetime]:
    """The counter of this stretch of time and when it ends; stretches begin at whole multiples of the window."""
    seconds = int(window.total_seconds())
    number = int(now.timestamp()) // seconds
    digest = hashlib.sha256(f"{purpose}|{who}|{seconds}|{number}".encode()).hexdigest()
    return digest, datetime.fromtimestamp((number + 1) * seconds, now.tzinfo)


def used(session: Session, purpose: str, who: str, window: timedelta, now: datetime) -> int:
    """How often it was done in the present stretch of time."""
    key, _ = _key(purpose, who, window, now)
    return session.connection().scalar(select(_table.c.count).where(_table.c.id == key)) or 0


def refuse(session: Session, purpose: str, who: str, most: int, window: timedelta, now: datetime) -> None:
    """Raise `TooOften` where the limit is reached; only reads, so a flood costs next to nothing."""
    if used(session, purpose, who, window, now) >= most:
        _, ends_at = _key(purpose, who, window, now)
        minutes = max(1, -(-int((ends_at - now).total_seconds()) // 60))
        raise TooOften(f"操作太频繁了，请约{minutes}分钟后再试；急事请直接打电话", int((ends_at - now).total_seconds()) + 1)


def count(session: Session, purpose: str, who: str, window: timedelta, now: datetime, by: int = 1) -> None:
    """Count one more."""
    key, ends_at = _key(purpose, who, window, now)
    connection = session.connection()
    raised = update(_table).where(_table.c.id == key).values(count=_table.c.count + by)
    if connection.execute(raised).rowcount:
        return
    try:
        with session.begin_nested():
            session.connection().execute(insert(_table).values(id=key, count=by, ends_at=ends_at))
    except IntegrityError:
        connection.execute(raised)  # somebody else began the same counter a moment ago


def forget_old(session: Session, now: datetime) -> int:
    """Drop counters whose time is over."""
    return session.connection().execute(delete(_table).where(_table.c.ends_at < now)).rowcount
