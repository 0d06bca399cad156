"""吹哨报到: blowing, calling units, and how each of them comes, works, reports and is released."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models.case import Case
from models.codes import ClockState, ReportStatus, UnitRating, WhistleLevel, WhistleStatus
from models.department import Unit
from models.whistle import Whistle, WhistleTarget

from . import answers as side
from .. import inbox, parameters
from ..cases import clocks
from ..keeping import records
from ..access import Actor, Permission
from ..due_dates import DueDate, for_term, local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step
from ..showing import LOCAL, text

R, P = ReportStatus, Permission
RESPOND, HANDLE = "whistle", "whistle_handle"
OVER = frozenset({R.CONFIRMED, R.WITHDRAWN})
COMING = frozenset({R.BLOWN, R.ACKNOWLEDGED})


def blow(session: Session, whistle: Whistle, actor: Actor, now: datetime) -> None:
    """Give a filled-in whistle its number and its time; the units are then called one by one."""
    actor.require(P.WHISTLE)
    whistle.known_at = whistle.known_at or now
    if whistle.known_at > now:
        raise Refused("知悉时间不能晚于现在", field="known_at")
    whistle.whistle_no = side.number(session, "哨", "whistle", now)
    whistle.status, whistle.blown_at, whistle.blown_by_id = WhistleStatus.OPEN, now, actor.user_id
    records.save(session, whistle, actor, now)
    side.note(session, whistle, "whistle_blow", "吹哨", actor, now, whistle.request)


def call(session: Session, target: WhistleTarget, actor: Actor, now: datetime) -> None:
    """Whistle for one unit: its time to report begins, and the call lies in its in-tray."""
    actor.require(P.WHISTLE)
    whistle = session.get(Whistle, (actor.subdistrict_id, target.whistle_id))
    target.case_id, target.status, target.blown_at = whistle.case_id, R.BLOWN, now
    target.respond_by, target.respond_reason = _respond_by(session, whistle, now)
    records.save(session, target, actor, now)
    unit = session.get(Unit, (actor.subdistrict_id, target.unit_id))
    _tell(session, target, unit, "arrive", f"{_name(whistle)}，请在{text(target.respond_by)[5:]}前报到", target.respond_by, now)
    side.note(session, target, "whistle_call", f"吹哨：{unit.name}", actor, now)
    _start(session, target, RESPOND, target.respond_by, target.respond_reason, now)


def of(session: Session, case: Case) -> list[tuple[Whistle, list[WhistleTarget]]]:
    """The whistles about a case, each with the units called; two statements."""
    rows = session.scalars(select(Whistle).where(Whistle.case_id == case.id).order_by(Whistle.blown_at.desc()).limit(30)).all()
    called: dict[str, list[WhistleTarget]] = {row.id: [] for row in rows}
    wanted = select(WhistleTarget).where(WhistleTarget.whistle_id.in_(called)).order_by(WhistleTarget.id).options(joinedload(WhistleTarget.unit))
    for target in session.scalars(wanted) if rows else ():
        called[target.whistle_id].append(target)
    return [(row, called[row.id]) for row in rows]


def targets_of(session: Session, whistle: Whistle) -> list[WhistleTarget]:
    """The units called by a whistle."""
    wanted = select(WhistleTarget).where(WhistleTarget.whistle_id == whistle.id).order_by(WhistleTarget.id)
    return list(session.scalars(wanted.options(joinedload(WhistleTarget.unit))))


def _name(whistle: Whistle) -> str:
    return f"{'应急哨' if whistle.level is WhistleLevel.EMERGENCY else '吹哨'} {whistle.whistle_no}"


def _respond_by(session: Session, whistle: Whistle, now: datetime) -> tuple[datetime, str]:
    if whistle.level is WhistleLevel.EMERGENCY:
        minutes = parameters.value(session, "whistle_minutes")
        return now + timedelta(minutes=minutes), f"应急哨，自吹哨起{minutes}分钟内报到"
    return _end_of_term(session, RESPOND, now)


def _end_of_term(session: Session, term: str, now: datetime) -> tuple[datetime, str]:
    """The last minute of a period counted in days."""
    due = for_term(session, term, local_day(now))
    return datetime.combine(due.on, time(23, 59), LOCAL), due.reason[:200]


def _tell(session: Session, target: WhistleTarget, to, kind: str, title: str, by: datetime | None, now: datetime) -> None:
    inbox.settle(session, target, session.info["actor"], now)
    inbox.put(session, target, kind, title, to, now, due_on=local_day(by) if by else None)


def _start(session: Session, target: WhistleTarget, term: str, by: datetime, reason: str, now: datetime) -> None:
    """The case's clock of a unit says the same day and the same reason as the unit's own row."""
    with side.beyond_scope(session):
        case = side.case_of(session, target)
        if case is not None:
            clocks.start(session, case, term, local_day(now), part=target, due=DueDate(local_day(by), reason))


def _stop(session: Session, target: WhistleTarget, term: str, now: datetime, state: ClockState = ClockState.MET) -> None:
    with side.beyond_scope(session):
        case = side.case_of(session, target)
        if case is not None:
            clocks.stop(session, case, now, term_id=term, part=target, state=state)


# ---- guards and effects of one unit ------------------------------------------------------


def _acknowledge(session, target, actor, now, answers) -> None:
    target.acknowledged_at = now


def _arrive(session, target, actor, now, answers) -> None:
    target.acknowledged_at, target.arrived_at = target.acknowledged_at or now, now
    target.arrivals, target.alert_level = answers["arrivals"], 0
    _stop(session, target, RESPOND, now)
    _handle(session, target, now)


def _handle(session: Session, target: WhistleTarget, now: datetime) -> None:
    """The unit has its time to deal with it, from the day it came or was sent back."""
    target.finish_by, target.finish_reason = _end_of_term(session, HANDLE, now)
    title = f"{_name(target.whistle)}，请在{target.finish_by:%m-%d}前处置并报告"
    _tell(session, target, target.unit, "handle", title, target.finish_by, now)
    _start(session, target, HANDLE, target.finish_by, target.finish_reason, now)


def _done(session, target, actor, now, answers) -> None:
    target.result, target.done_at = answers["result"], now
    _stop(session, target, HANDLE, now)
    _tell(session, target, P.WHISTLE, "confirm", f"{target.unit.name}已处置，请核实销哨：{target.whistle.whistle_no}", None, now)


def _confirm(session, target, actor, now, answers) -> None:
    target.confirmed_at = now
    if answers["rating"] is not None:
        target.rating, target.rating_note, target.rated_by_id = answers["rating"], answers["rating_note"], actor.user_id
    inbox.settle(session, target, actor, now)


def _send_back(session, target, actor, now, answers) -> None:
    target.sent_back_count += 1
    target.sent_back_reason, target.done_at = answers["reason"], None
    _handle(session, target, now)


def _withdraw_one(session, target, actor, now, answers) -> None:
    inbox.settle(session, target, actor, now)
    _stop(session, target, RESPOND, now, ClockState.CANCELLED)


def _counter_rate(session, target, actor, now, answers) -> None:
    target.counter_rating, target.counter_note = answers["counter_rating"], answers["counter_note"]
    target.counter_rated_by_id = actor.user_id


def _end(session, target, actor, now, answers) -> None:
    """The last unit that is through ends the whistle as a whole."""
    session.flush()
    whistle, left = target.whistle, _states(session, target.whistle)
    if whistle.status is WhistleStatus.OPEN and not set(left) - OVER:
        if R.CONFIRMED in left:
            WHISTLE_FLOW.take(session, "close", whistle, actor, now)
        else:
            WHISTLE_FLOW.take(session, "withdraw", whistle, actor, now, reason="报到单位都已撤哨")


REPORT_FLOW = Flow(
    "whistle_target",
    ReportStatus,
    [
        Step(
            "acknowledge", "接哨", {R.BLOWN}, R.ACKNOWLEDGED, P.WHISTLE_ANSWER,
            guards=(side.is_theirs,), effects=(_acknowledge,), hint="确认收到，正在派人",
        ),
        Step(
            "arrive", "报到", COMING, R.ARRIVED, P.WHISTLE_ANSWER,
            asks=(Ask("arrivals", "到场人员", help="带队人和人数"),),
            guards=(side.is_theirs,), effects=(_arrive,), hint="人到现场后报到，处置期限从这时起算",
        ),
        Step(
            "work", "开始处置", {R.ARRIVED}, R.WORKING, P.WHISTLE_ANSWER,
            asks=(Ask("progress", "现场情况和打算", is_long=True, is_required=False),),
            guards=(side.is_theirs,), hint="了解情况后开始处置",
        ),
        Step(
            "report_done", "报告完成", {R.ARRIVED, R.WORKING}, R.DONE, P.WHISTLE_ANSWER,
            asks=(Ask("result", "处置情况", is_long=True, is_prefilled=True),),
            guards=(side.is_theirs,), effects=(_done,), hint="处置完毕，请街道核实销哨",
        ),
        Step(
            "confirm", "销哨", {R.DONE}, R.CONFIRMED, P.WHISTLE,
            asks=(
                Ask("rating", "评价报到单位", UnitRating, is_required=False, help="不评价的留空，不计入统计"),
                Ask("rating_note", "评价说明", is_required=False),
            ),
            effects=(_confirm,), then=(_end,), hint="核实已处置到位",
        ),
        Step(
            "send_back", "续哨", {R.DONE}, R.WORKING, P.WHISTLE,
            asks=(Ask("reason", "哪里没有到位", is_long=True),), effects=(_send_back,), hint="没有处置到位，请继续处置",
        ),
        Step(
            "rate", "评价吹哨", {R.DONE, R.CONFIRMED}, None, P.WHISTLE_ANSWER,
            asks=(
                Ask("counter_rating", "这次吹哨合适吗", UnitRating, help="原因是否成立、信息是否清楚、街道配合如何"),
                Ask("counter_note", "说明", is_required=False),
            ),
            guards=(side.is_theirs,), effects=(_counter_rate,), hint="报到单位评价街道",
        ),
        Step(
            "withdraw", "撤哨", COMING, R.WITHDRAWN, P.WHISTLE,
            asks=(Ask("reason", "撤哨原因", is_long=True),), effects=(_withdraw_one,), then=(_end,), hint="不再需要这个单位到场",
        ),
    ],
    side.record,
    title="吹哨报到：报到单位",
    ends=OVER,
)  # fmt: skip


# ---- the whistle as a whole -----------------------------------------------------------------


def _states(session: Session, whistle: Whistle) -> list[ReportStatus]:
    return list(session.scalars(select(WhistleTarget.status).where(WhistleTarget.whistle_id == whistle.id)))


def nobody_has_come(session, whistle, actor, now, answers) -> str | None:
    """还没有单位到场"""
    if set(_states(session, whistle)) - COMING - {R.WITHDRAWN}:
        return "已有单位到场，不能整哨撤回；请等处置完成后逐个销哨"
    return None


def all_are_through(session, whistle, actor, now, answers) -> str | None:
    """所有单位都已销哨或撤哨"""
    left = [state for state in _states(session, whistle) if state not in OVER]
    return f"还有{len(left)}个单位没有销哨" if left else None


def unit_is_new(session, whistle, actor, now, answers) -> str | None:
    """单位还没有被吹过"""
    unit = answers["unit"]
    again = select(WhistleTarget.id).where(WhistleTarget.whistle_id == whistle.id, WhistleTarget.unit_id == unit.id)
    return f"这一哨已经吹过{unit.name}" if session.scalar(again) else None


def _call(session, whistle, actor, now, answers) -> None:
    call(session, WhistleTarget(whistle_id=whistle.id, unit_id=answers["unit"].id), actor, now)


def _over(session, whistle, actor, now, answers) -> None:
    whistle.closed_at, whistle.close_note = now, answers.get("note") or answers.get("reason")


def _withdraw_all(session, whistle, actor, now, answers) -> None:
    _over(session, whistle, actor, now, answers)
    waiting = select(WhistleTarget).where(WhistleTarget.whistle_id == whistle.id, WhistleTarget.status.in_(COMING))
    for target in session.scalars(waiting).all():
        REPORT_FLOW.take(session, "withdraw", target, actor, now, reason=answers["reason"])


W = WhistleStatus
WHISTLE_FLOW = Flow(
    "whistle",
    WhistleStatus,
    [
        Step(
            "call", "增派单位", {W.OPEN}, None, P.WHISTLE, asks=(Ask("unit", "单位", Unit),),
            guards=(unit_is_new,), effects=(_call,), hint="请更多单位到场",
        ),
        Step(
            "withdraw", "整哨撤回", {W.OPEN}, W.WITHDRAWN, P.WHISTLE, asks=(Ask("reason", "撤哨原因", is_long=True),),
            guards=(nobody_has_come,), effects=(_withdraw_all,), hint="还没有单位到场时可以撤回",
        ),
        Step(
            "close", "结束", {W.OPEN}, W.CLOSED, P.WHISTLE, asks=(Ask("note", "说明", is_required=False),),
            guards=(all_are_through,), effects=(_over,), hint="最后一个单位销哨时自动结束",
        ),
    ],
    side.record,
    title="吹哨报到：哨单",
    ends=frozenset({W.CLOSED, W.WITHDRAWN}),
)  # fmt: skip


def unanswered(session: Session) -> tuple[int, int]:
    """(units that have not reported yet, of them past their time)."""
    now = session.info["now"]
    waiting = select(func.count(), func.count().filter(WhistleTarget.respond_by < now)).where(WhistleTarget.status.in_(COMING))
    return tuple(session.execute(waiting).one())
