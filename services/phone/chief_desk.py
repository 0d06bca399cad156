"""What a chief sees on the phone: today's matters, one appeal, and whom to call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import describe
from models.appeal import Appeal, AppealEvent
from models.codes import AccessKind, AppealStatus
from models.household import Household
from models.visit import ZeroReport

from .. import limits
from ..appeals import appeal_flow
from ..keeping import attachments, audit, records
from ..access import Actor, Permission
from ..appeals.appeal_flow import APPEAL_FLOW
from ..due_dates import local_day
from ..errors import Conflict, Missing, Refused
from ..labels import dictionary_names
from .phone_sign_in import Present
from .quick_reports import on_day
from ..keeping.records import find
from ..showing import masked, text

MOST = 50
IN_HAND = (AppealStatus.WAITING, AppealStatus.TAKEN)
VERBS = ("take", "answer", "pass_up")
_WAITS = timedelta(days=30)  # how long a step may wait in a phone and still be known when it comes twice


@dataclass(frozen=True)
class Line:
    """One appeal in a list."""

    id: str
    number: str
    words: str
    place: str
    state: str
    who: str
    due: str
    is_late: bool


@dataclass(frozen=True)
class Today:
    """The first page: what is mine to answer, what else I have reported or went up from here, whether today is reported."""

    mine: Sequence[Line]
    other: Sequence[Line]
    is_zero: bool
    report_count: int
    has_more: bool = False


@dataclass(frozen=True)
class AppealPage:
    """One appeal with what can be done about it now."""

    line: Line
    words: str
    facts: Sequence[tuple[str, str]]
    events: Sequence[tuple[str, str, str]]
    steps: Sequence = ()
    photos: Sequence[str] = ()
    version: str = ""
    may_call: bool = False
    answer: str = ""


def today(session: Session, me: Present, now: datetime) -> Today:
    """What a chief has to do today; five statements whatever there is."""
    day = local_day(now)
    mine = session.scalars(
        select(Appeal).where(Appeal.owner_area_id == me.area_id, Appeal.status.in_(IN_HAND))
        .order_by(Appeal.due_on, Appeal.id).limit(MOST + 1)
    ).all()  # fmt: skip
    newest = (Appeal.received_at.desc(), Appeal.id.desc())
    told = session.scalars(select(Appeal).where(Appeal.reporter_id == me.chief_id).order_by(*newest).limit(5)).all()
    here = select(Appeal).where(Appeal.area_id == me.area_id, Appeal.owner_area_id != me.area_id, Appeal.status.in_(IN_HAND))
    other = {a.id: a for a in (*session.scalars(here.order_by(*newest).limit(10)), *told) if a not in mine}
    count = session.scalar(select(func.count()).select_from(Appeal).where(Appeal.reporter_id == me.chief_id, *on_day(day)))
    zero = session.scalar(select(ZeroReport.id).where(ZeroReport.chief_id == me.chief_id, ZeroReport.reported_on == day))
    return Today(
        [line_of(a, day) for a in mine[:MOST]], [line_of(a, day) for a in other.values()], zero is not None, count, len(mine) > MOST
    )


def line_of(appeal: Appeal, day: date) -> Line:
    """An appeal in a list, with how long there is to answer."""
    is_open = appeal.status in IN_HAND
    late = is_open and appeal.due_on is not None and appeal.due_on < day
    due = ""
    if is_open and appeal.due_on is not None:
        left = (appeal.due_on - day).days
        due = {0: "今天要回应", 1: "明天前回应"}.get(left, f"已过期{-left}天" if late else f"{appeal.due_on:%m-%d}前回应")
    return Line(
        appeal.id, appeal.appeal_no, appeal.words, appeal.place or "", appeal.status.label, appeal.tier.label, due, late,
    )


# ---- one appeal ---------------------------------------------------------------------


def appeal_page(session: Session, me: Present, appeal_id: str, now: datetime) -> AppealPage:
    """One appeal in sight, masked; the steps are those the chief can take now."""
    appeal = find(session, Appeal, appeal_id)
    described = describe(Appeal)
    names = dictionary_names(session)
    facts = [
        ("反映人", text(masked(described["name"], appeal.name, me.actor)) or "没有留"),
        ("电话", text(masked(described["mobile"], appeal.mobile, me.actor)) or "没有留"),
        ("地点", appeal.place or text(appeal.area.full_name if appeal.area else "")),
        ("来自", names.get(appeal.channel, "")), ("收到", text(appeal.received_at)),
        ("现在由谁办", appeal.tier.label), ("什么时候前回应", text(appeal.due_on) if appeal.status in IN_HAND else ""),
    ]  # fmt: skip
    events = session.scalars(select(AppealEvent).where(AppealEvent.appeal_id == appeal.id).order_by(AppealEvent.number)).all()
    return AppealPage(
        line_of(appeal, local_day(now)), appeal.words, [(label, value) for label, value in facts if value],
        [(text(e.happened_at), e.label, "　".join(filter(None, (e.told, e.note)))) for e in events],
        steps(session, appeal, me.actor, now), [a.id for a in attachments.of(session, appeal) if a.media_type.startswith("image/")],
        str(appeal.version), bool(appeal.mobile) and me.actor.may(Permission.REVEAL) and _is_ours(session, appeal, me.actor, now),
        appeal.answer or "",
    )  # fmt: skip


def steps(session: Session, appeal: Appeal, actor: Actor, now: datetime) -> list:
    """The steps of the phone that this chief can take; an appeal that has left one's own rung shows none."""
    if not _is_ours(session, appeal, actor, now):
        return []
    return [step for step in APPEAL_FLOW.open_to(appeal, actor) if step.verb in VERBS]


