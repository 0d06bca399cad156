"""How two matters belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from .base import Entity
from .codes import LinkKind
from .fields import field, ref

if TYPE_CHECKING:
    from .case import Case


class CaseLink(Entity, label="关联案件", group="解纷", title=("kind",), key=("case", "other", "kind"), in_menu=False):
    """`case` was merged into, split from or is related to `other`; written by the case flow only."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    other: Mapped[Case] = ref("另一案件", listed=True)
    kind: Mapped[LinkKind] = field("关系", listed=True, is_fixed=True)
    __table_args__ = (
        CheckConstraint("case_id <> other_id", name="links_two_cases"),
        Index(
            "uq_case_links_merged_once", "subdistrict_id", "case_id", unique=True,
            postgresql_where=text("kind = 'merged'"), sqlite_where=text("kind = 'merged'"),
        ),
    )  # fmt: skip
