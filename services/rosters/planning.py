"""What a sheet would add and change, portion by portion, in the same few statements for any number of rows.

A cell that shows what is stored changes nothing, whether masked or in full; an empty cell keeps
what is stored. So a clear export that comes back unchanged has no effect.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from formats.reading import Row, Table
from models import Described
from models.fields import Description
from models.sealed import Sealed

from ..keeping import custom
from ..access import Actor
from ..keeping.custom import CustomDescription
from ..errors import Refused
from ..showing import text
from . import columns as matching
from .cells import Named, Wrong, in_columns, is_equal, opened, reader_of, words_of
from .decisions import Decision, Plan
from .errors import RowError, harmless
from .stored import by_values, open_ended
from .targets import Targets, one_spaced
from .template import asked


class _Line:
    """One row of the sheet while it is planned; `cells` are by attribute: a value, or what is left to decide."""

    __slots__ = ("cells", "key", "row")

    def __init__(self, row: Row, cells: dict[str, Any]):
        self.row, self.cells, self.key = row, cells, None


def check(entity: type[Described], is_masked: bool) -> None:
    """Refuse a sheet with asterisks, and an entity whose rows cannot be told apart."""
    if is_masked:
        raise Refused("这张表里的姓名、号码是打了星号的，导入会把真实内容覆盖掉。请用明文导出的表或模板")
    if not entity.__key__:
        raise Refused(f"{entity.__label__}没有可以认出已有记录的编号，不能用表格导入，请在页面上新增")


def plan(session: Session, entity: type[Described], table: Table, actor: Actor, now: datetime) -> Plan:
    """What importing a table would do. Nothing is written; `Refused` when the sheet itself is wrong."""
    check(entity, table.is_masked)
    result = Plan()
    with session.no_autoflush:
        planner = Planner(session, entity, matching.strictly(session, entity, table), actor)
        for decision in planner.settle(table.rows):
            if decision.errors:
                result.errors += decision.errors
            elif decision.kind == "same":
                result.same += 1
            else:
                getattr(result, decision.kind).append(decision)
    return result


class Planner:
    """Plans the rows of one sheet for one entity; `places` are {attribute: column}.

    `settle` may be called for one portion after another: what a key was used for is remembered.
    Records changed after `since` are conflicts.
    """

    def __init__(
        self, session: Session, entity: type[Described], places: Mapping[str, int], actor: Actor,
        *, is_1904: bool = False, since: datetime | None = None,
    ):  # fmt: skip
        self.session, self.entity, self.places, self.actor, self.since = session, entity, dict(places), actor, since
        self.every = custom.described(session, entity)
        self.described = {name: self.every[name] for name in self.places}
        self.key = [self.every[name] for name in entity.__key__]
        self.named_by = [(d, d.is_required or d.field.is_numbered or d.field.is_fixed) for d in self.key]
        self.else_key = [self.every[name] for name in entity.__else_key__]
        self.current = open_ended(entity)
        self.required = [d for d in asked(session, entity) if d.is_required]
        self.targets = {
            target: Targets(session, target, actor) for target in {d.target for d in self.described.values() if d.target}
        }
        self.readers = {
            name: in_columns(self.targets[d.target].reader(d) if d.target else reader_of(session, d, is_1904), keeps=not d.is_personal)
            for name, d in self.described.items()
        }
        self.present: dict[tuple, list[dict]] | None = None
        """All records by natural key, where they were read beforehand."""
        self.seen: dict[tuple, tuple[int, bool]] = {}
        self.unnumbered: dict[int, int] = {}
        """The first row of each content among those that give no number: it is given one, so nothing else tells a repeat."""
        self._told: dict[str, tuple[Description, str, bool, bool]] = {}
        self.digest = hashlib.sha256(repr(sorted(self.places.items())).encode())

    def settle(self, rows: Sequence[Row]) -> list[Decision]:
        """Decide about each of these rows."""
        lines = [_Line(row, cells) for row, cells in zip(rows, self._read(rows), strict=True)]
        self._complete(lines)
        for line in lines:
            line.key = self._key(line)
        stored = self._stored({line.key for line in lines if line.key})
        self._stand(lines, stored)
        found = [self._decide(line, stored.get(line.key, ())) for line in lines]
        self.digest.update(repr([decision.mark() for decision in found]).encode())
        return found

    def labels(self) -> dict[str, str]:
        """{stored attribute: label}."""
        return {d.key: d.label for d in self.every.values()}

    # -- cells

    def _complete(self, lines: list[_Line]) -> None:
        """Where a planner adds what the cells themselves do not say."""

    def _read(self, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """What the cells of each row say, by attribute; they are read column by column."""
        sheet, names, columns = list(zip(*(row.values for row in rows), strict=False)), list(self.places), []
        for name, place in self.places.items():
            cells, target = sheet[place] if sheet else (), self.described[name].target
            if target:
                self.targets[target].want(w for cell in set(cells) - {None} if (w := _reference(cell)) is not None)
            columns.append(self.readers[name](cells))
        for values in zip(*columns, strict=True):
            yield {name: value for name, value in zip(names, values, strict=True) if value is not None}

    def _key(self, line: _Line) -> tuple | None:
        """The natural key the row gives, if it gives one."""
        found = []
        for d, is_needed in self.named_by:
            value = line.cells.get(d.name)
            if value.__class__ is Named:
                value = self._chosen(line, d, value)
            if value.__class__ is Wrong:
                return None
            if value is None and is_needed:
                return self._else_key(line)
            found.append(value)
        return tuple(found)

    def _else_key(self, line: _Line) -> tuple | None:
        """What tells a row apart that gives no number: longer than a natural key, so the two are never confused."""
        found = tuple(line.cells.get(d.name) for d in self.else_key)
        return found if found and all(isinstance(value, str) for value in found) else None

    def _chosen(self, line: _Line, d: Description, named: Named) -> str | Wrong:
        """The one record a cell means; the row's other references tell records of one name apart."""
        ids = named.ids
        if len(ids) > 1 and d.target:
            others = {
                self.described[name].target: cell for name, cell in line.cells.items()
                if name != d.name and cell.__class__ is str and self.described[name].target
            }  # fmt: skip
            owners = self.targets[d.target].owners
            ids = [i for i in ids if any(owners[i].get(target) == other for target, other in others.items())]
        return ids[0] if len(ids) == 1 else Wrong(named.sentence)

    # -- records that are there already

    def _stored(self, keys: set[tuple]) -> dict[tuple, list[dict]]:
        """Visible records by natural key."""
        numberless = {key for key in keys if len(key) > len(self.key)}
        if self.present is None:
            found = by_values(self.session, self.entity, [d.key for d in self.key], keys - numberless)
        else:
            found = {key: self.present[key] for key in keys & self.present.keys()}
        found |= by_values(self.session, self.entity, [d.key for d in self.else_key], numberless)
        added = [d for d in self.described.values() if isinstance(d, CustomDescription)]
        for record in (record for some in found.values() for record in some) if added else ():
            record |= {d.key: (record["extra"] or {}).get(d.name) for d in added}
        return found

    def _stand(self, lines: list[_Line], stored: dict[tuple, list[dict]]) -> None:
        """Titles of what references point to now, where a cell shows one with asterisks."""
        ids: dict[type, set[str]] = defaultdict(set)
        for name, d in self.described.items():
            if d.target:
                for line in lines:
                    cell = line.cells.get(name)
                    if cell.__class__ is Named and not cell.known:
                        ids[d.target] |= {r[d.key] for r in stored.get(line.key, ()) if r[d.key]}
        for target, wanted in ids.items():
            self.targets[target].stand(wanted)

    def _shows(self, line: _Line, d: Description, stored: Any) -> bool:
        """True when a cell that cannot be read as new shows what is stored, masked or not."""
        try:
            words = words_of(line.row.values[self.places[d.name]])
        except ValueError:
            return False
        if d.target:
            return one_spaced(words) == self.targets[d.target].shown.get(stored)
        value = opened(d, stored)
        return words == text(value) or (d.is_personal and words == d.kind.mask(value))

    # -- decisions

    def _decide(self, line: _Line, stored: Sequence[dict]) -> Decision:
        known = self._recognised(line, stored)
        values, errors = self._changes(line, known)
        if known is None:
            errors += self._missing(line)
        is_same = known is not None and not values and not errors
        if line.key and not self._is_past(line):
            first, was_same = self.seen.setdefault(line.key, (line.row.number, is_same))
            if first != line.row.number and not (is_same and was_same):
                is_numbered = len(line.key) == len(self.key)
                words = "、".join(d.label for d in (self.key if is_numbered else self.else_key))
                unless = "" if is_numbered else f"；确是两条的，请填上{self.key[-1].label}"
                errors.append(self._error(line, self.key[-1], f"与第{first}行的“{words}”相同，请只保留一行{unless}"))
        elif line.key is None and not errors:
            words = hash(tuple(line.row.values[place] for place in self.places.values()))
            first = self.unnumbered.setdefault(words, line.row.number)
            if first != line.row.number:
                errors.append(self._error(line, self.key[-1], f"与第{first}行完全相同，请只保留一行；确是两条的，请填上{self.key[-1].label}"))
        is_late = bool(known and values and self.since and known.get("updated_at") and known["updated_at"] > self.since)
        return Decision(line.row.number, values, known, errors, is_late)

    def _is_past(self, line: _Line) -> bool:
        return self.current is not None and line.cells.get(self.current) is not None

    def _recognised(self, line: _Line, stored: Sequence[dict]) -> dict | None:
        """The record a row is about; a row of the past is known by all that is required of it."""
        if not stored:
            return None
        if self.current is None and len(stored) == 1:
            return stored[0]
        if self.current and not self._is_past(line):
            stored = [record for record in stored if record[self.current] is None]
        changes = [(self._changes(line, record), record) for record in stored]
        same = next((record for (values, errors), record in changes if not values and not errors), None)
        if same is not None:
            return same
        if self._is_past(line):
            needed = {d.key for d in self.required}
            return next((record for (values, _), record in changes if not needed & values.keys()), None)
        if len(stored) > 1:
            line.cells[self.key[0].name] = Wrong(f"已有{len(stored)}条相同的{self.entity.__label__}，分不清改哪一条，请在页面上修改")
            return None
        return stored[0] if stored else None

    def _changes(self, line: _Line, known: dict | None) -> tuple[dict[str, Any], list[RowError]]:
        values, errors, told = {}, [], self._told
        for name, value in line.cells.items():
            d, key, is_fixed, is_loose = told.get(name) or self._tell(name)
            stored = known[key] if known else None
            if value == stored:
                continue
            kind = value.__class__
            if kind is Named:
                value = stored if stored is not None and stored in value.known else self._chosen(line, d, value)
                kind = value.__class__
            if kind is Wrong:
                if stored is None or not self._shows(line, d, stored):
                    errors.append(self._error(line, d, value.sentence))
            elif is_fixed:
                if known is None:
                    errors.append(self._error(line, d, f"没有这个{d.label}的{self.entity.__label__}；新增的请把这一格留空"))
            elif known is None or not (is_loose and is_equal(d, value, stored)):
                values[key] = value
        return values, errors

    def _tell(self, name: str) -> tuple[Description, str, bool, bool]:
        """What the comparison of a column asks again and again."""
        d = self.described[name]
        is_loose = d.type in (datetime, Decimal) or isinstance(d.column.type, Sealed)
        self._told[name] = found = (d, d.key, d.field.is_fixed, is_loose)
        return found

    def _missing(self, line: _Line) -> list[RowError]:
        return [self._error(line, d, f"请填写{d.label}") for d in self.required if d.name not in line.cells]

    def _error(self, line: _Line, d: Description, sentence: str) -> RowError:
        place = self.places.get(d.name)
        cell = line.row.values[place] if place is not None else None
        return RowError(line.row.number, d.label, harmless(d, cell, self.actor), sentence, place)


def _reference(cell: Any) -> str | None:
    try:
        return one_spaced(cell)
    except ValueError:
        return None