def take_step(
    session: Session, me: Present, appeal: Appeal, verb: str, version: str | None, key: str, now: datetime, answers: Mapping[str, str | None]
) -> bool:
    """Take a step of the phone, once a key; says whether it was new. It may have waited in the phone for the network.

    Raises `Conflict` that says what has happened to the appeal since the phone showed it.
    """
    if key and not limits.once(session, "phone_step", f"{me.device_id}|{key}", now + _WAITS):
        return False
    if records.version_of(appeal) != (version or ""):
        raise Conflict(_meanwhile(session, appeal, me))
    APPEAL_FLOW.take(session, verb, appeal, me.actor, now, **answers)
    return True


def _meanwhile(session: Session, appeal: Appeal, me: Present) -> str:
    last = session.scalars(
        select(AppealEvent).where(AppealEvent.appeal_id == appeal.id).order_by(AppealEvent.number.desc()).limit(1)
    ).first()
    who = "您" if last and last.user_name == me.actor.name else "别人"
    what = f"{text(last.happened_at)}{who}已经办过“{last.label}”，现在{appeal.status.label}、由{appeal.tier.label}办" if last else "有人改动过"
    return f"这件诉求在您办理之前有了变化：{what}。请先看最新情况，再决定要不要办"


def _is_ours(session: Session, appeal: Appeal, actor: Actor, now: datetime) -> bool:
    return appeal_flow.is_ours(session, appeal, actor, now, {}) is None


def number(session: Session, me: Present, kind: str, record_id: str, reason: str, now: datetime) -> str:
    """The number of whoever told an appeal that is at the chief's rung or below, or of a household; in full and on the record."""
    me.actor.require(Permission.REVEAL)
    entity = {"appeal": Appeal, "household": Household}.get(kind)
    if entity is None:
        raise Missing
    row = find(session, entity, record_id)
    if not row.mobile:
        raise Refused("没有留电话")
    if isinstance(row, Appeal) and not _is_ours(session, row, me.actor, now):
        raise Refused("这件诉求已经转到上一级，由那里联系反映人")
    audit.accessed(session, AccessKind.REVEAL, entity=entity, record_id=row.id, detail="联系电话", reason=reason)
    return row.mobile
