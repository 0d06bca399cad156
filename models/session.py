"""Sessions of mediation (人民调解记录): who met when and where, what was said, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity
from .codes import MediationStage
from .fields import field, ref
from .kinds import LongText, PersonName, ShortText
from .mediation_codes import Attendance, SessionResult

if TYPE_CHECKING:
    from .case import Case, CaseParty
    from .mediation import Mediator


class MediationSession(
    Entity, label="调解记录", group="解纷", title=("case", "number"), order=7, sort="-started_at", inline=("SessionAttendee",)
):
    """One session of one stage, with exactly one chair (R03).

    What a party concedes in order to settle is no evidence against it later (人民法院在线调解规则 第十八条):
    these pages are read by whoever may see the case and holds the permission, and never go to other units.
    """

    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    number: Mapped[int] = field("第几次", listed=True, is_fixed=True, low=1)
    stage: Mapped[MediationStage] = field("调解阶段", listed=True, filtered=True, is_fixed=True)
    started_at: Mapped[datetime] = field("开始时间", listed=True, sorted=True, filtered=True)
    ended_at: Mapped[datetime | None] = field("结束时间")
    place: Mapped[ShortText] = field("地点", listed=True, searched=True)
    chair: Mapped[Mediator] = ref("调解主持人", listed=True, filtered=True, help="每次只有一名主持人；与当事人有利害关系的应当回避")
    is_told: Mapped[bool] = field("已告知权利义务", section="告知", help="调解前告知：性质、原则、协议效力、权利和义务")
    is_consented: Mapped[bool | None] = field("当事人同意邀请他人参加", section="告知", help="邀请亲属、邻里、专家等参加须经当事人同意")
    disputed: Mapped[LongText] = field("争议焦点", section="调解经过")
    positions: Mapped[LongText] = field("各方意见", section="调解经过", help="逐方写明主张和理由")
    investigation: Mapped[LongText | None] = field("调查核实情况", section="调解经过")
    record: Mapped[LongText] = field("调解过程", section="调解经过", help="讲了什么法、做了什么工作、有什么让步")
    undisputed: Mapped[LongText | None] = field("无争议事实", section="调解经过")
    result: Mapped[SessionResult] = field("调解结果", listed=True, filtered=True, section="结果")
    next_at: Mapped[datetime | None] = field("下次调解时间", section="结果", help="“另行调解”时填写，到时提醒主持人")
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "case_id", "number"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("next_at IS NULL OR next_at > started_at", name="next_is_later"),
    )


class SessionAttendee(Entity, label="参加人", group="解纷", title=("name", "capacity"), in_menu=False):
    """Somebody who sat in a session besides its chair."""

    session: Mapped[MediationSession] = ref("调解记录", on_delete="CASCADE", listed=True)
    capacity: Mapped[Attendance] = field("身份", listed=True)
    name: Mapped[PersonName] = field("姓名", listed=True)
    party: Mapped[CaseParty | None] = ref("对应当事人")
    note: Mapped[ShortText | None] = field("说明", listed=True, help="例如 单位、与当事人关系")
    __table_args__ = (UniqueConstraint("subdistrict_id", "session_id", "capacity", "name"),)
