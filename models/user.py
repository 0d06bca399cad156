"""People who sign in, what their role lets them do, and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from .base import Shared, uuid7
from .fields import field, ref
from .kinds import ShortText, Username

if TYPE_CHECKING:
    from .area import Area
    from .department import Unit
    from .worker import Worker


class Role(Shared, label="角色", group="系统", title=("name",), key=("code",), order=2, sort="code"):
    """A bundle of permissions that a security administrator keeps."""

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True, default=uuid7)
    code: Mapped[str] = field("代号", listed=True, unique=True, type_=String(32), help="小写英文，例如 community_staff")
    name: Mapped[ShortText] = field("角色名称", listed=True, searched=True)
    permissions: Mapped[list] = field("权限", type_=JSON, default=list)
    note: Mapped[ShortText | None] = field("说明", listed=True)
    shipped: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    """The permissions this version gives to the role; None for a role of the office's own."""


class User(Shared, label="用户", group="系统", title=("name",), hint=("username",), key=("username",), order=1, sort="username"):
    """An account. `area` narrows what is seen to one branch of the tree, `unit` to one unit."""

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True, default=uuid7)
    username: Mapped[Username] = field("登录名", listed=True, searched=True, unique=True)
    name: Mapped[ShortText] = field("姓名", listed=True, searched=True, help="工作人员姓名，记在办理过程和日志里，不打星号")
    role: Mapped[Role] = ref("角色", listed=True, filtered=True)
    subdistrict_id: Mapped[str] = field("街道", ForeignKey("divisions.code"), type_=String(9), is_fixed=True, is_hidden=True)
    area: Mapped[Area | None] = ref("负责区域", listed=True, filtered=True, help="只看这个区域及以下；留空不按区域限制")
    unit: Mapped[Unit | None] = ref("所在单位", listed=True, filtered=True)
    worker: Mapped[Worker | None] = ref("对应人员", help="调解员、律师、工作人员名册里的本人")
    is_scoped: Mapped[bool] = field("限定范围", listed=True, default=True, help="选“是”只看负责区域、所在单位和本人经手的；选“否”可看全街道")
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, default=True)
    must_change_password: Mapped[bool] = field("须改密码", is_fixed=True, default=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    last_seen_at: Mapped[datetime | None] = field("最近登录", listed=True, is_fixed=True)


class SignIn(Shared, label="登录会话", group="系统", title=("user",), in_menu=False):
    """A session on the server; the cookie holds a random token, this row its hash."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[User] = ref("用户", listed=True)
    started_at: Mapped[datetime] = field("登录时间", listed=True)
    last_seen_at: Mapped[datetime] = field("最近活动", listed=True)
    ended_at: Mapped[datetime | None] = field("结束时间", listed=True)
    address: Mapped[str] = field("来源地址", type_=String(45), listed=True)


class SignInFailure(Shared, label="登录失败", group="系统", title=("username",), in_menu=False):
    """One failed try, counted for the lock-out."""

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True, default=uuid7)
    username: Mapped[str] = field("登录名", type_=String(64), listed=True)
    address: Mapped[str] = field("来源地址", type_=String(45), listed=True)
    failed_at: Mapped[datetime] = field("时间", listed=True, sorted=True)
    __table_args__ = (
        Index("ix_sign_in_failures_username_failed_at", "username", "failed_at"),
        Index("ix_sign_in_failures_address_failed_at", "address", "failed_at"),
    )
