"""What residents can order at their door (家门口在线点单, S089), and the numbers they can call (S087)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import Urgency
from .fields import choice, field, ref
from .kinds import LongText, ShortText, Telephone

if TYPE_CHECKING:
    from .department import Unit


class ServiceItem(Entity, label="点单目录", group="诉求", title=("name",), key=("name",), order=6, sort="position", scope=Scope()):
    """One thing a resident can ask for with a tap, in plain words."""

    name: Mapped[ShortText] = field("项目", listed=True, searched=True, sorted=True, help="居民看得懂的话，例如 家里漏水、邻居吵闹")
    explained: Mapped[LongText | None] = field("说明", listed=True, help="一两句话：什么情况选它，会怎么办")
    category: Mapped[str | None] = choice("对应纠纷类别", "dispute_category", listed=True, filtered=True)
    unit: Mapped[Unit | None] = ref("一般由谁办理", listed=True, filtered=True)
    urgency: Mapped[Urgency] = field("紧急程度", listed=True, default=Urgency.NORMAL)
    position: Mapped[int] = field("排序", listed=True, sorted=True, default=100, low=0, high=9999)
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True)


class Hotline(Entity, label="便民电话", group="诉求", title=("name",), key=("name",), order=7, sort="position", scope=Scope()):
    """A number that residents may call: printed on plates, shown on the public page."""

    name: Mapped[ShortText] = field("名称", listed=True, searched=True, sorted=True)
    phone: Mapped[Telephone] = field("电话", listed=True)
    hours: Mapped[ShortText | None] = field("服务时间", listed=True)
    purpose: Mapped[ShortText | None] = field("管什么事", listed=True)
    unit: Mapped[Unit | None] = ref("单位", listed=True)
    is_emergency: Mapped[bool] = field("紧急电话", listed=True, filtered=True, default=False)
    is_printed: Mapped[bool] = field("印在公示牌上", listed=True, filtered=True, default=True)
    position: Mapped[int] = field("排序", listed=True, sorted=True, default=100, low=0, high=9999)
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True)
