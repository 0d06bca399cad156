"""The rows of an entity as a source: its own columns, those of the rows it points to, and additions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import select
from sqlalchemy.orm import Session

from formats.sheets import column_of
from models import Entity, describe
from models.area import Area
from models.fields import Description

from ..keeping import custom
from ..lists import filters
from ..access import Actor, permission_for
from ..due_dates import local_day
from ..lists.filters import Filter
from ..labels import dictionary_names
from ..lists.listing import Listing
from ..lists.queries import Query, Sort, listable, parse
from .additions import BY_PLACE, additions_of, codes_of_places, way_to_place
from .sources import BLANK, BY_HAND, SERIAL, Ask, Offer, Reader


class EntityRows:
    """See `sources.Source`."""

    def __init__(self, session: Session, entity: type[Entity], actor: Actor, now: datetime):
        self.session, self.entity, self.actor, self.now = session, entity, actor, now
        self.described = custom.described(session, entity)
        self.added = additions_of(entity)
        self.has_area = way_to_place(entity) is not None

    def offers(self) -> dict[str, Offer]:
        own = [_offer(d, d.name, self.entity.__label__) for d in listable(self.described)]
        added = [Offer(key, a.label, self.entity.__label__, a.width, a.kind, is_personal=a.is_personal) for key, a in self.added.items()]
        others = [
            _offer(far, f"{d.name}.{far.name}", d.label)
            for d in self.described.values() if _is_followed(d) for far in listable(describe(d.target)) if far.name != d.name
        ]  # fmt: skip
        return {**{offer.key: offer for offer in (*own, *added, *others)}, **BY_HAND}

    def usual(self) -> list[str]:
        return [SERIAL, *(d.name for d in listable(self.described) if d.field.listed)]

    def dated(self) -> dict[str, str]:
        return {d.name: d.label for d in listable(self.described) if d.type in (date, datetime) and d.name in describe(self.entity)}

    # ---- which rows -------------------------------------------------------------------

    def query(self, ask: Ask) -> Query:
        """The filters and the order of the design, the period and the area."""
        query = parse(self.session, self.entity, parse_qs(ask.query), self.actor, local_day(self.now))
        day = self.described.get(ask.dated_by or "")
        if day is not None and (ask.since or ask.until):
            query.filters.append(Filter(day, low=ask.since, high=ask.until))
            if "sort" not in parse_qs(ask.query) and day.field.sorted:
                query.sorts = [Sort(day)]  # along the index of the period, the first day first
        if ask.area_id:
            self._narrow(query, ask.area_id)
        return query

    def _narrow(self, query: Query, area_id: str) -> None:
        *through, name = way_to_place(self.entity)
        if not through:
            query.filters.append(Filter(self.described[name], [area_id]))
            return
        ref = self.described[through[0]]
        inside = filters.condition(self.session, ref.target, Filter(describe(ref.target)[name], [area_id]), self.actor, is_ordered=False)
        query.also.append(getattr(self.entity, ref.key).in_(select(ref.target.id).where(inside)))

    def count(self, ask: Ask, cap: int) -> int:
        return Listing(self.session, self.entity, self.actor).count(self.query(ask), cap=cap)

    # ---- what they show ---------------------------------------------------------------

    def lines(self, ask: Ask, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The rows of an ask, some hundred read together: one statement for each reference followed and each addition."""
        words = dictionary_names(self.session)
        reader = Reader(self.session, self.actor, self.now, words, ask.is_clear)
        own = [key for key in dict.fromkeys(keys) if key in self.described]
        far = self._followed(keys)
        listing = Listing(self.session, self.entity, self.actor)
        beside = ["id", *(self.described[name].key for name in far)]
        for shown, stored in listing.every_portion(self.query(ask), own, words, is_clear=ask.is_clear, beside=beside):
            ids, nothing = stored[0], [None] * len(stored[0])
            values = {SERIAL: nothing, BLANK: nothing, **dict(zip(own, shown, strict=True))}
            for (name, names), targets in zip(far.items(), stored[1:], strict=True):
                values |= self._of_targets(reader, name, names, targets)
            for key in dict.fromkeys(keys):
                if key in self.added or key == BY_PLACE:
                    read = codes_of_places if key == BY_PLACE else self.added[key].read
                    found = read(reader, self.entity, ids)
                    values[key] = [found.get(one) for one in ids]
            yield from zip(*(values.get(key, nothing) for key in keys), strict=True)

    def _followed(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """{reference: attributes wanted of the row it points to}, of those whose list the reader may open."""
        found: dict[str, list[str]] = {}
        for name, _, far in (key.partition(".") for key in dict.fromkeys(keys)):
            d = self.described.get(name)
            if far and d is not None and _is_followed(d) and far in describe(d.target) and self.actor.may(permission_for(d.target, "view")):
                found.setdefault(name, []).append(far)
        return found

    def _of_targets(self, reader: Reader, name: str, names: list[str], targets: Sequence) -> dict[str, list]:
        target = self.described[name].target
        wanted = {one for one in targets if one is not None}
        found = dict(Listing(self.session, target, self.actor).by_id(wanted, names, reader.words, is_clear=reader.is_clear)) if wanted else {}
        return {f"{name}.{far}": [found[one][at] if one in found else None for one in targets] for at, far in enumerate(names)}


def _is_followed(d: Description) -> bool:
    return d.target is not None and issubclass(d.target, Entity) and d.target is not Area


def _offer(d: Description, key: str, section: str) -> Offer:
    column = column_of(d)
    return Offer(key, d.label, section, min(column.width, 40), column.kind, is_personal=d.is_personal)
