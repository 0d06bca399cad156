"""What is said through the outbox, and when: each only while its parameter is on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.message import MessageChannel
from models.urge import Urge

from .. import parameters
from . import outbox
from ..numbers import place_name

_GROUPS = {1: MessageChannel.WECOM, 2: MessageChannel.DINGTALK}


def answered(session: Session, appeal: Appeal, now: datetime) -> None:
    """Tell a resident who asked for it that there is an answer; what it says is read with the query code only."""
    if not (parameters.value(session, "message_answer") and appeal.is_message_agreed and appeal.mobile):
        return
    words = f"【{place_name(session)}】您反映的事项（编号{appeal.appeal_no}）已有答复，请凭回执上的查询码查看。"
    outbox.put(session, MessageChannel.SMS, words, f"answered:{appeal.id}:{int(now.timestamp())}", now, mobile=appeal.mobile)


def urged(session: Session, urge: Urge, case_no: str, now: datetime) -> None:
    """Tell the group of the office that somebody was urged; no name, only the number of the case."""
    _to_group(session, f"催办：{case_no}，请于{urge.due_on:%m月%d日}前到待办里答复。", f"urge:{urge.id}", now)


def urged_at_night(session: Session, count: int, now: datetime) -> None:
    """Tell the group how many were urged by the sweep of this night."""
    if count:
        _to_group(session, f"昨夜到期自动催办{count}件，请各承办单位到待办里答复。", f"urges:{now:%Y-%m-%d}", now)


def _to_group(session: Session, words: str, key: str, now: datetime) -> None:
    channel = _GROUPS.get(parameters.value(session, "message_urge"))
    if channel is not None:
        outbox.put(session, channel, f"【{place_name(session)}】{words}", key, now)
