"""Households: their number, and an address that agrees with their place."""

from __future__ import annotations

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
    if not household.household_no:
        household.household_no = household_number(session)
