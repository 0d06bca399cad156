"""Hearings of a petition matter (听证): who sat there, what was said and proven, what was found."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from .base import Entity
from .fields import field, ref
from .kinds import LongText, PersonName, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .worker import Worker


class Hearing(Entity, label="听证", group="解纷", title=("held_at", "place"), order=8, sort="-held_at"):
    """One hearing of a major, complex or difficult petition matter (《信访工作条例》第三十一条第六项)."""

    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    held_at: Mapped[datetime] = field("听证时间", listed=True, sorted=True)
    ended_at: Mapped[datetime | None] = field("结束时间")
    place: Mapped[ShortText] = field("听证地点", listed=True)
    presider: Mapped[Worker] = ref("主持人", listed=True, help="不能是经办这件事的人，也不能与信访人或被反映的单位有利害关系")
    members: Mapped[LongText] = field("听证成员", help="逐人写姓名和单位，例如 人大代表、律师、居民代表")
    recorder: Mapped[PersonName] = field("记录人")
    statements: Mapped[LongText] = field("陈述、质询和举证", section="听证情况", help="逐方写明：信访人的请求和理由、承办单位的说明、出示的证据、询问和回答")
    deliberation: Mapped[LongText | None] = field("评议意见", section="听证情况")
    conclusion: Mapped[LongText] = field("听证结论", section="听证情况", listed=True)
    __table_args__ = (CheckConstraint("ended_at IS NULL OR ended_at >= held_at", name="ends_after_start"),)
