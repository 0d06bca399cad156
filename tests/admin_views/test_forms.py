"""Forms keep what they show, store only what they ask, and never overwrite somebody else's work."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from wtforms import Form

from admin_views.reception import _window as window_of
from admin_views.forms import Asker
from admin_views.system import ReadOnlyView
from admin_views.whistle import Issued
from models import describe
from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.appeal import Appeal
from models.area import Area
from models.audit import AuditEvent
from models.case import Case
from models.codes import (
    AgreementStatus, AppealStatus, AreaKind, CaseKind, CaseStatus, ChiefKind, Closeness, CodePlace, CommitteeKind,
    CommitteePost, Employment, Gender, HouseholdUse, MatterLevel, MediationStage, PartyKind, PaperSize, PartyRole, PointKind,
    Retention, SelectionMethod, TermUnit, Tier5, UnitKind, Urgency, WarningKind,
)  # fmt: skip
from models.codes import CustomKind
from models.department import DispatchRule, DutyDay, Unit
from models.custom import CustomField
from models.dictionary import DictItem
from models.division import Division
from models.door_code import DoorCode
from models.follow_up import FollowUp
from models.hearing import Hearing
from models.household import Household, HouseholdMember
from models.ledger import Ledger
from models.mediation import Committee, Counsellor, Lawyer, Mediator
from models.inspection import Inspection
from models.mediation_codes import AgreementState, Attendance, ConfirmationState, FollowUpState, SessionResult
from models.monthly_report import MonthlyReport
from models.neighbor import Chief
from models.paper import Dossier
from models.reception import ReceptionPoint
from models.reception_codes import VisitorRole, VisitStatus
from models.reception_visit import ReceptionVisit, Visitor
from models.recusal import Recusal
from models.residence import Building, ResidentialArea
from models.service_item import Hotline, ServiceItem
from models.session import MediationSession, SessionAttendee
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from models.term import Term
from models.user import Role
from models.visit import VisitLog
from models.warning import WarningRule
from models.workday import Workday
from models.worker import Staff
from services.errors import Refused
from services.access import permission_labels
from services.keeping.records import find
from tests.support.builders import build_chief, build_user, build_world, raw_case, raw_party

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


def _kept(session, row):
    session.add(row)
    session.flush()
    return row


def _door_code(w, **facts) -> DoorCode:
    kind = CodePlace.HOUSEHOLD if facts.get("household_id") else CodePlace.ENTRANCE
    return DoorCode(
        place="3栋入口", kind=kind, area_id=w.east_neighborhood.id, token="b" * 26, issued_at=datetime(2026, 3, 1, tzinfo=UTC),
        is_active=True, **facts,
    )  # fmt: skip


def _point(w, **facts) -> ReceptionPoint:
    return ReceptionPoint(name="东里社区群众工作站", kind=PointKind.STATION, area_id=w.east.id, address="东里路1号", hours="工作日", **facts)


def _recusal(w, **facts) -> Recusal:
    return Recusal(
        worker_id=w.mediator.id, person_name="甲某某", closeness=next(iter(Closeness)), reason="亲属",
        declared_at=datetime(2026, 3, 1, tzinfo=UTC), **facts,
    )  # fmt: skip


def _appeal(w, **facts) -> Appeal:
    return Appeal(
        appeal_no="2026000001", query_code="12345678", idempotency_key="01900000-0000-7000-8000-000000000001", words="楼道灯坏了",
        channel="channel:qr", area_id=w.east_neighborhood.id, owner_area_id=w.east.id, status=AppealStatus.WAITING,
        tier=Tier5.COMMUNITY, received_at=datetime(2026, 3, 1, tzinfo=UTC), **facts,
    )  # fmt: skip


def _visit(s, w, **facts) -> ReceptionVisit:
    point = _kept(s, ReceptionPoint(name="接待中心", kind=PointKind.CENTRE, area_id=w.root.id, address="一楼", hours="工作日"))
    return ReceptionVisit(
        visit_no="访2026000001", point_id=point.id, area_id=w.root.id, arrived_at=datetime(2026, 3, 1, 1, 0, tzinfo=UTC),
        visited_on=date(2026, 3, 1), queue_number=1, people_count=6, status=VisitStatus.WAITING, **facts,
    )  # fmt: skip


def _ledger(s, **facts) -> Ledger:
    _kept(s, DictItem(id="dictionary:ledger_source", dictionary="dictionary:dictionary", code="ledger_source", name="台账数据来源"))
    _kept(s, DictItem(id="ledger_source:case", dictionary="dictionary:ledger_source", code="case", name="案件"))
    return Ledger(name="另一台账", source="ledger_source:case", **facts)


def _report(**facts) -> MonthlyReport:
    return MonthlyReport(month=date(2026, 2, 1), name="2026年2月月报", prepared_at=datetime(2026, 3, 1, 1, 0, tzinfo=UTC), **facts)


def _session(s, w, **facts) -> MediationSession:
    return MediationSession(
        case_id=raw_case(s, w).id, number=1, stage=MediationStage.ONSITE, started_at=datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
        place="调解室", chair_id=w.mediator.id, is_told=True, disputed="责任", positions="各执一词", record="讲法讲理",
        result=SessionResult.FAILED, **facts,
    )  # fmt: skip


def _settlement(s, w, **facts) -> MediationAgreement:
    return MediationAgreement(
        case_id=raw_case(s, w).id, status=AgreementState.DRAFT, committee_id=w.mediator.committee_id, mediator_id=w.mediator.id,
        drafted_on=date(2026, 3, 1), facts="漏水", disputed="责任", **facts,
    )  # fmt: skip


def _item(s, w, **facts) -> AgreementItem:
    agreement = _kept(s, _settlement(s, w))
    party_row = raw_party(s, s.get(Case, ("430181002", agreement.case_id)))
    return AgreementItem(agreement_id=agreement.id, obligor_id=party_row.id, what="修复", **facts)


def _confirmation(s, w, **facts) -> Confirmation:
    agreement = _kept(s, _settlement(s, w))
    given = dict.fromkeys(("is_civil", "is_no_status", "is_no_title", "is_clear", "is_lawful"), False) | facts
    return Confirmation(agreement_id=agreement.id, court="浏阳市人民法院", status=ConfirmationState.PLANNED, **given)


def _hearing(s, w, **facts) -> Hearing:
    return Hearing(
        case_id=raw_case(s, w, kind=CaseKind.PETITION).id, held_at=datetime(2026, 3, 1, 1, 30, tzinfo=UTC), place="会议室", presider_id=w.leader.id,
        members="甲代表，居民代表", recorder="丁干部", statements="双方各说了一遍", conclusion="按政策办理", **facts,
    )  # fmt: skip


def _inspection(w, **facts) -> Inspection:
    return Inspection(committee_id=w.mediator.committee_id, inspected_on=date(2026, 2, 28), **facts)


def _dossier(s, w, **facts) -> Dossier:
    return Dossier(case_id=raw_case(s, w).id, dossier_no="（2026）测人调字第1号", name="甲某某与乙某某纠纷", retention=next(iter(Retention)), **facts)


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
    "ReceptionVisit": lambda s, w: _visit(s, w, leader_id=w.leader.id, accompanied_by="律师", incident=LONG, is_repeat=False, words=LONG),
    "Visitor": lambda s, w: Visitor(
        visit_id=_kept(s, _visit(s, w)).id, role=VisitorRole.REPRESENTATIVE, seat=2, name="甲某某", mobile="13800000041", address="东里1号"
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
        s, w, kind=CaseKind.APPEAL, category="dispute_category:10", channel="channel:qr", level=MatterLevel.HARD,
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
        id="channel:phone", dictionary="dictionary:channel", code="phone", name="电话", sort=7, is_active=False, note="12345"
    ),
    "Term": lambda s, w: Term(
        id="own", name="内部时限", starts="交办", length=0, unit=TermUnit.HOUR, extend_length=3, source=LONG, is_statutory=True
    ),
    "CustomField": lambda s, w: CustomField(
        roster="roster:household", label="帮扶对象", kind=CustomKind.CHOICE, dictionary="dictionary:relation", section="帮扶",
        help="按民政台账填写", is_required=False, is_listed=True, is_filtered=True, is_active=False, sort=5, number=7,
    ),
    "Workday": lambda s, w: Workday(day=date(2026, 2, 14), is_workday=True, name="春节调休", source="国务院办公厅通知"),
    "DoorCode": lambda s, w: _door_code(w, building_id=None, household_id=w.east_household.id),
    "ServiceItem": lambda s, w: ServiceItem(
        name="邻居吵闹", explained=LONG, category="dispute_category:02", unit_id=w.justice.id, urgency=Urgency.URGENT, position=5,
        is_active=False,
    ),
    "Hotline": lambda s, w: Hotline(
        name="某热线", phone="0731-83600002", hours="全天", purpose="咨询", unit_id=w.justice.id, is_emergency=True, is_printed=False,
        position=3, is_active=False,
    ),
    "ReceptionPoint": lambda s, w: _point(w, phone="0731-83600003", is_public=False),
    "WarningRule": lambda s, w: WarningRule(
        name="一地多发", kind=WarningKind.CLUSTER, category="dispute_category:02", place=AreaKind.COMMUNITY, least=3, days=30,
        is_active=False, note="每月看一次",
    ),
    "Recusal": lambda s, w: _recusal(w, person_mobile="13800000041"),
    "Appeal": lambda s, w: _appeal(
        w, place="3栋", name="甲某某", mobile="13800000042", urgency=Urgency.URGENT, household_id=w.east_household.id
    ),
    "MediationSession": lambda s, w: _session(
        s, w, ended_at=datetime(2026, 3, 1, 3, 15, tzinfo=UTC), is_consented=True, investigation=LONG, undisputed=LONG,
    ),
    "SessionAttendee": lambda s, w: SessionAttendee(
        session_id=_kept(s, _session(s, w)).id, capacity=Attendance.AGENT, name="丁代理", note="律师"
    ),
    "MediationAgreement": lambda s, w: _settlement(s, w, copies=3),
    "AgreementItem": lambda s, w: _item(s, w, amount=Decimal("1200.50"), due_on=date(2026, 4, 1), where="调解室", manner="转账"),
    "Confirmation": lambda s, w: _confirmation(s, w, is_civil=True, is_clear=True),
    "FollowUp": lambda s, w: FollowUp(
        case_id=raw_case(s, w).id, status=FollowUpState.PLANNED, due_on=date(2026, 3, 9), purpose="楼上漏水"
    ),
    "Hearing": lambda s, w: _hearing(s, w, ended_at=datetime(2026, 3, 1, 3, 15, tzinfo=UTC), deliberation=LONG),
    "Inspection": lambda s, w: _inspection(
        w, inspection_count=4, prevented_count=2, crime_count=1, crime_people=2, petition_count=1, petition_people=12, note="春节前",
    ),
    "Dossier": lambda s, w: _dossier(s, w, filed_by="丁干部", filed_on=date(2026, 3, 2), page_count=12, statement=LONG, note="一卷"),
    "Division": lambda s, w: s.get(Division, "430181002"),
    "VisitLog": lambda s, w: VisitLog(
        household_id=w.east_household.id, visited_on=date(2026, 3, 1), duty="visit_duty:talk", needs=LONG, chief_id=build_chief(s, w.east_neighborhood).id,
    ),
    "Ledger": lambda s, w: _ledger(
        s, position=5, title="标题", note=LONG, signature="填表人：", empty_words="本月无", paper=PaperSize.A3, is_portrait=True, is_new_page=True, is_monthly=True,
    ),
    "MonthlyReport": lambda s, w: _report(overview=LONG, features=LONG, problems=LONG, plans=LONG),
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
    "CustomField": lambda s, w: CustomField(roster="roster:case", label="来信编号", kind=CustomKind.TEXT, number=8),
    "Workday": lambda s, w: Workday(day=date(2026, 10, 1), name="国庆节", source="通知"),
    "DoorCode": lambda s, w: _door_code(w),
    "ServiceItem": lambda s, w: ServiceItem(name="空项目"),
    "Hotline": lambda s, w: Hotline(name="空电话", phone="12345"),
    "ReceptionPoint": lambda s, w: _point(w),
    "ReceptionVisit": lambda s, w: _visit(s, w),
    "Visitor": lambda s, w: Visitor(visit_id=_kept(s, _visit(s, w)).id, name="空来访"),
    "WarningRule": lambda s, w: WarningRule(name="空规则", kind=WarningKind.CROWD, least=5, days=30),
    "Recusal": lambda s, w: _recusal(w),
    "Appeal": lambda s, w: _appeal(w),
    "MediationSession": lambda s, w: _session(s, w),
    "SessionAttendee": lambda s, w: SessionAttendee(
        session_id=_kept(s, _session(s, w)).id, capacity=Attendance.MEDIATOR, name="空调解"
    ),
    "MediationAgreement": lambda s, w: _settlement(s, w),
    "AgreementItem": lambda s, w: _item(s, w),
    "Confirmation": lambda s, w: _confirmation(s, w),
    "FollowUp": lambda s, w: FollowUp(
        case_id=raw_case(s, w).id, status=FollowUpState.PLANNED, due_on=date(2026, 3, 9), purpose="空回访"
    ),
    "Hearing": lambda s, w: _hearing(s, w),
    "Inspection": lambda s, w: _inspection(w),
    "Dossier": lambda s, w: _dossier(s, w),
    "Division": lambda s, w: s.get(Division, "43"),
    "VisitLog": lambda s, w: VisitLog(household_id=w.east_household.id, visited_on=date(2026, 3, 1), duty="visit_duty:talk"),
    "Ledger": lambda s, w: _ledger(s),
    "MonthlyReport": lambda s, w: _report(),
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
    by_hand = {
        v.entity.__name__ for v in views if not isinstance(v, ReadOnlyView | Issued) and f"{v.guarded_as}:edit" in EVERYTHING
    }
    assert by_hand == set(FULL) == set(BARE)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # forms do not depend on the database
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


# Defect 2: what an input shows shorter than it is comes back shorter.
def test_an_instant_keeps_its_seconds(session):
    kept = datetime(2026, 3, 1, 8, 15, 30, 123456, tzinfo=UTC)
    form_class = type("F", (Form,), {"at": _asker(session).typed("at", "时间", datetime)})
    page = form_class(data={"at": kept})
    assert page.at._value() == "2026-03-01 16:15"
    assert form_class(MultiDict({"at": "2026-03-01T16:15"}), data={"at": kept}).at.data == kept


def test_an_instant_that_was_changed_is_read_as_local_time(session):
    form_class = type("F", (Form,), {"at": _asker(session).typed("at", "时间", datetime)})
    form = form_class(MultiDict({"at": "2026-03-01T16:20"}), data={"at": datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)})
    assert form.at.data == datetime(2026, 3, 1, 8, 20, tzinfo=UTC)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("type_", "typed", "meant"), [
    (Decimal, "１，２３４．５", Decimal("1234.5")), (int, " １２ ", 12), (date, "２０２６－０３－０１", date(2026, 3, 1)),
])  # fmt: skip
def test_full_width_figures_are_read_as_they_are_meant(session, type_, typed, meant):
    form = type("F", (Form,), {"it": _asker(session).typed("it", "内容", type_)})(MultiDict({"it": typed}))
    assert (form.validate(), form.it.data) == (True, meant)


def test_a_raised_two_is_no_number_of_a_window():
    with pytest.raises(Refused, match="请填1到99的数字"):
        window_of("²")


@pytest.mark.parametrize(("type_", "typed"), [(datetime, "0001-01-01T00:00"), (datetime, "9999-12-31T23:59"), (int, "2147483648")])
def test_what_no_database_can_hold_is_refused_in_its_box(session, type_, typed):
    form = type("F", (Form,), {"it": _asker(session).typed("it", "内容", type_)})(MultiDict({"it": typed}))
    assert (form.validate(), "请核对" in form.it.errors[0]) == (False, True)


def _asker(session) -> Asker:
    return Asker(session, session.info["actor"], lambda name: "")


# Defect 1: a stored value that is not among the choices makes a browser send the first one.
def test_an_item_that_was_switched_off_stays_chosen(build, keeper, office, look):
    row = build(FULL, "Case")  # of the category 拖欠农民工工资
    with office() as session:
        session.get(DictItem, "dispute_category:10").is_active = False
    page = shown(keeper, address(row))
    keeper.post(address(row), data=page | {"place": "改过的地点"})
    assert (look(row, "category"), look(row, "place")) == ("dispute_category:10", "改过的地点")


def test_an_item_that_was_switched_off_is_not_offered_anew(build, keeper, office):
    row = build(FULL, "Case")
    with office() as session:
        session.get(DictItem, "dispute_category:02").is_active = False
    answer = keeper.post(address(row), data=shown(keeper, address(row)) | {"category": "dispute_category:02"})
    assert (answer.status_code, "没有这个选项，请重新选择" in answer.text) == (422, True)


@pytest.mark.parametrize("field, value", [("use", "castle"), ("neighborhood", "castle"), ("floor_no", "castle"), ("use", "OWNER")])
def test_a_choice_that_is_none_is_refused(build, keeper, look, field, value):
    row = build(FULL, "Household")
    answer = keeper.post(address(row), data=shown(keeper, address(row)) | {field: value, "note": "改"})
    assert ("没有保存" in answer.text, look(row, "note")) == (True, "独居")


# Defect 3: a parent's form detaches its children.
def test_saving_a_household_leaves_its_members_with_it(build, keeper, world, look):
    member = build(FULL, "HouseholdMember")
    keeper.post(address(world.east_household), data=shown(keeper, address(world.east_household)) | {"note": "改"})
    assert look(member, "household_id") == world.east_household.id


def test_no_form_offers_the_parts_of_a_record(build, keeper):
    assert "members" not in shown(keeper, address(build(FULL, "Household")))


# ---- what is not on the form ----------------------------------------------------------------


def _other(column) -> str:
    """A value of the column's type that no row of these tests has."""
    codes = getattr(column.type, "enum_class", None)
    if codes:
        return list(codes)[-1].value
    return {bool: "yes", int: "99", date: "2001-01-01", datetime: "2001-01-01T08:00"}.get(
        getattr(column.type, "python_type", str), "01900000-0000-7000-8000-000000000000"
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # forms do not depend on the database
# §12 “no CSRF by default; every column is a form field”.
@pytest.mark.parametrize("name", FULL)
def test_a_column_that_is_not_on_the_form_cannot_be_stored(build, office, keeper, name):
    row = build(FULL, name)
    page = shown(keeper, address(row))
    asked = set(page) - {"csrf_token", "lock_version"}
    extra = {c.key: _other(c) for c in row.__table__.columns if c.key not in asked}
    extra = {key: value for key, value in extra.items() if key.removesuffix("_id") not in asked}
    extra |= {d.name: _other(d.column) for d in describe(type(row)).values() if d.name not in asked}
    with office() as session:
        before = stored(session, row)
    answer = keeper.post(address(row), data=extra | page)
    with office() as session:
        assert (answer.status_code, stored(session, row)) == (302, before)


def test_a_new_row_takes_nothing_but_what_the_form_asks(keeper, world, office):
    page = shown(keeper, "/admin/household/new/")
    keeper.post("/admin/household/new/", data=page | {
        "head_name": "戌某某", "address": "东里10号", "version": "99", "subdistrict_id": "430181003",
        "id": "01900000-0000-7000-8000-000000000000", "created_at": "2001-01-01T08:00",
    })  # fmt: skip
    with office() as session:
        row = session.scalar(select(Household).where(Household.head_name == "戌某某"))
    assert (row.version, row.subdistrict_id, row.created_at.year > 2025) == (1, "430181002", True)
    assert row.id != "01900000-0000-7000-8000-000000000000"


def test_a_new_case_begins_registered_whatever_is_sent(keeper, world, office):
    page = shown(keeper, "/admin/case/new/")
    sent = {
        "subject": "噪音", "kind": "dispute", "category": "dispute_category:02", "channel": "channel:window",
        "summary": "夜间噪音", "received_on": "2026-03-02", "area": world.east.id, "status": "closed",
        "outcome": "resolved", "case_no": "冒充1号", "closed_at": "2026-03-02T08:00",
    }  # fmt: skip
    keeper.post("/admin/case/new/", data=page | sent)
    with office() as session:
        case = session.scalar(select(Case).where(Case.subject == "噪音"))
    assert (case.status, case.outcome, case.case_no == "冒充1号") == (CaseStatus.REGISTERED, None, False)


def test_a_password_cannot_be_set_on_the_form_of_an_account(build, keeper, look):
    row = build(FULL, "User")
    keeper.post(address(row), data=shown(keeper, address(row)) | {"password_hash": "x", "must_change_password": "yes"})
    assert (look(row, "password_hash"), look(row, "must_change_password")) == ("-", False)


@pytest.mark.parametrize("query", [
    "kind=castle", "kind=petition&received_on=yesterday", "is_livelihood=no", "amount=much", "people_count=many",
    "area=castle", "category=castle", "household=00000000-0000-0000-0000-000000000000",
])  # fmt: skip
def test_an_address_may_fill_in_a_new_form_with_anything(keeper, query):
    assert keeper.get(f"/admin/case/new/?{query}").status_code == 200


def test_an_address_fills_in_what_makes_sense(keeper):
    page = shown(keeper, "/admin/case/new/?kind=petition&is_livelihood=no&amount=5")
    assert (page["kind"], page["is_livelihood"], page["amount"]) == (["petition"], ["no"], ["5"])


# ---- what is typed --------------------------------------------------------------------------


# Defect 13: a title of one blank is no title; strings are trimmed.
@pytest.mark.parametrize("blank", ["", " ", "　", "\t", "\u200b", " \u00a0 "])
def test_a_needed_text_of_blanks_is_refused(build, keeper, look, blank):
    row = build(FULL, "Household")
    answer = keeper.post(address(row), data=shown(keeper, address(row)) | {"address": blank})
    assert ("请填写门牌地址" in answer.text, look(row, "address")) == (True, "东里9号")


def test_text_is_trimmed(build, keeper, look):
    row = build(FULL, "Household")
    keeper.post(address(row), data=shown(keeper, address(row)) | {"note": " 　独居老人 "})
    assert look(row, "note") == "独居老人"


# Defect 13: an input left empty overwrites what the table would fill in.
def test_a_default_is_shown_on_a_new_form(keeper, world):
    page = shown(keeper, "/admin/household/new/")
    assert page["use"] == ["owner"]


def test_an_empty_yes_or_no_stays_empty(build, keeper, look):
    row = build(BARE, "Building")
    assert shown(keeper, address(row))["is_elevator"] == [""]
    keeper.post(address(row), data=shown(keeper, address(row)) | {"note": "改"})
    assert look(row, "is_elevator") is None


def test_a_masked_number_is_kept_beside_a_change(build, client, sign_in, look):
    row = build(FULL, "Household")
    sign_in(client, "masked")
    page = shown(client, address(row))
    assert (page["mobile"], page["head_name"]) == (["138****0035"], ["未**"])
    client.post(address(row), data=page | {"note": "改"})
    assert (look(row, "mobile"), look(row, "head_name"), look(row, "note")) == ("13800000035", "未某某", "改")


def test_a_masked_number_can_be_replaced(build, client, sign_in, look):
    row = build(FULL, "Household")
    sign_in(client, "masked")
    client.post(address(row), data=shown(client, address(row)) | {"mobile": "13900000099"})
    assert look(row, "mobile") == "13900000099"


def test_another_mask_is_no_number(build, client, sign_in, look):
    row = build(FULL, "Household")
    sign_in(client, "masked")
    answer = client.post(address(row), data=shown(client, address(row)) | {"mobile": "139****0099"})
    assert ("手机号码应为11位数字" in answer.text, look(row, "mobile")) == (True, "13800000035")


def test_what_was_typed_stays_on_a_refused_form(build, keeper):
    row = build(FULL, "Household")
    answer = keeper.post(address(row), data=shown(keeper, address(row)) | {"note": "新的备注", "member_count": "-1"})
    assert ("人口数不能小于0" in answer.text, "新的备注" in answer.text) == (True, True)


# ---- two people -----------------------------------------------------------------------------


@pytest.fixture
def conflict(build, office, keeper):
    """The answer to a form that somebody else overtook."""
    row = build(FULL, "Household")
    page = shown(keeper, address(row))
    with office() as session:
        session.get(Household, ("430181002", row.id)).note = "同事先写的"
    return row, keeper.post(address(row), data=page | {"note": "我后写的"})


# Defect 4: the version is compared with the one the form was made from.
def test_two_people_editing_the_second_is_told(conflict):
    assert conflict[1].status_code == 409


def test_two_people_editing_the_first_is_not_overwritten(conflict, look):
    assert look(conflict[0], "note") == "同事先写的"


def test_two_people_editing_both_versions_are_shown(conflict):
    page = conflict[1].text
    assert ("同事先写的" in page, "我后写的" in page) == (True, True)


def test_two_people_editing_what_was_typed_is_still_in_the_form(conflict):
    found = dict(Page(conflict[1].text).sent)
    assert found["note"] == "我后写的"


def test_two_people_editing_the_second_may_then_decide(conflict, keeper, look):
    row, answer = conflict
    assert keeper.post(address(row), data=dict(Page(answer.text).sent)).status_code == 302
    assert look(row, "note") == "我后写的"


@pytest.mark.parametrize("sent", [None, "", "0", "99", "castle"])
def test_a_form_without_the_right_version_is_not_saved(build, keeper, look, sent):
    row = build(FULL, "Household")
    page = shown(keeper, address(row)) | {"note": "改", "lock_version": sent}
    answer = keeper.post(address(row), data={k: v for k, v in page.items() if v is not None})
    assert (answer.status_code, look(row, "note")) == (409, "独居")


def test_the_version_is_no_box_to_type_in(build, keeper):
    page = keeper.get(address(build(FULL, "Household"))).text
    assert '<input type="hidden" name="lock_version" value="1">' in page
    assert 'name="version"' not in page


# ---- deleting -------------------------------------------------------------------------------


def exists(office, row) -> bool:
    with office() as session:
        return session.get(type(row), ("430181002", row.id)) is not None


# Defect 8 and §12: the question is a page of its own, so no script is needed to ask it.
def test_delete_asks_first(build, office, keeper):
    row = build(BARE, "Household")
    page = keeper.get(address(row, "delete"))
    assert ("确定删除“空户 空地”吗？" in page.text, exists(office, row)) == (True, True)


def test_delete_without_the_confirmed_question_asks_again(build, office, keeper, token):
    row = build(BARE, "Household")
    page = keeper.get(address(row, "delete"))
    answer = keeper.post("/admin/household/delete/", data={"csrf_token": token(page.text), "id": row.id})
    assert ("确定删除" in answer.text, exists(office, row)) == (True, True)


def test_a_confirmed_delete_deletes(build, office, keeper, token):
    row = build(BARE, "Household")
    sent = {"csrf_token": token(keeper.get(address(row, "delete")).text), "id": row.id, "confirmed": "1"}
    assert keeper.post("/admin/household/delete/", data=sent).status_code == 302
    assert not exists(office, row)


def test_no_link_or_button_of_a_list_deletes_at_once(build, keeper):
    build(BARE, "Household")
    page = keeper.get("/admin/household/").text
    assert "/admin/household/delete/?id=" in page
    assert 'action="/admin/household/delete/"' not in page


def test_a_row_that_others_need_is_not_deleted(build, office, keeper, token, world):
    row = world.east_neighborhood
    sent = {"csrf_token": token(keeper.get(address(row, "delete")).text), "id": row.id, "confirmed": "1"}
    answer = keeper.post("/admin/area/delete/", data=sent, follow_redirects=True)
    assert ("还被其他记录使用，不能删除" in answer.text, exists(office, row)) == (True, True)


@pytest.mark.parametrize("name", ["User", "Role", "DictItem", "Term", "Workday", "Division"])
def test_two_people_editing_a_shared_row_the_second_is_told(build, keeper, look, name):
    row = build(FULL, name)
    page = shown(keeper, address(row))
    keeper.post(address(row), data=page | {"name": "先写的"})
    assert (keeper.post(address(row), data=page | {"name": "后写的"}).status_code, look(row, "name")) == (409, "先写的")
