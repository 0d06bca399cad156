"""Files that belong to a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .user import User


class Attachment(Entity, label="附件", group="系统", title=("file_name",), in_menu=False, scope=Scope()):
    """A file kept under its hash; it is read only through the record it belongs to.

    `(entity, record_id)` names that record; a reader must be able to see the record first.
    """

    entity: Mapped[str] = field("所属类型", type_=String(40))
    record_id: Mapped[str] = field("所属记录", type_=Uuid(as_uuid=False))
    purpose: Mapped[ShortText | None] = field("用途", listed=True, help="例如 签字扫描件")
    file_name: Mapped[ShortText] = field("文件名", listed=True)
    media_type: Mapped[str] = field("文件类型", type_=String(80))
    byte_count: Mapped[int] = field("大小", listed=True)
    sha256: Mapped[str] = field("校验值", type_=String(64))
    added_by: Mapped[User | None] = ref("上传人", listed=True)
    __table_args__ = (Index("ix_attachments_record", "subdistrict_id", "entity", "record_id"),)
