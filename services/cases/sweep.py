"""The nightly sweep over running periods: warns, urges, raises cards, tells the next rung.

A period's `alert_level` says what has been done about it, and one index holds state, level and last
day: so the work of a night is a stretch of that index, however many periods are open. The level is
raised in the transaction of the deed, compare-and-set, so a sweep that comes twice, late or after a
crash does each thing once. Rows are written in sets, past the listener, with one entry in the trail a batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from models import uuid7
from models.case import Assignment, Case, CaseEvent
from models.clock import Clock
from models.codes import CardColour, ClockState, SupervisionStatus, UrgeStatus, WhistleLevel
from models.department import DutyDay
from models.supervision import Supervision
from models.term import Term
from models.urge import Urge
from models.whistle import WhistleTarget
from models.worker import Worker

from .. import inbox, parameters
from ..background import messages
from ..keeping import audit
from ..access import Permission
from ..due_dates import calendar, due_date, for_term, local_day
from ..numbers import next_number, place_name
from ..showing import LOCAL
from ..coordination.whistles import COMING

WARNED, URGED, YELLOW, RED = 1, 2, 3, 4
WORDS = {WARNED: "将到期提醒", URGED: "超期催办", YELLOW: "亮黄牌", RED: "亮红牌"}
ACCEPTING = ("whistle", "xf_register", "xf_objection", "onsite", "tj_online_accept")
"""Terms of taking a thing up; all others are of dealing with it. Their cards come sooner."""
BATCH = 500

_clocks, _cases = Clock.__table__, Case.__table__


@dataclass(frozen=True)
class Line:
    """One period to act upon, with whom it concerns."""

    clock_id: str
    case_id: str
    case_no: str
    status: object
    name: str
    due_on: date
    worker_id: str | None
    unit_id: str | None
    territory_id: str | None

    @property
    def whom(self) -> dict[str, str]:
        return {"worker_id": self.worker_id} if self.worker_id else {"unit_id": self.unit_id} if self.unit_id else {}


def run(session: Session, now: datetime) -> Counter:
    """Do the night's work of one sub-district, a transaction a batch; returns {what: how many}."""
    done: Counter = Counter()
    for level, count in batches(session, now):
        done[WORDS[level]] += count
        session.commit()
        session.expunge_all()
    done["未报到"] = late_whistles(session, now)
    messages.urged_at_night(session, done[WORDS[URGED]], now)
    return done


def batches(session: Session, now: datetime, size: int = BATCH) -> Iterator[tuple[int, int]]:
    """Act on one batch after the other; yields (level, how many) while the batch is not committed yet."""
    today = local_day(now)
    for level, (soonest, latest) in limits(session, today).items():
        while lines := _due(session, level, soonest, latest, size):
            raised = session.connection().execute(
                update(_clocks)
                .where(_clocks.c.id.in_([line.clock_id for line in lines]), *_here(session, _clocks), _clocks.c.alert_level == level - 1)
                .values(alert_level=level)
            )  # fmt: skip
            if raised.rowcount != len(lines):
                session.rollback()  # another sweep is at work: look again
                continue
            _ACTS[level](session, lines, now)
            audit.bulk(session, Clock, WORDS[level], len(lines))
            yield level, len(lines)


def limits(session: Session, today: date) -> dict[int, tuple[date, date]]:
    """{level: last day up to which a period has come so far: (of taking up, of dealing with)}."""
    soon = today + timedelta(days=parameters.value(session, "soon_days"))
    past = today - timedelta(days=1)
    return {
        WARNED: (soon, soon), URGED: (past, past),
        YELLOW: tuple(_late_by(session, f"grid_yellow_{kind}", today) for kind in ("accept", "handle")),
        RED: tuple(_late_by(session, f"grid_red_{kind}", today) for kind in ("accept", "handle")),
    }  # fmt: skip


def _late_by(session: Session, term_id: str, today: date) -> date:
    """The latest last day that is past by more than a term."""
    term, known, day = session.get(Term, term_id), calendar(session), today - timedelta(days=1)
    if term is None:
        return date(1900, 1, 1)  # the office has done away with this card
    while due_date(day, term.length, term.unit, known) >= today:
        day -= timedelta(days=1)
    return day


def _here(session: Session, table) -> tuple:
    return (table.c.subdistrict_id == session.info["actor"].subdistrict_id,)


