"""The periods that run on a case: started, stopped, paused and extended by steps of flows.

The whole-matter clock also shows as the case's own `due_on`, which lists sort and filter by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Entity
from models.case import Assignment, Case
from models.clock import Clock
from models.codes import ClockState
from models.term import Term
from models.whistle import WhistleTarget

from .. import inbox
from ..coordination import urges
from ..due_dates import Calendar, DueDate, calendar, due_date, explain, for_term, local_day
from ..errors import Refused

LIVE = (ClockState.RUNNING, ClockState.PAUSED)


def start(
    session: Session, case: Case, term_id: str, on: date, *, part: Entity | None = None,
    due: DueDate | None = None, cap_on: date | None = None, is_whole: bool = False,
) -> Clock:  # fmt: skip
    """Start a period on a day. `due` replaces the computed day (set by a person, with the reason).

    `part` is the row of the step it belongs to. An internal period never ends after `cap_on`, by
    default the day of the whole matter while that lies ahead. With `is_whole` the case takes over the day.
    """
    term = session.get(Term, term_id)
    found = due or for_term(session, term_id, on)
    if cap_on is None and not is_whole and not term.is_statutory and case.due_on and case.due_on >= on:
        cap_on = case.due_on
    if cap_on is not None and found.on > cap_on:
        found = DueDate(cap_on, f"{found.reason}；不得晚于整件期限")
    clock = Clock(
        case_id=case.id, term_id=term_id, name=term.name, part=type(part).slug() if part else "",
        part_id=part.id if part else None, is_statutory=term.is_statutory, state=ClockState.RUNNING,
        starts_on=on, cap_on=cap_on, due_on=max(found.on, on), due_reason=found.reason[:200],
    )  # fmt: skip
    session.add(clock)
    if is_whole:
        case.due_on, case.due_reason = clock.due_on, clock.due_reason
    session.flush()
    return clock


def live(session: Session, case: Case, term_id: str | None = None, part: Entity | None = None) -> Sequence[Clock]:
    """The periods that run or are paused, first due first; of one term or one part where named."""
    wanted = [Clock.case_id == case.id, Clock.state.in_(LIVE)]
    if term_id is not None:
        wanted.append(Clock.term_id == term_id)
    if part is not None:
        wanted += [Clock.part == type(part).slug(), Clock.part_id == part.id]
    return session.scalars(select(Clock).where(*wanted).order_by(Clock.due_on, Clock.id)).all()


def of(session: Session, case: Case) -> Sequence[Clock]:
    """All periods of a case, those that still run first."""
    found = session.scalars(select(Clock).where(Clock.case_id == case.id).order_by(Clock.due_on, Clock.id)).all()
    return sorted(found, key=lambda clock: clock.state not in LIVE)


def owners(session: Session, clocks: Sequence[Clock]) -> dict[str, str]:
    """{part: whose period it is} for periods of orders and of units that were whistled for."""
    found = {}
    for part in (Assignment, WhistleTarget):
        ids = [clock.part_id for clock in clocks if clock.part == part.slug()]
        references = [joinedload(part.unit), *([joinedload(part.worker)] if part is Assignment else [])]
        rows = session.scalars(select(part).where(part.id.in_(ids)).options(*references)) if ids else ()
        found |= {row.id: (getattr(row, "worker", None) or row.unit).name for row in rows}
    return found


def stop(
    session: Session, case: Case, now: datetime, *, term_id: str | None = None, part: Entity | None = None,
    state: ClockState = ClockState.MET, but: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    """End periods that were kept (`MET`) or have lost their object (`CANCELLED`); those of the terms in `but` run on."""
    for clock in live(session, case, term_id, part):
        if clock.term_id in but:
            continue
        clock.state, clock.stopped_at, clock.paused_on = state, now, None
        _take_back(session, clock, now)
    session.flush()


def _take_back(session: Session, clock: Clock, now: datetime) -> None:
    """What was put before people because this period ran out has lost its reason."""
    if clock.alert_level:
        inbox.settle_many(session, [(clock.case_id, inbox.kind_of(clock.id)), (clock.case_id, f"red{inbox.kind_of(clock.id)}"[:32])], now)
        urges.lapse_of(session, clock, now)


def pause(session: Session, case: Case, now: datetime) -> list[Clock]:
    """Stop the office's own periods for a while; those of the law run on (R: no pause without a source)."""
    found = [c for c in live(session, case) if c.state is ClockState.RUNNING and not c.is_statutory]
    for clock in found:
        clock.state, clock.paused_on = ClockState.PAUSED, local_day(now)
    return found


def resume(session: Session, case: Case, now: datetime) -> list[Clock]:
    """Let paused periods run on; the days in between are added to them."""
    found = [c for c in live(session, case) if c.state is ClockState.PAUSED]
    for clock in found:
        days, clock.state, clock.paused_on = (local_day(now) - clock.paused_on).days, ClockState.RUNNING, None
        _prolong(session, clock, case, paused=days)
    return found


def extend(session: Session, clock: Clock, length: int, case: Case) -> None:
    """Lengthen a period by units of its term, at most by what the term allows, from its first day."""
    term = session.get(Term, clock.term_id)
    if length < 1 or clock.extended_by + length > term.extend_length:
        raise Refused(f"“{term.name}”最多可延长{term.extend_length}{term.unit.label}，请改小延长的天数", field="length")
    _prolong(session, clock, case, longer=length)


def _prolong(session: Session, clock: Clock, case: Case, *, longer: int = 0, paused: int = 0) -> None:
    """Count a period anew with more units of its term or days of pause; a day that a person set is counted on from."""
    term, was, known = session.get(Term, clock.term_id), clock.due_on, calendar(session)
    is_set = was not in (_counted(clock, term, known), clock.cap_on)
    clock.extended_by += longer
    clock.paused_days += paused
    if is_set:
        day = due_date(was, longer, term.unit, known) if longer else known.next_workday(was + timedelta(days=paused))
        reason = f"{clock.due_reason}，" + (f"延长{longer}{term.unit.label}" if longer else f"暂停{paused}日顺延")
    else:
        day = _counted(clock, term, known)
        reason = explain(term, clock.starts_on, day, known, extension=clock.extended_by, paused=clock.paused_days)
    if clock.cap_on is not None and day > clock.cap_on and not clock.extended_by:
        day, reason = clock.cap_on, f"{reason}；不得晚于整件期限"
    elif clock.cap_on is not None:
        clock.cap_on = max(clock.cap_on, day)
    if day > was:
        clock.alert_level = 0
    clock.due_on, clock.due_reason = day, reason[:200]
    if case.due_on == was and not clock.part:
        case.due_on, case.due_reason = clock.due_on, clock.due_reason
    session.flush()


def _counted(clock: Clock, term: Term, known: Calendar) -> date:
    """The last day as the term counts it."""
    day = due_date(clock.starts_on, term.length, term.unit, known, clock.extended_by)
    return known.next_workday(day + timedelta(days=clock.paused_days)) if clock.paused_days else day
