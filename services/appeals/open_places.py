"""What anybody may know of a place: who serves it, where to come to, whom to call, what can be ordered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.area import Area
from models.codes import AreaKind
from models.department import DutyDay
from models.division import Division
from models.reception import ReceptionPoint
from models.service_item import Hotline, ServiceItem

from .. import limits, parameters
from . import door_codes, reception
from .appeal_flow import chief_of
from ..errors import Missing
from ..keeping.records import find as find_record

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Call:
    """A number somebody can call."""

    name: str
    phone: str
    hours: str
    purpose: str
    is_emergency: bool


@dataclass(frozen=True)
class Item:
    """One thing that can be ordered."""

    id: str
    name: str
    explained: str


@dataclass(frozen=True)
class Place:
    """Where the code hangs and who serves it, as far as that person agreed to be published."""

    token: str
    name: str
    path: str
    subdistrict: str
    served_by: str
    chief_name: str | None
    chief_phone: str | None
    station: Point | None


@dataclass(frozen=True)
class Point:
    """A place to come to in person."""

    name: str
    kind: str
    address: str
    phone: str
    hours: str


@dataclass(frozen=True)
class Hall:
    """What the screen in a hall shows: (number, window) of who is called, newest first; who waits."""

    name: str
    calls: Sequence[tuple[int, int | None]]
    waiting: int
    next_numbers: Sequence[int]


def subdistrict_name(session: Session) -> str:
    return session.get(Division, session.info["actor"].subdistrict_id).name


def communities(session: Session) -> list[tuple[str, str]]:
    """(code, name) of the communities, for whoever has no code at hand."""
    wanted = select(Area.code, Area.name).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))).order_by(Area.code)
    return [(code, name) for code, name in session.execute(wanted)]


class UnknownCode(Missing):
    """Nothing hangs under this code; the door counts the scan in a transaction of its own."""

    def __init__(self):
        super().__init__("这个码已停用或者不完整。请扫门口的新码，或在下面选择您所在的村社区")


def count_unknown(session: Session, now: datetime, address: str) -> None:
    """Count one scan of an unknown code; raises `TooOften` where a network had its share of them.

    Known codes are served all the while, so nobody is kept out by a neighbour who guesses.
    """
    network = limits.network_of(address)
    limits.refuse(session, "unknown_code", network, parameters.value(session, "unknown_codes"), MINUTE, now)
    limits.count(session, "unknown_code", network, MINUTE, now)


def place(session: Session, token: str) -> Place:
    """The place of a code, or of a community by its twelve digits; raises `UnknownCode` for anything else."""
    code = door_codes.find(session, token)
    area = code.area if code else community(session, token)
    if area is None:
        raise UnknownCode
    chief = chief_of(session, area.id) if area.kind is AreaKind.NEIGHBORHOOD else None
    shown = chief if chief is not None and chief.is_public else None
    return Place(
        token=token, name=code.place.split("/")[-1] if code else area.name, path=" ".join(area.full_name.split("/")),
        subdistrict=subdistrict_name(session), served_by=chief.kind.label if chief else "村社区工作人员",
        chief_name=shown and shown.name, chief_phone=shown and shown.mobile, station=_station(session, area),
    )  # fmt: skip


def community(session: Session, digits: str) -> Area | None:
    if not re.fullmatch(r"\d{12}", digits):
        return None
    return session.scalar(select(Area).where(Area.code == digits, Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))))


def _station(session: Session, area: Area) -> Point | None:
    found = points(session, area.code.split(".")[0])
    return found[0] if found else None


def points(session: Session, community: str | None = None) -> list[Point]:
    """The published places to come to, of one community or all."""
    wanted = select(ReceptionPoint).where(ReceptionPoint.is_public.is_(True)).order_by(ReceptionPoint.kind, ReceptionPoint.name)
    if community:
        wanted = wanted.join(ReceptionPoint.area).where(Area.code == community)
    return [Point(p.name, p.kind.label, p.address, p.phone or "", p.hours) for p in session.scalars(wanted)]


def hall(session: Session, point_id: str, day: date) -> Hall:
    """The queue of a published reception point on a day, as numbers; raises `Missing`."""
    point = find_record(session, ReceptionPoint, point_id)
    if not point.is_public:
        raise Missing
    found = reception.queue(session, point, day)
    called = sorted(found.receiving, key=lambda visit: visit.called_at, reverse=True)
    waiting = [visit.queue_number for visit in found.waiting]
    return Hall(point.name, [(visit.queue_number, visit.window_number) for visit in called[:6]], len(waiting), waiting[:5])


def leader_today(session: Session, today: date) -> str:
    """The post of the leader who receives people today; a post, not a name."""
    day = session.scalar(select(DutyDay).where(DutyDay.duty_on == today))
    return (day.leader.post or "街道领导") if day else ""


def items(session: Session) -> list[Item]:
    wanted = select(ServiceItem).where(ServiceItem.is_active.is_(True)).order_by(ServiceItem.position, ServiceItem.name)
    return [Item(i.id, i.name, i.explained or "") for i in session.scalars(wanted)]


def calls(session: Session, emergency_only: bool = False) -> list[Call]:
    wanted = select(Hotline).where(Hotline.is_active.is_(True)).order_by(Hotline.position, Hotline.name)
    if emergency_only:
        wanted = wanted.where(Hotline.is_emergency.is_(True))
    return [Call(h.name, h.phone, h.hours or "", h.purpose or "", h.is_emergency) for h in session.scalars(wanted)]
