"""One account for each role, to walk through the console with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.area import Area
from models.codes import AreaKind, Employment, UnitKind
from models.department import Unit
from models.mediation import Mediator
from models.user import Role, User
from models.worker import Staff
from services.sign_in import hash_password, new_password

from .base import read

_ACCOUNTS = (
    ("shujuyuan", "roster_clerk"),
    ("shequ", "community_staff"),
    ("chuangkou", "window_clerk"),
    ("fazhiban", "peace_law_director"),
    ("daiban", "duty_leader"),
    ("tiaojie", "mediator"),
    ("bumen", "department_liaison"),
    ("cuiban", "urging_agent"),
    ("duban", "supervision_clerk"),
    ("waibu", "external_unit"),
    ("taizhang", "ledger_leader"),
    ("xitong", "system_admin"),
    ("anquan", "security_admin"),
    ("shenji", "audit_admin"),
)


@dataclass(frozen=True)
class Account:
    """A new account with its first password, which is shown once and kept nowhere.

    Of a chief's phone it is the number and the one-time code.
    """

    username: str
    name: str
    role_name: str
    password: str
    is_phone: bool = False


def create_accounts(session: Session, now: datetime, suffix: str = "") -> list[Account]:
    """Create the accounts that are not there yet in the session's sub-district.

    `suffix` keeps the names of a second sub-district apart: names are unique in the whole system.
    """
    taken = set(session.connection().scalars(select(User.__table__.c.username)))
    roles = {role.code: role for role in session.scalars(select(Role))}
    is_scoped = {row["code"]: row["is_scoped"] == "yes" for row in read("roles")}
    made = []
    for username, code in _ACCOUNTS:
        if username + suffix in taken:
            continue
        role, password = roles[code], new_password()
        place = _place(session, username)
        worker = place.get("worker")
        user = User(
            username=username + suffix, name=worker.name if worker else role.name, role_id=role.id,
            subdistrict_id=session.info["actor"].subdistrict_id, area_id=_id(place.get("area")),
            unit_id=_id(place.get("unit")), worker_id=_id(worker), is_scoped=is_scoped[code],
            password_hash=hash_password(password), must_change_password=True,
        )  # fmt: skip
        session.add(user)
        made.append(Account(user.username, user.name, role.name, password))
    session.flush()
    return made


def _id(row) -> str | None:
    return row.id if row is not None else None


def _place(session: Session, username: str) -> dict:
    """Where in the rosters an account belongs: its area, unit and person, as far as they are there."""
    if username == "shequ":
        communities = select(Area).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE)))
        area = session.scalar(communities.order_by(Area.code).limit(1))
        if area is None:
            return {}
        unit = session.scalar(select(Unit).where(Unit.area_id == area.id).limit(1))
        return {"area": area, "unit": unit, "worker": _staff_of(session, unit)}
    if username in ("fazhiban", "chuangkou"):
        return _in_unit(session, "平安法治办公室", nth=username == "chuangkou")
    if username == "bumen":
        return _in_unit(session, "城市建设和物业管理办公室")
    if username in ("cuiban", "duban"):
        return _in_unit(session, "平安法治办公室", nth=2 + (username == "duban"))
    if username == "waibu":
        outside = select(Unit).where(Unit.kind == UnitKind.EXTERNAL, Unit.is_active.is_(True)).order_by(Unit.name)
        return {"unit": session.scalar(outside.limit(1))}
    if username == "daiban":
        leaders = select(Staff).where(Staff.is_leader.is_(True), Staff.is_active.is_(True))
        leader = session.scalar(leaders.order_by(Staff.name, Staff.mobile).limit(1))
        return {"unit": leader and leader.unit, "worker": leader}
    if username == "tiaojie":
        dedicated = select(Mediator).where(
            Mediator.employment == Employment.DEDICATED, Mediator.is_active.is_(True)
        )
        mediator = session.scalar(dedicated.order_by(Mediator.name, Mediator.mobile).limit(1))
        return {"unit": mediator and mediator.unit, "worker": mediator}
    return {}


def _in_unit(session: Session, ending: str, nth: int = 0) -> dict:
    own = select(Unit).where(Unit.kind != UnitKind.EXTERNAL, Unit.name.endswith(ending))
    unit = session.scalar(own.limit(1))
    return {"unit": unit, "worker": _staff_of(session, unit, nth)}


def _staff_of(session: Session, unit: Unit | None, nth: int = 0) -> Staff | None:
    if unit is None:
        return None
    people = select(Staff).where(Staff.unit_id == unit.id, Staff.is_active.is_(True))
    return session.scalar(people.order_by(Staff.name, Staff.mobile).offset(nth).limit(1))
