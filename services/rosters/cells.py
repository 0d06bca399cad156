"""How the cells of a column are read: one closure a column, from a cell to the value that is stored.

A stored value is what lies in the database: sealed kinds as their token, codes by value, so that
nothing is opened only to be compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any

from sqlalchemy import Enum, String, Uuid, select
from sqlalchemy.orm import Session

from formats.child import Fault
from formats.headings import plain
from formats.sheets import CUT_MARK
from models.dictionary import DictItem
from models.fields import Description
from models.kinds import SHORT
from models.sealed import Sealed, seal, unseal

from ..keeping.custom import CustomDescription
from ..showing import LOCAL, text


@dataclass(frozen=True)
class Wrong:
    """A cell that cannot be taken, unless it shows just what is stored."""

    sentence: str


@dataclass(frozen=True)
class Named:
    """The records a cell may mean, unless it is plainly one: `ids` may be chosen, `known` are also fine where they stand already."""

    ids: tuple[str, ...]
    known: tuple[str, ...]
    sentence: str


LOST = "Excel 把长号码变成了数字，后几位已丢失。请把这一列设为“文本”格式，再对照原件重新填写"
_SHORTENED = re.compile(r"\d([.．]\d+)?[eEｅＥ][+＋]\d+")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?")
_FIRST, _FIRST_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_MOST_KNOWN = 100_000  # how many different cells of a column are read once
_YES_NO = {
    "是": True, "有": True, "√": True, "true": True, "1": True,
    "否": False, "无": False, "×": False, "false": False, "0": False,
}  # fmt: skip


def words_of(cell: Any) -> str:
    """A cell as the text a person sees in it."""
    if cell.__class__ is str:
        return cell.strip()
    if isinstance(cell, Fault):
        raise ValueError(f"这一格是{cell}，请改成正确的内容，或复制后选择性粘贴为数值")
    if isinstance(cell, float):
        if abs(cell) >= 1e15:
            raise ValueError(LOST)
        return repr(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if (cell.hour, cell.minute) == (0, 0) else f"{cell:%Y-%m-%d %H:%M}"
    return text(cell).strip()


def _text_reader(d: Description):
    kind, length, is_personal = d.kind or SHORT, d.length, d.is_personal
    takes_days = kind.name in ("short", "long")

    def read(cell: Any) -> str | None:
        words = words_of(cell)
        if words.endswith(CUT_MARK):
            raise ValueError("这一格导出时因太长被截断。请清空这一格（保留原来的内容），或填写完整")
        if is_personal and ("*" in words or "＊" in words):
            raise ValueError("这一格打了星号，请填写完整内容")
        if not takes_days and isinstance(cell, date):
            raise ValueError(f"Excel 把这一格变成了日期。请把这一列设为“文本”格式，重新填写{d.label}")
        if not takes_days and _SHORTENED.fullmatch(words):
            raise ValueError(LOST)
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
        if isinstance(cell, Fault):
            words_of(cell)
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


def _moment(cell: Any, first: datetime = _FIRST) -> datetime:
    """A date cell, 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131, or Excel's day number counted from `first`."""
    if isinstance(cell, Fault):
        words_of(cell)
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
            return first + timedelta(days=cell)
    except ValueError:
        pass
    raise ValueError("请填日期，例如 2026-01-31")


def _day(cell: Any, first: datetime = _FIRST) -> date:
    day = _moment(cell, first).date()
    if not 1900 <= day.year <= 2200:
        raise ValueError("年份不对，请核对日期")
    return day


def _instant(cell: Any, first: datetime = _FIRST) -> datetime:
    return _moment(cell, first).replace(tzinfo=LOCAL)


def _yes_no(cell: Any) -> bool:
    found = cell if isinstance(cell, bool) else _YES_NO.get(plain(words_of(cell)))
    if found is None:
        raise ValueError("请填 是 或 否")
    return found


def _member_reader(d: Description):
    known = {plain(m.value): m for m in d.code} | {plain(m.label): m for m in d.code}
    allowed = "、".join(member.label for member in d.code)

    def read(cell: Any):
        found = known.get(plain(words_of(cell)))
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
        for words in {plain(key), plain(code), plain(name)}:
            known[words].append(key)
            if is_active:
                usable[words].append(key)

    def read(cell: Any) -> Named | str:
        words = plain(words_of(cell))
        ids = tuple(usable[words])
        if len(ids) == 1 and len(known[words]) == 1:
            return ids[0]
        sentence = "有几个选项都叫这个名字，请改填代码" if ids else "没有这个选项，请从模板的下拉选项中选择"
        return Named(ids, tuple(known[words]), sentence)

    return read



