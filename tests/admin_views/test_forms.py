"""Forms keep what they show, store only what they ask, and never overwrite somebody else's work."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select
from wtforms import Form

from admin_views.forms import Asker
from admin_views.system import ReadOnlyView
from models import describe, entities
from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.area import Area
from models.audit import AuditEvent
from models.case import Case, CaseParty
from models.codes import (
    AgreementStatus, AreaKind, CaseKind, CaseStatus, ChiefKind, CommitteeKind, CommitteePost, Employment, Gender,
    HouseholdUse, MatterLevel, PartyKind, PartyRole, SelectionMethod, TermUnit, UnitKind, Urgency,
)  # fmt: skip
from models.department import DispatchRule, DutyDay, Unit
from models.dictionary import DictItem
from models.division import Division
from models.household import Household, HouseholdMember
from models.mediation import Committee, Counsellor, Lawyer, Mediator
from models.neighbor import Chief
from models.residence import Building, ResidentialArea
from models.term import Term
from models.user import Role, User
from models.workday import Workday
from models.worker import Staff
from services.access import permission_labels
from services.records import find
from tests.support.builders import build_chief, build_user, build_world, case_facts, raw_case, raw_party

ID_NUMBER = "11010519491231002X"  # the example of the standard GB 11643
LONG = "第一行\n第二行  有两个空格\n“引号”、<尖括号>与&符号"
EVERYTHING = sorted(p for group in permission_labels().values() for p in group)
MASKED = [p for p in EVERYTHING if not p.startswith("personal:")]


class Page(HTMLParser):
    """Reads the record's form out of a page, and gives what a browser would send for it."""

    def __init__(self, html: str):
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self._inside = False
        self._area: list | None = None
        self._select: list | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        if tag == "form":
            self._inside = own.get("class") == "form"
        if not self._inside:
            return
        kind = own.get("type", "text")
        if tag == "input" and own.get("name") and (kind != "checkbox" or "checked" in own):
            self.sent.append((own["name"], (own.get("value") or "").replace("\n", "")))
        elif tag == "textarea":
            self._area = [own["name"], ""]
        elif tag == "select":
            self._select = [own["name"], None]
        elif tag == "option" and self._select and (self._select[1] is None or "selected" in own):
            self._select[1] = own["value"]  # a browser sends the first option when none is selected

    def handle_data(self, data):
        if self._area:
            self._area[1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._area:
            name, words = self._area
            self.sent.append((name, words.removeprefix("\n").replace("\n", "\r\n")))
            self._area = None
        elif tag == "select" and self._select:
            self.sent.append((self._select[0], self._select[1] or ""))
            self._select = None


def shown(client, url: str) -> dict[str, list[str]]:
    """What the form at an address would send if nothing were touched."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    found: dict[str, list[str]] = {}
    for name, value in Page(answer.text).sent:
        found.setdefault(name, []).append(value)
    return found


def address(row, action: str = "edit") -> str:
    return f"/admin/{type(row).slug().replace('_', '-')}/{action}/?id={row.id}"


def stored(session, row) -> dict:
    """A row as it lies in the database, all columns, as far as the driver gives it."""
    key = list(row.__table__.primary_key)[-1]
    value = row.day if isinstance(row, Workday) else row.id
    line = session.connection().execute(select(row.__table__).where(key == value)).one()
    return dict(line._mapping)


@pytest.fixture
def world(office):
    with office() as session:
        world = build_world(session)
        build_user(session, "keeper", EVERYTHING, is_scoped=False)
        build_user(session, "masked", MASKED, is_scoped=False)
    return world


@pytest.fixture
def keeper(world, client, sign_in):
    """Somebody who may do everything."""
    return sign_in(client, "keeper")


@pytest.fixture
def look(office):
    """Read one column or row afresh: `look(row, "name")`."""

    def read(row, name: str):
        with office() as session:
            return getattr(find(session, type(row), str(row.id)), name)

    return read


# ---- rows with everything filled in, and rows with as little as the database takes ---------


def _agreement(world, **facts):
    return ResponsibilityAgreement(
        year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 1, 31), **facts
    )


def _estate(session, world, **facts):
    estate = ResidentialArea(name="东里花园", area_id=world.east.id, **facts)
    session.add(estate)
    session.flush()
    return estate


FULL = {
    "Unit": lambda s, w: Unit(
        name="城管办", kind=UnitKind.OFFICE, area_id=w.east.id, duty=LONG, contact_name="丑联络", phone="0731-83600000",
        office_hours="8:30–17:30", is_active=False,
    ),
    "Staff": lambda s, w: Staff(
        name="寅干部", gender=Gender.MALE, mobile="13800000031", unit_id=w.justice.id, skills="邻里、劳动",
        is_active=False, post="主任", is_leader=False,
    ),
    "DispatchRule": lambda s, w: DispatchRule(
        category="dispute_category:02.01", lead_unit_id=w.justice.id, assisting_unit_id=w.east_unit.id, basis="街道分流目录"
    ),
    "DutyDay": lambda s, w: DutyDay(duty_on=date(2026, 5, 1), leader_id=w.leader.id, deputy_id=w.clerk.id, note="节日"),
    "ResponsibilityAgreement": lambda s, w: _agreement(
        w, title="责任书", party_b_id=w.clerk.id, signed_on=date(2026, 1, 20), status=AgreementStatus.SIGNED, note=LONG
    ),
    "ResponsibilityGoal": lambda s, w: ResponsibilityGoal(
        agreement=_agreement(w), content="化解率95%", owner_id=w.clerk.id, due_on=date(2026, 12, 31), progress=100, evidence=LONG
    ),
    "Lawyer": lambda s, w: Lawyer(
        name="卯律师", gender=Gender.FEMALE, mobile="13800000032", skills="劳动", firm="另一律师事务所", licence_no="14301201010000001",
    ),
    "Counsellor": lambda s, w: Counsellor(name="辰老师", mobile="13800000033", studio="心晴", certificate_no="C-1"),
    "Case": lambda s, w: raw_case(
        s, w, kind=CaseKind.PETITION, category="dispute_category:10", channel="channel:qr", level=MatterLevel.HARD,
        urgency=Urgency.CRITICAL, is_livelihood=False, summary=LONG, occurred_on=date(2026, 2, 1),
        amount=Decimal("1234567.50"), people_count=0, place="3栋2单元",
    ),
    "CaseParty": lambda s, w: raw_party(
        s, raw_case(s, w), role=PartyRole.WITNESS, kind=PartyKind.SHOP, id_number=ID_NUMBER, address="东里1号",
        household_id=w.east_household.id,
    ),
    "Committee": lambda s, w: Committee(
        name="西里调委会", kind=CommitteeKind.VILLAGE, area_id=w.west.id, address="西里2号", phone="12345",
        started_on=date(2025, 1, 1), ends_on=date(2027, 12, 31), is_active=False,
    ),
    "Mediator": lambda s, w: Mediator(
        name="巳调解", gender=Gender.FEMALE, mobile="13800000034", unit_id=w.east_unit.id, skills="婚姻家庭",
        committee_id=w.mediator.committee_id, employment=Employment.FULL_TIME, committee_post=CommitteePost.MEMBER,
        appointed_on=date(2025, 1, 1), term_ends_on=date(2027, 12, 31),
    ),
    "Area": lambda s, w: Area(
        name="第2邻", kind=AreaKind.NEIGHBORHOOD, parent_id=w.east_neighborhood.parent_id, code="430181002001.001.001.002",
        full_name="东里社区/第1片/第1组/第2邻", extent=LONG,
    ),
    "ResidentialArea": lambda s, w: _estate(
        s, w, address="东里路1号", property_company="某物业", property_contact="午经理", property_phone="0731-83600001",
        building_count=12,
    ),
    "Building": lambda s, w: Building(
        residential_area_id=_estate(s, w).id, name="3栋", floor_count=18, unit_count=2, is_elevator=False, note="临街"
    ),
    "Household": lambda s, w: Household(
        household_no="H900", head_name="未某某", mobile="13800000035", head_id_number=ID_NUMBER,
        neighborhood_id=w.east_neighborhood.id, unit_no="2单元", floor_no=-1, room_no="101", address="东里9号",
        use=HouseholdUse.RENTED, member_count=0, note="独居",
    ),
    "HouseholdMember": lambda s, w: HouseholdMember(
        household_id=w.east_household.id, name="申某某", relation="relation:child", gender=Gender.MALE, birth_year=2001,
        mobile="13800000036",
    ),
    "Chief": lambda s, w: Chief(
        name="酉邻长", kind=ChiefKind.NEIGHBORHOOD, area_id=w.east_neighborhood.id, mobile="13800000037", gender=Gender.FEMALE,
        is_representative=False, is_party_member=True, method=SelectionMethod.VOLUNTEERED, started_on=date(2024, 1, 1),
        ended_on=date(2025, 1, 1), is_public=True, note=LONG,
    ),
    "User": lambda s, w: build_user(
        s, "colleague", ["unit:view"], area_id=w.east.id, unit_id=w.justice.id, worker_id=w.clerk.id, is_active=False,
        last_seen_at=datetime(2026, 3, 1, 8, 15, 30, 123456, tzinfo=UTC),
    ),
    "Role": lambda s, w: Role(code="helper", name="帮手", permissions=["unit:view", "case:view", "case:edit"], note="临时"),
    "DictItem": lambda s, w: DictItem(
        id="channel:phone", dictionary="channel", code="phone", name="电话", sort=7, is_active=False, note="12345"
    ),
    "Term": lambda s, w: Term(
        id="own", name="内部时限", starts="交办", length=0, unit=TermUnit.HOUR, extend_length=3, source=LONG, is_statutory=True
    ),
    "Workday": lambda s, w: Workday(day=date(2026, 2, 14), is_workday=True, name="春节调休", source="国务院办公厅通知"),
    "Division": lambda s, w: s.get(Division, "430181002"),
}  # fmt: skip

BARE = {
    "Unit": lambda s, w: Unit(name="空单位", kind=UnitKind.EXTERNAL),
    "Staff": lambda s, w: Staff(name="空干部"),
    "DispatchRule": lambda s, w: DispatchRule(category="dispute_category:02", lead_unit_id=w.justice.id),
    "DutyDay": lambda s, w: DutyDay(duty_on=date(2026, 5, 2), leader_id=w.leader.id),
    "ResponsibilityAgreement": lambda s, w: _agreement(w),
    "ResponsibilityGoal": lambda s, w: ResponsibilityGoal(
        agreement=_agreement(w), content="零越级", owner_id=w.clerk.id, due_on=date(2026, 12, 31)
    ),
    "Lawyer": lambda s, w: Lawyer(name="空律师", firm="某所"),
    "Counsellor": lambda s, w: Counsellor(name="空老师"),
    "Case": lambda s, w: raw_case(s, w, household_id=None),
    "CaseParty": lambda s, w: raw_party(s, raw_case(s, w), mobile=None),
    "Committee": lambda s, w: Committee(name="空调委会", kind=CommitteeKind.VILLAGE),
    "Mediator": lambda s, w: Mediator(
        name="空调解", committee_id=w.mediator.committee_id, employment=Employment.PART_TIME
    ),
    "Area": lambda s, w: w.west_neighborhood,
    "ResidentialArea": lambda s, w: _estate(s, w),
    "Building": lambda s, w: Building(residential_area_id=_estate(s, w).id, name="1栋"),
    "Household": lambda s, w: Household(household_no="H901", head_name="空户", address="空地"),
    "HouseholdMember": lambda s, w: HouseholdMember(household_id=w.east_household.id, name="空成员"),
    "Chief": lambda s, w: build_chief(s, w.east_neighborhood),
    "User": lambda s, w: build_user(s, "newcomer", ["unit:view"]),
    "Role": lambda s, w: Role(code="nobody", name="只看", permissions=["unit:view"]),
    "DictItem": lambda s, w: s.get(DictItem, "dispute_category:02.01"),
    "Term": lambda s, w: s.get(Term, "divert"),
    "Workday": lambda s, w: Workday(day=date(2026, 10, 1), name="国庆节", source="通知"),
    "Division": lambda s, w: s.get(Division, "43"),
}  # fmt: skip


@pytest.fixture
def build(office, world):
    """Store a row of an entity: `build(FULL, "Household")`."""

    def store(rows: dict, name: str):
        with office() as session:
            row = rows[name](session, world)
            session.add(row)
            session.flush()
        return row

    return store


# ---- saving what is shown -------------------------------------------------------------------


def test_every_form_is_tried_here(console):
    views = console.extensions["entity_views"].values()
    by_hand = {v.entity.__name__ for v in views if not isinstance(v, ReadOnlyView) and v.entity.__name__ != "Worker"}
    assert by_hand == set(FULL) == set(BARE)


# Defects 1, 2, 3 and 13: codes with labels, empty yes/no, fractions of a second, children, defaults.
@pytest.mark.parametrize("user", ["keeper", "masked"])
@pytest.mark.parametrize("rows", [FULL, BARE], ids=["full", "bare"])
@pytest.mark.parametrize("name", FULL)
def test_saving_an_untouched_form_changes_nothing(build, office, client, sign_in, user, rows, name):
    row = build(rows, name)
    sign_in(client, user)
    with office() as session:
        before, entries = stored(session, row), session.scalar(select(func.count(AuditEvent.id)))
    answer = client.post(address(row), data=shown(client, address(row)))
    with office() as session:
        after = stored(session, row), session.scalar(select(func.count(AuditEvent.id)))
    assert (answer.status_code, *after) == (302, before, entries)
