"""The figures of a month: each beside the month before, with numerator and denominator and how it was counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.area import Area
from models.case import Assignment, Case, Objection
from models.clock import Clock
from models.codes import OVER_STATES, AreaKind, AssignmentStatus, CaseKind, CaseStatus, ClockState
from models.follow_up import FollowUp
from models.mediation_codes import ConfirmationState
from models.settlement import Confirmation, MediationAgreement
from models.supervision import Supervision
from models.urge import Urge

from ..appeals import appeal_figures
from ..coordination import whistle_figures
from ..mediation import follow_ups, settlements
from ..access import Actor
from ..due_dates import local_day
from ..lists.exports import unit_of
from ..lists.filters import branch
from ..ledgers import month_before, month_of
from ..keeping.records import find
from .cases import GONE, LISTED, SETTLED, Matters, Month, course, inside, read, tables
from .measures import Figures, Measure

_OPEN = "&".join(f"status={status.value}" for status in CaseStatus if status not in (*OVER_STATES, *GONE))


def figures(session: Session, first: date, actor: Actor, now: datetime, area_id: str | None = None) -> Figures:
    """All figures of the month that begins on a day, over what the session's actor sees, in an area of it."""
    today = local_day(now)
    month, last = (Month.of(*month_of(day), today) for day in (first, month_before(first)))
    matters, earlier = (read(session, one, area_id, actor) for one in (month, last))
    spans = {
        "received": f"received_on__from={month.first}&received_on__to={month.last}&{LISTED}",
        "closed": f"closed_at__from={month.first}&closed_at__to={month.last}",
        "appeals": f"received_at__from={month.first}&received_at__to={month.last}",
        # What was open at the end of a month that is over is in no list: some of it has been closed since.
        "open": f"received_on__to={today}&{_OPEN}" if month.asof == today else "",
        "late": f"received_on__to={today}&{_OPEN}&due_on__to={today - timedelta(days=1)}" if month.asof == today else "",
    }  # fmt: skip
    pushed = [_pushed(session, one, area_id, actor, now) for one in (month, last)]
    said = [_said(session, one, area_id, actor) for one in (month, last)]
    def listed(measures: Iterable[Measure]) -> list[Measure]:
        return [_within(measure, area_id) for measure in measures]

    return Figures(
        f"{first:%Y-%m}", find(session, Area, area_id).full_name if area_id else unit_of(session, actor),
        [
            ("总体情况", listed(_whole(session, matters, earlier, spans, area_id, actor))),
            ("期限和督促", listed(_both(label, pushed, how, query.format(m=month)) for label, (how, query) in _PUSHED.items() if label in pushed[0])),
            ("群众评价和履行", listed(_both(label, said, how, query.format(m=month)) for label, (how, query) in _SAID.items())),
        ],
        tables(session, matters, earlier, spans, f"&area={area_id}" if area_id else ""), course(session, month, area_id, actor),
    )  # fmt: skip


def _within(measure: Measure, area_id: str | None) -> Measure:
    """A figure of an area opens the list of that area; a list that cannot be narrowed to one is not offered."""
    if not area_id or not measure.query:
        return measure
    can_narrow = measure.query.startswith(("case.", "appeal."))
    return replace(measure, query=f"{measure.query}&area={area_id}" if can_narrow else "")


def _both(label: str, months: list[dict], how: str, query: str) -> Measure:
    (part, whole), (before, before_whole) = (month[label] for month in months)
    return Measure(label, part, before, whole, before_whole, how, query)


# ---- matters ------------------------------------------------------------------------


