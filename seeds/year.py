"""A year of cases, played through the services step by step in the order of time.

Everything random is settled before the first step is taken (`plan`), so a seed number always gives the
same year; the services then decide whether each step may be taken (`play`), as they do for people.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.codes import OPEN_STATES, Closeness
from models.inspection import Inspection
from models.mediation import Committee
from models.recusal import Recusal
from services import access
from services.appeals import appeal_sweep
from services.cases import sweep
from services.due_dates import local_day
from services.keeping import records
from services.mediation import confirmations

from .appeals import Door
from .matters import Matter
from .plan import Planner
from .play import Player
from .street import Street


def play_year(
    session: Session, street: Street, now: datetime, seed: int = 1, report: Callable[[str], object] = print
) -> None:
    """Play the cases of the year up to `now`; 182 disputes and 26 petition matters end closed or in the archive."""
    own, rng = session.info["actor"], random.Random(f"year {street.code} {seed}")
    planner = Planner(session, street, now, rng)
    matters = planner.plan()
    player = Player(session, planner.hands)
    door = Door(session, street, planner.hands, planner.days, now, rng)
    threads = [(player, matter) for matter in matters] + [(door, plea) for plea in door.plan()]
    line = sorted(
        ((at, number, verb) for number, (_, thread) in enumerate(threads) for verb, at in thread.steps), key=lambda step: step[0]
    )
    for count, (at, number, verb) in enumerate(line, 1):
        who, thread = threads[number]
        who.take(thread, verb, at)
        if count % 1000 == 0:
            report(f"案件已办理{count}步，共{len(line)}步")
    access.bind(session, own, now)
    _recusals(session, street, [matter for matter in matters if matter.case.status in OPEN_STATES], now)
    _inspections(session, now, random.Random(f"inspections {street.code} {seed}"))
    _last_night(session, now)
    report(f"一年的案件已就绪：{len(matters)}件，{len(line)}步")


def _recusals(session: Session, street: Street, matters: list[Matter], now: datetime) -> None:
    """Two mediators of the sub-district keep out of a matter each."""
    reasons = ((Closeness.KIN, "一方当事人是本人表亲"), (Closeness.INTEREST, "本人住在同一楼栋，有利害关系"))
    for matter, worker, (closeness, reason) in zip(matters, reversed(street.offices.mediators[""]), reasons, strict=False):
        row = Recusal(worker_id=worker["id"], case_id=matter.case.id, closeness=closeness, reason=reason)
        records.save(session, row, session.info["actor"], now)


def _inspections(session: Session, now: datetime, rng: random.Random) -> None:
    """What each committee reported of its inspections for the twelve months that are over; prevented crimes are rare."""
    committees, last = session.scalars(select(Committee.id).order_by(Committee.name)).all(), local_day(now)
    for _ in range(12):
        last = last.replace(day=1) - timedelta(days=1)
        rows = [
            Inspection(
                committee_id=committee, inspected_on=last, inspection_count=rng.randint(2, 8), prevented_count=rng.choice((0, 0, 1, 2)),
                crime_count=(crimes := int(rng.random() < 0.02)), crime_people=2 * crimes, petition_count=0, petition_people=0,
            )
            for committee in committees
        ]  # fmt: skip
        records.save_all(session, rows, session.info["actor"], now)


def _last_night(session: Session, now: datetime) -> None:
    """What the nightly work would have found: answers left alone, confirmations to remind of, periods that ran out."""
    appeal_sweep.run(session, now)
    confirmations.remind(session, now)
    for _ in sweep.batches(session, now):
        pass
    session.expire_all()
