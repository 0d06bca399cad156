"""Appeal codes: issued at random, renewed, switched off, found by what somebody scanned."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from models.area import Area
from models.codes import AreaKind, CodePlace
from models.door_code import DoorCode
from models.household import Household
from models.plate import Plate
from models.residence import Building, ResidentialArea

from ..background import jobs
from ..keeping import records
from ..access import Actor, Permission
from ..errors import Refused
from ..background.jobs import Work, work

TOKEN = re.compile(r"[a-z2-7]{26}")
_PORTION = 500


def new_token() -> str:
    """128 random bits as 26 characters that no one confuses on paper or in a link."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def find(session: Session, token: str) -> DoorCode | None:
    """The code in use behind a token, in the session's own sub-district."""
    return find_all(session, [token]).get(token)


def find_all(session: Session, tokens: Iterable[str]) -> dict[str, DoorCode]:
    """{token: code in use} for those of the tokens that are one."""
    wanted = [token for token in tokens if TOKEN.fullmatch(token)]
    if not wanted:
        return {}
    found = session.scalars(select(DoorCode).where(DoorCode.token.in_(wanted), DoorCode.is_active.is_(True)))
    return {code.token: code for code in found}


def scanned(session: Session, code: DoorCode) -> None:
    """Count one scan."""
    _count(session, "scan_count", {code.id: 1})


def told(session: Session, counts: Mapping[str, int]) -> None:
    """Count appeals: {id of the code: how many}."""
    _count(session, "appeal_count", counts)


def _count(session: Session, name: str, counts: Mapping[str, int]) -> None:
    # Without touching the row's version: many scan and tell at once, and people edit codes meanwhile.
    t, here = DoorCode.__table__.c, session.info["actor"].subdistrict_id
    raised = (
        update(DoorCode.__table__).where(t.subdistrict_id == here, t.id == bindparam("of"))
        .values({name: t[name] + bindparam("by")})
    )  # fmt: skip
    if counts:
        session.connection().execute(raised, [{"of": code, "by": counts[code]} for code in sorted(counts)])
    for code in counts:
        known = session.identity_map.get(identity_key(DoorCode, (here, code)))
        if known is not None:
            session.expire(known, [name])


@records.before_save(DoorCode)
def _begin(session: Session, code: DoorCode, actor: Actor, now: datetime) -> None:
    if code.kind is CodePlace.HOUSEHOLD and code.household_id is None:
        raise Refused("家门口的码请选择住户", field="household")
    code.token = code.token or new_token()
    code.issued_at = code.issued_at or now
    if code.is_active is None:
        code.is_active = True


def switch_off(session: Session, code: DoorCode, actor: Actor, now: datetime) -> None:
    """From now on a scan of this code leads to the sub-district's general page."""
    if not code.is_active:
        raise Refused("这个码已经停用")
    if _plates_of(session, code):
        raise Refused("这个码印在公示牌上，不能只停用；请办“换发新码”，再重印公示牌")
    code.is_active, code.switched_off_at = False, now
    session.flush()


def renew(session: Session, code: DoorCode, actor: Actor, now: datetime) -> DoorCode:
    """Put a new code in the place of a lost or spoilt one; the old one stops."""
    fresh = DoorCode(
        place=code.place, kind=code.kind, area_id=code.area_id, building_id=code.building_id, household_id=code.household_id,
    )  # fmt: skip
    records.save(session, fresh, actor, now)
    for plate in _plates_of(session, code):
        plate.door_code_id = fresh.id
    session.flush()
    if code.is_active:
        switch_off(session, code, actor, now)
    code.replaced_by_id = fresh.id
    session.flush()
    return fresh


def _plates_of(session: Session, code: DoorCode) -> Sequence[Plate]:
    return session.scalars(select(Plate).where(Plate.door_code_id == code.id)).all()


# ---- many at once -------------------------------------------------------------------


def lacking(session: Session, area: Area, kind: CodePlace, most: int = _PORTION) -> Sequence[dict]:
    """Facts of the codes still to be issued below an area, at most a portion: entrances, doors, or one plate a neighbourhood."""
    inside = Area.code.startswith(area.code, autoescape=True)
    have = DoorCode.__table__.alias("have")
    here = (have.c.subdistrict_id == area.subdistrict_id, have.c.is_active.is_(True), have.c.kind == kind)
    if kind is CodePlace.ENTRANCE:
        wanted = (
            select(Building.id, Building.name, ResidentialArea.name, ResidentialArea.area_id)
            .join(Building.residential_area).join(ResidentialArea.area).where(inside)
            .where(~select(have.c.id).where(*here, have.c.building_id == Building.id).exists())
            .order_by(Building.id).limit(most)
        )  # fmt: skip
        return [
            {"kind": kind, "building_id": i, "area_id": a, "place": f"{estate}{name}入口"}
            for i, name, estate, a in session.execute(wanted)
        ]
    if kind is CodePlace.HOUSEHOLD:
        wanted = (
            select(Household.id, Household.address, Household.neighborhood_id).join(Household.neighborhood).where(inside)
            .where(~select(have.c.id).where(*here, have.c.household_id == Household.id).exists())
            .order_by(Household.id).limit(most)
        )  # fmt: skip
        return [{"kind": kind, "household_id": i, "area_id": a, "place": address} for i, address, a in session.execute(wanted)]
    wanted = (
        select(Area.id, Area.full_name).where(inside, Area.kind == AreaKind.NEIGHBORHOOD)
        .where(~select(have.c.id).where(*here, have.c.area_id == Area.id).exists()).order_by(Area.id).limit(most)
    )  # fmt: skip
    return [{"kind": kind, "area_id": i, "place": f"{name}公示牌"} for i, name in session.execute(wanted)]


def ask(session: Session, actor: Actor, now: datetime, area_id: str, kind: str):
    """Ask for codes wherever one of this kind is lacking below an area, in the background."""
    actor.require(Permission.PLATE)
    area = records.find(session, Area, area_id)
    if kind not in (CodePlace.ENTRANCE.value, CodePlace.HOUSEHOLD.value, CodePlace.PLATE.value):
        raise Refused("请选择给哪里制码", field="kind")
    title = f"批量制码：{area.name}，{CodePlace(kind).label}"
    return jobs.enqueue(session, actor, now, "door_codes", title, {"area": area.id, "kind": kind}, queue="door_codes")


@work("door_codes", is_repeatable=True)
def issue_many(work: Work) -> None:
    """Issue what lacks below an area: {"area": id, "kind": value}; portions are committed one by one."""
    done = 0
    kind = CodePlace(work.params["kind"])
    while True:
        with work.session() as session:
            area = records.find(session, Area, work.params["area"])
            found = lacking(session, area, kind)
            for facts in found:
                session.add(DoorCode(**facts, token=new_token(), issued_at=work.now(), is_active=True))
        done += len(found)
        work.progress(done, done if len(found) < _PORTION else done + _PORTION)
        if len(found) < _PORTION:
            break
    work.finish({"sentence": f"新制{done}个码" if done else "都已有码，没有新制"})
