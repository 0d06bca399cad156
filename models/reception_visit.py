"""来访登记: who came to a reception point, who received them, what came of it (S107, S110)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .case_codes import LegalRoute
from .fields import field, ref
from .kinds import LongText, Mobile, PersonName, ShortText
from .reception_codes import VisitFeeling, VisitorRole, VisitResult, VisitStatus

if TYPE_CHECKING:
    from .appeal import Appeal
    from .area import Area
    from .case import Case
    from .department import Unit
    from .reception import ReceptionPoint
    from .user import User
    from .worker import Staff

MOST_REPRESENTATIVES = 5  # 《信访工作条例》第二十条


class ReceptionVisit(
    Entity, label="来访登记", group="诉求", title=("visit_no",), hint=("visited_on", "queue_number"), key=("visit_no",),
    order=2, sort="-arrived_at", scope=Scope(area=("area",)), inline=("Visitor",),
):  # fmt: skip
    """One visit to one reception point: its number in the queue of the day, the reception, and what came of it.

    `area` is the place of the point. How somebody behaved or felt belongs to the visit, never to the person.
    """

    visit_no: Mapped[str] = field("登记编号", section="来访", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(20))
    point: Mapped[ReceptionPoint] = ref("接待点", section="来访", listed=True, filtered=True)
    arrived_at: Mapped[datetime] = field("来访时间", section="来访", sorted=True, help="事后补登的，填实际来访的时间")
    visited_on: Mapped[date] = field("来访日期", section="来访", listed=True, filtered=True, sorted=True, is_fixed=True)
    queue_number: Mapped[int] = field("排队号", section="来访", listed=True, is_fixed=True, low=1)
    people_count: Mapped[int] = field("来访人数", section="来访", filtered=True, listed=True, low=1, high=1000, default=1, help="一共来了几个人；五人以上须推选代表，不超过5人")
    words: Mapped[LongText | None] = field("来访事由", section="来访", searched=True, help="反映什么、希望怎么办；接待时补写也可以")
    is_repeat: Mapped[bool | None] = field("同一事项再次来访", section="来访", filtered=True)
    area: Mapped[Area] = ref("所在区域", section="来访", is_fixed=True)
    status: Mapped[VisitStatus] = field("状态", section="接待", listed=True, filtered=True, is_fixed=True)
    leader: Mapped[Staff | None] = ref("接待领导", section="接待", filtered=True, help="领导接访的填写")
    accompanied_by: Mapped[ShortText | None] = field("陪同接待", section="接待", help="一起接待的部门、社区干部或律师")
    incident: Mapped[LongText | None] = field("现场情况", section="接待", help="劝阻、报警等如实记事；只记这一次，不评价人")
    window_number: Mapped[int | None] = field("窗口号", section="接待", is_fixed=True, low=1, high=99)
    received_by: Mapped[User | None] = ref("接待人", section="接待", listed=True, filtered=True, is_fixed=True)
    called_at: Mapped[datetime | None] = field("开始接待", section="接待", is_fixed=True)
    ended_at: Mapped[datetime | None] = field("接待结束", section="接待", is_fixed=True)
    minutes: Mapped[int | None] = field("接待时长（分钟）", section="接待", listed=True, is_fixed=True, low=0)
    is_heard: Mapped[bool | None] = field("诉求已听完并复述核对", section="结果", is_fixed=True, filtered=True)
    feeling: Mapped[VisitFeeling | None] = field("来访时的心情", section="结果", is_fixed=True, filtered=True)
    owner_unit: Mapped[Unit | None] = ref("问题由谁解决", section="结果", is_fixed=True, filtered=True)
    result: Mapped[VisitResult | None] = field("接待结果", section="结果", is_fixed=True, filtered=True)
    told: Mapped[LongText | None] = field("告知来访人的话", section="结果", is_fixed=True)
    route: Mapped[LegalRoute | None] = field("引导的途径", section="结果", is_fixed=True, filtered=True)
    appeal: Mapped[Appeal | None] = ref("转成的诉求", section="结果", is_fixed=True, filtered=True)
    case: Mapped[Case | None] = ref("转成的案件", section="结果", is_fixed=True, filtered=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "point_id", "visited_on", "queue_number", name="uq_reception_visits_queue_number"),
        CheckConstraint(
            "status <> 'done' OR (is_heard IS NOT NULL AND feeling IS NOT NULL AND owner_unit_id IS NOT NULL AND words IS NOT NULL)",
            name="done_is_heard",
        ),
        CheckConstraint("(status = 'done') = (result IS NOT NULL)", name="done_has_result"),
        CheckConstraint("(status = 'done') = (minutes IS NOT NULL)", name="done_has_duration"),
        CheckConstraint("status NOT IN ('receiving', 'done') OR called_at IS NOT NULL", name="received_has_time"),
        CheckConstraint("ended_at IS NULL OR called_at IS NULL OR ended_at >= called_at", name="ends_after_it_begins"),
        CheckConstraint("result IS NULL OR (result = 'guided') = (route IS NOT NULL)", name="guided_has_route"),
        CheckConstraint("result IS NULL OR (result = 'appeal') = (appeal_id IS NOT NULL)", name="appeal_is_named"),
        CheckConstraint("result IS NULL OR (result = 'case') = (case_id IS NOT NULL)", name="case_is_named"),
    )  # fmt: skip


class Visitor(Entity, label="来访人员", group="诉求", title=("name", "role"), in_menu=False):
    """One person who came. A representative sits on one of five seats, so there can be no sixth (R01)."""

    visit: Mapped[ReceptionVisit] = ref("来访登记", on_delete="CASCADE", listed=True)
    role: Mapped[VisitorRole] = field("身份", listed=True, default=VisitorRole.VISITOR)
    name: Mapped[PersonName] = field("姓名", listed=True)
    mobile: Mapped[Mobile | None] = field("联系电话", listed=True)
    address: Mapped[ShortText | None] = field("住址", listed=True)
    seat: Mapped[int | None] = field("代表席位", is_fixed=True, low=1, high=MOST_REPRESENTATIVES)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "visit_id", "seat"),
        CheckConstraint("(role = 'representative') = (seat IS NOT NULL)", name="representative_has_a_seat"),
    )
