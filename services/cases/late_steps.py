"""“超时环节”: which period of which matter is past its day, whose it is, how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy import case as when
from sqlalchemy.orm import Session

from models.case import Assignment, Case
from models.clock import Clock
from models.codes import ClockState
from models.department import Unit
from models.whistle import WhistleTarget
from models.worker import Worker

from ..access import Actor
from ..due_dates import local_day
from ..lists.filters import branch

MOST = 200
NOBODY = "（没有交办）"
"""Whose step it is while a matter waits to be given to somebody."""


@dataclass(frozen=True)
class Wanted:
    """Which steps: still running or ended late, of a unit, of a term, due within days, of matters in an area."""

    is_running: bool = True
    unit_id: str | None = None
    term_id: str | None = None
    since: date | None = None
    until: date | None = None
    area_id: str | None = None


@dataclass(frozen=True)
class LateStep:
    """One period past its day; days are calendar days."""

    case_id: str
    case_no: str
    step: str
    unit: str
    worker: Worker | None
    starts_on: date
    due_on: date
    ended_on: date | None
    days: int
    late: int


def late(session: Session, wanted: Wanted, now: datetime, limit: int = MOST) -> list[LateStep]:
    """The longest past first (running), or the latest due first (ended)."""
    order = Clock.due_on if wanted.is_running else Clock.due_on.desc()
    statement = (
        select(Clock, Case.id, Case.case_no, Unit.name, Worker)
        .join(Clock.case)
        .outerjoin(Assignment, and_(Assignment.subdistrict_id == Clock.subdistrict_id, Assignment.id == Clock.part_id))
        .outerjoin(WhistleTarget, and_(WhistleTarget.subdistrict_id == Clock.subdistrict_id, WhistleTarget.id == Clock.part_id))
        .outerjoin(Unit, and_(Unit.subdistrict_id == Clock.subdistrict_id, Unit.id == _unit_id()))
        .outerjoin(Worker, and_(Worker.subdistrict_id == Clock.subdistrict_id, Worker.id == _worker_id()))
        .where(*_conditions(wanted, now, session.info["actor"])).order_by(order, Clock.id).limit(limit if wanted.is_running else 3 * limit)
    )  # fmt: skip
    found = (_step(*row, now) for row in session.execute(statement))
    return [step for step in found if step.late > 0][:limit]


def _unit_id():
    return func.coalesce(Assignment.unit_id, WhistleTarget.unit_id, Case.lead_unit_id)


def _worker_id():
    own = when((Clock.part == "", Case.handler_id))
    return func.coalesce(Assignment.worker_id, own)


def _conditions(wanted: Wanted, now: datetime, actor: Actor) -> list:
    today = local_day(now)
    if wanted.is_running:
        found = [Clock.state == ClockState.RUNNING, Clock.due_on < today]
    else:
        # Days and instants compare roughly in SQL (UTC, midnight); `late` looks again by the day in China.
        found = [Clock.state == ClockState.MET, Clock.stopped_at >= Clock.due_on]
    if wanted.unit_id:
        found.append(_unit_id() == wanted.unit_id)
    if wanted.term_id:
        found.append(Clock.term_id == wanted.term_id)
    if wanted.since:
        found.append(Clock.due_on >= wanted.since)
    if wanted.until:
        found.append(Clock.due_on <= wanted.until)
    if wanted.area_id:
        found.append(Case.area_id.in_(branch(wanted.area_id, actor)))
    return found


def _step(clock: Clock, case_id: str, case_no: str, unit: str | None, worker: Worker | None, now: datetime) -> LateStep:
    end = local_day(clock.stopped_at) if clock.stopped_at else None
    until = end or local_day(now)
    return LateStep(
        case_id, case_no, clock.name, unit or ("" if worker else NOBODY), worker, clock.starts_on, clock.due_on, end,
        (until - clock.starts_on).days, (until - clock.due_on).days,
    )  # fmt: skip
