"""Whole columns of stored values as a person may see them: what `showing` does, a portion at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from models.fields import Description

from ..access import Actor
from ..showing import is_clear as is_shown
from ..showing import masked, text

Columns = Sequence[Sequence[Any]]


def shown(
    d: Description, parts: Sequence[Description] | None, actor: Actor, words: dict[str, str], is_clear: bool
) -> Callable[[Columns], Sequence[Any]]:  # fmt: skip
    """How a column is shown: a function of its stored values; of a reference, of the values of its title's parts.

    Codes are taken as they are stored and become their labels; other values keep their type.
    """
    if parts is not None:
        return lambda columns: _titles(parts, columns, actor, words)
    if d.code:
        labels = {member.value: member.label for member in d.code}
        return lambda columns: [labels.get(value, value) for value in columns[0]]
    if d.field.dictionary:
        return lambda columns: [words.get(value, value) for value in columns[0]]
    if is_clear or is_shown(d, actor):
        return lambda columns: columns[0]
    mask = d.kind.mask
    return lambda columns: [None if value is None else mask(value) for value in columns[0]]


def _titles(parts: Sequence[Description], columns: Columns, actor: Actor, words: dict[str, str]) -> Sequence[Any]:
    if len(parts) == 1 and parts[0].type is str and not parts[0].field.dictionary and is_shown(parts[0], actor):
        return columns[0]
    shown = [[text(masked(part, value, actor), words) for value in column] for part, column in zip(parts, columns, strict=True)]
    return [" ".join(filter(None, pieces)) or None for pieces in zip(*shown, strict=True)]
