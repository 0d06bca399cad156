"""Parameters that an administrator has changed."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field
from .kinds import ShortText


class Setting(
    Entity, label="参数", group="系统", title=("label",), key=("name",), order=84, in_menu=False, scope=Scope()
):
    """One parameter that differs from its default; which there are says `services.parameters`."""

    name: Mapped[str] = field("代号", type_=String(40), is_hidden=True)
    label: Mapped[ShortText] = field("参数", listed=True, help="改动时的名称，供操作日志辨认")
    value: Mapped[int] = field("值", listed=True)
