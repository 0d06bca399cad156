"""Appointments of the three chiefs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models import describe
from models.area import Area
from models.codes import ChiefKind
from models.neighbor import Chief

from ..keeping import records
from ..access import Actor
from ..due_dates import local_day
from ..errors import Refused
from ..rosters import writing
from ..showing import masked


@records.before_save(Chief)
def _fits_the_area(session: Session, chief: Chief, actor: Actor, now: datetime) -> None:
    area = session.get(Area, (actor.subdistrict_id, chief.area_id)) if chief.area_id else None
    if area is None:
        raise Refused("请选择任职区域", field="area")
    if area.kind.value not in {kind.value for kind in ChiefKind}:
        raise Refused("任职区域只能选片、组或邻", field="area")
    chief.kind = ChiefKind(area.kind.value)
    if _is_somebody_else(chief):
        raise Refused("姓名和电话都变了，像是换了人。换人请点“换人”，前任的任期会保留；只是更正请分两次修改", field="name")
    if chief.started_on is None:
        raise Refused("请填写任职日期", field="started_on")
    if chief.started_on > local_day(now) or (chief.ended_on and chief.ended_on > local_day(now)):
        late = "started_on" if chief.started_on > local_day(now) else "ended_on"
        raise Refused("任职、卸任日期不能晚于今天，到那天再登记", field=late)
    if chief.ended_on is not None and chief.ended_on < chief.started_on:
        raise Refused("卸任日期不能早于任职日期", field="ended_on")
    if chief.ended_on is None:
        other = in_office(session, area.id)
        if other is not None and other.id != chief.id:
            name = masked(describe(Chief)["name"], other.name, actor)
            raise Refused(
                f"{area.full_name}已有在任{chief.kind.label}{name}。换人请打开{name}的页面点“换人”，会自动记下卸任日期",
                field="area",
            )


def _is_somebody_else(chief: Chief) -> bool:
    """True when name and phone of a stored chief are both replaced: a term must not be overwritten."""
    state = inspect(chief)
    return state.persistent and all(state.attrs[name].history.has_changes() for name in ("name", "mobile"))


def appoint(session: Session, rows: Sequence[dict], now: datetime) -> None:
    """Add many terms of office in a few statements; rows have id, name, mobile (stored), area_id and started_on.

    The caller has made sure that nobody is in office there; the post follows the area.
    """
    kinds: dict[str, str] = {}
    wanted = [row["area_id"] for row in rows]
    for start in range(0, len(wanted), 500):
        some = session.execute(select(Area.id, Area.kind).where(Area.id.in_(wanted[start : start + 500])))
        kinds |= {key: kind.value for key, kind in some}
    pending = [writing.begun(session, Chief, {**row, "kind": kinds[row["area_id"]]}, now) for row in rows]
    writing.store(session, Chief, pending, now)


def in_office(session: Session, area_id: str) -> Chief | None:
    """The chief of an area today, if any."""
    return session.scalar(select(Chief).where(Chief.area_id == area_id, Chief.ended_on.is_(None)))


def replace(session: Session, old: Chief, new: Chief, actor: Actor, now: datetime) -> None:
    """End one appointment on the day the next begins, and link the two."""
    if old.ended_on is not None:
        raise Refused("这位已经卸任，不能再换人")
    if new.started_on is None:
        raise Refused("请填写任职日期", field="started_on")
    if new.started_on < old.started_on:
        raise Refused("接任日期不能早于前任的任职日期", field="started_on")
    old.ended_on = new.started_on
    session.flush()
    new.area_id = old.area_id
    records.save(session, new, actor, now)
    old.replaced_by_id = new.id
    session.flush()
