"""Sessions of mediation: numbered per case, chaired by one mediator who is free of the matter (R03)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Case
from models.codes import OPEN_STATES, MediationStage
from models.mediation import Mediator
from models.mediation_codes import Attendance, SessionResult
from models.session import MediationSession, SessionAttendee

from .. import inbox
from ..cases import recusals, timeline
from ..keeping import records
from ..access import Actor
from ..due_dates import local_day
from ..errors import Refused


@records.before_save(MediationSession)
def _holds(session: Session, row: MediationSession, actor: Actor, now: datetime) -> None:
    """What the law asks of every session, with a sentence for each."""
    case = session.get(Case, (session.info["actor"].subdistrict_id, row.case_id)) if row.case_id else None
    if case is None:
        raise Refused("请选择是哪件案件的调解", field="case")
    if not row.is_told:
        raise Refused("调解前应当告知当事人权利义务（性质、原则、协议效力）；告知后选“是”再保存", field="is_told")
    if row.started_at and row.started_at > now:
        raise Refused("调解记录在调解之后填写，开始时间不能晚于现在", field="started_at")
    if row.result is SessionResult.AGAIN and row.next_at is None:
        raise Refused("结果是“另行调解”时，请填下次调解时间", field="next_at")
    chair = session.get(Mediator, (case.subdistrict_id, row.chair_id)) if row.chair_id else None
    if chair is not None:
        barred, _ = recusals.of_case(session, case).of(chair)
        if barred:
            raise Refused(f"{chair.name}{barred}，请换一名主持人", field="chair")
    if row.number is None:
        if case.status not in OPEN_STATES:
            raise Refused(f"案件{case.status.label}，不能再加调解记录", field="case")
        last = session.scalar(select(func.max(MediationSession.number)).where(MediationSession.case_id == case.id))
        row.number, row.stage = (last or 0) + 1, case.stage or MediationStage.ONSITE


@records.before_save(SessionAttendee)
def _invited_with_consent(session: Session, row: SessionAttendee, actor: Actor, now: datetime) -> None:
    """Whoever is invited sits there with the parties' consent (《人民调解法》第二十条)."""
    if row.capacity is not Attendance.INVITED or not row.session_id:
        return
    held = session.get(MediationSession, (session.info["actor"].subdistrict_id, row.session_id))
    if held is not None and not held.is_consented:
        raise Refused("邀请他人参加调解须经当事人同意；请在“当事人同意邀请他人参加”选“是”", field="capacity")


def hold(session: Session, row: MediationSession, actor: Actor, now: datetime) -> None:
    """Keep a new session: on the case's timeline (without what was said), the next appointment in the chair's in-tray."""
    actor.require("mediation_session:create")
    records.save(session, row, actor, now)
    case = session.get(Case, (row.subdistrict_id, row.case_id))
    timeline.write(
        session, case, "session", f"第{row.number}次调解", actor, now, before=case.status,
        note=f"{row.stage.label}，{row.result.label}",
    )  # fmt: skip
    _remind(session, row, case, now)


def correct(session: Session, row: MediationSession, actor: Actor, now: datetime) -> None:
    """Save a change of a session and its next appointment."""
    records.save(session, row, actor, now)
    case = session.get(Case, (row.subdistrict_id, row.case_id))
    inbox.settle(session, row, actor, now, "session")
    _remind(session, row, case, now)


def _remind(session: Session, row: MediationSession, case: Case, now: datetime) -> None:
    for earlier in session.scalars(
        select(MediationSession).where(MediationSession.case_id == case.id, MediationSession.number < row.number)
    ):
        inbox.settle(session, earlier, session.info["actor"], now, "session")
    if row.next_at is not None and row.next_at > now:
        chair = session.get(Mediator, (row.subdistrict_id, row.chair_id))
        inbox.put(session, row, "session", f"{case.case_no}下次调解", chair, now, due_on=local_day(row.next_at))


def of(session: Session, case: Case) -> list[MediationSession]:
    wanted = select(MediationSession).where(MediationSession.case_id == case.id).order_by(MediationSession.number)
    return list(session.scalars(wanted))
