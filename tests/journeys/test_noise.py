"""Noise from a shop: a petition by phone, given to the enforcers, withdrawn when it is quiet, nobody reached afterwards."""

from __future__ import annotations

import pytest

from models.codes import CaseOutcome, CaseStatus
from models.follow_up import FollowUp
from models.mediation_codes import FollowUpState
from services.mediation import follow_ups
from tests.support.journey import (
    BUILDING, COMMUNITY, DIRECTOR, ENFORCEMENT, LEDGER, MEDIATOR, OTHER_COMMUNITY, OUTSIDE, WINDOW, details,
)  # fmt: skip

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_a_noise_complaint_is_withdrawn(journey, place):
    # Thursday: 15 days for the notice end in the Spring Festival, 60 days on the third day of Qingming.
    journey.at("2026-02-05 10:20")
    journey.register(
        "夜宵店音响扰民", {"role": "applicant", "name": "甲某某", "mobile": "15400000001"}, area=place.world.east_neighborhood.id,
        kind="petition", purpose="claim", category="dispute_category:02.05", channel="channel:phone", people_count="1",
    )  # fmt: skip
    assert journey.clocks() == {"信访事项办结": ("2026-04-07", "计时中"), "直接提出事项的书面告知": ("2026-02-24", "计时中")}
    journey.at("2026-02-06 09:00")
    journey.step(DIRECTOR, "受理", legal_route="petition", informed_how="handed")
    journey.step(DIRECTOR, "分流交办", unit=place.units[ENFORCEMENT].id, demand="夜查两次，约谈经营者")
    assert journey.clocks() == {
        "信访事项办结": ("2026-04-07", "计时中"), "直接提出事项的书面告知": ("2026-02-24", "已完成"), "分流调解反馈": ("2026-02-13", "计时中"),
    }  # fmt: skip
    journey.at("2026-02-12 17:00")
    journey.step(ENFORCEMENT, "反馈", feedback="夜查两次，店家已拆除户外音响")

    # A claim is closed with a written opinion; whoever withdraws needs none, but is told what that means.
    journey.at("2026-02-13 09:30")
    close = f"/admin/case/step/?id={journey.case_id}&verb=close"
    ending = {"outcome": "resolved", "result": "已拆除音响", "root_cause": "root_cause:neighbor", "tier": "community"}
    assert "处理意见书" in journey.refused(DIRECTOR, close, "办结", **ending, is_informed="yes", informed_how="phone")
    journey.step(DIRECTOR, "撤回申请", result="信访人来电称音响已拆，要求撤回，已告知可以重新提出", informed_how="phone")
    case = journey.case()
    assert (case.status, case.outcome) == (CaseStatus.CLOSED, CaseOutcome.WITHDRAWN)
    assert {name: state for name, (_, state) in journey.clocks().items()} == {
        "信访事项办结": "已完成", "直接提出事项的书面告知": "已完成", "分流调解反馈": "已完成",
    }  # fmt: skip

    nobody_is_reached(journey)
    filed(journey)
    assert journey.timeline() == [
        ("02-05", "登记"), ("02-06", "受理"), ("02-06", "分流交办"), ("02-12", "反馈"), ("02-13", "撤回申请"), ("02-14", "回访：没有联系上"),
        ("02-24", "回访：没有联系上"), ("02-25", "回访：没有联系上"), ("02-25", "回访：未能联系"), ("02-26", "归档"),
    ]  # fmt: skip
    assert journey.may_open(WINDOW, DIRECTOR, COMMUNITY, ENFORCEMENT, LEDGER, OTHER_COMMUNITY, BUILDING, MEDIATOR, OUTSIDE) == [
        WINDOW, DIRECTOR, COMMUNITY, ENFORCEMENT, LEDGER,
    ]  # fmt: skip


def nobody_is_reached(journey) -> None:
    """Three working days: Saturday the 14th, worked before the festival, then the 24th and the 25th."""
    follow_up = details(journey.one(FollowUp))
    assert f"{journey.one(FollowUp).due_on}" == "2026-02-25"
    for day in ("2026-02-14", "2026-02-24", "2026-02-25"):
        journey.at(f"{day} 10:00")
        journey.step(WINDOW, "没有联系上", follow_up, contact="no_answer")
    journey.step(WINDOW, "未能联系", follow_up)
    assert journey.one(FollowUp).status is FollowUpState.UNREACHABLE
    with journey.stored() as session:  # who said nothing stands in no rate of satisfaction
        assert follow_ups.rates(session) == {"满意率": (0, 0), "参评率": (0, 0), "回访率": (0, 1)}


def filed(journey) -> None:
    journey.at("2026-02-26 09:00")
    archive = f"/admin/case/step/?id={journey.case_id}&verb=archive"
    assert "信访事项登记表" in journey.refused(DIRECTOR, archive, "归档")
    journey.paper(DIRECTOR, "petition_register", "petition_receipt")
    journey.step(DIRECTOR, "归档")
