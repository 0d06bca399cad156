"""A proposed assignment for the whole tray: the cheapest there is, proven by a solver.

Every matter gets one taker. A matter costs the points its taker falls short of a perfect fit, and a
queue cost for the place it takes in the taker's queue, by the taker's capacity and the matter's
urgency. As the queue cost grows with every place, the cheapest plan is also a balanced one: a place
in a queue is a column of an assignment problem, which `scipy` solves exactly in milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.codes import Urgency

from .takers import Fit, Force, Matter, Taker, fit

if TYPE_CHECKING:
    import numpy as np

QUEUE = 60
URGENT = {Urgency.NORMAL: 1.0, Urgency.URGENT: 1.5, Urgency.CRITICAL: 2.0}
PERFECT = 100
LEFT_OUT = 1_000.0
BARRED = 1e7
CHOICES = 8
OBJECTIVE = (
    "每件的代价 = 合适程度差几分（满分100：职责、属地、专长、专岗、办过）+ 排队代价"
    f"（{QUEUE} × 排在第几 ÷ 可同时在办数 × 紧急系数：一般1、紧急1.5、特急2）；各件代价之和最小。"
    "必守规则：职责目录、回避、在办上限、聘期。"
)


@dataclass(frozen=True)
class Line:
    """One row of the plan: a matter, its taker (None if nobody may have it), why, and who else could."""

    matter: Matter
    taker: Taker | None
    why: tuple[str, ...]
    choices: Sequence[Taker]


@dataclass(frozen=True)
class Load:
    """Matters in a taker's hands before and after the plan."""

    taker: Taker
    before: int
    after: int


@dataclass(frozen=True)
class Plan:
    """Lines in the order of the matters; `cost` is the value of the objective."""

    lines: Sequence[Line]
    loads: Sequence[Load]
    cost: float


@dataclass(frozen=True)
class _Problem:
    """Costs of matters (rows) in places of queues (columns); `owners` says whose queue a column is."""

    costs: np.ndarray
    owners: Sequence[Taker]
    fits: Sequence[dict[str, Fit]]


def propose(matters: Sequence[Matter], force: Force) -> Plan:
    """The plan of least cost; a matter nobody may have stays without a taker."""
    if not matters:
        return Plan([], [], 0)
    problem = _problem(matters, force)
    return _plan(matters, problem, _solve(problem), force)


def greedy(matters: Sequence[Matter], force: Force) -> Plan:
    """What somebody would do who gives each matter in turn to whoever costs least; to compare with."""
    if not matters:
        return Plan([], [], 0)
    problem = _problem(matters, force)
    free = problem.costs.copy()
    chosen = []
    for row in range(len(matters)):
        column = int(free[row].argmin())
        chosen.append(column)
        free[:, column] = BARRED * 10
    return _plan(matters, problem, chosen, force)


def _problem(matters: Sequence[Matter], force: Force) -> _Problem:
    fits = [_fits(matter, force) for matter in matters]
    wanted: dict[str, int] = {}
    import numpy as np  # 10 MB, held only where a plan is made

    known: dict[str, Taker] = {t.id: t for t in (*force.mediators, *force.units.values())}
    for one in fits:
        for key in one:
            wanted[key] = wanted.get(key, 0) + 1
    owners, places = [], []
    for key, count in wanted.items():
        taker = known[key]
        for place in range(min(count, taker.capacity - taker.load)):
            owners.append(taker)
            places.append((taker.load + place + 1) / taker.capacity)
    number = {key: i for i, key in enumerate(wanted)}
    lack = np.full((len(matters), len(wanted)), BARRED)
    for row, one in enumerate(fits):
        for key, found in one.items():
            lack[row, number[key]] = PERFECT - found.points
    urgency = np.array([URGENT[m.urgency] for m in matters])
    columns = np.array([number[t.id] for t in owners], dtype=int)
    costs = lack[:, columns] + np.outer(urgency, QUEUE * np.array(places)) if owners else np.empty((len(matters), 0))
    nobody = np.full((len(matters), len(matters)), LEFT_OUT)
    return _Problem(np.hstack([costs, nobody]), owners, fits)


def _fits(matter: Matter, force: Force) -> dict[str, Fit]:
    """{taker id: fit} of everybody who may have a matter."""
    rated = ((taker.id, fit(matter, taker, force)) for taker in force.for_matter(matter))
    return {key: found for key, found in rated if found.barred is None}


def _solve(problem: _Problem) -> list[int]:
    from scipy.optimize import linear_sum_assignment  # 50 MB, held only where a plan is made

    rows, columns = linear_sum_assignment(problem.costs)
    return [int(column) for _, column in sorted(zip(rows, columns, strict=True))]


def _plan(matters, problem: _Problem, chosen: Sequence[int], force: Force) -> Plan:
    lines = []
    known = {t.id: t for t in (*force.mediators, *force.units.values())}
    for matter, column, fits in zip(matters, chosen, problem.fits, strict=True):
        taker = problem.owners[column] if column < len(problem.owners) else None
        best = sorted(fits, key=lambda key: (-fits[key].points + QUEUE * known[key].fullness, key))[:CHOICES]
        if taker is None:
            lines.append(Line(matter, None, ("没有合适又有余力的承办人，请单独办理",), [known[key] for key in best]))
            continue
        choices = [taker, *(known[key] for key in best if key != taker.id)][:CHOICES]
        lines.append(Line(matter, taker, fits[taker.id].why, choices))
    cost = float(sum(problem.costs[row, column] for row, column in enumerate(chosen)))
    return Plan(lines, loads(lines), cost)


def loads(lines: Sequence[Line]) -> list[Load]:
    """What everybody named in some lines has in hand before and after, the fullest first."""
    after: dict[str, int] = {}
    takers = {line.taker.id: line.taker for line in lines if line.taker is not None}
    for line in lines:
        if line.taker is not None:
            after[line.taker.id] = after.get(line.taker.id, line.taker.load) + 1
    found = [Load(takers[key], takers[key].load, count) for key, count in after.items()]
    return sorted(found, key=lambda load: (-load.after / load.taker.capacity, load.taker.id))
