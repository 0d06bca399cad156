"""The clocks of a case: each period that runs for the whole matter or for one step of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped

from .base import Entity
from .codes import ClockState
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .case import Case


class Clock(Entity, label="时限", group="解纷", title=("name",), in_menu=False):
    """One period of one case, computed once and counted again only when it is extended or paused.

    Whether it is close or past is never stored: readers compare `due_on` with their own day.
    `alert_level` is what the nightly sweep has done about it last, so that it does nothing twice.
    `part` and `part_id` name the row the period belongs to (an order, a whistle); empty ones are
    of the whole matter. `cap_on` is the statutory day an internal period must not pass.
    """

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    term_id: Mapped[str] = field("时限规则", ForeignKey("terms.id"), type_=String(40), is_fixed=True)
    name: Mapped[ShortText] = field("时限", listed=True, is_fixed=True)
    part: Mapped[str] = field("环节", type_=String(32), default="", is_fixed=True, is_hidden=True)
    part_id: Mapped[str | None] = field("环节编号", type_=Uuid(as_uuid=False), is_fixed=True, is_hidden=True)
    is_statutory: Mapped[bool] = field("法定", listed=True, default=False, is_fixed=True)
    state: Mapped[ClockState] = field("状态", listed=True, is_fixed=True, default=ClockState.RUNNING)
    starts_on: Mapped[date] = field("起算日", listed=True, is_fixed=True)
    extended_by: Mapped[int] = field("已延长", default=0, low=0, high=3660, is_fixed=True)
    paused_days: Mapped[int] = field("暂停天数", default=0, low=0, high=3660, is_fixed=True)
    paused_on: Mapped[date | None] = field("暂停日", is_fixed=True)
    cap_on: Mapped[date | None] = field("法定期限", is_fixed=True)
    due_on: Mapped[date] = field("到期日", listed=True, is_fixed=True)
    due_reason: Mapped[ShortText] = field("期限说明", is_fixed=True)
    stopped_at: Mapped[datetime | None] = field("结束时间", listed=True, is_fixed=True)
    alert_level: Mapped[int] = field("已催到第几级", default=0, low=0, high=9, is_fixed=True, is_hidden=True)
    __table_args__ = (
        CheckConstraint("(state IN ('met', 'cancelled')) = (stopped_at IS NOT NULL)", name="stopped_has_time"),
        CheckConstraint("(state = 'paused') = (paused_on IS NOT NULL)", name="paused_has_day"),
        CheckConstraint("cap_on IS NULL OR due_on <= cap_on", name="within_the_law"),
        CheckConstraint("due_on >= starts_on", name="due_after_start"),
        Index("ix_clocks_state_due_on", "subdistrict_id", "state", "due_on", "id"),
        Index("ix_clocks_to_alert", "subdistrict_id", "state", "alert_level", "due_on", "id"),
        Index(
            "uq_clocks_one_running", "subdistrict_id", "case_id", "term_id", "part", "part_id", unique=True,
            postgresql_where=text("state IN ('running', 'paused') AND part_id IS NOT NULL"),
            sqlite_where=text("state IN ('running', 'paused') AND part_id IS NOT NULL"),
        ),
        Index(
            "uq_clocks_one_of_the_case", "subdistrict_id", "case_id", "term_id", unique=True,
            postgresql_where=text("state IN ('running', 'paused') AND part_id IS NULL"),
            sqlite_where=text("state IN ('running', 'paused') AND part_id IS NULL"),
        ),
    )  # fmt: skip
