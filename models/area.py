"""The tree 街道–村社区–片–组–邻 (S093)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import AreaKind
from .fields import field, ref
from .kinds import LongText, ShortText


class Area(
    Entity, label="区域", group="名册", title=("full_name",), key=("code",), order=1, sort="code",
    scope=Scope(area=("self",)),
):  # fmt: skip
    """One node of the tree.

    `code` is the division code of the community followed by three digits for each level
    below, `430181002001.003.002.007`: the code of a node begins the codes of all below it.
    """

    name: Mapped[ShortText] = field("名称", listed=True, searched=True, sorted=True)
    kind: Mapped[AreaKind] = field("层级", listed=True, filtered=True)
    parent: Mapped[Area | None] = ref("上级", only=("subdistrict", "community", "village", "sector", "group"), listed=True, filtered=True, help="片属于村社区，组属于片，邻属于组")
    full_name: Mapped[ShortText] = field("全称", listed=True, searched=True, is_fixed=True)
    code: Mapped[str] = field(
        "编码", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(40)
    )
    division_code: Mapped[str | None] = field(
        "区划代码", ForeignKey("divisions.code"), is_fixed=True, type_=String(12)
    )
    extent: Mapped[LongText | None] = field("范围说明", help="四至、楼栋或自然村")
    __table_args__ = (
        CheckConstraint("(kind = 'subdistrict') = (parent_id IS NULL)", name="only_root_has_no_parent"),
    )