# ---- from cells to what is stored ---------------------------------------------------


def reader_of(session: Session, d: Description, is_1904: bool = False) -> Callable[[Any], Any]:
    """How the cells of one column are read, references aside; raises ValueError with a sentence."""
    pack = packer(d)
    read = _reader(session, d, is_1904)
    if d.field.dictionary or pack is None:
        return read
    return lambda cell: None if (value := read(cell)) is None else pack(value)


def in_columns(read: Callable[[Any], Any], keeps: bool) -> Callable[[Sequence], list]:
    """How a column of cells is read at once; what cannot be read is `Wrong`.

    `keeps`: a text or whole number met before is not read again.
    """
    known = _Known(read) if keeps else None
    plain_ones = {str, int, NoneType} if keeps else set()  # 1, 1.0 and True would be the same key

    def one(cell: Any) -> Any:
        if cell is None:
            return None
        return known[cell] if cell.__class__ in plain_ones else _tried(read, cell)

    def column(cells: Sequence) -> list:
        if keeps and plain_ones.issuperset(map(type, cells)):
            return [known[cell] for cell in cells]
        return [one(cell) for cell in cells]

    return column


class _Known(dict):
    """What cells were read as."""

    def __init__(self, read: Callable[[Any], Any]):
        super().__init__({None: None})
        self.read = read

    def __missing__(self, cell: Any) -> Any:
        value = _tried(self.read, cell)
        if len(self) < _MOST_KNOWN:
            self[cell] = value
        return value


def _tried(read: Callable[[Any], Any], cell: Any) -> Any:
    try:
        return read(cell)
    except ValueError as no:
        return Wrong(str(no))


def _reader(session: Session, d: Description, is_1904: bool) -> Callable[[Any], Any]:
    if d.field.dictionary:
        return _item_reader(session, d)
    if d.code:
        return _member_reader(d)
    if d.kind:
        return _text_reader(d)
    if d.type in (int, float, Decimal):
        return _number_reader(d)
    first = _FIRST_1904 if is_1904 else _FIRST
    if d.type is date:
        return lambda cell: _day(cell, first)
    if d.type is datetime:
        return lambda cell: _instant(cell, first)
    return _yes_no if d.type is bool else _text_reader(d)


def packer(d: Description) -> Callable[[Any], Any] | None:
    """From a value in Python to the one stored; None where they are the same."""
    if isinstance(d, CustomDescription):
        return None if d.type in (bool, str) else str
    if isinstance(d.column.type, Sealed):
        domain = d.column.type.domain
        return lambda value: seal(value, domain)
    return (lambda member: member.value) if d.code else None


def opened(d: Description, stored: Any) -> Any:
    """From a stored value to the one in Python."""
    if stored is None:
        return None
    if isinstance(d, CustomDescription):
        return d.opened(stored)
    if isinstance(d.column.type, Sealed):
        return unseal(stored, d.column.type.domain)
    return d.code(stored) if d.code else stored


def stored_type(column) -> Any:
    """The type by which a column gives and takes stored values."""
    if isinstance(column.type, Sealed):
        return String(column.type.impl.length)
    if isinstance(column.type, Enum):
        return String(column.type.length)
    return _PlainUuid(as_uuid=False) if isinstance(column.type, Uuid) else column.type


class _PlainUuid(Uuid):
    """As `Uuid(as_uuid=False)`, without making an object of each value only to print it."""

    def result_processor(self, dialect, coltype):
        if self.native_uuid and dialect.supports_native_uuid:
            return super().result_processor(dialect, coltype)
        return lambda v: v and f"{v[:8]}-{v[8:12]}-{v[12:16]}-{v[16:20]}-{v[20:]}"


def is_equal(d: Description, value: Any, stored: Any) -> bool:
    """Whether a cell says what is stored; a sheet shows minutes, and 12.5 is 12.50."""
    if value == stored:
        return True
    if stored is None or value is None:
        return False
    if d.type is datetime:
        return text(value) == text(stored)
    if d.type is Decimal:
        return Decimal(str(value)) == Decimal(str(stored))
    if isinstance(d.column.type, Sealed):  # written with an earlier key
        return value[:1] != stored[:1] and opened(d, value) == opened(d, stored)
    return False
