"""The "3+X" team of a key matter (S135): leader, mediator, lawyer and staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Entity, Scope
from .codes import TeamSeat, WorkerKind
from .fields import field, ref
from .kinds import LongText, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .user import User
    from .worker import Worker


def _seat_of(kind: WorkerKind):
    """The constant half of a foreign key that lets only this kind of worker take the seat."""
    return mapped_column(String(24), default=kind.value)


def _seat_is(name: str, kind: WorkerKind) -> tuple:
    return (
        CheckConstraint(f"{name}_kind = '{kind.value}'", name=f"{name}_kind"),
        ForeignKeyConstraint(
            ["subdistrict_id", f"{name}_id", f"{name}_kind"],
            ["workers.subdistrict_id", "workers.id", "workers.kind"],
            name=f"fk_teams_{name}_kind",
        ),
    )


class Team(
    Entity, label="“3+X”专班", group="解纷", title=("case",), order=3,
    scope=Scope(
        worker=("leader", "mediator", "lawyer", "staff"), through=("case",),
        given=(("TeamMember", "team"),),
    ),
):  # fmt: skip
    """One team for one case.

    Every seat is a column that cannot be empty, so an incomplete team cannot exist, nor two
    leaders; further members are `TeamMember` rows, earlier ones `TeamChange` rows.
    """

    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    leader: Mapped[Worker] = ref("包案领导", listed=True, filtered=True)
    mediator: Mapped[Worker] = ref("专岗调解员", listed=True, filtered=True)
    lawyer: Mapped[Worker] = ref("律师", listed=True, filtered=True)
    staff: Mapped[Worker] = ref("工作人员（联络）", listed=True, filtered=True)
    plan: Mapped[LongText | None] = field("处置方案")
    formed_on: Mapped[date] = field("组建日期", listed=True, filtered=True, sorted=True)
    disbanded_at: Mapped[datetime | None] = field("撤销时间", listed=True, is_fixed=True)
    disbanded_by: Mapped[User | None] = ref("撤销人", is_fixed=True)
    disband_reason: Mapped[ShortText | None] = field("撤销原因", is_fixed=True)
    leader_kind: Mapped[str] = _seat_of(WorkerKind.STAFF)
    mediator_kind: Mapped[str] = _seat_of(WorkerKind.MEDIATOR)
    lawyer_kind: Mapped[str] = _seat_of(WorkerKind.LAWYER)
    __table_args__ = (
        *_seat_is("leader", WorkerKind.STAFF),
        *_seat_is("mediator", WorkerKind.MEDIATOR),
        *_seat_is("lawyer", WorkerKind.LAWYER),
        CheckConstraint("leader_id <> staff_id", name="leader_is_not_staff"),
        CheckConstraint("mediator_id <> staff_id", name="mediator_is_not_staff"),
        CheckConstraint("lawyer_id <> staff_id", name="lawyer_is_not_staff"),
        CheckConstraint("disband_reason IS NULL OR disbanded_at IS NOT NULL", name="disbanded_has_time"),
        Index(
            "uq_teams_one_active", "subdistrict_id", "case_id", unique=True,
            postgresql_where=text("disbanded_at IS NULL"), sqlite_where=text("disbanded_at IS NULL"),
        ),
    )  # fmt: skip


class TeamMember(
    Entity, label="专班成员", group="解纷", title=("worker",), in_menu=False,
    scope=Scope(worker=("worker",), through=("team",)),
):  # fmt: skip
    """A further member on the X side of a team."""

    team: Mapped[Team] = ref("专班", on_delete="CASCADE", listed=True)
    worker: Mapped[Worker] = ref("工作人员", listed=True)
    __table_args__ = (UniqueConstraint("subdistrict_id", "team_id", "worker_id"),)


class TeamChange(Entity, label="专班变更", group="解纷", title=("seat",), in_menu=False):
    """Who took or left a seat, when, by whose order, with the handover note."""

    team: Mapped[Team] = ref("专班", on_delete="CASCADE", listed=True)
    seat: Mapped[TeamSeat] = field("席位", listed=True)
    worker_before: Mapped[Worker | None] = ref("原任", listed=True)
    worker_after: Mapped[Worker | None] = ref("现任", listed=True)
    changed_at: Mapped[datetime] = field("变更时间", listed=True)
    user: Mapped[User | None] = ref("经手人", listed=True)
    note: Mapped[ShortText | None] = field("交接说明", listed=True)
