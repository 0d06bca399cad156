"""Unpaid wages: two departments, one that objects, a whistle to the arbitrators, an agreement broken and kept."""

from __future__ import annotations

from sqlalchemy import select

from models.case import Assignment, Objection
from models.codes import AssignmentRole, AssignmentStatus, CaseOutcome, CaseStatus, ReportStatus
from models.follow_up import FollowUp
from models.mediation_codes import AgreementState
from models.settlement import AgreementItem, MediationAgreement
from models.whistle import WhistleTarget
from services.showing import LOCAL
from tests.support.journey import (
    BUILDING, COMMUNITY, DEMOLITION, DIRECTOR, ENFORCEMENT, LABOUR, LEDGER, MEDIATOR, OTHER_COMMUNITY, OUTSIDE, WINDOW, details,
)  # fmt: skip


def test_unpaid_wages_go_to_two_departments(journey, place):
    registered_and_given_out(journey, place)
    one_department_objects(journey, place)
    a_whistle_to_the_arbitrators(journey, place)
    both_departments_answer(journey)
    agreed_and_closed(journey, place)
    the_second_instalment_comes_late(journey)
    filed(journey)

    case = journey.case()
    assert (case.status, case.outcome, f"{case.amount:.0f}") == (CaseStatus.ARCHIVED, CaseOutcome.RESOLVED, "48000")
    assert journey.timeline() == [
        ("09-18", "登记"), ("09-18", "受理"), ("09-18", "分流交办"), ("09-22", "提出异议（综合行政执法队）"),
        ("09-22", "同意退回（综合行政执法队）"), ("09-22", "收回（综合行政执法队）"), ("09-22", "增派协办"), ("09-22", "吹哨"),
        ("09-22", "吹哨：劳动人事争议仲裁院"), ("09-23", "报到单位：接哨"), ("09-23", "报到单位：报到"), ("09-24", "报到单位：报告完成"),
        ("09-24", "报到单位：销哨"), ("09-24", "吹哨：结束"), ("09-24", "反馈"), ("09-29", "协办反馈（城市建设和物业管理办公室）"),
        ("09-29", "评价（人社服务中心）"), ("09-29", "征询调解意愿"), ("09-29", "第1次调解"), ("09-29", "调解协议：签订生效"),
        ("09-30", "调解协议：登记履行"), ("09-30", "办结"), ("10-09", "回访：登记回访"), ("11-02", "调解协议：登记履行"),
        ("11-02", "调解协议：未按约履行"), ("11-06", "调解协议：登记履行"), ("11-06", "调解协议：履行完毕"), ("11-09", "归档"),
    ]  # fmt: skip
    # The arbitrators came on a whistle and never saw the matter; the enforcers gave theirs back but have had it.
    assert journey.may_open(WINDOW, DIRECTOR, COMMUNITY, LABOUR, BUILDING, LEDGER, OTHER_COMMUNITY, DEMOLITION, OUTSIDE, MEDIATOR) == [
        WINDOW, DIRECTOR, COMMUNITY, LABOUR, BUILDING, LEDGER,
    ]  # fmt: skip


def registered_and_given_out(journey, place) -> None:
    """Friday 18 September: a month ends on Sunday 18 October, so on Monday; Sunday the 20th is a working day."""
    journey.at("2026-09-18 09:10")
    world, units = place.world, place.units
    journey.register(
        "装修工程拖欠五名工人工资", {"role": "applicant", "name": "甲某某", "mobile": "15400000001"},
        {"role": "respondent", "kind": "company", "name": "某安建筑劳务有限公司", "mobile": "15400000002"},
        area=world.east_neighborhood.id, category="dispute_category:10.02", amount="48000", people_count="5", onsite_reason="needs_unit",
    )  # fmt: skip
    journey.step(DIRECTOR, "受理", level="big")
    journey.step(DIRECTOR, "分流交办", unit=units[LABOUR].id, assist=units[ENFORCEMENT].id, demand="核实欠薪，查处无证施工")
    assert journey.clocks() == {"人民调解": ("2026-10-19", "计时中"), "分流调解反馈": ("2026-09-24", "计时中")}
    case = journey.case()
    assert (case.competent_unit_id, case.territory_unit_id) == (units[LABOUR].id, world.east_unit.id)
    assert case.case_no in journey.waiting(LABOUR) and case.case_no in journey.waiting(ENFORCEMENT)
    assert case.case_no not in journey.waiting(BUILDING) and journey.may_open(BUILDING) == []


