"""批示和领导调度联办: a leader's words go to units with a term, and every unit answers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.case import Case
from models.codes import InstructionStatus, OrderedStatus
from models.department import Unit
from models.instruction import Instruction, InstructionUnit

from . import answers as side
from .. import inbox
from ..keeping import records
from ..access import Actor, Permission
from ..due_dates import local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step, note_of, plain

S, PART, P = InstructionStatus, OrderedStatus, Permission


def give(session: Session, row: Instruction, actor: Actor, now: datetime) -> None:
    """Number an instruction; its units are then addressed one by one."""
    actor.require(P.INSTRUCT)
    if row.given_on > local_day(now):
        raise Refused("批示日期不能晚于今天", field="given_on")
    row.instruction_no = side.number(session, "批", "instruction", now)
    row.status, row.issued_by_id, row.issued_at = S.OPEN, actor.user_id, now
    records.save(session, row, actor, now)
    side.note(session, row, "instruct", row.kind.label, actor, now, row.words)


def address(session: Session, part: InstructionUnit, actor: Actor, now: datetime) -> None:
    """Put a unit's part of an instruction before it."""
    actor.require(P.INSTRUCT)
    if part.due_on < local_day(now):
        raise Refused("办理期限不能早于今天", field="due_on")
    part.status = PART.WAITING
    records.save(session, part, actor, now)
    _ask(session, part, now)


def of(session: Session, case: Case) -> list[tuple[Instruction, list[InstructionUnit]]]:
    """The instructions about a case, each with its units; two statements."""
    wanted = select(Instruction).where(Instruction.case_id == case.id).order_by(Instruction.issued_at.desc()).limit(30)
    rows = session.scalars(wanted.options(joinedload(Instruction.leader))).all()
    found: dict[str, list[InstructionUnit]] = {row.id: [] for row in rows}
    parts = select(InstructionUnit).where(InstructionUnit.instruction_id.in_(found)).order_by(InstructionUnit.id)
    for part in session.scalars(parts.options(joinedload(InstructionUnit.unit))) if rows else ():
        found[part.instruction_id].append(part)
    return [(row, found[row.id]) for row in rows]


def _ask(session: Session, part: InstructionUnit, now: datetime) -> None:
    whole = session.get(Instruction, (part.subdistrict_id, part.instruction_id))
    unit = session.get(Unit, (part.subdistrict_id, part.unit_id))
    inbox.put(session, part, "answer", f"{whole.kind.label}：{whole.instruction_no}", unit, now, due_on=part.due_on)


def _record_part(session, part, step, before, actor, now, answers) -> None:
    words = note_of(step, answers)
    side.note(
        session, part.instruction, f"instructed_{step.verb}", f"{part.instruction.kind.label}：{part.unit.name}{step.label}",
        actor, now, words, plain(answers),
    )  # fmt: skip


def _answer(session, part, actor, now, answers) -> None:
    part.answer, part.answered_by_id, part.answered_at = answers["answer"], actor.user_id, now
    inbox.settle(session, part, actor, now)
    inbox.put(session, part, "decide", f"{part.unit.name}已答复：{part.instruction.instruction_no}", P.INSTRUCT, now)


def _accept(session, part, actor, now, answers) -> None:
    inbox.settle(session, part, actor, now)


def _send_back(session, part, actor, now, answers) -> None:
    part.return_reason, part.answered_at = answers["reason"], None
    part.due_on = answers["due_on"] or max(part.due_on, local_day(now))
    inbox.settle(session, part, actor, now)
    _ask(session, part, now)


def day_lies_ahead(session, part, actor, now, answers) -> str | None:
    """期限不早于今天"""
    day: date | None = answers.get("due_on")
    return "期限不能早于今天" if day and day < local_day(now) else None


ORDERED_FLOW = Flow(
    "instruction_unit",
    OrderedStatus,
    [
        Step(
            "answer", "答复", {PART.WAITING}, PART.ANSWERED, P.CASE_FEED_BACK,
            asks=(Ask("answer", "落实情况", is_long=True),), guards=(side.is_theirs,), effects=(_answer,),
            hint="每个承办单位都要答复",
        ),
        Step("accept", "认可", {PART.ANSWERED}, PART.ACCEPTED, P.INSTRUCT, effects=(_accept,), hint="已落实"),
        Step(
            "send_back", "退回重报", {PART.ANSWERED}, PART.WAITING, P.INSTRUCT,
            asks=(Ask("reason", "退回原因", is_long=True), Ask("due_on", "重新答复期限", date, is_required=False)),
            guards=(day_lies_ahead,), effects=(_send_back,), hint="没有落实的退回继续办",
        ),
    ],
    _record_part,
    title="批示与联办：承办单位",
    ends=frozenset({PART.ACCEPTED}),
)  # fmt: skip


def all_have_answered(session, row, actor, now, answers) -> str | None:
    """所有承办单位都已答复并认可"""
    parts = session.scalars(select(InstructionUnit.status).where(InstructionUnit.instruction_id == row.id)).all()
    left = sum(state is not PART.ACCEPTED for state in parts)
    return f"还有{left}个单位没有答复或没有认可" if left else None


def unit_is_new(session, row, actor, now, answers) -> str | None:
    """单位还不在承办之列"""
    unit = answers["unit"]
    again = select(InstructionUnit.id).where(InstructionUnit.instruction_id == row.id, InstructionUnit.unit_id == unit.id)
    return f"{unit.name}已在承办单位里" if session.scalar(again) else None


def _add(session, row, actor, now, answers) -> None:
    part = InstructionUnit(
        instruction_id=row.id, unit_id=answers["unit"].id, due_on=answers["due_on"], demand=answers["demand"]
    )
    address(session, part, actor, now)


def _close(session, row, actor, now, answers) -> None:
    row.summary, row.closed_at = answers["summary"], now


INSTRUCTION_FLOW = Flow(
    "instruction",
    InstructionStatus,
    [
        Step(
            "add", "增加单位", {S.OPEN}, None, P.INSTRUCT,
            asks=(Ask("unit", "单位", Unit), Ask("due_on", "办理期限", date), Ask("demand", "具体要求", is_required=False, is_long=True)),
            guards=(unit_is_new, day_lies_ahead), effects=(_add,), hint="请更多单位一起办",
        ),
        Step(
            "close", "办结批示", {S.OPEN}, S.CLOSED, P.INSTRUCT,
            asks=(Ask("summary", "总体落实情况", is_long=True),), guards=(all_have_answered,), effects=(_close,),
            hint="各单位都落实后办结",
        ),
    ],
    side.record,
    title="批示与联办",
    ends=frozenset({S.CLOSED}),
)  # fmt: skip
