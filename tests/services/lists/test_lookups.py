"""Who is offered first when a few of many are looked for."""

from __future__ import annotations

from models.household import Household
from services.keeping import records
from services.lists import lookups
from tests.support.builders import build_world


def test_people_of_just_the_name_come_before_those_whose_address_sounds_like_it(session):
    me, now, place = session.info["actor"], session.info["now"], build_world(session).east_neighborhood.id
    for number, name, address in (("S0901", "李某", "竹湾小区1号"), ("S0902", "王某", "竹湾小区2号"), ("S0903", "张伟", "新路3号")):
        home = Household(household_no=number, head_name=name, address=address, neighborhood_id=place)
        records.save(session, home, me, now)
    labels = [choice.label for choice in lookups.candidates(session, Household, "zw", me, limit=2)]
    assert labels[0].startswith("张伟") and "竹湾" in labels[1]
