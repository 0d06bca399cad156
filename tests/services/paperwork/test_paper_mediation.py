"""What the papers of mediation say once sessions, agreements, confirmations and follow-ups are on record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from formats import files
from models.case import CaseParty
from models.case_codes import NoticeChannel, TerminateReason
from models.codes import CaseKind, CaseOutcome, PartyRole, Satisfaction, Tier
from models.follow_up import FollowUp
from models.mediation_codes import AgreementForm, Attendance, Contact, RatingSource, SessionResult
from models.session import MediationSession, SessionAttendee
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from services import access
from services.keeping import records
from services.mediation import sessions
from services.paperwork import papers
from services.cases.case_flow import CASE_FLOW
from services.errors import Denied, Refused
from services.mediation.follow_ups import FOLLOW_UP_FLOW
from services.mediation.settlements import AGREEMENT_FLOW
from tests.conftest import NOW
from tests.formats.test_papers import said
from tests.services.paperwork.test_papers import ONE, SYSTEM, full_case
from tests.support.builders import build_world

pytestmark = ONE
TODAY = date(2026, 3, 2)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    return full_case(session, world)


def words_of(session, subject, key) -> str:
    return said(files.where(files.folder(), papers.make(session, subject, key, SYSTEM, NOW).sha256).read_bytes())


def hold(session, world, case, **facts) -> MediationSession:
    given = {
        "case_id": case.id, "started_at": NOW - timedelta(hours=2), "ended_at": NOW - timedelta(hours=1), "place": "东里社区调解室",
        "chair_id": world.mediator.id, "is_told": True, "is_consented": True, "disputed": "漏水由谁修", "positions": "各说各的",
        "record": "现场查看后讲清责任", "undisputed": "漏水属实", "result": SessionResult.AGREED,
    }  # fmt: skip
    row = MediationSession(**given | facts)
    sessions.hold(session, row, SYSTEM, NOW)
    records.save(session, SessionAttendee(session_id=row.id, capacity=Attendance.INVITED, name="癸代表", note="物业"), SYSTEM, NOW)
    return row


def agree(session, world, case, form=AgreementForm.WRITTEN, is_signed=True) -> MediationAgreement:
    sides = {p.role: p for p in session.scalars(select(CaseParty).where(CaseParty.case_id == case.id))}
    row = MediationAgreement(
        case_id=case.id, committee_id=world.mediator.committee_id, mediator_id=world.mediator.id, form=form, facts="楼上水管漏水",
        disputed="修复和赔偿",
    )  # fmt: skip
    records.save(session, row, SYSTEM, NOW)
    records.save(session, AgreementItem(
        agreement_id=row.id, obligor_id=sides[PartyRole.RESPONDENT].id, obligee_id=sides[PartyRole.APPLICANT].id, what="赔偿损失",
        amount=Decimal("1200"), due_on=date(2026, 3, 20), where="社区调解室", manner="转账",
    ), SYSTEM, NOW)  # fmt: skip
    if is_signed:
        signed = {"parties_on": TODAY} if form is AgreementForm.ORAL else {"parties_on": TODAY, "mediator_on": TODAY, "sealed_on": TODAY, "copies": 3}
        AGREEMENT_FLOW.take(session, "sign", row, SYSTEM, NOW, **signed)
    return row


def close(session, case, **answers):
    CASE_FLOW.take(session, "feed_back", case, SYSTEM, NOW, feedback="双方和解") if case.status.value == "assigned" else None
    CASE_FLOW.take(
        session, "close", case, SYSTEM, NOW, outcome=CaseOutcome.RESOLVED, result="已赔偿", root_cause="root_cause:facility",
        tier=Tier.COMMUNITY, is_informed=True, informed_how=NoticeChannel.PHONE, **answers,
    )  # fmt: skip


def lacking(words: str, *known: str) -> list[str]:
    return [part for part in known if part not in words]


def test_the_record_of_a_session_says_who_met_when_what_was_said_and_what_came_of_it(session, world, case):
    words = words_of(session, hold(session, world, case), "mediation_record")
    wanted = ("2026年3月2日 07:00至08:00", "东里社区调解室", "癸代表（物业）", "争议焦点：漏水由谁修", "调解经过：现场查看后讲清责任", "☑ 达成协议", "□ 另行调解", "戊调解", "第1次调解")
    assert lacking(words, *wanted) == []


def test_each_session_has_its_own_record_and_a_case_without_one_a_blank(session, world, case):
    def labels():
        return [line.label for line in papers.lines(session, case) if line.kind.key == "mediation_record"]

    assert labels() == [""]
    hold(session, world, case)
    hold(session, world, case)
    assert labels() == ["第1次", "第2次"]


def test_a_written_agreement_names_number_terms_manner_copies_and_its_day(session, world, case):
    words = words_of(session, agree(session, world, case), "mediation_agreement")
    wanted = ("东里人调字第0001号", "乙某某于2026年3月20日前向甲某<某>&丙赔偿损失，金额1,200.00元。", "地点为社区调解室，方式为转账", "楼上水管漏水。争议事项和各方责任：修复和赔偿", "一式三份", "2026年3月2日")
    assert lacking(words, *wanted) == []


def test_an_oral_agreement_is_offered_as_register_and_not_as_written_paper(session, world, case):
    row = agree(session, world, case, AgreementForm.ORAL)
    keys = [line.kind.key for line in papers.lines(session, case) if line.subject is row]
    assert keys == ["oral_agreement_register"]


def test_the_application_for_confirmation_is_addressed_to_the_chosen_court(session, world, case):
    row = Confirmation(agreement_id=agree(session, world, case).id, court="长沙县人民法院", is_civil=True, is_no_status=True, is_no_title=True, is_clear=True, is_lawful=True)
    records.save(session, row, SYSTEM, NOW)
    words = words_of(session, row, "confirmation_persons")
    assert lacking(words, "长沙县人民法院", "2026年3月2日", "人调字第0001号", "赔偿损失，金额1,200.00元") == []
    assert "浏阳市人民法院" not in words


def test_the_record_of_a_follow_up_has_the_tries_the_own_words_and_no_invented_rating(session, world, case):
    agree(session, world, case)
    close(session, case)
    row = session.scalar(select(FollowUp))
    FOLLOW_UP_FLOW.take(session, "try", row, SYSTEM, NOW, contact=Contact.NO_ANSWER)
    FOLLOW_UP_FLOW.take(session, "record", row, SYSTEM, NOW + timedelta(days=1), words="还没给钱", is_performed=False)
    words = words_of(session, row, "phone_followup")
    assert lacking(words, "无人接听", "接通", "还没给钱", "没有履行：赔偿损失", "未评价", "2026年3月3日") == []


def test_a_rating_stands_on_the_paper_with_its_words(session, world, case):
    agree(session, world, case)
    close(session, case)
    row = session.scalar(select(FollowUp))
    FOLLOW_UP_FLOW.take(session, "record", row, SYSTEM, NOW, words="满意", satisfaction=Satisfaction.SATISFIED, rating_source=RatingSource.PHONE)
    assert lacking(words_of(session, row, "followup_record"), "满意", "电话口述", "人调字第0001号") == []


def test_the_notice_that_ends_a_mediation_tells_the_focus_the_reason_and_the_other_ways(session, world, case):
    hold(session, world, case, result=SessionResult.FAILED)
    CASE_FLOW.take(
        session, "terminate", case, SYSTEM, NOW, terminate_reason=TerminateReason.APART, result="可以向浏阳市人民法院起诉",
        informed_how=NoticeChannel.HANDED,
    )  # fmt: skip
    words = words_of(session, case, "termination_notice")
    assert lacking(words, "漏水由谁修", "漏水属实", "分歧较大", "具体途径：可以向浏阳市人民法院起诉", "分流交办；") == []
    assert "当面听取双方意见" not in words and "专班" not in words, "what the office orders among itself is not for the parties"


def test_the_plan_of_a_team_lists_who_does_what_by_when(session, world, case):
    from models.team import Team

    words = words_of(session, session.scalar(select(Team)), "disposal_plan")
    assert lacking(words, "当面听取双方意见", "司法所", "戊调解") == []


def test_who_may_not_open_sessions_gets_no_paper_of_one(session, world, case):
    row = hold(session, world, case)
    papers.make(session, row, "mediation_record", SYSTEM, NOW)
    clerk = access.Actor(user_id=None, name="窗口", subdistrict_id="430181002", permissions=frozenset({"paper:make", "case:view"}))
    session.info["actor"] = clerk
    assert papers.latest(session, case) == []
    assert "mediation_record" not in [line.kind.key for line in papers.lines(session, case)]
    with pytest.raises(Denied, match="不能查看调解记录"):
        papers.make(session, row, "mediation_record", clerk, NOW)


# ---- closing -------------------------------------------------------------------------------


def test_a_case_does_not_close_as_settled_while_its_agreement_is_a_draft(session, world, case):
    agree(session, world, case, is_signed=False)
    with pytest.raises(Refused, match="还是草稿"):
        close(session, case)


def test_a_case_that_came_to_terms_does_not_close_without_an_agreement_on_record(session, world, case):
    hold(session, world, case)
    with pytest.raises(Refused, match="第1次调解达成了协议，但没有登记"):
        close(session, case)
    agree(session, world, case, AgreementForm.ORAL)
    close(session, case)
    assert case.outcome is CaseOutcome.RESOLVED and case.kind is CaseKind.DISPUTE
