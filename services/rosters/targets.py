"""The records of another roster that cells name: by natural key, by title, or by a part of the title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import false, or_
from sqlalchemy.orm import Session

from models import Described, describe
from models.fields import Description
from models.kinds import SHORT

from ..access import Actor
from ..labels import dictionary_names
from ..lists.listing import Listing
from ..lists.walking import identity
from ..lists.queries import Query
from ..showing import masked, text, title_parts
from .cells import Named, words_of
from .template import how_named, is_key_open

IN_ONE_QUERY = 2000


def one_spaced(cell: Any) -> str:
    return " ".join(SHORT.normalise(words_of(cell)).split())


def batches(items: Iterable, size: int) -> Iterator[list]:
    items = list(items)
    return (items[at : at + size] for at in range(0, len(items), size))


class Targets:
    """The records of one entity that cells name: by natural key, by title, or by a part of the title."""

    def __init__(self, session: Session, target: type[Described], actor: Actor):
        self.listing = Listing(session, target, actor)
        self.words = dictionary_names(session)
        self.by_text: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.owners: dict[str, dict[type, str]] = {}
        self.kinds: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        described = describe(target)
        names = [name for name in target.__title__ if name in described]
        self.key = list(target.__key__) if is_key_open(target) else []
        self.names = list(dict.fromkeys([*names, *self.key, *(["kind"] if "kind" in described else [])]))
        self.full = names
        self.parts = title_parts(target)
        self.asked: set[str] = set()

    def want(self, texts: Iterable[str]) -> None:
        """Read the records that these texts may mean; what was asked before is known."""
        described = describe(self.listing.entity)
        wanted = {piece for words in texts for piece in _pieces(words)} - self.asked
        self.asked |= wanted
        for batch in batches(sorted(wanted), IN_ONE_QUERY):
            self._take(or_(false(), *(self._named(described[name], batch) for name in self.names)))

    def _named(self, d: Description, pieces: list[str]):
        """The condition that a column has one of these texts; columns that tell little are left out."""
        if d.target or d.code or d.type is bool or (d.is_personal and not d.kind.is_open):
            return false()
        if d.field.dictionary:
            keys = [key for key, name in self.words.items() if name in pieces]
            return getattr(self.listing.entity, d.key).in_(keys)
        return getattr(self.listing.entity, d.key).in_(list(_typed(d.type, pieces)))

    def stand(self, ids: Iterable[str]) -> None:
        """Read these records too, so that `shown` has their titles."""
        for batch in batches(sorted(set(ids) - self.shown.keys()), IN_ONE_QUERY):
            self._take(identity(self.listing.entity).in_(batch))

    def _take(self, condition) -> None:
        target = self.listing.entity
        statement, shape = self.listing.statement(Query(), self.names)
        owners = [d for d in describe(target).values() if d.target]
        ids = [getattr(target, d.key).label(f"owner_{d.key}") for d in owners]
        for line in self.listing.session.execute(statement.add_columns(*ids).where(condition)).all():
            row = self.listing._row(line, shape, self.words, is_clear=True)
            if row.id in self.shown:
                continue
            values = row.values
            self.owners[row.id] = {d.target: line[at - len(owners)] for at, d in enumerate(owners)}
            if "kind" in values:
                self.kinds[row.id] = values["kind"].value
            self.shown[row.id] = _joined(masked(p, values[p.name], self.listing.actor) for p in self.parts)
            titles = [values[part.name] for part in self.parts]
            single = [[values[part.name]] for part in self.parts if not part.code]
            ways = [[values[n] for n in self.key], titles, [values[n] for n in self.full], *single]
            for rank, way in enumerate(ways):
                words = _joined(way)
                if words and row.id not in self.by_text[words][min(rank, 3)]:
                    self.by_text[words][min(rank, 3)].append(row.id)

    def meant(self, words: str) -> list[str]:
        """The records a text names, by the best way it names any."""
        ranks = self.by_text.get(words, {})
        return next((ranks[rank] for rank in sorted(ranks) if ranks[rank]), [])

    def reader(self, d: Description):
        """How a cell of a referring column is read."""
        allowed = "、".join(describe(d.target)["kind"].code(v).label for v in d.field.only) if d.field.only else ""
        how = f"请填{d.target.__label__}的{how_named(d.target)}"

        def read(cell: Any) -> Named | str:
            known = self.meant(one_spaced(cell))
            ids = [key for key in known if not d.field.only or self.kinds.get(key) in d.field.only]
            if len(ids) == len(known) == 1:
                return ids[0]
            if ids:
                sentence = f"有{len(ids)}个{d.target.__label__}都叫这个名字，分不清是哪一个，{how}"
            elif known:
                sentence = f"只能填：{allowed}"
            else:
                sentence = f"没有找到这个{d.target.__label__}，{how}"
            return Named(tuple(ids), tuple(known), sentence)

        return read


def _joined(values: Iterable[Any]) -> str:
    return " ".join(" ".join(text(value).split()) for value in values if value not in (None, ""))


def _pieces(words: str) -> set[str]:
    """Every run of words in a text: a title joins several columns, and each may hold blanks itself."""
    parts = words.split()
    if len(parts) > 8:
        return {words}
    return {" ".join(parts[a:b]) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1)}


def _typed(kind: type, pieces: list[str]) -> Iterator[Any]:
    for piece in pieces:
        try:
            if kind is str:
                yield piece
            elif kind is int and len(piece) < 10:
                yield int(piece)
            elif kind is date:
                yield date.fromisoformat(piece)
        except ValueError:
            continue
