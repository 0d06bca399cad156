"""What the papers of an ending say: how a case went, why it ended, what the citizen said when asked afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Described
from models.case import Case
from models.codes import CaseOutcome, CaseStatus
from models.follow_up import FollowUp, FollowUpCall
from models.mediation_codes import Performance

from . import paper_facts as facts
from .paper_contexts import order
from .paper_facts import Facts, day, label, name_of
from .paper_mediation import Subjects, agreements_of, chinese, items_of, or_blank, sessions_of

_OPEN_ITEMS = frozenset({Performance.PENDING, Performance.DOING, Performance.PARTLY, Performance.REFUSED})
_TRIES = 3
_TOLD = frozenset({
    "register", "accept", "assign", "transfer", "feed_back", "consent", "consult", "join", "skip_stage", "go_back", "suspend", "resume",
    "session", "agreement_sign", "settle", "refer", "decline", "close", "terminate", "withdraw", "reopen",
})  # fmt: skip
"""Steps of a case that its parties may read of in a notice; orders, supervision and objections are the office's own."""


def period(session: Session, case: Case, subject: Described) -> Facts:
    """From when to when the case was mediated: its sessions, else the time it was in hand."""
    held = sessions_of(session, case)
    began, ended = (held[0].started_at, held[-1].ended_at or held[-1].started_at) if held else (case.accepted_at, case.closed_at)
    return {"mediation": {"began": day(began), "ended": day(ended)}}


def ending(session: Session, case: Case, subject: Described) -> Facts:
    """How a case went, and why it ended without an agreement."""
    is_over = case.status is CaseStatus.DECLINED or case.outcome in (CaseOutcome.TERMINATED, CaseOutcome.WITHDRAWN, CaseOutcome.REDIRECTED)
    events = facts.events(session, case)
    words = [f"{e['on']}{e['label']}{'：' + e['note'].rstrip('。；') if e['note'] else ''}" for e in events]
    told = [f"{e['on']}{e['label']}" for e in events if e["verb"] in _TOLD]
    why, said = label(case.terminate_reason or case.decline_reason), case.result if is_over else None
    # The step that terminates asks for the other ways in its result (《人民调解法》第二十六条).
    routes, said = (said, None) if case.outcome is CaseOutcome.TERMINATED else (label(case.legal_route), said)
    held = sessions_of(session, case)
    return {"end": {
        "on": day(case.closed_at), "reason": "。".join(filter(None, (why, said))) or None, "course": _listed(told), "story": _listed(words),
        "routes": routes.rstrip("。") if routes else None, "focus": held[-1].disputed if held else None, "undisputed": held[-1].undisputed if held else None,
    }}  # fmt: skip


def _listed(words: list[str]) -> str | None:
    return "；".join(words) + "。" if words else None


# ---- follow-ups ------------------------------------------------------------------------


def follow_ups_of(session: Session, case: Case) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp).where(FollowUp.case_id == case.id).order_by(FollowUp.created_at, FollowUp.id).limit(20)))


def each_follow_up(session: Session, case: Case) -> Subjects:
    rows = follow_ups_of(session, case)
    return or_blank([(row, "" if len(rows) == 1 else f"{row.due_on:%Y-%m-%d}应访") for row in rows], case)


def follow_up(session: Session, case: Case, subject: Described) -> Facts:
    """One follow-up with its tries; who said nothing is “未评价”, never more."""
    row = subject if isinstance(subject, FollowUp) else None
    made = next((a for a in reversed(agreements_of(session, case)) if a.agreement_no), None)
    number = {"agreement": {"number": made and made.agreement_no}}
    if row is None:
        return number | {"record": {"attempts": _attempts([])}}
    left = [i.what for i in items_of(session, made) if i.performance in _OPEN_ITEMS] if made else []
    undone = f"没有履行：{'、'.join(left)}" if left else "没有履行"
    return number | {"record": {
        "time": day(row.done_at), "way": label(row.rating_source) or label(row.contact), "words": row.words, "rating": _said(row),
        "performed": {True: "已履行", False: undone}.get(row.is_performed), "risk": row.measures, "next": row.measures,
        "by": name_of(row.caller), "attempts": _attempts(_tries(session, row)),
    }}  # fmt: skip


def _said(row: FollowUp) -> str | None:
    return None if row.done_at is None else label(row.satisfaction) or "未评价"


def _tries(session: Session, row: FollowUp) -> list[tuple[str, str | None, str | None]]:
    """(day, what came of it, note) of every try; the one that reached the citizen is the last."""
    wanted = select(FollowUpCall).where(FollowUpCall.follow_up_id == row.id).order_by(FollowUpCall.called_on).limit(20)
    tries = [(day(c.called_on), label(c.contact), c.note) for c in session.scalars(wanted)]
    return [*tries, (day(row.done_at), label(row.contact), None)] if row.words is not None else tries


def _attempts(tries: Sequence[tuple[str, str | None, str | None]]) -> list[Facts]:
    rows = [{"number": f"第{chinese(n)}次", "at": at, "contact": contact, "note": note} for n, (at, contact, note) in enumerate(tries, 1)]
    return rows + [{"number": f"第{chinese(n)}次", "at": " ", "contact": " ", "note": " "} for n in range(len(rows) + 1, _TRIES + 1)]


def report(session: Session, case: Case, subject: Described) -> Facts:
    """The report on a petition, with what the petitioner said afterwards."""
    asked = [row for row in follow_ups_of(session, case) if row.done_at]
    return order(session, case, subject) | {"followup": {"rating": _said(asked[-1]) if asked else None}}
