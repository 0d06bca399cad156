"""How often something was done from one place within a stretch of time; for limits that outlive a restart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Shared
from .kinds import UtcDateTime


class RateCount(Shared, label="访问计数", group="系统", in_menu=False):
    """One counter; the key is a digest, so no address or number is kept."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (Index("ix_rate_counts_ends_at", "ends_at"),)
