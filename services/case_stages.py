"""The loop 现场→分流→会商→联合, and what holds a matter up: suspension."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case
from models.codes import MediationStage
from models.team import Team

from . import clocks


def active_team(session: Session, case: Case) -> Team | None:
    return session.scalar(
        select(Team).where(Team.case_id == case.id, Team.disbanded_at.is_(None))
    )


def team_is_complete(session, case, actor, now, answers) -> str | None:
    """已有完整的“3+X”专班"""
    if active_team(session, case) is None:
        return "还没有“3+X”专班。请先配齐包案领导、专岗调解员、律师和至少一名工作人员"
    return None


def join(session, case, actor, now, answers) -> None:
    case.stage = MediationStage.JOINT


def suspend(session, case, actor, now, answers) -> None:
    clocks.pause(session, case, now)


def resume(session, case, actor, now, answers) -> None:
    clocks.resume(session, case, now)
