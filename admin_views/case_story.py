"""The story of a case on its page: the run through the stages, what was told, linked matters, durations."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import url_for

from extensions import db, now
from models.case import Case, CaseEvent
from models.codes import OPEN_STATES, MediationStage
from services.cases import case_links, case_next, case_stages
from services.desk import dispatch
from services.paperwork import notices
from services.due_dates import local_day
from services.showing import text


def took(span: timedelta) -> str:
    """A duration in words, in its two largest units at most."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return f"{days}天{hours}小时" if hours and days < 10 else f"{days}天"
    if hours:
        return f"{hours}小时{minutes % 60}分钟" if minutes % 60 else f"{hours}小时"
    return f"{minutes}分钟" if minutes else ""


def timeline(events: list[CaseEvent]) -> list[dict]:
    """The events in order, each with the time since the one before."""
    before = [None, *events]
    return [
        {"time": text(e.happened_at), "label": e.label, "who": e.user_name, "note": e.note, "status": e.status_after.label,
         "took": _since(last, e)}
        for last, e in zip(before, events, strict=False)
    ]  # fmt: skip


def _since(last: CaseEvent | None, event: CaseEvent) -> str:
    span = took(event.happened_at - last.happened_at) if last is not None else ""
    return f"距上一步{span}" if span else ""


def stage_panel(case: Case) -> dict | None:
    """The four stages with every stay in them: how long, by whom, with what result."""
    found = case_stages.runs(db.session, case)
    if not found:
        return None
    stages = []
    for stage in MediationStage:
        mine = [run for run in found if run.stage is stage]
        stages.append({
            "label": stage.label, "is_now": case.stage is stage and case.status in OPEN_STATES, "is_reached": bool(mine),
            "runs": [_run(run, now()) for run in mine],
        })  # fmt: skip
    return {"title": "调解阶段", "template": "admin/panels/stages.html", "stages": stages}


def _run(run, at: datetime) -> dict:
    return {
        "from": text(run.entered_at), "to": text(run.left_at) if run.left_at else "", "reason": run.reason or "",
        "took": took((run.left_at or at) - run.entered_at) or "不到1分钟", "people": run.people or "",
        "result": run.result.label if run.result else "进行中", "is_skip": run.is_skip,
    }  # fmt: skip


def notice_panel(case: Case) -> dict | None:
    """What the citizen was told, how and when."""
    lines = [
        {"kind": n.kind.label, "how": n.channel.label, "on": text(n.given_on), "who": n.given_by_name, "words": n.words,
         "receipt": n.receipt or ""}
        for n in notices.of(db.session, case)
    ]  # fmt: skip
    return {"title": "告知记录", "template": "admin/panels/notices.html", "notices": lines} if lines else None


def link_panel(case: Case) -> dict | None:
    """Merged, split and related matters, from both sides."""
    lines = [
        {"words": link.words, "no": link.case.case_no, "subject": link.case.subject, "status": link.case.status.label,
         "url": url_for("case.details_view", id=link.case.id)}
        for link in case_links.of(db.session, case)
    ]  # fmt: skip
    return {"title": "关联案件", "template": "admin/panels/links.html", "links": lines} if lines else None


def next_step(case: Case) -> dict | None:
    """What is expected next and by when, for the top of the page."""
    found = case_next.expected(db.session, case)
    if found is None:
        return None
    tone, why = dispatch.urgency(db.session, found.due_on, local_day(now()), None) if found.due_on else ("info", "")
    words = f"{found.sentence}。期限{found.due_on:%Y-%m-%d}，{why}" if found.due_on else found.sentence
    return {"title": f"下一步：{found.title}", "sentence": words, "tone": {"ok": "info"}.get(tone, tone)}
