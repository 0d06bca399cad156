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

    def _stored(self, keys: set[tuple]) -> dict[tuple, list[dict]]:
        """As in every roster; else the one household at the door whose head the sheet no longer names."""
        found = super()._stored(keys)
        new: dict[str, list[tuple]] = defaultdict(list)
        for key in keys - found.keys():
            if len(key) > 1:
                new[key[0]].append(key)
        gone: dict[str, list[dict]] = defaultdict(list)
        for batch in batches(new, IN_ONE_QUERY):
            for record in records(self.session, Household, Household.address.in_(batch)):
                if record["head_name"] not in self.doors[record["address"]]:
                    gone[record["address"]].append(record)
        for address, several in new.items():
            if len(several) == len(gone[address]) == 1:
                found[several[0]] = gone[address]
        return found

    def _decide(self, line: _Line, stored: Sequence[dict]) -> Decision:
        decision = super()._decide(line, stored)
        decision.errors = [*self.branches[line.row.number][1], *decision.errors]
        return decision
