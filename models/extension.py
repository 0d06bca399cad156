"""Requests to lengthen a period, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from .base import Entity
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .clock import Clock
    from .user import User


class Extension(Entity, label="延期申请", group="解纷", title=("clock",), in_menu=False):
    """One request; asked before the day, decided by the side that set the period (R07)."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    clock: Mapped[Clock] = ref("时限", listed=True, is_fixed=True)
    length: Mapped[int] = field("申请延长", listed=True, low=1, high=3660, is_fixed=True)
    reason: Mapped[LongText] = field("延期理由", is_fixed=True)
    asked_by: Mapped[User | None] = ref("申请人", is_fixed=True)
    asked_by_name: Mapped[ShortText] = field("申请人姓名", listed=True, is_fixed=True)
    asked_at: Mapped[datetime] = field("申请时间", listed=True, is_fixed=True)
    is_granted: Mapped[bool | None] = field("同意", listed=True, is_fixed=True)
    answer: Mapped[LongText | None] = field("审批意见", is_fixed=True)
    decided_by_name: Mapped[ShortText | None] = field("审批人", listed=True, is_fixed=True)
    decided_at: Mapped[datetime | None] = field("审批时间", listed=True, is_fixed=True)
    __table_args__ = (
        CheckConstraint("(is_granted IS NULL) = (decided_at IS NULL)", name="decided_has_time"),
        Index(
            "uq_extensions_one_open", "subdistrict_id", "case_id", unique=True,
            postgresql_where=text("decided_at IS NULL"), sqlite_where=text("decided_at IS NULL"),
        ),
    )  # fmt: skip
