"""The runs of a matter through the four stages of mediation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from .base import Entity
from .case_codes import StageResult
from .codes import MediationStage
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .case import Case


class StageRun(Entity, label="调解阶段", group="解纷", title=("stage",), in_menu=False):
    """One stay of a case in one stage (S122): why it came, who worked on it, how it left."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    number: Mapped[int] = field("序号", listed=True, sorted=True, is_fixed=True)
    stage: Mapped[MediationStage] = field("阶段", listed=True, is_fixed=True)
    reason: Mapped[LongText | None] = field("转入理由", is_fixed=True)
    is_skip: Mapped[bool] = field("越级转入", default=False, is_fixed=True)
    entered_at: Mapped[datetime] = field("开始时间", listed=True, is_fixed=True)
    entered_by_name: Mapped[ShortText] = field("转入人", is_fixed=True)
    left_at: Mapped[datetime | None] = field("结束时间", listed=True, is_fixed=True)
    people: Mapped[ShortText | None] = field("参加人员", listed=True, is_fixed=True)
    result: Mapped[StageResult | None] = field("阶段结果", listed=True, is_fixed=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "case_id", "number"),
        CheckConstraint("(left_at IS NULL) = (result IS NULL)", name="left_has_result"),
        CheckConstraint("left_at IS NULL OR left_at >= entered_at", name="left_after_entered"),
        CheckConstraint("NOT is_skip OR reason IS NOT NULL", name="skip_has_reason"),
        Index(
            "uq_stage_runs_one_open", "subdistrict_id", "case_id", unique=True,
            postgresql_where=text("left_at IS NULL"), sqlite_where=text("left_at IS NULL"),
        ),
    )  # fmt: skip
