"""The plates of the neighbour chiefs (邻长联户公示牌, S086): one a neighbourhood, printed and posted."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref

if TYPE_CHECKING:
    from .area import Area
    from .door_code import DoorCode


class Plate(
    Entity, label="联户公示牌", group="诉求", title=("plate_no",), hint=("area",), key=("plate_no",), order=8,
    sort="plate_no", scope=Scope(area=("area",)),
):  # fmt: skip
    """One plate of one neighbourhood; `services.appeals.plates` writes it.

    `printed_digest` is the digest of what the last printed edition says. A plate whose digest of
    today differs is to be replaced; whether it does is computed when asked and never stored.
    """

    plate_no: Mapped[str] = field("牌号", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(20))
    area: Mapped[Area] = ref("所属邻", only=("neighborhood",), listed=True, filtered=True, is_fixed=True)
    door_code: Mapped[DoorCode] = ref("诉求码", is_fixed=True)
    edition: Mapped[int] = field("版次", listed=True, default=0, low=0, is_fixed=True, help="内容每变一次加一，0表示还没有印过")
    printed_at: Mapped[datetime | None] = field("印制时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    posted_on: Mapped[date | None] = field("张贴日期", listed=True, filtered=True, sorted=True, is_fixed=True)
    printed_digest: Mapped[str | None] = field("所印内容的校验值", type_=String(64), is_fixed=True, is_hidden=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "area_id"),
        CheckConstraint("(printed_at IS NULL) = (printed_digest IS NULL)", name="printed_has_digest"),
        CheckConstraint("(printed_at IS NULL) = (edition = 0)", name="printed_has_edition"),
        CheckConstraint("posted_on IS NULL OR printed_at IS NOT NULL", name="posted_was_printed"),
    )
