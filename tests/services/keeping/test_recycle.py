"""What was deleted comes back as it was, once, for whoever may delete it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import entities
from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.audit import AuditEvent
from models.codes import AuditVerb
from models.dictionary import DictItem
from models.household import Household, HouseholdMember
from models.residence import Building, ResidentialArea
from models.search import SearchEntry
from models.user import User
from services import access
from services.keeping import records, recycle
from services.access import Actor
from services.errors import Conflict, Denied, Missing, Refused
from tests.support.builders import build_chief, build_user, build_world

MAY = frozenset({"household:delete", "household_member:delete", "chief:delete", "dict_item:delete"})


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def home(session, world):
    """A household with every kind of value, and two members."""
    row = Household(
        household_no="H900", head_name="未某某", mobile="13800000035", neighborhood_id=world.east_neighborhood.id,
        address="东里9号", member_count=0, floor_no=-1,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add_all([HouseholdMember(household_id=row.id, name=name, mobile="13800000036") for name in ("申某某", "酉某某")])
    session.flush()
    return row


def delete(session, row):
    records.delete(session, row)
    return recycle.deletion_of(session, row)


def bring_back(session, event):
    return recycle.bring_back(session, event, session.info["actor"], session.info["now"])


def act_as(session, user=None, **facts):
    facts = {"permissions": MAY, "is_scoped": False} | facts
    actor = Actor(user.id if user else None, "某人", "430181002", **facts)
    session.expire_all()
    return access.bind(session, actor, session.info["now"])


def stored(session, row) -> dict:
    table = type(row).__table__
    line = session.connection().execute(select(table).where(table.c.id == row.id)).one()
    return {k: v for k, v in line._mapping.items() if k not in ("updated_at", "version")}


def bin_of(session, **kinds):
    return recycle.gone(session, session.info["actor"], **kinds)


def test_a_deleted_household_comes_back_with_its_id_and_all_its_values(session, home):
    session.info["now"] += timedelta(days=3)  # when it was made is kept too
    before = stored(session, home)
    assert stored(session, bring_back(session, delete(session, home))) == before


def test_its_members_come_back_with_it(session, home):
    bring_back(session, delete(session, home))
    names = session.scalars(select(HouseholdMember.name).where(HouseholdMember.household_id == home.id))
    assert sorted(names) == ["申某某", "酉某某"]


def test_a_member_deleted_before_does_not_come_back_with_it(session, home):
    records.delete(session, session.scalar(select(HouseholdMember).where(HouseholdMember.name == "申某某")))
    bring_back(session, delete(session, home))
    assert session.scalars(select(HouseholdMember.name)).all() == ["酉某某"]


def test_what_came_back_is_found_again(session, home):
    bring_back(session, delete(session, home))
    assert session.scalar(select(func.count()).select_from(SearchEntry).where(SearchEntry.id == home.id)) == 1


def test_a_number_stays_sealed_in_the_trail_of_the_return(session, home):
    bring_back(session, delete(session, home))
    entry = session.scalars(select(AuditEvent).where(AuditEvent.verb == AuditVerb.RESTORE, AuditEvent.record_id == home.id)).one()
    assert "mobile" in entry.changes and "13800000035" not in str(entry.changes)


def test_a_form_opened_before_the_deletion_does_not_fit_the_row_again(session, home):
    shown = records.version_of(home)
    row = bring_back(session, delete(session, home))
    with pytest.raises(Conflict):
        records.check_version(row, shown)


def test_what_came_back_can_be_changed_and_deleted_again(session, home):
    row = bring_back(session, delete(session, home))
    row.address = "东里10号"
    records.save(session, row, session.info["actor"], session.info["now"])
    assert bring_back(session, delete(session, row)).address == "东里10号"


def test_the_return_is_in_the_trail_with_its_parts_as_one(session, home):
    bring_back(session, delete(session, home))
    entries = session.execute(select(AuditEvent.entity, AuditEvent.batch).where(AuditEvent.verb == AuditVerb.RESTORE)).all()
    assert sorted(e for e, _ in entries) == ["household", "household_member", "household_member"]
    assert len({batch for _, batch in entries}) == 1


def test_the_bin_shows_a_household_once_and_its_members_not(session, home):
    delete(session, home)
    assert [(e.entity, e.record_id) for e in bin_of(session)] == [("household", home.id)]


def test_the_bin_shows_the_latest_first_and_pages(session, home, world):
    first, second = delete(session, home), delete(session, world.west_household)
    assert [e.id for e in bin_of(session)] == [second.id, first.id]
    assert [e.id for e in bin_of(session, before=second.id)] == [first.id]


def test_what_came_back_is_no_longer_in_the_bin(session, home):
    bring_back(session, delete(session, home))
    assert bin_of(session) == []


def test_what_was_deleted_again_is_in_the_bin_once(session, home):
    row = bring_back(session, delete(session, home))
    again = delete(session, row)
    assert [e.id for e in bin_of(session)] == [again.id]


def test_a_second_return_is_refused(session, home):
    event = delete(session, home)
    bring_back(session, event)
    with pytest.raises(Refused, match="已经恢复过"):
        bring_back(session, event)


def test_a_household_whose_number_was_given_away_is_refused(session, home):
    event = delete(session, home)
    session.add(Household(household_no="H900", head_name="戌某某", address="东里11号"))
    session.flush()
    with pytest.raises(Refused, match="已有相同“户号”的住户"):
        bring_back(session, event)


def test_a_chief_whose_area_has_another_by_now_is_refused(session, world):
    event = delete(session, build_chief(session, world.east_neighborhood))
    build_chief(session, world.east_neighborhood, name="癸邻长")
    with pytest.raises(Refused, match="已有在任邻长"):
        bring_back(session, event)


def test_a_member_whose_household_is_gone_is_refused(session, home):
    member = session.scalar(select(HouseholdMember).where(HouseholdMember.name == "申某某"))
    event = delete(session, member)
    delete(session, home)
    with pytest.raises(Refused, match="“住户”用到的住户已被删除。请先恢复住户"):
        bring_back(session, event)


def test_a_building_whose_estate_is_gone_is_refused(session, world):
    estate = ResidentialArea(name="东里花园", area_id=world.east.id)
    session.add(estate)
    session.flush()
    building = Building(residential_area_id=estate.id, name="1栋")
    session.add(building)
    session.flush()
    event = delete(session, building)
    delete(session, estate)
    with pytest.raises(Refused, match="“小区”用到的小区已被删除"):
        bring_back(session, event)


def test_a_refused_return_leaves_nothing_behind(session, home):
    event = delete(session, home)
    session.add(Household(household_no="H900", head_name="戌某某", address="东里11号"))
    session.flush()
    with pytest.raises(Refused), session.begin_nested():
        bring_back(session, event)
    assert session.scalar(select(func.count()).select_from(HouseholdMember)) == 0


def test_a_dictionary_item_comes_back_with_its_key(session, world):
    event = delete(session, session.get(DictItem, "channel:qr"))
    assert bring_back(session, event).id == "channel:qr"


def test_goals_come_back_with_their_agreement(session, world):
    from datetime import date

    agreement = ResponsibilityAgreement(year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 3, 31))
    session.add(agreement)
    session.flush()
    session.add(ResponsibilityGoal(agreement_id=agreement.id, content="化解率95%", owner_id=world.clerk.id, due_on=date(2026, 12, 31)))
    session.flush()
    bring_back(session, delete(session, agreement))
    assert session.scalar(select(ResponsibilityGoal.content)) == "化解率95%"


# ---- who may ------------------------------------------------------------------------


def test_somebody_who_may_not_delete_sees_nothing_in_the_bin(session, home):
    delete(session, home)
    act_as(session, permissions=frozenset({"household:view", "household:edit"}))
    assert bin_of(session) == []


def test_somebody_who_may_not_delete_may_not_bring_back(session, home):
    event = delete(session, home)
    act_as(session, permissions=frozenset({"household:view", "household:edit"}))
    with pytest.raises(Denied):
        bring_back(session, event)


def test_a_scoped_clerk_does_not_see_what_others_deleted(session, home, world):
    event = delete(session, home)
    act_as(session, build_user(session, "shequ", []), is_scoped=True, area_code=world.east.code)
    assert bin_of(session) == []
    with pytest.raises(Missing):
        bring_back(session, event)


def test_a_scoped_clerk_brings_back_what_the_clerk_deleted(session, home, world):
    act_as(session, build_user(session, "shequ", []), is_scoped=True, area_code=world.east.code)
    event = delete(session, session.get(Household, ("430181002", home.id)))
    assert [e.id for e in bin_of(session)] == [event.id]
    assert bring_back(session, event).household_no == "H900"


def test_a_clerk_moved_to_another_community_does_not_bring_back_to_the_old_one(session, home, world):
    user = build_user(session, "shequ", [])
    act_as(session, user, is_scoped=True, area_code=world.east.code)
    event = delete(session, session.get(Household, ("430181002", home.id)))
    act_as(session, user, is_scoped=True, area_code=world.west.code)
    with pytest.raises(Missing):
        bring_back(session, event)


def test_an_entry_that_is_no_deletion_is_not_found(session, home):
    entry = session.scalar(select(AuditEvent).where(AuditEvent.record_id == home.id))
    with pytest.raises(Missing):
        bring_back(session, entry)


def test_only_accounts_cannot_come_back_and_what_nobody_can_delete():
    lost = {e.__name__ for e in entities() if e.__in_menu__ and not recycle.can_come_back(e)}
    assert lost == {"Appeal", "Device", "User"} and not recycle.can_come_back(User)


# ---- in words -----------------------------------------------------------------------


def test_a_title_names_the_person_to_whoever_may_see_names(session, world):
    event = delete(session, build_chief(session, world.east_neighborhood))
    assert recycle.titles(session, [event], session.info["actor"]) == ["壬邻长 邻长 东里社区/第1片/第1组/第1邻"]


def test_a_title_masks_the_person_for_others(session, world):
    event = delete(session, build_chief(session, world.east_neighborhood))
    act_as(session)
    assert recycle.titles(session, [event], session.info["actor"]) == ["壬** 邻长 东里社区/第1片/第1组/第1邻"]
