"""The report of a month: its figures on screen, as workbook and in Word, and the words people write."""

from __future__ import annotations

from services.errors import Refused

from .base import EntityView


class MonthlyReportView(EntityView):
    """Prepared by the program; people write its words."""

    columns = ("name", "month", "prepared_at")
    bulk_kinds = ()

    def may(self, action):
        return action not in ("create", "delete", "import") and super().may(action)

    def require(self, action):
        if action in ("create", "delete", "import"):
            raise Refused("月报由系统按月备好，不用新增、删除或导入")
        super().require(action)
