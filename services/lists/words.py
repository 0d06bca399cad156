"""Text as searches compare it: cut into pairs of characters, and read as pinyin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

_RUN = re.compile(r"[^\W_]+")
# Family names that are read otherwise than the same character elsewhere.
_SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "任": "ren", "盖": "ge",
    "朴": "piao", "缪": "miao", "冼": "xian", "乐": "yue", "覃": "qin", "翟": "zhai", "宿": "su", "员": "yun",
    "华": "hua", "尉": "yu", "万": "wan", "晁": "chao", "燕": "yan", "哈": "ha", "召": "shao", "折": "she",
    "繁": "po", "祭": "zhai", "种": "chong", "逄": "pang", "隗": "wei", "乜": "nie", "那": "na", "过": "guo",
    "令": "ling", "纪": "ji", "洗": "xian", "尹": "yin", "长": "zhang",
}  # fmt: skip


def normal(value: str) -> str:
    """Text as it is compared: half-width, lower case, no blanks around."""
    return unicodedata.normalize("NFKC", value).lower().strip()


def pairs(value: str) -> list[str]:
    """The overlapping pairs of characters of a text; marks and blanks part it."""
    return pairs_of(normal(value))


def pairs_of(value: str) -> list[str]:
    """The same of a text that is normal already."""
    return [run[i : i + 2] for run in _RUN.findall(value) for i in range(len(run) - 1)]


@cache
def _lazy_pinyin() -> Callable[..., list[str]]:
    """The reader of words. Its lists are 54 MB, which only processes that write search entries hold."""
    from pypinyin import lazy_pinyin

    return lazy_pinyin


@cache
def _syllable(character: str) -> tuple[str, str]:
    from pypinyin import Style

    whole = _lazy_pinyin()(character)[0]
    return whole, _lazy_pinyin()(character, style=Style.FIRST_LETTER)[0][:1]


def pinyin(value: str, is_name: bool) -> str:
    """The whole and the short pinyin of a text: 张伟 is `zhangwei zw`; family names are read right."""
    return _pinyin("".join(c for c in value if "\u4e00" <= c <= "\u9fff"), is_name)


@lru_cache(maxsize=4096)
def _pinyin(hanzi: str, is_name: bool) -> str:
    if not hanzi:
        return ""
    # Words are read as words (调解 tiaojie); the characters of a name stand alone.
    read = [_syllable(c) for c in hanzi] if is_name else [(s, s[:1]) for s in _lazy_pinyin()(hanzi)]
    if is_name and hanzi[0] in _SURNAMES:
        own = _SURNAMES[hanzi[0]]
        read[0] = (own, own[0])
    return f"{''.join(whole for whole, _ in read)} {''.join(first for _, first in read)}"