def _due(session: Session, level: int, accepting: date, handling: date, size: int) -> list[Line]:
    c, k = _clocks.c, _cases.c
    wanted = (
        select(c.id, c.case_id, k.case_no, k.status, c.name, c.due_on, c.part, c.part_id, k.handler_id, k.lead_unit_id, k.territory_unit_id)
        .join(_cases, and_(k.subdistrict_id == c.subdistrict_id, k.id == c.case_id))
        .where(
            *_here(session, _clocks), c.state == ClockState.RUNNING, c.alert_level == level - 1, c.due_on <= max(accepting, handling),
        )
        .order_by(c.due_on, c.id).limit(size)
    )  # fmt: skip
    if accepting != handling:
        wanted = wanted.where(
            or_(and_(c.term_id.in_(ACCEPTING), c.due_on <= accepting), and_(c.term_id.not_in(ACCEPTING), c.due_on <= handling))
        )
    found = session.connection().execute(wanted).all()
    own = {**_given(session, Assignment, found), **_given(session, WhistleTarget, found)}
    return [
        Line(r.id, r.case_id, r.case_no, r.status, r.name, r.due_on, *own.get(r.part_id, (r.handler_id, r.lead_unit_id)), r.territory_unit_id)
        for r in found
    ]


def _given(session: Session, part: type, found) -> dict[str, tuple]:
    """{part id: (worker, unit)} of the orders or whistles the periods belong to."""
    ids = [r.part_id for r in found if r.part == part.slug()]
    if not ids:
        return {}
    t = part.__table__.c
    worker = t.worker_id if "worker_id" in t else None
    rows = session.connection().execute(
        select(t.id, *([worker] if worker is not None else []), t.unit_id).where(*_here(session, part.__table__), t.id.in_(ids))
    )
    return {row[0]: (row[1] if worker is not None else None, row[-1]) for row in rows}


# ---- what is done at each level ---------------------------------------------------------------


def _warn(session: Session, lines: Sequence[Line], now: datetime) -> None:
    today = local_day(now)
    inbox.put_many(session, [
        inbox.Letter("case", line.case_id, inbox.kind_of(line.clock_id), f"将到期：{line.name} {line.case_no}", line.whom, line.due_on)
        for line in lines if line.due_on >= today
    ], now)  # fmt: skip


def _urge(session: Session, lines: Sequence[Line], now: datetime) -> None:
    inbox.settle_many(session, [(line.case_id, inbox.kind_of(line.clock_id)) for line in lines], now)
    answer_by = for_term(session, "urge_answer", local_day(now)).on
    rows = [
        _row(session, now) | {
            "case_id": line.case_id, "clock_id": line.clock_id, "demand": f"{line.name}已于{line.due_on}到期，请抓紧办理并答复进展",
            "due_on": answer_by, "status": UrgeStatus.OPEN, "urged_at": now, "worker_id": None, "unit_id": None, **line.whom,
        }
        for line in lines if line.whom
    ]  # fmt: skip
    if rows:
        session.connection().execute(insert(Urge.__table__), rows)
    by_clock = {row["clock_id"]: row for row in rows}
    inbox.put_many(session, [
        inbox.Letter("urge", by_clock[line.clock_id]["id"], "answer", f"催办：{line.name} {line.case_no}", line.whom, answer_by)
        if line.whom else
        inbox.Letter("case", line.case_id, inbox.kind_of(line.clock_id), f"超期且无人承办：{line.name} {line.case_no}", {}, line.due_on)
        for line in lines
    ], now)  # fmt: skip
    _tell(session, lines, "sweep_urge", "到期催办", now)


def _yellow(session: Session, lines: Sequence[Line], now: datetime) -> None:
    _supervise(session, lines, CardColour.YELLOW, now)
    inbox.put_many(session, [  # one rung up: the community in whose place it lies
        inbox.Letter("case", line.case_id, inbox.kind_of(line.clock_id), f"黄牌：{line.name}超期 {line.case_no}", {"unit_id": line.territory_id}, line.due_on)
        for line in lines if line.territory_id and line.territory_id != line.unit_id
    ], now)  # fmt: skip


def _red(session: Session, lines: Sequence[Line], now: datetime) -> None:
    s, t = Supervision.__table__, Supervision.__table__.c
    there = dict(
        session.connection().execute(
            select(t.clock_id, t.id).where(
                *_here(session, s), t.clock_id.in_([line.clock_id for line in lines]), t.status != SupervisionStatus.LIFTED
            )
        ).all()
    )
    if there:
        session.connection().execute(
            update(s).where(*_here(session, s), t.id.in_(there.values()))
            .values(card=CardColour.RED, card_reason="超期达到红牌期限", updated_at=now, version=t.version + 1)
        )  # fmt: skip
        inbox.retitle(session, "supervision", there.values(), "黄牌督办", "红牌督办")
        _tell(session, [line for line in lines if line.clock_id in there], "sweep_red", "超期升为红牌督办", now)
    _supervise(session, [line for line in lines if line.clock_id not in there], CardColour.RED, now)
    leader = _leader_of(session, local_day(now))
    whom = {"worker_id": leader.id} if leader else {}
    inbox.put_many(session, [  # the last rung: the leader of the day, else whoever dispatches
        inbox.Letter("case", line.case_id, f"red{inbox.kind_of(line.clock_id)}"[:32], f"红牌：{line.name}超期 {line.case_no}", whom, line.due_on)
        for line in lines
    ], now)  # fmt: skip


