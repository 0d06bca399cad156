"""A drain between two neighbours: told by a code at the door, settled on the spot, kept, asked after, filed."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlalchemy import select

from models.appeal import Appeal
from models.codes import CaseOutcome, CaseStatus, MediationStage
from models.mediation_codes import AgreementForm, AgreementState
from models.settlement import AgreementItem, MediationAgreement
from models.stage_run import StageRun
from services.mediation import follow_ups
from models.follow_up import FollowUp
from tests.support.journey import (
    CHIEF, COMMUNITY, DIRECTOR, LABOUR, LEDGER, MEDIATOR, OTHER_COMMUNITY, OUTSIDE, WINDOW, code_at_the_door, details,
)  # fmt: skip

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_a_drain_between_neighbours_is_settled_on_the_spot(journey, place):
    world = place.world
    number, code = told_at_the_door(journey, world)

    # Sunday: the neighbour chief takes it; on Monday it is clear that the shared drain is beyond her.
    journey.at("2026-02-01 10:00")
    appeal = f"/admin/appeal/details/?id={journey.one(Appeal).id}"
    journey.step(CHIEF, "接单", appeal)
    assert not journey.opens(OTHER_COMMUNITY, appeal)
    journey.at("2026-02-02 09:00")
    journey.step(CHIEF, "上交一级", appeal, note="涉及两家共用的排水沟，劝过两次没有谈拢")
    assert journey.in_tray("appeal")[0][1] == "2026-02-04"  # two working days for the community

    # The community makes it a dispute: a month from the day it was told, 28 February, a Saturday at work.
    journey.at("2026-02-02 14:30")
    journey.step(
        COMMUNITY, "立案", appeal, kind="dispute", subject="共用排水沟堵塞引发的邻里纠纷", category="dispute_category:02.01", level="small"
    )
    journey.case_id = journey.one(Appeal).case_id
    assert journey.clocks() == {"人民调解": ("2026-02-28", "计时中")}
    assert "已立案办理" in track(journey, number, code) and "人民调解" not in track(journey, number, code)
    journey.fill(COMMUNITY, f"/admin/case/edit/?id={journey.case_id}", "保存", **{
        "case_party-1-role": "respondent", "case_party-1-name": "乙某某", "case_party-1-mobile": "15400000002",
    })  # fmt: skip

    settled_on_the_spot(journey, world)
    asked_after_and_filed(journey)

    case = journey.case()
    assert (case.status, case.outcome, case.stage) == (CaseStatus.ARCHIVED, CaseOutcome.RESOLVED, MediationStage.ONSITE)
    assert [run.stage for run in runs(journey)] == [MediationStage.ONSITE]
    assert journey.may_open(COMMUNITY, CHIEF, WINDOW, DIRECTOR, LEDGER, MEDIATOR, OTHER_COMMUNITY, LABOUR, OUTSIDE) == [
        COMMUNITY, CHIEF, WINDOW, DIRECTOR, LEDGER,
    ]  # fmt: skip
    assert journey.timeline() == [
        ("02-02", "登记"), ("02-03", "第1次调解"), ("02-03", "调解协议：签订生效"), ("02-03", "当场化解"),
        ("02-05", "回访：没有联系上"), ("02-06", "回访：登记回访"), ("02-24", "调解协议：登记履行"), ("02-24", "调解协议：履行完毕"),
        ("02-25", "归档"),
    ]  # fmt: skip


def told_at_the_door(journey, world) -> tuple[str, str]:
    """Saturday evening: a resident scans the code at the entrance and keeps number and query code."""
    journey.at("2026-01-31 19:20")
    with journey.stored() as session:
        token = code_at_the_door(session, world)
    told = {"key": str(uuid4()), "words": "隔壁的排水沟堵了，脏水倒灌到我家墙根", "name": "甲某某", "mobile": "15400000001"}
    receipt = journey.app.test_client().post(f"/q/{token}/send", data=told).text
    appeal = journey.one(Appeal)
    assert f"{appeal.due_on}" == "2026-02-02"  # one working day: Monday
    number, code = re.findall(r'<dd class="big">(\d+)</dd>', receipt)
    assert "已收到" in track(journey, number, code)
    return number, code


def track(journey, number: str, code: str) -> str:
    """What the resident reads; never who works on it or what was noted inside."""
    page = journey.app.test_client().get(f"/track/?no={number}&code={code}").text
    assert "劝过两次" not in page and "壬邻长" not in page and "村社区干部" not in page
    return page


def settled_on_the_spot(journey, world) -> None:
    """Tuesday afternoon at the ditch: both agree, in words."""
    journey.at("2026-02-03 16:40")
    journey.follow(COMMUNITY, "记录一次调解")
    journey.fill(
        COMMUNITY, "", "保存", started_at="2026-02-03T15:00", place="两家之间的排水沟", chair=world.mediator.id, is_told="yes",
        disputed="谁清沟、谁出钱", positions="甲要求清沟，乙说是旧管所致", record="看了现场，讲了相邻排水的规定，各让一步", result="agreed",
    )  # fmt: skip
    journey.follow(COMMUNITY, "拟订协议")
    first, second = journey.parties()
    journey.fill(
        COMMUNITY, "", "保存", form="oral", committee=world.mediator.committee_id, mediator=world.mediator.id, drafted_on="2026-02-03",
        facts="共用排水沟堵塞，污水倒灌", disputed="清沟和费用", **{
            "agreement_item-0-obligor": second.id, "agreement_item-0-obligee": first.id, "agreement_item-0-what": "清理排水沟并换新管",
            "agreement_item-0-due_on": "2026-02-24",
        },
    )  # fmt: skip
    agreement = journey.one(MediationAgreement)
    journey.step(COMMUNITY, "签订生效", details(agreement), parties_on="2026-02-03")
    kept = journey.one(MediationAgreement)
    assert (kept.form, kept.status, kept.agreement_no) == (AgreementForm.ORAL, AgreementState.EFFECTIVE, "（2026）东里人调字第0001号")
    assert journey.in_tray("performance")[0][1] == "2026-02-24"
    answers = {
        "is_policy_clear": "yes", "is_duty_clear": "yes", "outcome": "resolved", "result": "乙清沟换管，甲承担一半材料费",
        "root_cause": "root_cause:facility", "tier": "community", "informed_how": "face",
    }  # fmt: skip
    step = f"/admin/case/step/?id={journey.case_id}&verb=settle"
    assert "办结前须把结果告知当事人" in journey.refused(COMMUNITY, step, "当场化解", **answers, is_informed="no")
    journey.step(COMMUNITY, "当场化解", **answers, is_informed="yes")
    # Nothing runs any more: an oral agreement has no 30 days for a court.
    assert journey.clocks() == {"人民调解": ("2026-02-28", "已完成")}


def asked_after_and_filed(journey) -> None:
    """Three working days after closing is Friday the 6th; the agreement is due after the Spring Festival."""
    follow_up = journey.one(FollowUp)
    assert f"{follow_up.due_on}" == "2026-02-06"
    journey.at("2026-02-05 10:00")
    journey.step(WINDOW, "没有联系上", details(follow_up), contact="no_answer")
    journey.at("2026-02-06 09:10")
    journey.step(WINDOW, "登记回访", details(follow_up), words="沟清好了，就等换管子", satisfaction="satisfied", rating_source="phone")
    with journey.stored() as session:
        assert follow_ups.rates(session) == {"满意率": (1, 1), "参评率": (1, 1), "回访率": (1, 1)}

    journey.at("2026-02-24 11:00")
    agreement, item = journey.one(MediationAgreement), journey.one(AgreementItem)
    journey.step(COMMUNITY, "登记履行", details(agreement), item=item.id, performance="done", done_on="2026-02-24", proof="现场照片")
    journey.step(COMMUNITY, "履行完毕", details(agreement))
    assert journey.in_tray("performance") == []

    journey.at("2026-02-25 15:00")
    archive = f"/admin/case/step/?id={journey.case_id}&verb=archive"
    lacking = journey.refused(DIRECTOR, archive, "归档")
    assert all(name in lacking for name in ("权利义务告知书", "当事人身份证明", "人民调解记录", "口头协议登记表"))
    journey.paper(COMMUNITY, "acceptance_register", "rights_notice", "mediation_record", "oral_agreement_register")
    journey.scan(COMMUNITY, "当事人身份证明")
    journey.step(DIRECTOR, "归档")


def runs(journey) -> list[StageRun]:
    with journey.stored() as session:
        return session.scalars(select(StageRun).where(StageRun.case_id == journey.case_id)).all()
