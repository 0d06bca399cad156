"""What waits for somebody, as small figures in the menu: one statement each, counted to `CAP` at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models.agreement import ResponsibilityAgreement
from models.appeal import Appeal
from models.area import Area
from models.case import Case
from models.codes import AgreementStatus, AppealStatus, AreaKind, CaseStatus, Tier5
from models.follow_up import FollowUp
from models.mediation_codes import FollowUpState
from models.neighbor import Chief

from .access import Actor, Permission
from .case_flow import OPEN_STATES
from .dispatch import WAITING

CAP = 99


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


def to_dispatch(session: Session) -> Backlog:
    """Cases that nobody has been given yet."""
    return _backlog(session, select(Case.id).where(Case.status.in_(WAITING)), "件待分流")


def cases_of(session: Session, actor: Actor) -> Backlog | None:
    """What an actor has to do about cases: close those answered, else the open ones of the own unit or hands."""
    if actor.may(Permission.CASE_DISPATCH):
        return _backlog(session, select(Case.id).where(Case.status == CaseStatus.FED_BACK), "件待办结")
    own = [
        column == value
        for column, value in ((Case.handler_id, actor.worker_id), (Case.lead_unit_id, actor.unit_id)) if value
    ]  # fmt: skip
    if not own:
        return None
    return _backlog(session, select(Case.id).where(or_(*own), Case.status.in_(OPEN_STATES)), "件由我办理")


def appeals_of(session: Session, actor: Actor) -> Backlog | None:
    """Appeals that an actor should take: those of the own rung for chiefs and communities, of the sub-district for the office."""
    if not actor.may(Permission.APPEAL_HANDLE):
        return None
    waiting = select(Appeal.id).where(Appeal.status == AppealStatus.WAITING)
    if not actor.area_code:
        waiting = waiting.where(Appeal.tier == Tier5.SUBDISTRICT)
    return _backlog(session, waiting, "件诉求待接单")


def to_follow_up(session: Session, actor: Actor) -> Backlog | None:
    """Follow-ups still to be made, for who makes them."""
    if not actor.may(Permission.FOLLOW_UP):
        return None
    return _backlog(session, select(FollowUp.id).where(FollowUp.status == FollowUpState.PLANNED), "件待回访")


def unsigned(session: Session, today: date) -> Backlog:
    """Responsibility agreements past their day and not signed."""
    late = select(ResponsibilityAgreement.id).where(
        ResponsibilityAgreement.status == AgreementStatus.DRAFT, ResponsibilityAgreement.due_on < today
    )
    return _backlog(session, late, "份逾期未签")


def without_chief(session: Session) -> Backlog:
    """Neighbourhoods without a chief in office."""
    # Unscoped tables inside: the outer areas are scoped, and one index entry a place answers the question.
    chiefs = Chief.__table__.c
    led = select(chiefs.id).where(
        chiefs.subdistrict_id == Area.subdistrict_id, chiefs.area_id == Area.id, chiefs.ended_on.is_(None)
    )
    missing = select(Area.id).where(Area.kind == AreaKind.NEIGHBORHOOD, ~led.exists())
    return _backlog(session, missing, "个邻没有邻长")


def _backlog(session: Session, ids: Select, what: str) -> Backlog:
    return Backlog(len(session.scalars(ids.limit(CAP + 1)).all()), what)
