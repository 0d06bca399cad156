"""The appeal codes (诉求码) on doors, entrances and plates (S084, S085)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import CodePlace
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .area import Area
    from .household import Household
    from .residence import Building


class DoorCode(
    Entity, label="诉求码", group="诉求", title=("place",), hint=("area",), key=("token",), order=5,
    sort="-issued_at", scope=Scope(area=("area",)),
):  # fmt: skip
    """One random code at one place; whoever scans it is taken to the page of that place.

    The token is 128 random bits in 26 characters of base 32: it cannot be guessed and says nothing.
    """

    place: Mapped[ShortText] = field("张贴处", listed=True, searched=True, help="例如 3栋2单元入口")
    kind: Mapped[CodePlace] = field("贴在哪里", listed=True, filtered=True)
    area: Mapped[Area] = ref("所属区域", listed=True, filtered=True)
    building: Mapped[Building | None] = ref("楼栋", filtered=True)
    household: Mapped[Household | None] = ref("住户")
    token: Mapped[str] = field("码", type_=String(26), is_fixed=True, is_hidden=True)
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True, is_fixed=True)
    issued_at: Mapped[datetime] = field("制发时间", listed=True, sorted=True, is_fixed=True)
    switched_off_at: Mapped[datetime | None] = field("停用时间", is_fixed=True)
    replaced_by: Mapped[DoorCode | None] = ref("换发的新码", is_fixed=True)
    scan_count: Mapped[int] = field("扫码次数", listed=True, sorted=True, default=0, low=0, is_fixed=True)
    appeal_count: Mapped[int] = field("诉求件数", listed=True, sorted=True, default=0, low=0, is_fixed=True)
    __table_args__ = (
        CheckConstraint("is_active = (switched_off_at IS NULL)", name="switched_off_has_time"),
        CheckConstraint("kind <> 'household' OR household_id IS NOT NULL", name="door_has_household"),
    )
