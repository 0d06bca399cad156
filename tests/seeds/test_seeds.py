"""The model sub-district as seeded: figures of the field, every rule held, nobody real."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from database import configure_sqlite
from models import Base, sealed
from models.agreement import ResponsibilityAgreement
from models.area import Area
from models.audit import AuditEvent
from models.case import Assignment, Case, CaseEvent, CaseParty
from models.codes import (
    AgreementStatus, AreaKind, AssignmentStatus, AuditVerb, CaseKind, CaseStatus, Employment, UnitKind,
)  # fmt: skip
from models.department import DispatchRule, DutyDay, Unit
from models.dictionary import DictItem
from models.division import Division
from models.household import Household, HouseholdMember
from models.kinds import ID_NUMBER, MOBILE, TELEPHONE
from models.mediation import Committee, Counsellor, Lawyer, Mediator
from models.neighbor import Chief
from models.residence import Building, ResidentialArea
from models.team import Team
from models.term import Term
from models.user import Role, User
from models.workday import Workday
from models.worker import Staff, Worker
from seeds.base import expand, load_base, short_name
from seeds.run import seed_demo
from services import access, audit, committees, numbers
from services.access import permission_labels
from services.due_dates import calendar, due_date
from services.errors import Refused
from services.sign_in import verify

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # Tuesday, 10:30 in Shanghai
TODAY = NOW.date()
MODEL, SMALL = "430181002", "430181201"


class SeedSession(Session):
    """A session as the seeds get it: scoped and audited, without the web."""


access.install(SeedSession)
audit.install(SeedSession)


class Place:
    """A database file of its own and what was reported while it was filled."""

    def __init__(self, path):
        sealed.use_keys({"1": bytes(range(64))})
        self.engine = create_engine(f"sqlite:///{path}")
        configure_sqlite(self.engine)
        Base.metadata.create_all(self.engine)
        self.said: list[str] = []
        self.accounts = []

    def session(self, code: str = MODEL) -> SeedSession:
        return access.bind(SeedSession(self.engine, autoflush=False), access.system(code), NOW)

    def seed(self, **choices) -> Place:
        self.accounts = seed_demo(self.session, now=NOW, report=self.said.append, **choices)
        return self


# One worker makes the places and looks at them; a second one would make them again.
pytestmark = pytest.mark.xdist_group("seeds")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """集里街道 at real size, seeded once for all tests of this file."""
    place = Place(tmp_path_factory.mktemp("model") / "console.db").seed()
    yield place
    place.engine.dispose()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """小河乡, the smallest place of the city, seeded with number 7."""
    place = Place(tmp_path_factory.mktemp("small") / "console.db").seed(first=SMALL, seed=7)
    yield place
    place.engine.dispose()


@pytest.fixture
def session(model):
    with model.session() as session:
        yield session


def count(session, entity, *conditions) -> int:
    return session.scalar(select(func.count()).select_from(entity).where(*conditions))


def areas(session, *kinds) -> int:
    return count(session, Area, Area.kind.in_(kinds))


# ---- figures of the field (S012, S013, S094–S099, S124, S125) -------------------------


def test_there_are_15_communities_and_villages(session):
    assert areas(session, AreaKind.COMMUNITY, AreaKind.VILLAGE) == 15


def test_there_are_114_sectors(session):
    assert areas(session, AreaKind.SECTOR) == 114


def test_there_are_444_groups(session):
    assert areas(session, AreaKind.GROUP) == 444


def test_there_are_3618_neighbourhoods(session):
    assert areas(session, AreaKind.NEIGHBORHOOD) == 3618


def test_every_sector_group_and_neighbourhood_has_one_chief(session):
    served = session.scalars(select(Chief.area_id).where(Chief.ended_on.is_(None))).all()
    assert (len(served), len(set(served))) == (114 + 444 + 3618, 114 + 444 + 3618)


def test_chiefs_head_areas_of_their_own_kind(session):
    pairs = session.execute(select(Chief.kind, Area.kind).join(Chief.area)).all()
    assert all(chief.value == area.value for chief, area in pairs)


def test_a_former_chief_names_the_one_who_followed(session):
    former = session.scalars(select(Chief).where(Chief.ended_on.is_not(None))).all()
    assert former and all(c.replaced_by.area_id == c.area_id and c.ended_on <= TODAY for c in former)


def test_every_neighbourhood_has_5_to_15_households(session):
    sizes = Counter(session.scalars(select(Household.neighborhood_id)))
    unplaced = sizes.pop(None)
    assert (len(sizes), min(sizes.values()) >= 5, max(sizes.values()) <= 15, unplaced) == (
        3618,
        True,
        True,
        40,
    )


def test_there_are_more_than_46000_households(session):
    assert 46_000 <= count(session, Household) < 47_500


def test_there_are_169_residential_areas(session):
    assert count(session, ResidentialArea) == 169


def test_buildings_are_as_many_as_their_residential_area_says(session):
    said = session.scalar(select(func.sum(ResidentialArea.building_count)))
    assert count(session, Building) == said > 500


def test_a_household_lives_in_a_building_of_its_residential_area(session):
    wrong = select(func.count()).select_from(Household).join(Household.building)
    assert session.scalar(wrong.where(Building.residential_area_id != Household.residential_area_id)) == 0


def test_a_household_lives_in_the_community_of_its_neighbourhood(session):
    estates = dict(session.execute(select(ResidentialArea.id, Area.code).join(ResidentialArea.area)).all())
    homes = session.execute(select(Household.residential_area_id, Area.code).join(Household.neighborhood))
    assert all(code.startswith(estates[estate]) for estate, code in homes)


def test_two_households_never_share_an_address(session):
    assert session.scalar(select(func.count(Household.address.distinct()))) == count(session, Household)


def test_the_next_household_number_follows_the_last(session):
    last = session.scalar(select(func.max(Household.household_no)))
    assert numbers.household_number(session) == f"H{int(last[1:]) + 1:07d}"


def test_some_households_have_members_listed(session):
    assert 10_000 < session.scalar(select(func.count(HouseholdMember.household_id.distinct()))) < 20_000


def test_there_are_16_mediation_committees(session):
    assert count(session, Committee) == 16


def test_there_are_108_mediators(session):
    assert count(session, Mediator) == 108


def test_every_committee_is_in_order(session):
    found = {c.name: committees.shortfalls(session, c) for c in session.scalars(select(Committee))}
    assert {name: lacks for name, lacks in found.items() if lacks} == {}


def test_there_are_mediators_of_every_employment(session):
    assert set(session.scalars(select(Mediator.employment).distinct())) == set(Employment)


def test_there_are_lawyers_and_a_counsellor(session):
    assert (count(session, Lawyer) >= 4, count(session, Counsellor)) == (True, 1)


def test_every_own_unit_has_two_or_three_people(session):
    per_unit = Counter(session.scalars(select(Staff.unit_id).where(Staff.is_leader.is_(False))))
    own = session.scalars(select(Unit.id).where(Unit.kind != UnitKind.EXTERNAL)).all()
    assert {unit: per_unit[unit] for unit in own if per_unit[unit] not in (2, 3)} == {}


def test_every_own_unit_names_one_of_its_people_as_contact(session):
    pairs = session.execute(select(Unit.id, Unit.contact_name).where(Unit.kind != UnitKind.EXTERNAL)).all()
    people = set(session.execute(select(Staff.unit_id, Staff.name)).all())
    assert [pair for pair in pairs if pair not in people] == []


def test_each_community_has_a_unit(session):
    assert count(session, Unit, Unit.kind == UnitKind.COMMUNITY, Unit.area_id.is_not(None)) == 15


def test_a_leader_is_on_duty_on_60_days_around_today(session):
    days = session.scalars(select(DutyDay.duty_on).order_by(DutyDay.duty_on)).all()
    assert (len(days), days[0] <= TODAY <= days[-1]) == (60, True)


def test_every_own_unit_has_an_agreement_of_this_year_and_some_are_not_signed(session):
    own = count(session, Unit, Unit.kind != UnitKind.EXTERNAL)
    signed = Counter(session.scalars(select(ResponsibilityAgreement.status)))
    assert (sum(signed.values()), signed[AgreementStatus.DRAFT]) == (own, 4)


# ---- the year of cases ----------------------------------------------------------------


def closed(kind: CaseKind):
    return Case.status == CaseStatus.CLOSED, Case.kind == kind


def test_182_disputes_ended_within_the_year(session):
    assert count(session, Case, *closed(CaseKind.DISPUTE), Case.closed_at > NOW - timedelta(days=365)) == 182


def test_26_petition_matters_ended_within_the_year(session):
    assert count(session, Case, *closed(CaseKind.PETITION), Case.closed_at > NOW - timedelta(days=365)) == 26


def test_no_more_cases_are_closed_than_those(session):
    found = Counter(session.scalars(select(Case.kind).where(Case.status == CaseStatus.CLOSED)))
    assert found == {CaseKind.DISPUTE: 182, CaseKind.PETITION: 26, CaseKind.APPEAL: 60}


def test_the_parties_of_every_closed_case_were_informed(session):
    assert count(session, Case, Case.status == CaseStatus.CLOSED, Case.is_informed.is_not(True)) == 0


def test_every_closed_case_was_closed_in_time(session):
    late = [
        c.case_no
        for c in session.scalars(select(Case).where(Case.status == CaseStatus.CLOSED))
        if c.closed_at.date() > c.due_on
    ]
    assert late == []


def test_cases_are_open_in_every_state(session):
    found = Counter(session.scalars(select(Case.status)))
    found.pop(CaseStatus.CLOSED)
    left = {CaseStatus.CLOSED, CaseStatus.SUSPENDED, CaseStatus.ARCHIVED, CaseStatus.MERGED}
    assert set(found) == set(CaseStatus) - left and 40 <= found.total() <= 50


def test_a_few_open_cases_are_overdue_and_a_few_fall_due_soon(session):
    given = Case.status == CaseStatus.ASSIGNED
    late = count(session, Case, given, Case.due_on < TODAY)
    soon = count(session, Case, given, Case.due_on >= TODAY, Case.due_on <= TODAY + timedelta(days=3))
    assert (late, soon) == (6, 4)


def test_14_cases_have_a_team(session):
    assert count(session, Team) == 14


def test_each_case_began_with_its_registration_and_events_follow_in_time(session):
    told = {}
    for event in session.scalars(select(CaseEvent).order_by(CaseEvent.case_id, CaseEvent.number)):
        told.setdefault(event.case_id, []).append(event)
    assert len(told) == count(session, Case)
    for events in told.values():
        times = [e.happened_at for e in events]
        assert (events[0].verb, times) == ("register", sorted(times))


def test_nothing_happened_outside_working_days_or_in_the_future(session):
    known = calendar(session)
    local = [at + timedelta(hours=8) for at in session.scalars(select(CaseEvent.happened_at))]
    assert all(known.is_workday(at.date()) and 8 <= at.hour < 18 for at in local)
    assert max(local) <= NOW + timedelta(hours=8)


def test_case_numbers_follow_the_time_of_registration(session):
    lines = session.execute(select(Case.registered_at, Case.case_no).order_by(Case.registered_at))
    found = [number for _, number in lines]
    assert found == sorted(found) and found[0].startswith("集里〔2025〕")


def test_every_case_lies_where_its_household_lives(session):
    pairs = session.execute(select(Case.area_id, Household.neighborhood_id).join(Case.household)).all()
    assert len(pairs) == count(session, Case) and all(area == home for area, home in pairs)


def test_every_case_has_an_applicant(session):
    assert session.scalar(select(func.count(CaseParty.case_id.distinct()))) == count(session, Case)


def test_subjects_and_summaries_vary(session):
    subjects = session.scalar(select(func.count(Case.subject.distinct())))
    summaries = session.scalar(select(func.count(Case.summary.distinct())))
    assert (subjects > 130, summaries > 270) == (True, True)


def test_no_words_are_left_unfilled(session):
    lines = session.execute(select(Case.subject, Case.summary, Case.result, Case.place)).all()
    assert [
        line for line in lines if re.search(r"[{}|]|None|被被|漏漏", " ".join(w or "" for w in line))
    ] == []


def test_the_accounts_of_mediator_and_department_have_work_waiting(session):
    users = {u.username: u for u in session.scalars(select(User))}
    waiting = Assignment.status == AssignmentStatus.OPEN
    mine = count(session, Assignment, waiting, Assignment.worker_id == users["tiaojie"].worker_id)
    ours = count(session, Assignment, waiting, Assignment.unit_id == users["bumen"].unit_id)
    assert (mine >= 3, ours >= 2) == (True, True)


# ---- nobody is real (domain §3.9) -------------------------------------------------------

NAMED = (
    (Household, "head_name"), (HouseholdMember, "name"), (Chief, "name"), (Worker, "name"),
    (ResidentialArea, "property_contact"), (CaseParty, "name"),
)  # fmt: skip
CALLED = (
    (Household, "mobile"),
    (HouseholdMember, "mobile"),
    (Chief, "mobile"),
    (Worker, "mobile"),
    (CaseParty, "mobile"),
)


def values(session, entity, name) -> list[str]:
    column = getattr(entity, name)
    return session.scalars(select(column).where(column.is_not(None))).all()


@pytest.mark.parametrize(("entity", "name"), NAMED)
def test_every_name_carries_the_mark_of_a_withheld_one(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if "某" not in v] == []


@pytest.mark.parametrize(("entity", "name"), CALLED)
def test_mobile_numbers_are_well_formed_and_of_a_network_that_does_not_exist(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if MOBILE.check(v) or not v.startswith("154")] == []


def test_two_households_never_share_a_mobile_number(session):
    found = values(session, Household, "mobile")
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("entity", "name"), [(Household, "head_id_number"), (CaseParty, "id_number")])
def test_identity_numbers_are_well_formed_and_of_people_born_before_1900(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if ID_NUMBER.check(v) or int(v[6:10]) >= 1900] == []


@pytest.mark.parametrize(
    ("entity", "name"), [(ResidentialArea, "property_phone"), (Unit, "phone"), (Committee, "phone")]
)
def test_landlines_are_well_formed_and_cannot_be_dialled(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if TELEPHONE.check(v) or not v.startswith("0731-0")] == []


def test_free_text_names_nobody(session):
    lines = session.execute(select(Case.subject, Case.summary, Case.result)).all()
    told = session.execute(select(Assignment.demand, Assignment.feedback)).all()
    assert [line for line in [*lines, *told] if "某" in " ".join(w or "" for w in line)] == []


# ---- the base ---------------------------------------------------------------------------


def everything(session) -> dict[str, list]:
    return {
        table.name: sorted(map(repr, session.connection().execute(select(table))))
        for table in Base.metadata.sorted_tables
        if table.name not in ("households", "household_members", "chiefs", "areas")
    }


def test_loading_the_base_again_changes_nothing(model):
    with model.session() as session:
        before = everything(session)
        load_base(session, model.said.append)
        session.flush()
        assert everything(session) == before


def test_loading_the_base_again_keeps_what_people_edited(model):
    with model.session() as session:
        session.get(Term, "divert").length = 7
        session.get(DictItem, "dispute_category:02").name = "邻里纠纷"
        session.flush()
        load_base(session, model.said.append)
        session.expire_all()
        kept = session.get(Term, "divert").length, session.get(DictItem, "dispute_category:02").name
        assert kept == (7, "邻里纠纷")
        session.rollback()


def test_all_sub_districts_and_communities_of_the_city_are_there(session):
    found = Counter(len(code) for code in session.scalars(select(Division.code)))
    assert found == {2: 1, 4: 1, 6: 1, 9: 32, 12: 326}


@pytest.mark.parametrize(
    ("name", "short"), [("集里街道", "集里"), ("大瑶镇", "大瑶"), ("小河乡", "小河"), ("浏阳市", "浏阳")]
)
def test_the_short_name_of_a_place_has_no_rank(name, short):
    assert short_name(name) == short


def test_there_are_18_categories_of_disputes(session):
    assert (
        count(session, DictItem, DictItem.dictionary == "dictionary:dispute_category", DictItem.parent_key.is_(None))
        == 18
    )


def test_every_category_has_a_unit_that_leads(session):
    categories = select(DictItem.id).where(
        DictItem.dictionary == "dictionary:dispute_category", DictItem.parent_key.is_(None)
    )
    led = select(DispatchRule.category)
    assert set(session.scalars(categories)) <= set(session.scalars(led))


@pytest.mark.parametrize(
    ("term", "length", "unit", "extension"),
    [
        ("divert", 5, "WD", 5),
        ("tj_mediate", 1, "M", 0),
        ("xf_handle", 60, "D", 30),
        ("xf_objection", 5, "WD", 0),
    ],
)
def test_terms_are_those_of_the_law_and_the_office(session, term, length, unit, extension):
    found = session.get(Term, term)
    assert (found.length, found.unit.value, found.extend_length) == (length, unit, extension)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-02-05", "xf_notice_direct", "2026-02-24"), ("2026-02-12", "xf_objection", "2026-02-26"),
        ("2026-03-02", "xf_handle", "2026-05-06"), ("2026-01-16", "tj_confirm_apply", "2026-02-24"),
        ("2026-01-31", "tj_mediate", "2026-02-28"), ("2026-03-31", "tj_mediate", "2026-04-30"),
        ("2026-09-05", "xf_notice_direct", "2026-09-20"), ("2026-04-24", "consult", "2026-05-12"),
    ],
)  # fmt: skip
def test_terms_and_calendar_give_the_days_of_the_test_vectors(session, start, term, end):
    rule = session.get(Term, term)
    day = datetime.fromisoformat(start).date()
    assert due_date(day, rule.length, rule.unit, calendar(session)).isoformat() == end


@pytest.mark.parametrize(("year", "rest", "make_up"), [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)])
def test_the_calendar_has_the_holidays_and_make_up_days_of_the_notices(session, year, rest, make_up):
    days = Counter(d.is_workday for d in session.scalars(select(Workday)) if d.day.year == year)
    assert (days[False], days[True]) == (rest, make_up)


def test_wildcards_of_roles_are_taken_in_order():
    assert expand("household:* -household:delete household:delete") == expand("household:*")
    assert "household:delete" not in expand("household:* -household:delete")


def test_a_permission_that_does_not_exist_is_reported():
    with pytest.raises(ValueError, match="no permission is called houshold"):
        expand("houshold:view")


def test_roles_hold_only_permissions_that_exist(session):
    known = {name for group in permission_labels().values() for name in group}
    assert all(set(role.permissions) <= known and role.permissions for role in session.scalars(select(Role)))


def test_the_three_administrators_share_no_power_to_change(session):
    roles = {role.code: set(role.permissions) for role in session.scalars(select(Role))}
    power = {
        code: {p for p in roles[code] if not p.endswith((":view", ":export"))}
        for code in ("system_admin", "security_admin", "audit_admin")
    }
    assert power["audit_admin"] == set() and not power["system_admin"] & power["security_admin"]
    business = {"personal:name", "personal:reveal", "personal:export", "case:view", "household:view"}
    assert [code for code in power if roles[code] & business] == []


def test_only_the_security_administrator_may_change_users(session):
    able = {r.code for r in session.scalars(select(Role)) if {"user:edit", "role:edit"} & set(r.permissions)}
    assert able == {"security_admin"}


# ---- accounts -----------------------------------------------------------------------------


def test_there_is_an_account_for_each_kind_of_work(model):
    expected = "shujuyuan shequ chuangkou fazhiban daiban tiaojie bumen cuiban duban waibu taizhang xitong anquan shenji"
    assert [account.username for account in model.accounts if not account.is_phone] == expected.split()


def test_three_chiefs_one_above_the_other_can_sign_in_on_a_phone(model, session):
    from services import phone_sign_in

    for account in (a for a in model.accounts if a.is_phone):
        with session.begin_nested() as undone:
            assert phone_sign_in.enter(session, account.username, account.password, "安卓手机", "10.0.0.1", NOW)
            undone.rollback()
    assert [a.role_name[:2] for a in model.accounts if a.is_phone] == ["邻长", "组长", "片长"]


def test_first_passwords_fit_and_must_be_changed(model, session):
    users = {u.username: u for u in session.scalars(select(User))}
    assert all(verify(users[a.username].password_hash, a.password) for a in model.accounts if not a.is_phone)
    assert all(user.must_change_password for user in users.values())


def test_accounts_that_are_there_are_left_alone(session):
    from seeds.accounts import create_accounts

    assert create_accounts(session, NOW) == []


def test_the_community_clerk_is_kept_to_one_community(session):
    clerk = session.scalar(select(User).where(User.username == "shequ"))
    assert (clerk.is_scoped, clerk.area.name, clerk.unit.area_id) == (True, "集里桥社区", clerk.area_id)


# ---- how it is written --------------------------------------------------------------------


def test_each_roster_is_in_the_audit_trail_as_one_entry(session):
    bulk = Counter(session.scalars(select(AuditEvent.entity).where(AuditEvent.verb == AuditVerb.BULK)))
    assert (bulk["household"], bulk["chief"], bulk["mediator"]) == (1, 1, 1)


def test_no_row_points_to_nowhere(model):
    with model.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_progress_is_told_in_chinese(model):
    assert len(model.said) >= 5 and all(re.search(r"[\u4e00-\u9fff]", line) for line in model.said)


def test_a_sub_district_that_has_areas_is_refused(small):
    with pytest.raises(Refused, match="已经有区域资料"):
        seed_demo(small.session, now=NOW, first=SMALL, report=small.said.append)


def test_an_unknown_place_is_refused(small):
    with pytest.raises(Refused, match="没有代码为430181999"):
        seed_demo(small.session, now=NOW, first="430181999", report=small.said.append)


def test_an_interrupted_seed_leaves_nothing(tmp_path):
    place = Place(tmp_path / "broken.db")

    def stop(sentence: str) -> None:
        if "名册已写入" in sentence:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed_demo(place.session, now=NOW, first=SMALL, report=stop)
    with place.session(SMALL) as session:
        assert (count(session, Area), session.scalar(select(func.count()).select_from(Division))) == (0, 0)


def story_of(place) -> list:
    with place.session(SMALL) as session:
        cases = session.execute(
            select(
                Case.case_no, Case.subject, Case.summary, Case.result, Case.due_on, Case.closed_at
            ).order_by(Case.case_no)
        ).all()
        homes = session.execute(
            select(Household.household_no, Household.head_name, Household.mobile, Household.address)
        )
        return [*cases, *sorted(homes.all())]


def test_the_same_number_gives_the_same_people_and_cases(small, tmp_path):
    again = Place(tmp_path / "again.db").seed(first=SMALL, seed=7)
    assert story_of(again) == story_of(small)


def test_another_place_gets_its_share_of_people_and_cases(small):
    with small.session(SMALL) as session:
        communities = areas(session, AreaKind.COMMUNITY, AreaKind.VILLAGE)
        nears = areas(session, AreaKind.NEIGHBORHOOD)
        assert (nears, count(session, Committee)) == (round(3618 * communities / 15), communities + 1)
