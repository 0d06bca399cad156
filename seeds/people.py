"""Invented people: nobody here can be a real person.

Every name carries 某, the mark of a name withheld. Mobile numbers begin with 154 and landlines
with 0731-0: network 154 was never given to an operator (工信部《我国公众移动通信网网号及H0分配情况》),
and no local number begins with 0 (《电信网编号计划（2017年版）》). Identity numbers, where a form wants
one, are of people born before 1900.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from models.codes import Gender
from models.kinds import id_check_digit

_SURNAMES = (
    "李王张刘陈杨黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_COMMON = list(accumulate(max(4, 60 - i) for i in range(len(_SURNAMES))))  # the first are the most frequent
_WOMEN = "兰英秀梅芳玲燕娟霞红敏静丽珍琴云莲珠慧萍桂香凤洁倩莉桃菊蓉雪春月巧爱青怡婷颖瑶琳"
_MEN = "伟强军平刚勇杰斌辉明建国华涛鹏飞超波林峰松柏海山志清根生福贵荣昌新民光宏毅诚文武"
_MOBILE_STEP = 38_196_601  # coprime to 10**8: numbers look random and none comes twice


@dataclass(frozen=True)
class Person:
    """An invented person as rosters need one."""

    name: str
    gender: Gender
    mobile: str


@dataclass
class People:
    """Makes people from a random source; the same source gives the same people."""

    rng: random.Random
    offset: int = 0
    _count: int = field(default=0, init=False)

    def person(self, gender: Gender | None = None, surname: str | None = None) -> Person:
        """Somebody new, with a mobile number nobody else has."""
        gender = gender or (Gender.MALE if self.rng.random() < 0.5 else Gender.FEMALE)
        return Person(self.name(gender, surname), gender, self.mobile())

    def name(self, gender: Gender, surname: str | None = None) -> str:
        """李某兰: surname, the mark 某, and one more character to tell people apart."""
        surname = surname or self.surname()
        return f"{surname}某{self.rng.choice(_WOMEN if gender is Gender.FEMALE else _MEN)}"

    def surname(self) -> str:
        return self.rng.choices(_SURNAMES, cum_weights=_COMMON)[0]

    def mobile(self) -> str:
        """A number in the network 154, which does not exist; `offset` keeps sub-districts apart."""
        self._count += 1
        return f"154{(self.offset + self._count) * _MOBILE_STEP % 10**8:08d}"

    def landline(self) -> str:
        """0731-0…: a local number cannot begin with 0."""
        return f"0731-0{self.rng.randrange(10**7):07d}"

    def id_number(self, gender: Gender) -> str:
        """A well-formed identity number of somebody born from 1880 to 1899."""
        born = date(1880, 1, 1) + timedelta(days=self.rng.randrange(7300))
        first = f"430181{born:%Y%m%d}{self.rng.randrange(50) * 2 + (gender is Gender.MALE) + 100:03d}"
        return first + id_check_digit(first)


def gender_of(name: str) -> Gender:
    """The gender an invented name was made for."""
    return Gender.FEMALE if name[-1] in _WOMEN else Gender.MALE
