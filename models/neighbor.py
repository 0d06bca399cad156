"""The three chiefs (三长): sector, group and neighbour chiefs as appointments."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import ChiefKind, Gender, SelectionMethod
from .fields import Alike, field, ref
from .kinds import LongText, Mobile, PersonName

if TYPE_CHECKING:
    from .area import Area


class Chief(
    Entity, label="三长", group="名册", title=("name", "kind"), hint=("area",), key=("area",), unique=(),
    order=6, scope=Scope(area=("area",)), alike=(Alike(("mobile", "name")),),
):  # fmt: skip
    """One term of office of one person in one sector, group or neighbourhood.

    An area has one chief at a time; who follows is a new row, the old one keeps its dates.
    """

    name: Mapped[PersonName] = field("姓名", listed=True, searched=True, aliases=("片长", "组长", "邻长"))
    kind: Mapped[ChiefKind] = field("职务", listed=True, filtered=True, is_fixed=True)
    area: Mapped[Area] = ref("任职区域", only=("sector", "group", "neighborhood"), listed=True, filtered=True, help="片长选片，组长选组，邻长选邻")
    mobile: Mapped[Mobile] = field("联系电话", listed=True, searched=True)
    gender: Mapped[Gender | None] = field("性别", filtered=True)
    is_representative: Mapped[bool | None] = field("村（居）民代表", listed=True, filtered=True)
    is_party_member: Mapped[bool | None] = field("党员", filtered=True)
    method: Mapped[SelectionMethod] = field("产生方式", listed=True, filtered=True, default=SelectionMethod.ELECTED, section="任期")
    started_on: Mapped[date] = field("任职日期", listed=True, filtered=True, sorted=True, section="任期")
    ended_on: Mapped[date | None] = field("卸任日期", listed=True, filtered=True, section="任期", help="在任的留空")
    replaced_by: Mapped[Chief | None] = ref("接任人", section="任期", is_fixed=True)
    is_public: Mapped[bool] = field("同意公示姓名电话", default=False, section="任期", help="印在联户公示牌上须本人同意")
    note: Mapped[LongText | None] = field("备注", section="任期")
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ends_after_start"),
        Index(
            "uq_chiefs_one_in_office", "subdistrict_id", "area_id", unique=True,
            postgresql_where=text("ended_on IS NULL"), sqlite_where=text("ended_on IS NULL"),
        ),
    )  # fmt: skip
