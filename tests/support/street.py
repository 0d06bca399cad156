"""A small office with at least one row of everything, and an account of every role, for tests that look at every page."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.appeal import Appeal
from models.case import Case, CaseParty, Objection
from models.codes import (
    AccessKind, AreaKind, CardColour, CaseKind, Closeness, CodePlace, CustomKind, InstructionKind, PointKind, RequestStatus,
    TermUnit, WarningKind, WhistleKind, WhistleLevel, WhistleReason,
)  # fmt: skip
from models.custom import CustomField
from models.audit import AccessEvent
from models.department import DispatchRule, DutyDay
from models.device import Device, PhoneCode
from models.dictionary import DictItem
from models.door_code import DoorCode
from models.export_request import ExportRequest
from models.household import HouseholdMember
from models.ledger import Ledger
from models.instruction import Instruction, InstructionUnit
from models.mediation import Counsellor
from models.mediation_codes import AgreementForm, SessionResult
from models.message import MessageChannel
from models.neighbor import Chief
from models.reception import ReceptionPoint
from models.reception_codes import VisitFeeling
from models.reception_visit import ReceptionVisit, Visitor
from models.recusal import Recusal
from models.residence import Building, ResidentialArea
from models.service_item import Hotline, ServiceItem
from models.session import MediationSession
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from models.supervision import Supervision
from models.term import Term
from models.urge import Urge
from models.user import Role, User
from models.hearing import Hearing
from models.inspection import Inspection
from models.visit import VisitLog, ZeroReport
from models.warning import WarningRule
from models.whistle import Whistle, WhistleTarget
from models.workday import Workday
from seeds.base import expand, read
from services import access, monthly
from services.appeals import appeal_flow, plates, reception
from services.background import outbox
from services.cases import case_flow
from services.coordination import instructions, supervisions, urges, whistles
from services.keeping import records
from services.mediation import confirmations, follow_ups, sessions, teams
from services.due_dates import local_day
from services.appeals.reception import RECEPTION_FLOW
from services.mediation.settlements import AGREEMENT_FLOW
from tests.support.builders import World, build_chief, build_world, case_facts, party

FLOW = case_flow.CASE_FLOW


def build_street(session: Session) -> dict[str, str]:
    """Fill the small sub-district; returns the sign-in name of each role of the seeds."""
    world = build_world(session)
    build_chief(session, world.east_neighborhood)
    _rosters(session, world)
    _cases(session, world)
    _door(session, world)
    names = _accounts(session, world)
    _large_export(session, names["roster_clerk"])
    _ledgers(session)
    return names


def _ledgers(session: Session) -> None:
    """A layout of each kind of source, and the report of the month before."""
    system, now = session.info["actor"], session.info["now"]
    sources = {"case": "案件", "committee_figures": "人民调解案件统计（每个调委会一行）"}
    session.add(DictItem(id="dictionary:ledger_source", dictionary="dictionary:dictionary", code="ledger_source", name="台账数据来源"))
    session.add_all(
        DictItem(id=f"ledger_source:{code}", dictionary="dictionary:ledger_source", code=code, name=name) for code, name in sources.items()
    )
    session.flush()
    for code, name in sources.items():
        row = Ledger(name=f"{name[:6]}台账", source=f"ledger_source:{code}", dated_by="received_on" if code == "case" else "closed_at", is_monthly=True)
        records.save(session, row, system, now)
    monthly.prepare_last(session, now)


def _rosters(session: Session, world: World) -> None:
    estate = ResidentialArea(name="东里花园", area_id=world.east.id, address="东里路1号", building_count=1)
    agreement = ResponsibilityAgreement(
        year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 1, 31), title="信访工作责任书"
    )
    session.add_all([
        estate, agreement, Counsellor(name="辰老师", studio="心晴工作室", mobile="13800000033"),
        DispatchRule(category="dispute_category:02", lead_unit_id=world.justice.id, basis="街道分流目录"),
        WarningRule(name="一邻多发", kind=WarningKind.CLUSTER, place=AreaKind.NEIGHBORHOOD, least=2, days=30, note="宜上门了解"),
        WarningRule(name="久无进展", kind=WarningKind.IDLE, least=1, days=10),
        DutyDay(duty_on=date(2026, 5, 1), leader_id=world.leader.id, deputy_id=world.clerk.id),
        HouseholdMember(household_id=world.east_household.id, name="申某某", relation="relation:child"),
        CustomField(
            roster="roster:household", label="帮扶类型", kind=CustomKind.CHOICE, dictionary="dictionary:relation", number=1,
            is_listed=True, is_filtered=True, help="按民政台账填写",
        ),
        Workday(day=date(2026, 10, 1), name="国庆节", source="国务院办公厅通知"),
        AccessEvent(kind=AccessKind.REVEAL, happened_at=session.info["now"], user_name="某某", reason="电话回访"),
    ])  # fmt: skip
    session.flush()
    session.add(Building(residential_area_id=estate.id, name="3栋", floor_count=18))
    session.add(ResponsibilityGoal(agreement_id=agreement.id, content="化解率达到95%", owner_id=world.clerk.id, due_on=date(2026, 12, 31)))
    session.flush()


def _cases(session: Session, world: World) -> None:
    """One matter at each point of the flow, all in the eastern community, with their history."""
    system, now = access.system("430181002"), session.info["now"]

    def registered(subject: str, **facts) -> Case:
        today = {"received_on": local_day(now), "occurred_on": None}
        return case_flow.register(session, system, now, parties=[party()], **case_facts(world, subject=subject, **today, **facts))

    def taken(subject: str, *verbs: str, **facts) -> Case:
        case = registered(subject, **facts)
        answers = {
            "assign": {"unit": world.justice, "worker": world.mediator}, "feed_back": {"feedback": "已上门了解，双方愿意调解"},
        }  # fmt: skip
        for verb in verbs:
            FLOW.take(session, verb, case, system, now, **answers.get(verb, {}))
        return case

    registered("楼上漏水引发的邻里纠纷")
    registered("反映路灯不亮", kind=CaseKind.APPEAL)
    taken("相邻排水纠纷", "accept")
    given = taken("拖欠工资纠纷", "accept", "assign")
    seats = {"leader": [world.leader.id], "mediator": [world.mediator.id], "lawyer": [world.lawyer.id], "staff": [world.clerk.id]}
    teams.assemble(session, given, teams.Choice(**seats), system, now, plan="先听双方意见，再约定时间调解")
    taken("围墙占地纠纷", "accept", "assign", "feed_back")
    order = case_flow.open_assignment(session, given)
    session.add(Objection(
        case_id=given.id, order_id=order.id, unit_id=world.justice.id, reason="欠薪由人社部门主管", proposed_unit_id=world.east_unit.id,
        raised_at=now,
    ))  # fmt: skip
    session.flush()
    _side_tracks(session, world, given)


def _door(session: Session, world: World) -> None:
    """What residents meet: a code, a plate, numbers to call, places to come to, and one appeal."""
    system, now = access.system("430181002"), session.info["now"]
    session.add_all(
        Term(id=f"appeal_{tier}", name=name, starts="收到诉求", length=1, unit=TermUnit.WORKDAY, source="测试")
        for tier, name in (("neighborhood", "邻长回应"), ("group", "组长回应"), ("sector", "片长回应"), ("community", "村社区回应"), ("subdistrict", "街道回应"))
    )  # fmt: skip
    session.add(Term(id="xf_objection", name="转送交办异议", starts="收到转送、交办", length=5, unit=TermUnit.WORKDAY, source="测试"))
    session.add_all([
        ServiceItem(name="邻居漏水", position=1), Hotline(name="报警", phone="110", is_emergency=True),
        ReceptionPoint(name="东里社区群众工作站", kind=PointKind.STATION, area_id=world.east.id, address="东里路1号", hours="工作日"),
    ])  # fmt: skip
    session.flush()
    _visits(session, world, system, now)
    outbox.put(session, MessageChannel.SMS, "您反映的事项已有答复", "answered:1", now, mobile="13800000001")
    code = DoorCode(place="东里花园3栋入口", kind=CodePlace.ENTRANCE, area_id=world.east_neighborhood.id)
    records.save(session, code, system, now)
    plates.make(session, world.east, now)
    appeal_flow.enter(session, Appeal(words="路灯不亮", channel="channel:qr", area_id=world.east_neighborhood.id), system, now)
    _phone(session, world)


def _phone(session: Session, world: World) -> None:
    """What the chief has done on the phone: signed in, visited, reported."""
    now, chief = session.info["now"], session.query(Chief).first()
    session.add_all([
        Device(chief_id=chief.id, name="安卓手机", signed_in_at=now, last_seen_at=now, address="10.0.0.1", token_hash="0" * 64),
        PhoneCode(chief_id=chief.id, code_hash="-", made_at=now, expires_at=now),
        VisitLog(household_id=world.east_household.id, visited_on=local_day(now), duty="visit_duty:talk", needs="想装扶手", chief_id=chief.id),
        ZeroReport(chief_id=chief.id, area_id=chief.area_id, reported_on=local_day(now), received_at=now),
    ])  # fmt: skip
    session.flush()


def _visits(session: Session, world: World, system, now) -> None:
    """One who waits at the station, one who was answered."""
    for words in ("", "低保怎么申请"):
        visit = ReceptionVisit(point_id=session.scalar(select(ReceptionPoint.id)), people_count=1, words=words or None)
        reception.enter(session, visit, system, now)
        records.save(session, Visitor(visit_id=visit.id, name="甲某某", mobile="13800000001"), system, now)
    heard = {"words": words, "is_heard": True, "feeling": VisitFeeling.CALM, "owner_unit": world.east_unit, "told": "请带身份证到窗口办理"}
    RECEPTION_FLOW.take(session, "call", visit, system, now)
    RECEPTION_FLOW.take(session, "answer", visit, system, now, **heard)


def _side_tracks(session: Session, world: World, case: Case) -> None:
    """A whistle, an urge, a supervision, an instruction and a recusal about one matter."""
    system, now, today = access.system("430181002"), session.info["now"], local_day(session.info["now"])
    whistle = Whistle(
        case_id=case.id, kind=WhistleKind.ENFORCEMENT, reason=WhistleReason.POWER, level=WhistleLevel.NORMAL, area_id=world.east.id,
        place="东里路口", request="请到场核查施工许可", contact_name="丁干部", contact_phone="0731-83600000", known_at=now,
    )  # fmt: skip
    whistles.blow(session, whistle, system, now)
    whistles.call(session, WhistleTarget(whistle_id=whistle.id, unit_id=world.justice.id), system, now)
    urges.urge(session, Urge(case_id=case.id, demand="请说明进展", due_on=today), system, now)
    supervisions.issue(
        session, Supervision(case_id=case.id, unit_id=world.justice.id, demand="三日内拿出方案", reply_by=today, card=CardColour.NONE),
        system, now,
    )  # fmt: skip
    instruction = Instruction(
        case_id=case.id, kind=InstructionKind.INSTRUCTION, leader_id=world.leader.id, words="请抓紧办理", given_on=today
    )
    instructions.give(session, instruction, system, now)
    part = InstructionUnit(instruction_id=instruction.id, unit_id=world.justice.id, due_on=today)
    instructions.address(session, part, system, now)
    _mediated(session, world, case, system, now)
    records.save(session, Recusal(worker_id=world.clerk.id, case_id=case.id, closeness=Closeness.KIN, reason="当事人是其舅舅"), system, now)


def _mediated(session: Session, world: World, case: Case, system, now) -> None:
    """A session, an agreement with its item, a confirmation, and a follow-up."""
    held = MediationSession(
        case_id=case.id, started_at=now, place="调解室", chair_id=world.mediator.id, is_told=True, disputed="责任", positions="各执一词",
        record="讲法讲理", result=SessionResult.AGREED,
    )  # fmt: skip
    sessions.hold(session, held, system, now)
    settled = MediationAgreement(
        case_id=case.id, committee_id=world.mediator.committee_id, mediator_id=world.mediator.id, form=AgreementForm.WRITTEN,
        facts="楼上漏水", disputed="修复",
    )  # fmt: skip
    records.save(session, settled, system, now)
    obligor = session.scalar(select(CaseParty).where(CaseParty.case_id == case.id).limit(1))
    records.save(session, AgreementItem(agreement_id=settled.id, obligor_id=obligor.id, what="修复漏水点"), system, now)
    today = local_day(now)
    signed = {"parties_on": today, "mediator_on": today, "sealed_on": today, "copies": 5}
    AGREEMENT_FLOW.take(session, "sign", settled, system, now, **signed)
    checks = dict.fromkeys(confirmations.CHECKS, True)
    records.save(session, Confirmation(agreement_id=settled.id, court="浏阳市人民法院", **checks), system, now)
    follow_ups.plan(session, case, system, now)
    session.add_all([
        Hearing(case_id=case.id, held_at=now, place="会议室", presider_id=world.leader.id, members="甲代表", recorder="丁干部", statements="各说了一遍", conclusion="按政策办理"),
        Inspection(committee_id=world.mediator.committee_id, inspected_on=today, inspection_count=3),
    ])  # fmt: skip
    session.flush()


def _large_export(session: Session, asker: str) -> None:
    """Somebody asks for more rows than may go out without a second person."""
    user = session.scalar(select(User).where(User.username == asker))
    session.add(ExportRequest(
        title="住户", row_count=60000, is_clear=False, range_words="全部", column_words="户号", reason="年度核对", status=RequestStatus.WAITING,
        requested_by_id=user.id, requested_at=session.info["now"], entity="household", wanted={},
    ))  # fmt: skip
    session.flush()


def _accounts(session: Session, world: World) -> dict[str, str]:
    chief = session.query(Chief).first()
    places = {
        "community_staff": {"area_id": world.east.id, "unit_id": world.east_unit.id},
        "case_leader": {"worker_id": world.leader.id}, "mediator": {"worker_id": world.mediator.id},
        "lawyer": {"worker_id": world.lawyer.id}, "department_liaison": {"unit_id": world.justice.id},
        "external_unit": {"unit_id": world.justice.id},
        "neighbor_chief": {"area_id": chief.area_id},
    }  # fmt: skip
    names = {}
    for number, given in enumerate(read("roles"), 1):
        role = Role(code=given["code"], name=given["name"], permissions=expand(given["permissions"]), note=given["note"])
        session.add(role)
        session.flush()
        names[given["code"]] = f"u{number:02}"  # no word, so that a role's code on screen is noticed
        session.add(
            User(username=names[given["code"]], name=f"{given['name']}某", role_id=role.id, subdistrict_id="430181002",
                 is_scoped=given["is_scoped"] == "yes", password_hash="-", must_change_password=False,
                 **places.get(given["code"], {}))
        )  # fmt: skip
    session.flush()
    return names
