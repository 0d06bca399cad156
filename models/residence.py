"""Residential areas (小区) and buildings."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import PersonName, ShortText, Telephone

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .area import Area


class ResidentialArea(
    Entity, label="小区", group="名册", title=("name",), hint=("area",), key=("area", "name"), order=2, sort="name",
    scope=Scope(area=("area",)),
):  # fmt: skip
    """A residential compound or natural village inside a community."""

    name: Mapped[ShortText] = field("小区名称", listed=True, searched=True, sorted=True, aliases=("小区", "自然村"))
    area: Mapped[Area] = ref("村社区", listed=True, filtered=True, only=("community", "village"))
    address: Mapped[ShortText | None] = field("地址", listed=True, searched=True)
    property_company: Mapped[ShortText | None] = field("物业公司", listed=True, searched=True)
    property_contact: Mapped[PersonName | None] = field("物业联系人", listed=True)
    property_phone: Mapped[Telephone | None] = field("物业电话", listed=True)
    building_count: Mapped[int | None] = field("楼栋数", listed=True, low=0, high=999)


class Building(
    Entity, label="楼栋", group="名册", title=("name",), hint=("residential_area",),
    key=("residential_area", "name"), order=3,
):  # fmt: skip
    """One building; its entrances carry the appeal code."""

    residential_area: Mapped[ResidentialArea] = ref("小区", listed=True, filtered=True)
    name: Mapped[ShortText] = field("楼栋", listed=True, searched=True, sorted=True, help="例如 3栋")
    floor_count: Mapped[int | None] = field("层数", listed=True, low=1, high=120)
    unit_count: Mapped[int | None] = field("单元数", listed=True, low=1, high=50)
    is_elevator: Mapped[bool | None] = field("有电梯", listed=True, filtered=True)
    note: Mapped[ShortText | None] = field("备注")
