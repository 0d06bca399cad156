"""How an appeal stands, for whoever holds its number and query code, and what that person may answer; a wrong pair tells nothing."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appeal import Appeal, AppealEvent
from models.case import Case
from models.codes import AppealStatus, CaseStatus, Satisfaction, Tier5

from .. import limits
from ..access import Actor
from .appeal_flow import APPEAL_FLOW
from ..errors import Refused
from ..flow import Flow
from ..showing import said, text

QUARTER = timedelta(minutes=15)
WHO = {
    Tier5.NEIGHBORHOOD: "邻长", Tier5.GROUP: "组长", Tier5.SECTOR: "片长", Tier5.COMMUNITY: "村（社区）",
    Tier5.SUBDISTRICT: "街道办事处",
}  # fmt: skip


@dataclass(frozen=True)
class Tracked:
    """How an appeal stands, in plain words."""

    number: str
    words: str
    state: str
    explained: str
    who: str
    until: str
    answer: str
    events: Sequence[tuple[str, str]]
    verbs: frozenset[str]
    satisfaction: str


_STATES = {
    AppealStatus.WAITING: ("已收到", "正在安排人联系处理"),
    AppealStatus.TAKEN: ("办理中", "已经有人在办"),
    AppealStatus.ANSWERED: ("已答复", "请看答复。解决了请点“已解决”，没有解决请点“没有解决”，会转到上一级继续办"),
    AppealStatus.SOLVED: ("已解决", "您已确认解决"),
    AppealStatus.CLOSED: ("已归档", "已经答复，没有再收到您的意见"),
    AppealStatus.REDIRECTED: ("已告知途径", "这件事有专门的办理途径，请看说明"),
    AppealStatus.DUPLICATE: ("合并办理", "与已收到的另一件是同一件事，一起办理"),
    AppealStatus.WITHDRAWN: ("已撤回", "您已撤回"),
}  # fmt: skip
_CASE_STATES = {
    CaseStatus.REGISTERED: ("已登记", "正在审查是否受理"), CaseStatus.ACCEPTED: ("已受理", "正在安排承办单位"),
    CaseStatus.ASSIGNED: ("办理中", "承办单位正在办理"), CaseStatus.FED_BACK: ("办理中", "承办单位已反馈，正在核实"),
    CaseStatus.CLOSED: ("已办结", "办理已经结束，结果已经或者将会告诉您"), CaseStatus.ARCHIVED: ("已办结", "办理已经结束"),
    CaseStatus.DECLINED: ("不属受理范围", "请看告知的办理途径"), CaseStatus.MERGED: ("合并办理", "与另一件相同的事一起办理"),
    CaseStatus.SUSPENDED: ("暂时中止", "中止的原因消失后会继续办理"),
}  # fmt: skip
_VERBS = ("confirm", "unsolved", "add", "withdraw", "rate")


def _find(session: Session, number: str, code: str, now: datetime, address: str) -> Appeal:
    """The appeal of a right pair; a wrong one is counted per number and per address and tells nothing."""
    number, code = (re.sub(r"\D", "", value)[:20] for value in (number, code))
    limits.refuse(session, "guess", limits.address_of(address), 30, QUARTER, now)
    limits.refuse(session, "guess_number", number, 10, QUARTER, now)
    appeal = session.scalar(select(Appeal).where(Appeal.appeal_no == number)) if number else None
    # Compared even where there is none, so that both answers take the same time.
    if not hmac.compare_digest(code, appeal.query_code if appeal else "x" * 8) or appeal is None:
        raise WrongPair(number)
    return appeal


class WrongPair(Refused):
    """Number and code do not belong together; the door counts the try in a transaction of its own."""

    def __init__(self, number: str):
        super().__init__("受理编号和查询码对不上，请照回执上的数字再填一次。忘记了可以到村社区群众工作站查询")
        self.number = number


def count_guess(session: Session, number: str, now: datetime, address: str) -> None:
    """Count one wrong pair."""
    limits.count(session, "guess", limits.address_of(address), QUARTER, now)
    limits.count(session, "guess_number", number, QUARTER, now)


def track(session: Session, number: str, code: str, now: datetime, address: str) -> Tracked:
    """How an appeal stands; raises `WrongPair`."""
    return _tracked(session, _find(session, number, code, now, address), now)


def act(
    session: Session, number: str, code: str, verb: str, actor: Actor, now: datetime, address: str, **answers
) -> Tracked:
    """Confirm, say that it is not solved, add, withdraw or rate; raises `Refused` with a sentence."""
    appeal = _find(session, number, code, now, address)
    if verb not in _VERBS:
        raise Refused("没有这项操作")
    known = {ask.name for ask in APPEAL_FLOW.by_verb[verb].asks}
    given = {name: value for name, value in answers.items() if name in known}
    APPEAL_FLOW.take(session, verb, appeal, actor, now, **given)
    return _tracked(session, appeal, now)


def _tracked(session: Session, appeal: Appeal, now: datetime) -> Tracked:
    case = session.get(Case, (appeal.subdistrict_id, appeal.case_id)) if appeal.case_id else None
    state, explained = _CASE_STATES[case.status] if case else _STATES[appeal.status]
    due_on = case.due_on if case else appeal.due_on
    is_open = appeal.status in (AppealStatus.WAITING, AppealStatus.TAKEN) or (case is not None and case.closed_at is None)
    events = session.execute(
        select(AppealEvent.happened_at, AppealEvent.told)
        .where(AppealEvent.appeal_id == appeal.id, AppealEvent.told.is_not(None)).order_by(AppealEvent.number)
    )  # fmt: skip
    return Tracked(
        number=appeal.appeal_no, words=appeal.words, state=state, explained=explained,
        who="街道办事处" if case else WHO[appeal.tier], until=said(due_on) if is_open and due_on else "",
        answer=appeal.answer or "", events=[(said(at), told) for at, told in events],
        verbs=frozenset(_verbs(APPEAL_FLOW, appeal)), satisfaction=text(appeal.satisfaction),
    )  # fmt: skip


def _verbs(flow: Flow, appeal: Appeal) -> list[str]:
    return [
        verb for verb in _VERBS
        if appeal.status in flow.by_verb[verb].sources and not (verb == "rate" and appeal.satisfaction)
    ]


def satisfaction_of(value: str) -> Satisfaction | None:
    return next((s for s in Satisfaction if s.value == value), None)
