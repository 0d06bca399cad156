"""The audit trail and the access log."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import describe
from models.audit import AccessEvent, AuditEvent
from models.codes import AccessKind, AuditVerb
from models.household import Household, HouseholdMember
from services.keeping import audit, records
from tests.support.builders import build_world


@pytest.fixture
def world(session):
    return build_world(session)


def last(session, entity="household"):
    return session.scalars(select(AuditEvent).where(AuditEvent.entity == entity).order_by(AuditEvent.id.desc())).first()


def change(session, row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    records.save(session, row, session.info["actor"], session.info["now"])


def test_a_change_keeps_the_old_and_the_new_value(session, world):
    change(session, world.east_household, address="新门牌2号")
    assert last(session).changes == {"address": ["东里社区1号", "新门牌2号"]}


def test_a_change_says_who_and_when(session, world):
    change(session, world.east_household, address="新门牌2号")
    assert (last(session).user_name, last(session).happened_at) == ("系统", session.info["now"])


def test_a_number_is_not_readable_in_the_trail(session, world):
    change(session, world.east_household, mobile="13900000009")
    assert "13900000009" not in str(last(session).changes)


def test_a_number_in_the_trail_can_be_restored_for_its_mask(session, world):
    change(session, world.east_household, mobile="13900000009")
    column = describe(Household)["mobile"].column
    assert audit.restored(column, last(session).changes["mobile"][1]) == "13900000009"


def test_saving_without_a_change_leaves_no_trace(session, world):
    before = last(session).id
    change(session, world.east_household, address=world.east_household.address)
    assert last(session).id == before


def test_a_deletion_keeps_what_was_deleted(session, world):
    records.delete(session, world.west_household)
    assert (last(session).verb, last(session).changes["address"]) == (AuditVerb.DELETE, ["西里社区1号", None])


def test_the_name_of_a_person_is_not_the_label_of_an_entry(session, world):
    change(session, world.east_household, address="新门牌2号")
    assert "甲某某" not in last(session).record_label


def test_a_reading_is_kept_with_its_reason(session, world):
    audit.accessed(session, AccessKind.REVEAL, entity=Household, record_id="r", detail="联系电话", reason="电话回访")
    kept = session.scalars(select(AccessEvent)).one()
    assert (kept.entity_label, kept.detail, kept.reason, kept.user_name) == ("住户", "联系电话", "电话回访", "系统")


def test_what_was_rolled_back_leaves_no_entry(session, world):
    before = last(session).id
    with session.begin_nested() as inner:
        change(session, world.east_household, address="新门牌2号")
        inner.rollback()
    assert last(session).id == before


def batches(session, *record_ids):
    wanted = select(AuditEvent.batch).where(AuditEvent.record_id.in_(record_ids), AuditEvent.verb != AuditVerb.CREATE)
    return session.scalars(wanted.order_by(AuditEvent.id)).all()


def test_what_was_done_together_carries_one_id(session, world):
    with audit.as_one(session) as batch:
        change(session, world.east_household, address="新门牌2号")
        change(session, world.west_household, address="新门牌3号")
    assert batches(session, world.east_household.id, world.west_household.id) == [batch, batch]


def test_what_was_done_alone_carries_none(session, world):
    change(session, world.east_household, address="新门牌2号")
    assert last(session).batch is None


def test_two_operations_carry_two_ids(session, world):
    for address in ("新门牌2号", "新门牌3号"):
        with audit.as_one(session):
            change(session, world.east_household, address=address)
    first, second = batches(session, world.east_household.id)
    assert first != second


def test_a_deleted_part_is_kept_with_the_record_it_went_with(session, world):
    member = HouseholdMember(household_id=world.west_household.id, name="癸某某")
    session.add(member)
    session.flush()
    records.delete(session, world.west_household)
    part = last(session, "household_member")
    assert (part.record_id, part.owner_id, part.batch) == (member.id, world.west_household.id, last(session).batch)


def test_a_part_deleted_alone_belongs_to_itself(session, world):
    member = HouseholdMember(household_id=world.west_household.id, name="癸某某")
    session.add(member)
    session.flush()
    records.delete(session, member)
    assert last(session, "household_member").owner_id is None
