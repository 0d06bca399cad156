"""What residents meet: reception points of the sub-district, codes at the entrances and plates of one community."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import uuid7
from models.area import Area
from models.codes import AreaKind, CodePlace, PointKind
from models.door_code import DoorCode
from models.reception import ReceptionPoint
from services.appeals import door_codes, plates

from .base import put

_HOURS = "工作日 8:30—12:00，14:30—17:30"


def build_public(session: Session, now: datetime) -> None:
    """One centre, one window, a station a community; a code at every entrance and a plate for every neighbourhood of the first community."""
    root = session.scalar(select(Area).where(Area.kind == AreaKind.SUBDISTRICT))
    communities = session.scalars(
        select(Area).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))).order_by(Area.code)
    ).all()
    rows = [
        _point(f"{root.name}信访接待中心", PointKind.CENTRE, root.id, f"{root.name}办事处一楼", "0731-83600001"),
        _point(f"{root.name}综合治理窗口", PointKind.WINDOW, root.id, f"{root.name}综治中心大厅", "0731-83600002"),
        *(
            _point(f"{area.name}群众工作站", PointKind.STATION, area.id, f"{area.name}党群服务中心", f"0731-836001{number:02d}")
            for number, area in enumerate(communities, 1)
        ),
    ]  # fmt: skip
    put(session, ReceptionPoint, rows)
    found = door_codes.lacking(session, communities[0], CodePlace.ENTRANCE, most=2000)
    empty = {"household_id": None, "building_id": None}
    put(session, DoorCode, [
        {"id": uuid7(), **empty, **facts, "token": door_codes.new_token(), "issued_at": now, "is_active": True,
         "scan_count": 0, "appeal_count": 0}
        for facts in found
    ])  # fmt: skip
    plates.make(session, communities[0], now)


def _point(name: str, kind: PointKind, area_id: str, address: str, phone: str) -> dict:
    return {
        "id": uuid7(), "name": name, "kind": kind, "area_id": area_id, "address": address, "phone": phone,
        "hours": _HOURS, "is_public": True,
    }  # fmt: skip
