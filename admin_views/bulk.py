"""Doing one thing to many rows of a list."""

from __future__ import annotations


class Bulk:
    """Mixed into `EntityView`."""

    def bulk_actions(self) -> list[dict]:
        """What can be done to ticked rows, as {name, label, url, confirm}."""
        return []
