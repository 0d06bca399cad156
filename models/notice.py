"""What a citizen was told about a matter, how and when (R22)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from .base import Entity
from .case_codes import NoticeChannel, NoticeKind
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .user import User


class Notice(Entity, label="告知记录", group="解纷", title=("kind",), in_menu=False):
    """One notice; a step that owes one writes it, so none can be forgotten."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    kind: Mapped[NoticeKind] = field("告知事项", listed=True, is_fixed=True)
    channel: Mapped[NoticeChannel] = field("告知方式", listed=True, is_fixed=True)
    given_on: Mapped[date] = field("告知日期", listed=True, is_fixed=True)
    words: Mapped[LongText] = field("告知内容", is_fixed=True)
    receipt: Mapped[ShortText | None] = field("送达凭证", listed=True, is_fixed=True)
    given_by: Mapped[User | None] = ref("告知人", is_fixed=True)
    given_by_name: Mapped[ShortText] = field("告知人姓名", listed=True, is_fixed=True)
