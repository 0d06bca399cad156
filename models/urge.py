"""催办: somebody is asked how far a matter is, with a log of who was spoken to."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import ContactMethod, UrgeStatus
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .clock import Clock
    from .department import Unit
    from .user import User
    from .worker import Worker


class Urge(
    Entity, label="催办", group="督导", title=("case", "urged_at"), order=12, sort="-urged_at",
    scope=Scope(unit=("unit",), worker=("worker",), through=("case",)),
):  # fmt: skip
    """One urge of one unit or person about one case, by an agent (专人代理催办, S140) or by the nightly sweep.

    `clock` is the period that ran out; the sweep urges once for each.
    """

    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    unit: Mapped[Unit | None] = ref("催办单位", listed=True, filtered=True)
    worker: Mapped[Worker | None] = ref("催办对象", listed=True, filtered=True)
    demand: Mapped[LongText] = field("催办内容", searched=True, help="催什么、要求什么时候做到哪一步")
    due_on: Mapped[date] = field("答复期限", listed=True, filtered=True, sorted=True)
    clock: Mapped[Clock | None] = ref("超期的时限", is_fixed=True)
    status: Mapped[UrgeStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=UrgeStatus.OPEN)
    agent: Mapped[User | None] = ref("催办员", listed=True, is_fixed=True, help="空的是系统到期自动催办")
    urged_at: Mapped[datetime] = field("催办时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    answer: Mapped[LongText | None] = field("答复", is_fixed=True)
    answered_by: Mapped[User | None] = ref("答复人", is_fixed=True)
    answered_at: Mapped[datetime | None] = field("答复时间", is_fixed=True)
    __table_args__ = (
        CheckConstraint("unit_id IS NOT NULL OR worker_id IS NOT NULL", name="urges_somebody"),
        CheckConstraint("(status = 'open') = (answered_at IS NULL)", name="answered_has_time"),
        CheckConstraint("status <> 'answered' OR answer IS NOT NULL", name="answered_has_words"),
        Index(
            "uq_urges_one_a_clock", "subdistrict_id", "clock_id", "due_on", unique=True,
            postgresql_where=text("clock_id IS NOT NULL"), sqlite_where=text("clock_id IS NOT NULL"),
        ),
    )  # fmt: skip


class UrgeContact(Entity, label="催办联系记录", group="解纷", title=("contacted_at", "method"), in_menu=False, sort="-contacted_at"):
    """One call or visit of the agent, in the agent's words."""

    urge: Mapped[Urge] = ref("催办", on_delete="CASCADE", listed=True)
    contacted_at: Mapped[datetime] = field("联系时间", listed=True, sorted=True, is_fixed=True)
    method: Mapped[ContactMethod] = field("方式", listed=True, is_fixed=True)
    spoken_to: Mapped[ShortText] = field("联系到谁", listed=True, is_fixed=True)
    words: Mapped[LongText] = field("对方怎么说", listed=True, is_fixed=True)
    user: Mapped[User | None] = ref("催办员", listed=True, is_fixed=True)
