"""How a chief signs in on a phone: a one-time code from the office, then a device that stays signed in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Entity
from .fields import field, ref
from .kinds import ShortText

if TYPE_CHECKING:
    from .neighbor import Chief
    from .user import User

_IS_OPEN = text("used_at IS NULL AND ended_at IS NULL")


class PhoneCode(Entity, label="手机登录码", group="名册", title=("made_at",), in_menu=False, sort="-made_at"):
    """One code handed to one chief; only its hash is kept. A chief has one open code at a time."""

    chief: Mapped[Chief] = ref("三长", on_delete="CASCADE", listed=True, filtered=True)
    made_at: Mapped[datetime] = field("制发时间", listed=True, sorted=True)
    made_by: Mapped[User | None] = ref("制发人", listed=True)
    expires_at: Mapped[datetime] = field("有效期至", listed=True)
    used_at: Mapped[datetime | None] = field("使用时间", listed=True)
    ended_at: Mapped[datetime | None] = field("作废时间", listed=True, help="换发了新码或停用了手机登录")
    code_hash: Mapped[str] = mapped_column(String(200))
    __table_args__ = (
        CheckConstraint("used_at IS NULL OR ended_at IS NULL", name="used_or_ended"),
        Index("uq_phone_codes_one_open", "subdistrict_id", "chief_id", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    )


class Device(
    Entity, label="登录设备", group="名册", title=("name",), hint=("chief",), order=7, sort="-signed_in_at",
):  # fmt: skip
    """A phone on which a chief is signed in; its cookie holds a random token, this row the hash."""

    chief: Mapped[Chief] = ref("三长", listed=True, filtered=True, is_fixed=True)
    name: Mapped[ShortText] = field("设备", listed=True, searched=True, is_fixed=True)
    signed_in_at: Mapped[datetime] = field("登录时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    last_seen_at: Mapped[datetime] = field("最近使用", listed=True, filtered=True, is_fixed=True)
    address: Mapped[str] = field("来源地址", type_=String(45), listed=True, is_fixed=True)
    ended_at: Mapped[datetime | None] = field("注销时间", listed=True, filtered=True, is_fixed=True)
    ended_by: Mapped[ShortText | None] = field("谁注销的", listed=True, is_fixed=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("subdistrict_id", "token_hash"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    )
