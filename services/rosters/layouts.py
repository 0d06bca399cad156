"""What a sheet can be read as: one roster, or a wide sheet that fills several rosters at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from formats.sheets import SheetColumn
from models import Described

from ..keeping import custom
from ..access import Actor, permission_for
from ..errors import Denied
from . import columns as matching
from . import writing
from .decisions import Decision
from .errors import RowError
from .planning import Planner, check
from .stored import all_by_values
from .preview import Line, line_of
from .template import columns_of


@dataclass(frozen=True)
class Option:
    """One attribute that a column of the sheet may be."""

    name: str
    label: str
    is_needed: bool


class Layout(Protocol):
    """How one kind of sheet is matched, planned and written."""

    code: str
    label: str
    entity: type[Described]

    def options(self, session: Session) -> list[Option]:
        """What a column may be."""

    def known(self, session: Session) -> set[str]:
        """The plain words that headings may have."""

    def matched(self, session: Session, labels: Sequence[str], remembered: Mapping[str, str]) -> dict[int, str]:
        """{column: option} as far as the headings and earlier choices tell."""

    def missing(self, session: Session, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Labels without which nothing can be read, and those that only new rows need."""

    def is_personal(self, session: Session, name: str) -> bool:
        """Whether values of this option are masked."""

    def present(self, session: Session, met: int) -> dict[tuple, list[dict]] | None:
        """What a planner may read before the file is open, given how many records the sheet meets."""

    def planner(self, session: Session, places: Mapping[str, int], actor: Actor, now: datetime, **how):
        """An object with `settle(rows)`, `digest` and `line(decision)`."""

    def check(self, is_masked: bool) -> None:
        """Refuse a sheet that must not come in."""

    def require(self, actor: Actor, actions: Sequence[str]) -> None:
        """Refuse a person who may not do this."""

    def foresee(self, session: Session, planner, decisions: Sequence[Decision], actor: Actor, now: datetime) -> list[RowError]:
        """What the rules will refuse."""

    def write(self, session: Session, planner, decisions: Sequence[Decision], actor: Actor, now: datetime) -> list[RowError]:
        """Write all that the rules let pass; returns what they refuse."""

    def template(self, session: Session, actor: Actor) -> list[SheetColumn]:
        """The columns of the template."""


class RosterLayout:
    """A sheet with one record of one roster in each row."""

    def __init__(self, entity: type[Described]):
        self.entity, self.code, self.label = entity, entity.slug(), entity.__label__
        self.writes_in_sets = writing.in_sets(entity)

    def options(self, session: Session) -> list[Option]:
        needed = {d.name for d in matching.missing(session, self.entity, [])}
        return [Option(name, d.label, name in needed) for name, d in matching.choices(session, self.entity).items()]

    def known(self, session: Session) -> set[str]:
        return set(matching.known_words(session, self.entity))

    def matched(self, session: Session, labels: Sequence[str], remembered: Mapping[str, str]) -> dict[int, str]:
        return matching.matched(session, self.entity, labels, remembered)

    def missing(self, session: Session, names: Sequence[str]) -> tuple[list[str], list[str]]:
        needed = [d.label for d in matching.missing_key(session, self.entity, names)]
        return needed, [d.label for d in matching.missing(session, self.entity, names) if d.label not in needed]

    def is_personal(self, session: Session, name: str) -> bool:
        d = custom.described(session, self.entity)[name]
        return d.is_personal or bool(d.target)

    def present(self, session: Session, met: int) -> dict[tuple, list[dict]] | None:
        described = custom.described(session, self.entity)
        return all_by_values(session, self.entity, [described[name].key for name in self.entity.__key__], met)

    def planner(self, session: Session, places: Mapping[str, int], actor: Actor, now: datetime, **how) -> Planner:
        return Planner(session, self.entity, places, actor, **how)

    def line(self, session: Session, planner: Planner, decision: Decision, words: Mapping[str, str]) -> Line:
        return line_of(planner, decision, words)

    def check(self, is_masked: bool) -> None:
        check(self.entity, is_masked)

    def require(self, actor: Actor, actions: Sequence[str]) -> None:
        for action in actions:
            if not actor.may(permission_for(self.entity, action)):
                word = {"create": "新增", "edit": "修改", "import": "导入"}[action]
                raise Denied(f"您的角色不能{word}{self.label}，这张表里有要{word}的行；如工作需要，请联系安全管理员开通")

    def foresee(self, session, planner, decisions, actor, now) -> list[RowError]:
        return writing.foresee(session, self.entity, decisions, actor, now)

    def write(self, session, planner, decisions, actor, now) -> list[RowError]:
        return writing.write(session, self.entity, decisions, actor, now)

    def template(self, session: Session, actor: Actor) -> list[SheetColumn]:
        return columns_of(session, self.entity, actor=actor)
