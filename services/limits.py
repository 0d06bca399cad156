"""Limits by counting in the database: they hold for every process and survive a restart."""

from __future__ import annotations

import hashlib
import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.kinds import UtcDateTime
from models.rate_count import RateCount

from .errors import TooOften

_table = RateCount.__table__
# One statement whether the counter has begun or not, and whoever else begins it at the same moment.
_RAISE = text(
    "INSERT INTO rate_counts (id, count, ends_at) VALUES (:id, :count, :ends_at) "
    "ON CONFLICT (id) DO UPDATE SET count = rate_counts.count + excluded.count"
).bindparams(bindparam("ends_at", type_=UtcDateTime()))


def address_of(raw: str) -> str:
    """Whom an address stands for: of IPv6 the half that belongs to one line."""
    return _within(raw, 32, 64)


def network_of(raw: str) -> str:
    """The network around an address: its first three parts, of IPv6 the first 48 bits."""
    return _within(raw, 24, 48)


def _within(raw: str, bits: int, bits_of_six: int) -> str:
    try:
        found = ipaddress.ip_address(raw)
    except ValueError:
        return raw
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, bits if found.version == 4 else bits_of_six), strict=False))


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


@dataclass(frozen=True)
class Counted:
    """One thing that is counted: what, of whom, in stretches of which length, and how often it may be done in one."""

    purpose: str
    who: str
    window: timedelta
    most: int | None = None


class Tally:
    """What was counted so far of many things: read in one statement, raised in one, and asked in between without any."""

    def __init__(self, session: Session, counted: Iterable[Counted], now: datetime):
        self._keys = {c: _key(c.purpose, c.who, c.window, now) for c in counted}
        self._session, self._now, self._more = session, now, Counter()
        ids = list({key for key, _ in self._keys.values()})
        wanted = select(_table.c.id, _table.c.count).where(_table.c.id.in_(ids))
        self._found = dict(session.connection().execute(wanted).all()) if ids else {}

    def refuse(self, counted: Iterable[Counted]) -> None:
        """Raise `TooOften` for the first whose limit is reached."""
        for c in counted:
            key, _ = self._keys[c]
            if c.most is not None and self._found.get(key, 0) + self._more[c] >= c.most:
                raise _too_often(c, self._now)

    def add(self, counted: Iterable[Counted]) -> None:
        """Count one more of each."""
        self._more.update(counted)

    def write(self) -> None:
        """Keep what was added; in the order of the keys, so that two who write never wait for each other."""
        rows = [{"id": self._keys[c][0], "count": by, "ends_at": self._keys[c][1]} for c, by in self._more.items()]
        if rows:
            self._session.connection().execute(_RAISE, sorted(rows, key=lambda row: row["id"]))


def refuse_any(session: Session, counted: Sequence[Counted], now: datetime) -> None:
    """Raise `TooOften` for the first whose limit is reached; one statement for all."""
    Tally(session, counted, now).refuse(counted)


def recent(session: Session, purpose: str, who: str, window: timedelta, now: datetime) -> float:
    """How often in the stretch that ends now, guessed from the present count and the share of the one before."""
    passed = now.timestamp() % window.total_seconds() / window.total_seconds()
    here, before = (_key(purpose, who, window, at)[0] for at in (now, now - window))
    found = dict(session.connection().execute(select(_table.c.id, _table.c.count).where(_table.c.id.in_((here, before)))).all())
    return found.get(here, 0) + found.get(before, 0) * (1 - passed)


def once(session: Session, purpose: str, what: str, until: datetime) -> bool:
    """Whether this is the first time; remembered until then."""
    key = hashlib.sha256(f"{purpose}|{what}".encode()).hexdigest()
    try:
        with session.begin_nested():
            session.connection().execute(insert(_table).values(id=key, count=1, ends_at=until))
    except IntegrityError:
        return False
    return True


def refuse(session: Session, purpose: str, who: str, most: int, window: timedelta, now: datetime) -> None:
    """Raise `TooOften` where the limit is reached; only reads, so a flood costs next to nothing."""
    refuse_any(session, [Counted(purpose, who, window, most)], now)


def _too_often(counted: Counted, now: datetime) -> TooOften:
    _, ends_at = _key(counted.purpose, counted.who, counted.window, now)
    minutes = max(1, -(-int((ends_at - now).total_seconds()) // 60))
    return TooOften(f"操作太频繁了，请约{minutes}分钟后再试；急事请直接打电话", int((ends_at - now).total_seconds()) + 1)


def count(session: Session, purpose: str, who: str, window: timedelta, now: datetime, by: int = 1) -> None:
    """Count one more."""
    key, ends_at = _key(purpose, who, window, now)
    session.connection().execute(_RAISE, {"id": key, "count": by, "ends_at": ends_at})


def forget_old(session: Session, now: datetime) -> int:
    """Drop counters whose time is over."""
    return session.connection().execute(delete(_table).where(_table.c.ends_at < now)).rowcount
