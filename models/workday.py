"""Public holidays and make-up working days (节假日与调休)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped

from .base import Shared
from .fields import field
from .kinds import ShortText


class Workday(Shared, label="工作日历", group="系统", title=("day", "name"), key=("day",), order=83, sort="-day"):
    """A day that differs from Monday to Friday work; other days are not listed."""

    day: Mapped[date] = field("日期", listed=True, filtered=True, sorted=True, primary_key=True)
    is_workday: Mapped[bool] = field(
        "上班", listed=True, filtered=True, default=False, help="调休上班的周末选“是”，放假选“否”"
    )
    name: Mapped[ShortText] = field("名称", listed=True, searched=True, help="例如 春节、国庆节调休")
    source: Mapped[ShortText] = field("来源", listed=True, help="例如 国务院办公厅通知")

    @property
    def id(self) -> str:
        return self.day.isoformat()
