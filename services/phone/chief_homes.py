"""The households a chief looks after: what is missing there, the visits, and the doors to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import describe
from models.area import Area
from models.codes import AreaKind, HouseholdUse
from models.household import Household, HouseholdMember
from models.visit import VisitLog

from ..access import Actor, Permission
from ..errors import Missing
from ..labels import dictionary_names
from .phone_sign_in import Present
from ..keeping.records import find
from ..showing import masked, text

MOST, MOST_HOMES, MOST_DOORS = 50, 200, 1500


@dataclass(frozen=True)
class Home:
    """One household of the list; `lacks` says in words what is missing."""

    id: str
    name: str
    address: str
    mobile: str
    visited: str
    lacks: Sequence[str]


@dataclass(frozen=True)
class HomePage:
    """One household with its members and visits."""

    home: Home
    use: str
    members: Sequence[tuple[str, str]]
    visits: Sequence[tuple[str, str, str]]
    may_call: bool
    blanks: frozenset[str] = frozenset()


def homes(session: Session, me: Present, day: date, area_id: str | None = None) -> tuple[Area, list[Home]]:
    """The households of one neighbourhood in sight (the own one if none is named), with what is missing; three statements."""
    area = find(session, Area, area_id or me.area_id)
    if area.kind is not AreaKind.NEIGHBORHOOD:
        raise Missing("请先选择一个邻")
    rows = session.scalars(
        select(Household).where(Household.neighborhood_id == area.id).order_by(Household.household_no).limit(MOST_HOMES)
    ).all()
    return area, _homes(session, me.actor, rows, day)


def _homes(session: Session, actor: Actor, rows: Sequence[Household], day: date) -> list[Home]:
    ids = [row.id for row in rows]
    members = dict(session.execute(
        select(HouseholdMember.household_id, func.count()).where(HouseholdMember.household_id.in_(ids))
        .group_by(HouseholdMember.household_id)
    ).all())  # fmt: skip
    visited = dict(session.execute(
        select(VisitLog.household_id, func.max(VisitLog.visited_on)).where(VisitLog.household_id.in_(ids))
        .group_by(VisitLog.household_id)
    ).all())  # fmt: skip
    return [_home(row, members.get(row.id, 0), visited.get(row.id), actor, day) for row in rows]


def _home(row: Household, member_count: int, visited: date | None, actor: Actor, day: date) -> Home:
    described = describe(Household)
    lived_in = row.use is not HouseholdUse.VACANT
    lacks = [
        word for word, is_missing in (
            ("联系电话", row.mobile is None), ("人口数", lived_in and row.member_count is None),
            ("家庭成员", lived_in and not member_count), ("本季度走访", visited is None or visited < quarter(day)),
        ) if is_missing
    ]  # fmt: skip
    return Home(
        row.id, text(masked(described["head_name"], row.head_name, actor)), row.address,
        text(masked(described["mobile"], row.mobile, actor)), text(visited), lacks,
    )  # fmt: skip


def quarter(day: date) -> date:
    """The first day of a day's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def home_page(session: Session, me: Present, household_id: str, day: date) -> HomePage:
    """One household in sight with its members and its last visits."""
    row = find(session, Household, household_id)
    names = dictionary_names(session)
    described = describe(HouseholdMember)
    members = session.scalars(select(HouseholdMember).where(HouseholdMember.household_id == row.id).limit(MOST)).all()
    visits = session.scalars(
        select(VisitLog).where(VisitLog.household_id == row.id).order_by(VisitLog.visited_on.desc(), VisitLog.id.desc()).limit(10)
    ).all()
    return HomePage(
        _homes(session, me.actor, [row], day)[0], row.use.label,
        [(text(masked(described["name"], m.name, me.actor)), names.get(m.relation or "", "")) for m in members],
        [(text(v.visited_on), names.get(v.duty, ""), v.needs or "") for v in visits],
        bool(row.mobile) and me.actor.may(Permission.REVEAL), _blanks(row, me.actor),
    )  # fmt: skip


def _blanks(row: Household, actor: Actor) -> frozenset[str]:
    """What the chief can fill in of a household; there is always room for one more member."""
    if not actor.may(Permission.COMPLETE):
        return frozenset()
    return frozenset({"member", *(name for name in ("mobile", "member_count") if getattr(row, name) is None)})


# ---- visits and doors ---------------------------------------------------------------


@dataclass(frozen=True)
class Visited:
    """One visit of the list; `appeal_id` is set once it has become an appeal."""

    id: str
    day: str
    address: str
    duty: str
    needs: str
    appeal_id: str | None


def visits(session: Session, me: Present) -> list[Visited]:
    """The chief's own last visits."""
    names = dictionary_names(session)
    rows = session.scalars(
        select(VisitLog).where(VisitLog.chief_id == me.chief_id).options(joinedload(VisitLog.household))
        .order_by(VisitLog.visited_on.desc(), VisitLog.id.desc()).limit(30)
    )  # fmt: skip
    return [
        Visited(v.id, text(v.visited_on), v.household.address if v.household else "", names.get(v.duty, ""), v.needs or "", v.appeal_id)
        for v in rows
    ]


def places(session: Session, me: Present) -> list[tuple[str, str]]:
    """(id, words) of where a report may be about: doors of the own neighbourhood, else the areas below; no names."""
    if me.is_neighbor:
        return [door for group in doors(session, me).values() for door in group]
    wanted = (
        select(Area.id, Area.full_name).where(Area.code.startswith(f"{me.actor.area_code}.", autoescape=True))
        .order_by(Area.code).limit(200)
    )
    start = len(me.area_name) + 1
    return [(key, name[start:] or name) for key, name in session.execute(wanted)]


def doors(session: Session, me: Present) -> dict[str, list[tuple[str, str]]]:
    """{neighbourhood: (id, address) of its households} that a visit may be about; addresses only, for the phone keeps them."""
    wanted = (
        select(Area.full_name, Household.id, Household.address).join(Household.neighborhood)
        .where(Area.code.startswith(me.actor.area_code, autoescape=True)).order_by(Area.code, Household.household_no).limit(MOST_DOORS)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for name, key, address in session.execute(wanted):
        found.setdefault(name[len(me.area_name) + 1 :], []).append((key, address))
    return found
