"""Remarks on a record's page."""

from __future__ import annotations


class Commented:
    """Mixed into `EntityView`."""

    def comments(self, row) -> dict | None:
        """The remarks on a record and where to add one; None where nobody may remark."""
        return None
