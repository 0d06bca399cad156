"""催办: an agent asks how far a matter is; the urge lies in the handler's in-tray until answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models.case import Case
from models.clock import Clock
from models.codes import OPEN_STATES, ContactMethod, UrgeStatus
from models.urge import Urge, UrgeContact

from . import answers as side
from .. import inbox, rosters
from ..background import messages
from ..keeping import records
from ..access import Actor, Permission, system
from ..due_dates import local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step

S, P = UrgeStatus, Permission


@rosters.creator(Urge)
def urge(session: Session, row: Urge, actor: Actor, now: datetime) -> None:
    """Urge whoever a case was given to: the named one, else its handler or lead unit."""
    actor.require(P.URGE)
    case = session.get(Case, (actor.subdistrict_id, row.case_id))
    if case.status not in OPEN_STATES:
        raise Refused(f"案件{case.status.label}，不用催办", field="case")
    if row.unit_id is None and row.worker_id is None:
        row.unit_id, row.worker_id = (None, case.handler_id) if case.handler_id else (case.lead_unit_id, None)
    if row.unit_id is None and row.worker_id is None:
        raise Refused("案件还没有交办，没有可以催的人，请先分流交办", field="case")
    if row.due_on < local_day(now):
        raise Refused("答复期限不能早于今天", field="due_on")
    row.status, row.agent_id, row.urged_at = S.OPEN, actor.user_id, now
    records.save(session, row, actor, now)
    inbox.put(session, row, "answer", title_of(case), side.recipient(row), now, due_on=row.due_on)
    side.note(session, row, "urge", "催办", actor, now, row.demand)
    messages.urged(session, row, case.case_no, now)


def of(session: Session, case: Case) -> list[Urge]:
    """The urges about a case, the latest first."""
    wanted = select(Urge).where(Urge.case_id == case.id).order_by(Urge.urged_at.desc(), Urge.id.desc()).limit(30)
    return list(session.scalars(wanted.options(joinedload(Urge.unit), joinedload(Urge.worker), joinedload(Urge.agent))))


def number_of(session: Session, row: Urge) -> str:
    """The number on the slip: the case's own, and which urge of it this is (none is ever deleted)."""
    before = (Urge.urged_at < row.urged_at) | ((Urge.urged_at == row.urged_at) & (Urge.id <= row.id))
    count = session.scalar(select(func.count()).select_from(Urge).where(Urge.case_id == row.case_id, before))
    return f"{row.case.case_no}-催{count}"


def title_of(case: Case) -> str:
    """How an urge reads in an in-tray."""
    return f"催办：{case.case_no}"


def _answer(session, row, actor, now, answers) -> None:
    row.answer, row.answered_by_id, row.answered_at = answers["answer"], actor.user_id, now
    inbox.settle(session, row, actor, now)


def _contact(session, row, actor, now, answers) -> None:
    session.add(UrgeContact(
        urge_id=row.id, contacted_at=now, method=answers["method"], spoken_to=answers["spoken_to"],
        words=answers["words"], user_id=actor.user_id,
    ))  # fmt: skip
    session.flush()


def _lapse(session, row, actor, now, answers) -> None:
    row.answered_at = now
    inbox.settle(session, row, actor, now)


URGE_FLOW = Flow(
    "urge",
    UrgeStatus,
    [
        Step(
            "answer", "答复", {S.OPEN}, S.ANSWERED, P.CASE_FEED_BACK,
            asks=(Ask("answer", "办到哪一步、什么时候办好", is_long=True),),
            guards=(side.is_theirs,), effects=(_answer,), hint="答复后从待办里移走",
        ),
        Step(
            "contact", "记联系情况", {S.OPEN, S.ANSWERED}, None, P.URGE,
            asks=(
                Ask("method", "方式", ContactMethod), Ask("spoken_to", "联系到谁", help="单位和姓名"),
                Ask("words", "对方怎么说", is_long=True),
            ),
            effects=(_contact,), hint="打过电话、见过面的，记下对方的话",
        ),
        Step("lapse", "事项已办", {S.OPEN}, S.LAPSED, P.URGE, effects=(_lapse,), hint="催的事已经办了，不用再答复"),
    ],
    side.record,
    title="催办",
    ends=frozenset({S.ANSWERED, S.LAPSED}),
)  # fmt: skip


def lapse_of(session: Session, clock: Clock, now: datetime) -> None:
    """The period that was urged about has ended: nothing is left to answer."""
    waiting = select(Urge).where(Urge.clock_id == clock.id, Urge.status == S.OPEN)
    for row in session.scalars(waiting).all():
        URGE_FLOW.take(session, "lapse", row, system(row.subdistrict_id), now)
