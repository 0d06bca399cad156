"""Editable code lists (数据字典)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped

from .base import Shared
from .fields import choice, field
from .kinds import ShortText


KEPT_BY_THE_PROGRAM = ("dictionary", "roster", "ledger_source")
"""Lists of what the program offers: an office gives none of their items to its records."""


class DictItem(
    Shared, label="字典项", group="系统", title=("name",), key=("dictionary", "code"), order=80, sort="dictionary sort"
):
    """One value of a list that people edit, e.g. `dispute_category:02` 邻里.

    The lists themselves are the items of the list `dictionary`, which is an item of itself.
    """

    dictionary: Mapped[str] = choice(
        "字典", "dictionary", listed=True, filtered=True, sorted=True, help="没有的字典，先在“字典目录”里新增"
    )
    code: Mapped[str] = field(
        "代码", listed=True, searched=True, type_=String(31), is_numbered=True,
        help="留空时自动编；下级用点分开：02.01 是 02 的下级",
    )
    name: Mapped[ShortText] = field("名称", listed=True, searched=True)
    parent_key: Mapped[str | None] = field(
        "上级项", ForeignKey("dict_items.id"), listed=True, type_=String(64), is_fixed=True,
    )  # fmt: skip
    sort: Mapped[int] = field("排序", listed=True, default=100, low=0, high=9999, sorted=True)
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True)
    note: Mapped[ShortText | None] = field("说明")
    id: Mapped[str] = field("键", primary_key=True, type_=String(64), is_fixed=True, is_hidden=True)
    __table_args__ = (
        CheckConstraint("id = substr(dictionary, 12) || ':' || code", name="key_is_dictionary_and_code"),
    )
