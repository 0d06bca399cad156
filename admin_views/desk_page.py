"""What the panes of the dispatch desk show, in words: the tray, the matter, the ways out."""

from __future__ import annotations

from flask import url_for

from extensions import db, now
from models import describe
from models.case import Case, CaseParty
from services.cases import early_warnings, repeats, routing
from services.desk import dispatch, ways_out, workload
from services.access import Permission
from services.labels import dictionary_names
from services.showing import shown, text

from .acting import actor
from .warnings import hit_line


def tray_lines(tray, case: Case | None, page: int) -> list[dict]:
    """The lines of one page of the tray, each with the reason for its colour."""
    more = {"page": page} if page > 1 else {}
    return [
        {"url": url_for("dispatch_desk.index_view", case=w.id, **more), "no": w.case_no, "subject": w.subject,
         "due": text(w.due_on), "tone": w.tone, "why": w.why, "status": w.status,
         "is_current": case is not None and w.id == case.id}
        for w in tray
    ]  # fmt: skip


def matter(case: Case, open_verbs: set[str]) -> dict:
    """Facts, parties (masked), place up the chain, legal route, earlier matters and warnings of a case."""
    names = dictionary_names(db.session)
    route = routing.suggest(f"{case.subject} {case.summary or ''}", case.kind)[0]
    return {
        "id": case.id, "no": case.case_no, "subject": case.subject, "url": url_for("case.details_view", id=case.id),
        "status": case.status.label, "chain": dispatch.chain(db.session, case),
        "facts": [
            {"label": "类别", "text": names.get(case.category, "")},
            {"label": "来源", "text": names.get(case.channel, "")},
            {"label": "层级", "text": case.level.label}, {"label": "紧急程度", "text": case.urgency.label},
            {"label": "收到日期", "text": text(case.received_on)},
            {"label": "办理期限", "text": f"{text(case.due_on)} {case.due_reason or ''}"},
            {"label": "地点", "text": case.place or ""}, {"label": "诉求与事实", "text": case.summary, "is_wide": True},
        ],
        "parties": [_party(p) for p in workload.parties(db.session, case)],
        "route": {
            "label": route.route.code.label, "duty": route.route.duty, "source": route.route.source,
            "because": f"文中提到{'、'.join(f'“{word}”' for word in route.because)}" if route.because else f"登记为{case.kind.label}",
        },
        "repeats": [_repeat(case, one, open_verbs) for one in repeats.find(db.session, repeats.facts_of(db.session, case), now())],
        "warnings": [hit_line(hit) for hit in early_warnings.of_case(db.session, case, now())] if actor().may("warning_rule:view") else [],
        "relate_url": url_for("dispatch_desk.relate_view"),
    }  # fmt: skip


def _repeat(case: Case, one: repeats.Repeat, open_verbs: set[str]) -> dict:
    may_merge = "merge" in open_verbs and one.case.closed_at is None
    return {
        "id": one.case.id, "subject": one.case.subject, "sentence": one.sentence,
        "url": url_for("case.details_view", id=one.case.id),
        "merge_url": url_for("dispatch_desk.index_view", case=case.id, verb="merge", into=one.case.id) if may_merge else None,
    }  # fmt: skip


def _party(party: CaseParty) -> dict:
    described = describe(CaseParty)
    return {
        "role": party.role.label, "name": shown(described["name"], party.name, actor(), {}),
        "phone": shown(described["mobile"], party.mobile, actor(), {}), "consent": party.consent.label if party.consent else "",
    }  # fmt: skip


def ways(case: Case, open_steps) -> tuple[list[dict], list[str], dict]:
    """The ways out numbered from 1, who is barred and why, and the day an order given now is due."""
    found, barred = ways_out.of(db.session, case, now())
    verbs = {step.verb for step in open_steps}
    lines = [(way, _link(way, case, verbs)) for way in found]
    shown_ways = [(way, url) for way, url in lines if url or not way.leads_to][:9]
    due = ways_out.due(db.session, case, now())
    return [
        {"number": number, "title": way.title, "detail": way.detail, "why": way.why, "url": url,
         "values": {name: value for name, value in _values(way).items()}}
        for number, (way, url) in enumerate(shown_ways, 1)
    ], barred, {"on": text(due.on), "why": due.reason}  # fmt: skip


def _values(way: ways_out.Way) -> dict[str, str]:
    """What taking a way writes into the boxes of the order; boxes it does not name are emptied."""
    found = {}
    for name in ("unit", "worker", "assist"):
        found[name], found[f"{name}_display"] = way.answers.get(name, ""), way.words.get(name, "")
    return found | {"due_on": way.answers.get("due_on", ""), "demand": way.answers.get("demand", "")}


def _link(way: ways_out.Way, case: Case, verbs: set[str]) -> str | None:
    """The page a way leads to, if it is no order; None where this office or person has no such page."""
    match way.leads_to:
        case "team" if actor().may(Permission.CASE_JOIN):
            return url_for("team_desk.index_view", case=case.id)
        case "whistle" if actor().may(Permission.WHISTLE):
            return url_for("whistle.create_view", case=case.id)
        case "spot":
            return url_for("dispatch_desk.index_view", case=case.id, verb="settle") if "settle" in verbs else None
    return None
