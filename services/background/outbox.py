"""The outbox: messages wait in the database and are handed to plug-ins, each at least once under one number.

A try is claimed compare-and-set with a lease, sent outside of any transaction, and its outcome written only by whoever
claimed it. A gateway that repeats the number it has seen turns "at least once" into "once".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.message import Message, MessageChannel, MessageState
from models.user import User

from ..access import Actor, Permission, bind, system
from ..errors import Refused
from .work import Clock, Sessions

LEASE = timedelta(seconds=60)  # longer than any try may last
BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120))
GIVEN_UP_AFTER = timedelta(days=3)
FORGOTTEN_AFTER = timedelta(days=180)
_TABLE = Message.__table__
_log = logging.getLogger("console.outbox")


@dataclass(frozen=True)
class Outgoing:
    """What a plug-in gets. `id` stays the same over all tries; `to` is a number, an address, or "" for a group."""

    id: str
    to: str
    words: str


class Undelivered(Exception):
    """A try that failed, with a sentence in Chinese; a final one is not tried again."""

    def __init__(self, sentence: str, is_final: bool = False):
        super().__init__(sentence)
        self.sentence, self.is_final = sentence[:200], is_final


class Sender(Protocol):
    """A plug-in for one channel; it ends within `LEASE`."""

    def send(self, message: Outgoing) -> str:
        """Hand one message over; returns the gateway's own number or "". Raises `Undelivered`."""


def put(
    session: Session, channel: MessageChannel, words: str, key: str, now: datetime, *, mobile: str | None = None, mail_to: str | None = None
) -> Message | None:
    """Let a message wait to be sent; None when the same was said before."""
    if session.scalar(select(Message.id).where(Message.dedupe_key == key)):
        return None
    row = Message(
        channel=channel, words=words, mobile=mobile, mail_to=mail_to, dedupe_key=key, state=MessageState.WAITING, queued_at=now, next_at=now,
        attempts=0,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return None  # somebody else said it a moment ago
    return row


def again(session: Session, message: Message, actor: Actor, now: datetime) -> None:
    """Try a failed message once more from the start."""
    actor.require(Permission.RESEND)
    if message.state is not MessageState.FAILED:
        raise Refused(f"这条消息{message.state.label}，不用重发")
    message.state, message.next_at, message.attempts, message.problem, message.queued_at = MessageState.WAITING, now, 0, None, now
    session.flush()


# ---- sending -----------------------------------------------------------------------------


def run(sessions: Sessions, clock: Clock, senders: Mapping[MessageChannel, Sender], most: int = 20) -> dict[str, int]:
    """Try what is due on the channels that have a plug-in, at most so many: {"sent", "failed", "later"}."""
    done = {"sent": 0, "failed": 0, "later": 0}
    for _ in range(most if senders else 0):
        claimed = _claim(sessions, clock, list(senders))
        if claimed is None:
            break
        done[_try(sessions, clock, senders, *claimed)] += 1
    return done


def _claim(sessions: Sessions, clock: Clock, channels: list[MessageChannel]):
    """The message due first, leased to this process, as (place, channel, attempt, message); None when none is due."""
    t, now = _TABLE.c, clock()
    due = (
        select(t.subdistrict_id, t.id, t.channel, t.attempts, t.next_at, t.mobile, t.mail_to, t.words)
        .where(t.subdistrict_id.in_(_here()), t.state == MessageState.WAITING, t.next_at <= now, t.channel.in_(channels))
        .order_by(t.next_at, t.id).limit(10)
    )  # fmt: skip
    with sessions() as session:
        bind(session, system(""), now)
        connection = session.connection()
        for row in connection.execute(due).all():
            mine = (t.subdistrict_id == row.subdistrict_id, t.id == row.id, t.state == MessageState.WAITING, t.next_at == row.next_at)
            if connection.execute(update(_TABLE).where(*mine).values(next_at=now + LEASE, attempts=row.attempts + 1)).rowcount:
                session.commit()
                return row.subdistrict_id, row.channel, row.attempts + 1, Outgoing(str(row.id), row.mobile or row.mail_to or "", row.words)
        session.rollback()
    return None


def _try(sessions: Sessions, clock: Clock, senders, place: str, channel: MessageChannel, attempt: int, message: Outgoing) -> str:
    try:
        number = senders[channel].send(message)
        outcome, values = "sent", {"state": MessageState.SENT, "sent_at": clock(), "next_at": None, "gateway_no": number[:200] or None, "problem": None}
    except Undelivered as no:
        if no.is_final or attempt > len(BACKOFF):
            outcome, values = "failed", {"state": MessageState.FAILED, "next_at": None, "problem": no.sentence}
        else:
            outcome, values = "later", {"next_at": clock() + BACKOFF[attempt - 1], "problem": no.sentence}
    except Exception:
        _log.exception("the plug-in for %s failed", channel.value)
        outcome, values = "failed", {"state": MessageState.FAILED, "next_at": None, "problem": "发送插件出错，请联系系统管理员"}
    t = _TABLE.c
    with sessions() as session:
        bind(session, system(place), clock())
        # Whoever took the lease over after it ran out has raised the attempt.
        mine = (t.subdistrict_id == place, t.id == message.id, t.state == MessageState.WAITING, t.attempts == attempt)
        session.connection().execute(update(_TABLE).where(*mine).values(updated_at=clock(), **values))
        session.commit()
    return outcome


def _here():
    """The sub-districts of this installation."""
    return select(User.__table__.c.subdistrict_id).distinct()


def tidy(session: Session, now: datetime) -> int:
    """Give up what has waited for days (an answer of last week helps nobody), forget what is half a year old."""
    t, here = _TABLE.c, _TABLE.c.subdistrict_id == session.info["actor"].subdistrict_id
    old = update(_TABLE).where(here, t.state == MessageState.WAITING, t.queued_at < now - GIVEN_UP_AFTER)
    values = {"state": MessageState.FAILED, "next_at": None, "problem": f"超过{GIVEN_UP_AFTER.days}天没有发出，不再发送"}
    count = session.connection().execute(old.values(**values)).rowcount
    gone = delete(_TABLE).where(here, t.state != MessageState.WAITING, t.queued_at < now - FORGOTTEN_AFTER)
    return count + session.connection().execute(gone).rowcount
