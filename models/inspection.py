"""What committees do before there is a dispute: inspections, and what they kept from happening (§3.2)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .mediation import Committee


class Inspection(
    Entity, label="排查预防登记", group="法治", title=("inspected_on", "committee"), key=("committee", "inspected_on"), order=5,
    sort="-inspected_on", scope=Scope(),
):  # fmt: skip
    """The figures of one committee for a day, or for a month on its last day; the statistics add them up."""

    committee: Mapped[Committee] = ref("人民调解委员会", listed=True, filtered=True)
    inspected_on: Mapped[date] = field("排查日期", listed=True, filtered=True, sorted=True, help="按月填的，写当月最后一天")
    inspection_count: Mapped[int] = field("排查次数", listed=True, low=0, high=10000, default=0)
    prevented_count: Mapped[int] = field("预防纠纷（件）", listed=True, low=0, high=10000, default=0)
    crime_count: Mapped[int] = field("防止转化刑事案件（件）", listed=True, low=0, high=10000, default=0, section="防止激化")
    crime_people: Mapped[int] = field("防止转化刑事案件（人）", low=0, high=100000, default=0, section="防止激化")
    petition_count: Mapped[int] = field("防止群体性上访（件）", listed=True, low=0, high=10000, default=0, section="防止激化")
    petition_people: Mapped[int] = field("防止群体性上访（人）", low=0, high=100000, default=0, section="防止激化")
    note: Mapped[ShortText | None] = field("说明", section="防止激化")
