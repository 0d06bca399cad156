"""Chiefs on their phones: a one-time code handed out by the office, then a device that stays signed in.

A chief has no account. Who somebody is on a phone, what that person may do and see follows from the
office held: the permissions of the role of chiefs and the branch of the tree. Both end with the office.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session, contains_eager

from models.area import Area
from models.codes import AccessKind, ChiefKind
from models.device import Device, PhoneCode
from models.division import Division
from models.kinds import MOBILE
from models.neighbor import Chief
from models.sealed import seal
from models.user import Role

from .. import kept, limits, parameters
from ..keeping import audit
from ..access import Actor, Permission, bind
from ..errors import Refused

ROLE = "neighbor_chief"
TOUCH_EVERY = timedelta(minutes=10)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
MOST_SLIPS = 100
WRONG = "手机号或登录码不对，或者登录码已经用过、过期。请核对，或找村社区、街道重新要一个"
_TOKEN = re.compile(r"(\d{9})\.([\w-]{43})")


@dataclass(frozen=True)
class Present:
    """The chief whom a device belongs to; everything a page needs of that person, in one row."""

    actor: Actor
    device_id: str
    chief_id: str
    kind: ChiefKind
    area_id: str
    area_name: str
    subdistrict_name: str
    is_touch_due: bool

    @property
    def is_neighbor(self) -> bool:
        return self.kind is ChiefKind.NEIGHBORHOOD


class WrongCode(Refused):
    """Number and code do not fit; the door counts the try in a transaction of its own."""

    def __init__(self):
        super().__init__(WRONG)


# ---- the office ---------------------------------------------------------------------


def make_code(session: Session, chief: Chief, actor: Actor, now: datetime) -> str:
    """Make a code for a chief in office, shown once; an earlier one that was not used stops."""
    actor.require(Permission.PHONE)
    if chief.ended_on is not None:
        raise Refused("这位已经卸任，不能再发登录码；请给接任的人发")
    _end_codes(session, chief.id, now)
    code = f"{secrets.randbelow(10**8):08d}"
    hours = parameters.value(session, "phone_code_hours")
    session.add(PhoneCode(
        chief_id=chief.id, code_hash=_code_hash(chief.id, code), made_at=now, expires_at=now + timedelta(hours=hours),
        made_by_id=actor.user_id,
    ))  # fmt: skip
    session.flush()
    return code


def _code_hash(chief_id: str, code: str) -> str:
    """Keyed with what lies outside the database, since eight digits alone could be tried out; quick enough for a hundred slips."""
    return hashlib.sha256(seal(f"{chief_id} {code}", "phone_code").encode()).hexdigest()


def make_codes(session: Session, area: Area, actor: Actor, now: datetime) -> tuple[list[tuple[Chief, str]], int]:
    """Codes for the chiefs at or below an area who are on no phone yet and hold no code: at most `MOST_SLIPS`, and how many are left."""
    actor.require(Permission.PHONE)
    inside = Area.code.startswith(area.code, autoescape=True)
    on_phone = select(Device.chief_id).where(Device.ended_at.is_(None))
    waiting = select(PhoneCode.chief_id).where(_is_usable(now))
    wanted = (
        select(Chief).join(Chief.area).options(contains_eager(Chief.area))
        .where(inside, Chief.ended_on.is_(None), Chief.id.not_in(on_phone), Chief.id.not_in(waiting))
        .order_by(Area.code).limit(MOST_SLIPS + 1)
    )  # fmt: skip
    found = session.scalars(wanted).all()
    return [(chief, make_code(session, chief, actor, now)) for chief in found[:MOST_SLIPS]], max(0, len(found) - MOST_SLIPS)


def _is_usable(now: datetime):
    return and_(PhoneCode.used_at.is_(None), PhoneCode.ended_at.is_(None), PhoneCode.expires_at > now)


def _end_codes(session: Session, chief_id: str, now: datetime) -> None:
    is_open = (PhoneCode.chief_id == chief_id, PhoneCode.used_at.is_(None), PhoneCode.ended_at.is_(None))
    for code in session.scalars(select(PhoneCode).where(*is_open)):
        code.ended_at = now
    session.flush()


def revoke(session: Session, device: Device, actor: Actor, now: datetime) -> None:
    """Sign a device out from afar: a phone was lost or is used by somebody else."""
    actor.require(Permission.PHONE)
    if device.ended_at is not None:
        raise Refused("这台设备已经注销")
    device.ended_at, device.ended_by = now, actor.name
    session.flush()


def switch_off(session: Session, chief: Chief, actor: Actor, now: datetime) -> int:
    """End all devices and codes of a chief; nothing opens again until the office makes a new code. Returns how many devices went."""
    actor.require(Permission.PHONE)
    _end_codes(session, chief.id, now)
    devices = session.scalars(select(Device).where(Device.chief_id == chief.id, Device.ended_at.is_(None))).all()
    for device in devices:
        device.ended_at, device.ended_by = now, actor.name
    session.flush()
    return len(devices)


# ---- the phone ----------------------------------------------------------------------


def enter(session: Session, mobile: str, code: str, device_name: str, address: str, now: datetime) -> str:
    """Sign a device in with a number and a code that has not been used; returns the value of its cookie.

    Raises `WrongCode` (to be counted with `count_try`) or `TooOften`.
    """
    mobile, code = MOBILE.normalise(mobile)[:20], re.sub(r"\D", "", code)[:12]
    limits.refuse(session, "phone_address", limits.address_of(address), 30, QUARTER, now)
    limits.refuse(session, "phone_number", mobile, 5, QUARTER, now)
    limits.refuse(session, "phone_number_day", mobile, 30, DAY, now)
    wanted = (
        select(PhoneCode, Chief).join(PhoneCode.chief)
        .where(Chief.mobile == mobile, Chief.ended_on.is_(None), _is_usable(now)).limit(5)
    )
    found = session.execute(wanted).all() if MOBILE.check(mobile) is None else []
    fitting = [(known, chief) for known, chief in found if compare_digest(known.code_hash, _code_hash(chief.id, code))]
    if not fitting:
        raise WrongCode
    known, chief = fitting[0]
    bind(session, Actor(None, chief.name, chief.subdistrict_id, is_scoped=False), now)
    known.used_at = now
    token = secrets.token_urlsafe(32)
    session.add(Device(
        chief_id=chief.id, name=device_name, signed_in_at=now, last_seen_at=now, address=address[:45], token_hash=_digest(token),
    ))  # fmt: skip
    session.flush()
    audit.accessed(session, AccessKind.SIGN_IN, entity=Chief, record_id=chief.id, detail=f"手机：{device_name}")
    return f"{chief.subdistrict_id}.{token}"


def count_try(session: Session, mobile: str, address: str, now: datetime) -> None:
    """Count one wrong pair, whether the number is known or not."""
    mobile = MOBILE.normalise(mobile)[:20]
    limits.count(session, "phone_address", limits.address_of(address), QUARTER, now)
    limits.count(session, "phone_number", mobile, QUARTER, now)
    limits.count(session, "phone_number_day", mobile, DAY, now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def current(session: Session, cookie: str, now: datetime) -> Present | None:
    """Whom a device's cookie belongs to while the office lasts and nobody has ended it: one statement a request.

    Tables are read directly: before this answer there is no actor whose scope could apply.
    """
    parts = _TOKEN.fullmatch(cookie or "")
    if parts is None:
        return None
    subdistrict, token = parts.groups()
    devices, chiefs, areas, divisions, roles = (c.__table__.c for c in (Device, Chief, Area, Division, Role))
    line = session.connection().execute(
        select(
            devices.id, chiefs.id, chiefs.name, chiefs.kind, areas.id, areas.full_name, areas.code, divisions.name,
            roles.permissions, roles.name, devices.last_seen_at, kept.MARK,
        )
        .select_from(Device.__table__)
        .join(Chief.__table__, and_(chiefs.subdistrict_id == devices.subdistrict_id, chiefs.id == devices.chief_id))
        .join(Area.__table__, and_(areas.subdistrict_id == chiefs.subdistrict_id, areas.id == chiefs.area_id))
        .join(Division.__table__, divisions.code == devices.subdistrict_id)
        .outerjoin(Role.__table__, roles.code == ROLE)
        .where(
            devices.subdistrict_id == subdistrict, devices.token_hash == _digest(token), devices.ended_at.is_(None),
            chiefs.ended_on.is_(None),
        )
    ).first()  # fmt: skip
    if line is None:
        return None
    device, chief, name, kind, area, area_name, code, place, permissions, role, seen, mark = line
    kept.begin(session, mark)
    if now - seen >= timedelta(days=parameters.value(session, "phone_days", subdistrict)):
        return None
    actor = Actor(None, name, subdistrict, frozenset(permissions or ()), ROLE, kind.label if role else "", code)
    return Present(actor, device, chief, kind, area, area_name, place, now - seen > TOUCH_EVERY)


def touch(session: Session, device_id: str, now: datetime) -> None:
    """Note that a device is in use; ten minutes' grain spares a write on every page."""
    table = Device.__table__
    session.connection().execute(update(table).where(table.c.id == device_id).values(last_seen_at=now))


