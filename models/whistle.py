"""The sub-district whistles, departments report (街道吹哨，部门报到): the call and the answer of each unit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import ReportStatus, UnitRating, WhistleKind, WhistleLevel, WhistleReason, WhistleStatus
from .fields import field, ref
from .kinds import LongText, PersonName, ShortText, Telephone

if TYPE_CHECKING:
    from .area import Area
    from .case import Case
    from .department import Unit
    from .user import User


class Whistle(
    Entity, label="吹哨", group="督导", title=("whistle_no", "place"), key=("whistle_no",), order=11, sort="-blown_at",
    scope=Scope(area=("area",), through=("case",), given=(("WhistleTarget", "whistle"),)), inline=("WhistleTarget",),
):  # fmt: skip
    """One call for help, about a case or free, to any number of units.

    A unit from outside reads this row and its own answer, nothing else: so it says where, what is asked
    and whom to call, and never who the parties are.
    """

    whistle_no: Mapped[str] = field("哨单编号", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(40))
    case: Mapped[Case | None] = ref("相关案件", filtered=True, help="不针对案件的留空；被吹哨的单位看不到案件内容")
    kind: Mapped[WhistleKind] = field("哨别", listed=True, filtered=True)
    reason: Mapped[WhistleReason] = field("吹哨原因", listed=True, filtered=True)
    level: Mapped[WhistleLevel] = field("等级", listed=True, filtered=True, default=WhistleLevel.NORMAL, help="应急哨按分钟计算报到时间")
    area: Mapped[Area | None] = ref("所在区域", filtered=True)
    place: Mapped[ShortText] = field("到哪里", listed=True, searched=True, help="到场地点，写到门牌或路口")
    request: Mapped[LongText] = field("请求事项", searched=True, help="请来做什么；不要写当事人姓名、电话和案情")
    contact_name: Mapped[PersonName] = field("现场联系人", help="街道或村社区的工作人员")
    contact_phone: Mapped[Telephone] = field("联系电话")
    known_at: Mapped[datetime] = field("知悉时间", help="什么时候掌握情况的；从这时到吹哨的用时会统计")
    status: Mapped[WhistleStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=WhistleStatus.OPEN)
    blown_by: Mapped[User | None] = ref("吹哨人", is_fixed=True)
    blown_at: Mapped[datetime] = field("吹哨时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    closed_at: Mapped[datetime | None] = field("结束时间", is_fixed=True)
    close_note: Mapped[LongText | None] = field("结束说明", is_fixed=True)
    __table_args__ = (
        CheckConstraint("known_at <= blown_at", name="known_before_blown"),
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed_has_time"),
    )


class WhistleTarget(
    Entity, label="报到单位", group="解纷", title=("whistle", "unit"), key=("whistle", "unit"), in_menu=False,
    sort="-blown_at", scope=Scope(unit=("unit",), through=("case",)),
):  # fmt: skip
    """One unit that was whistled for: by when it must come, when it came, what it did, and both ratings.

    `case` repeats that of the whistle, for the scope: whoever sees the matter sees who was called.
    """

    whistle: Mapped[Whistle] = ref("哨单", on_delete="CASCADE", listed=True, filtered=True)
    unit: Mapped[Unit] = ref("单位", listed=True, filtered=True)
    case: Mapped[Case | None] = ref("相关案件", is_fixed=True, is_hidden=True)
    status: Mapped[ReportStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=ReportStatus.BLOWN)
    blown_at: Mapped[datetime] = field("吹哨时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    respond_by: Mapped[datetime] = field("报到期限", section="报到", listed=True, filtered=True, sorted=True, is_fixed=True)
    respond_reason: Mapped[ShortText] = field("期限说明", section="报到", is_fixed=True)
    acknowledged_at: Mapped[datetime | None] = field("接哨时间", section="报到", is_fixed=True)
    arrived_at: Mapped[datetime | None] = field("报到时间", section="报到", listed=True, is_fixed=True)
    arrivals: Mapped[ShortText | None] = field("到场人员", section="报到", is_fixed=True)
    finish_by: Mapped[datetime | None] = field("处置期限", section="处置", is_fixed=True)
    finish_reason: Mapped[ShortText | None] = field("处置期限说明", section="处置", is_fixed=True)
    result: Mapped[LongText | None] = field("处置情况", section="处置", is_fixed=True)
    done_at: Mapped[datetime | None] = field("报告完成时间", section="处置", is_fixed=True)
    sent_back_count: Mapped[int] = field("续哨次数", section="处置", default=0, low=0, high=999, is_fixed=True)
    sent_back_reason: Mapped[LongText | None] = field("续哨原因", section="处置", is_fixed=True)
    confirmed_at: Mapped[datetime | None] = field("销哨时间", section="销哨与评价", is_fixed=True)
    rating: Mapped[UnitRating | None] = field("街道评价", section="销哨与评价", listed=True, filtered=True, is_fixed=True)
    rating_note: Mapped[ShortText | None] = field("街道评价说明", section="销哨与评价", is_fixed=True)
    rated_by: Mapped[User | None] = ref("街道评价人", section="销哨与评价", is_fixed=True)
    counter_rating: Mapped[UnitRating | None] = field("单位评价", section="销哨与评价", is_fixed=True)
    counter_note: Mapped[ShortText | None] = field("单位评价说明", section="销哨与评价", is_fixed=True)
    counter_rated_by: Mapped[User | None] = ref("单位评价人", section="销哨与评价", is_fixed=True)
    alert_level: Mapped[int] = field("已催到第几级", default=0, low=0, high=9, is_fixed=True, is_hidden=True)
    __table_args__ = (
        CheckConstraint("status NOT IN ('done', 'confirmed') OR (done_at IS NOT NULL AND result IS NOT NULL)", name="done_has_words"),
        CheckConstraint("(status = 'confirmed') = (confirmed_at IS NOT NULL)", name="confirmed_has_time"),
        CheckConstraint("status NOT IN ('arrived', 'working', 'done', 'confirmed') OR arrived_at IS NOT NULL", name="arrived_has_time"),
        CheckConstraint("counter_rating IS NULL OR counter_rated_by_id IS NOT NULL", name="counter_rating_has_source"),
        Index("ix_whistle_targets_to_alert", "subdistrict_id", "status", "alert_level", "respond_by", "id"),
    )
