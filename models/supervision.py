"""督办: a demand with a number that must be answered, with a card where it is grave."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import CardColour, SupervisionStatus
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .clock import Clock
    from .department import Unit
    from .user import User
    from .worker import Worker


class Supervision(
    Entity, label="督办", group="督导", title=("supervision_no", "case"), key=("supervision_no",), order=13, sort="-issued_at",
    scope=Scope(unit=("unit",), worker=("worker",), through=("case",)),
):  # fmt: skip
    """One supervision by the centre (中心跟踪督办, S141), by hand or raised by the sweep from `clock`."""

    supervision_no: Mapped[str] = field("督办编号", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(40))
    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    unit: Mapped[Unit | None] = ref("督办单位", listed=True, filtered=True, help="督办单位和督办对象至少填一个")
    worker: Mapped[Worker | None] = ref("督办对象", listed=True, filtered=True)
    demand: Mapped[LongText] = field("督办要求", searched=True)
    reply_by: Mapped[date] = field("回复期限", listed=True, filtered=True, sorted=True)
    card: Mapped[CardColour] = field("督办牌", listed=True, filtered=True, default=CardColour.NONE)
    card_reason: Mapped[ShortText | None] = field("亮牌原因", help="亮黄牌、红牌的写明原因")
    clock: Mapped[Clock | None] = ref("超期的时限", is_fixed=True)
    status: Mapped[SupervisionStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=SupervisionStatus.OPEN)
    issued_by: Mapped[User | None] = ref("督办人", is_fixed=True, help="空的是系统按超期自动亮牌")
    issued_at: Mapped[datetime] = field("督办时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    reply: Mapped[LongText | None] = field("回复", section="回复与审核", is_fixed=True)
    replied_by: Mapped[User | None] = ref("回复人", section="回复与审核", is_fixed=True)
    replied_at: Mapped[datetime | None] = field("回复时间", section="回复与审核", is_fixed=True)
    returned_count: Mapped[int] = field("退回次数", section="回复与审核", default=0, low=0, high=999, is_fixed=True)
    return_reason: Mapped[LongText | None] = field("退回原因", section="回复与审核", is_fixed=True)
    decided_by: Mapped[User | None] = ref("审核人", section="回复与审核", is_fixed=True)
    lifted_at: Mapped[datetime | None] = field("解除时间", section="回复与审核", is_fixed=True)
    lift_reason: Mapped[LongText | None] = field("解除理由", section="回复与审核", is_fixed=True)
    __table_args__ = (
        CheckConstraint("unit_id IS NOT NULL OR worker_id IS NOT NULL", name="supervises_somebody"),
        CheckConstraint("card = 'none' OR card_reason IS NOT NULL", name="card_has_reason"),
        CheckConstraint("status NOT IN ('replied', 'accepted') OR (replied_at IS NOT NULL AND reply IS NOT NULL)", name="replied_has_words"),
        CheckConstraint("(status = 'lifted') = (lifted_at IS NOT NULL)", name="lifted_has_time"),
        Index(
            "uq_supervisions_one_a_clock", "subdistrict_id", "clock_id", unique=True,
            postgresql_where=text("clock_id IS NOT NULL AND status <> 'lifted'"),
            sqlite_where=text("clock_id IS NOT NULL AND status <> 'lifted'"),
        ),
    )  # fmt: skip
