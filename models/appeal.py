"""A raw request (诉求) of a resident or a chief, before anybody says what kind of matter it is (S080)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from .base import Entity, Scope
from .codes import AppealStatus, LegalRoute, Satisfaction, Tier5, Urgency
from .fields import choice, field, ref
from .kinds import LongText, Mobile, PersonName, ShortText
from .sealed import Sealed
from .sources import one_of_a_source

if TYPE_CHECKING:
    from .area import Area
    from .case import Case
    from .door_code import DoorCode
    from .household import Household
    from .neighbor import Chief
    from .service_item import ServiceItem
    from .user import User


class Appeal(
    Entity, label="诉求", group="诉求", title=("appeal_no",), hint=("place",), key=("appeal_no",), order=1,
    sort="-received_at", scope=Scope(area=("area", "owner_area")),
):  # fmt: skip
    """What somebody asks for, where, and which rung of the ladder 邻→组→片→社区→街道 has it now.

    `area` is the place; `owner_area` the rung that has to answer, which sees it wherever the place lies. `status` is written by the appeal
    flow only. The query code lets whoever holds the receipt read and answer, without a login.
    """

    appeal_no: Mapped[str] = field("受理编号", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(20))
    words: Mapped[LongText] = field("诉求内容", listed=True, searched=True, section="诉求", help="什么事、在哪里、希望怎么办")
    service_item: Mapped[ServiceItem | None] = ref("点单项目", listed=True, filtered=True, section="诉求")
    channel: Mapped[str] = choice("来源渠道", "channel", filtered=True, section="诉求")
    urgency: Mapped[Urgency] = field("紧急程度", filtered=True, section="诉求", default=Urgency.NORMAL)
    source_no: Mapped[ShortText | None] = field("来源编号", searched=True, section="来源", help="12345工单号、上级转送交办函号；同一来源的编号不能重复")
    source_unit: Mapped[ShortText | None] = field("转来的单位", section="来源", help="上级或其他部门转来的填写")
    source_due_on: Mapped[date | None] = field("来源要求的期限", section="来源", filtered=True, help="要求哪天前答复；早于本街道期限的，按它办理")
    area: Mapped[Area] = ref("所在区域", listed=True, filtered=True, section="地点")
    household: Mapped[Household | None] = ref("相关住户", section="地点")
    place: Mapped[ShortText | None] = field("详细地点", searched=True, section="地点")
    name: Mapped[PersonName | None] = field("反映人", section="反映人", help="可以不填")
    mobile: Mapped[Mobile | None] = field("联系电话", searched=True, section="反映人", help="可以不填；填了便于回复")
    reporter: Mapped[Chief | None] = ref("上报的三长", filtered=True, section="反映人", is_fixed=True)
    status: Mapped[AppealStatus] = field("状态", listed=True, filtered=True, section="办理", is_fixed=True)
    tier: Mapped[Tier5] = field("在哪一级", listed=True, filtered=True, section="办理", is_fixed=True)
    owner_area: Mapped[Area] = ref("由谁办理", filtered=True, section="办理", is_fixed=True)
    due_on: Mapped[date | None] = field("答复期限", listed=True, filtered=True, sorted=True, section="办理", is_fixed=True)
    received_at: Mapped[datetime] = field("收到时间", listed=True, filtered=True, sorted=True, section="办理", is_fixed=True)
    first_due_on: Mapped[date | None] = field("首次回应期限", section="办理", is_fixed=True)
    first_answered_at: Mapped[datetime | None] = field("首次回应时间", section="办理", is_fixed=True)
    answered_at: Mapped[datetime | None] = field("答复时间", section="办理", is_fixed=True)
    answer: Mapped[LongText | None] = field("答复", section="办理", is_fixed=True)
    ended_at: Mapped[datetime | None] = field("结束时间", filtered=True, section="办理", is_fixed=True)
    route: Mapped[LegalRoute | None] = field("引导的途径", filtered=True, section="办理", is_fixed=True)
    satisfaction: Mapped[Satisfaction | None] = field("群众评价", filtered=True, section="评价", is_fixed=True)
    rating_words: Mapped[LongText | None] = field("评价意见", section="评价", is_fixed=True)
    rated_at: Mapped[datetime | None] = field("评价时间", section="评价", is_fixed=True)
    case: Mapped[Case | None] = ref("转成的案件", filtered=True, section="关联", is_fixed=True)
    duplicate_of: Mapped[Appeal | None] = ref("与哪件重复", section="关联", is_fixed=True)
    door_code: Mapped[DoorCode | None] = ref("扫的诉求码", section="关联", is_fixed=True)
    entered_by: Mapped[User | None] = ref("录入人", section="关联", is_fixed=True)
    is_message_agreed: Mapped[bool | None] = field("同意用短信告知", section="反映人", is_fixed=True)
    alert_level: Mapped[int] = mapped_column(Integer, default=0)
    """1 once somebody above was told that whoever has it now is late."""
    query_code: Mapped[str] = mapped_column(Sealed("query_code"))
    idempotency_key: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "idempotency_key"),
        one_of_a_source("appeals"),
        Index("ix_appeals_due_open", "subdistrict_id", "status", "alert_level", "due_on"),
        CheckConstraint("(satisfaction IS NULL) = (rated_at IS NULL)", name="rating_has_time"),
        CheckConstraint("status <> 'converted' OR case_id IS NOT NULL", name="converted_has_case"),
        CheckConstraint("status <> 'duplicate' OR duplicate_of_id IS NOT NULL", name="duplicate_names_the_other"),
        CheckConstraint("status <> 'redirected' OR route IS NOT NULL", name="redirected_has_route"),
        CheckConstraint("status <> 'answered' OR answered_at IS NOT NULL", name="answered_has_time"),
        CheckConstraint("(status IN ('waiting', 'taken', 'answered')) = (ended_at IS NULL)", name="ended_has_time"),
    )


class AppealEvent(Entity, label="诉求经过", group="诉求", title=("label",), in_menu=False):
    """What happened to an appeal; `told` is what the resident reads, `note` stays inside."""

    appeal: Mapped[Appeal] = ref("诉求", on_delete="CASCADE", listed=True)
    number: Mapped[int] = field("序号", listed=True, sorted=True)
    verb: Mapped[str] = field("动作代号", type_=String(32))
    label: Mapped[ShortText] = field("动作", listed=True)
    status_after: Mapped[AppealStatus] = field("之后状态", listed=True)
    tier_after: Mapped[Tier5] = field("之后在哪一级", listed=True)
    happened_at: Mapped[datetime] = field("时间", listed=True, sorted=True)
    user: Mapped[User | None] = ref("经手人", listed=True)
    user_name: Mapped[ShortText] = field("经手人姓名", listed=True)
    told: Mapped[LongText | None] = field("告诉群众的话", listed=True)
    note: Mapped[LongText | None] = field("内部说明", listed=True)
    __table_args__ = (UniqueConstraint("subdistrict_id", "appeal_id", "number"),)
