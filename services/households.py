"""Households: their number, and an address that agrees with their place."""

from __future__ import annotations

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models.household import Household
from models.residence import Building

from . import records
from .errors import Refused
from .numbers import household_number


@records.before_save(Household)
def _is_numbered_and_placed(session, household: Household, actor, now) -> None:
    if household.building_id and household.residential_area_id:
        building = session.get(Building, (actor.subdistrict_id, household.building_id))
        if building is not None and building.residential_area_id != household.residential_area_id:
            raise Refused("所选楼栋不在这个小区里，请重新选择楼栋或小区", field="building")
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
        raise Refused(f"这个门牌地址已有同名户主，户号{number}，请核对是否重复；确是另一户请把门牌写得更细", field="address")
