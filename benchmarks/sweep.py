"""The nightly sweep at a million open periods: `python -m benchmarks.sweep`, on SQLite in a file of its own.

Compared in the same run with a bare walk of the index over the rows that are acted upon, and with a
second night on which nothing is left to do.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine, create_engine, insert, select, text
from sqlalchemy.orm import Session

from database import configure_sqlite
from models import Base, sealed, uuid7
from models.case import Assignment
from models.clock import Clock
from models.codes import AssignmentRole, AssignmentStatus, ClockState
from models.division import Division
from services import access
from services.cases import case_flow, sweep
from services.keeping import audit
from tests.support.builders import build_world, case_facts

from .measure import _status

PLACE, NOW = "430181002", datetime(2026, 3, 2, 17, 30, tzinfo=UTC)  # 01:30 on 3 March in China
TODAY = date(2026, 3, 3)
A_CASE = 50


class SweepSession(Session):
    """A session as the nightly work has it: scoped and audited."""


access.install(SweepSession)
audit.install(SweepSession)


def main() -> None:
    asked = argparse.ArgumentParser("python -m benchmarks.sweep")
    asked.add_argument("--clocks", type=int, default=1_000_000)
    asked.add_argument("--due", type=float, default=0.1, help="share of the periods that are near or past today")
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = _filled(Path(folder) / "sweep.db", args.clocks, args.due)
        _measure(engine, args.clocks)


def _filled(path: Path, count: int, share: float) -> Engine:
    """So many running periods of orders, `A_CASE` to a case; the near and past ones spread over three weeks."""
    sealed.use_keys({"1": bytes(range(64))})
    engine = create_engine(f"sqlite:///{path}")
    configure_sqlite(engine)
    Base.metadata.create_all(engine)
    with SweepSession(engine) as session:
        access.bind(session, access.system(PLACE), NOW)
        session.execute(insert(Division.__table__), [
            {"code": PLACE, "name": "集里街道", "short_name": "集里"}, {"code": f"{PLACE}001", "name": "东里社区", "short_name": None},
            {"code": f"{PLACE}002", "name": "西里社区", "short_name": None},
        ])  # fmt: skip
        world = build_world(session)
        worker, far = world.mediator.id, TODAY + timedelta(days=60)
        case_ids = [
            case_flow.register(session, access.system(PLACE), NOW, **case_facts(world)).id for _ in range(max(count // A_CASE // 20, 1))
        ]  # fmt: skip
        common = {"subdistrict_id": PLACE, "created_at": NOW, "updated_at": NOW, "version": 1}
        for first in range(0, count, 20_000):
            orders, clocks = [], []
            for number in range(first, min(first + 20_000, count)):
                case_id, order = case_ids[number % len(case_ids)], uuid7()
                due = TODAY + timedelta(days=number % 24 - 20) if number % 1000 < share * 1000 else far
                orders.append(common | {
                    "id": order, "case_id": case_id, "role": AssignmentRole.ASSIST, "worker_id": worker, "status": AssignmentStatus.WITHDRAWN,
                    "due_on": due, "due_reason": "测试", "assigned_at": NOW,
                })  # fmt: skip
                clocks.append(common | {
                    "id": uuid7(), "case_id": case_id, "term_id": "divert", "name": "分流调解反馈", "part": "assignment", "part_id": order,
                    "is_statutory": False, "state": ClockState.RUNNING, "starts_on": date(2026, 1, 1), "extended_by": 0, "paused_days": 0,
                    "due_on": due, "due_reason": "测试", "alert_level": 0,
                })  # fmt: skip
            session.execute(insert(Assignment.__table__), orders)
            session.execute(insert(Clock.__table__), clocks)
        session.commit()
        session.execute(text("ANALYZE"))
        session.commit()
    return engine


def _measure(engine: Engine, count: int) -> None:
    c = Clock.__table__.c
    with SweepSession(engine) as session:
        access.bind(session, access.system(PLACE), NOW)
        near = sweep.limits(session, TODAY)[sweep.WARNED][0]
        bare = (
            select(c.id, c.due_on)
            .where(c.subdistrict_id == PLACE, c.state == ClockState.RUNNING, c.alert_level == 0, c.due_on <= near)
            .order_by(c.due_on, c.id)
        )
        walked, rows = _timed(lambda: len(session.connection().execute(bare).all()))
        Path("/proc/self/clear_refs").write_text("5")  # filling the table had a peak of its own
        before = _status("VmRSS")
        first, done = _timed(lambda: sweep.run(session, NOW))
        second, again = _timed(lambda: Counter(sweep.run(session, NOW)))
        acts = sum(done.values())
        print(f"{count:,} 条时限在计时，其中 {rows:,} 条将到期或已超期；第一夜做 {acts:,} 件：{dict(done)}")
        print(f"只走索引 {walked:.2f} s；第一夜 {first:.1f} s（{first / walked:,.0f} 倍，每件 {first / max(acts, 1) * 1000:.2f} ms）")
        print(f"当夜再来一次 {second * 1000:.1f} ms，做 {sum(again.values())} 件（{second / walked:.3f} 倍）")
        print(f"内存：清扫前 {before:.0f} MB，峰值 {_status('VmHWM'):.0f} MB")


def _timed(work) -> tuple[float, object]:
    began = perf_counter()
    result = work()
    return perf_counter() - began, result


if __name__ == "__main__":
    main()
