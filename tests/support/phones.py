"""A chief whose phone can be signed in: the small world with the terms of appeals, a chief on three rungs, and the role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.area import Area
from models.codes import TermUnit
from models.neighbor import Chief
from models.term import Term
from models.user import Role
from seeds.base import expand, read
from services import access
from services.phone import phone_sign_in
from services.phone.phone_sign_in import Present
from tests.support.builders import World, build_chief, build_world

SYSTEM = access.system("430181002")


@dataclass
class Phones:
    """The world and its chiefs from the door upwards."""

    world: World
    neighbor: Chief
    group: Chief
    sector: Chief


def build_phones(session: Session) -> Phones:
    """Three chiefs of the eastern community, one above the other, each with a number of their own."""
    for tier in ("neighborhood", "group", "sector", "community", "subdistrict"):
        session.add(Term(id=f"appeal_{tier}", name=tier, starts="收到", length=1, unit=TermUnit.WORKDAY, source="测试"))
    world = build_world(session)
    role = next(r for r in read("roles") if r["code"] == phone_sign_in.ROLE)
    if session.scalar(select(Role.id).where(Role.code == role["code"])) is None:
        session.add(Role(code=role["code"], name=role["name"], permissions=expand(role["permissions"])))
    area, chiefs = world.east_neighborhood, []
    for number, name in enumerate(("壬邻长", "癸组长", "子片长")):
        chief = build_chief(session, area, name)
        chief.mobile = f"1380000003{number}"
        chiefs.append(chief)
        area = session.get(Area, (area.subdistrict_id, area.parent_id))
    session.flush()
    return Phones(world, *chiefs)


def sign_in(session: Session, chief: Chief, now: datetime) -> str:
    """The cookie of a phone on which a chief has just signed in; the session is the program's own again."""
    code = phone_sign_in.make_code(session, chief, SYSTEM, now)
    cookie = phone_sign_in.enter(session, chief.mobile, code, "安卓手机", "10.0.0.1", now)
    access.bind(session, SYSTEM, now)
    return cookie


def present(session: Session, chief: Chief, now: datetime) -> Present:
    """A chief at the phone; the session sees what that chief sees."""
    access.bind(session, SYSTEM, now)
    me = phone_sign_in.current(session, sign_in(session, chief, now), now)
    access.bind(session, me.actor, now)
    return me
