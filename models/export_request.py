"""Asking a second person's leave for an export of many rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import RequestStatus
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .user import User


class ExportRequest(
    Entity, label="导出审批", group="系统", title=("title",), order=19, sort="-requested_at", scope=Scope()
):
    """Who wants to export what, how many rows and why; the flow of requests writes the answer."""

    title: Mapped[ShortText] = field("要导出的", listed=True, is_fixed=True)
    row_count: Mapped[int] = field("条数", listed=True, is_fixed=True)
    is_clear: Mapped[bool] = field("明文", listed=True, is_fixed=True, default=False)
    range_words: Mapped[LongText] = field("范围", is_fixed=True)
    column_words: Mapped[LongText] = field("列", is_fixed=True)
    reason: Mapped[ShortText] = field("事由", listed=True, is_fixed=True)
    status: Mapped[RequestStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=RequestStatus.WAITING)
    requested_by: Mapped[User] = ref("申请人", listed=True, is_fixed=True)
    requested_at: Mapped[datetime] = field("申请时间", listed=True, sorted=True, is_fixed=True)
    decided_by: Mapped[User | None] = ref("审批人", listed=True, is_fixed=True)
    decided_at: Mapped[datetime | None] = field("审批时间", is_fixed=True)
    note: Mapped[ShortText | None] = field("审批意见", listed=True, is_fixed=True)
    entity: Mapped[str] = field("对象代号", type_=String(40), is_fixed=True, is_hidden=True)
    wanted: Mapped[dict] = field("要求", type_=JSON, is_fixed=True, is_hidden=True)
    __table_args__ = (
        CheckConstraint("(status = 'waiting') = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> requested_by_id", name="second_person"),
        Index("ix_export_requests_own", "subdistrict_id", "requested_by_id", "status", "requested_at", "id"),
    )
