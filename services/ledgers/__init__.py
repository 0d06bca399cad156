"""Ledgers in the office's own layouts: where their rows come from, their designs, and handing them out."""

from . import committees, late  # each adds a source
from .designs import MOST_COLUMNS, all_of, columns_of, redesign, source_of, total_may_be
from .issuing import LedgerExport, export_of, month_before, month_of, period_words
from .sources import choices, may_fetch

__all__ = [
    "MOST_COLUMNS", "LedgerExport", "all_of", "choices", "columns_of", "committees", "export_of", "late", "may_fetch",
    "month_before", "month_of", "period_words", "redesign", "source_of", "total_may_be",
]  # fmt: skip
