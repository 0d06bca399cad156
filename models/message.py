"""The outbox: what the office says by SMS, WeCom, DingTalk or mail, sent by a plug-in and never by us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import Code
from .fields import field
from .kinds import LongText, Mobile, ShortText


class MessageChannel(Code):
    SMS = "sms", "短信"
    WECOM = "wecom", "企业微信群"
    DINGTALK = "dingtalk", "钉钉群"
    MAIL = "mail", "邮件"


class MessageState(Code):
    """Written by the outbox only."""

    WAITING = "waiting", "待发"
    SENT = "sent", "已发出"
    FAILED = "failed", "没有发出"


class Message(Entity, label="外发消息", group="系统", title=("channel", "queued_at"), order=88, sort="-queued_at", scope=Scope()):
    """One message. `dedupe_key` says what it is about, so that the same is never said twice; its id goes along with
    every try, so that a gateway can tell a repeat from a second message. The words hold no personal data.
    """

    channel: Mapped[MessageChannel] = field("渠道", listed=True, filtered=True, is_fixed=True)
    mobile: Mapped[Mobile | None] = field("收件号码", listed=True, is_fixed=True)
    mail_to: Mapped[ShortText | None] = field("收件邮箱", is_fixed=True)
    words: Mapped[LongText] = field("内容", listed=True, is_fixed=True)
    state: Mapped[MessageState] = field("状态", listed=True, filtered=True, is_fixed=True)
    queued_at: Mapped[datetime] = field("提交时间", listed=True, sorted=True, is_fixed=True)
    next_at: Mapped[datetime | None] = field("下次发送", listed=True, is_fixed=True)
    attempts: Mapped[int] = field("发送次数", listed=True, is_fixed=True, default=0, low=0)
    sent_at: Mapped[datetime | None] = field("发出时间", listed=True, is_fixed=True)
    problem: Mapped[ShortText | None] = field("没有发出的原因", is_fixed=True)
    gateway_no: Mapped[ShortText | None] = field("对方回执号", is_fixed=True)
    dedupe_key: Mapped[str] = field("去重代号", type_=String(100), is_fixed=True, is_hidden=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "dedupe_key"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("(state = 'waiting') = (next_at IS NOT NULL)", name="waiting_has_a_next_try"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failed_has_a_reason"),
        CheckConstraint("channel <> 'sms' OR mobile IS NOT NULL", name="sms_has_a_number"),
        CheckConstraint("channel <> 'mail' OR mail_to IS NOT NULL", name="mail_has_an_address"),
        Index("ix_messages_due", "subdistrict_id", "state", "next_at"),
    )
