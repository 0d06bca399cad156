"""People who handle matters: one table `workers`, one roster (class) per kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import Gender, WorkerKind
from .fields import Alike, field, ref
from .kinds import Mobile, PersonName, ShortText

if TYPE_CHECKING:
    from .department import Unit


class Worker(
    Entity, label="工作力量", group="名册", title=("name",), hint=("kind", "unit"), key=("name", "mobile"),
    unique=(), in_menu=False, scope=Scope(), alike=(Alike(("mobile", "name")),),
):  # fmt: skip
    """Anyone a case can be given to or a team can be made of.

    `(subdistrict_id, id, kind)` is unique so that a seat of a team can demand a kind by
    foreign key: a mediator cannot sit on the lawyer's chair.
    """

    name: Mapped[PersonName] = field("姓名", listed=True, searched=True, sorted=True)
    kind: Mapped[WorkerKind] = field("身份", filtered=True, is_fixed=True)
    gender: Mapped[Gender | None] = field("性别", listed=True, filtered=True)
    mobile: Mapped[Mobile | None] = field("联系电话", listed=True, searched=True)
    unit: Mapped[Unit | None] = ref("所在单位", listed=True, filtered=True)
    skills: Mapped[ShortText | None] = field("专长", searched=True, help="例如 婚姻家庭、劳动争议，用顿号分开")
    languages: Mapped[ShortText | None] = field("语言", help="会说的方言或手语，例如 浏阳话、客家话，用顿号分开")
    is_active: Mapped[bool] = field("在岗", listed=True, filtered=True, default=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "id", "kind"),
        CheckConstraint(
            "kind <> 'mediator' OR (committee_id IS NOT NULL AND employment IS NOT NULL)",
            name="mediator_has_committee",
        ),
    )
    __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": Entity.version}


class Staff(Worker, label="工作人员", group="责任", order=2):
    """Cadres and officials of the sub-district and its communities."""

    post: Mapped[ShortText | None] = field("职务", listed=True, searched=True)
    is_leader: Mapped[bool | None] = field("领导班子成员", listed=True, filtered=True, help="可任带班领导、包案领导")
    __mapper_args__ = {"polymorphic_identity": WorkerKind.STAFF}
