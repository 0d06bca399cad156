"""Requests to export many rows: seen and answered by those who may."""

from __future__ import annotations

from models.codes import RequestStatus
from services.lists.export_flow import EXPORT_FLOW

from .steps import Stepped
from .system import ReadOnlyView

_TONES = {RequestStatus.WAITING: "info", RequestStatus.APPROVED: "ok", RequestStatus.DECLINED: "bad"}


class ExportRequestView(Stepped, ReadOnlyView):
    """Made by the export page, answered by a step of the flow."""

    flow = EXPORT_FLOW
    presets = {"待审批": "status=waiting", "全部": ""}

    def badges(self, row):
        return [{"text": row.status.label, "tone": _TONES[row.status]}]
