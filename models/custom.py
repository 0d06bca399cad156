"""Fields that an office adds to its own rosters and cases, without a programmer."""

from __future__ import annotations

from decimal import Decimal
from sqlalchemy import CheckConstraint, Index, Numeric, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import CustomKind
from .dictionary import KEPT_BY_THE_PROGRAM
from .fields import choice, field, ref
from .kinds import ShortText


class CustomField(
    Entity, label="自定义字段", group="系统", title=("label",), hint=("roster",), key=("roster", "label"), order=70,
    sort="sort", scope=Scope(),
):  # fmt: skip
    """One more field of a roster or of cases. Its values lie in the rows' own `extra`, under `custom_<number>`."""

    roster: Mapped[str] = choice("用在", "roster", listed=True, filtered=True, help="加在哪张名册或案件上")
    label: Mapped[ShortText] = field("字段名称", listed=True, searched=True, help="表单、列表和表格里的叫法。身份证号、手机号有专门的栏目（加密打码），不要另加")
    kind: Mapped[CustomKind] = field("类型", listed=True, filtered=True, help="保存后不能再改")
    dictionary: Mapped[str | None] = choice(
        "选项取自字典", "dictionary", listed=True, without=KEPT_BY_THE_PROGRAM, help="类型为“选项”时填；没有合适的字典，先在“字典项”里新增"
    )
    section: Mapped[ShortText | None] = field("表单分组", help="填已有的分组名就排在那一组；不填排在第一组")
    help: Mapped[ShortText | None] = field("填写说明", help="显示在输入框下面")
    is_required: Mapped[bool] = field("必填", listed=True, default=False)
    is_listed: Mapped[bool] = field("列表显示", listed=True, default=False)
    is_filtered: Mapped[bool] = field("可以筛选", listed=True, default=False)
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True, help="停用后不再显示，已填的内容还在")
    sort: Mapped[int] = field("排序", default=100, low=0, high=9999, sorted=True)
    number: Mapped[int] = field("序号", is_fixed=True, is_hidden=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "number"),
        CheckConstraint("(kind = 'choice') = (dictionary IS NOT NULL)", name="choice_has_dictionary"),
    )


class CustomEntry(Entity, label="自定义字段索引", group="系统", title=("record_id",), in_menu=False, scope=Scope()):
    """One value of a filtered custom field, kept beside its row so that a filter need not read all rows."""

    custom_field: Mapped[CustomField] = ref("字段", on_delete="CASCADE")
    record_id: Mapped[str] = field("记录", type_=Uuid(as_uuid=False))
    text: Mapped[str | None] = field("文字", type_=String(200))
    number: Mapped[Decimal | None] = field("数字", type_=Numeric(14, 2))
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "record_id", "custom_field_id"),
        CheckConstraint("(text IS NULL) <> (number IS NULL)", name="has_one_value"),
        Index("ix_custom_entries_text", "subdistrict_id", "custom_field_id", "text", "record_id"),
        Index("ix_custom_entries_number", "subdistrict_id", "custom_field_id", "number", "record_id"),
    )
