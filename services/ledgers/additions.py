"""Columns that are in no table: the communities of a row, the parties of a case, whether it was in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from models import Entity, describe
from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.area import Area
from models.case import Assignment, Case, CaseEvent, CaseParty
from models.codes import AssignmentStatus, PartyRole
from models.follow_up import FollowUp
from models.household import Household
from models.neighbor import Chief
from models.session import MediationSession
from models.settlement import MediationAgreement
from models.supervision import Supervision

from ..due_dates import local_day
from .sources import Reader

Read = Callable[[Reader, type[Entity], Sequence[str]], Mapping[str, Any]]
_COMMUNITY = 12  # digits of the code of a community; below it three more a level, after a dot
_LEVELS = {"@community": ("村社区", 0), "@sector": ("片", 1), "@group": ("组", 2), "@neighborhood": ("邻", 3)}
BY_PLACE = "@place"


@dataclass(frozen=True)
class Addition:
    label: str
    read: Read
    width: int = 12
    kind: str = "text"
    is_personal: bool = False


_OWN: dict[type[Entity], dict[str, Addition]] = {}


def additions_of(entity: type[Entity]) -> dict[str, Addition]:
    """What a ledger of an entity may show beyond its columns and those of the rows it points to."""
    places = {}
    if way_to_place(entity) is not None:
        places = {key: Addition(label, _place_names(level)) for key, (label, level) in _LEVELS.items()}
    return {**places, **{key: a for cls in reversed(entity.__mro__) for key, a in _OWN.get(cls, {}).items()}}


# ---- places -------------------------------------------------------------------------


def way_to_place(entity: type[Entity]) -> tuple[str, ...] | None:
    """The reference to an area: the row's own, else by the case, the committee or the unit it belongs to."""
    own = _area_of(entity)
    if own:
        return (own,)
    described = describe(entity)
    for name in ("case", "committee", "unit", *described):
        if name in described and (target := described[name].target) is not None and (far := _area_of(target)):
            return (name, far)
    return None


def _area_of(entity: type) -> str | None:
    if entity is Area:
        return None
    return next((d.name for d in describe(entity).values() if d.target is Area), None)


