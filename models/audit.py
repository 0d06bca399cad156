"""What was changed, and what personal data was read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Index, String, Uuid
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import AccessKind, AuditVerb
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .user import User


class AuditEvent(Entity, label="操作日志", group="系统", title=("entity_label", "verb"), order=20, sort="-happened_at", scope=Scope()):
    """One change of one record; `changes` is {attribute: [old, new]}, sealed values stay sealed.

    Entries of one operation on several rows share a `batch`; `owner_id` names the record that a
    deleted part went with.
    """

    happened_at: Mapped[datetime] = field("时间", listed=True, sorted=True, filtered=True)
    user: Mapped[User | None] = ref("操作账号", filtered=True)
    user_name: Mapped[ShortText] = field("操作人", listed=True)
    entity: Mapped[str] = field("对象代号", type_=String(40), is_hidden=True)
    entity_label: Mapped[ShortText] = field("对象", listed=True, filtered=True)
    record_id: Mapped[str] = field("记录", type_=String(64), is_hidden=True)
    record_label: Mapped[ShortText] = field("记录", listed=True)
    verb: Mapped[AuditVerb] = field("动作", listed=True, filtered=True)
    changes: Mapped[dict | None] = field("改动", type_=JSON(none_as_null=True), is_hidden=True)
    batch: Mapped[str | None] = field("批次", type_=Uuid(as_uuid=False), is_hidden=True)
    owner_id: Mapped[str | None] = field("所属记录", type_=String(64), is_hidden=True)
    __table_args__ = (
        Index("ix_audit_events_record", "subdistrict_id", "entity", "record_id", "happened_at"),
        Index("ix_audit_events_batch", "subdistrict_id", "batch", "id"),
    )


class AccessEvent(Entity, label="访问日志", group="系统", title=("kind",), order=21, sort="-happened_at", scope=Scope()):
    """A reading of personal data, an export, a sign-in."""

    happened_at: Mapped[datetime] = field("时间", listed=True, sorted=True, filtered=True)
    user: Mapped[User | None] = ref("操作账号", filtered=True)
    user_name: Mapped[ShortText] = field("操作人", listed=True)
    kind: Mapped[AccessKind] = field("动作", listed=True, filtered=True)
    entity_label: Mapped[ShortText | None] = field("对象", listed=True)
    record_id: Mapped[str | None] = field("记录", type_=String(64), is_hidden=True)
    detail: Mapped[ShortText | None] = field("内容", listed=True)
    row_count: Mapped[int | None] = field("条数", listed=True)
    reason: Mapped[ShortText | None] = field("事由", listed=True)
    file_hash: Mapped[str | None] = field("文件校验值", type_=String(64), help="导出文件的 SHA-256，用来核对手上的文件是不是这一次导出的")
    address: Mapped[str | None] = field("来源地址", listed=True, type_=String(45))
