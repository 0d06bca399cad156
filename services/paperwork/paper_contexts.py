"""One small function a paper: what it says beyond the facts of its case.

Each is called with (session, case, subject) and gives the keys that its template adds to
`paper_facts.facts_of`. A subject is the case itself or one order, party, team … of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Described
from models.appeal import Appeal
from models.attachment import Attachment
from models.case import Case, CaseParty, Objection
from models.case_codes import NoticeChannel, OpinionKind, PetitionPurpose
from models.codes import PartyRole
from models.mediation import Counsellor
from models.extension import Extension
from models.hearing import Hearing
from models.notice import Notice
from models.opinion import HandlingOpinion

from ..cases import hearings
from . import paper_facts as facts
from .paper_facts import Facts, boxes, day

_APPLIED = {"window", "visit", "letter", "phone", "online", "qr", "station", "fax"}
_ENTRUSTED = {"transfer", "dept_transfer", "police_non_emergency", "hotline_12345"}
_PURPOSES = (PetitionPurpose.ADVICE, PetitionPurpose.ACCUSATION, PetitionPurpose.CLAIM)
_BLANK_ROWS = 6


def nothing(session: Session, case: Case, subject: Described) -> Facts:
    return {}


def source(session: Session, case: Case, subject: Described) -> Facts:
    """How the case came, as the register of acceptance asks it."""
    channel = case.channel.split(":", 1)[1]
    ticks = (("当事人申请", channel in _APPLIED), ("人民调解委员会主动调解", channel == "patrol"), ("接受委托移送", channel in _ENTRUSTED))
    return {"sources": boxes(ticks)}


def application(session: Session, case: Case, subject: Described) -> Facts:
    """What the applicant asks for, a line each; blank lines to write on where nothing was entered."""
    return {"requests": [line.strip(" .．、") for line in (case.requests or "").splitlines() if line.strip()]}


def power(session: Session, case: Case, subject: Described) -> Facts:
    """Who authorises whom: the party the paper is about, and the agent if one is registered."""
    people = facts.parties(session, case)
    is_party = isinstance(subject, CaseParty)
    principal = next((p for p in people if is_party and p["id"] == subject.id), next(iter(people), {}))
    agent = next((p for p in people if p["role"] == PartyRole.AGENT.label), {})
    others = [p["name"] for p in people if p["role"] != principal.get("role") and p["role"] != PartyRole.AGENT.label]
    return {"principal": principal, "agent": agent, "opponent": "、".join(others) or None}


def referral(session: Session, case: Case, subject: Described) -> Facts:
    """Who is sent to whom: the party, who answers for the matter, and the studio where the office has only one."""
    studios = session.scalars(select(Counsellor.studio).where(Counsellor.is_active.is_(True), Counsellor.studio.is_not(None)).distinct().limit(2)).all()
    by = facts.name_of(case.handler) or facts.name_of(case.lead_unit)
    return power(session, case, subject) | {"referral": {"studio": studios[0] if len(studios) == 1 else None, "by": by}}


def evidence(session: Session, case: Case, subject: Described) -> Facts:
    """The files of the case, and room for what lies in the folder only."""
    wanted = select(Attachment).where(Attachment.entity == Case.slug(), Attachment.record_id == case.id).order_by(Attachment.id)
    rows = [
        {"number": str(number), "name": kept.purpose or kept.file_name, "on": day(kept.created_at), "taken_by": facts.name_of(kept.added_by)}
        for number, kept in enumerate(session.scalars(wanted.limit(50)), 1)
    ]  # fmt: skip
    return {"rows": [*rows, *[{"number": str(n), "name": " ", "proves": " ", "by": " ", "pages": " ", "original": " ", "on": " ", "taken_by": " "}
                              for n in range(len(rows) + 1, max(len(rows) + 3, _BLANK_ROWS) + 1)]]}  # fmt: skip


def delivery(session: Session, case: Case, subject: Described) -> Facts:
    """The notices that the case says were handed over in writing."""
    wanted = select(Notice).where(Notice.case_id == case.id, Notice.channel.in_((NoticeChannel.POST, NoticeChannel.HANDED))).order_by(Notice.given_on, Notice.id)
    return {"delivery": {"papers": "；".join(f"{n.kind.label}（{day(n.given_on)}）" for n in session.scalars(wanted.limit(20))) or " "}}


def registration(session: Session, case: Case, subject: Described) -> Facts:
    """A petition as registered: its purpose, representatives, files."""
    people = facts.parties(session, case)
    speakers = "、".join(p["name"] for p in people if p["role"] == PartyRole.REPRESENTATIVE.label)
    count = session.scalar(select(func.count()).select_from(Attachment).where(Attachment.entity == Case.slug(), Attachment.record_id == case.id))
    return {
        "purposes": boxes((purpose.label, case.purpose is purpose) for purpose in _PURPOSES),
        "petition": {"representatives": speakers or None, "repeat": {True: "重复", False: "初次"}.get(case.is_repeat)},
        "attachments": f"共{count}份" if count else None,
    }  # fmt: skip


def each_hearing(session: Session, case: Case) -> Sequence[tuple[Described, str]]:
    found = hearings.of(session, case)
    return [(row, "" if len(found) == 1 else day(row.held_at)) for row in found] or [(case, "")]


def hearing(session: Session, case: Case, subject: Described) -> Facts:
    """One hearing; lines to write on where none is recorded."""
    if not isinstance(subject, Hearing):
        return {"record": {}}
    said = subject.statements + (f"\n评议：{subject.deliberation}" if subject.deliberation else "")
    return {"record": {
        "time": facts.span(subject.held_at, subject.ended_at), "place": subject.place,
        "attendees": f"主持人：{subject.presider.name}；成员：{subject.members}；记录人：{subject.recorder}", "body": said, "result": subject.conclusion,
    }}  # fmt: skip


def order(session: Session, case: Case, subject: Described) -> Facts:
    """The order that the paper is about, else the last one of the case."""
    given = subject if not isinstance(subject, Case) else next(iter(facts.orders(session, case)), None)
    return {"order": facts.order_facts(given), "followup": {}}


def objection(session: Session, case: Case, subject: Described) -> Facts:
    """The objection of a unit to the order that the paper is about (R11)."""
    found = order(session, case, subject)
    row = session.scalar(select(Objection).where(Objection.order_id == subject.id).order_by(Objection.raised_at.desc()).limit(1))
    words = row and " ".join(filter(None, (row.status.label if row.decided_at else None, row.decision)))
    return found | {
        "objection": {} if row is None else {
            "reasons": row.reason, "proposed_unit": row.proposed_unit.name, "on": day(row.raised_at), "decision": words or None,
        }
    }  # fmt: skip


def receipt(session: Session, case: Case, subject: Described) -> Facts:
    """The appeal that a case came from: its number and the code with which its author may ask."""
    row = session.scalar(select(Appeal).where(Appeal.case_id == case.id).order_by(Appeal.received_at).limit(1))
    return {"appeal": {"number": row.appeal_no, "query_code": row.query_code} if row else {}}


def opinion(session: Session, case: Case, subject: Described) -> Facts:
    """The answer to a petition: what was found, what is answered (R21)."""
    last = next(iter(facts.orders(session, case)), None)
    given = session.scalar(select(HandlingOpinion).where(HandlingOpinion.case_id == case.id).order_by(HandlingOpinion.number.desc()).limit(1))
    return {"opinion": {
        "facts": given.facts if given else last and last.feedback, "text": case.result, "basis": given and given.basis,
        "kinds": facts.codes(OpinionKind, given and given.kind),
    }}  # fmt: skip


def each_extension(session: Session, case: Case) -> list[tuple[Described, str]]:
    """The extensions of a case that were granted."""
    rows = session.scalars(select(Extension).where(Extension.case_id == case.id, Extension.is_granted.is_(True)).order_by(Extension.asked_at).limit(20))
    return [(row, day(row.decided_at)) for row in rows]


def extension(session: Session, case: Case, subject: Described) -> Facts:
    """One granted extension: why, by how much, until when, by whom (R07)."""
    if not isinstance(subject, Extension):
        return {}
    return {"extension": {
        "reason": subject.reason, "days": str(subject.length), "after": day(subject.clock.due_on), "approver": subject.decided_by_name,
    }}  # fmt: skip


def route(session: Session, case: Case, subject: Described) -> Facts:
    """The lawful way on which a petition goes."""
    return {"petition": {"route": facts.label(case.legal_route)}}


def brief(session: Session, case: Case, subject: Described) -> Facts:
    return {
        "orders": [facts.order_facts(o) for o in reversed(facts.orders(session, case))] or [{}],
        "events": facts.events(session, case) or [{}], "team": facts.team_facts(session, facts.team_of(session, case)),
    }  # fmt: skip


def team(session: Session, case: Case, subject: Described) -> Facts:
    given = subject if not isinstance(subject, Case) else facts.team_of(session, case)
    return {"team": facts.team_facts(session, given)}