def leave(session: Session, me: Present, now: datetime) -> None:
    """The chief signs this device out."""
    device = session.scalar(select(Device).where(Device.id == me.device_id, Device.ended_at.is_(None)))
    if device is not None:
        device.ended_at, device.ended_by = now, "本人退出"
        session.flush()
        audit.accessed(session, AccessKind.SIGN_OUT, entity=Chief, record_id=me.chief_id, detail=f"手机：{device.name}")


def tidy(session: Session, now: datetime) -> int:
    """Close what opens nothing any more: phones of chiefs who left office or long unused, codes that ran out; returns how many."""
    days = timedelta(days=parameters.value(session, "phone_days"))
    gone = select(Chief.id).where(Chief.ended_on.is_not(None))
    is_open = select(Device).where(Device.ended_at.is_(None))
    count = 0
    for why, devices in (("已卸任", is_open.where(Device.chief_id.in_(gone))), ("久未使用", is_open.where(Device.last_seen_at <= now - days))):
        for device in session.scalars(devices):
            device.ended_at, device.ended_by = now, why
            count += 1
        session.flush()
    out = select(PhoneCode).where(PhoneCode.used_at.is_(None), PhoneCode.ended_at.is_(None), PhoneCode.expires_at <= now)
    for code in session.scalars(out):
        code.ended_at = now
        count += 1
    session.flush()
    return count
