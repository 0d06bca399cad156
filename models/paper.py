"""Word papers of a case (文书), the dossier they are bound in (卷宗), and templates an office has changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import Retention
from .fields import field, ref
from .kinds import LongText, PersonName, ShortText

if TYPE_CHECKING:
    from .case import Case
    from .user import User


class PaperTemplate(
    Entity, label="文书模板", group="系统", title=("name", "number"), key=("paper", "number"), in_menu=False, scope=Scope()
):
    """An office's own version of a template; a paper without an active one uses the shipped template.

    The file lies in the store of files under its hash, as attachments do.
    """

    paper: Mapped[str] = field("文书代号", type_=String(40), is_hidden=True)
    name: Mapped[ShortText] = field("文书", listed=True)
    number: Mapped[int] = field("版次", listed=True, low=1)
    file_name: Mapped[ShortText] = field("文件名", listed=True)
    byte_count: Mapped[int] = field("大小", listed=True)
    sha256: Mapped[str] = field("校验值", type_=String(64))
    note: Mapped[ShortText | None] = field("修改说明", listed=True)
    is_active: Mapped[bool] = field("使用中", listed=True, default=True)
    added_by: Mapped[User | None] = ref("上传人", listed=True)
    __table_args__ = (
        Index(
            "uq_paper_templates_one_active", "subdistrict_id", "paper", unique=True,
            postgresql_where=text("is_active"), sqlite_where=text("is_active"),
        ),
    )  # fmt: skip


class Paper(Entity, label="案件文书", group="解纷", title=("name", "number"), in_menu=False, sort="-made_at"):
    """One generated file of a case; made anew it is a new version, and old versions stay.

    `(subject_entity, subject_id)` names what it is about: the case itself, or one order, session or
    team of it. `template_number` 0 is the shipped template. `data_sha256` is the hash of the data it
    was filled with, so that a reader sees whether the data has changed since.
    """

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    paper: Mapped[str] = field("文书代号", type_=String(40), is_hidden=True)
    name: Mapped[ShortText] = field("文书", listed=True)
    number: Mapped[int] = field("版次", listed=True, low=1)
    subject_entity: Mapped[str] = field("对象代号", type_=String(40), is_hidden=True)
    subject_id: Mapped[str] = field("对象", type_=Uuid(as_uuid=False), is_hidden=True)
    subject_label: Mapped[ShortText | None] = field("关于", listed=True)
    template_number: Mapped[int] = field("模板版次", listed=True, low=0)
    template_sha256: Mapped[str] = field("模板校验值", type_=String(64), is_hidden=True)
    data_sha256: Mapped[str] = field("数据校验值", type_=String(64), is_hidden=True)
    file_name: Mapped[ShortText] = field("文件名")
    byte_count: Mapped[int] = field("大小")
    sha256: Mapped[str] = field("校验值", type_=String(64))
    made_by: Mapped[User | None] = ref("生成人", listed=True)
    made_at: Mapped[datetime] = field("生成时间", listed=True)
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "case_id", "paper", "subject_id", "number", name="uq_papers_version"),
    )


class Dossier(Entity, label="卷宗", group="解纷", title=("dossier_no",), key=("case",), in_menu=False):
    """What the cover, the back and the statement of a case's dossier say; one for a case."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    dossier_no: Mapped[str] = field("卷号", listed=True, type_=String(60), is_fixed=True)
    name: Mapped[PersonName] = field("卷名", listed=True, help="例如 张某与李某相邻排水纠纷")
    retention: Mapped[Retention] = field("保管期限", listed=True, help="法律没有规定年限，由本单位按纠纷类别确定")
    filed_by: Mapped[PersonName | None] = field("立卷人", listed=True)
    filed_on: Mapped[date | None] = field("立卷日期", listed=True)
    checked_by: Mapped[PersonName | None] = field("检查人")
    page_count: Mapped[int | None] = field("本卷页数", low=1, high=9999)
    statement: Mapped[LongText | None] = field("卷宗情况说明")
    note: Mapped[ShortText | None] = field("备注")
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "dossier_no"),
        CheckConstraint("dossier_no <> ''", name="has_number"),
    )
