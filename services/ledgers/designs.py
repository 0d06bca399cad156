"""The designs of ledgers: what one says, and what may be saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from formats.ledgers import Column
from models.ledger import Ledger

from ..keeping import records
from ..access import Actor, permission_for
from ..errors import Refused
from .rows import EntityRows
from .sources import MADE, Offer, Source, listed, may_fetch

MOST_COLUMNS = 60
MOST_WIDTH = 60
DICTIONARY = "ledger_source"


def source_of(session: Session, ledger: Ledger, actor: Actor, now: datetime) -> Source:
    """Where the rows of a ledger come from, for one reader."""
    code = (ledger.source or "").partition(":")[2]
    if code in MADE:
        return MADE[code](session, actor, now)
    entity = next((entity for entity in listed() if entity.slug() == code), None)
    if entity is None:
        raise Refused("请选择数据来源", field="source")
    return EntityRows(session, entity, actor, now)


def all_of(session: Session, actor: Actor, now: datetime, *, monthly: bool = False) -> list[Ledger]:
    """The ledgers in use that a person may fetch."""
    wanted = select(Ledger).where(Ledger.is_active.is_(True)).order_by(Ledger.position, Ledger.name).limit(200)
    if monthly:
        wanted = wanted.where(Ledger.is_monthly.is_(True))
    return [ledger for ledger in session.scalars(wanted) if may_fetch(actor, source_of(session, ledger, actor, now).entity)]


def columns_of(ledger: Ledger, source: Source) -> dict[str, Column]:
    """{key: its column} in order: as designed, else what the source usually shows. A key comes once, blanks often."""
    offers = source.offers()
    designed = [one for one in ledger.columns or () if _bare(one["key"]) in offers]
    if not designed:
        return {key: _column(offers[key], {}) for key in source.usual()}
    return {one["key"]: _column(offers[_bare(one["key"])], one) for one in designed}


def _bare(key: str) -> str:
    """The key an offer has: blank columns are numbered, `blank#2`."""
    return key.partition("#")[0]


def _column(offer: Offer, designed: dict) -> Column:
    band = designed.get("band", "") if designed else offer.band
    return Column(
        designed.get("heading") or offer.label, designed.get("width") or offer.width, offer.kind, band or "",
        bool(designed.get("is_total", offer.is_total)),
    )  # fmt: skip


def keys_of(columns: Sequence[str]) -> list[str]:
    """The keys that a source is asked for."""
    return [_bare(key) for key in columns]


def redesign(
    session: Session, ledger: Ledger, columns: Sequence[dict], *, query: str, dated_by: str | None, group_by: str | None,
    is_by_place: bool, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Write what the page of a design says; raises `Refused` with a sentence for what does not fit."""
    actor.require(permission_for(Ledger, "edit"))
    seen: dict[str, int] = {}
    named = []
    for column in columns:
        seen[column["key"]] = number = seen.get(column["key"], 0) + 1
        named.append(column | {"key": column["key"] if number == 1 else f"{column['key']}#{number}"})
    ledger.columns, ledger.query, ledger.is_by_place = named, query, is_by_place
    ledger.dated_by, ledger.group_by = dated_by or None, group_by or None
    records.save(session, ledger, actor, now)


@records.before_save(Ledger)
def _is_sound(session: Session, ledger: Ledger, actor: Actor, now: datetime) -> None:
    """A ledger keeps its source and names only what the source offers."""
    state = inspect(ledger)
    if state.persistent and state.attrs.source.history.has_changes():
        raise Refused("数据来源保存后不能改。请另建一个台账设计", field="source")
    source = source_of(session, ledger, actor, now)
    offers = source.offers()
    columns = ledger.columns or []
    if len(columns) > MOST_COLUMNS:
        raise Refused(f"一张台账最多{MOST_COLUMNS}列，请去掉几列")
    for column in columns:
        key = column["key"]
        if _bare(key) not in offers or ("#" in key and not key.startswith("blank#")):
            raise Refused("有的列已经没有了，或者选了两次，请重新选择")
        if not 3 <= int(column.get("width") or 10) <= MOST_WIDTH:
            raise Refused(f"列宽请填3至{MOST_WIDTH}")
    if ledger.group_by and ledger.group_by not in offers:
        raise Refused("分组的列已经没有了，请重新选择", field="group_by")
    if ledger.dated_by and ledger.dated_by not in source.dated():
        raise Refused("期间所按的日期已经没有了，请重新选择", field="dated_by")
    if ledger.is_by_place and not source.has_area:
        raise Refused("这种记录不分区域，不能按区域先后排", field="is_by_place")


def total_may_be(offer: Offer) -> bool:
    """Whether a column can be summed."""
    return offer.kind in ("integer", "number", "money")
