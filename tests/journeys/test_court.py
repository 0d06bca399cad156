"""A private loan: two sessions, an extension, no agreement; ended with its notices, and the way to court is shown."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.case import Assignment
from models.codes import CaseOutcome, CaseStatus
from models.follow_up import FollowUp
from models.notice import Notice
from models.stage_run import StageRun
from tests.support.journey import (
    COMMUNITY, DIRECTOR, LABOUR, LAWYER, LEDGER, MEDIATOR, OTHER_COMMUNITY, WINDOW, details,
)  # fmt: skip

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_a_failed_mediation_leads_to_court(journey, place):
    given_to_a_mediator(journey, place)
    two_sessions_and_more_time(journey, place)
    ended_with_its_notices(journey)
    asked_after_and_filed(journey)
    assert journey.timeline() == [
        ("04-24", "登记"), ("04-24", "受理"), ("04-24", "分流交办"), ("04-28", "征询调解意愿"), ("04-28", "第1次调解"),
        ("04-29", "申请延期"), ("04-29", "审批延期"), ("04-30", "第2次调解"), ("05-11", "反馈"), ("05-11", "终止调解"),
        ("05-14", "回访：登记回访"), ("05-15", "归档"),
    ]  # fmt: skip
    assert journey.may_open(WINDOW, DIRECTOR, COMMUNITY, MEDIATOR, LEDGER, OTHER_COMMUNITY, LABOUR, LAWYER) == [
        WINDOW, DIRECTOR, COMMUNITY, MEDIATOR, LEDGER,
    ]  # fmt: skip


def given_to_a_mediator(journey, place) -> None:
    """Friday 24 April: a month ends on a Sunday; five working days go round Labour Day to 6 May."""
    journey.at("2026-04-24 09:00")
    journey.register(
        "借款到期未还引发的借贷纠纷", {"role": "applicant", "name": "甲某某", "mobile": "15400000001"},
        {"role": "respondent", "name": "乙某某", "mobile": "15400000002"}, area=place.world.east_neighborhood.id,
        category="dispute_category:04.01", amount="60000", onsite_reason="apart",
    )  # fmt: skip
    journey.step(DIRECTOR, "受理", level="big")
    assert journey.may_open(MEDIATOR) == []
    journey.step(DIRECTOR, "分流交办", worker=place.world.mediator.id)
    assert journey.may_open(MEDIATOR) == [MEDIATOR]
    assert journey.clocks() == {"人民调解": ("2026-05-25", "计时中"), "分流调解反馈": ("2026-05-06", "计时中")}
    assert journey.case().case_no in journey.waiting(MEDIATOR)


def session(journey, place, **answers) -> None:
    journey.follow(MEDIATOR, "记录一次调解")
    journey.fill(
        MEDIATOR, "", "保存", place="东里社区调解室", chair=place.world.mediator.id, is_told="yes", disputed="利息和还款时间",
        positions="甲要求还本付息，乙只认本金", **answers,
    )  # fmt: skip


def two_sessions_and_more_time(journey, place) -> None:
    journey.at("2026-04-28 16:30")
    journey.step(MEDIATOR, "征询调解意愿", consent="agreed")
    session(journey, place, started_at="2026-04-28T15:00", record="核对借条", result="again", next_at="2026-04-30T15:00")
    assert journey.in_tray("session") == [(f"{journey.case().case_no}下次调解", "2026-04-30")]

    # Ten working days instead of five, counted from the first day again: 12 May, for Saturday the 9th is worked.
    journey.at("2026-04-29 09:00")
    clock = next(clock for clock in running(journey) if clock.name == "分流调解反馈")
    journey.step(MEDIATOR, "申请延期", clock=clock.id, length="5", reason="双方约定节后再谈")
    assert "延期申请" in journey.waiting(DIRECTOR)
    assert not journey.opens(MEDIATOR, f"/admin/case/step/?id={journey.case_id}&verb=decide_extension")
    journey.step(DIRECTOR, "审批延期", is_granted="yes", answer="同意")
    assert journey.clocks()["分流调解反馈"] == ("2026-05-12", "计时中")
    assert f"{journey.one(Assignment).due_on}" == "2026-05-12"

    journey.at("2026-04-30 17:00")
    session(journey, place, started_at="2026-04-30T15:00", record="乙仍不认利息，不愿再谈", result="failed")
    assert journey.in_tray("session") == []


def running(journey):
    from models.clock import Clock
    from models.codes import ClockState

    with journey.stored() as stored:
        return stored.scalars(select(Clock).where(Clock.case_id == journey.case_id, Clock.state == ClockState.RUNNING)).all()


def ended_with_its_notices(journey) -> None:
    journey.at("2026-05-11 10:00")
    journey.step(MEDIATOR, "反馈", feedback="调解两次，利息分歧大，乙不愿再调")
    close = f"/admin/case/step/?id={journey.case_id}&verb=close"
    ending = {"result": "x", "root_cause": "root_cause:contract", "tier": "community", "is_informed": "yes", "informed_how": "face"}
    assert "请办“终止调解”" in journey.refused(DIRECTOR, close, "办结", outcome="terminated", **ending)
    words = "双方分歧大，终止调解。可以向浏阳市人民法院起诉，诉讼时效自向调委会申请之日起重新计算；困难的可申请法律援助"
    journey.step(DIRECTOR, "终止调解", terminate_reason="apart", result=words, informed_how="handed")
    case = journey.case()
    assert (case.status, case.outcome) == (CaseStatus.CLOSED, CaseOutcome.TERMINATED)
    with journey.stored() as stored:
        notices = stored.scalars(select(Notice).where(Notice.case_id == case.id)).all()
        runs = [run.result.label for run in stored.scalars(select(StageRun).where(StageRun.case_id == case.id).order_by(StageRun.number))]
    assert [(n.kind.label, f"{n.given_on}", n.words) for n in notices] == [("终止告知（其他途径）", "2026-05-11", words)]
    assert runs == ["未达成，转下一阶段", "终止"]
    assert journey.clocks() == {"人民调解": ("2026-05-25", "已完成"), "分流调解反馈": ("2026-05-12", "已完成")}


def asked_after_and_filed(journey) -> None:
    """Three working days from Monday the 11th; the mediator may not be the one who asks."""
    follow_up = details(journey.one(FollowUp))
    assert f"{journey.one(FollowUp).due_on}" == "2026-05-14"
    journey.at("2026-05-14 09:00")
    assert journey.who(MEDIATOR).client.get(follow_up.replace("details/", "step/") + "&verb=record").status_code == 403
    journey.step(WINDOW, "登记回访", follow_up, words="已经到法院立案了，谢谢告诉我们怎么办")
    assert journey.one(FollowUp).satisfaction is None

    journey.at("2026-05-15 09:00")
    archive = f"/admin/case/step/?id={journey.case_id}&verb=archive"
    assert "终止调解通知书" in journey.refused(DIRECTOR, archive, "归档")
    journey.paper(DIRECTOR, "acceptance_register", "rights_notice", "mediation_record", "termination_notice")
    journey.scan(DIRECTOR, "当事人身份证明")
    journey.step(DIRECTOR, "归档")
