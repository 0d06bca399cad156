"""回避: a worker who is close to a matter or to a party declares it, or the office does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import Closeness
from .fields import field, ref
from .kinds import Mobile, PersonName, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .user import User
    from .worker import Worker


class Recusal(
    Entity, label="回避申报", group="法治", title=("worker", "closeness"), order=15, sort="-declared_at",
    scope=Scope(worker=("worker",), through=("case",)),
):  # fmt: skip
    """Keeps one worker out of one case, or out of every matter in which a named person is a party.

    It speaks of the worker; the person it names is compared exactly, by name and, where given, by phone.
    """

    worker: Mapped[Worker] = ref("工作人员", listed=True, filtered=True)
    case: Mapped[Case | None] = ref("只对这件案件", listed=True, filtered=True)
    person_name: Mapped[PersonName | None] = field("与谁有关系", listed=True, help="填写后，凡此人是当事人的案件都回避")
    person_mobile: Mapped[Mobile | None] = field("此人电话", help="填了就按姓名和电话都相同来比对，免得同名误伤")
    closeness: Mapped[Closeness] = field("什么关系", listed=True, filtered=True)
    reason: Mapped[ShortText] = field("说明", listed=True, help="例如 当事人是本人舅舅")
    is_active: Mapped[bool] = field("有效", listed=True, filtered=True, default=True)
    declared_by: Mapped[User | None] = ref("申报人", is_fixed=True)
    declared_at: Mapped[datetime] = field("申报时间", listed=True, sorted=True, is_fixed=True)
    __table_args__ = (
        CheckConstraint("case_id IS NOT NULL OR person_name IS NOT NULL", name="names_a_case_or_person"),
    )
