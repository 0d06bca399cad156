"""Departments and other units, what each answers for, and who leads on which day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import UnitKind
from .fields import choice, field, ref
from .kinds import LongText, PersonName, ShortText, Telephone

if TYPE_CHECKING:
    from .area import Area
    from .worker import Staff


class Unit(Entity, label="部门单位", group="责任", title=("name",), key=("name",), order=1, sort="name", scope=Scope()):
    """A sub-district department, a community as a unit, or an external body."""

    name: Mapped[ShortText] = field("单位名称", listed=True, searched=True, sorted=True)
    kind: Mapped[UnitKind] = field("类别", listed=True, filtered=True)
    area: Mapped[Area | None] = ref("对应村社区", listed=True, only=("community", "village"), help="类别为村社区时填写")
    duty: Mapped[LongText | None] = field("信访工作职责", searched=True, help="在大信访格局中的职责分工")
    contact_name: Mapped[PersonName | None] = field("联络员", listed=True)
    phone: Mapped[Telephone | None] = field("办公电话", listed=True)
    office_hours: Mapped[ShortText | None] = field("办公时间", listed=True)
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True)


class DispatchRule(
    Entity, label="分流目录", group="责任", title=("category",), key=("category",), order=3, scope=Scope()
):
    """Which unit leads and which assists for a category of matter (S032, S081)."""

    category: Mapped[str] = choice("事项类别", "dispute_category", listed=True, filtered=True)
    lead_unit: Mapped[Unit] = ref("牵头单位", listed=True, filtered=True)
    assisting_unit: Mapped[Unit | None] = ref("协办单位", listed=True)
    basis: Mapped[ShortText | None] = field("依据", listed=True)


class DutyDay(Entity, label="带班表", group="责任", title=("duty_on",), key=("duty_on",), order=4, sort="-duty_on", scope=Scope()):
    """The leader on duty (带班领导), who may divert matters on that day (S130)."""

    duty_on: Mapped[date] = field("日期", listed=True, filtered=True, sorted=True)
    leader: Mapped[Staff] = ref("带班领导", listed=True, filtered=True)
    deputy: Mapped[Staff | None] = ref("值班干部", listed=True)
    note: Mapped[ShortText | None] = field("备注", listed=True)
