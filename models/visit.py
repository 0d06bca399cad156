"""What chiefs do day by day: visits to their households (走访, S102, S103) and the report that nothing happened."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from .base import Entity, Scope, uuid7
from .fields import choice, field, ref
from .kinds import LongText

if TYPE_CHECKING:
    from .appeal import Appeal
    from .area import Area
    from .household import Household
    from .neighbor import Chief


class VisitLog(
    Entity, label="走访记录", group="诉求", title=("visited_on", "household"), order=7, sort="-visited_on",
    scope=Scope(through=("household",)),
):  # fmt: skip
    """One visit to one household; what was needed there can become an appeal, once."""

    household: Mapped[Household] = ref("住户", listed=True, filtered=True)
    visited_on: Mapped[date] = field("走访日期", listed=True, filtered=True, sorted=True)
    duty: Mapped[str] = choice("走访事项", "visit_duty", listed=True, filtered=True)
    needs: Mapped[LongText | None] = field("了解到的情况和需求", listed=True, help="没有需求可以不填；不写身体、信仰等隐私")
    chief: Mapped[Chief | None] = ref("走访的三长", listed=True, filtered=True, help="留空时填这户所在邻的邻长")
    appeal: Mapped[Appeal | None] = ref("转成的诉求", listed=True, filtered=True, is_fixed=True)
    idempotency_key: Mapped[str] = mapped_column(Uuid(as_uuid=False), default=uuid7)
    __table_args__ = (UniqueConstraint("subdistrict_id", "idempotency_key"),)


class ZeroReport(
    Entity, label="零报告", group="诉求", title=("reported_on", "chief"), key=("chief", "reported_on"), order=8,
    sort="-reported_on", scope=Scope(area=("area",)),
):  # fmt: skip
    """A chief says that nothing happened on a day (今日无事); one a chief and day."""

    chief: Mapped[Chief] = ref("报告人", listed=True, filtered=True, is_fixed=True)
    area: Mapped[Area] = ref("所在区域", listed=True, filtered=True, is_fixed=True)
    reported_on: Mapped[date] = field("哪一天", listed=True, filtered=True, sorted=True, is_fixed=True)
    received_at: Mapped[datetime] = field("收到时间", listed=True, is_fixed=True)
