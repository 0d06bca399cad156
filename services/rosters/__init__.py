"""Rosters from sheets: how a sheet is read, what it would add and change, and writing it."""

from .cells import LOST
from .decisions import Decision, Plan
from .errors import NotImported, RowError
from .planning import Planner, plan
from .template import columns_of
from .writing import apply, creator, foresee, write

__all__ = [
    "LOST", "Decision", "NotImported", "Plan", "Planner", "RowError", "apply", "columns_of", "creator", "foresee",
    "plan", "write",
]  # fmt: skip
