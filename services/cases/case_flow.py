"""The flow of a case: its tables of steps put together; guards and effects live in the rooms beside."""

from __future__ import annotations

from models.codes import OPEN_STATES, CaseStatus

from . import timeline
from .case_intake import enter, register
from .case_questions import IN_HAND
from .case_stages import active_team
from .steps_to_ending import ALONG, ENDINGS, STAGES
from .steps_to_orders import INTAKE, ORDERS
from ..desk.orders import open_assignment
from ..flow import Flow, note_of, plain

__all__ = [
    "ALONG", "CASE_FLOW", "ENDINGS", "INTAKE", "IN_HAND", "OPEN_STATES", "ORDERS", "STAGES", "active_team", "enter", "open_assignment",
    "register",
]  # fmt: skip

S = CaseStatus


def _record(session, case, step, before, actor, now, answers) -> None:
    timeline.write(
        session, case, step.verb, step.label, actor, now, note=note_of(step, answers), answers=plain(answers), before=before
    )


CASE_FLOW = Flow(
    "case",
    CaseStatus,
    [*INTAKE, *ORDERS, *STAGES, *ENDINGS, *ALONG],
    _record,
    title="案件办理流程",
    ends=frozenset({S.ARCHIVED, S.DECLINED, S.MERGED}),
)
