"""One search over everything a person may see: cases, people, places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Entity

from . import lookups
from ..access import Actor
from .indexing import is_indexed

EACH = 5
_FIRST = ("Case", "CaseParty", "Household", "HouseholdMember", "Chief", "Mediator", "Staff", "Area", "ResidentialArea")


@dataclass(frozen=True)
class Found:
    """The first few records of one entity that fit, and whether there are more."""

    entity: type[Entity]
    hits: list[lookups.Choice]
    has_more: bool


def ranked(entities: Iterable[type]) -> list[type[Entity]]:
    """The searchable ones among some entities, those people ask for most often first."""
    names = {name: place for place, name in enumerate(_FIRST)}
    found = [e for e in entities if is_indexed(e)]
    return sorted(found, key=lambda e: names.get(e.__name__, len(names)))


def find(session: Session, entities: Iterable[type[Entity]], words: str, actor: Actor) -> list[Found]:
    """What fits, by entity; nothing for fewer than two characters."""
    results = []
    for entity in entities:
        hits = lookups.candidates(session, entity, words, actor, limit=EACH + 1, is_active_only=False)
        if hits:
            results.append(Found(entity, hits[:EACH], len(hits) > EACH))
    return results
