"""Signing in: passwords, the lock-out and server-side sessions. Counted and kept in the database."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from models.area import Area
from models.codes import AccessKind
from models.division import Division
from models.user import Role, SignIn, SignInFailure, User

from . import kept, parameters
from .keeping import audit
from .access import Actor, bind
from .errors import Refused

TOUCH_EVERY = timedelta(minutes=1)
LONGEST_PASSWORD = 128
WRONG = "登录名或密码不对，请重新输入。忘记密码请联系安全管理员重置"
_COMMON = ("password", "qwerty", "abc123", "123456", "111111", "admin", "liuyang", "jili")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_nobody = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class Attempt:
    """The outcome of a try: a user with the token of a new session, or the sentence why not."""

    user: User | None = None
    token: str = ""
    sentence: str = ""
    is_locked: bool = False


@dataclass(frozen=True)
class Present:
    """Who a session belongs to; everything a request needs of the account, in one row."""

    actor: Actor
    username: str
    subdistrict_name: str
    must_change_password: bool
    is_touch_due: bool


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def new_password() -> str:
    """A random first password: four groups of five, 116 bits, no letters that look alike."""
    while True:
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4)]
        password = "-".join(groups)
        if not policy(password, "", len(password)):
            return password


def rules(session: Session) -> tuple[str, ...]:
    """What a password must be like, in words."""
    shortest = parameters.value(session, "password_length")
    return (
        f"至少{shortest}个字符，最多{LONGEST_PASSWORD}个", "大写字母、小写字母、数字、其他符号中至少有三种",
        "不能包含登录名，不能是常见的密码", "不能与现在的密码相同",
    )  # fmt: skip


def policy(password: str, username: str, shortest: int) -> str | None:
    """What is wrong with a password, in words; None when it may be used."""
    if not shortest <= len(password) <= LONGEST_PASSWORD:
        return f"密码应为{shortest}到{LONGEST_PASSWORD}个字符，现在{len(password)}个"
    kinds = [str.isupper, str.islower, str.isdigit, lambda c: not c.isalnum()]
    if sum(any(kind(c) for c in password) for kind in kinds) < 3:
        return "密码应包含大写字母、小写字母、数字、其他符号中的至少三种"
    lower = password.lower()
    if username and username.lower() in lower:
        return "密码不能包含登录名"
    if any(word in lower for word in _COMMON) or len(set(lower)) < 5:
        return "密码太常见、容易被猜到，请换一个"
    return None


def sign_in(session: Session, username: str, password: str, address: str, now: datetime) -> Attempt:
    """Check a try and open a session. The caller commits either way: failures count."""
    username = username.strip().lower()[:64]
    if _is_locked(session, username, address, now):
        minutes = parameters.strictest(session, "lockout_minutes")
        return Attempt(
            sentence=f"连续输错次数太多，已暂停登录，请{minutes}分钟后再试，或联系安全管理员", is_locked=True
        )
    user = session.scalar(select(User).where(User.username == username))
    fits = verify(user.password_hash if user else _nobody, password[:LONGEST_PASSWORD * 2])
    if user is None or not fits or not user.is_active:
        session.add(SignInFailure(username=username, address=address, failed_at=now))
        session.flush()
        most = parameters.strictest(session, "failures_per_account")
        if user is not None and _failures(session, SignInFailure.username == username, now) == most:
            bind(session, Actor(user.id, user.name, user.subdistrict_id), now)
            audit.accessed(session, AccessKind.LOCKED, detail=f"连续{most}次输错")
        return Attempt(sentence=WRONG)
    session.execute(delete(SignInFailure).where(SignInFailure.username == username))
    token = _open(session, user, address, now)
    user.last_seen_at = now
    session.flush()
    bind(session, Actor(user.id, user.name, user.subdistrict_id), now)
    audit.accessed(session, AccessKind.SIGN_IN)
    return Attempt(user, token)


def _is_locked(session: Session, username: str, address: str, now: datetime) -> bool:
    counted = {"failures_per_account": SignInFailure.username == username,
               "failures_per_address": SignInFailure.address == address}  # fmt: skip
    return any(_failures(session, whose, now) >= parameters.strictest(session, n) for n, whose in counted.items())


def _failures(session: Session, whose, now: datetime) -> int:
    since = now - timedelta(minutes=parameters.strictest(session, "lockout_minutes"))
    wanted = select(func.count()).select_from(SignInFailure).where(whose, SignInFailure.failed_at > since)
    return session.scalar(wanted)


def _open(session: Session, user: User, address: str, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(SignIn(id=_digest(token), user_id=user.id, started_at=now, last_seen_at=now, address=address))
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def current(session: Session, token: str, now: datetime) -> Present | None:
    """Whose session a token opens, if it still lives, and what is kept may be used: one statement a request.

    Tables are read directly: before this answer there is no actor whose scope could apply.
    """
    line = session.connection().execute(_who_asks(), {"digest": _digest(token)}).first()
    if line is None:
        return None
    user_id, name, subdistrict, permissions, code, role, area, unit, worker, is_scoped, username, place, must, seen, began, mark = line
    kept.begin(session, mark)
    idle = timedelta(minutes=parameters.value(session, "idle_minutes", subdistrict))
    longest = timedelta(hours=parameters.value(session, "session_hours", subdistrict))
    if now - seen >= idle or now - began >= longest:
        return None
    actor = Actor(user_id, name, subdistrict, frozenset(permissions), code, role, area, unit, worker, is_scoped)
    return Present(actor, username, place, must, now - seen > TOUCH_EVERY)


@cache
def _who_asks() -> Select:
    """The statement of every request, made once: making it takes longer than its answer."""
    opened, users, roles = SignIn.__table__.c, User.__table__.c, Role.__table__.c
    areas, divisions = Area.__table__.c, Division.__table__.c
    return (
        select(
            users.id, users.name, users.subdistrict_id, roles.permissions, roles.code, roles.name, areas.code,
            users.unit_id, users.worker_id, users.is_scoped, users.username, divisions.name,
            users.must_change_password, opened.last_seen_at, opened.started_at, kept.MARK,
        )
        .select_from(SignIn.__table__)
        .join(User.__table__, users.id == opened.user_id)
        .join(Role.__table__, roles.id == users.role_id)
        .join(Division.__table__, divisions.code == users.subdistrict_id)
        .outerjoin(Area.__table__, and_(areas.id == users.area_id, areas.subdistrict_id == users.subdistrict_id))
        .where(opened.id == bindparam("digest"), opened.ended_at.is_(None), users.is_active.is_(True))
    )  # fmt: skip


def touch(session: Session, token: str, now: datetime) -> None:
    """Note that a session is in use; a minute's grain spares a write on every page."""
    table = SignIn.__table__
    session.connection().execute(update(table).where(table.c.id == _digest(token)).values(last_seen_at=now))


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End a session: a copy of its cookie is worthless from here on."""
    session.execute(update(SignIn).where(SignIn.id == _digest(token)).values(ended_at=now))
    audit.accessed(session, AccessKind.SIGN_OUT)


def end_all(session: Session, user: User, now: datetime, but: str = "") -> None:
    """End all sessions of a user, except the one with the token `but`."""
    session.execute(
        update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None), SignIn.id != _digest(but))
        .values(ended_at=now)
    )  # fmt: skip


def reset(session: Session, user: User, now: datetime) -> str:
    """Give an account a new first password, end its sessions and lift its lock; returns the password."""
    password = new_password()
    user.password_hash = hash_password(password)
    user.must_change_password = True
    end_all(session, user, now)
    session.execute(delete(SignInFailure).where(SignInFailure.username == user.username))
    audit.accessed(session, AccessKind.RESET, entity=User, record_id=user.id, detail=user.username)
    session.flush()
    return password


def is_locked(session: Session, user: User, now: datetime) -> bool:
    """True while too many wrong passwords keep an account out."""
    most = parameters.strictest(session, "failures_per_account")
    return _failures(session, SignInFailure.username == user.username, now) >= most


def change_password(
    session: Session, user: User, old: str, new: str, again: str, now: datetime, token: str = ""
) -> None:
    """Change one's own password and end one's other sessions; raises `Refused` naming the field."""
    if not verify(user.password_hash, old):
        raise Refused("现在的密码不对，请重新输入", field="current")
    if new != again:
        raise Refused("两次输入的新密码不一样，请重新输入", field="again")
    if new == old:
        raise Refused("新密码不能与现在的密码相同", field="password")
    wrong = policy(new, user.username, parameters.value(session, "password_length"))
    if wrong:
        raise Refused(wrong, field="password")
    user.password_hash = hash_password(new)
    user.must_change_password = False
    end_all(session, user, now, but=token)
    session.flush()


def forget_old(session: Session, now: datetime) -> int:
    """Delete failures and sessions that can no longer matter; returns how many rows went."""
    gone = session.execute(delete(SignInFailure).where(SignInFailure.failed_at < now - timedelta(days=1))).rowcount
    old = or_(SignIn.ended_at < now - timedelta(days=30), SignIn.started_at < now - timedelta(days=30))
    return gone + session.execute(delete(SignIn).where(old)).rowcount