def _whole(session: Session, now: Matters, before: Matters, spans: dict, area_id: str | None, actor: Actor) -> list[Measure]:
    received, closed = f"case.index_view?{spans['received']}", f"case.index_view?{spans['closed']}"

    def count(label: str, read, how: str, query: str = "", tone: str = "") -> Measure:
        return Measure(label, read(now), read(before), how=how, query=query, tone=tone)

    def opened(span: str) -> str:
        return f"case.index_view?{spans[span]}" if spans[span] else ""

    def share(label: str, read, how: str, query: str = "") -> Measure:
        (part, whole), (last, last_whole) = read(now), read(before)
        return Measure(label, part, last, whole, last_whole, how, query)

    return [
        count("新收", lambda m: len(m.received), "收到日期在当月的案件，并案的不重复计", received),
        *(count(f"其中{kind.label}", lambda m, kind=kind: sum(row.kind is kind for row in m.received), f"当月收到的{kind.label}",
                f"{received}&kind={kind.value}") for kind in CaseKind),
        count("群众诉求", lambda m: _appeals(session, m.month, area_id, actor), "当月收到的诉求（扫码、邻长上报等），未立案的也算",
              f"appeal.index_view?{spans['appeals']}"),
        count("办结", lambda m: len(m.closed), "办结时间在当月的案件", closed),
        count("月末在办", lambda m: m.open_count, "到月末（当月到今天）已收到、没有办结的", opened("open")),
        count("月末超期在办", lambda m: m.late_count, "月末在办中，办理期限早于月末（当月早于今天）的", opened("late"), tone="bad" if now.late_count else ""),
        share("办结率", lambda m: (sum(row.closed_at is not None for row in m.received), len(m.received)), "当月新收中到今天已办结的 ÷ 当月新收", received),
        share("按期办结率", Matters.in_time, "办结日不晚于办理期限的 ÷ 当月办结中有期限的", closed),
        share("化解成功率", lambda m: _settled(m), "办理结果为解决、部分解决的 ÷ 当月办结的矛盾纠纷", f"{closed}&kind=dispute"),
        share("当场化解率", lambda m: (sum(bool(row.is_answered_on_spot) for row in m.received), len(m.received)), "当场答复或化解的 ÷ 当月新收",
              f"{received}&is_answered_on_spot=yes"),
    ]  # fmt: skip


def _settled(matters: Matters) -> tuple[int, int]:
    disputes = [row for row in matters.closed if row.kind is CaseKind.DISPUTE]
    return sum(row.outcome in SETTLED for row in disputes), len(disputes)


def _appeals(session: Session, month: Month, area_id: str | None, actor: Actor) -> int:
    begin, end = month.instants
    wanted = select(func.count()).select_from(Appeal).where(Appeal.received_at >= begin, Appeal.received_at < end)
    if area_id:
        wanted = wanted.where(Appeal.area_id.in_(branch(area_id, actor)))
    return session.scalar(wanted)


# ---- periods, urging, supervision ---------------------------------------------------

_PUSHED = {
    "诉求按时回应率": ("首次回应不晚于最初期限的 ÷ 当月收到、到今天应当回应的诉求", "appeal_figures.index_view?month={m.first:%Y-%m}"),
    "时限按期率": ("按期完成的 ÷ 到期日在当月的时限（案件和环节的都算）", "late_steps.index_view?since={m.first}&until={m.last}"),
    "督办按期回复率": ("不晚于回复期限回复的 ÷ 当月应回复的督办", "supervision.index_view?reply_by__from={m.first}&reply_by__to={m.last}"),
    "催办答复率": ("已答复的 ÷ 当月发出的催办", "urge.index_view?urged_at__from={m.first}&urged_at__to={m.last}"),
    "分流异议率": ("承办单位提出异议的 ÷ 当月交办", "objection.index_view?raised_at__from={m.first}&raised_at__to={m.last}"),
    "吹哨按时报到率": ("按时到场的 ÷ 当月应报到的（撤哨的不算）", "whistle_figures.index_view?month={m.first:%Y-%m}"),
}


