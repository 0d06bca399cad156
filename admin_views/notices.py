"""Printed notices (告知单): what somebody takes home about an appeal or a visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for

from extensions import db
from formats import qr
from models.appeal import Appeal
from models.codes import AppealStatus, Tier5
from services.appeals import open_places
from services.errors import Missing
from services.keeping.records import find

from .acting import actor
from .door_code import public_url

KEEP_IT = "凭受理编号和查询码可以查进度、补充情况、撤回和评价，请妥善保管。"
BRING_IT = "向有权机关提出时，可以带上这张告知单。"
Lines = Sequence[tuple[str, str]]


def day(value: date | None) -> str:
    """2026年3月2日."""
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


def told_lines(told: str | None, route) -> Lines:
    """What was said, and which way the matter has to go."""
    return [("说明" if route else "答复", told or ""), ("应走的途径", route.label if route else "")]


def appeal_lines(appeal: Appeal) -> Lines:
    """By what to ask for an appeal, who has it and until when."""
    until = ""
    if appeal.status in (AppealStatus.WAITING, AppealStatus.TAKEN) and appeal.due_on:
        climbs = "" if appeal.tier is Tier5.SUBDISTRICT else "；没有回应会自动转到上一级"
        until = f"，{day(appeal.due_on)}前回应{climbs}"
    return [
        ("受理编号", appeal.appeal_no), ("查询码", appeal.query_code), ("由谁办理", f"{appeal.tier.label}{until}"),
        ("查进度", "扫下面的码，或凭编号和查询码到村社区群众工作站查询"),
    ]  # fmt: skip


def picture_of(appeal: Appeal) -> str:
    """The way to the appeal's progress, as a picture for a phone."""
    return qr.svg(public_url() + url_for("track_door.track", no=appeal.appeal_no, code=appeal.query_code), "扫一扫查看办理进度")


def notice(title: str, lines: Lines, closing: str, back_url: str, links: Lines = (), appeal: Appeal | None = None) -> dict:
    """What the template of a notice wants; with an `appeal` its progress can be scanned."""
    return {
        "picture": picture_of(appeal) if appeal else "",
        "title": title, "lines": lines, "closing": closing, "back_url": back_url, "links": links,
        "office": open_places.subdistrict_name(db.session), "calls": open_places.calls(db.session),
    }  # fmt: skip


def seen(entity, key: str | None):
    """A record that something became, as far as its reader may see it."""
    try:
        return find(db.session, entity, key) if key and actor().may(f"{entity.slug()}:view") else None
    except Missing:
        return None
