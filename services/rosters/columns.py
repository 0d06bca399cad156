"""Which column of a sheet is which attribute: by label, alias and earlier choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from formats.headings import plain
from formats.reading import Table
from models import Described
from models.fields import Description

from ..keeping import custom
from ..errors import Refused
from .template import asked


def choices(session: Session, entity: type[Described]) -> dict[str, Description]:
    """The attributes a column may be: what people fill in, and the natural key."""
    open_ones = {d.name for d in asked(session, entity)}
    described = custom.described(session, entity)
    return {name: d for name, d in described.items() if name in open_ones or name in entity.__key__}


def known_words(session: Session, entity: type[Described]) -> dict[str, str]:
    """{plain words of a heading: attribute}; labels go before aliases, those of the kind come last."""
    described = custom.described(session, entity).values()
    kinds = Counter(d.kind for d in described if d.kind)
    names: dict[str, str] = {}
    for words_of in (lambda d: (d.label,), lambda d: d.field.aliases, lambda d: (d.name,), lambda d: _words_of_kind(d, kinds)):
        for d in described:
            for words in words_of(d):
                names.setdefault(plain(words), d.name)
    return names


def _words_of_kind(d: Description, kinds: Counter) -> tuple[str, ...]:
    """“手机号” means the telephone of a roster that has one; of two, nobody can tell which."""
    return (d.kind.label, *d.kind.aliases) if d.kind and d.kind.aliases and kinds[d.kind] == 1 else ()


def matched(
    session: Session, entity: type[Described], labels: Sequence[str], remembered: Mapping[str, str] | None = None
) -> dict[int, str]:
    """{column: attribute} as far as the headings tell; an earlier choice ("" for none) goes first.

    Of two columns for one attribute the first is taken.
    """
    words, open_ones = known_words(session, entity), choices(session, entity)
    found: dict[int, str] = {}
    for column, label in enumerate(labels):
        heading = plain(label)
        if not heading:
            continue
        name = (remembered or {}).get(heading)
        if name is None:
            tails = [heading, *(plain(part) for part in reversed(label.split()))]
            name = next((words[tail] for tail in tails if tail in words), "")
        if name in open_ones and name not in found.values():
            found[column] = name
    return found


def missing_key(session: Session, entity: type[Described], names: Sequence[str]) -> list[Description]:
    """The columns without which no row can be told from another."""
    described = custom.described(session, entity)
    return [
        described[name] for name in entity.__key__
        if name not in names and not described[name].field.is_fixed and not described[name].field.is_numbered
    ]  # fmt: skip


def missing(session: Session, entity: type[Described], names: Sequence[str]) -> list[Description]:
    """What a new row needs and the sheet has no column for."""
    needed = [d for d in asked(session, entity) if d.is_required and d.name not in names]
    return list({d.name: d for d in [*needed, *missing_key(session, entity, names)]}.values())


def strictly(session: Session, entity: type[Described], table: Table) -> dict[str, int]:
    """{attribute: column} of a table whose headings must all be known; raises `Refused`."""
    described, open_ones = custom.described(session, entity), choices(session, entity)
    words, found = known_words(session, entity), {}
    for at, heading in enumerate(table.headings):
        name = words.get(plain(heading))
        if not heading:
            used = next((row.number for row in table.rows if row.values[at] is not None), None)
            if used:
                raise Refused(f"第{at + 1}列没有列名，但第{used}行填了内容。请补上列名，或删去这一列")
        elif name is None:
            known = "、".join(d.label for d in asked(session, entity))
            raise Refused(f"不认识列名“{heading[:30]}”。可用的列名有：{known}。请改正列名，或删去这一列")
        elif name in found:
            raise Refused(f"“{described[name].label}”有两列，请只保留一列")
        elif name in open_ones:
            found[name] = at
    needed = missing(session, entity, list(found))
    if needed:
        raise Refused(f"缺少列：{'、'.join(d.label for d in needed)}。请补上，或下载模板后填写")
    return found
