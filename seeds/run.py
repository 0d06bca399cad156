"""Fill a database for a demonstration: one sub-district, or as many of the city as wanted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from random import Random
from time import perf_counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.area import Area
from models.user import Role, User
from services import monthly
from services.access import Actor, system
from services.colleagues import actor_of
from services.due_dates import local_day
from services.errors import Refused
from services.lists import indexing

from .accounts import Account, create_accounts
from .base import Report, load_base, read
from .phones import build_phones
from .public import build_public
from .street import build_street
from .visits import build_visits
from .year import play_year


def seed_demo(
    make_session: Callable[[str], Session],
    *,
    now: datetime,
    first: str = "430181002",
    scale: int = 1,
    seed: int = 1,
    has_year: bool = True,
    report: Report = print,
) -> list[Account]:
    """Seed `scale` sub-districts, `first` before the others in the order of their codes.

    `make_session(code)` gives a session bound to that sub-district's system actor. Each is filled
    in one transaction, so an interrupted run leaves nothing half done. Raises `Refused` where
    there is a tree of areas already. Without `has_year` there are rosters and accounts, but nothing has happened.
    """
    accounts: list[Account] = []
    for number, code in enumerate(_wanted(first, scale)):
        with closing(make_session(code)) as session:
            try:
                accounts += _seed_one(session, code, now, seed, has_year, "" if number == 0 else f"_{code[-3:]}", report)
                session.commit()
            except BaseException:
                session.rollback()
                raise
    return accounts


def _wanted(first: str, scale: int) -> list[str]:
    codes = [row["code"] for row in read("divisions") if len(row["code"]) == 9]
    if first not in codes:
        raise Refused(f"区划里没有代码为{first}的街道或乡镇")
    if not 1 <= scale <= len(codes):
        raise Refused(f"全市共有{len(codes)}个街道和乡镇，数量应为1到{len(codes)}")
    return [first, *(code for code in codes if code != first)][:scale]


def _window_clerk(session: Session, code: str) -> Actor:
    """Who receives visitors in the demonstration."""
    user = session.scalar(select(User.id).join(User.role).where(Role.code == "window_clerk", User.subdistrict_id == code))
    return actor_of(session, user) or system(code)


def _seed_one(
    session: Session, code: str, now: datetime, seed: int, has_year: bool, suffix: str, report: Report
) -> list[Account]:
    began = perf_counter()
    if session.scalar(select(func.count()).select_from(Area).where(Area.parent_id.is_not(None))):
        raise Refused(f"{code}已经有区域资料，不能再写入演示数据")
    load_base(session, report)
    street = build_street(session, local_day(now), seed)
    report(
        f"名册已写入：{len(street.communities)}个村社区、{len(street.neighborhoods)}个邻、{len(street.households)}户"
    )
    build_public(session, now)
    report(f"搜索索引已建立：{indexing.rebuild(session, indexing.indexed(), now)}条")
    accounts = create_accounts(session, now, suffix)
    if has_year:
        play_year(session, street, now, seed, report)
        monthly.prepare_last(session, now)
    accounts += [] if suffix else build_phones(session, now)  # the phones' door serves the first sub-district
    if has_year:
        build_visits(session, _window_clerk(session, code), now, Random(seed))
    report(f"{code}已完成，用时{perf_counter() - began:.1f}秒")
    return accounts
