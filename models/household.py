"""Households (住户) and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import Gender, HouseholdUse
from .fields import Alike, choice, field, ref
from .kinds import IdNumber, Mobile, PersonName, ShortText

if TYPE_CHECKING:
    from .area import Area
    from .residence import Building, ResidentialArea


class Household(
    Entity, label="住户", group="名册", title=("head_name", "address"), key=("household_no",), else_key=("address", "head_name"),
    order=4, sort="household_no", scope=Scope(area=("neighborhood",), through=("residential_area",)),
    inline=("HouseholdMember",),
    alike=(Alike(("address",)), Alike(("building", "room_no"), unless_other=("unit_no",)), Alike(("mobile", "head_name"))),
):  # fmt: skip
    """One household, served by the chief of its neighbourhood."""

    household_no: Mapped[str] = field(
        "户号", listed=True, searched=True, sorted=True, type_=String(24),
        help="本街道内不重复；留空时自动编号", is_numbered=True,
    )  # fmt: skip
    head_name: Mapped[PersonName] = field("户主", listed=True, searched=True, section="户主", aliases=("户主姓名", "姓名"))
    mobile: Mapped[Mobile | None] = field("联系电话", listed=True, searched=True, section="户主")
    head_id_number: Mapped[IdNumber | None] = field("户主身份证号", searched=True, section="户主", help="确有需要才填；加密保存")
    neighborhood: Mapped[Area | None] = ref("所属邻", listed=True, only=("neighborhood",), filtered=True, section="归属", aliases=("邻",))
    residential_area: Mapped[ResidentialArea | None] = ref("小区", listed=True, filtered=True, section="归属")
    building: Mapped[Building | None] = ref("楼栋", section="归属")
    unit_no: Mapped[str | None] = field("单元", section="门牌", type_=String(20))
    floor_no: Mapped[int | None] = field("楼层", section="门牌", low=-5, high=120)
    room_no: Mapped[str | None] = field("室号", section="门牌", type_=String(20))
    address: Mapped[ShortText] = field("门牌地址", listed=True, searched=True, section="门牌", aliases=("门牌", "地址"))
    use: Mapped[HouseholdUse] = field("居住状态", listed=True, filtered=True, section="门牌", default=HouseholdUse.OWNER)
    member_count: Mapped[int | None] = field("人口数", listed=True, low=0, high=50, section="门牌")
    note: Mapped[ShortText | None] = field("备注", section="门牌")


class HouseholdMember(
    Entity, label="家庭成员", group="名册", title=("name",), hint=("household",), key=("household", "name"), order=5,
    alike=(Alike(("mobile", "name")),),
):  # fmt: skip
    """A member with contact; only what visits and mediation need."""

    household: Mapped[Household] = ref("住户", listed=True, filtered=True, on_delete="CASCADE")
    name: Mapped[PersonName] = field("姓名", listed=True, searched=True)
    relation: Mapped[str | None] = choice("与户主关系", "relation", listed=True, filtered=True)
    gender: Mapped[Gender | None] = field("性别", listed=True, filtered=True)
    birth_year: Mapped[int | None] = field("出生年份", listed=True, low=1850, high=2100)
    mobile: Mapped[Mobile | None] = field("联系电话", listed=True, searched=True)
