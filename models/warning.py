"""Early warnings: what is worth a look before it grows; about matters and places, never about persons."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import AreaKind, WarningKind
from .fields import choice, field
from .kinds import ShortText


class WarningRule(
    Entity, label="预警规则", group="督导", title=("name",), key=("name",), order=8, sort="name", scope=Scope()
):
    """One rule: what is counted, from how many on, over how many days, in how large a place."""

    name: Mapped[ShortText] = field("规则", listed=True, searched=True, sorted=True)
    kind: Mapped[WarningKind] = field("数什么", listed=True, filtered=True, help="一地多发：同一区域同类事项；多人涉及：一件事涉及的人数；久无动作：办理中没有新进展；反复反映：同一住户同类事项")
    category: Mapped[str | None] = choice("只看类别", "dispute_category", listed=True, filtered=True, help="留空为各类分别统计")
    place: Mapped[AreaKind | None] = field("按哪一级区域", listed=True, help="“一地多发”要填，例如 社区、邻")
    least: Mapped[int] = field("达到多少", listed=True, low=1, high=10000, help="件数或人数，达到就预警")
    days: Mapped[int] = field("多少天内", listed=True, low=1, high=730, help="从今天往前数；“多人涉及”不限天数")
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True)
    note: Mapped[ShortText | None] = field("说明", listed=True, help="为什么这样定")
    __table_args__ = (CheckConstraint("kind <> 'cluster' OR place IS NOT NULL", name="cluster_has_place"),)
