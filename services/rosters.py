"""Rosters from sheets: what a sheet would add and change, then all of it or nothing.

A cell that shows what is stored changes nothing, whether masked or in full; an empty cell keeps
what is stored. So a clear export that comes back unchanged has no effect.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import JSON, false, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from formats.reading import Row, Table
from formats.sheets import CUT_MARK, SheetColumn, column_of
from models import Described, describe
from models.dictionary import DictItem
from models.fields import Description
from models.kinds import SHORT

from . import custom, records
from .access import Actor, Permission
from .errors import Missing, Refused
from .labels import dictionary_choices, dictionary_names
from .listing import Listing, identity
from .queries import Query
from .showing import LOCAL, masked, text, title_parts

MOST_ERRORS = 200
_CHUNK = 200
_IN_ONE_QUERY = 1000
_FEW = 60

_creators: dict[type, records.Rule] = {}


def creator(entity: type[Described]) -> Callable[[records.Rule], records.Rule]:
    """Register how a new row of an entity begins, where saving it is not enough (a flow)."""

    def register(begin: records.Rule) -> records.Rule:
        _creators[entity] = begin
        return begin

    return register


@dataclass(frozen=True)
class RowError:
    """One cell (or row) to put right; the value is masked where the reader may not see it."""

    row_number: int
    column_label: str
    value_masked: str
    sentence: str


@dataclass(frozen=True)
class PlannedRow:
    """What one row of the sheet writes: values by stored attribute, into a new or a known record."""

    number: int
    values: dict[str, Any]
    record_id: Any = None


@dataclass
class Plan:
    """What a sheet would do; `errors` stop all of it."""

    add: list[PlannedRow] = field(default_factory=list)
    change: list[PlannedRow] = field(default_factory=list)
    same: int = 0
    errors: list[RowError] = field(default_factory=list)


class NotImported(Refused):
    """Nothing was imported; `rows` tell which rows the rules refused."""

    def __init__(self, rows: list[RowError]):
        super().__init__(f"有{len(rows)}处需要改正，整张表都没有导入。请改好后重新上传")
        self.rows = rows


# ---- columns ------------------------------------------------------------------------


def columns_of(session: Session, entity: type[Described], *, actor: Actor) -> list[SheetColumn]:
    """The columns of an entity's template: what a person fills in, with all there is to choose from."""
    return [_column(session, d, actor) for d in _asked(session, entity)]


def _asked(session: Session, entity: type[Described]) -> list[Description]:
    return [
        d for d in custom.described(session, entity).values()
        if not d.field.is_fixed and not d.field.is_hidden and not isinstance(d.column.type, JSON)
    ]  # fmt: skip


def _column(session: Session, d: Description, actor: Actor) -> SheetColumn:
    if d.field.dictionary:
        return column_of(d, [name.strip() for _, name in dictionary_choices(session, d.field.dictionary)])
    column = column_of(d)
    if not d.target:
        return column
    words = "；".join(w for w in (d.field.help, f"填{d.target.__label__}的{_how(d.target)}") if w)
    names = _few(session, d, actor)
    return replace(
        column, help=words, example=names[0] if names else "", choices=tuple(names) if len(names) <= _FEW else ()
    )


def _how(target: type[Described]) -> str:
    """By which of its columns a record is named in a cell: “户主 门牌地址”或“户号”."""
    described = describe(target)
    ways = [" ".join(part.label for part in title_parts(target))]
    if _is_key_open(target):
        ways.append(" ".join(described[name].label for name in target.__key__))
    return "或".join(f"“{way}”" for way in dict.fromkeys(ways) if way)


def _is_key_open(target: type[Described]) -> bool:
    described = describe(target)
    return all(not described[n].is_personal or described[n].kind.is_open for n in target.__key__)


def _few(session: Session, d: Description, actor: Actor) -> list[str]:
    """The first titles a reference may show; none when they name people or are not told apart."""
    target, parts = d.target, title_parts(d.target)
    if any(part.is_personal for part in parts):
        return []
    statement = select(*(getattr(target, part.key) for part in parts))
    if d.field.only:
        statement = statement.where(target.kind.in_([describe(target)["kind"].code(v) for v in d.field.only]))
    if "is_active" in describe(target):
        statement = statement.where(target.is_active.is_(True))
    order = getattr(target, target.__sort__.lstrip("-")) if target.__sort__ else identity(target)
    lines = session.execute(statement.order_by(order).limit(_FEW + 1)).all()
    words = dictionary_names(session)
    names = [" ".join(text(value, words) for value in line if value is not None) for line in lines]
    return names if len(set(names)) == len(names) else []


