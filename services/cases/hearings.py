"""Hearings of petition matters: presided over by somebody free of the matter, kept on its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case
from models.codes import OPEN_STATES, CaseKind
from models.hearing import Hearing
from models.worker import Worker

from ..access import Actor
from ..errors import Refused
from ..keeping import records
from . import recusals, timeline


@records.before_save(Hearing)
def _holds(session: Session, row: Hearing, actor: Actor, now: datetime) -> None:
    case = session.get(Case, (session.info["actor"].subdistrict_id, row.case_id)) if row.case_id else None
    if case is None or case.kind is not CaseKind.PETITION:
        raise Refused("听证用于信访事项，请选择是哪件信访事项", field="case")
    if case.status not in OPEN_STATES and row.id is None:
        raise Refused(f"这件信访事项{case.status.label}，不能再加听证笔录", field="case")
    if row.held_at and row.held_at > now:
        raise Refused("笔录在听证之后填写，听证时间不能晚于现在", field="held_at")
    presider = session.get(Worker, (case.subdistrict_id, row.presider_id)) if row.presider_id else None
    if presider is None:
        return
    if presider.id == case.handler_id:
        raise Refused(f"{presider.name}是这件事的经办人，不能主持听证，请换一人", field="presider")
    barred, _ = recusals.of_case(session, case).of(presider)
    if barred:
        raise Refused(f"{presider.name}{barred}，请换一名主持人", field="presider")


def keep(session: Session, row: Hearing, actor: Actor, now: datetime) -> None:
    """Keep the record of a hearing and note on the case's timeline that it was held."""
    records.save(session, row, actor, now)
    case = session.get(Case, (row.subdistrict_id, row.case_id))
    timeline.write(session, case, "hearing", "听证", actor, now, before=case.status)


def of(session: Session, case: Case) -> Sequence[Hearing]:
    return session.scalars(select(Hearing).where(Hearing.case_id == case.id).order_by(Hearing.held_at, Hearing.id).limit(20)).all()
