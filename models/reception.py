"""Where residents are received: the reception centre, the stations of communities, the window (S105, S106, S121)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import PointKind
from .fields import field, ref
from .kinds import ShortText, Telephone

if TYPE_CHECKING:
    from .area import Area


class ReceptionPoint(
    Entity, label="接待点", group="诉求", title=("name",), key=("name",), order=4, sort="name", scope=Scope()
):
    """One place with an address and hours that the public may come to (《信访工作条例》第十八条)."""

    name: Mapped[ShortText] = field("名称", listed=True, searched=True, sorted=True)
    kind: Mapped[PointKind] = field("类别", listed=True, filtered=True)
    area: Mapped[Area] = ref("所在村社区", listed=True, filtered=True, only=("subdistrict", "community", "village"))
    address: Mapped[ShortText] = field("地址", listed=True)
    phone: Mapped[Telephone | None] = field("电话", listed=True)
    hours: Mapped[ShortText] = field("接待时间", listed=True)
    is_public: Mapped[bool] = field("对外公布", listed=True, filtered=True, default=True)