# ---- headings -----------------------------------------------------------------------


def _plain(words: str) -> str:
    """Words to compare headings and options by: no blanks, marks or widths."""
    return re.sub(r"[\s*]", "", unicodedata.normalize("NFKC", words)).lower()


def _matched(session: Session, entity: type[Described], table: Table) -> dict[str, int]:
    """Where each attribute stands in the sheet; columns written by services only are passed over."""
    described, asked = custom.described(session, entity), {d.name for d in _asked(session, entity)}
    names: dict[str, str] = {}
    for words_of in (lambda d: (d.label,), lambda d: d.field.aliases, lambda d: (d.name,)):
        for d in described.values():
            for words in words_of(d):
                names.setdefault(_plain(words), d.name)
    found: dict[str, int] = {}
    for at, heading in enumerate(table.headings):
        name = names.get(_plain(heading))
        if not heading:
            used = next((row.number for row in table.rows if row.values[at] is not None), None)
            if used:
                raise Refused(f"第{at + 1}列没有列名，但第{used}行填了内容。请补上列名，或删去这一列")
        elif name is None:
            known = "、".join(d.label for d in described.values() if d.name in asked)
            raise Refused(f"不认识列名“{heading[:30]}”。可用的列名有：{known}。请改正列名，或删去这一列")
        elif name in found:
            raise Refused(f"“{described[name].label}”有两列，请只保留一列")
        elif name in asked or name in entity.__key__:
            found[name] = at
    needed = [d.label for d in described.values() if d.name in asked and d.is_required and d.name not in found]
    needed += [
        described[name].label for name in entity.__key__
        if name not in found and not described[name].field.is_fixed and not described[name].field.is_numbered
    ]  # fmt: skip
    if needed:
        raise Refused(f"缺少列：{'、'.join(dict.fromkeys(needed))}。请补上，或下载模板后填写")
    return found


# ---- cells --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wrong:
    """A cell that cannot be taken, unless it shows just what is stored."""

    sentence: str


@dataclass(frozen=True)
class _Named:
    """The records a cell may mean: `ids` may be chosen, `known` are also fine where they stand already."""

    ids: tuple[str, ...]
    known: tuple[str, ...]
    sentence: str


_LOST = "Excel 把长号码变成了数字，后几位已丢失。请把这一列设为“文本”格式，再对照原件重新填写"
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?")
_YES_NO = {
    "是": True, "有": True, "√": True, "true": True, "1": True,
    "否": False, "无": False, "×": False, "false": False, "0": False,
}  # fmt: skip


