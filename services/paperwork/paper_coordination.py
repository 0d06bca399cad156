"""What the papers of calling, urging and supervising say, and which rows they can be about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Described
from models.case import Case
from models.codes import CardColour, ReportStatus, SupervisionStatus
from models.supervision import Supervision
from models.urge import Urge, UrgeContact
from models.whistle import Whistle, WhistleTarget

from ..coordination import urges
from .paper_contexts import order
from .paper_facts import Facts, boxes, day, label, moment, name_of, orders

Subjects = Sequence[tuple[Described, str]]


def each_whistle(session: Session, case: Case) -> Subjects:
    rows = session.scalars(select(Whistle).where(Whistle.case_id == case.id).order_by(Whistle.blown_at).limit(30))
    return [(row, row.whistle_no) for row in rows]


def each_urge(session: Session, case: Case) -> Subjects:
    rows = session.scalars(select(Urge).where(Urge.case_id == case.id).order_by(Urge.urged_at).limit(30))
    return [(row, f"{name_of(row.unit or row.worker)} {day(row.urged_at)}") for row in rows]


def each_supervision(session: Session, case: Case) -> Subjects:
    rows = session.scalars(select(Supervision).where(Supervision.case_id == case.id).order_by(Supervision.issued_at).limit(30))
    return [(row, row.supervision_no) for row in rows]


def whistle(session: Session, case: Case, subject: Described) -> Facts:
    return whistle_facts(session, subject, name_of(case.lead_unit)) if isinstance(subject, Whistle) else {}


def whistle_facts(session: Session, row: Whistle, by_unit: str | None = None) -> Facts:
    """A whistle as the units called may read it: where, what, whom to call; never the parties."""
    wanted = select(WhistleTarget).where(WhistleTarget.whistle_id == row.id).order_by(WhistleTarget.id)
    targets = session.scalars(wanted.options(joinedload(WhistleTarget.unit))).all()
    return {"whistle": {
        "number": row.whistle_no, "kind": label(row.kind), "by": name_of(row.blown_by), "contact": row.contact_name,
        "by_unit": name_of(row.blown_by and row.blown_by.unit) or by_unit, "at": moment(row.blown_at), "due": _each(targets, lambda t: moment(t.respond_by)),
        "units": "、".join(t.unit.name for t in targets) or None, "reason": label(row.reason), "urgency": label(row.level),
        "place": row.place, "phone": row.contact_phone, "demand": row.request,
        "arrived_by": _each(targets, lambda t: t.arrivals), "arrived_at": _each(targets, lambda t: moment(t.arrived_at)),
        "done": _each(targets, lambda t: t.result), "decisions": _released(targets), "closed_at": moment(row.closed_at),
        "rating": _each(targets, lambda t: label(t.rating)), "counter_rating": _each(targets, lambda t: label(t.counter_rating)),
    }}  # fmt: skip


def _released(targets: Sequence[WhistleTarget]) -> list[Facts]:
    """Ticked once every unit that came was released, or one was sent back."""
    came = [t for t in targets if t.status is not ReportStatus.WITHDRAWN]
    is_over = bool(came) and all(t.status is ReportStatus.CONFIRMED for t in came)
    return boxes((("问题已解决，销哨", is_over), ("未解决，续哨", not is_over and any(t.sent_back_count for t in came))))


def _each(targets: Sequence[WhistleTarget], say) -> str | None:
    """What is said of each unit, with its name where there are several."""
    words = [(t.unit.name, say(t)) for t in targets]
    if len(words) == 1:
        return words[0][1]
    return "；".join(f"{name}：{said}" for name, said in words if said) or None


def urge(session: Session, case: Case, subject: Described) -> Facts:
    if not isinstance(subject, Urge):
        return order(session, case, case)
    name = "worker_id" if subject.worker_id else "unit_id"
    theirs = [o for o in orders(session, case) if getattr(o, name) == getattr(subject, name)]
    found = order(session, case, next(iter(theirs), case))
    last = session.scalar(select(UrgeContact).where(UrgeContact.urge_id == subject.id).order_by(UrgeContact.contacted_at.desc()).limit(1))
    return found | {"urge": {
        "number": urges.number_of(session, subject), "to": name_of(subject.unit) or name_of(subject.worker), "due_on": day(subject.due_on), "reason": subject.demand,
        "by": name_of(subject.agent) or "系统", "at": moment(subject.urged_at), "way": last and label(last.method),
        "contact": last and f"{last.spoken_to}：{last.words}", "answer": subject.answer,
    }}  # fmt: skip


def supervision(session: Session, case: Case, subject: Described) -> Facts:
    if not isinstance(subject, Supervision):
        return {}
    return {"supervision": {
        "number": subject.supervision_no, "to": name_of(subject.unit) or name_of(subject.worker), "problem": subject.card_reason,
        "card": label(subject.card) if subject.card is not CardColour.NONE else None, "demand": subject.demand,
        "due_on": day(subject.reply_by), "reply": subject.reply, "decisions": _decided(subject), "decision": subject.lift_reason or subject.return_reason,
        "on": day(subject.issued_at),
    }}  # fmt: skip


def _decided(subject: Supervision) -> list[Facts]:
    is_accepted = subject.status in (SupervisionStatus.ACCEPTED, SupervisionStatus.LIFTED)
    is_returned = subject.status is SupervisionStatus.OPEN and subject.returned_count > 0
    return boxes((("认可，解除督办", is_accepted), ("退回，继续督办", is_returned)))