def one_department_objects(journey, place) -> None:
    """Tuesday: the enforcers say that building permits are not theirs, the director agrees and asks the builders' office."""
    journey.at("2026-09-22 10:00")
    assist = journey.one(Assignment, Assignment.role == AssignmentRole.ASSIST)
    answers = {"reason": "施工许可由城建办监管", "proposed_unit": place.units[BUILDING].id}
    journey.step(ENFORCEMENT, "提出异议", details(assist), **answers)
    assert journey.in_tray("objection") == [(f"综合行政执法队对{journey.case().case_no}的分流提出异议，请裁定", "2026-09-24")]
    assert not journey.opens(DEMOLITION, details(journey.one(Objection)))
    journey.step(DIRECTOR, "同意退回", details(journey.one(Objection)), decision="施工许可属城建职责")
    assert journey.one(Assignment, Assignment.id == assist.id).status is AssignmentStatus.RETURNED
    journey.step(DIRECTOR, "增派协办", unit=place.units[BUILDING].id, demand="核查施工许可和发包情况")
    # Five working days from the 22nd, over the Mid-Autumn Festival of the 25th to the 27th.
    assert f"{journey.one(Assignment, Assignment.role == AssignmentRole.ASSIST).due_on}" == "2026-09-30"


def a_whistle_to_the_arbitrators(journey, place) -> None:
    """They have one working day to come, then five to deal with it: the holidays lie in between."""
    world = place.world
    journey.fill(
        DIRECTOR, f"/admin/whistle/new/?case={journey.case_id}", "吹哨", kind="unsolved", reason="cooperation", level="normal", area=world.east.id,
        place="东里社区群众工作站", request="请派人现场解答仲裁程序", contact_name="丁干部", contact_phone="0731-83600000", known_at="2026-09-22T09:30",
        **{"whistle_target-0-unit": place.units[OUTSIDE].id},
    )  # fmt: skip
    target = journey.one(WhistleTarget)
    assert f"{target.respond_by.astimezone(LOCAL):%m-%d %H:%M}" == "09-23 23:59"
    journey.at("2026-09-23 09:00")
    call = journey.who(OUTSIDE).open(details(target)).text
    assert "仲裁程序" in call and "甲某某" not in call and "拖欠" not in call and journey.may_open(OUTSIDE) == []
    journey.step(OUTSIDE, "接哨", details(target))
    journey.step(OUTSIDE, "报到", details(target), arrivals="仲裁员2人")
    assert f"{journey.one(WhistleTarget).finish_by.astimezone(LOCAL):%m-%d}" == "10-08"
    journey.at("2026-09-24 09:30")
    journey.step(OUTSIDE, "报告完成", details(target), result="已向工人讲明仲裁时效和所需证据")
    journey.step(DIRECTOR, "销哨", details(target), rating="good")
    assert journey.one(WhistleTarget).status is ReportStatus.CONFIRMED


def both_departments_answer(journey) -> None:
    """The labour office on its last day, the other before its own; the rating stands in the name of the unit."""
    journey.step(LABOUR, "反馈", feedback="欠薪48000元属实，公司愿分两期支付")
    journey.at("2026-09-29 09:00")
    orders = {}
    with journey.stored() as session:
        for order in session.scalars(select(Assignment).where(Assignment.status != AssignmentStatus.RETURNED)):
            orders[order.role] = order
    journey.step(BUILDING, "协办反馈", details(orders[AssignmentRole.ASSIST]), feedback="已责令补办施工许可")
    journey.step(DIRECTOR, "评价", details(orders[AssignmentRole.LEAD]), rating="good", note="按期核实清楚")