def codes_of_places(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
    """{id: code of its area}."""
    *through, name = way_to_place(entity)
    wanted, here = select(entity.id, Area.code).select_from(entity), entity
    for step in through:
        wanted, here = wanted.join(getattr(here, step)), describe(here)[step].target
    found = reader.session.execute(wanted.join(getattr(here, name)).where(entity.id.in_(ids)))
    return {key: code for key, code in found}


def _prefix(code: str, level: int) -> str | None:
    """The code of the community (level 0), sector, group or neighbourhood that a code lies in."""
    length = _COMMUNITY + 4 * level
    return code[:length] if len(code) >= length else None


def _place_names(level: int) -> Read:
    def read(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
        codes = {key: _prefix(code, level) for key, code in codes_of_places(reader, entity, ids).items()}
        wanted = {code for code in codes.values() if code}
        areas = Area.__table__.c
        named = select(areas.code, areas.name).where(areas.subdistrict_id == reader.actor.subdistrict_id, areas.code.in_(wanted))
        names = dict(reader.session.connection().execute(named).all())
        return {key: names.get(code) for key, code in codes.items() if code}

    return read


# ---- cases --------------------------------------------------------------------------


def _of_parties(*roles: PartyRole, attribute: str = "name") -> Read:
    labels = {role.label for role in roles}

    def read(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
        found = reader.of_parts(CaseParty, ids, ["role", attribute], "case_id")
        return {key: "、".join(dict.fromkeys(v for role, v in rows if v and role in labels)) for key, rows in found.items()}

    return read


def _of_rows(part: type[Entity], *names: str, only: Callable[[tuple], bool] = lambda row: True) -> Read:
    """What rows that belong to a case say, one after the other."""

    def read(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
        found = reader.of_parts(part, ids, list(names), f"{entity.slug()}_id")
        lines = {key: (" ".join(str(v) for v in row if v) for row in rows if only(row)) for key, rows in found.items()}
        return {key: "、".join(dict.fromkeys(filter(None, words))) for key, words in lines.items()}

    return read


def _progress(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
    """How a case ended, else what happened to it last."""
    last = select(CaseEvent.case_id, func.max(CaseEvent.number).label("number")).where(CaseEvent.case_id.in_(ids)).group_by(CaseEvent.case_id).subquery()
    rows = reader.session.execute(
        select(CaseEvent.case_id, CaseEvent.happened_at, CaseEvent.label, CaseEvent.note)
        .join(last, (last.c.case_id == CaseEvent.case_id) & (last.c.number == CaseEvent.number))
    )  # fmt: skip
    found = {key: f"{local_day(at):%m-%d} {label}{'：' + note if note else ''}" for key, at, label, note in rows}
    ends = reader.session.execute(select(Case.id, Case.result).where(Case.id.in_(ids), Case.result.is_not(None)))
    return found | {key: result for key, result in ends}


def _party_count(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, int]:
    return {key: len(rows) for key, rows in reader.of_parts(CaseParty, ids, ["role"], "case_id").items()}


def _in_time(due: str, ended: str) -> Read:
    """Whether what was due on a day was done by then."""

    def read(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
        columns = (entity.id, getattr(entity, due), getattr(entity, ended))
        today = local_day(reader.now)
        return {key: verdict(on, at, today) for key, on, at in reader.session.execute(select(*columns).where(entity.id.in_(ids))) if on}

    return read


def verdict(due_on: date, ended: date | datetime | None, today: date) -> str:
    """In time or how many days late; what is still running and not late yet says so."""
    end = local_day(ended) if isinstance(ended, datetime) else ended
    late = ((end or today) - due_on).days
    return f"超期{late}天" if late > 0 else "按期" if end else "未到期"


_CASE = {
    "@parties": Addition("当事人", _of_parties(*PartyRole), 20, is_personal=True),
    "@applicants": Addition("申请人", _of_parties(PartyRole.APPLICANT, PartyRole.REPORTER), 14, is_personal=True),
    "@respondents": Addition("被申请人", _of_parties(PartyRole.RESPONDENT), 14, is_personal=True),
    "@mobiles": Addition("申请人电话", _of_parties(PartyRole.APPLICANT, PartyRole.REPORTER, attribute="mobile"), 14, is_personal=True),
    "@party_count": Addition("当事人数", _party_count, 8, "integer"),
    "@units": Addition("承办单位（含协办）", _of_rows(Assignment, "unit", "status", only=lambda row: row[1] not in (
        AssignmentStatus.WITHDRAWN.label, AssignmentStatus.RETURNED.label)), 20),
    "@mediators": Addition("调解主持人", _of_rows(MediationSession, "chair"), 12),
    "@agreement": Addition("调解协议", _of_rows(MediationAgreement, "form", "status"), 16),
    "@rating": Addition("回访评价", _of_rows(FollowUp, "satisfaction"), 10),
    "@progress": Addition("办理情况", _progress, 36),
    "@in_time": Addition("是否超期", _in_time("due_on", "closed_at"), 10),
}  # fmt: skip


# ---- others -------------------------------------------------------------------------


def _households(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, int]:
    """How many households a chief's area has."""
    codes = codes_of_places(reader, entity, ids)
    wanted = {(_prefix(code, 1) or code) for code in codes.values()}
    counted = reader.session.execute(
        select(Area.code, func.count()).join(Household, (Household.neighborhood_id == Area.id) & (Household.subdistrict_id == Area.subdistrict_id))
        .where(func.substr(Area.code, 1, _COMMUNITY + 4).in_(wanted)).group_by(Area.code)
    )  # fmt: skip
    sums: dict[str, int] = {}
    for code, count in counted:
        for level in range(4):
            if place := _prefix(code, level):
                sums[place] = sums.get(place, 0) + count
    return {key: sums.get(code, 0) for key, code in codes.items()}


def _goals(reader: Reader, entity: type[Entity], ids: Sequence[str]) -> dict[str, str]:
    found = reader.of_parts(ResponsibilityGoal, ids, ["content", "progress"], "agreement_id")
    return {key: "；".join(f"{content}（{progress}%）" for content, progress in rows) for key, rows in found.items()}


_OWN |= {
    Case: _CASE,
    Chief: {"@households": Addition("联系户数", _households, 9, "integer")},
    Assignment: {"@in_time": Addition("是否超期", _in_time("due_on", "fed_back_at"), 10)},
    Supervision: {"@in_time": Addition("是否超期", _in_time("reply_by", "replied_at"), 10)},
    ResponsibilityAgreement: {
        "@goals": Addition("责任目标和进度", _goals, 40),
        "@in_time": Addition("是否超期", _in_time("due_on", "signed_on"), 10),
    },
}
