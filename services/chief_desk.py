"""What a chief sees on the phone: today's matters, one appeal, the own households and what is missing there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import describe
from models.appeal import Appeal, AppealEvent
from models.area import Area
from models.codes import AccessKind, AppealStatus, AreaKind, HouseholdUse
from models.household import Household, HouseholdMember
from models.visit import VisitLog, ZeroReport

from . import appeal_flow, attachments, audit
from .access import Actor, Permission
from .appeal_flow import APPEAL_FLOW
from .due_dates import local_day
from .errors import Missing, Refused
from .labels import dictionary_names
from .phone_sign_in import Present
from .quick_reports import on_day
from .records import find
from .showing import masked, text

MOST = 50
MOST_HOMES, MOST_DOORS = 200, 1500
IN_HAND = (AppealStatus.WAITING, AppealStatus.TAKEN)
VERBS = ("take", "answer", "pass_up")


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
    answer: str = field(default="")


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
        str(appeal.version), bool(appeal.mobile) and me.actor.may(Permission.REVEAL), appeal.answer or "",
    )  # fmt: skip


def steps(session: Session, appeal: Appeal, actor: Actor, now: datetime) -> list:
    """The steps of the phone that this chief can take; an appeal that has left one's own rung shows none."""
    if appeal_flow.is_ours(session, appeal, actor, now, {}) is not None:
        return []
    return [step for step in APPEAL_FLOW.open_to(appeal, actor) if step.verb in VERBS]


# ---- households ---------------------------------------------------------------------


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


def number(session: Session, me: Present, kind: str, record_id: str, reason: str) -> str:
    """The number of whoever told an appeal, or of a household, in full and on the record."""
    me.actor.require(Permission.REVEAL)
    entity = {"appeal": Appeal, "household": Household}.get(kind)
    if entity is None:
        raise Missing
    row = find(session, entity, record_id)
    if not row.mobile:
        raise Refused("没有留电话")
    audit.accessed(session, AccessKind.REVEAL, entity=entity, record_id=row.id, detail="联系电话", reason=reason)
    return row.mobile


# ---- visits -------------------------------------------------------------------------


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