def _leader_of(session: Session, day: date) -> Worker | None:
    """Who leads on a day, if still in service."""
    wanted = select(Worker).join(DutyDay, DutyDay.leader_id == Worker.id).where(DutyDay.duty_on == day, Worker.is_active.is_(True))
    return session.scalar(wanted.limit(1))


def _supervise(session: Session, lines: Sequence[Line], card: CardColour, now: datetime) -> None:
    lines = [line for line in lines if line.whom]
    if not lines:
        return
    year, reply_by = now.astimezone(LOCAL).year, for_term(session, "supervision_reply", local_day(now)).on
    last, place = next_number(session, "supervision", year, len(lines)), place_name(session)
    rows = [
        _row(session, now) | {
            "supervision_no": f"{place}督〔{year}〕{last - len(lines) + i:04d}号", "case_id": line.case_id, "clock_id": line.clock_id,
            "demand": f"{line.name}已于{line.due_on}到期，至今没有办结，请说明原因并限期办结", "reply_by": reply_by, "card": card,
            "card_reason": f"超期达到{card.label}期限", "status": SupervisionStatus.OPEN, "issued_at": now, "returned_count": 0,
            "worker_id": None, "unit_id": None, **line.whom,
        }
        for i, line in enumerate(lines, 1)
    ]  # fmt: skip
    session.connection().execute(insert(Supervision.__table__), rows)
    inbox.put_many(session, [
        inbox.Letter("supervision", row["id"], "reply", f"{card.label}督办：{row['supervision_no']}", line.whom, reply_by)
        for row, line in zip(rows, lines, strict=True)
    ], now)  # fmt: skip
    _tell(session, lines, f"sweep_{card.value}", f"超期，系统亮{card.label}", now)


def _tell(session: Session, lines: Sequence[Line], verb: str, label: str, now: datetime) -> None:
    """Write the same event into the timeline of every case, each with its next number."""
    if not lines:
        return
    e = CaseEvent.__table__
    highest = dict(
        session.connection().execute(
            select(e.c.case_id, func.max(e.c.number))
            .where(*_here(session, e), e.c.case_id.in_({line.case_id for line in lines})).group_by(e.c.case_id)
        ).all()
    )  # fmt: skip
    rows = []
    for line in lines:
        highest[line.case_id] = highest.get(line.case_id, 0) + 1
        rows.append(_row(session, now) | {
            "case_id": line.case_id, "number": highest[line.case_id], "verb": verb, "label": f"{label}：{line.name}",
            "status_before": line.status, "status_after": line.status, "happened_at": now, "user_name": "系统",
        })  # fmt: skip
    session.connection().execute(insert(e), rows)


def _row(session: Session, now: datetime) -> dict:
    return {
        "subdistrict_id": session.info["actor"].subdistrict_id, "id": uuid7(), "created_at": now, "updated_at": now, "version": 1,
    }  # fmt: skip


_ACTS = {WARNED: _warn, URGED: _urge, YELLOW: _yellow, RED: _red}


def late_whistles(session: Session, now: datetime) -> int:
    """Tell who blows whistles that a unit has not come in time, of an emergency also the leader of the day; once for each."""
    late = session.scalars(
        select(WhistleTarget).where(
            WhistleTarget.status.in_(COMING), WhistleTarget.alert_level == 0, WhistleTarget.respond_by < now
        ).order_by(WhistleTarget.respond_by).limit(BATCH)
    ).all()  # fmt: skip
    leader = _leader_of(session, local_day(now)) if late else None
    for target in late:
        target.alert_level = 1
        is_emergency = target.whistle.level is WhistleLevel.EMERGENCY
        title = f"{'应急哨：' if is_emergency else ''}{target.unit.name}未按时报到：{target.whistle.whistle_no}"
        for whom in (Permission.WHISTLE, leader) if is_emergency and leader else (Permission.WHISTLE,):
            inbox.put(session, target, "late", title, whom, now)
    return len(late)
