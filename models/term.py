"""Deadlines of the law and of the office, as data with their source."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped

from .base import Shared
from .codes import TermUnit
from .fields import field
from .kinds import LongText, ShortText


class Term(Shared, label="时限规则", group="系统", title=("name",), key=("id",), order=82, sort="id"):
    """One period: what it is for, when it starts, how long, where it is written."""

    id: Mapped[str] = field("代号", listed=True, searched=True, primary_key=True, type_=String(40))
    name: Mapped[ShortText] = field("时限", listed=True, searched=True)
    starts: Mapped[ShortText] = field("起算", listed=True, help="从哪一天起算；起算当日不计入")
    length: Mapped[int] = field("期限", listed=True, low=0, high=3660)
    unit: Mapped[TermUnit] = field("单位", listed=True, filtered=True)
    extend_length: Mapped[int] = field("可延长", listed=True, default=0, low=0, high=3660)
    source: Mapped[LongText] = field("依据", listed=True, searched=True)
    is_statutory: Mapped[bool] = field("法定", listed=True, filtered=True, default=False)
