"""The batch plan of the tray: proposed for what waits now, taken through the flow in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models.area import Area
from models.case import Case
from models.codes import CaseStatus, JobStatus, UnitKind
from models.department import Unit
from models.job import Job
from models.term import Term
from models.worker import Worker

from ..background import jobs
from . import takers
from ..access import Actor, Permission
from .batch_plan import Plan, propose
from ..keeping import audit
from ..keeping.bulk import MOST_STEPS, picked
from ..cases.case_flow import CASE_FLOW
from ..due_dates import local_day
from ..errors import Refused
from ..background.work import Work, work

MOST = 500
AT_ONCE = MOST_STEPS
"""So many are given while somebody waits for the page; more is work for the worker, in one transaction as well."""

KIND = "tray_plan"


@dataclass(frozen=True)
class Choice:
    """One row as a person leaves it: the case, the version shown, and who is to have it."""

    case_id: str
    version: int
    kind: str
    taker_id: str

    @classmethod
    def read(cls, text: str) -> Choice:
        """From “case|version|unit or worker|id”, as the page sends it; raises `Refused`."""
        parts = text.split("|")
        if len(parts) != 4 or parts[2] not in ("unit", "worker") or not parts[1].isdecimal():
            raise Refused("方案里有看不懂的一行，请重新生成方案")
        return cls(parts[0], int(parts[1]), parts[2], parts[3])


@dataclass
class Taken:
    """Cases given to somebody, and (case number, reason) of those left out; `batch` is what undoes it at once."""

    given: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    batch: str | None = None


def waiting(session: Session) -> Sequence[Case]:
    """The accepted matters of the tray, the first due first, at most `MOST`."""
    return session.scalars(
        select(Case).where(Case.status == CaseStatus.ACCEPTED).order_by(Case.due_on, Case.id).limit(MOST)
    ).all()


def proposal(session: Session, now: datetime) -> tuple[Plan, int]:
    """The plan for the accepted matters of the tray (the first `MOST` by due date), and how many are not accepted yet."""
    cases = waiting(session)
    fresh = session.scalar(select(func.count()).select_from(select(Case.id).where(Case.status == CaseStatus.REGISTERED).limit(1000).subquery()))
    if not cases:
        return Plan([], [], 0), fresh
    return propose(takers.matters(session, cases), takers.force(session, local_day(now))), fresh


def take(session: Session, choices: Sequence[Choice], actor: Actor, now: datetime, tell: Callable[[int], None] = lambda count: None) -> Taken:
    """Give every case of a plan to whom it names; what changed meanwhile or is refused is left out and named.

    `tell` hears how many rows were looked at. What was given is one batch, so that it is taken back as one.
    """
    actor.require(Permission.CASE_DISPATCH)
    with audit.as_one(session) as batch:
        taken = _take(session, choices, actor, now, tell)
        if taken.given:
            taken.batch = batch
            audit.bulk(session, Case, f"按批量方案交办{len(taken.given)}件", len(taken.given), record_id=batch, step=[CASE_FLOW.name, "assign"])
    return taken


def _take(session: Session, choices: Sequence[Choice], actor: Actor, now: datetime, tell: Callable[[int], None]) -> Taken:
    if len(choices) > MOST:
        raise Refused(f"一次最多交办{MOST}件，请分几次办理")
    cases = _rows(session, Case, [c.case_id for c in choices])
    units = _rows(session, Unit, [c.taker_id for c in choices if c.kind == "unit"])
    workers = _rows(session, Worker, [c.taker_id for c in choices if c.kind == "worker"])
    places = _places(session)
    _known = _look_up(session, cases.values())  # held here, the session finds them by key
    taken = Taken()
    for number, choice in enumerate(choices):
        tell(number)
        case = cases.get(choice.case_id)
        taker = (units if choice.kind == "unit" else workers).get(choice.taker_id)
        if case is None:
            taken.left.append(("（已看不到的案件）", "可能已改到您看不到的范围"))
            continue
        reason = _reason(case, taker, choice) or _give(session, case, {choice.kind: taker, "territory": places.get(case.area.code.split(".")[0])}, actor, now)
        if reason:
            taken.left.append((case.case_no, reason))
        else:
            taken.given.append(case.case_no)
    tell(len(choices))
    return taken


def ask(session: Session, choices: Sequence[Choice], actor: Actor, now: datetime) -> Job:
    """Hand a plan of more than `AT_ONCE` rows to the worker."""
    actor.require(Permission.CASE_DISPATCH)
    params = {"choices": [[c.case_id, c.version, c.kind, c.taker_id] for c in choices]}
    return jobs.enqueue(session, actor, now, KIND, f"按批量方案交办 {len(choices)} 件", params, queue=KIND, total=len(choices))


@work(KIND)
def run(work: Work) -> None:
    """Take a plan in one transaction with the end of the job: cut off anywhere, nothing is given."""
    choices = [Choice(*row) for row in work.params["choices"]]
    with work.session() as session:
        taken = take(session, choices, work.actor, work.now(), work.progress)
        left = f"，{len(taken.left)}件没有交办" if taken.left else ""
        work.finish({
            "url": f"/admin/tray-plan/?job={work.job_id}", "sentence": f"已交办{len(taken.given)}件{left}", "given": taken.given,
            "left": taken.left, "batch": taken.batch,
        }, session=session)  # fmt: skip


def outcome(session: Session, job_id: str, actor: Actor) -> Taken | None:
    """What came of a plan that the worker took; None while it is not over or when it is no plan."""
    job = jobs.find(session, job_id, actor)
    if job.kind != KIND or job.status is not JobStatus.DONE:
        return None
    return Taken(job.result["given"], [tuple(line) for line in job.result["left"]], job.result.get("batch"))


def _reason(case: Case, taker: Unit | Worker | None, choice: Choice) -> str | None:
    if case.status is not CaseStatus.ACCEPTED:
        return f"现在是“{case.status.label}”，别人已经办过"
    if case.version != choice.version:
        return "方案生成以后别人改动过，请重新生成方案再看"
    if taker is None or not taker.is_active:
        return "选的承办人或单位已停用"
    return None


def _look_up(session: Session, cases: Iterable[Case]) -> list:
    """What the flow looks up for each case, read at once: the places and the terms."""
    areas = session.scalars(select(Area).where(Area.id.in_({case.area_id for case in cases})))
    return [*areas, *session.scalars(select(Term))]


def _places(session: Session) -> dict[str, Unit]:
    """{code of a community: its unit}, so that the flow need not ask for each case."""
    units = session.scalars(select(Unit).where(Unit.kind == UnitKind.COMMUNITY).options(joinedload(Unit.area)))
    return {unit.area.code: unit for unit in units if unit.area is not None}


def _give(session: Session, case: Case, answers: dict, actor: Actor, now: datetime) -> str | None:
    """Take the step in a savepoint of its own, so that a refusal leaves the others as they are."""
    try:
        with session.begin_nested():
            CASE_FLOW.take(session, "assign", case, actor, now, **answers)
    except Refused as no:
        return no.sentence
    return None


def _rows(session: Session, entity: type, ids: Sequence[str]) -> dict:
    return {row.id: row for row in picked(session, entity, ids)[0]}
