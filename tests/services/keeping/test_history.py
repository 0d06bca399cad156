"""A change can be set back as long as nothing was built on it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models import describe
from models.agreement import ResponsibilityAgreement
from models.audit import AuditEvent
from models.case import Case
from models.codes import AgreementStatus, AuditVerb, HouseholdUse
from models.household import Household
from models.residence import ResidentialArea
from services import access
from services.cases import case_flow
from services.keeping import history, records
from services.access import Actor
from services.cases.case_flow import CASE_FLOW
from services.errors import Denied, Missing, Refused
from tests.support.builders import build_world, case_facts


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def home(world):
    return world.east_household


def change(session, row, **values):
    """Change a row and give the entry of it."""
    for name, value in values.items():
        setattr(row, name, value)
    records.save(session, row, session.info["actor"], session.info["now"])
    return last(session, row)


def last(session, row):
    wanted = select(AuditEvent).where(AuditEvent.record_id == row.id)
    return session.scalars(wanted.order_by(AuditEvent.id.desc()).limit(1)).one()


def revert(session, row, event):
    history.revert(session, row, event, session.info["actor"], session.info["now"])


def test_a_changed_address_is_set_back(session, home):
    event = change(session, home, address="新门牌2号")
    revert(session, home, event)
    assert home.address == "东里社区1号"


def test_several_attributes_of_one_change_are_set_back_together(session, home):
    event = change(session, home, use=HouseholdUse.RENTED, member_count=3, note="租客")
    revert(session, home, event)
    assert (home.use, home.member_count, home.note) == (HouseholdUse.OWNER, None, None)


def test_setting_back_leaves_later_changes_of_other_attributes(session, home):
    event = change(session, home, address="新门牌2号")
    change(session, home, note="独居")
    revert(session, home, event)
    assert (home.address, home.note) == ("东里社区1号", "独居")


def test_setting_back_is_an_entry_of_its_own(session, home):
    revert(session, home, change(session, home, address="新门牌2号"))
    entry = last(session, home)
    assert (entry.verb, entry.changes) == (AuditVerb.REVERT, {"address": ["新门牌2号", "东里社区1号"]})


def test_setting_back_can_itself_be_set_back(session, home):
    revert(session, home, change(session, home, address="新门牌2号"))
    revert(session, home, last(session, home))
    assert home.address == "新门牌2号"


def test_a_sealed_number_is_set_back(session, home):
    event = change(session, home, mobile="13900000009")
    revert(session, home, event)
    assert home.mobile == "13800000001" and "13800000001" not in str(last(session, home).changes)


def test_a_later_change_of_the_same_attribute_is_named_and_nothing_is_written(session, home):
    event = change(session, home, address="新门牌2号", note="独居")
    change(session, home, address="新门牌3号")
    with pytest.raises(Refused, match="“门牌地址”之后又改过"):
        revert(session, home, event)
    assert (home.address, home.note) == ("新门牌3号", "独居")


def test_a_reference_that_is_gone_is_named(session, home, world):
    estate = ResidentialArea(name="东里花园", area_id=world.east.id)
    session.add(estate)
    session.flush()
    change(session, home, residential_area_id=estate.id)
    event = change(session, home, residential_area_id=None)
    records.delete(session, estate)
    with pytest.raises(Refused, match="“小区”原来的小区已被删除"):
        revert(session, home, event)


def test_the_rules_run(session, world):
    agreement = ResponsibilityAgreement(
        year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, party_b_id=world.clerk.id, due_on=date(2026, 3, 31)
    )
    change(session, agreement)
    event = change(session, agreement, party_b_id=None)
    change(session, agreement, party_b_id=world.leader.id, signed_on=date(2026, 3, 1))
    with pytest.raises(Refused):
        revert(session, agreement, event)


def test_what_a_rule_wrote_follows(session, world):
    agreement = ResponsibilityAgreement(
        year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, party_b_id=world.clerk.id, due_on=date(2026, 3, 31)
    )
    change(session, agreement)
    event = change(session, agreement, signed_on=date(2026, 3, 1))
    assert event.changes["status"] == ["draft", "signed"]
    revert(session, agreement, event)
    assert agreement.status is AgreementStatus.DRAFT


def test_a_renamed_area_gets_its_full_name_back(session, world):
    event = change(session, world.east_neighborhood, name="第9邻")
    revert(session, world.east_neighborhood, event)
    assert world.east_neighborhood.full_name == "东里社区/第1片/第1组/第1邻"


@pytest.fixture
def case(session, world):
    return case_flow.register(session, session.info["actor"], session.info["now"], **case_facts(world))


def test_a_step_of_the_flow_is_not_set_back(session, case):
    from models.codes import MatterLevel

    CASE_FLOW.take(session, "accept", case, session.info["actor"], session.info["now"], level=MatterLevel.BIG)
    with pytest.raises(Refused, match="同时由系统写入了“状态”"), session.begin_nested():
        revert(session, case, last(session, case))
    session.expire_all()
    assert session.get(Case, (case.subdistrict_id, case.id)).level is MatterLevel.BIG


def test_a_step_that_wrote_only_what_flows_write_is_not_offered(session, case):
    CASE_FLOW.take(session, "accept", case, session.info["actor"], session.info["now"])
    event = last(session, case)
    assert set(event.changes) == {"status", "accepted_at"} and not history.is_reversible(session, event, Case)


def test_a_creation_is_not_set_back(session, home):
    assert not history.is_reversible(session, last(session, home), Household)


def test_a_change_of_another_record_is_not_found(session, home, world):
    event = change(session, home, address="新门牌2号")
    with pytest.raises(Missing):
        history.find(session, world.west_household, event.id)


def test_somebody_who_may_not_edit_is_refused(session, home):
    event = change(session, home, address="新门牌2号")
    access.bind(session, Actor(None, "某人", "430181002", frozenset({"household:view"}), is_scoped=False), session.info["now"])
    with pytest.raises(Denied):
        revert(session, home, event)


def test_what_will_be_written_is_told_beforehand(session, home):
    event = change(session, home, address="新门牌2号")
    assert history.former(session, home, event) == [
        history.Former(describe(Household)["address"], "新门牌2号", "东里社区1号", None)
    ]
