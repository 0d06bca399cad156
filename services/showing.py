"""A stored value as a person may see it: labels for codes, masks for personal data."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from models import Described, describe
from models.codes import Code
from models.fields import Description

from .access import Actor, Permission

LOCAL = ZoneInfo("Asia/Shanghai")


def is_clear(description: Description, actor: Actor) -> bool:
    """True when this actor sees the value in full without a logged reveal."""
    kind = description.kind
    if kind is None or not kind.is_personal:
        return True
    return kind.is_open and actor.may(Permission.NAMES)


def masked(description: Description, value: Any, actor: Actor) -> Any:
    """The value itself, or its masked text when the actor may not see it in full."""
    if value is None or is_clear(description, actor):
        return value
    return description.kind.mask(value)


def text(value: Any, names: dict[str, str] | None = None) -> str:
    """A typed value in words: dates by day, instants by minute in China, 是/否, code labels."""
    if value is None:
        return ""
    if isinstance(value, Code):
        return value.label
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if names is not None and isinstance(value, str):
        return names.get(value, value)
    return str(value)


def said(value: date | datetime | None) -> str:
    """A day or an instant as people say it: 2026年11月27日, 2026年11月26日 9:24."""
    if value is None:
        return ""
    here = value.astimezone(LOCAL) if isinstance(value, datetime) else value
    day = f"{here.year}年{here.month}月{here.day}日"
    return f"{day} {here.hour}:{here.minute:02d}" if isinstance(here, datetime) else day


def shown(description: Description, value: Any, actor: Actor, names: dict[str, str]) -> str:
    """One cell as text: masked, with the dictionary's or the code list's words."""
    return text(masked(description, value, actor), names if description.field.dictionary else None)


def title_parts(entity: type[Described]) -> list[Description]:
    """The columns of an entity that name a row in one line (no references, no sealed kinds)."""
    described = describe(entity)
    return [
        described[name] for name in entity.__title__
        if name in described and not described[name].target
        and (not described[name].is_personal or described[name].kind.is_open)
    ]  # fmt: skip
