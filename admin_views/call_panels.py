"""Whistles, urges, supervisions and instructions on the page of their case, and the ways to start one."""

from __future__ import annotations

from flask import url_for

from extensions import db, now
from models.case import Case
from models.codes import (
    OPEN_STATES, CardColour, CaseStatus, InstructionStatus, OrderedStatus, ReportStatus, SupervisionStatus, UrgeStatus, WhistleLevel,
    WhistleStatus,
)  # fmt: skip
from services.coordination import instructions, supervisions, urges, whistles
from services.access import Permission
from services.due_dates import local_day
from services.showing import text

from .acting import actor
from .team import name_of

P = Permission
STARTS = (
    ("whistle", "吹哨", P.WHISTLE, "街道吹哨，请部门到场"),
    ("urge", "催办", P.URGE, "催承办单位或承办人抓紧办理"),
    ("supervision", "督办", P.SUPERVISE, "发督办单，限期回复"),
    ("instruction", "批示联办", P.INSTRUCT, "登记领导批示，或者领导调度几家单位联办"),
)
"""What can be started about a case: (entity, label, permission, what it is for)."""


def starts(case: Case) -> list[dict]:
    """The forms that this person may open about this case now, each with the case filled in."""
    me, is_open = actor(), case.status in OPEN_STATES
    has_order = bool(case.lead_unit_id or case.handler_id)
    able = {"urge": is_open and has_order, "whistle": is_open, "instruction": is_open, "supervision": has_order and case.status is not CaseStatus.MERGED}
    return [
        {"label": label, "url": url_for(f"{slug}.create_view", case=case.id), "hint": hint}
        for slug, label, permission, hint in STARTS
        if able[slug] and me.may(permission) and me.may(f"{slug}:create")
    ]  # fmt: skip


def call_panel(case: Case) -> dict | None:
    """Everything that was called for, urged, supervised or instructed about a case, the latest first."""
    me = actor()
    lines = [line for slug, make in _LINES.items() if me.may(f"{slug}:view") for line in make(case)]
    tools = [{"label": start["label"], "url": start["url"]} for start in starts(case)]
    if not lines and not tools:
        return None
    lines.sort(key=lambda line: line["at"], reverse=True)
    return {"title": "吹哨、催办、督办和批示", "template": "admin/panels/lines.html", "tools": tools, "lines": lines,
            "empty": "还没有吹哨、催办、督办或批示"}  # fmt: skip


def _whistle_lines(case: Case) -> list[dict]:
    found = whistles.of(db.session, case)
    return [
        {"at": w.blown_at, "url": url_for("whistle.details_view", id=w.id), "title": w.whistle_no,
         "kind": "应急哨" if w.level is WhistleLevel.EMERGENCY else "吹哨", "facts": [text(w.blown_at), w.place],
         "badge": w.status.label, "tone": {WhistleStatus.OPEN: "warn", WhistleStatus.CLOSED: "ok"}.get(w.status, "muted"),
         "parts": [_report(t) for t in targets]}
        for w, targets in found
    ]  # fmt: skip


def _report(target) -> dict:
    """How far one unit is that was called, and by when it must come."""
    is_late = target.status in whistles.COMING and target.respond_by < now()
    if target.status in whistles.COMING:
        said = f"{text(target.respond_by)}前报到" + ("，已超过" if is_late else "")
    else:
        said = f"{text(target.arrived_at)}报到" if target.arrived_at else ""
    tone = "bad" if is_late else {ReportStatus.CONFIRMED: "ok", ReportStatus.DONE: "warn"}.get(target.status, "info")
    return {"title": target.unit.name, "url": url_for("whistle_target.details_view", id=target.id), "badge": target.status.label, "tone": tone, "said": said}


def _urge_lines(case: Case) -> list[dict]:
    today = local_day(now())
    return [
        {"at": u.urged_at, "url": url_for("urge.details_view", id=u.id), "title": f"催{_whom(u)}", "kind": "催办",
         "facts": [text(u.urged_at), u.agent.name if u.agent else "系统到期催办", _by(u.due_on, "答复", u.status is UrgeStatus.OPEN, today)],
         "badge": u.status.label, "tone": _waiting(u.status is UrgeStatus.OPEN, u.due_on, today), "note": u.answer or u.demand}
        for u in urges.of(db.session, case)
    ]  # fmt: skip


def _supervision_lines(case: Case) -> list[dict]:
    today, found = local_day(now()), []
    for s in supervisions.of(db.session, case):
        is_open = s.status is SupervisionStatus.OPEN
        card = {CardColour.YELLOW: "黄牌督办", CardColour.RED: "红牌督办"}.get(s.card, "督办")
        found.append({
            "at": s.issued_at, "url": url_for("supervision.details_view", id=s.id), "title": s.supervision_no, "kind": card,
            "kind_tone": {CardColour.YELLOW: "warn", CardColour.RED: "bad"}.get(s.card),
            "facts": [text(s.issued_at), _whom(s), _by(s.reply_by, "回复", is_open, today)],
            "badge": s.status.label, "tone": _waiting(is_open, s.reply_by, today), "note": s.reply or s.demand,
        })  # fmt: skip
    return found


def _instruction_lines(case: Case) -> list[dict]:
    today = local_day(now())
    return [
        {"at": i.issued_at, "url": url_for("instruction.details_view", id=i.id), "title": i.instruction_no, "kind": i.kind.label,
         "facts": [text(i.given_on), name_of(i.leader)], "badge": i.status.label, "tone": "warn" if i.status is InstructionStatus.OPEN else "ok",
         "note": i.words,
         "parts": [
             {"title": p.unit.name, "url": url_for("instruction_unit.details_view", id=p.id), "badge": p.status.label,
              "tone": _waiting(p.status is OrderedStatus.WAITING, p.due_on, today), "said": _by(p.due_on, "答复", p.status is OrderedStatus.WAITING, today)}
             for p in parts
         ]}
        for i, parts in instructions.of(db.session, case)
    ]  # fmt: skip


def _whom(row) -> str:
    """The person or the unit that has to answer."""
    return name_of(row.worker) if row.worker else row.unit.name


def _by(day, verb: str, is_open: bool, today) -> str:
    """By when an answer is due, while it is awaited."""
    if not is_open:
        return ""
    return f"{day:%Y-%m-%d}前{verb}" + ("，已超过" if day < today else "")


def _waiting(is_open: bool, day, today) -> str:
    return ("bad" if day < today else "warn") if is_open else "ok"


_LINES = {"whistle": _whistle_lines, "urge": _urge_lines, "supervision": _supervision_lines, "instruction": _instruction_lines}
