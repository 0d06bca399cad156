"""催办, 督办, 批示: each lies in an in-tray until it is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from models.case import CaseEvent
from models.codes import (
    CardColour, ContactMethod, InstructionKind, InstructionStatus, OrderedStatus, SupervisionStatus, UrgeStatus,
)  # fmt: skip
from models.instruction import Instruction, InstructionUnit
from models.supervision import Supervision
from models.urge import Urge, UrgeContact
from services import access, inbox
from services.cases import case_flow
from services.coordination import instructions, supervisions, urges
from services.access import Actor, Permission
from services.errors import Refused
from tests.support.builders import build_world, case_facts, party

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday
TODAY = date(2026, 3, 2)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def case(session, world):
    system = office()
    case = case_flow.register(session, system, NOW, parties=[party()], **case_facts(world))
    case_flow.CASE_FLOW.take(session, "accept", case, system, NOW)
    case_flow.CASE_FLOW.take(session, "assign", case, system, NOW, unit=world.justice, worker=world.mediator)
    return case


def office() -> Actor:
    return access.system("430181002")


def mediator(world) -> Actor:
    return Actor(None, "戊调解", "430181002", frozenset({Permission.CASE_FEED_BACK.value}), worker_id=world.mediator.id)


def liaison(unit) -> Actor:
    return Actor(None, "司法所联络员", "430181002", frozenset({Permission.CASE_FEED_BACK.value}), unit_id=unit.id)


def urged(session, case, **facts) -> Urge:
    row = Urge(case_id=case.id, **({"demand": "请说明进展", "due_on": date(2026, 3, 4)} | facts))
    urges.urge(session, row, office(), NOW)
    return row


def supervised(session, case, **facts) -> Supervision:
    whole = {"demand": "三日内拿出方案", "reply_by": date(2026, 3, 5), "card": CardColour.NONE}
    row = Supervision(case_id=case.id, **(whole | facts))
    supervisions.issue(session, row, office(), NOW)
    return row


def step(session, flow, row, verb, actor=None, **answers):
    flow.take(session, verb, row, actor or office(), NOW, **answers)


def kinds(session, actor) -> list[str]:
    """What waits for an answer beside the order itself."""
    return [f"{todo.entity} {todo.kind}" for todo in inbox.mine(session, actor) if todo.entity != "assignment"]


def test_an_urge_goes_to_who_handles_the_case(session, world, case):
    assert urged(session, case).worker_id == world.mediator.id
    assert kinds(session, mediator(world)) == ["urge answer"]


def test_an_answered_urge_leaves_the_in_tray_and_stands_in_the_timeline(session, world, case):
    row = urged(session, case)
    step(session, urges.URGE_FLOW, row, "answer", mediator(world), answer="周三上门调解")
    assert (row.status, kinds(session, mediator(world))) == (UrgeStatus.ANSWERED, [])
    last = session.scalars(select(CaseEvent).order_by(CaseEvent.number.desc())).first()
    assert (last.label, last.note) == ("催办：答复", "周三上门调解")


def test_the_agent_keeps_a_log_of_whom_he_spoke_to(session, case):
    row = urged(session, case)
    step(session, urges.URGE_FLOW, row, "contact", method=ContactMethod.PHONE, spoken_to="司法所丁某", words="明天就办")
    log = session.scalars(select(UrgeContact)).one()
    assert (log.method, log.spoken_to, log.words, row.status) == (ContactMethod.PHONE, "司法所丁某", "明天就办", UrgeStatus.OPEN)


def test_a_case_that_nobody_has_cannot_be_urged(session, world):
    bare = case_flow.register(session, office(), NOW, **case_facts(world))
    with pytest.raises(Refused, match="还没有交办"):
        urged(session, bare)


def test_an_urge_to_answer_yesterday_is_refused(session, case):
    with pytest.raises(Refused, match="答复期限不能早于今天"):
        urged(session, case, due_on=date(2026, 3, 1))


def test_a_supervision_has_a_number_and_goes_to_the_lead_unit(session, world, case):
    row = supervised(session, case)
    assert (row.supervision_no, row.unit_id) == ("集里督〔2026〕0001号", world.justice.id)
    assert kinds(session, liaison(world.justice)) == ["supervision reply"]


def test_a_reply_goes_to_who_supervises_and_may_be_sent_back(session, world, case):
    row = supervised(session, case)
    step(session, supervisions.SUPERVISION_FLOW, row, "reply", liaison(world.justice), reply="正在办")
    assert (row.status, kinds(session, liaison(world.justice))) == (SupervisionStatus.REPLIED, [])
    step(session, supervisions.SUPERVISION_FLOW, row, "send_back", reason="没有方案", reply_by=date(2026, 3, 6))
    assert (row.status, row.returned_count, f"{row.reply_by}") == (SupervisionStatus.OPEN, 1, "2026-03-06")
    assert kinds(session, liaison(world.justice)) == ["supervision reply"]


def test_an_accepted_supervision_is_lifted_with_a_reason(session, world, case):
    row = supervised(session, case)
    step(session, supervisions.SUPERVISION_FLOW, row, "reply", liaison(world.justice), reply="方案附后")
    step(session, supervisions.SUPERVISION_FLOW, row, "accept")
    step(session, supervisions.SUPERVISION_FLOW, row, "lift", reason="已落实")
    assert (row.status, row.lift_reason) == (SupervisionStatus.LIFTED, "已落实")


def test_a_supervision_is_not_accepted_before_it_was_answered(session, case):
    row = supervised(session, case)
    with pytest.raises(Refused, match="现在是“待回复”"):
        step(session, supervisions.SUPERVISION_FLOW, row, "accept")


def test_a_red_card_needs_a_reason(session, case):
    with pytest.raises(Refused, match="亮牌要写明原因"):
        supervised(session, case, card=CardColour.RED)


def test_a_graver_card_is_read_in_the_in_tray(session, world, case):
    row = supervised(session, case)
    step(session, supervisions.SUPERVISION_FLOW, row, "card", card=CardColour.RED, reason="一拖再拖")
    assert [t.title for t in inbox.mine(session, liaison(world.justice)) if t.entity == "supervision"] == ["红牌督办：集里督〔2026〕0001号"]


def test_another_unit_cannot_reply(session, world, case):
    row = supervised(session, case)
    with pytest.raises(Refused, match="不是交给您或您的单位的"):
        step(session, supervisions.SUPERVISION_FLOW, row, "reply", liaison(world.east_unit), reply="代答")


def instructed(session, world, case) -> tuple[Instruction, InstructionUnit]:
    row = Instruction(
        case_id=case.id, kind=InstructionKind.JOINT, leader_id=world.leader.id, words="请两家联合办理", given_on=TODAY
    )
    instructions.give(session, row, office(), NOW)
    part = InstructionUnit(instruction_id=row.id, unit_id=world.justice.id, due_on=date(2026, 3, 9))
    instructions.address(session, part, office(), NOW)
    return row, part


def test_every_unit_of_an_instruction_answers_before_it_is_closed(session, world, case):
    row, part = instructed(session, world, case)
    flow, close = instructions.ORDERED_FLOW, instructions.INSTRUCTION_FLOW
    step(session, close, row, "add", unit=world.east_unit, due_on=date(2026, 3, 9))
    step(session, flow, part, "answer", liaison(world.justice), answer="已约谈")
    step(session, flow, part, "accept")
    with pytest.raises(Refused, match="还有1个单位没有答复"):
        step(session, close, row, "close", summary="已落实")
    other = session.scalars(select(InstructionUnit).where(InstructionUnit.unit_id == world.east_unit.id)).one()
    step(session, flow, other, "answer", liaison(world.east_unit), answer="已配合")
    step(session, flow, other, "accept")
    step(session, close, row, "close", summary="已落实")
    assert (row.status, part.status, other.status) == (InstructionStatus.CLOSED, OrderedStatus.ACCEPTED, OrderedStatus.ACCEPTED)


def test_an_answer_sent_back_is_asked_for_again(session, world, case):
    _, part = instructed(session, world, case)
    step(session, instructions.ORDERED_FLOW, part, "answer", liaison(world.justice), answer="在办")
    step(session, instructions.ORDERED_FLOW, part, "send_back", reason="没有结果", due_on=date(2026, 3, 10))
    assert (part.status, kinds(session, liaison(world.justice))) == (OrderedStatus.WAITING, ["instruction_unit answer"])
