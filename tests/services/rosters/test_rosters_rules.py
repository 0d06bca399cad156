"""Rules of the rosters that a form and a sheet meet alike."""

from __future__ import annotations

from datetime import date

import pytest

from models.household import Household
from models.neighbor import Chief
from services import sign_in
from services.keeping import records
from services.places import areas, chiefs
from services.errors import Refused
from tests.support.builders import build_chief, build_user, build_world


@pytest.fixture
def world(session):
    return build_world(session)


def save(session, row):
    records.save(session, row, session.info["actor"], session.info["now"])
    return row


def test_a_household_without_a_number_is_given_one(session, world):
    assert save(session, Household(head_name="癸某某", address="东里社区9号")).household_no == "H0000001"


def test_the_same_head_at_the_same_door_is_refused_as_a_repeat(session, world):
    with pytest.raises(Refused, match="已有同名户主，户号H001"):
        save(session, Household(head_name="甲某某", address="东里社区1号"))


def test_another_head_at_the_same_door_is_taken(session, world):
    assert save(session, Household(head_name="癸某某", address="东里社区1号")).id


def test_an_existing_household_can_be_saved_again(session, world):
    world.east_household.note = "改"
    assert save(session, world.east_household).note == "改"


def chief(world, **facts):
    given = {"name": "壬某某", "mobile": "15400000001", "area_id": world.east_neighborhood.id, "started_on": date(2026, 1, 5)}
    return Chief(**given | facts)


def test_a_chief_takes_the_post_of_the_area(session, world):
    assert save(session, chief(world)).kind.label == "邻长"


def test_a_term_cannot_begin_tomorrow(session, world):
    with pytest.raises(Refused, match="不能晚于今天"):
        save(session, chief(world, started_on=date(2026, 3, 3)))


def test_another_person_does_not_overwrite_a_term(session, world):
    old = build_chief(session, world.east_neighborhood)
    old.name, old.mobile = "子某某", "15400000009"
    with pytest.raises(Refused, match="换人请点“换人”"):
        save(session, old)


def test_a_corrected_phone_is_saved(session, world):
    old = build_chief(session, world.east_neighborhood)
    old.mobile = "15400000009"
    assert save(session, old).mobile == "15400000009"


def test_a_successor_ends_the_term_and_is_named(session, world):
    old = build_chief(session, world.east_neighborhood)
    new = Chief(name="子某某", mobile="15400000009", started_on=date(2026, 3, 1))
    chiefs.replace(session, old, new, session.info["actor"], session.info["now"])
    assert (old.ended_on, old.replaced_by_id, new.area_id) == (date(2026, 3, 1), new.id, world.east_neighborhood.id)


def test_a_move_that_overfills_is_foreseen(session, world):
    homes = [Household(household_no=f"X{i}", head_name="癸某某", address=f"{i}号", neighborhood_id=world.east_neighborhood.id)
             for i in range(15)]  # fmt: skip
    session.add_all(homes)
    session.flush()
    assert areas.foresee(session, [h.id for h in homes], world.west_neighborhood) == [
        "调整后东里社区/第1片/第1组/第1邻为1户，不足5户，建议合并或调整",
        "调整后西里社区/第1片/第1组/第1邻为16户，超过15户，建议拆分或调整",
    ]


def test_a_reset_password_lifts_the_lock(session, world):
    from models.user import SignInFailure

    user = build_user(session, "clerk", [])
    session.add_all(SignInFailure(username="clerk", address="10.0.0.1", failed_at=session.info["now"]) for _ in range(5))
    session.flush()
    before = sign_in.is_locked(session, user, session.info["now"])
    sign_in.reset(session, user, session.info["now"])
    assert (before, sign_in.is_locked(session, user, session.info["now"])) == (True, False)
