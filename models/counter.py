"""Human numbers (case numbers, household numbers) come from one row per kind and year."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Entity, Scope


class Counter(Entity, label="编号计数", group="系统", in_menu=False, scope=Scope()):
    """The last number given for a purpose in a year (year 0: not by year)."""

    purpose: Mapped[str] = mapped_column(String(40))
    year: Mapped[int]
    value: Mapped[int]
    __table_args__ = (UniqueConstraint("subdistrict_id", "purpose", "year"),)
