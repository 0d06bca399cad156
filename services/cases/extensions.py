"""Lengthening a period: asked before it is due, one open request, decided by the side that set it (R07)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from models.case import Assignment, Case
from models.case_codes import NoticeKind
from models.clock import Clock
from models.codes import AssignmentStatus
from models.extension import Extension
from models.term import Term

from .. import inbox
from . import clocks
from ..desk import orders
from ..paperwork import notices
from ..access import Permission
from ..due_dates import local_day
from ..flow import say


def open_request(session: Session, case: Case) -> Extension | None:
    return session.scalar(select(Extension).where(Extension.case_id == case.id, Extension.decided_at.is_(None)))


def periods(session: Session, case: Case) -> Sequence[Clock]:
    """The running periods of a case that may be lengthened at all."""
    allowed = set(session.scalars(select(Term.id).where(Term.extend_length > 0)))
    return [clock for clock in clocks.live(session, case) if clock.term_id in allowed]


def is_asked(case: Case) -> bool:
    """有待审批延期申请的案件"""
    return open_request(object_session(case), case) is not None


def _approver(clock: Clock) -> Permission:
    """A period of the law is lengthened by the head of the unit, one of the office by who gives orders."""
    return Permission.CASE_APPROVE if clock.is_statutory else Permission.CASE_DISPATCH


# ---- guards ----------------------------------------------------------------------------


def none_is_open(session, case, actor, now, answers) -> str | None:
    """没有其他待审批的延期申请"""
    return "已有一份延期申请等待审批，请等审批后再申请" if open_request(session, case) else None


def clock_can_grow(session, case, actor, now, answers) -> str | None:
    """期限届满前申请，不超过规定的延长上限，法定期限只延一次"""
    clock, length = answers["clock"], answers["length"]
    term = session.get(Term, clock.term_id)
    if clock.case_id != case.id or clock.state not in clocks.LIVE:
        return "请选择本案正在计算的期限"
    if local_day(now) > clock.due_on:
        return f"“{clock.name}”{clock.due_on:%Y-%m-%d}已到期，延期须在到期前申请"
    left = term.extend_length - clock.extended_by
    if clock.is_statutory and clock.extended_by:
        return f"“{clock.name}”已延长过一次，依法不能再延"
    if not 1 <= length <= left:
        return f"“{clock.name}”最多还可延长{left}{term.unit.label}，请改为1至{left}" if left > 0 else f"“{clock.name}”不能延长"
    return None


def is_the_approver(session, case, actor, now, answers) -> str | None:
    """法定期限由机关负责人批准，内部期限由交办一方批准；不能批自己的申请"""
    request = open_request(session, case)
    if not actor.may(_approver(request.clock)):
        return f"“{request.clock.name}”的延期须由有“{_approver(request.clock).label}”权限的人审批"
    if request.asked_by_id and request.asked_by_id == actor.user_id:
        return "不能审批自己提出的延期申请，请由另一人审批"
    return None


def citizen_is_told(session, case, actor, now, answers) -> str | None:
    """同意延长法定期限的，告知当事人理由"""
    request = open_request(session, case)
    if answers["is_granted"] and request.clock.is_statutory and not answers["informed_how"]:
        return "延长法定期限须告知当事人延期理由，请选择“告知方式”"
    return None


# ---- effects ---------------------------------------------------------------------------


def ask(session, case, actor, now, answers) -> None:
    clock = answers["clock"]
    unit = session.get(Term, clock.term_id).unit.label
    say(answers, f"“{clock.name}”{clock.due_on:%Y-%m-%d}到期，申请延长{answers['length']}{unit}")
    session.add(Extension(
        case_id=case.id, clock_id=clock.id, length=answers["length"], reason=answers["reason"],
        asked_by_id=actor.user_id, asked_by_name=actor.name, asked_at=now,
    ))  # fmt: skip
    inbox.put(session, case, "extension", f"延期申请：{case.case_no} {clock.name}", _approver(clock), now, due_on=clock.due_on)


def decide(session, case, actor, now, answers) -> None:
    request = open_request(session, case)
    clock, term = request.clock, session.get(Term, request.clock.term_id)
    request.is_granted, request.answer = answers["is_granted"], answers["answer"]
    request.decided_by_name, request.decided_at = actor.name, now
    was = clock.due_on
    if request.is_granted:
        clocks.extend(session, clock, request.length, case)
        if clock.part == Assignment.slug():
            order = session.get(Assignment, (case.subdistrict_id, clock.part_id))
            order.due_on, order.due_reason = clock.due_on, clock.due_reason
            if order.status is AssignmentStatus.OPEN:
                orders.remind(session, case, order, now)
    if request.is_granted and answers["informed_how"]:
        words = f"“{clock.name}”延长{request.length}{term.unit.label}至{clock.due_on:%Y-%m-%d}，理由：{request.reason}"
        notices.give(session, case, NoticeKind.EXTENDED, answers["informed_how"], words, actor, now)
    became = f"由{was:%Y-%m-%d}延至{clock.due_on:%Y-%m-%d}" if request.is_granted else f"期限仍为{was:%Y-%m-%d}"
    word = "同意" if request.is_granted else "不同意"
    say(answers, f"{word}“{clock.name}”延长{request.length}{term.unit.label}，{became}。申请理由：{request.reason.rstrip('。')}")
    inbox.settle(session, case, actor, now, "extension")


def drop(session: Session, case: Case, actor, now) -> None:
    """The case ends or is given back: a request nobody has answered has lost its object."""
    request = open_request(session, case)
    if request is not None:
        request.is_granted, request.answer = False, "案件已结束，申请失效"
        request.decided_by_name, request.decided_at = actor.name, now
        inbox.settle(session, case, actor, now, "extension")
