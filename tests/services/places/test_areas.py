"""The tree of areas and the households of its neighbourhoods (R12)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.area import Area
from models.codes import AreaKind
from models.household import Household
from services import access
from services.keeping import records
from services.places import areas
from services.errors import Denied, Missing, Refused
from tests.support.builders import build_chief, build_world


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def actor(session):
    return session.info["actor"]


@pytest.fixture
def now(session):
    return session.info["now"]


def homes(session, area: Area, count: int) -> list[str]:
    rows = [
        Household(household_no=f"X{area.code[-20:]}{i}", head_name="癸某某", neighborhood_id=area.id, address=f"{i}号")
        for i in range(count)
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def new_area(session, world, **facts) -> Area:
    area = Area(**facts)
    records.save(session, area, session.info["actor"], session.info["now"])
    return area


def test_a_new_neighbourhood_gets_the_next_code_and_its_full_name(session, world):
    group = world.east_neighborhood.parent_id
    area = new_area(session, world, name="第2邻", kind=AreaKind.NEIGHBORHOOD, parent_id=group)
    assert (area.code, area.full_name) == ("430181002001.001.001.002", "东里社区/第1片/第1组/第2邻")


def test_a_sector_cannot_stand_under_a_group(session, world):
    with pytest.raises(Refused, match="组下面只能建邻"):
        new_area(session, world, name="错片", kind=AreaKind.SECTOR, parent_id=world.east_neighborhood.parent_id)


def test_nothing_stands_under_a_neighbourhood(session, world):
    with pytest.raises(Refused, match="邻下面不能再建区域"):
        new_area(session, world, name="错邻", kind=AreaKind.NEIGHBORHOOD, parent_id=world.east_neighborhood.id)


def test_two_areas_of_one_parent_cannot_share_a_name(session, world):
    with pytest.raises(Refused, match="已有“第1邻”"):
        new_area(
            session, world, name="第1邻", kind=AreaKind.NEIGHBORHOOD, parent_id=world.east_neighborhood.parent_id
        )


def test_a_second_sub_district_is_refused(session, world):
    with pytest.raises(Refused, match="不能再新增"):
        new_area(session, world, name="别的街道", kind=AreaKind.SUBDISTRICT)


def test_renaming_a_community_renames_everything_below(session, world, actor, now):
    world.east.name = "新东里社区"
    records.save(session, world.east, actor, now)
    session.expire_all()
    assert world.east_neighborhood.full_name == "新东里社区/第1片/第1组/第1邻"


def test_renaming_one_community_leaves_the_other_alone(session, world, actor, now):
    world.east.name = "新东里社区"
    records.save(session, world.east, actor, now)
    session.expire_all()
    assert world.west_neighborhood.full_name == "西里社区/第1片/第1组/第1邻"


def test_an_area_cannot_move_under_another_parent(session, world, actor, now):
    world.east_neighborhood.parent_id = world.west_neighborhood.parent_id
    with pytest.raises(Refused, match="不能换上级"):
        records.save(session, world.east_neighborhood, actor, now)


def test_the_tree_counts_areas_and_households_below_each_child(session, world, actor):
    homes(session, world.east_neighborhood, 6)
    found = areas.branch(session, world.root, actor)
    assert [(c.name, c.counts) for c in found.children] == [
        ("东里社区", {"片": 1, "组": 1, "邻": 1, "住户": 7}),
        ("西里社区", {"片": 1, "组": 1, "邻": 1, "住户": 1}),
    ]


def test_the_tree_sums_up_the_node(session, world, actor):
    homes(session, world.east_neighborhood, 6)
    found = areas.branch(session, world.root, actor)
    assert found.totals == {"村社区": 2, "片": 2, "组": 2, "邻": 2, "住户": 8, "小区": 0}


def test_the_tree_shows_the_way_from_the_top(session, world, actor):
    found = areas.branch(session, world.east_neighborhood, actor)
    assert [a.name for a in found.path] == ["集里街道", "东里社区", "第1片", "第1组", "第1邻"]


def test_the_tree_names_the_divisions_above(session, world, actor):
    assert areas.branch(session, world.root, actor).divisions[-1] == "浏阳市"


def test_the_tree_names_the_chief_of_a_child(session, world, actor):
    build_chief(session, world.east_neighborhood)
    group = session.get(Area, ("430181002", world.east_neighborhood.parent_id))
    assert areas.branch(session, group, actor).children[0].chief_name == "壬邻长"


@pytest.mark.parametrize(("count", "word"), [(4, "不足5户"), (5, None), (15, None), (16, "超过15户")])
def test_five_to_fifteen_households_are_in_order(session, count, word):
    assert (areas.load_warning(session, count) or "").count(word or "不可能") == (1 if word else 0)


def test_moving_households_warns_about_both_neighbourhoods(session, world, actor, now):
    moved = homes(session, world.east_neighborhood, 16)
    said = areas.reassign(session, moved, world.west_neighborhood, actor, now)
    assert said == [
        "东里社区/第1片/第1组/第1邻现有1户，不足5户，建议合并或调整",
        "西里社区/第1片/第1组/第1邻现有17户，超过15户，建议拆分或调整",
    ]


def test_moved_households_are_in_the_new_neighbourhood(session, world, actor, now):
    moved = homes(session, world.east_neighborhood, 6)
    areas.reassign(session, moved, world.west_neighborhood, actor, now)
    assert areas.household_count(session, world.west_neighborhood.id) == 7


def test_a_household_out_of_sight_cannot_be_moved(session, world, now):
    clerk = access.Actor(
        None, "社区", "430181002", frozenset({"area:restructure"}), area_code=world.west.code, is_scoped=True
    )
    access.bind(session, clerk, now)
    with pytest.raises(Missing, match="不在您的负责范围内"):
        areas.reassign(session, [world.east_household.id], world.west_neighborhood, clerk, now)


def test_moving_needs_the_permission(session, world, now):
    with pytest.raises(Denied):
        areas.reassign(
            session, [world.east_household.id], world.west_neighborhood, access.Actor(None, "某", "430181002"), now
        )


def test_households_move_to_a_neighbourhood_only(session, world, actor, now):
    with pytest.raises(Refused, match="只能调整到“邻”"):
        areas.reassign(session, [world.east_household.id], world.west, actor, now)


def test_a_split_makes_a_neighbourhood_with_the_chosen_households(session, world, actor, now):
    moved = homes(session, world.east_neighborhood, 12)[:6]
    area, _ = areas.split(session, world.east_neighborhood, moved, "第2邻", actor, now)
    assert areas.household_count(session, area.id) == 6


def test_a_split_says_that_the_new_neighbourhood_needs_a_chief(session, world, actor, now):
    moved = homes(session, world.east_neighborhood, 12)[:6]
    _, said = areas.split(session, world.east_neighborhood, moved, "第2邻", actor, now)
    assert said == ["东里社区/第1片/第1组/第2邻还没有邻长，请到“三长”新增"]


def test_a_split_cannot_take_every_household(session, world, actor, now):
    with pytest.raises(Refused, match="不能把全部住户都移走"):
        areas.split(session, world.east_neighborhood, [world.east_household.id], "第2邻", actor, now)


def test_loads_list_the_neighbourhoods_that_are_too_large(session, world):
    homes(session, world.east_neighborhood, 15)
    rows, counts = areas.loads(session, "over")
    assert ([(r.full_name, r.household_count) for r in rows], counts) == (
        [("东里社区/第1片/第1组/第1邻", 16)], {"over": 1, "under": 1, "headless": 2},
    )  # fmt: skip


def test_the_tree_of_a_community_clerk_begins_at_the_community(session, world, now):
    clerk = access.Actor(None, "社区", "430181002", area_code=world.west.code, is_scoped=True)
    access.bind(session, clerk, now)
    assert areas.top(session, clerk).name == "西里社区"


def test_an_area_with_households_cannot_be_deleted(session, world):
    with pytest.raises(Refused, match="还被其他记录使用"):
        records.delete(session, world.east_neighborhood)


def test_moving_is_in_the_audit_trail(session, world, actor, now):
    from models.audit import AuditEvent

    areas.reassign(session, [world.east_household.id], world.west_neighborhood, actor, now)
    changes = session.scalars(
        select(AuditEvent.changes).where(AuditEvent.record_id == world.east_household.id).order_by(AuditEvent.id.desc())
    ).first()
    assert changes == {"neighborhood": [world.east_neighborhood.id, world.west_neighborhood.id]}
