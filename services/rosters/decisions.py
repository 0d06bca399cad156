"""What a sheet would do: a decision for each of its rows, and all of them held until they are written."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import RowError

_HELD = 50


class Decision:
    """What one row of the sheet means: `values` to write by stored attribute, into a new or a known record.

    `known` holds all stored values of a known record; `is_late` says that somebody changed the
    record after the sheet was taken from it; `what` names the part of a wide sheet, "" its main roster.
    """

    __slots__ = ("errors", "is_late", "known", "number", "values", "what")

    def __init__(self, number: int, values: dict, known: dict | None, errors: list[RowError], is_late: bool = False):
        self.number, self.values, self.known, self.errors, self.is_late = number, values, known, errors, is_late
        self.what = ""

    @property
    def record_id(self) -> Any:
        return self.known["_id"] if self.known else None

    @property
    def kind(self) -> str:
        """error, same, conflict, change or add."""
        if self.errors:
            return "error"
        if self.known is None:
            return "add"
        return "same" if not self.values else "conflict" if self.is_late else "change"

    def mark(self) -> tuple:
        """What a plan is known by: the record, its version and what is written."""
        known = self.known
        if known is None:
            return self.kind, self.values
        return self.kind, known["_id"], known.get("version") if self.values else 0, self.values


@dataclass
class Plan:
    """What a sheet would do; `errors` stop all of it."""

    add: list[Decision] = field(default_factory=list)
    change: list[Decision] = field(default_factory=list)
    conflict: list[Decision] = field(default_factory=list)
    same: int = 0
    errors: list[RowError] = field(default_factory=list)


class Held:
    """Portions of decisions until they are written: the first in memory, the others in a file, so that a million rows fit."""

    def __init__(self, path: Path):
        self._path, self._first, self._count = path, [], 0

    def add(self, portion: list[Decision]) -> None:
        self._count += 1
        if self._count <= _HELD:
            self._first.append(portion)
            return
        with self._path.open("ab") as file:
            pickle.dump(portion, file, pickle.HIGHEST_PROTOCOL)

    def taken(self) -> Iterator[list[Decision]]:
        """Every portion in order, once."""
        while self._first:
            yield self._first.pop(0)
        if self._count > _HELD:
            with self._path.open("rb") as file:
                for _ in range(self._count - _HELD):
                    yield pickle.load(file)
