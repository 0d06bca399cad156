"""A planned row in words, for the person who will confirm it: masked as that person may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.fields import Description

from ..showing import masked, text, title_parts
from .cells import opened
from .decisions import Decision
from .planning import Planner

KINDS = {"add": "新增", "change": "修改", "conflict": "冲突"}


@dataclass(frozen=True)
class Line:
    """One row: its number, what happens, the record's name, and [label, old, new] of each field."""

    number: int
    kind: str
    title: str
    fields: list[list[str]]

    def plain(self) -> dict:
        return asdict(self)


def line_of(planner: Planner, decision: Decision, words: Mapping[str, str]) -> Line:
    """A decision in words; `words` are the names of dictionary items."""
    by_key = {d.key: d for d in planner.every.values()}
    known, fields = decision.known or {}, []
    for key, value in decision.values.items():
        d = by_key[key]
        fields.append([d.label, in_words(planner, d, known.get(key), words), in_words(planner, d, value, words)])
    whole = {**known, **decision.values}
    title = " ".join(
        text(masked(d, opened(d, whole.get(d.key)), planner.actor)) for d in title_parts(planner.entity) if whole.get(d.key) is not None
    )  # fmt: skip
    return Line(decision.number, decision.kind, title, fields)


def in_words(planner: Planner, d: Description, stored: Any, words: Mapping[str, str]) -> str:
    """A stored value as its reader may see it; references by their title."""
    if stored is None:
        return ""
    if d.target:
        targets = planner.targets.get(d.target)
        if targets is None:
            return ""
        targets.stand([stored])
        return targets.shown.get(stored, "（看不到的记录）")
    value = masked(d, opened(d, stored), planner.actor)
    return words.get(value, value) if d.field.dictionary else text(value)
