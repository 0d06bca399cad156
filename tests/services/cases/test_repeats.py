"""Earlier matters that may be the same one: exact matches, addresses, similar words nearby."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models.case import Case, CaseEvent
from services import access
from services.cases import repeats
from services.keeping.duplicates import similar
from services.errors import Refused
from services.cases.repeats import Facts, facts_of, find, likeness
from tests.support.builders import build_world, raw_case, raw_party


@pytest.fixture
def world(session):
    return build_world(session)


def found(session, facts: Facts) -> dict[str, list[str]]:
    return {one.case.case_no: one.reasons for one in find(session, facts, session.info["now"])}


def other(session, world, number: str = "二", **facts):
    return raw_case(session, world, case_no=number, **({"household_id": None, "summary": "另一件事", "subject": "别的"} | facts))


def test_a_matter_of_the_same_household_is_found(session, world):
    other(session, world, household_id=world.east_household.id)
    assert found(session, Facts(household_id=world.east_household.id)) == {"二": ["同一住户"]}


def test_a_matter_whose_party_has_the_same_phone_is_found(session, world):
    raw_party(session, other(session, world), mobile="13800000099")
    assert found(session, Facts(mobiles=frozenset({"13800000099"}))) == {"二": ["同一电话"]}


def test_a_matter_whose_party_has_the_same_id_number_is_found(session, world):
    raw_party(session, other(session, world), id_number="430181199001010012")
    assert found(session, Facts(id_numbers=frozenset({"430181199001010012"}))) == {"二": ["同一身份证号"]}


def test_another_phone_finds_nothing(session, world):
    raw_party(session, other(session, world), mobile="13800000099")
    assert found(session, Facts(mobiles=frozenset({"13800000098"}))) == {}


def test_the_same_address_is_found_whatever_its_width(session, world):
    other(session, world, place="东里路12号")
    assert found(session, Facts(place="东里路１２号 ", area_id=world.east_neighborhood.id)) == {"二": ["同一地址"]}


def test_likeness_is_the_share_of_common_pairs():
    # 楼上漏水 has 楼上 上漏 漏水, 楼上渗水 has 楼上 上渗 渗水: one of five.
    assert likeness(frozenset({"楼上", "上漏", "漏水"}), frozenset({"楼上", "上渗", "渗水"})) == (0.2, ["楼上"])


def test_similar_words_in_the_same_neighbourhood_are_found_with_their_score(session, world):
    other(session, world, subject="楼上漏水", summary="楼上卫生间漏水", place=None)
    facts = Facts("楼上漏水", "楼上卫生间漏水", area_id=world.east_neighborhood.id)
    assert found(session, facts)["二"][0].startswith("同一片区180天内文字相近100%（")


def test_similar_words_in_another_community_are_not_the_same_matter(session, world):
    other(session, world, subject="楼上漏水", area_id=world.west_neighborhood.id)
    assert found(session, Facts("楼上漏水", area_id=world.east_neighborhood.id)) == {}


def test_similar_words_of_long_ago_are_left_out(session, world):
    old = other(session, world, subject="楼上漏水", summary="楼上漏水")
    old.registered_at = session.info["now"] - timedelta(days=181)
    session.flush()
    assert found(session, Facts("楼上漏水", "楼上漏水", area_id=world.east_neighborhood.id)) == {}


def test_a_matter_is_never_its_own_repeat(session, world):
    case = raw_case(session, world)
    raw_party(session, case)
    assert find(session, facts_of(session, case), session.info["now"]) == []


def test_the_sentence_says_how_far_the_earlier_matter_has_come(session, world):
    other(session, world, household_id=world.east_household.id)
    [one] = find(session, Facts(household_id=world.east_household.id), session.info["now"])
    assert one.sentence == "已登记，编号二：同一住户"


def test_at_most_five_are_told_the_surest_first(session, world):
    for number in range(7):
        other(session, world, f"近{number}", subject="楼上漏水", summary="楼上漏水", household_id=None)
    other(session, world, "同户", household_id=world.east_household.id)
    facts = Facts("楼上漏水", "楼上漏水", area_id=world.east_neighborhood.id, household_id=world.east_household.id)
    numbers = list(found(session, facts))
    assert (len(numbers), numbers[0]) == (5, "同户")


def test_a_matter_out_of_sight_is_not_told(session, world):
    other(session, world, household_id=world.east_household.id)
    clerk = access.Actor("u", "某", "430181002", area_code=world.west.code)
    access.bind(session, clerk, session.info["now"])
    assert find(session, Facts(household_id=world.east_household.id), session.info["now"]) == []


def test_looking_takes_at_most_seven_statements(session, world):
    from benchmarks.measure import counting

    facts = Facts("事", "事", "地", world.east_neighborhood.id, world.east_household.id, frozenset({"1"}), frozenset({"2"}))
    with counting() as seen:
        repeats.find(session, facts, session.info["now"])
    assert seen[0] <= 7


# ---- at intake, and linking --------------------------------------------------------------


def told(session, values: dict, people: list[dict] = ()) -> list[str]:
    """The sentences that the form of a new case shows."""
    return [one.sentence for one in similar(session, Case, values, {"CaseParty": people}, session.info["now"])]


def test_at_intake_a_party_s_id_number_finds_the_matter_on_the_way(session, world):
    raw_party(session, other(session, world, received_on=date(2020, 1, 1)), id_number="430181199001010012")
    assert told(session, {}, [{"id_number": "430181199001010012"}]) == ["已登记，编号二：同一身份证号"]


def test_at_intake_similar_words_nearby_are_told_with_their_score(session, world):
    other(session, world, subject="楼上漏水", summary="楼上卫生间漏水")
    [sentence] = told(session, {"subject": "楼上漏水", "summary": "楼上卫生间漏水", "area": world.east_neighborhood.id})
    assert sentence.startswith("已登记，编号二：同一片区180天内文字相近100%")


def test_an_unfinished_form_without_likeness_is_told_nothing(session, world):
    other(session, world)
    assert told(session, {"subject": "路灯不亮", "area": world.east_neighborhood.id}) == []


def test_two_matters_are_linked_once_and_both_timelines_say_so(session, world):
    one, two = raw_case(session, world), other(session, world)
    actor, now = session.info["actor"], session.info["now"]
    repeats.relate(session, one, two, actor, now)
    assert session.scalars(select(CaseEvent.note).order_by(CaseEvent.case_id)).all() == [f"与{two.case_no}相关", f"与{one.case_no}相关"]
    with pytest.raises(Refused, match="已经和二关联过"):
        repeats.relate(session, one, two, actor, now)


def test_a_matter_is_not_linked_to_itself(session, world):
    case = raw_case(session, world)
    with pytest.raises(Refused, match="不能和自己关联"):
        repeats.relate(session, case, case, session.info["actor"], session.info["now"])
