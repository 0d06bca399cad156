"""What waits for somebody, as small figures in the menu: all in one statement, counted to `CAP` at most each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CompoundSelect, Dialect, Select, func, select, union
from sqlalchemy.orm import Session

from models import live_rows
from models.agreement import ResponsibilityAgreement
from models.appeal import Appeal
from models.area import Area
from models.case import Case
from models.codes import AgreementStatus, AppealStatus, AreaKind, CaseStatus, Tier5
from models.comment import Mention
from models.follow_up import FollowUp
from models.mediation_codes import FollowUpState
from models.neighbor import Chief

from .access import Actor, Permission, scoped
from .desk.dispatch import WAITING as UNGIVEN

CAP = 99


@dataclass(frozen=True)
class Waiting:
    """What waits, as a question: the ids of it, and what it is, e.g. “件待分流”."""

    ids: Select | CompoundSelect
    what: str


@dataclass(frozen=True)
class Backlog:
    """How many things wait (`CAP` + 1 means more than the cap) and what they are, e.g. “件待分流”."""

    count: int
    what: str

    @property
    def figure(self) -> str:
        return f"{CAP}+" if self.count > CAP else str(self.count)

    @property
    def sentence(self) -> str:
        return f"超过{CAP}{self.what}" if self.count > CAP else f"{self.count}{self.what}"


class Questions:
    """Some questions of one actor by name, made once for many requests; answered in one statement."""

    def __init__(self, asked: Mapping[str, Waiting], actor: Actor):
        self._whats = {name: waiting.what for name, waiting in asked.items()}
        figures = [
            select(func.count()).select_from(waiting.ids.limit(CAP + 1).subquery()).scalar_subquery()
            for waiting in asked.values()
        ]
        self._statement = scoped(select(*figures), actor)
        self._written: dict[Dialect, str] = {}

    def answers(self, session: Session) -> dict[str, Backlog]:
        connection = session.connection()
        found = connection.exec_driver_sql(self._written.get(connection.dialect) or self._write(connection.dialect)).one()
        return {name: Backlog(n, what) for (name, what), n in zip(self._whats.items(), found, strict=True)}

    def _write(self, dialect: Dialect) -> str:
        """The statement with its values in it: none comes from outside, making it on every page takes longer than its answer,
        and PostgreSQL keeps the plan of a statement without parameters, where planning takes longer than counting.
        """
        self._written[dialect] = str(self._statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        return self._written[dialect]


def to_dispatch() -> Waiting:
    """Cases that nobody has been given yet."""
    return Waiting(select(Case.id).where(Case.status.in_(UNGIVEN)), "件待分流")


def cases_of(actor: Actor) -> Waiting | None:
    """What an actor has to do about cases: close those answered, else the open ones of the own unit or hands."""
    if actor.may(Permission.CASE_DISPATCH):
        return Waiting(select(Case.id).where(Case.status == CaseStatus.FED_BACK), "件待办结")
    rows = Case.__table__.c  # one's own cases are in sight anyway; each way walks an index of its own
    own = [
        select(rows.id).where(rows.subdistrict_id == actor.subdistrict_id, column == value, live_rows(Case)).limit(CAP + 1)
        for column, value in ((rows.handler_id, actor.worker_id), (rows.lead_unit_id, actor.unit_id)) if value
    ]
    if not own:
        return None
    return Waiting(union(*(select(way.subquery()) for way in own)), "件由我办理")


def appeals_of(actor: Actor) -> Waiting | None:
    """Appeals that an actor should take: those of the own rung for chiefs and communities, of the sub-district for the office."""
    if not actor.may(Permission.APPEAL_HANDLE):
        return None
    waiting = select(Appeal.id).where(Appeal.status == AppealStatus.WAITING)
    if not actor.area_code:
        waiting = waiting.where(Appeal.tier == Tier5.SUBDISTRICT)
    return Waiting(waiting, "件诉求待接单")


def to_follow_up(actor: Actor) -> Waiting | None:
    """Follow-ups still to be made, for who makes them."""
    if not actor.may(Permission.FOLLOW_UP):
        return None
    return Waiting(select(FollowUp.id).where(FollowUp.status == FollowUpState.PLANNED), "件待回访")


def unsigned(today: date) -> Waiting:
    """Responsibility agreements past their day and not signed."""
    late = select(ResponsibilityAgreement.id).where(
        ResponsibilityAgreement.status == AgreementStatus.DRAFT, ResponsibilityAgreement.due_on < today
    )
    return Waiting(late, "份逾期未签")


def without_chief() -> Waiting:
    """Neighbourhoods without a chief in office."""
    # Unscoped tables inside: the outer areas are scoped, and one index entry a place answers the question.
    chiefs = Chief.__table__.c
    led = select(chiefs.id).where(
        chiefs.subdistrict_id == Area.subdistrict_id, chiefs.area_id == Area.id, chiefs.ended_on.is_(None)
    )
    missing = select(Area.id).where(Area.kind == AreaKind.NEIGHBORHOOD, ~led.exists())
    return Waiting(missing, "个邻没有邻长")


def mentions_of(actor: Actor) -> Waiting:
    """Remarks that mention a person and have not been seen yet."""
    unseen = select(Mention.comment_id).where(Mention.user_id == actor.user_id, Mention.seen_at.is_(None))
    return Waiting(unseen, "条没看")
