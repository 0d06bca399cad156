"""A demolition: diverted, consulted about, taken to a "3+X" team, agreed, and confirmed by the court on time."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models.codes import CaseOutcome, CaseStatus, MediationStage
from models.follow_up import FollowUp
from models.mediation_codes import AgreementState, ConfirmationState
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from models.stage_run import StageRun
from models.team import Team
from tests.support.journey import (
    COMMUNITY, DEMOLITION, DIRECTOR, ENFORCEMENT, LAWYER, LEADER, LEDGER, MEDIATOR, OTHER_COMMUNITY, WINDOW, details,
)  # fmt: skip

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
CHECKS = dict.fromkeys(("is_civil", "is_no_status", "is_no_title", "is_clear", "is_lawful"), "yes")


def test_a_demolition_goes_through_all_stages_to_the_court(journey, place):
    diverted(journey, place)
    consulted(journey)
    taken_to_a_team(journey, place)
    agreed_and_closed(journey, place)
    confirmed_by_the_court(journey)
    performed_and_filed(journey)

    assert journey.timeline() == [
        ("03-31", "登记"), ("03-31", "受理"), ("03-31", "分流交办"), ("04-07", "反馈"), ("04-08", "征询调解意愿"), ("04-08", "征询调解意愿"),
        ("04-08", "转会商调解"), ("04-20", "组建“3+X”专班"), ("04-20", "转联合调解"), ("04-24", "第1次调解"), ("04-24", "调解协议：签订生效"),
        ("04-28", "办结"), ("05-06", "司法确认：提出申请"), ("05-06", "回访：登记回访"), ("05-08", "司法确认：法院受理"),
        ("05-20", "司法确认：裁定有效"), ("05-20", "调解协议：登记履行"), ("05-20", "调解协议：登记履行"), ("05-21", "调解协议：履行完毕"),
        ("05-22", "归档"),
    ]  # fmt: skip
    with journey.stored() as session:
        stays = session.scalars(select(StageRun).where(StageRun.case_id == journey.case_id).order_by(StageRun.number)).all()
    assert [(stay.stage, stay.result.label) for stay in stays] == [
        (MediationStage.ONSITE, "未达成，转下一阶段"), (MediationStage.DIVERTED, "未达成，转下一阶段"),
        (MediationStage.CONSULTATION, "未达成，转下一阶段"), (MediationStage.JOINT, "达成协议或解决"),
    ]  # fmt: skip


def diverted(journey, place) -> None:
    """Tuesday 31 March: a month ends on 30 April; five working days go round Qingming to 8 April."""
    journey.at("2026-03-31 09:20")
    journey.register(
        "房屋拆迁补偿面积争议", {"role": "applicant", "name": "甲某某", "mobile": "15400000001"},
        {"role": "respondent", "kind": "organisation", "name": "某祥项目征拆工作组", "mobile": "15400000002"},
        area=place.world.east_neighborhood.id, category="dispute_category:08.01", amount="150000", people_count="6", onsite_reason="policy",
    )  # fmt: skip
    journey.step(DIRECTOR, "受理", level="hard")
    journey.step(DIRECTOR, "分流交办", unit=place.units[DEMOLITION].id, demand="核对测绘和补偿清单")
    assert journey.clocks() == {"人民调解": ("2026-04-30", "计时中"), "分流调解反馈": ("2026-04-08", "计时中")}
    join = f"/admin/case/step/?id={journey.case_id}&verb=join"
    assert journey.who(DEMOLITION).client.get(join).status_code == 403


def consulted(journey) -> None:
    """Consultation asks for a unit that cannot do it alone and for the consent of every side (R02)."""
    consult = f"/admin/case/step/?id={journey.case_id}&verb=consult"
    answers = {"ground": "not_alone", "reason": "会同自然资源、司法所核对面积和政策"}
    assert "还没有反馈“无法单独解决”" in journey.refused(DIRECTOR, consult, "转会商调解", **answers)
    journey.at("2026-04-07 16:00")
    journey.step(DEMOLITION, "反馈", feedback="面积认定有争议，本部门不能单独决定", is_beyond="yes")
    journey.at("2026-04-08 10:00")
    first, second = journey.parties()
    journey.step(DIRECTOR, "征询调解意愿", party=first.id, consent="agreed")
    assert "还有1名当事人没有表态" in journey.refused(DIRECTOR, consult, "转会商调解", **answers)
    journey.step(DIRECTOR, "征询调解意愿", party=second.id, consent="agreed")
    journey.step(DIRECTOR, "转会商调解", **answers)
    # Ten working days from 8 April.
    assert journey.clocks()["会商调解"] == ("2026-04-22", "计时中")


def taken_to_a_team(journey, place) -> None:
    """Stage 4 begins with a complete team only; from then on its members see the matter."""
    journey.at("2026-04-20 09:00")
    world = place.world
    join = f"/admin/case/step/?id={journey.case_id}&verb=join"
    assert "还没有“3+X”专班" in journey.refused(DIRECTOR, join, "转联合调解", reason="群众反映集中")
    assert journey.may_open(LEADER, MEDIATOR, LAWYER) == []
    desk = f"/admin/team-desk/?case={journey.case_id}"
    seats = {"leader": world.leader.id, "mediator": world.mediator.id, "lawyer": world.lawyer.id, "staff": world.clerk.id}
    journey.fill(DIRECTOR, desk, "专班", **seats, plan="先核面积，再议补偿，限月底前签约")
    journey.step(DIRECTOR, "转联合调解", reason="涉及六人，会商后仍有分歧")
    assert journey.may_open(LEADER, MEDIATOR, LAWYER) == [LEADER, MEDIATOR, LAWYER]
    # Thirty days would end on 20 May, after the whole matter: the office's own period gives way to the law's.
    assert journey.clocks() | {"分流调解反馈": None} == {
        "人民调解": ("2026-04-30", "计时中"), "分流调解反馈": None, "会商调解": ("2026-04-22", "已完成"), "联合调解": ("2026-04-30", "计时中"),
    }  # fmt: skip


def agreed_and_closed(journey, place) -> None:
    """Friday the 24th: thirty days to ask the court end on Sunday 24 May, so on Monday the 25th."""
    journey.at("2026-04-24 17:00")
    world = place.world
    journey.follow(MEDIATOR, "记录一次调解")
    journey.fill(
        MEDIATOR, "", "保存", started_at="2026-04-24T14:30", place="街道会商室", chair=world.mediator.id, is_told="yes", disputed="附属房面积",
        positions="甲主张全额补偿，征拆组只认登记面积", record="律师解释认定办法，双方同意重新测绘结果", result="agreed",
    )  # fmt: skip
    journey.follow(MEDIATOR, "拟订协议")
    owner, office = journey.parties()
    items = {
        "agreement_item-0-obligor": office.id, "agreement_item-0-obligee": owner.id, "agreement_item-0-what": "支付补偿款",
        "agreement_item-0-amount": "150000", "agreement_item-0-due_on": "2026-05-15",
        "agreement_item-1-obligor": owner.id, "agreement_item-1-obligee": office.id, "agreement_item-1-what": "腾空房屋",
        "agreement_item-1-due_on": "2026-05-20",
    }  # fmt: skip
    journey.fill(
        MEDIATOR, "", "保存", form="written", committee=world.mediator.committee_id, mediator=world.mediator.id, drafted_on="2026-04-24",
        facts="重新测绘面积186平方米", disputed="补偿面积和腾房时间", **items,
    )  # fmt: skip
    day = "2026-04-24"
    agreement = details(journey.one(MediationAgreement))
    journey.step(MEDIATOR, "签订生效", agreement, parties_on=day, mediator_on=day, sealed_on=day, copies="3")
    assert journey.clocks()["申请司法确认"] == ("2026-05-25", "计时中")

    journey.at("2026-04-28 10:00")
    journey.step(
        DIRECTOR, "办结", outcome="resolved", result="按重新测绘面积补偿，限期腾房", root_cause="root_cause:policy", tier="subdistrict",
        is_informed="yes", informed_how="face",
    )  # fmt: skip
    assert (journey.case().outcome, journey.one(Team).disbanded_at is not None) == (CaseOutcome.RESOLVED, True)
    assert journey.clocks()["申请司法确认"] == ("2026-05-25", "计时中")  # the parties' own period runs on


def confirmed_by_the_court(journey) -> None:
    """Both apply together, within the 30 days."""
    journey.at("2026-05-06 09:30")
    agreement = journey.one(MediationAgreement)
    page = journey.who(MEDIATOR).open(details(agreement)).text
    assert "2026-05-25" in page and "还剩19天" in page
    journey.fill(MEDIATOR, f"/admin/confirmation/new/?agreement={agreement.id}", "保存", court="浏阳市人民法院", **CHECKS)
    confirmation = journey.one(Confirmation)
    assert f"{confirmation.last_day}" == "2026-05-25"
    apply = f"/admin/confirmation/step/?id={confirmation.id}&verb=apply"
    assert "须由双方当事人共同申请" in journey.refused(MEDIATOR, apply, "提出申请", applied_on="2026-05-06", is_joint="no")
    journey.step(MEDIATOR, "提出申请", details(confirmation), applied_on="2026-05-06", is_joint="yes")
    assert journey.clocks()["申请司法确认"] == ("2026-05-25", "已完成")
    assert f"{journey.one(FollowUp).due_on}" == "2026-05-06"  # 29, 30 April and, after Labour Day, 6 May
    journey.step(
        WINDOW, "登记回访", details(journey.one(FollowUp)), words="补偿谈好了，等到账", satisfaction="fair", rating_source="phone"
    )

    journey.at("2026-05-08 11:00")
    journey.step(MEDIATOR, "法院受理", details(confirmation), accepted_on="2026-05-08", court_case_no="（2026）湘0181民特12号")
    journey.at("2026-05-20 16:00")
    journey.step(MEDIATOR, "裁定有效", details(confirmation), ruled_on="2026-05-20")
    assert journey.one(Confirmation).status is ConfirmationState.CONFIRMED


def performed_and_filed(journey) -> None:
    agreement = details(journey.one(MediationAgreement))
    with journey.stored() as session:
        items = session.scalars(select(AgreementItem).order_by(AgreementItem.due_on)).all()
    for item, day in zip(items, ("2026-05-15", "2026-05-20"), strict=True):
        journey.step(MEDIATOR, "登记履行", agreement, item=item.id, performance="done", done_on=day)
    journey.at("2026-05-21 09:00")
    journey.step(MEDIATOR, "履行完毕", agreement)
    assert journey.one(MediationAgreement).status is AgreementState.PERFORMED

    journey.at("2026-05-22 09:00")
    keys = "acceptance_register rights_notice mediation_record mediation_agreement confirmation_company consultation_minutes"
    journey.paper(DIRECTOR, *keys.split(), "team_register", "team_appointment", "disposal_plan")
    journey.scan(DIRECTOR, "当事人身份证明")
    page = journey.who(DIRECTOR).open(f"/admin/case/papers/?id={journey.case_id}")
    assert "必备材料已齐" in page.text and "已归入1份扫描件" in page.text
    file, name = journey.who(DIRECTOR).download("整卷下载")
    assert re.fullmatch(r"集里〔2026〕00001号_卷宗\.zip", name) and file.read(2) == b"PK"
    journey.step(DIRECTOR, "归档")
    assert journey.case().status is CaseStatus.ARCHIVED
    assert journey.may_open(WINDOW, DIRECTOR, COMMUNITY, DEMOLITION, LEADER, MEDIATOR, LAWYER, LEDGER, OTHER_COMMUNITY, ENFORCEMENT) == [
        WINDOW, DIRECTOR, COMMUNITY, DEMOLITION, LEADER, MEDIATOR, LAWYER, LEDGER,
    ]  # fmt: skip
