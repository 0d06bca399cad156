"""Files that were read into a roster: what they are, what they would do, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .user import User


class RosterImport(
    Entity, label="导入记录", group="系统", title=("file_name",), sort="-uploaded_at", in_menu=False, scope=Scope()
):  # fmt: skip
    """One uploaded file on its way into a roster; how far it is follows from the times.

    The file lies under its hash until the retention is over. `shape` is what was seen in it (sheets,
    headings, first values, masked), `columns` is {column: attribute} as the person left it, `preview`
    what it would do (masked for the importer), `digest` stands for all of that plan.
    """

    roster: Mapped[str] = field("名册代号", type_=String(40), is_hidden=True)
    roster_label: Mapped[ShortText] = field("名册", listed=True)
    file_name: Mapped[ShortText] = field("文件", listed=True)
    sha256: Mapped[str] = field("校验值", type_=String(64), is_hidden=True)
    byte_count: Mapped[int] = field("大小", listed=True)
    user: Mapped[User] = ref("导入人", listed=True)
    uploaded_at: Mapped[datetime] = field("上传时间", listed=True)
    job_id: Mapped[str | None] = field("后台任务", type_=Uuid(as_uuid=False), is_hidden=True)
    shape: Mapped[dict | None] = field("表的样子", type_=JSON(none_as_null=True), is_hidden=True)
    sheet: Mapped[ShortText | None] = field("工作表")
    heading_row: Mapped[int | None] = field("列名所在行")
    heading_rows: Mapped[int | None] = field("列名占几行")
    columns: Mapped[dict | None] = field("列的对应", type_=JSON(none_as_null=True), is_hidden=True)
    taken_at: Mapped[datetime | None] = field("表格取得时间", is_hidden=True)
    preview: Mapped[dict | None] = field("预览", type_=JSON(none_as_null=True), is_hidden=True)
    digest: Mapped[str | None] = field("预览校验值", type_=String(64), is_hidden=True)
    add_count: Mapped[int | None] = field("新增", listed=True)
    change_count: Mapped[int | None] = field("修改", listed=True)
    same_count: Mapped[int | None] = field("相同", listed=True)
    conflict_count: Mapped[int | None] = field("冲突", listed=True)
    error_count: Mapped[int | None] = field("有误", listed=True)
    takes_conflicts: Mapped[bool] = field("冲突的以表格为准", default=False)
    skips_errors: Mapped[bool] = field("有误的行先不导入", default=False)
    notice: Mapped[ShortText | None] = field("没有导入的原因")
    applied_at: Mapped[datetime | None] = field("导入时间", listed=True)
    batch: Mapped[str | None] = field("批次", type_=Uuid(as_uuid=False), is_hidden=True)
    undone_at: Mapped[datetime | None] = field("撤销时间", listed=True)
    undone_count: Mapped[int | None] = field("撤销条数")
    left: Mapped[list | None] = field("没有撤销的", type_=JSON(none_as_null=True), is_hidden=True)
    removed_at: Mapped[datetime | None] = field("文件删除时间")
    __table_args__ = (
        CheckConstraint("(applied_at IS NULL) = (batch IS NULL)", name="applied_has_a_batch"),
        CheckConstraint("undone_at IS NULL OR applied_at IS NOT NULL", name="only_applied_is_undone"),
        Index("ix_roster_imports_uploaded_at", "subdistrict_id", "uploaded_at", "id"),
    )
