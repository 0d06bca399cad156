"""How a matter ends: closing, archive, and opening it again."""

from __future__ import annotations

from . import clocks, orders
from .case_stages import active_team


def citizen_is_informed(session, case, actor, now, answers) -> str | None:
    """已告知当事人（R15）"""
    if not answers.get("is_informed"):
        return "办结前须把结果告知当事人；请告知后选“是”再办结"
    return None


def close(session, case, actor, now, answers) -> None:
    case.outcome = answers["outcome"]
    case.result = answers["result"]
    case.is_informed = answers["is_informed"]
    case.solved_at_tier = answers["tier"]
    case.closed_at = now
    orders.withdraw(session, case, now, actor)
    clocks.stop(session, case, now)
    team = active_team(session, case)
    if team is not None:
        team.disbanded_at = now  # its members have one matter less in hand


def archive(session, case, actor, now, answers) -> None:
    case.archived_at = now


def reopen(session, case, actor, now, answers) -> None:
    case.outcome = case.closed_at = case.solved_at_tier = case.is_informed = None