def _words(cell: Any) -> str:
    """A cell as the text a person sees in it."""
    if isinstance(cell, float):
        if abs(cell) >= 1e15:
            raise ValueError(_LOST)
        return repr(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if (cell.hour, cell.minute) == (0, 0) else f"{cell:%Y-%m-%d %H:%M}"
    return text(cell).strip()


def _text_reader(d: Description):
    kind, length = d.kind or SHORT, d.length

    def read(cell: Any) -> str | None:
        words = _words(cell)
        if words.endswith(CUT_MARK):
            raise ValueError("这一格导出时因太长被截断。请清空这一格（保留原来的内容），或填写完整")
        if d.is_personal and ("*" in words or "＊" in words):
            raise ValueError("这一格打了星号，请填写完整内容")
        value = kind.normalise(words)
        if length and len(value) > length:
            raise ValueError(f"最多{length}个字，现在{len(value)}个")
        sentence = kind.check(value) if value else None
        if sentence:
            raise ValueError(sentence)
        return value or None

    return read


def _number_reader(d: Description):
    scale = None if d.type is int else getattr(d.column.type, "scale", None)
    sentence = "请填整数" if d.type is int else "请填数字，例如 1200.50"

    def read(cell: Any):
        if isinstance(cell, bool | date):
            raise ValueError(sentence)
        words = unicodedata.normalize("NFKC", cell if isinstance(cell, str) else repr(cell))
        try:
            number = Decimal(re.sub(r"[\s,]", "", words))
        except InvalidOperation:
            raise ValueError(sentence) from None
        if not number.is_finite() or (d.type is int and number != number.to_integral_value()):
            raise ValueError(sentence)
        if abs(number) >= 10**12:
            raise ValueError(f"{d.label}的数字太大，请核对")
        if d.field.low is not None and number < Decimal(str(d.field.low)):
            raise ValueError(f"{d.label}不能小于{d.field.low:g}")
        if d.field.high is not None and number > Decimal(str(d.field.high)):
            raise ValueError(f"{d.label}不能大于{d.field.high:g}")
        if scale is not None:
            number = round(number, 9)  # 0.30000000000000004 is how Excel says 0.3
            if number != round(number, scale):
                raise ValueError(f"最多{scale}位小数")
            number = round(number, scale)
        return d.type(number)

    return read


def _moment(cell: Any) -> datetime:
    """A date cell, 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131, or Excel's day number."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    words = unicodedata.normalize("NFKC", text(cell)).strip()
    try:
        if found := _DAY.fullmatch(words):
            return datetime(*(int(part) for part in found.groups() if part is not None))
        if re.fullmatch(r"(19|20|21)\d{6}", words):
            return datetime.strptime(words, "%Y%m%d")
        if isinstance(cell, int) and not isinstance(cell, bool) and 61 <= cell < 110_000:
            return datetime(1899, 12, 30) + timedelta(days=cell)
    except ValueError:
        pass
    raise ValueError("请填日期，例如 2026-01-31")


def _day(cell: Any) -> date:
    day = _moment(cell).date()
    if not 1900 <= day.year <= 2200:
        raise ValueError("年份不对，请核对日期")
    return day


def _instant(cell: Any) -> datetime:
    return _moment(cell).replace(tzinfo=LOCAL)


def _yes_no(cell: Any) -> bool:
    found = cell if isinstance(cell, bool) else _YES_NO.get(_plain(_words(cell)))
    if found is None:
        raise ValueError("请填 是 或 否")
    return found


def _member_reader(d: Description):
    known = {_plain(m.value): m for m in d.code} | {_plain(m.label): m for m in d.code}
    allowed = "、".join(member.label for member in d.code)

    def read(cell: Any):
        found = known.get(_plain(_words(cell)))
        if found is None:
            raise ValueError(f"只能填：{allowed}")
        return found

    return read


def _item_reader(session: Session, d: Description):
    """Items by name, code or key; those out of use only where they stand already."""
    known, usable = defaultdict(list), defaultdict(list)
    items = session.execute(
        select(DictItem.id, DictItem.code, DictItem.name, DictItem.is_active)
        .where(DictItem.dictionary == f"dictionary:{d.field.dictionary}").order_by(DictItem.sort, DictItem.id)
    ).all()  # fmt: skip
    for key, code, name, is_active in items:
        for words in {_plain(key), _plain(code), _plain(name)}:
            known[words].append(key)
            if is_active:
                usable[words].append(key)

    def read(cell: Any) -> _Named:
        words = _plain(_words(cell))
        ids = tuple(usable[words])
        sentence = "有几个选项都叫这个名字，请改填代码" if ids else "没有这个选项，请从模板的下拉选项中选择"
        return _Named(ids, tuple(known[words]), sentence)

    return read


# ---- references ---------------------------------------------------------------------


def _one_spaced(cell: Any) -> str:
    return " ".join(SHORT.normalise(_words(cell)).split())


def _batches(items: Iterable, size: int) -> Iterator[list]:
    items = list(items)
    return (items[at : at + size] for at in range(0, len(items), size))


class _Targets:
    """The records of one entity that cells name: by natural key, by title, or by a part of the title."""

    def __init__(self, session: Session, target: type[Described], texts: Iterable[str], actor: Actor):
        self.listing = Listing(session, target, actor)
        self.words = dictionary_names(session)
        self.by_text: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.owners: dict[str, dict[type, str]] = {}
        self.kinds: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        described = describe(target)
        names = [name for name in target.__title__ if name in described]
        self.key = list(target.__key__) if _is_key_open(target) else []
        self.names = list(dict.fromkeys([*names, *self.key, *(["kind"] if "kind" in described else [])]))
        self.full = names
        self.parts = title_parts(target)
        wanted = {piece for words in texts for piece in _pieces(words)}
        for batch in _batches(sorted(wanted), _IN_ONE_QUERY):
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
        for batch in _batches(sorted(set(ids) - self.shown.keys()), _IN_ONE_QUERY):
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
        how = f"请填{d.target.__label__}的{_how(d.target)}"

        def read(cell: Any) -> _Named:
            known = self.meant(_one_spaced(cell))
            ids = [key for key in known if not d.field.only or self.kinds.get(key) in d.field.only]
            if ids:
                sentence = f"有{len(ids)}个{d.target.__label__}都叫这个名字，分不清是哪一个，{how}"
            elif known:
                sentence = f"只能填：{allowed}"
            else:
                sentence = f"没有找到这个{d.target.__label__}，{how}"
            return _Named(tuple(ids), tuple(known), sentence)

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


# ---- the plan -----------------------------------------------------------------------


@dataclass
class _Line:
    """One row of the sheet while it is planned."""

    row: Row
    cells: dict[str, Any]  # by attribute: a value, or what is left to decide
    key: tuple | None = None
    errors: list[RowError] = field(default_factory=list)


def plan(session: Session, entity: type[Described], table: Table, actor: Actor, now: datetime) -> Plan:
    """What importing a table would do. Nothing is written; `Refused` when the sheet itself is wrong."""
    if table.is_masked:
        raise Refused("这张表里的姓名、号码是打了星号的，导入会把真实内容覆盖掉。请用明文导出的表或模板")
    if not entity.__key__:
        raise Refused(f"{entity.__label__}没有可以认出已有记录的编号，不能用表格导入，请在页面上新增")
    with session.no_autoflush:
        return _Planner(session, entity, table, actor).plan()


class _Planner:
    def __init__(self, session: Session, entity: type[Described], table: Table, actor: Actor):
        self.session, self.entity, self.table, self.actor = session, entity, table, actor
        self.places = _matched(session, entity, table)
        self.described = {name: custom.described(session, entity)[name] for name in self.places}
        self.current = _open_ended(entity)
        self.targets = self._read_targets()
        self.readers = {name: self._reader(d) for name, d in self.described.items()}
        self.required = [d for d in _asked(session, entity) if d.is_required]

    def plan(self) -> Plan:
        lines = [self._line(row) for row in self.table.rows]
        stored = self._stored({line.key for line in lines if line.key})
        self._stand(lines, stored)
        result, seen = Plan(), {}
        for line in lines:
            self._settle(line, stored.get(line.key, []), seen, result)
        return result

    # -- cells

    def _read_targets(self) -> dict[type, _Targets]:
        texts: dict[type, set[str]] = defaultdict(set)
        for name, d in self.described.items():
            if d.target:
                for row in self.table.rows:
                    cell = row.values[self.places[name]]
                    if cell is not None and not (isinstance(cell, float) and abs(cell) >= 1e15):
                        texts[d.target].add(_one_spaced(cell))
        return {
            target: _Targets(self.session, target, texts[target], self.actor)
            for target in {d.target for d in self.described.values() if d.target}
        }  # fmt: skip

    def _reader(self, d: Description) -> Callable[[Any], Any]:
        if d.target:
            return self.targets[d.target].reader(d)
        if d.field.dictionary:
            return _item_reader(self.session, d)
        if d.code:
            return _member_reader(d)
        if d.kind:
            return _text_reader(d)
        if d.type in (int, float, Decimal):
            return _number_reader(d)
        return {date: _day, datetime: _instant, bool: _yes_no}.get(d.type) or _text_reader(d)

    def _line(self, row: Row) -> _Line:
        line = _Line(row, {})
        for name, place in self.places.items():
            cell = row.values[place]
            if cell is None:
                continue
            try:
                value = self.readers[name](cell)
            except ValueError as no:
                value = _Wrong(str(no))
            if value is not None:
                line.cells[name] = value
        line.key = self._key(line)
        return line

    def _key(self, line: _Line) -> tuple | None:
        """The natural key the row gives, if it gives one."""
        found = []
        for name in self.entity.__key__:
            d, value = describe(self.entity)[name], line.cells.get(name)
            if isinstance(value, _Named):
                value = self._chosen(line, d, value)
            if isinstance(value, _Wrong):
                return None
            if value is None and (d.is_required or d.field.is_numbered or d.field.is_fixed):
                return None
            found.append(value)
        return tuple(found)

    def _chosen(self, line: _Line, d: Description, named: _Named) -> str | _Wrong:
        """The one record a cell means; the row's other references tell records of one name apart."""
        ids = named.ids
        if len(ids) > 1 and d.target:
            others = {
                self.described[name].target: cell.ids[0] for name, cell in line.cells.items()
                if isinstance(cell, _Named) and name != d.name and len(cell.ids) == 1 and self.described[name].target
            }  # fmt: skip
            owners = self.targets[d.target].owners
            ids = [i for i in ids if any(owners[i].get(target) == other for target, other in others.items())]
        return ids[0] if len(ids) == 1 else _Wrong(named.sentence)

    # -- records that are there already

    def _stored(self, keys: set[tuple]) -> dict[tuple, list[dict]]:
        """Visible records by natural key, with the columns the sheet has."""
        if not keys:
            return {}
        described = describe(self.entity)
        key = [described[name].key for name in self.entity.__key__]
        wanted = {d.key: d.of(self.entity) for d in (*(described[name] for name in self.entity.__key__), *self.described.values())}
        if self.current:
            wanted[self.current] = getattr(self.entity, self.current)
        columns = [column.label(name) for name, column in wanted.items()]
        at = max(range(len(key)), key=lambda i: len({values[i] for values in keys}))
        telling = getattr(self.entity, key[at])
        found: dict[tuple, list[dict]] = defaultdict(list)
        for batch in _batches({values[at] for values in keys}, _IN_ONE_QUERY):
            condition = telling.in_([value for value in batch if value is not None])
            if None in batch:
                condition = or_(condition, telling.is_(None))
            statement = select(identity(self.entity).label("_id"), *columns).where(condition)
            for line in self.session.execute(statement).mappings():
                values = tuple(line[name] for name in key)
                if values in keys:
                    found[values].append(dict(line))
        return found

    def _stand(self, lines: list[_Line], stored: dict[tuple, list[dict]]) -> None:
        """Titles of what references point to now, where a cell shows one with asterisks."""
        ids: dict[type, set[str]] = defaultdict(set)
        for line in lines:
            for name, cell in line.cells.items():
                if isinstance(cell, _Named) and not cell.known and self.described[name].target:
                    d = self.described[name]
                    ids[d.target] |= {r[d.key] for r in stored.get(line.key, []) if r[d.key]}
        for target, wanted in ids.items():
            self.targets[target].stand(wanted)

    def _shows(self, line: _Line, d: Description, stored: Any) -> bool:
        """True when a cell that cannot be read as new shows what is stored, masked or not."""
        try:
            words = _words(line.row.values[self.places[d.name]])
        except ValueError:
            return False
        if d.target:
            return _one_spaced(words) == self.targets[d.target].shown.get(stored)
        return words == text(stored) or (d.is_personal and words == d.kind.mask(stored))

    # -- decisions

    def _settle(self, line: _Line, stored: list[dict], seen: dict, result: Plan) -> None:
        known = self._recognised(line, stored)
        values, errors = self._changes(line, known)
        if known is None:
            errors += self._missing(line)
        is_same = known is not None and not values and not errors
        if line.key and not self._is_past(line):
            first, was_same = seen.setdefault(line.key, (line.row.number, is_same))
            if first != line.row.number and not (is_same and was_same):
                d = describe(self.entity)[self.entity.__key__[-1]]
                words = "、".join(describe(self.entity)[n].label for n in self.entity.__key__)
                errors.append(self._error(line, d, f"与第{first}行的“{words}”相同，请只保留一行"))
        if errors:
            result.errors += errors
        elif is_same:
            result.same += 1
        elif known:
            result.change.append(PlannedRow(line.row.number, values, known["_id"]))
        else:
            result.add.append(PlannedRow(line.row.number, values))

    def _is_past(self, line: _Line) -> bool:
        return self.current is not None and line.cells.get(self.current) is not None

    def _recognised(self, line: _Line, stored: list[dict]) -> dict | None:
        """The record a row is about; a row of the past is known by all that is required of it."""
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
            name = self.entity.__key__[0]
            line.cells[name] = _Wrong(f"已有{len(stored)}条相同的{self.entity.__label__}，分不清改哪一条，请在页面上修改")
            return None
        return stored[0] if stored else None

    def _changes(self, line: _Line, known: dict | None) -> tuple[dict[str, Any], list[RowError]]:
        values, errors = {}, []
        for name, value in line.cells.items():
            d = self.described[name]
            stored = known[d.key] if known else None
            if isinstance(value, _Named):
                value = stored if stored is not None and stored in value.known else self._chosen(line, d, value)
            if isinstance(value, _Wrong):
                if stored is None or not self._shows(line, d, stored):
                    errors.append(self._error(line, d, value.sentence))
            elif d.field.is_fixed:
                if known is None:
                    errors.append(self._error(line, d, f"没有这个{d.label}的{self.entity.__label__}；新增的请把这一格留空"))
            elif known is None or not _is_equal(value, stored):
                values[d.key] = value
        return values, errors

    def _missing(self, line: _Line) -> list[RowError]:
        return [self._error(line, d, f"请填写{d.label}") for d in self.required if d.name not in line.cells]

    def _error(self, line: _Line, d: Description, sentence: str) -> RowError:
        place = self.places.get(d.name)
        cell = line.row.values[place] if place is not None else None
        return RowError(line.row.number, d.label, _harmless(d, cell, self.actor), sentence)


def _is_equal(value: Any, stored: Any) -> bool:
    if isinstance(value, datetime) and stored is not None:
        return text(value) == text(stored)  # a sheet shows minutes
    return value == stored


def _harmless(d: Description, cell: Any, actor: Actor) -> str:
    """A cell as an error list may show it."""
    if cell is None:
        return ""
    words = (repr(cell) if isinstance(cell, float) else _words(cell))[:40]
    if d.is_personal:
        return str(masked(d, words, actor))
    names_people = d.target and any(part.is_personal for part in title_parts(d.target))
    if names_people and not actor.may(Permission.NAMES):
        return words[:1] + "*" * (len(words) - 1)
    return words


def _open_ended(entity: type[Described]) -> str | None:
    """The column that is empty as long as the key is unique: a chief in office has no 卸任日期."""
    keyed = {"subdistrict_id", *(describe(entity)[name].column.name for name in entity.__key__)}
    for index in entity.__table__.indexes:
        where = index.dialect_options["sqlite"].get("where")
        if index.unique and where is not None and {c.name for c in index.columns} == keyed:
            found = re.fullmatch(r"(\w+) IS NULL", str(where))
            return found[1] if found else None
    return None


# ---- doing it -----------------------------------------------------------------------


def apply(session: Session, entity: type[Described], plan: Plan, actor: Actor, now: datetime) -> None:
    """Write a plan through the entity's rules, all of it or nothing; `NotImported` names the rows."""
    if plan.errors:
        raise NotImported(plan.errors)
    errors: list[RowError] = []
    with session.begin_nested():
        for chunk in _batches(sorted([*plan.add, *plan.change], key=lambda row: row.number), _CHUNK):
            try:
                with session.begin_nested():
                    for row, save in _rows(session, entity, chunk):
                        save(session, row, actor, now)
            except (Refused, IntegrityError, StaleDataError):
                errors += _failures(session, entity, chunk, actor, now)
            if len(errors) >= MOST_ERRORS:
                break
        if errors:
            raise NotImported(errors)


def _save(session: Session, row: Described, actor: Actor, now: datetime) -> None:
    """As `records.save`, without a savepoint for each row: the chunk has one."""
    with session.no_autoflush:
        records.prepare(session, row, actor, now)
    session.add(row)
    session.flush()  # the rules of the next row may look at this one


def _rows(session: Session, entity: type[Described], chunk: Sequence[PlannedRow], save=_save):
    """Each planned row as a record with its values, and how to save it."""
    ids = [planned.record_id for planned in chunk if planned.record_id is not None]
    known, by_key = {}, {d.key: d for d in custom.described(session, entity).values()}
    if ids:
        key = identity(entity)
        known = {getattr(row, key.key): row for row in session.scalars(select(entity).where(key.in_(ids)))}
    for planned in chunk:
        if planned.record_id is None:
            row, begin = entity(), _creators.get(entity, save)
        elif planned.record_id in known:
            row, begin = known[planned.record_id], save
        else:
            raise Missing
        for name, value in planned.values.items():
            by_key[name].put(row, value)
        yield row, begin


def _failures(
    session: Session, entity: type[Described], chunk: Sequence[PlannedRow], actor: Actor, now: datetime
) -> list[RowError]:
    """Save a chunk again row by row and tell which rows are refused, and why."""
    found = []
    for planned in chunk:
        try:
            with session.begin_nested():
                for row, save in _rows(session, entity, [planned], records.save):
                    save(session, row, actor, now)
        except Refused as no:
            found += _refusals(custom.described(session, entity), planned, no, actor)
    return found


def _refusals(
    described: dict[str, Description], planned: PlannedRow, no: Refused, actor: Actor
) -> list[RowError]:
    if not no.errors:
        return [RowError(planned.number, "", "", no.sentence)]
    found = []
    for name, sentence in no.errors.items():
        d = described.get(name)
        is_shown = d and not d.target and not d.field.dictionary
        value = _harmless(d, planned.values.get(d.key), actor) if is_shown else ""
        found.append(RowError(planned.number, d.label if d else "", value, sentence))
    return found
