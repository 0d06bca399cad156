"""All flows of the product, in the order they are explained: a new one is one line here."""

from __future__ import annotations

from .appeals.appeal_flow import APPEAL_FLOW
from .cases.case_flow import CASE_FLOW
from .lists.export_flow import EXPORT_FLOW
from .flow import Flow, print_table
from .coordination.instructions import INSTRUCTION_FLOW, ORDERED_FLOW
from .desk.order_flow import OBJECTION_FLOW, ORDER_FLOW
from .appeals.reception import RECEPTION_FLOW
from .coordination.supervisions import SUPERVISION_FLOW
from .coordination.urges import URGE_FLOW
from .coordination.whistles import REPORT_FLOW, WHISTLE_FLOW

FLOWS: tuple[Flow, ...] = (
    APPEAL_FLOW, RECEPTION_FLOW, CASE_FLOW, ORDER_FLOW, OBJECTION_FLOW, WHISTLE_FLOW, REPORT_FLOW, URGE_FLOW, SUPERVISION_FLOW,
    INSTRUCTION_FLOW, ORDERED_FLOW, EXPORT_FLOW,
)  # fmt: skip


def print_all() -> str:
    """Every table as one Markdown page for people of the field to review."""
    return "\n".join(["# 办理流程\n", *(print_table(flow) for flow in FLOWS)])
