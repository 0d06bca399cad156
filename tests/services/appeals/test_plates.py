"""Plates: what they say, what was printed, what hangs, what is to be replaced, many in one job."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from models.codes import PointKind
from models.door_code import DoorCode
from models.household import Household
from models.plate import Plate
from models.reception import ReceptionPoint
from models.service_item import Hotline
from services import access
from services.appeals import door_codes, plates
from services.background import jobs
from services.errors import Refused
from tests.support.builders import build_chief, build_user, build_world

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
SYSTEM = access.system("430181002")
BASE = "http://door.example"


@pytest.fixture
def world(session):
    world = build_world(session)
    session.add_all([
        ReceptionPoint(name="东里社区群众工作站", kind=PointKind.STATION, area_id=world.east.id, address="东里路1号", hours="工作日", phone="0731-83600101"),
        Hotline(name="报警", phone="110", position=1), Hotline(name="内部值班", phone="0731-83609999", is_printed=False),
    ])  # fmt: skip
    world.chief = build_chief(session, world.east_neighborhood)
    session.flush()
    return world


@pytest.fixture
def plate(session, world) -> Plate:
    plates.make(session, world.east, NOW)
    return session.scalars(select(Plate)).one()


def face(session, plate):
    return plates.face_of(session, plate, BASE)


def test_each_neighbourhood_gets_one_plate_and_one_code(session, world):
    assert plates.make(session, world.root, NOW) == 2
    assert [session.scalar(select(func.count()).select_from(cls)) for cls in (Plate, DoorCode)] == [2, 2]


def test_making_them_again_makes_none(session, world):
    plates.make(session, world.root, NOW)
    assert plates.make(session, world.root, NOW) == 0


def test_the_number_names_community_sector_group_and_neighbourhood(plate):
    assert plate.plate_no == "001-001-001-001"


def test_a_chief_who_did_not_agree_is_not_on_it(session, plate):
    said = face(session, plate)
    assert (said.chief_name, said.chief_phone) == ("", "")


def test_a_chief_who_agreed_is_on_it_with_the_number(session, world, plate):
    world.chief.is_public = True
    session.flush()
    said = face(session, plate)
    assert (said.chief_name, said.chief_phone) == ("壬邻长", "13800000021")


def test_it_says_how_many_households_and_where_to_come_to(session, plate):
    said = face(session, plate)
    assert (said.household_count, said.station.name, said.station.phone) == (1, "东里社区群众工作站", "0731-83600101")


def test_only_numbers_meant_for_plates_are_on_it(session, plate):
    assert face(session, plate).calls == (("报警", "110", ""),)


def test_its_code_leads_to_the_page_of_the_place(session, plate):
    assert face(session, plate).address == f"{BASE}/q/{plate.door_code.token}"


def test_what_was_printed_is_not_to_be_replaced(session, plate):
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    assert (plate.edition, plates.is_outdated(plate, face(session, plate))) == (1, False)


def test_another_chief_makes_it_one_to_be_replaced(session, world, plate):
    world.chief.is_public = True
    session.flush()
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    world.chief.ended_on = date(2026, 3, 1)
    session.flush()
    assert plates.is_outdated(plate, face(session, plate))


def test_another_household_does_not(session, world, plate):
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    session.add(Household(household_no="H9", head_name="某某", neighborhood_id=world.east_neighborhood.id, address="东里社区9号"))
    session.flush()
    assert not plates.is_outdated(plate, face(session, plate))


def test_the_same_words_again_are_the_same_edition_and_still_hang(session, plate):
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    plates.post(session, plate, SYSTEM, date(2026, 3, 3))
    plates.print_one(session, plate, SYSTEM, NOW, "http://other.example")
    assert (plate.edition, plate.posted_on) == (1, date(2026, 3, 3))


def test_a_new_edition_does_not_hang_yet(session, world, plate):
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    plates.post(session, plate, SYSTEM, date(2026, 3, 3))
    session.add(Hotline(name="法律咨询", phone="12348", position=2))
    session.flush()
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    assert (plate.edition, plate.posted_on) == (2, None)


def test_what_was_never_printed_cannot_hang(session, plate):
    with pytest.raises(Refused, match="还没有印制"):
        plates.post(session, plate, SYSTEM, date(2026, 3, 3))


def test_a_new_code_comes_onto_the_plate_and_makes_it_one_to_be_replaced(session, plate):
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    fresh = door_codes.renew(session, plate.door_code, SYSTEM, NOW)
    session.refresh(plate)
    assert plate.door_code_id == fresh.id and plates.is_outdated(plate, face(session, plate))


def test_the_code_of_a_plate_cannot_only_be_switched_off(session, plate):
    with pytest.raises(Refused, match="换发新码"):
        door_codes.switch_off(session, plate.door_code, SYSTEM, NOW)


def test_coverage_counts_by_community(session, world, plate):
    plates.make(session, world.west, NOW)
    plates.print_one(session, plate, SYSTEM, NOW, BASE)
    plates.post_all(session, world.east, SYSTEM, date(2026, 3, 3))
    found = [(line.name, line.all, line.printed, line.posted, line.outdated) for line in plates.coverage(session)]
    assert found == [("东里社区", 1, 1, 1, 0), ("西里社区", 1, 0, 0, 0)]


def test_one_job_prints_all_of_the_sub_district(office, app, engine, tmp_path):
    from sqlalchemy.orm import Session

    from tests.conftest import ServiceSession

    with office() as session:
        world = build_world(session)
        actor = access.actor_of(build_user(session, "p1", ["plate:print", "area:view"], is_scoped=False), None)
        plates.ask(session, actor, NOW, world.root.id, "a5", "all", BASE)

    def sessions() -> Session:
        return ServiceSession(engine, autoflush=False)

    assert jobs.run_waiting(sessions, lambda: datetime.now(UTC), tmp_path) == 1
    with zipfile.ZipFile(next((tmp_path / "kept").iterdir())) as book:
        assert sorted(book.namelist()) == ["plates.css", "东里社区.html", "西里社区.html"]
        page = book.read("东里社区.html").decode()
    assert page.count('class="cut plate"') == 1 and "社区安排" in page and "第1版" in page and "<style" not in page
    with office() as session:
        assert session.scalars(select(Plate.edition)).all() == [1, 1]
