"""Which rows fit what a list is asked for, and how many: its filters and words as SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import ColumnElement, Select, case, false, func, literal_column, or_, select, true, union
from sqlalchemy.orm import Session

from models import Described, live_rows

from ..access import Actor, Permission, is_narrowed, visible_ids
from ..keeping import custom
from ..showing import is_clear
from . import filters, probing, search
from .filters import Filter
from .indexing import is_indexed
from .queries import Query
from .walking import narrows

COUNT_CAP = probing.MOST


class Fitting:
    """The rows of one entity for one actor, through one session."""

    def __init__(self, session: Session, entity: type[Described], actor: Actor):
        self.session = session
        self.entity = entity
        self.actor = actor
        self.described = custom.described(session, entity)
        self._looks: dict[str, search.Look | None] = {}

    def conditions(self, query: Query, is_ordered: bool = True) -> list[ColumnElement[bool]]:
        """The WHERE of filters and search; the row scope is added by the session."""
        found = [condition for wanted in query.filters for condition in self._told(query, wanted, is_ordered)]
        found += [self.matches(word, is_ordered) for word in self._words(query.search)]
        if query.changed_since:
            found.append(self.entity.updated_at >= query.changed_since)
        return [*found, *query.also]

    def _told(self, query: Query, wanted: Filter, is_ordered: bool) -> Iterator[ColumnElement[bool]]:
        """One filter as SQL, which names the indexes of live rows where it asks for nothing else."""
        live = self.entity.__live__
        if live and live[0] == wanted.description.key and set(wanted.values) <= set(live[1]) and not self._is_run(query, wanted, is_ordered):
            yield live_rows(self.entity)
            if set(wanted.values) == set(live[1]):
                return
        yield from self._narrowings(query, wanted, is_ordered)

    def _is_run(self, query: Query, wanted: Filter, is_ordered: bool) -> bool:
        """Whether the wanted rows lie side by side in the index of their own column, in the order asked for: then no other is to be tried."""
        if len(set(wanted.values)) != 1 or self._only(query) is not wanted:
            return False
        return not is_ordered or [sort.description.name for sort in query.sorts] == [name for name, _ in self.entity.usual_order()]

    def _narrowings(self, query: Query, wanted: Filter, is_ordered: bool) -> Iterator[ColumnElement[bool]]:
        """One filter as SQL. A bound the walk has left behind stays a check, so that the index begins at the position."""
        behind = None
        if is_ordered and (query.after or query.before) and narrows(query, wanted):
            behind = "high" if query.sorts[0].is_descending != bool(query.before) else "low"
        if behind is None or getattr(wanted, behind) is None:
            yield filters.condition(self.session, self.entity, wanted, self.actor, is_ordered)
            return
        for bound in ("low", "high"):
            if getattr(wanted, bound) is not None:
                other = replace(wanted, **{"high" if bound == "low" else "low": None})
                found = filters.condition(self.session, self.entity, other, self.actor)
                yield found.is_(true()) if bound == behind else found

    def _words(self, search: str) -> list[str]:
        """The words of a search; a number typed with blanks is one word."""
        for d in self.described.values():
            sealed = d.field.searched and d.is_personal and not d.kind.is_open
            if sealed and search and d.kind.check(d.kind.normalise(search)) is None:
                return [search]
        return search.split()[:6]

    def matches(self, word: str, is_ordered: bool = True) -> ColumnElement[bool]:
        """Rows with this word in any searched column; masked kinds by their whole value only."""
        found = list(self._beside_index(word))
        if is_indexed(self.entity):
            # Beside other reasons the index may name a row again, so that only alone it counts by a join.
            dialect = self.session.get_bind().dialect.name
            found.append(search.condition(self.entity, word, self.actor, self._look(word), dialect, is_ordered or bool(found)))
        return or_(false(), *found)

    def _beside_index(self, word: str) -> Iterator[ColumnElement[bool]]:
        """What finds a row without the index: whole values of masked kinds, and everything where there is no index."""
        has_index = is_indexed(self.entity)
        for description in self.described.values():
            if not description.field.searched or description.target:
                continue
            column = getattr(self.entity, description.key)
            if is_clear(description, self.actor):
                if not has_index:
                    yield filters.contains(column, word)
            elif description.kind.is_open:
                yield column == word
            elif self.actor.may(Permission.REVEAL):
                value = description.kind.normalise(word)
                if description.kind.check(value) is None:
                    yield column == value

    def _look(self, word: str) -> search.Look | None:
        """What the search index says of a word; asked once for a page and its count."""
        if word not in self._looks:
            self._looks[word] = search.look(self.session, self.entity, word, self.actor)
        return self._looks[word]

    def _known(self, query: Query) -> search.Look | None:
        """What the search index says of a list that nothing but one word narrows."""
        words = self._words(query.search)
        if len(words) != 1 or query.filters or query.changed_since or query.also or is_narrowed(self.entity, self.actor):
            return None
        if not is_indexed(self.entity) or any(True for _ in self._beside_index(words[0])):
            return None
        return self._look(words[0])

    def are_few(self, query: Query) -> bool:
        """Whether the rows are fetched by their keys, as a look at an index has told of a filter or a word."""
        are_keys = any(wanted.seen is not None and wanted.seen.keys is not None for wanted in query.filters)
        return are_keys or any(seen is not None and not seen.is_many for seen in self._looks.values())

    def is_read_on(self, query: Query) -> bool:
        """Whether one plan is right for all values: the list is read on in its order until a page is full."""
        is_whole = not (query.filters or query.changed_since or query.also or is_narrowed(self.entity, self.actor))
        return is_whole and not self.are_few(query)

    def about(self, query: Query) -> tuple[int, bool] | None:
        """How many rows fit, to two figures, where the index tells it of a searched word that many have, and whether fewer may.

        Of a word of several pairs the index counts who has all of them, in whatever order.
        """
        seen = self._known(query)
        return None if seen is None or seen.about is None else (round(seen.about, 2 - len(str(seen.about))), not seen.is_exact)

    def most(self, query: Query) -> int:
        """To how many a list is counted. Rows without an entry beside them are each looked up, so fewer of those."""
        looks_beside = any(isinstance(f.description, custom.CustomDescription) and filters.EMPTY in f.values for f in query.filters)
        return probing.FEW if looks_beside else COUNT_CAP

    def count(self, query: Query, cap: int | None = None) -> int:
        """How many rows fit, counted to one past `cap` (`most`) at most."""
        cap = cap or self.most(query)
        seen, only = self._known(query), self._only(query)
        if seen is not None and seen.is_exact and not seen.is_many:
            return seen.count
        if only is not None and only.seen is not None and (only.seen.count <= probing.MOST or cap <= probing.MOST):
            return min(only.seen.count, cap + 1)
        return self.session.execute(select(self.counting(query, cap))).scalar_one()

    def _entries(self, query: Query) -> Select | None:
        """What a list that nothing but one word narrows has in the search index, one entry a row."""
        seen = self._known(query)
        if seen is None:
            return None
        return search.entries(self.entity, self._words(query.search)[0], self.actor, seen, self.session.get_bind().dialect.name)

    def _only(self, query: Query) -> Filter | None:
        """The filter of a list that nothing else narrows."""
        is_only = len(query.filters) == 1 and not (query.search or query.changed_since or query.also)
        return query.filters[0] if is_only and not is_narrowed(self.entity, self.actor) else None

    def counting(self, query: Query, cap: int):
        """The capped count as a value inside a statement, so that several can be asked at once."""
        only, most = self._only(query), cap + 1
        if is_narrowed(self.entity, self.actor) and not (query.filters or query.search or query.changed_since or query.also):
            ways = visible_ids(self.entity, self.actor)
            if ways:
                return _count_of_any(ways, most)
        inner = filters.entries(self.session, only, self.actor) if only else self._entries(query)
        if inner is None:
            inner = select(literal_column("1")).select_from(self.entity).where(*self.conditions(query, is_ordered=False))
        return _count(inner, most)


def _count(rows: Select, most: int):
    return select(func.count()).select_from(rows.limit(most).subquery()).scalar_subquery()


def _count_of_any(ways: list[Select], most: int):
    """How many ids some ways find together, up to `most`; one that finds so many by itself is enough."""
    together = union(*(select(way.limit(most).subquery()) for way in ways))
    return case(*((_count(way, most) >= most, most) for way in ways), else_=_count(together, most))
