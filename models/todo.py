"""What lies in somebody's in-tray until it is answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .department import Unit
    from .user import User
    from .worker import Worker


class Todo(Entity, label="待办", group="责任", title=("title",), in_menu=False, scope=Scope()):
    """One thing one recipient has to do: a unit, a worker, a user, or whoever holds a permission.

    `entity` and `record_id` name the row it is about, `kind` the verb that settles it. Titles hold
    no personal data: they are read before the record's own scope is asked.
    """

    title: Mapped[ShortText] = field("事项", listed=True, is_fixed=True)
    kind: Mapped[str] = field("类别代号", type_=String(32), is_fixed=True, is_hidden=True)
    entity: Mapped[str] = field("记录类别", type_=String(40), is_fixed=True, is_hidden=True)
    record_id: Mapped[str] = field("记录编号", type_=String(40), is_fixed=True, is_hidden=True)
    recipient: Mapped[str] = field("收件人代号", type_=String(80), is_fixed=True, is_hidden=True)
    unit: Mapped[Unit | None] = ref("单位", listed=True, is_fixed=True)
    worker: Mapped[Worker | None] = ref("人员", listed=True, is_fixed=True)
    user: Mapped[User | None] = ref("用户", listed=True, is_fixed=True)
    permission: Mapped[str | None] = field("权限", type_=String(64), is_fixed=True, is_hidden=True)
    due_on: Mapped[date | None] = field("期限", listed=True, is_fixed=True)
    put_at: Mapped[datetime] = field("送达时间", listed=True, is_fixed=True)
    settled_at: Mapped[datetime | None] = field("办结时间", listed=True, is_fixed=True)
    settled_by: Mapped[User | None] = ref("办结人", is_fixed=True)
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN worker_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN permission IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_recipient",
        ),
        UniqueConstraint("subdistrict_id", "entity", "record_id", "kind", "recipient"),
        Index("ix_todos_recipient_settled_at", "subdistrict_id", "recipient", "settled_at", "due_on", "id"),
    )
