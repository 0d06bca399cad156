"""Households of a wide sheet: known by their door and head, placed in the branch that their row names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from formats.reading import Row
from models.area import Area
from models.household import Household
from models.residence import ResidentialArea

from ..access import Actor
from .decisions import Decision
from .errors import RowError
from .planning import Planner, _Line
from .stored import records
from .targets import IN_ONE_QUERY, batches


class Shown:
    """Names of places by id, for the preview; stands where a planner has its `Targets`."""

    def __init__(self, names: dict[str, str]):
        self.shown = names

    def stand(self, ids) -> None:
        """All names are known already."""


class HomePlanner(Planner):
    """A planner of households whose neighbourhood and residential area are handed in with each row."""

    def __init__(self, session: Session, places: Mapping[str, int], actor: Actor, *, is_1904=False, since: datetime | None = None):
        super().__init__(session, Household, places, actor, is_1904=is_1904, since=since)
        self.names: dict[str, str] = {}
        self.described |= {name: self.every[name] for name in ("neighborhood", "residential_area")}
        self.targets |= {Area: Shown(self.names), ResidentialArea: Shown(self.names)}
        self.branches: dict[int, tuple[dict[str, Any], list[RowError]]] = {}
        self.doors: dict[str, set[str]] = {}

    def settle_with(self, rows: Sequence[Row], branches: Sequence[tuple[dict, list[RowError]]]) -> list[Decision]:
        """Decide about each row, given its place and what is wrong with that."""
        self.branches = {row.number: branch for row, branch in zip(rows, branches, strict=True)}
        return self.settle(rows)

    def _complete(self, lines: list[_Line]) -> None:
        self.doors = defaultdict(set)
        for line in lines:
            place, _errors = self.branches[line.row.number]
            for name in ("neighborhood", "residential_area"):
                if place.get(name):
                    line.cells[name] = place[name]
            address, estate = line.cells.get("address"), place.get("estate")
            if isinstance(address, str):
                if estate and not address.startswith(estate):
                    address = line.cells["address"] = f"{estate}{address}"[:200]
                self.doors[address].add(line.cells.get("head_name"))

    def _key(self, line: _Line) -> tuple | None:
        """The number when the row gives one, else door and head."""
        number = line.cells.get("household_no")
        if isinstance(number, str):
            return ("", number)
        door = line.cells.get("address"), line.cells.get("head_name")
        return door if all(isinstance(part, str) for part in door) else None

    def _stored(self, keys: set[tuple]) -> dict[tuple, list[dict]]:
        """By number; or at the same door the same head, else the one household whose head the sheet no longer names."""
        numbers, doors = {k[1] for k in keys if not k[0]}, {k[0] for k in keys if k[0]}
        at: dict[str, list[dict]] = defaultdict(list)
        found: dict[tuple, list[dict]] = defaultdict(list)
        for column, wanted in (("household_no", numbers), ("address", doors)):
            for batch in batches(wanted, IN_ONE_QUERY):
                for record in records(self.session, Household, getattr(Household, column).in_(batch)):
                    if column == "household_no":
                        found["", record[column]].append(record)
                    else:
                        at[record[column]].append(record)
        for address, head in keys:
            if address:
                same = [r for r in at[address] if r["head_name"] == head]
                gone = [r for r in at[address] if r["head_name"] not in self.doors[address]]
                new = [h for h in self.doors[address] if h not in {r["head_name"] for r in at[address]}]
                if same:
                    found[address, head] = same[:1]
                elif len(gone) == 1 and len(new) == 1:
                    found[address, head] = gone
        return found

    def _decide(self, line: _Line, stored: Sequence[dict]) -> Decision:
        decision = super()._decide(line, stored)
        decision.errors = [*self.branches[line.row.number][1], *decision.errors]
        return decision
