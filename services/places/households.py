"""Households: their number, and an address that agrees with their place."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models.household import Household
from models.residence import Building

from ..keeping import records
from ..errors import Refused
from ..numbers import household_number, household_numbers
from ..keeping.records import Pending


def _are_numbered_and_placed(session, pending: Sequence[Pending], actor, now, is_trial: bool) -> None:
    _fit_their_buildings(session, pending)
    new = [p for p in pending if p.known is None]
    _are_not_there_yet(session, new)
    bare = [p for p in new if not p.row["household_no"]]
    if bare and not is_trial:
        for p, number in zip(bare, household_numbers(session, len(bare)), strict=True):
            p.row["household_no"] = number


def _fit_their_buildings(session, pending: Sequence[Pending]) -> None:
    placed = [p for p in pending if p.row["building_id"] and p.row["residential_area_id"]]
    wanted = {p.row["building_id"] for p in placed}
    areas = dict(session.execute(select(Building.id, Building.residential_area_id).where(Building.id.in_(wanted))).all()) if wanted else {}
    for p in placed:
        if areas.get(p.row["building_id"], p.row["residential_area_id"]) != p.row["residential_area_id"]:
            p.refuse(_WRONG_BUILDING, "building")


def _are_not_there_yet(session, new: Sequence[Pending]) -> None:
    if not new:
        return
    here = select(Household.address, Household.head_name, Household.household_no).where(
        Household.address.in_({p.row["address"] for p in new})
    )
    there = {(address, head): number for address, head, number in session.execute(here)}
    for p in new:
        door = p.row["address"], p.row["head_name"]
        if door in there:
            p.refuse(_same_door(there[door]), "address")
        there[door] = p.row["household_no"] or "（待编）"


_WRONG_BUILDING = "所选楼栋不在这个小区里，请重新选择楼栋或小区"


def _same_door(number: str) -> str:
    return f"这个门牌地址已有同名户主，户号{number}，请核对是否重复；确是另一户请把门牌写得更细"


@records.before_save(Household, many=_are_numbered_and_placed)
def _is_numbered_and_placed(session, household: Household, actor, now) -> None:
    if household.building_id and household.residential_area_id:
        building = session.get(Building, (actor.subdistrict_id, household.building_id))
        if building is not None and building.residential_area_id != household.residential_area_id:
            raise Refused(_WRONG_BUILDING, field="building")
    if inspect(household).transient:
        _is_not_there_yet(session, household)
    if not household.household_no:
        household.household_no = household_number(session)


def _is_not_there_yet(session: Session, household: Household) -> None:
    """The same head at the same door is the same household, whoever enters it a second time."""
    same = select(Household.household_no).where(
        Household.address == household.address, Household.head_name == household.head_name
    )
    number = session.scalar(same.limit(1))
    if number is not None:
        raise Refused(_same_door(number), field="address")
