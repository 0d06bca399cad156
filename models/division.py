"""Administrative divisions of the state (区划), as published."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped

from .base import Shared
from .fields import field
from .kinds import ShortText


class Division(Shared, label="行政区划", group="系统", title=("name",), key=("code",), order=85, sort="code"):
    """Province (2 digits), city (4), county (6), sub-district (9), community or village (12)."""

    code: Mapped[str] = field(
        "区划代码", listed=True, searched=True, sorted=True, primary_key=True, type_=String(12)
    )
    name: Mapped[ShortText] = field("名称", listed=True, searched=True)
    parent_code: Mapped[str | None] = field(
        "上级代码", ForeignKey("divisions.code"), listed=True, filtered=True, type_=String(12)
    )
    short_name: Mapped[ShortText | None] = field("简称", help="用于编号，例如“集里”")

    @property
    def id(self) -> str:
        return self.code
