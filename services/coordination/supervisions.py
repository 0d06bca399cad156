"""督办: a numbered demand with a day to reply by; it must be answered, and cards show how grave it is."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.case import Case
from models.codes import CardColour, SupervisionStatus
from models.supervision import Supervision

from . import answers as side
from .. import inbox, rosters
from ..keeping import records
from ..mediation import follow_ups
from ..access import Actor, Permission
from ..due_dates import local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step

S, P = SupervisionStatus, Permission


@rosters.creator(Supervision)
def issue(session: Session, row: Supervision, actor: Actor, now: datetime) -> None:
    """Number a supervision and put it before whoever has to reply."""
    actor.require(P.SUPERVISE)
    case = session.get(Case, (actor.subdistrict_id, row.case_id))
    if row.unit_id is None and row.worker_id is None:
        row.unit_id, row.worker_id = case.lead_unit_id, None if case.lead_unit_id else case.handler_id
    if row.unit_id is None and row.worker_id is None:
        raise Refused("请选择督办单位或督办对象：案件还没有交办", field="unit")
    if row.reply_by < local_day(now):
        raise Refused("回复期限不能早于今天", field="reply_by")
    if row.card not in (None, CardColour.NONE) and not row.card_reason:
        raise Refused("亮牌要写明原因", field="card_reason")
    row.supervision_no = side.number(session, "督", "supervision", now)
    row.status, row.issued_by_id, row.issued_at = S.OPEN, actor.user_id, now
    records.save(session, row, actor, now)
    _ask(session, row, now)
    follow_ups.settle(session, case, actor, now)
    side.note(session, row, "supervise", f"督办（{row.card.label}）", actor, now, row.demand)


def of(session: Session, case: Case) -> list[Supervision]:
    """The supervisions about a case, the latest first."""
    wanted = select(Supervision).where(Supervision.case_id == case.id).order_by(Supervision.issued_at.desc(), Supervision.id.desc())
    return list(session.scalars(wanted.options(joinedload(Supervision.unit), joinedload(Supervision.worker)).limit(30)))


def _ask(session: Session, row: Supervision, now: datetime) -> None:
    card = "" if row.card is CardColour.NONE else f"{row.card.label}"
    inbox.put(session, row, "reply", f"{card}督办：{row.supervision_no}", side.recipient(row), now, due_on=row.reply_by)


def raise_card(session: Session, row: Supervision, card: CardColour, reason: str, now: datetime) -> None:
    """Show a graver card; what lies in the in-tray says so."""
    row.card, row.card_reason = card, reason[:200]
    if row.status is S.OPEN:
        _ask(session, row, now)


def _reply(session, row, actor, now, answers) -> None:
    row.reply, row.replied_by_id, row.replied_at = answers["reply"], actor.user_id, now
    inbox.settle(session, row, actor, now)
    inbox.put(session, row, "decide", f"督办已回复，请审核：{row.supervision_no}", P.SUPERVISE, now)


def _accept(session, row, actor, now, answers) -> None:
    row.decided_by_id = actor.user_id
    inbox.settle(session, row, actor, now)


def _send_back(session, row, actor, now, answers) -> None:
    row.decided_by_id, row.return_reason = actor.user_id, answers["reason"]
    row.returned_count += 1
    row.reply_by = answers["reply_by"] or max(row.reply_by, local_day(now))
    inbox.settle(session, row, actor, now)
    _ask(session, row, now)


def day_lies_ahead(session, row, actor, now, answers) -> str | None:
    """回复期限不早于今天"""
    day: date | None = answers.get("reply_by")
    return "回复期限不能早于今天" if day and day < local_day(now) else None


def another_card(session, row, actor, now, answers) -> str | None:
    """换成另一种牌"""
    return f"现在就是{row.card.label}" if answers["card"] is row.card else None


def _card(session, row, actor, now, answers) -> None:
    raise_card(session, row, answers["card"], answers["reason"], now)


def _lift(session, row, actor, now, answers) -> None:
    row.lifted_at, row.lift_reason, row.decided_by_id = now, answers["reason"], actor.user_id
    inbox.settle(session, row, actor, now)


SUPERVISION_FLOW = Flow(
    "supervision",
    SupervisionStatus,
    [
        Step(
            "reply", "回复督办", {S.OPEN}, S.REPLIED, P.CASE_FEED_BACK,
            asks=(Ask("reply", "落实情况", is_long=True, help="逐条对照督办要求回复"),),
            guards=(side.is_theirs,), effects=(_reply,), hint="督办必须回复",
        ),
        Step("accept", "认可", {S.REPLIED}, S.ACCEPTED, P.SUPERVISE, effects=(_accept,), hint="回复属实、已落实"),
        Step(
            "send_back", "退回重报", {S.REPLIED}, S.OPEN, P.SUPERVISE,
            asks=(Ask("reason", "退回原因", is_long=True), Ask("reply_by", "重新回复期限", date, is_required=False)),
            guards=(day_lies_ahead,), effects=(_send_back,), hint="没有落实的，退回继续办",
        ),
        Step(
            "card", "换牌", {S.OPEN, S.REPLIED}, None, P.SUPERVISE,
            asks=(Ask("card", "督办牌", CardColour), Ask("reason", "原因", is_long=True)),
            guards=(another_card,), effects=(_card,), hint="按严重程度亮黄牌、红牌，或降为普通督办",
        ),
        Step(
            "lift", "解除督办", {S.OPEN, S.REPLIED, S.ACCEPTED}, S.LIFTED, P.SUPERVISE,
            asks=(Ask("reason", "解除理由", is_long=True),), effects=(_lift,), hint="已落实，或者督办的事由不再存在",
        ),
    ],
    side.record,
    title="督办",
    ends=frozenset({S.LIFTED}),
)  # fmt: skip
