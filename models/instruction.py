"""批示 and 领导调度联办: a leader's words, the units they go to, and the answer of each."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import InstructionKind, InstructionStatus, OrderedStatus
from .fields import field, ref
from .kinds import LongText

if TYPE_CHECKING:
    from .case import Case
    from .department import Unit
    from .user import User
    from .worker import Staff


class Instruction(
    Entity, label="批示与联办", group="督导", title=("instruction_no", "kind"), key=("instruction_no",), order=14, sort="-issued_at",
    scope=Scope(worker=("leader",), through=("case",), given=(("InstructionUnit", "instruction"),)), inline=("InstructionUnit",),
):  # fmt: skip
    """What a leader ordered (S142), about a case or in general."""

    instruction_no: Mapped[str] = field("编号", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(40))
    kind: Mapped[InstructionKind] = field("类别", listed=True, filtered=True, default=InstructionKind.INSTRUCTION)
    case: Mapped[Case | None] = ref("案件", listed=True, filtered=True)
    leader: Mapped[Staff] = ref("批示领导", listed=True, filtered=True)
    words: Mapped[LongText] = field("批示内容", searched=True, help="领导的原话")
    given_on: Mapped[date] = field("批示日期", listed=True, filtered=True, sorted=True)
    status: Mapped[InstructionStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=InstructionStatus.OPEN)
    issued_by: Mapped[User | None] = ref("登记人", is_fixed=True)
    issued_at: Mapped[datetime] = field("登记时间", sorted=True, is_fixed=True)
    summary: Mapped[LongText | None] = field("落实情况", is_fixed=True)
    closed_at: Mapped[datetime | None] = field("办结时间", is_fixed=True)
    __table_args__ = (CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL AND summary IS NOT NULL)", name="closed_has_words"),)


class InstructionUnit(
    Entity, label="承办单位", group="解纷", title=("instruction", "unit"), key=("instruction", "unit"), in_menu=False,
    sort="due_on", scope=Scope(unit=("unit",), through=("instruction",)),
):  # fmt: skip
    """The part of one unit: what it must do, by when, and its answer."""

    instruction: Mapped[Instruction] = ref("批示", on_delete="CASCADE", listed=True, filtered=True)
    unit: Mapped[Unit] = ref("单位", listed=True, filtered=True)
    demand: Mapped[LongText | None] = field("具体要求")
    due_on: Mapped[date] = field("办理期限", listed=True, filtered=True, sorted=True)
    status: Mapped[OrderedStatus] = field("状态", listed=True, filtered=True, is_fixed=True, default=OrderedStatus.WAITING)
    answer: Mapped[LongText | None] = field("答复", is_fixed=True)
    answered_by: Mapped[User | None] = ref("答复人", is_fixed=True)
    answered_at: Mapped[datetime | None] = field("答复时间", listed=True, is_fixed=True)
    return_reason: Mapped[LongText | None] = field("退回原因", is_fixed=True)
    __table_args__ = (
        CheckConstraint("status = 'waiting' OR (answered_at IS NOT NULL AND answer IS NOT NULL)", name="answered_has_words"),
    )
