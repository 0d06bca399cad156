"""Who has a matter open on the dispatch desk right now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity
from .fields import field, ref

if TYPE_CHECKING:
    from .case import Case
    from .user import User


class DeskPresence(Entity, label="调度台在看", group="解纷", title=("user",), in_menu=False):
    """One person looks at one case; after some minutes without a sign it counts no more."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", is_fixed=True)
    user: Mapped[User] = ref("用户", is_fixed=True)
    seen_at: Mapped[datetime] = field("最近一次", is_fixed=True)
    __table_args__ = (UniqueConstraint("subdistrict_id", "case_id", "user_id"),)
