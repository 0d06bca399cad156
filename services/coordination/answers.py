"""What whistles, urges, supervisions and instructions share: whose turn it is, and their mark on the case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from models import Entity
from models.case import Case

from ..cases import timeline
from ..access import Actor
from ..flow import Step, note_of, plain
from ..numbers import next_number, place_name
from ..showing import LOCAL


@contextmanager
def beyond_scope(session: Session) -> Iterator[None]:
    """Work on what follows from a step though it lies out of the actor's own sight (a unit from outside)."""
    actor = session.info["actor"]
    session.flush()
    session.info["actor"] = replace(actor, is_scoped=False)
    try:
        yield
        session.flush()
    finally:
        session.info["actor"] = actor


def case_of(session: Session, subject: Entity) -> Case | None:
    """The case a row is about; asked `beyond_scope`."""
    return session.get(Case, (subject.subdistrict_id, subject.case_id)) if subject.case_id else None


def note(
    session: Session, subject: Entity, verb: str, label: str, actor: Actor, now: datetime, words: str | None = None,
    answers: dict | None = None,
) -> None:  # fmt: skip
    """Write what happened to a side track into the timeline of its case, if it has one."""
    with beyond_scope(session):
        case = case_of(session, subject)
        if case is not None:
            timeline.write(session, case, verb[:32], label, actor, now, note=words, answers=answers, before=case.status)


def record(session: Session, subject: Entity, step: Step, before, actor: Actor, now: datetime, answers: dict) -> None:
    """The event of a step on a side track, for `Flow.record`."""
    label = f"{type(subject).__label__}：{step.label}"
    note(session, subject, f"{type(subject).slug()}_{step.verb}", label, actor, now, note_of(step, answers), plain(answers))


def is_theirs(session, subject, actor: Actor, now, answers) -> str | None:
    """由被要求的单位或本人答复"""
    mine = actor.worker_id and getattr(subject, "worker_id", None) == actor.worker_id
    ours = actor.unit_id and subject.unit_id == actor.unit_id
    if mine or ours or actor.is_system:
        return None
    return "这件不是交给您或您的单位的，请由对方答复"


def recipient(subject: Entity):
    """Whose in-tray it lies in: the person's where one is named, else the unit's."""
    return getattr(subject, "worker", None) or subject.unit


def number(session: Session, word: str, purpose: str, now: datetime) -> str:
    """集里督〔2026〕0001号."""
    year = now.astimezone(LOCAL).year
    return f"{place_name(session)}{word}〔{year}〕{next_number(session, purpose, year):04d}号"


