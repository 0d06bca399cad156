"""Figures of the home page: each with the query that shows its rows and how it was counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, case as when, func, or_, select
from sqlalchemy.orm import Session

from models.agreement import ResponsibilityAgreement
from models.case import Case
from models.audit import AccessEvent, AuditEvent
from models.codes import AccessKind, AgreementStatus, CaseStatus, SupervisionStatus, UrgeStatus
from models.household import Household
from models.supervision import Supervision
from models.urge import Urge
from models.user import User

from . import parameters
from .coordination import whistles
from .places import areas
from .access import Actor, Permission
from .cases.case_flow import OPEN_STATES
from .due_dates import missing_years
from .showing import LOCAL


@dataclass(frozen=True)
class Figure:
    label: str
    count: int
    how: str
    query: str
    tone: str = ""


def cases(session: Session, today: date) -> list[Figure]:
    """Figures over the cases the actor may see, in one statement."""
    days = parameters.value(session, "soon_days")
    soon, month = today + timedelta(days=days), today.replace(day=1)
    opened = Case.status.in_(OPEN_STATES)
    waiting = Case.status.in_((CaseStatus.REGISTERED, CaseStatus.ACCEPTED))
    conditions = {
        "waiting": waiting, "running": Case.status == CaseStatus.ASSIGNED,
        "soon": and_(opened, Case.due_on >= today, Case.due_on <= soon),
        "late": and_(opened, Case.due_on < today),
        "fed_back": Case.status == CaseStatus.FED_BACK,
        "new": Case.received_on >= month,
    }  # fmt: skip
    line = session.execute(
        select(*(func.count(when((condition, 1))).label(name) for name, condition in conditions.items()))
        .select_from(Case)
    ).one()  # fmt: skip
    states = "status=registered&status=accepted&status=assigned&status=fed_back"
    return [
        Figure("待分流", line.waiting, "已登记和已受理、还没有交办的", "status=registered&status=accepted"),
        Figure("办理中", line.running, "已交办、等待反馈的", "status=assigned"),
        Figure("待办结", line.fed_back, "已反馈、等待核实办结的", "status=fed_back"),
        Figure(f"{days}天内到期", line.soon, f"未办结且期限在{today:%m-%d}至{soon:%m-%d}的",
               f"{states}&due_on__from={today}&due_on__to={soon}", "warn" if line.soon else ""),
        Figure("已超期", line.late, f"未办结且期限早于{today:%m-%d}的",
               f"{states}&due_on__to={today - timedelta(days=1)}", "bad" if line.late else ""),
        Figure("本月新收", line.new, f"收到日期在{month:%m-%d}及以后的", f"received_on__from={month}"),
    ]  # fmt: skip


def side_tracks(session: Session, actor: Actor) -> list[Figure]:
    """What waits for an answer: whistles, urges and supervisions, for who watches over them."""
    found = []
    if actor.may(Permission.WHISTLE):
        waiting, late = whistles.unanswered(session)
        found.append(Figure("待报到的哨", waiting, f"吹哨后单位还没有到场，其中{late}个已过报到期限",
                            "whistle_target.index_view?status=blown&status=acknowledged", "bad" if late else ""))
    if actor.may(Permission.SUPERVISE):
        today = session.info["now"].astimezone(LOCAL).date()
        waiting, late = session.execute(
            select(func.count(), func.count(when((Supervision.reply_by < today, 1)))).where(Supervision.status == SupervisionStatus.OPEN)
        ).one()
        found.append(Figure("督办未回复", waiting, f"已发督办、等待回复的，其中{late}件过了回复期限",
                            "supervision.index_view?status=open", "bad" if late else ""))
    if actor.may(Permission.URGE):
        open_urges = session.scalar(select(func.count()).select_from(Urge).where(Urge.status == UrgeStatus.OPEN))
        found.append(Figure("催办未答复", open_urges, "已催办、等待答复的", "urge.index_view?status=open"))
    return found


def next_due(session: Session, actor: Actor, limit: int) -> Sequence[Case]:
    """Open cases by due date: all for who dispatches them, else the actor's own."""
    statement = select(Case).where(Case.status.in_(OPEN_STATES))
    mine = {Case.handler_id: actor.worker_id, Case.lead_unit_id: actor.unit_id}
    own = [column == value for column, value in mine.items() if value]
    if own and not actor.may(Permission.CASE_DISPATCH):
        statement = statement.where(or_(*own))
    return session.scalars(statement.order_by(Case.due_on.is_(None), Case.due_on, Case.id).limit(limit)).all()


