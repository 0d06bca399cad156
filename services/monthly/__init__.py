"""The report of a month: its figures, its words, and the night that prepares it."""

from .figures import figures
from .measures import Figures, Line, Measure, Table
from .report import fetched, of_month, prepare, prepare_by_hand, prepare_last
from .situation import Count, Situation, situation

__all__ = [
    "Count", "Figures", "Line", "Measure", "Situation", "Table", "fetched", "figures", "of_month", "prepare", "prepare_by_hand", "prepare_last",
    "situation",
]  # fmt: skip
