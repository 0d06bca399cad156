"""The dispatch desk with a full tray beside the list of cases, and the batch plan beside taking one by one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import pstdev

from sqlalchemy import create_engine
from sqlalchemy import text as sql

from config import Config
from extensions import db, now
from services import access
from services.desk import batch_plan, takers, tray_plan
from services.due_dates import local_day

from .comparisons import PATH, USERNAME, Comparison
from .console import open_app, sign_in
from .measure import once

WAITING = 5000
_FILL = """
    UPDATE cases SET status = 'accepted', outcome = NULL, closed_at = NULL, archived_at = NULL, handler_id = NULL,
        decline_reason = NULL, terminate_reason = NULL,
        urgency = CASE WHEN substr(case_no, length(case_no) - 1, 1) = '7' THEN 'urgent' ELSE 'normal' END
    WHERE id IN (SELECT id FROM cases WHERE due_on IS NOT NULL ORDER BY registered_at DESC LIMIT :count)
"""


def fill(config: Config) -> None:
    """Let the newest 5,000 matters wait to be dispatched."""
    engine = create_engine(config.url)
    with engine.begin() as connection:
        connection.execute(sql(_FILL), {"count": WAITING})
    engine.dispose()


def comparisons(config: Config) -> Iterator[Comparison]:
    """First paint of the desk, of a page further on and of the plan, beside the first page of the list."""
    console = sign_in(open_app(config), USERNAME)
    base = partial(console.get, PATH)
    yield Comparison("desk", "调度台首屏，5,000件待分流", base, [partial(console.get, "/admin/dispatch-desk/")], most=5)
    yield Comparison("desk", "调度台第20页", base, [partial(console.get, "/admin/dispatch-desk/", page=20)], most=5)
    yield Comparison("desk", "预警页", base, [partial(console.get, "/admin/warnings/")], most=20)


def plan(config: Config) -> Iterator[str]:
    """The plan of 500 matters: time with reading, value of the objective and balance, beside the greedy choice."""
    app = open_app(config)
    with app.app_context():
        session = access.bind(db.session, access.system(config.subdistrict), now())
        whole = once(lambda: tray_plan.proposal(session, now()))
        waiting = tray_plan.waiting(session)
        matters, force = takers.matters(session, waiting), takers.force(session, local_day(now()))
        yield f"{len(matters)}件 × {len(force.mediators)}名调解员和{len(force.units)}个单位，连读取共 {whole.milliseconds:,.0f} ms，SQL {whole.statements} 条"
        for name, work in (("方案", batch_plan.propose), ("逐件取最省", batch_plan.greedy)):
            found = []
            took = once(lambda work=work, found=found: found.append(work(matters, force)))
            [one] = found
            fullness = [load.after / load.taker.capacity for load in one.loads if not load.taker.is_unit]
            left = sum(line.taker is None for line in one.lines)
            yield (
                f"{name}：{took.milliseconds:,.0f} ms，代价 {one.cost:,.0f}，没有人接 {left} 件，"
                f"调解员在办占可办数：最高 {max(fullness, default=0):.0%}，标准差 {pstdev(fullness) if fullness else 0:.3f}"
            )
