"""The written answer to a petition claim (信访处理意见书)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity
from .case_codes import OpinionKind
from .fields import field, ref
from .kinds import LongText

if TYPE_CHECKING:
    from .case import Case


class HandlingOpinion(Entity, label="信访处理意见", group="解纷", title=("kind",), in_menu=False):
    """The four parts of the law and the four standards of handling (R21, 《信访工作条例》第二十七、三十二条)."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    number: Mapped[int] = field("序号", is_fixed=True)
    request: Mapped[LongText] = field("信访人请求", is_fixed=True)
    facts: Mapped[LongText] = field("事实和理由", is_fixed=True)
    kind: Mapped[OpinionKind] = field("处理意见", listed=True, is_fixed=True)
    basis: Mapped[LongText] = field("法律法规依据", is_fixed=True)
    is_solved: Mapped[bool] = field("诉求合理的解决问题到位", is_fixed=True, default=False)
    is_explained: Mapped[bool] = field("诉求无理的思想教育到位", is_fixed=True, default=False)
    is_helped: Mapped[bool] = field("生活困难的帮扶救助到位", is_fixed=True, default=False)
    is_lawful: Mapped[bool] = field("行为违法的依法处理", is_fixed=True, default=False)
    served_on: Mapped[date] = field("送达日期", listed=True, is_fixed=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "case_id", "number"),
        CheckConstraint("is_solved OR is_explained OR is_helped OR is_lawful", name="one_standard"),
    )
