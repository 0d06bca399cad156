"""The report of a month (月报): its words; the figures are counted whenever it is shown or fetched."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field
from .kinds import LongText, ShortText


class MonthlyReport(
    Entity, label="月报", group="解纷", title=("name",), key=("month",), order=21, sort="-month", scope=Scope()
):
    """Prepared at night with a draft of its words; people write on, and what they wrote is never drafted over."""

    month: Mapped[date] = field("月份", listed=True, filtered=True, sorted=True, is_fixed=True)
    name: Mapped[ShortText] = field("名称", listed=True, searched=True, is_fixed=True)
    overview: Mapped[LongText | None] = field("总体情况", section="文字", help="备好时已按数字写了初稿，请核对、补充")
    features: Mapped[LongText | None] = field("主要特点", section="文字")
    problems: Mapped[LongText | None] = field("存在问题", section="文字")
    plans: Mapped[LongText | None] = field("下一步工作", section="文字")
    prepared_at: Mapped[datetime] = field("备好时间", listed=True, is_fixed=True)
    is_announced: Mapped[bool] = field("已通知", default=False, is_fixed=True, is_hidden=True)
    __table_args__ = (CheckConstraint("name <> ''", name="has_name"),)