def agreed_and_closed(journey, place) -> None:
    """Tuesday the 29th: written, in two instalments; thirty days to ask the court end on Thursday 29 October."""
    journey.at("2026-09-29 11:30")
    world = place.world
    journey.step(DIRECTOR, "征询调解意愿", consent="agreed")
    journey.follow(DIRECTOR, "记录一次调解")
    journey.fill(
        DIRECTOR, "", "保存", started_at="2026-09-29T10:00", place="人社服务中心", chair=world.mediator.id, is_told="yes",
        disputed="欠薪数额和支付时间", positions="工人要求一次付清，公司资金紧张", record="核对考勤，讲明法律后果", result="agreed",
    )  # fmt: skip
    journey.follow(DIRECTOR, "拟订协议")
    worker, company = journey.parties()
    instalment = {"obligor": company.id, "obligee": worker.id, "what": "支付工资", "amount": "24000", "manner": "转账"}
    rows = {
        f"agreement_item-{number}-{name}": value
        for number, day in enumerate(("2026-09-30", "2026-10-30")) for name, value in {**instalment, "due_on": day}.items()
    }
    journey.fill(
        DIRECTOR, "", "保存", form="written", committee=world.mediator.committee_id, mediator=world.mediator.id, drafted_on="2026-09-29",
        facts="欠薪48000元", disputed="支付时间", **rows,
    )  # fmt: skip
    signed = {"parties_on": "2026-09-29", "mediator_on": "2026-09-29", "sealed_on": "2026-09-29"}
    agreement = journey.one(MediationAgreement)
    too_few = journey.refused(
        DIRECTOR, f"/admin/mediation-agreement/step/?id={agreement.id}&verb=sign", "签订生效", **signed, copies="2"
    )
    assert "协议至少一式3份" in too_few
    journey.step(DIRECTOR, "签订生效", details(agreement), **signed, copies="3")
    assert journey.clocks()["申请司法确认"] == ("2026-10-29", "计时中")

    journey.at("2026-09-30 16:00")
    perform(journey, "2026-09-30", performance="done", done_on="2026-09-30", proof="转账记录")
    journey.step(
        DIRECTOR, "办结", outcome="resolved", result="分两期付清工资48000元，第一期已付", root_cause="root_cause:wage", tier="subdistrict",
        is_informed="yes", informed_how="face",
    )  # fmt: skip
    assert journey.clocks() == {
        "人民调解": ("2026-10-19", "已完成"), "分流调解反馈": ("2026-09-30", "已完成"), "部门报到": ("2026-09-23", "已完成"),
        "报到后处置": ("2026-10-08", "已完成"), "申请司法确认": ("2026-10-29", "计时中"),
    }  # fmt: skip


def perform(journey, due_on: str, **answers) -> None:
    item = next(i for i in items(journey) if f"{i.due_on}" == due_on)
    journey.step(DIRECTOR, "登记履行", details(journey.one(MediationAgreement)), item=item.id, **answers)


def items(journey) -> list[AgreementItem]:
    with journey.stored() as session:
        return session.scalars(select(AgreementItem).order_by(AgreementItem.due_on)).all()


def the_second_instalment_comes_late(journey) -> None:
    """Three working days from 30 September: 8, 9 and Saturday 10 October, which is worked; nobody goes to court in time."""
    follow_up = journey.one(FollowUp)
    assert f"{follow_up.due_on}" == "2026-10-10"
    journey.at("2026-10-09 10:00")
    journey.step(WINDOW, "登记回访", details(follow_up), words="第一笔收到了，等第二笔", satisfaction="satisfied", rating_source="phone")
    journey.at("2026-10-20 02:00")
    journey.night()
    assert journey.in_tray("confirmation") == [(f"提醒：{journey.case().case_no}申请司法确认还剩9天", "2026-10-29")]
    journey.at("2026-10-30 02:00")
    journey.night()
    assert journey.clocks()["申请司法确认"] == ("2026-10-29", "已取消") and journey.in_tray("confirmation") == []

    journey.at("2026-11-02 09:00")
    perform(journey, "2026-10-30", performance="partly", proof="付了10000元")
    agreement = details(journey.one(MediationAgreement))
    journey.step(DIRECTOR, "未按约履行", agreement, words="第二期只付10000元，公司称月初回款后付清")
    assert "没有按约履行" in journey.waiting(DIRECTOR)
    journey.at("2026-11-06 15:00")
    archive = f"/admin/case/step/?id={journey.case_id}&verb=archive"
    assert "还不能归档" in journey.refused(DIRECTOR, archive, "归档")
    perform(journey, "2026-10-30", performance="done", done_on="2026-11-06", proof="转账记录")
    journey.step(DIRECTOR, "履行完毕", agreement)
    assert journey.one(MediationAgreement).status is AgreementState.PERFORMED and "没有按约履行" not in journey.waiting(DIRECTOR)


def filed(journey) -> None:
    journey.at("2026-11-09 10:00")
    journey.paper(DIRECTOR, "acceptance_register", "rights_notice", "mediation_record", "mediation_agreement")
    journey.scan(DIRECTOR, "当事人身份证明")
    page = journey.who(DIRECTOR).open(f"/admin/case/papers/?id={journey.case_id}").text
    assert "必备材料已齐" in page and "分流交办单" in page and "吹哨单" in page
    journey.step(DIRECTOR, "归档")