def _pushed(session: Session, month: Month, area_id: str | None, actor: Actor, now: datetime) -> dict[str, tuple[int, int]]:
    begin, end = month.instants
    mine = select(Case.id).where(*inside(area_id, actor)) if area_id else None

    def of(column) -> list:
        return [] if mine is None else [column.in_(mine)]

    clocks = session.execute(
        select(Clock.state, Clock.due_on, Clock.stopped_at).where(
            Clock.state.in_((ClockState.MET, ClockState.RUNNING)), Clock.due_on >= month.first, Clock.due_on <= month.asof, *of(Clock.case_id)
        )
    ).all()  # fmt: skip
    replies = session.execute(
        select(Supervision.reply_by, Supervision.replied_at, Supervision.lifted_at)
        .where(Supervision.reply_by >= month.first, Supervision.reply_by <= month.asof, *of(Supervision.case_id))
    ).all()  # fmt: skip
    owed = [row for row in replies if row.replied_at or not row.lifted_at]
    urges = session.execute(select(func.count(), func.count(Urge.answer)).where(Urge.urged_at >= begin, Urge.urged_at < end, *of(Urge.case_id))).one()
    orders = session.scalar(select(func.count()).select_from(Assignment).where(
        Assignment.assigned_at >= begin, Assignment.assigned_at < end, Assignment.status != AssignmentStatus.WITHDRAWN, *of(Assignment.case_id)
    ))  # fmt: skip
    raised = session.scalar(select(func.count()).select_from(Objection).where(
        Objection.raised_at >= begin, Objection.raised_at < end, *of(Objection.case_id)
    ))  # fmt: skip
    found = {
        **_answered(session, month, area_id, now),
        "时限按期率": (sum(_is_met(row) for row in clocks), len([row for row in clocks if _is_met(row) or row.stopped_at or row.due_on < local_day(now)])),
        "督办按期回复率": (sum(bool(row.replied_at) and local_day(row.replied_at) <= row.reply_by for row in owed), len(owed)),
        "催办答复率": (urges[1], urges[0]),
        "分流异议率": (raised, orders),
    }
    if area_id is None:  # whistles belong to units, not to places
        lines, _ = whistle_figures.by_unit_and_month(session, begin, end, now)
        found["吹哨按时报到率"] = (sum(line.in_time for line in lines), sum(line.due for line in lines))
    return found


def _answered(session: Session, month: Month, area_id: str | None, now: datetime) -> dict[str, tuple[int, int]]:
    """How soon appeals were answered; counted by community, so not for a smaller area."""
    if area_id and find(session, Area, area_id).kind not in (AreaKind.COMMUNITY, AreaKind.VILLAGE):
        return {}
    lines, total = appeal_figures.by_month_and_place(session, *month.instants, now)
    wanted = [total] if area_id is None else [line for line in lines if line.area_id == area_id]
    return {"诉求按时回应率": (sum(line.in_time for line in wanted), sum(line.due for line in wanted))}


def _is_met(row) -> bool:
    return row.stopped_at is not None and local_day(row.stopped_at) <= row.due_on


# ---- what citizens said -------------------------------------------------------------

_SAID = {
    "回访率": ("已回访的 ÷ 当月应回访的", "follow_up.index_view?due_on__from={m.first}&due_on__to={m.last}"),
    "参评率": ("群众作了评价的 ÷ 已回访的", "follow_up.index_view?due_on__from={m.first}&due_on__to={m.last}&status=done"),
    "满意率": ("评价满意、基本满意的 ÷ 作了评价的；没有评价的不算", "follow_up.index_view?due_on__from={m.first}&due_on__to={m.last}&status=done"),
    "协议履行率": ("已履行的 ÷ 当月应履行的协议事项", "mediation_agreement.index_view?"),
    "司法确认率": ("法院裁定有效的 ÷ 当月裁定的司法确认申请", "confirmation.index_view?ruled_on__from={m.first}&ruled_on__to={m.last}"),
}


def _said(session: Session, month: Month, area_id: str | None, actor: Actor) -> dict[str, tuple[int, int]]:
    mine = select(Case.id).where(*inside(area_id, actor)) if area_id else None
    of = [] if mine is None else [FollowUp.case_id.in_(mine)]
    of_agreements = [] if mine is None else [MediationAgreement.case_id.in_(mine)]
    ruled = session.execute(
        select(Confirmation.status, func.count()).join(Confirmation.agreement)
        .where(Confirmation.ruled_on >= month.first, Confirmation.ruled_on <= month.last, *of_agreements).group_by(Confirmation.status)
    ).all()  # fmt: skip
    return {
        **follow_ups.rates(session, month.first, month.last, *of),
        "协议履行率": settlements.performance_rate(session, month.first, month.last, *of_agreements),
        "司法确认率": (sum(n for status, n in ruled if status is ConfirmationState.CONFIRMED), sum(n for _, n in ruled)),
    }
