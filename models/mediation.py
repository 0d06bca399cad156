"""People's mediation committees, mediators, lawyers and counsellors."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import CommitteeKind, CommitteePost, Employment, WorkerKind
from .fields import field, ref
from .kinds import ShortText, Telephone
from .worker import Worker

if TYPE_CHECKING:
    from .area import Area


class Committee(
    Entity, label="人民调解委员会", group="法治", title=("name",), key=("name",), order=1, sort="name", scope=Scope(),
    inline=("Mediator",),
):  # fmt: skip
    """A people's mediation committee: 3–9 members, one director, at least one woman, 3 years (R13)."""

    name: Mapped[ShortText] = field("名称", listed=True, searched=True, sorted=True)
    kind: Mapped[CommitteeKind] = field("类别", listed=True, filtered=True)
    area: Mapped[Area | None] = ref("所在区域", listed=True, filtered=True)
    address: Mapped[ShortText | None] = field("调解室地址", searched=True)
    phone: Mapped[Telephone | None] = field("电话", listed=True)
    started_on: Mapped[date | None] = field("本届起始", listed=True, section="任期")
    ends_on: Mapped[date | None] = field("本届届满", listed=True, filtered=True, section="任期", help="每届三年")
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True, section="任期")


class Mediator(Worker, label="人民调解员", group="法治", order=2):
    """A people's mediator, member of a committee or appointed by it."""

    committee: Mapped[Committee | None] = ref("所属调委会", listed=True, filtered=True, is_needed=True)
    employment: Mapped[Employment | None] = field("专兼职", listed=True, filtered=True, is_needed=True)
    committee_post: Mapped[CommitteePost | None] = field("调委会职务", listed=True, filtered=True)
    appointed_on: Mapped[date | None] = field("聘任日期", section="聘期")
    term_ends_on: Mapped[date | None] = field("聘期届满", listed=True, filtered=True, section="聘期")
    __mapper_args__ = {"polymorphic_identity": WorkerKind.MEDIATOR}


class Lawyer(Worker, label="律师", group="法治", order=3):
    """A lawyer or legal adviser who serves the sub-district."""

    firm: Mapped[ShortText | None] = field("律师事务所", listed=True, searched=True, is_needed=True)
    licence_no: Mapped[str | None] = field("执业证号", listed=True, type_=String(30))
    __mapper_args__ = {"polymorphic_identity": WorkerKind.LAWYER}


class Counsellor(Worker, label="心理咨询师", group="法治", order=4):
    """A counsellor; counselling content is never kept here."""

    studio: Mapped[ShortText | None] = field("工作室", listed=True, searched=True)
    certificate_no: Mapped[str | None] = field("证书编号", listed=True, type_=String(30))
    __mapper_args__ = {"polymorphic_identity": WorkerKind.COUNSELLOR}
