"""The law of rosters: what somebody who may see everything exports and imports again changes nothing."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from sqlalchemy import JSON, func, select

from formats import reading
from models import describe
from models.area import Area
from models.household import Household, HouseholdMember
from models.kinds import SHORT
from models.mediation import Committee, Lawyer, Mediator
from models.neighbor import Chief
from models.residence import Building, ResidentialArea
from models.worker import Staff
from services import rosters
from services.lists import exports
from services.errors import Refused
from services.lists.exports import Export
from tests.conftest import NOW
from tests.support.builders import build_chief, build_world

ROSTERS = (Area, Household, HouseholdMember, Chief, Mediator, Lawyer, Staff, Committee, ResidentialArea, Building)
WORDS = some.text(some.one_of(some.sampled_from("=+-@&<>\"'_x0041_ \u3000\n\t，1０甲"), some.characters()), max_size=30)


@pytest.fixture
def world(session):
    world = build_world(session)
    estate = ResidentialArea(name="河畔", area_id=world.east.id, building_count=3)
    session.add(estate)
    session.flush()
    session.add_all([
        Building(name="3栋", residential_area_id=estate.id, is_elevator=True),
        HouseholdMember(household_id=world.east_household.id, name="小甲", relation="relation:child", birth_year=1990),
    ])  # fmt: skip
    build_chief(session, world.east_neighborhood)
    return world


def values(d):
    """Any value that a form would take for an attribute, or None where it may stay empty; nothing for others."""
    if d.target or d.field.dictionary or d.field.is_fixed or d.field.is_hidden or d.is_personal or isinstance(d.column.type, JSON):
        return None
    found = {
        bool: some.booleans(), date: some.dates(date(1900, 3, 1), date(2200, 1, 1)),
        int: some.integers(int(d.field.low or 0), int(d.field.high or 10_000)),
        Decimal: some.decimals(0, 999_999, places=2),
    }.get(d.type)  # fmt: skip
    if d.code:
        found = some.sampled_from(list(d.code))
    elif d.type is str and d.kind:
        longest = d.length or 200
        found = WORDS.map(d.kind.normalise).filter(lambda v: v and len(v) <= longest and d.kind.check(v) is None)
    if found is None or d.column.unique:
        return None
    return found if d.is_required or not d.column.nullable else some.one_of(some.none(), found)


def strategy(entity):
    kept = {*entity.__key__, *entity.__title__, "kind", "is_active", "ended_on", "started_on"}
    offered = {d.key: values(d) for d in describe(entity).values() if d.name not in kept}
    return some.fixed_dictionaries({key: wanted for key, wanted in offered.items() if wanted is not None})


def exported(session, entity, is_clear: bool) -> bytes:
    file = io.BytesIO()
    wanted = Export(entity.slug(), {}, tuple(describe(entity)), is_clear=is_clear, reason="测试")
    exports.write(session, wanted, session.info["actor"], NOW, file)
    return file.getvalue()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("entity", ROSTERS, ids=lambda entity: entity.slug())
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(data=some.data())
def test_whatever_a_roster_holds_comes_back_unchanged(engine, session, world, entity, data):
    changes = data.draw(strategy(entity))
    point = session.begin_nested()
    row = session.scalars(select(entity).order_by(entity.id.desc()).limit(1)).one()
    for key, value in changes.items():
        setattr(row, key, value)
    session.flush()
    session.expire_all()
    sheet = reading.read(exported(session, entity, is_clear=True), "导出.xlsx")
    plan = rosters.plan(session, entity, sheet, session.info["actor"], NOW)
    count = session.scalar(select(func.count()).select_from(entity))
    point.rollback()
    session.expire_all()
    assert (plan.errors, plan.add, plan.change, plan.same) == ([], [], [], count)


def test_characters_that_no_workbook_can_hold_are_not_kept():
    assert SHORT.normalise("甲\x0b\ufffe\uffff乙") == "甲乙"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_masked_export_is_recognised(session, world):
    sheet = reading.read(exported(session, Household, is_clear=False), "导出.xlsx")
    assert sheet.is_masked
    with pytest.raises(Refused):
        rosters.plan(session, Household, sheet, session.info["actor"], NOW)