def calendar_gaps(session: Session, today: date) -> list[Figure]:
    """A warning while a year that deadlines already reach has no work calendar."""
    missing = missing_years(session, today)
    if not missing:
        return []
    years = "、".join(map(str, missing))
    how = f"{years}年节假日尚未导入，期限暂按周一至周五推算"
    return [Figure("缺少工作日历的年份", len(missing), how, "workday.index_view", "warn")]


def accounts(session: Session) -> list[Figure]:
    """What the security administrator should look at."""
    line = session.execute(
        select(
            func.count(when((User.is_active.is_(True), 1))).label("active"),
            func.count(when((and_(User.is_active.is_(True), User.last_seen_at.is_(None)), 1))).label("unused"),
            func.count(when((and_(User.is_active.is_(True), User.must_change_password.is_(True)), 1))).label("fresh"),
        ).select_from(User)
    ).one()  # fmt: skip
    return [
        Figure("启用的账号", line.active, "可以登录的账号", "user.index_view?is_active=yes"),
        Figure("从未登录的账号", line.unused, "启用以后一次也没有登录过的", "user.index_view?is_active=yes"),
        Figure("未改初始密码", line.fresh, "还在用初始密码的账号", "user.index_view?is_active=yes"),
    ]


def logs(session: Session, today: date) -> list[Figure]:
    """What the audit administrator should look at."""
    since = datetime.combine(today, time(), LOCAL)
    changes = session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.happened_at >= since))
    readings = dict(
        session.execute(
            select(AccessEvent.kind, func.count()).where(AccessEvent.happened_at >= since).group_by(AccessEvent.kind)
        ).all()
    )
    wanted = {
        AccessKind.REVEAL: "今日查看明文", AccessKind.EXPORT: "今日导出", AccessKind.EXPORT_CLEAR: "今日明文导出",
        AccessKind.LOCKED: "今日登录锁定",
    }  # fmt: skip
    return [
        Figure("今日改动", changes, "今天写入操作日志的条数", f"audit_event.index_view?happened_at__from={today}"),
        *(
            Figure(label, readings.get(kind, 0), f"今天访问日志里“{kind.label}”的条数",
                   f"access_event.index_view?kind={kind.value}&happened_at__from={today}",
                   "warn" if kind is AccessKind.LOCKED and readings.get(kind) else "")
            for kind, label in wanted.items()
        ),
    ]  # fmt: skip


def late_agreements(session: Session, today: date) -> list[Figure]:
    """Responsibility agreements past their day and not signed."""
    late = session.scalar(
        select(func.count()).select_from(ResponsibilityAgreement).where(
            ResponsibilityAgreement.status == AgreementStatus.DRAFT, ResponsibilityAgreement.due_on < today
        )
    )
    query = f"responsibility_agreement.index_view?status=draft&due_on__to={today - timedelta(days=1)}"
    return [Figure("逾期未签责任书", late, f"应签日期早于{today:%m-%d}、还没有签订的", query, "bad" if late else "")]


def rosters(session: Session) -> list[Figure]:
    """What the rosters lack."""
    without = session.execute(
        select(func.count()).select_from(Household).where(Household.neighborhood_id.is_(None))
    ).scalar_one()
    counts = areas.load_counts(session)
    fewest, most = areas.bounds(session)
    notes = {"over": f"联系户数多于{most}户的邻", "under": f"联系户数少于{fewest}户的邻", "headless": "没有在任邻长的邻"}
    labels = areas.load_kinds(session)
    return [
        Figure("没有归邻的住户", without, "住户名册里“所属邻”为空的", "household.index_view?neighborhood=none", "warn" if without else ""),
        *(
            Figure(f"{labels[key]}的邻", counts[key], notes[key], f"area_loads.index_view?show={key}", "warn" if counts[key] else "")
            for key in ("headless", "over", "under")
        ),
    ]  # fmt: skip
