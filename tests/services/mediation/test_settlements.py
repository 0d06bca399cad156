"""Sessions, agreements, performance and confirmation: the rules R03 to R06 as sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.case import CaseEvent, CaseParty
from models.clock import Clock
from models.codes import ClockState, Closeness, PartyRole
from models.mediation_codes import (
    AgreementForm, AgreementState, Attendance, ConfirmationState, Performance, SessionResult,
)  # fmt: skip
from models.recusal import Recusal
from models.session import MediationSession, SessionAttendee
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from models.todo import Todo
from services import access
from services.cases import case_flow
from services.keeping import records
from services.mediation import confirmations, sessions, settlements
from services.mediation.confirmations import CONFIRMATION_FLOW
from services.errors import Refused
from services.mediation.settlements import AGREEMENT_FLOW
from tests.support.builders import build_world, case_facts, party

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 9:00 in China
TODAY = date(2026, 3, 2)
SYSTEM = access.system("430181002")


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    both = [party(), party("乙某某", PartyRole.RESPONDENT, "13800000002")]
    return case_flow.register(session, SYSTEM, NOW, parties=both, **case_facts(world))


@pytest.fixture
def parties(session, case):
    found = session.scalars(select(CaseParty).where(CaseParty.case_id == case.id)).all()
    return {p.role: p for p in found}


@pytest.fixture
def hold(session, case, world):
    def go(**facts) -> MediationSession:
        given = {
            "case_id": case.id, "started_at": NOW - timedelta(hours=2), "place": "东里社区调解室", "chair_id": world.mediator.id,
            "is_told": True, "disputed": "漏水责任", "positions": "申请人要求修复；被申请人认为是公共管道", "record": "现场查看",
            "result": SessionResult.FAILED,
        }  # fmt: skip
        row = MediationSession(**given | facts)
        sessions.hold(session, row, SYSTEM, NOW)
        return row

    return go


@pytest.fixture
def draft(session, case, world, parties):
    def go(form=AgreementForm.WRITTEN, items=1, **facts) -> MediationAgreement:
        row = MediationAgreement(
            case_id=case.id, committee_id=world.mediator.committee_id, mediator_id=world.mediator.id, form=form,
            facts="楼上漏水", disputed="修复和赔偿", **facts,
        )  # fmt: skip
        records.save(session, row, SYSTEM, NOW)
        for n in range(items):
            records.save(session, AgreementItem(
                agreement_id=row.id, obligor_id=parties[PartyRole.RESPONDENT].id, obligee_id=parties[PartyRole.APPLICANT].id,
                what=f"修复漏水点{n + 1}", due_on=date(2026, 3, 20),
            ), SYSTEM, NOW)  # fmt: skip
        return row

    return go


@pytest.fixture
def take(session):
    def go(verb: str, row, now: datetime = NOW, **answers) -> None:
        flow = CONFIRMATION_FLOW if isinstance(row, Confirmation) else AGREEMENT_FLOW
        flow.take(session, verb, row, SYSTEM, now, **answers)

    return go


SIGNED = {"parties_on": TODAY, "mediator_on": TODAY, "sealed_on": TODAY, "copies": 3}


@pytest.fixture
def agreement(draft, take):
    row = draft()
    take("sign", row, **SIGNED)
    return row


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_was_signed_is_neither_changed_nor_deleted(session, agreement):
    item = settlements.items_of(session, agreement)[0]
    with pytest.raises(Refused, match="不能删除"):
        records.delete(session, item)
    item.what = "什么也不做"
    with pytest.raises(Refused, match="不能再改"):
        records.save(session, item, SYSTEM, NOW)


# ---- sessions ------------------------------------------------------------------------


def test_sessions_are_numbered_within_their_case(hold):
    assert [hold().number, hold().number] == [1, 2]


def test_a_chair_who_declared_recusal_is_refused(session, case, world, hold):
    records.save(session, Recusal(worker_id=world.mediator.id, case_id=case.id, closeness=Closeness.KIN, reason="是舅舅"), SYSTEM, NOW)
    with pytest.raises(Refused, match="戊调解已申报回避：近亲属"):
        hold()


def test_a_session_without_the_rights_told_is_refused(hold):
    with pytest.raises(Refused, match="告知当事人权利义务"):
        hold(is_told=False)


def test_a_party_cannot_chair(session, hold, world, parties):
    parties[PartyRole.APPLICANT].mobile = world.mediator.mobile
    session.flush()
    with pytest.raises(Refused, match="应当回避"):
        hold()


def test_another_session_wants_its_day(hold):
    with pytest.raises(Refused, match="下次调解时间"):
        hold(result=SessionResult.AGAIN)


def test_the_next_appointment_lies_in_the_chair_s_in_tray(session, hold, world):
    hold(result=SessionResult.AGAIN, next_at=NOW + timedelta(days=3))
    todo = session.scalars(select(Todo).where(Todo.kind == "session")).one()
    assert (todo.worker_id, todo.due_on) == (world.mediator.id, date(2026, 3, 5))


def test_holding_the_next_session_settles_the_appointment(session, hold):
    hold(result=SessionResult.AGAIN, next_at=NOW + timedelta(days=3))
    hold()
    assert session.scalars(select(Todo).where(Todo.kind == "session", Todo.settled_at.is_(None))).all() == []


def test_whoever_is_invited_needs_the_parties_consent(session, hold):
    held = hold()
    with pytest.raises(Refused, match="须经当事人同意"):
        records.save(session, SessionAttendee(session_id=held.id, capacity=Attendance.INVITED, name="丁某某"), SYSTEM, NOW)


# ---- agreements ----------------------------------------------------------------------


def test_an_agreement_takes_effect_with_the_last_signature(draft, take):
    row = draft(drafted_on=date(2026, 2, 25))
    take("sign", row, parties_on=date(2026, 2, 25), mediator_on=date(2026, 2, 26), sealed_on=date(2026, 3, 1), copies=3)
    assert (row.status, row.effective_on) == (AgreementState.EFFECTIVE, date(2026, 3, 1))


@pytest.mark.parametrize("missing", ["mediator_on", "sealed_on"])
def test_a_written_one_needs_every_signature(draft, take, missing):
    with pytest.raises(Refused, match="三个日期都要填"):
        take("sign", draft(), **SIGNED | {missing: None})


def test_an_oral_one_takes_effect_when_it_is_agreed(draft, take):
    row = draft(AgreementForm.ORAL)
    take("sign", row, parties_on=TODAY)
    assert row.effective_on == TODAY


def test_copies_are_one_more_than_parties(draft, take):
    with pytest.raises(Refused, match="至少一式3份"):
        take("sign", draft(), **SIGNED | {"copies": 2})


def test_nothing_agreed_is_no_agreement(draft, take):
    with pytest.raises(Refused, match="还没有写明谁做什么"):
        take("sign", draft(items=0), **SIGNED)


def test_its_number_counts_within_the_committee(draft, take):
    first, second = draft(), draft()
    take("sign", first, **SIGNED), take("sign", second, **SIGNED)
    assert [first.agreement_no, second.agreement_no] == ["（2026）东里人调字第0001号", "（2026）东里人调字第0002号"]


def test_what_is_in_effect_cannot_be_rewritten(session, agreement):
    agreement.facts = "另一种说法"
    with pytest.raises(Refused, match="内容不能再改"):
        records.save(session, agreement, SYSTEM, NOW)


def test_items_that_fall_due_lie_in_the_mediator_s_in_tray(session, agreement, world):
    todo = session.scalars(select(Todo).where(Todo.kind == "performance")).one()
    assert (todo.worker_id, todo.due_on) == (world.mediator.id, date(2026, 3, 20))


def test_only_when_all_is_done_is_it_performed(session, agreement, take):
    with pytest.raises(Refused, match="还有1项没有履行完"):
        take("complete", agreement)
    item = settlements.items_of(session, agreement)[0]
    take("perform", agreement, item=item, performance=Performance.DONE, done_on=TODAY, proof="收条")
    said = session.scalars(select(CaseEvent.note).where(CaseEvent.verb == "agreement_perform")).one()
    take("complete", agreement)
    assert agreement.status is AgreementState.PERFORMED and said.startswith("第1项“被申请人：") and said.endswith("（2026-03-02）")


def test_a_planned_application_says_how_many_days_are_left(session):
    row = Confirmation(status=ConfirmationState.PLANNED, last_day=date(2026, 4, 1))
    said = [confirmations.countdown(row, day) for day in (date(2026, 3, 22), date(2026, 4, 1), date(2026, 4, 3))]
    assert [word in one for word, one in zip(("还剩10天", "今天是最后一天", "已过2天"), said, strict=True)] == [True] * 3


def test_done_without_a_day_is_refused(session, agreement, take):
    item = settlements.items_of(session, agreement)[0]
    with pytest.raises(Refused, match="请填履行日期"):
        take("perform", agreement, item=item, performance=Performance.DONE)


def test_late_is_computed_from_the_day(session, agreement):
    item = settlements.items_of(session, agreement)[0]
    assert [settlements.is_late(item, date(2026, 3, d)) for d in (20, 21)] == [False, True]


def test_a_breach_tells_the_office(session, agreement, take):
    take("breach", agreement, words="到期没有修")
    assert session.scalars(select(Todo.permission).where(Todo.kind == "breach")).all() == ["case:close"]


def test_the_performance_rate_counts_what_has_fallen_due(session, agreement, take):
    assert settlements.performance_rate(session) == (0, 0)
    item = settlements.items_of(session, agreement)[0]
    take("perform", agreement, item=item, performance=Performance.DONE, done_on=TODAY)
    assert settlements.performance_rate(session) == (1, 1)


# ---- confirmation --------------------------------------------------------------------


def confirmation(session, agreement, **facts) -> Confirmation:
    checks = dict.fromkeys(confirmations.CHECKS, True)
    row = Confirmation(agreement_id=agreement.id, court="浏阳市人民法院", **checks | facts)
    records.save(session, row, SYSTEM, NOW)
    return row


def test_the_last_day_is_thirty_days_after_it_took_effect(session, agreement):
    assert confirmation(session, agreement).last_day == date(2026, 4, 1)


def test_an_oral_agreement_is_put_in_writing_first(session, draft, take):
    row = draft(AgreementForm.ORAL)
    take("sign", row, parties_on=TODAY)
    with pytest.raises(Refused, match="转为书面协议"):
        confirmation(session, row)
    take("to_written", row, **SIGNED)
    assert confirmation(session, row).status is ConfirmationState.PLANNED


def test_one_party_alone_cannot_apply(session, agreement, take):
    with pytest.raises(Refused, match="双方当事人共同申请"):
        take("apply", confirmation(session, agreement), applied_on=TODAY, is_joint=False)


def test_what_concerns_status_cannot_be_confirmed(session, agreement, take):
    with pytest.raises(Refused, match="身份关系"):
        take("apply", confirmation(session, agreement, is_no_status=False), applied_on=TODAY, is_joint=True)


def test_after_the_last_day_it_is_too_late(session, agreement, take):
    late = NOW + timedelta(days=31)
    with pytest.raises(Refused, match="已经超过"):
        take("apply", confirmation(session, agreement), late, applied_on=date(2026, 4, 2), is_joint=True)


def test_applying_stops_the_countdown(session, agreement, take):
    take("apply", confirmation(session, agreement), applied_on=TODAY, is_joint=True)
    clock = session.scalars(select(Clock).where(Clock.part_id == agreement.id)).one()
    assert clock.state is ClockState.MET


def test_it_goes_through_the_court(session, agreement, take):
    row = confirmation(session, agreement)
    take("apply", row, applied_on=TODAY, is_joint=True)
    take("accept", row, accepted_on=TODAY, court_case_no="（2026）湘0181民特1号")
    take("confirm", row, ruled_on=TODAY)
    assert (row.status, row.court_case_no) == (ConfirmationState.CONFIRMED, "（2026）湘0181民特1号")


@pytest.mark.parametrize(("day", "words"), [(TODAY + timedelta(days=1), "不能晚于今天"), (TODAY - timedelta(days=1), "不能早于申请日期2026-03-02")])
def test_the_court_accepts_between_the_application_and_today(session, agreement, take, day, words):
    row = confirmation(session, agreement)
    take("apply", row, applied_on=TODAY, is_joint=True)
    with pytest.raises(Refused, match=words):
        take("accept", row, accepted_on=day)


def test_the_ruling_does_not_come_before_the_court_accepts(session, agreement, take):
    row = confirmation(session, agreement)
    take("apply", row, applied_on=TODAY, is_joint=True)
    take("accept", row, accepted_on=TODAY)
    with pytest.raises(Refused, match="不能早于受理日期2026-03-02"):
        take("dismiss", row, ruled_on=TODAY - timedelta(days=1))


@pytest.mark.parametrize(("day", "words"), [(19, None), (20, "提醒"), (27, "最后提醒")])
def test_the_mediator_is_reminded_on_the_twentieth_and_the_twenty_seventh_day(session, agreement, day, words):
    confirmations.remind(session, NOW + timedelta(days=day))
    titles = session.scalars(select(Todo.title).where(Todo.kind == "confirmation")).all()
    assert [t.split("：")[0] for t in titles] == ([words] if words else [])


def test_reminding_twice_changes_nothing(session, agreement):
    for _ in range(2):
        confirmations.remind(session, NOW + timedelta(days=20))
    assert len(session.scalars(select(Todo).where(Todo.kind == "confirmation")).all()) == 1


def test_a_planned_one_lapses_after_the_last_day(session, agreement):
    row = confirmation(session, agreement)
    confirmations.remind(session, NOW + timedelta(days=31))
    assert row.status is ConfirmationState.LAPSED
