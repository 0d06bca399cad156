"""Lists as people like them: named views, kept for oneself or shared with a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .user import Role, User


class SavedView(
    Entity, label="列表视图", group="系统", title=("name",), key=("user", "entity", "name"), in_menu=False, scope=Scope()
):
    """A list's query string under a name; the one without a name is how its owner's list looks."""

    user: Mapped[User] = ref("所有者")
    role: Mapped[Role | None] = ref("共享给")
    entity: Mapped[str] = field("列表", type_=String(40))
    name: Mapped[ShortText] = field("名称", default="")
    query: Mapped[str] = field("条件", type_=String(2000))
    __table_args__ = (Index("ix_saved_views_shared", "subdistrict_id", "entity", "role_id"),)
