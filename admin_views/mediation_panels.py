"""Sessions, agreements with their items, and follow-ups on the page of their case."""

from __future__ import annotations

from flask import url_for

from extensions import db, now
from models.case import Case
from models.codes import OPEN_STATES, CaseKind
from models.mediation_codes import AgreementState, ConfirmationState, FollowUpState
from services.cases import hearings
from services.mediation import confirmations, follow_ups, sessions, settlements
from services.due_dates import local_day
from services.showing import text

from .acting import actor

TONES = {
    AgreementState.DRAFT: "info", AgreementState.EFFECTIVE: "info", AgreementState.PERFORMED: "ok", AgreementState.BREACHED: "bad",
    ConfirmationState.CONFIRMED: "ok", ConfirmationState.DISMISSED: "bad", ConfirmationState.LAPSED: "bad",
    FollowUpState.PLANNED: "warn", FollowUpState.DONE: "ok",
}  # fmt: skip


def tool(label: str, endpoint: str, **args) -> dict:
    return {"label": label, "url": url_for(endpoint, **args)}


def session_panel(case: Case) -> dict | None:
    """The sessions so far; what was said stays on their own pages."""
    me = actor()
    if not me.may("mediation_session:view"):
        return None
    found = sessions.of(db.session, case)
    may_add = me.may("mediation_session:create") and case.status in OPEN_STATES
    if not found and not may_add:
        return None
    return {
        "title": "调解记录", "template": "admin/panels/lines.html", "empty": "还没有调解记录",
        "tools": [tool("记录一次调解", "mediation_session.create_view", case=case.id)] if may_add else [],
        "lines": [
            {"url": url_for("mediation_session.details_view", id=s.id), "title": f"第{s.number}次 {s.stage.label}",
             "facts": [text(s.started_at), s.place, f"主持人{s.chair.name}"], "badge": s.result.label, "tone": "muted",
             "note": f"下次调解：{text(s.next_at)}" if s.next_at else ""}
            for s in found
        ],
    }  # fmt: skip


def hearing_panel(case: Case) -> dict | None:
    """The hearings of a petition matter."""
    me = actor()
    if case.kind is not CaseKind.PETITION or not me.may("hearing:view"):
        return None
    found = hearings.of(db.session, case)
    may_add = me.may("hearing:create") and case.status in OPEN_STATES
    if not found and not may_add:
        return None
    return {
        "title": "听证", "template": "admin/panels/lines.html", "empty": "还没有举行听证",
        "tools": [tool("记录一次听证", "hearing.create_view", case=case.id)] if may_add else [],
        "lines": [
            {"url": url_for("hearing.details_view", id=h.id), "title": text(h.held_at), "facts": [h.place, f"主持人{h.presider.name}"],
             "badge": "", "tone": "muted", "note": h.conclusion}
            for h in found
        ],
    }  # fmt: skip


def agreement_panel(case: Case) -> dict | None:
    """Agreements with how each item stands and the countdown of confirmation."""
    me = actor()
    if not me.may("mediation_agreement:view"):
        return None
    found = settlements.of(db.session, case)
    may_add = me.may("mediation_agreement:create") and case.status in OPEN_STATES
    if not found and not may_add:
        return None
    today = local_day(now())
    return {
        "title": "调解协议和履行", "template": "admin/panels/lines.html", "empty": "还没有达成协议",
        "tools": [tool("拟订协议", "mediation_agreement.create_view", case=case.id)] if may_add else [],
        "lines": [_agreement_line(agreement, today, me) for agreement in found],
    }  # fmt: skip


def _agreement_line(agreement, today, me) -> dict:
    items = settlements.items_of(db.session, agreement)
    late = sum(settlements.is_late(item, today) for item in items)
    done = sum(item.performance in settlements.DONE for item in items)
    facts = [agreement.form.label, f"{len(items)}项，已履行{done}项" + (f"，逾期{late}项" if late else "")]
    last, note, tools = confirmations.last_day(db.session, agreement), "", []
    asked = confirmations.of(db.session, agreement) if me.may("confirmation:view") else []
    if asked:
        tools = [tool(f"司法确认：{asked[0].status.label}", "confirmation.details_view", id=asked[0].id)]
    elif last and last >= today and agreement.status is AgreementState.EFFECTIVE:
        note = f"可在{last:%Y-%m-%d}前申请司法确认（还剩{(last - today).days}天）"
        if me.may("confirmation:create"):
            tools = [tool("申请司法确认", "confirmation.create_view", agreement=agreement.id)]
    return {
        "url": url_for("mediation_agreement.details_view", id=agreement.id), "title": agreement.agreement_no or "（未编号的草稿）",
        "facts": facts, "badge": agreement.status.label, "tone": "bad" if late else TONES.get(agreement.status, "muted"),
        "note": note, "tools": tools, "parts": [_item_line(item, today) for item in items],
    }  # fmt: skip


def _item_line(item, today) -> dict:
    """Who owes what by when, and how it stands."""
    when = f"{item.due_on:%Y-%m-%d}前" if item.due_on else "当场"
    amount = f"，{item.amount:,.2f}元" if item.amount is not None else ""
    is_late, is_done = settlements.is_late(item, today), item.performance in settlements.DONE
    return {
        "url": url_for("agreement_item.details_view", id=item.id), "title": f"{item.obligor.role.label}：{item.what}{amount}",
        "badge": "逾期" if is_late else item.performance.label, "tone": "bad" if is_late else "ok" if is_done else "warn",
        "said": f"{item.done_on:%Y-%m-%d}履行" if item.done_on else when,
    }  # fmt: skip


def follow_up_panel(case: Case) -> dict | None:
    """When the citizen is or was asked, and what was said."""
    if not actor().may("follow_up:view"):
        return None
    found = follow_ups.of(db.session, case)
    if not found:
        return None
    return {
        "title": "办结回访", "template": "admin/panels/lines.html",
        "lines": [
            {"url": url_for("follow_up.details_view", id=f.id), "title": f"{f.due_on:%Y-%m-%d}前回访" if f.done_at is None else text(f.done_at),
             "facts": [text(f.satisfaction) or "未评价"] if f.done_at else [text(f.contact)] if f.contact else [],
             "badge": f.status.label, "tone": TONES.get(f.status, "muted"), "note": f.words or ""}
            for f in found
        ],
    }  # fmt: skip
