"""Responsibility agreements (信访工作责任书) and their goals (S048–S050)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import AgreementStatus
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .department import Unit
    from .worker import Staff


class ResponsibilityAgreement(
    Entity, label="责任书", group="责任", title=("title", "unit"), key=("year", "unit"), order=5,
    scope=Scope(unit=("unit",)), inline=("ResponsibilityGoal",),
):  # fmt: skip
    """The agreement of one year between the sub-district and one unit or community."""

    unit: Mapped[Unit] = ref("责任单位", listed=True, filtered=True)
    year: Mapped[int] = field("年度", listed=True, filtered=True, low=2000, high=2100)
    title: Mapped[ShortText] = field("名称", listed=True, searched=True, default="信访工作责任书")
    party_a: Mapped[Staff] = ref("街道签订人", listed=True)
    party_b: Mapped[Staff | None] = ref("单位签订人", listed=True)
    due_on: Mapped[date] = field("应签日期", listed=True, filtered=True, sorted=True, help="到期未签的列入未签名单")
    status: Mapped[AgreementStatus] = field("签订状态", listed=True, filtered=True, default=AgreementStatus.DRAFT, is_fixed=True)
    signed_on: Mapped[date | None] = field("签订日期", listed=True, filtered=True, help="填写后状态变为已签订")
    note: Mapped[LongText | None] = field("备注")
    __table_args__ = (
        CheckConstraint("(status = 'signed') = (signed_on IS NOT NULL)", name="signed_has_date"),
    )


class ResponsibilityGoal(
    Entity, label="责任目标", group="责任", title=("content",), key=("agreement", "content"), order=6
):
    """One concrete goal with its owner and its day (S049, S050)."""

    agreement: Mapped[ResponsibilityAgreement] = ref("责任书", listed=True, filtered=True, on_delete="CASCADE")
    content: Mapped[ShortText] = field("具体目标", listed=True, searched=True)
    owner: Mapped[Staff] = ref("责任人", listed=True, filtered=True)
    due_on: Mapped[date] = field("完成时限", listed=True, filtered=True, sorted=True)
    progress: Mapped[int] = field("进度（%）", listed=True, default=0, low=0, high=100)
    evidence: Mapped[LongText | None] = field("完成情况", listed=True)
