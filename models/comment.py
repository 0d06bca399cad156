"""Remarks on records, and whom they mention."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import LongText

if TYPE_CHECKING:
    from .user import User


class Comment(Entity, label="备注", group="系统", title=("author",), in_menu=False, scope=Scope()):
    """What somebody remarked on a record; it is read only through the record it belongs to.

    `(entity, record_id)` names that record; a reader must be able to see the record first.
    """

    entity: Mapped[str] = field("所属类型", type_=String(40))
    record_id: Mapped[str] = field("所属记录", type_=String(64))
    body: Mapped[LongText] = field("内容")
    author: Mapped[User | None] = ref("作者", listed=True)
    __table_args__ = (Index("ix_comments_record", "subdistrict_id", "entity", "record_id", "id"),)


class Mention(Entity, label="提到", group="系统", title=("user",), in_menu=False, scope=Scope()):
    """One colleague whom a remark mentions; `seen_at` is empty until the record was opened."""

    comment: Mapped[Comment] = ref("备注", on_delete="CASCADE")
    user: Mapped[User] = ref("提到的人")
    seen_at: Mapped[datetime | None] = field("看到时间")
    __table_args__ = (Index("ix_mentions_unseen", "subdistrict_id", "user_id", "seen_at"),)
