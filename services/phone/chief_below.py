"""What group and sector chiefs see of the level below them: who has reported today, what waits, how far the visits are.

Counts always come with what they are counted out of; places are in the order of the tree, never of a figure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models import describe
from models.appeal import Appeal
from models.area import Area
from models.codes import AreaKind
from models.household import Household
from models.neighbor import Chief
from models.visit import VisitLog, ZeroReport

from .chief_desk import IN_HAND, MOST, Line, line_of
from .chief_homes import quarter
from .quick_reports import on_day
from ..showing import masked, text

MOST_AREAS = 10_000  # a whole sub-district has some 4,200


@dataclass
class Below:
    """One area directly below; `chief` is the name of whoever heads it."""

    id: str
    name: str
    is_neighborhood: bool
    chief: str = ""
    reported: int = 0
    chiefs: int = 0
    visited: int = 0
    households: int = 0
    in_hand: int = 0


def below(session: Session, top: Area, day: date) -> list[Below]:
    """The areas directly below one in sight; the same seven statements whatever there is."""
    actor = session.info["actor"]
    inside = and_(Area.code.startswith(top.code, autoescape=True), Area.id != top.id)
    rows = session.execute(
        select(Area.id, Area.name, Area.code, Area.kind, Area.parent_id).where(inside).order_by(Area.code).limit(MOST_AREAS)
    ).all()
    heads = dict(session.execute(
        select(Chief.area_id, Chief.name).join(Chief.area).where(inside, Chief.ended_on.is_(None))
    ).all())  # fmt: skip
    done = _reported(session, inside, day)
    homes = dict(session.execute(
        select(Household.neighborhood_id, func.count()).join(Household.neighborhood).where(inside).group_by(Household.neighborhood_id)
    ).all())  # fmt: skip
    seen = dict(session.execute(
        select(Household.neighborhood_id, func.count(func.distinct(VisitLog.household_id)))
        .select_from(VisitLog).join(VisitLog.household).join(Household.neighborhood)
        .where(inside, VisitLog.visited_on >= quarter(day)).group_by(Household.neighborhood_id)
    ).all())  # fmt: skip
    waiting = dict(session.execute(
        select(Appeal.owner_area_id, func.count()).join(Appeal.owner_area)
        .where(inside, Appeal.status.in_(IN_HAND)).group_by(Appeal.owner_area_id)
    ).all())  # fmt: skip
    found = {
        code: Below(key, name, kind is AreaKind.NEIGHBORHOOD, text(masked(describe(Chief)["name"], heads.get(key), actor)))
        for key, name, code, kind, parent in rows if parent == top.id
    }  # fmt: skip
    length = max(map(len, found), default=0)  # the codes of one level are equally long and begin those below
    for key, _, code, kind, _ in rows:
        branch = found.get(code[:length])
        if branch is None:
            continue
        branch.in_hand += waiting.get(key, 0)
        if kind is AreaKind.NEIGHBORHOOD:
            branch.chiefs += key in heads
            branch.reported += key in heads and key in done
            branch.households += homes.get(key, 0)
            branch.visited += seen.get(key, 0)
    return list(found.values())


def _reported(session: Session, inside, day: date) -> set[str]:
    """The areas whose chief has said something today: that nothing happened, or what."""
    zero = session.scalars(select(ZeroReport.area_id).join(ZeroReport.area).where(inside, ZeroReport.reported_on == day))
    told = session.scalars(
        select(Chief.area_id).select_from(Appeal).join(Appeal.reporter).join(Chief.area).where(inside, *on_day(day)).distinct()
    )
    return {*zero, *told}


def appeals(session: Session, top: Area, day: date) -> list[Line]:
    """What is in hand at or below an area, first due first; at most `MOST`."""
    inside = Area.code.startswith(top.code, autoescape=True)
    wanted = (
        select(Appeal).join(Appeal.owner_area).where(inside, Appeal.status.in_(IN_HAND)).order_by(Appeal.due_on, Appeal.id).limit(MOST)
    )
    return [line_of(appeal, day) for appeal in session.scalars(wanted)]


def total(lines: list[Below]) -> Counter:
    """The sums over all areas below."""
    return Counter({name: sum(getattr(line, name) for line in lines) for name in ("reported", "chiefs", "visited", "households", "in_hand")})
