"""Long work done in the background: exports, imports, papers, what is due at night."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import JobStatus
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .user import User

_RUNNING = text("status = 'running'")


class Job(
    Entity, label="后台任务", group="系统", title=("title",), sort="-requested_at", in_menu=False, scope=Scope()
):  # fmt: skip
    """One piece of work for the worker process; `services.background.jobs` writes it, compare-and-set.

    Of the jobs with one `queue` a single one runs at a time. `worker` and `heartbeat_at` are the
    lease of the process that has taken it. The file of a result lies under the job's id until
    `expires_at`.
    """

    kind: Mapped[str] = field("类别", type_=String(40), is_hidden=True)
    title: Mapped[ShortText] = field("任务", listed=True)
    status: Mapped[JobStatus] = field("状态", listed=True, default=JobStatus.QUEUED)
    queue: Mapped[str | None] = field("队列", type_=String(120), is_hidden=True)
    done_count: Mapped[int] = field("已处理", listed=True, default=0)
    total_count: Mapped[int | None] = field("总数", listed=True)
    params: Mapped[dict] = field("要求", type_=JSON, default=dict, is_hidden=True)
    result: Mapped[dict | None] = field("结果", type_=JSON(none_as_null=True), is_hidden=True)
    problem: Mapped[ShortText | None] = field("没有完成的原因", listed=True)
    is_unwanted: Mapped[bool] = field("要求取消", default=False, is_hidden=True)
    requested_by: Mapped[User | None] = ref("提交人", listed=True)
    requested_at: Mapped[datetime] = field("提交时间", listed=True)
    started_at: Mapped[datetime | None] = field("开始时间")
    heartbeat_at: Mapped[datetime | None] = field("最近动静", is_hidden=True)
    finished_at: Mapped[datetime | None] = field("结束时间", listed=True)
    worker: Mapped[str | None] = field("处理进程", type_=String(64), is_hidden=True)
    try_count: Mapped[int] = field("开始次数", default=0, is_hidden=True)
    file_name: Mapped[ShortText | None] = field("文件")
    file_hash: Mapped[str | None] = field("文件校验值", type_=String(64), is_hidden=True)
    file_size: Mapped[int | None] = field("文件大小", is_hidden=True)
    expires_at: Mapped[datetime | None] = field("文件保留到")
    __table_args__ = (
        CheckConstraint(
            "(status = 'running') = (worker IS NOT NULL) AND (worker IS NULL OR heartbeat_at IS NOT NULL)",
            name="running_has_a_lease",
        ),
        CheckConstraint("file_name IS NULL OR (file_hash IS NOT NULL AND expires_at IS NOT NULL)", name="file_is_whole"),
        Index("ix_jobs_status", "subdistrict_id", "status", "requested_at", "id"),
        Index(
            "uq_jobs_one_of_a_queue", "subdistrict_id", "queue", unique=True, postgresql_where=_RUNNING, sqlite_where=_RUNNING
        ),
    )  # fmt: skip
