"""Follow-ups (回访): after a case is closed somebody other than its handler asks how it went."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from .base import Entity
from .codes import Satisfaction
from .fields import field, ref
from .kinds import LongText, ShortText
from .mediation_codes import Contact, FollowUpState, RatingSource

if TYPE_CHECKING:
    from .case import Case
    from .user import User


class FollowUp(Entity, label="回访", group="解纷", title=("case",), order=10, sort="due_on"):
    """One follow-up of one closing; the rating is the citizen's own and may stay empty for good."""

    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    status: Mapped[FollowUpState] = field("状态", listed=True, filtered=True, is_fixed=True)
    due_on: Mapped[date] = field("应回访日期", listed=True, filtered=True, sorted=True)
    purpose: Mapped[ShortText] = field("回访事由", listed=True, is_fixed=True)
    contact: Mapped[Contact | None] = field("联系结果", listed=True, filtered=True, is_fixed=True)
    words: Mapped[LongText | None] = field("群众原话", section="结果", is_fixed=True)
    satisfaction: Mapped[Satisfaction | None] = field("群众评价", listed=True, filtered=True, section="结果", is_fixed=True)
    rating_source: Mapped[RatingSource | None] = field("评价怎么来的", section="结果", is_fixed=True)
    is_performed: Mapped[bool | None] = field("协议已履行", listed=True, filtered=True, section="结果", is_fixed=True)
    measures: Mapped[LongText | None] = field("发现的问题和措施", section="结果", is_fixed=True)
    done_at: Mapped[datetime | None] = field("回访时间", listed=True, filtered=True, section="结果", is_fixed=True)
    caller: Mapped[User | None] = ref("回访人", listed=True, filtered=True, section="结果", is_fixed=True)
    __table_args__ = (
        CheckConstraint("(status = 'planned') = (done_at IS NULL)", name="done_has_time"),
        CheckConstraint("(satisfaction IS NULL) = (rating_source IS NULL)", name="rating_has_source"),
        Index(
            "uq_follow_ups_one_planned", "subdistrict_id", "case_id", unique=True,
            postgresql_where=text("status = 'planned'"), sqlite_where=text("status = 'planned'"),
        ),
    )  # fmt: skip


class FollowUpCall(Entity, label="联系记录", group="解纷", title=("contact",), in_menu=False):
    """One try to reach the citizen; tries on one day count once."""

    follow_up: Mapped[FollowUp] = ref("回访", on_delete="CASCADE", listed=True)
    called_on: Mapped[date] = field("日期", listed=True, is_fixed=True)
    contact: Mapped[Contact] = field("联系结果", listed=True, is_fixed=True)
    caller: Mapped[User | None] = ref("联系人", listed=True, is_fixed=True)
    note: Mapped[ShortText | None] = field("说明", listed=True, is_fixed=True)
    __table_args__ = (UniqueConstraint("subdistrict_id", "follow_up_id", "called_on"),)
