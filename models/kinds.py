"""What a datum *is*: SQL type, pattern, mask, width. Said once here, used by every column."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import DateTime, Numeric, String, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from .sealed import Sealed


class UtcDateTime(TypeDecorator):
    """An aware instant in Python, naive UTC in every database."""

    impl = DateTime
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value, dialect):
        return None if value is None else value.replace(tzinfo=UTC)


class DayText(TypeDecorator):
    """A date kept as the text 2026-01-31, for values whose place holds text."""

    impl = String
    cache_ok = True
    python_type = date

    def process_bind_param(self, value, dialect):
        return value.isoformat() if isinstance(value, date) else value

    def process_result_value(self, value, dialect):
        return None if value is None else date.fromisoformat(value)


@dataclass(frozen=True)
class Kind:
    """How a datum is written, checked, masked and shown.

    `check` returns a Chinese sentence for a bad value, else None. `mask` makes a personal
    datum harmless; `is_open` says that the permission `personal:name` shows it in full
    (names), other personal kinds are shown one at a time and each reading is logged. `aliases` are
    headings of a sheet that mean the one datum of this kind a roster has.
    """

    name: str
    label: str
    width: int = 16
    normalise: Callable[[str], str] = str.strip
    check: Callable[[str], str | None] = lambda value: None
    mask: Callable[[str], str] | None = None
    is_personal: bool = False
    is_open: bool = False
    is_long: bool = False
    aliases: tuple[str, ...] = ()


_LOOKALIKE = re.compile(r"[\u2e80-\u2fd5\uf900-\ufaff]")


def plain(text: str) -> str:
    """Half-width, no blanks or invisible marks: for numbers and codes."""
    if text.isascii() and text.isalnum():
        return text
    return re.sub(r"[\s\u200b\ufeff]", "", unicodedata.normalize("NFKC", text))


def _tidy(text: str) -> str:
    """Trim, drop control and invisible marks, fold full-width blanks and look-alike characters (⼀ is 一); keep the wording."""
    if text.isprintable() and not _LOOKALIKE.search(text):  # none of those is
        return text.strip()
    text = text.replace("\u3000", " ").replace("\u00a0", " ").replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", "", text)
    text = _LOOKALIKE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text).strip()


def _one_line(text: str) -> str:
    text = _tidy(text)
    return re.sub(r"\s*\n\s*", " ", text) if "\n" in text else text


def _matches(pattern: str, sentence: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else sentence


def _no_markup_name(value: str) -> str | None:
    if re.search(r"[<>\"\\{}\n]", value):
        return "姓名里不能有尖括号、引号或换行，请只填姓名"
    return None


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_check_digit(first17: str) -> str:
    """The 18th character of a GB 11643-1999 identity number, from its first 17 digits."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def _id_number(value: str) -> str | None:
    if not re.fullmatch(r"\d{17}[\dX]", value):
        return "身份证号应为18位，末位可以是X；请对照证件核对"
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return "身份证号第7至14位不是有效的出生日期，请对照证件核对"
    if id_check_digit(value[:17]) != value[17]:
        return "身份证号校验位不符，可能有一位输错，请对照证件核对"
    return None


def mask_name(value: str) -> str:
    return value[:1] + "*" * (max(len(value), 2) - 1)


def mask_phone(value: str) -> str:
    digits = value.replace("-", "")
    return digits[:3] + "****" + digits[-4:] if len(digits) >= 11 else "****" + digits[-2:]


def mask_id(value: str) -> str:
    return value[:3] + "*" * (len(value) - 7) + value[-4:] if len(value) > 7 else "*" * len(value)


NAME = Kind("name", "姓名", 10, _one_line, _no_markup_name, mask_name, is_personal=True, is_open=True)
MOBILE = Kind(
    "mobile", "手机号码", 14, lambda v: plain(v).removeprefix("+86").replace("-", ""),
    _matches(r"1[3-9]\d{9}", "手机号码应为11位数字，以1开头，例如13800000000"), mask_phone, is_personal=True,
    aliases=("电话", "电话号码", "手机", "手机号", "联系方式"),
)  # fmt: skip
ID_NUMBER = Kind(
    "id_number", "身份证号", 21, lambda v: plain(v).upper(), _id_number, mask_id, is_personal=True,
    aliases=("身份证", "身份证号码", "公民身份号码"),
)  # fmt: skip
TELEPHONE = Kind(
    "telephone", "办公电话", 15, plain,
    _matches(r"(0\d{2,3}-?\d{7,8})|(1[3-9]\d{9})|(\d{3,5})", "电话应为区号-号码（如0731-83600000）、手机或服务号码（如12345）"),
)  # fmt: skip
SHORT = Kind("short", "文字", 18, _one_line)
LONG = Kind("long", "长文字", 36, _tidy, is_long=True)
DIVISION_CODE = Kind("division_code", "区划代码", 14, plain, _matches(r"\d{2,12}", "区划代码应为2到12位数字"))
USERNAME = Kind(
    "username", "登录名", 14, lambda v: plain(v).lower(),
    _matches(r"[a-z][a-z0-9_.-]{2,31}", "登录名应为3到32个字母、数字或 . _ - ，并以字母开头"),
)  # fmt: skip

PersonName = Annotated[str, mapped_column(String(60), info={"kind": NAME})]
Mobile = Annotated[str, mapped_column(Sealed("mobile"), info={"kind": MOBILE})]
IdNumber = Annotated[str, mapped_column(Sealed("id_number"), info={"kind": ID_NUMBER})]
Telephone = Annotated[str, mapped_column(String(20), info={"kind": TELEPHONE})]
ShortText = Annotated[str, mapped_column(String(200), info={"kind": SHORT})]
LongText = Annotated[str, mapped_column(Text, info={"kind": LONG})]
DivisionCode = Annotated[str, mapped_column(String(12), info={"kind": DIVISION_CODE})]
Username = Annotated[str, mapped_column(String(32), info={"kind": USERNAME})]

TYPES = {str: String(200), datetime: UtcDateTime(), Decimal: Numeric(14, 2)}
