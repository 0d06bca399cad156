"""“超时环节清单” as a source: the steps of a period that were late, still running or ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import describe
from models.supervision import Supervision
from models.worker import Worker

from ..cases import late_steps
from ..access import Actor
from ..showing import masked
from .sources import BY_HAND, SERIAL, Ask, Offer, made

MOST = 20_000
_OFFERS = (
    Offer("step", "超时环节", "超时环节", 16), Offer("case_no", "案件编号", "超时环节", 22), Offer("unit", "承办单位", "超时环节", 20),
    Offer("worker", "承办人", "超时环节", 10, is_personal=True), Offer("starts_on", "起算日", "超时环节", 12, "date"),
    Offer("due_on", "到期日", "超时环节", 12, "date"), Offer("ended_on", "结束日", "超时环节", 12, "date"),
    Offer("days", "用时（天）", "超时环节", 9, "integer"), Offer("late", "超期（天）", "超时环节", 9, "integer"),
    Offer("state", "状态", "超时环节", 12),
)  # fmt: skip


@made("late_steps", "超时环节")
class LateSteps:
    """See `sources.Source`. With a period those due in it, without one those running late today."""

    entity, has_area = Supervision, True

    def __init__(self, session: Session, actor: Actor, now: datetime):
        self.session, self.actor, self.now = session, actor, now

    def offers(self) -> dict[str, Offer]:
        return {**{offer.key: offer for offer in _OFFERS}, **BY_HAND}

    def usual(self) -> list[str]:
        return [SERIAL, *(offer.key for offer in _OFFERS)]

    def dated(self) -> dict[str, str]:
        return {"due_on": "到期日"}

    def _found(self, ask: Ask) -> list[late_steps.LateStep]:
        kinds = (True, False) if ask.since or ask.until else (True,)
        wanted = [late_steps.Wanted(kind, since=ask.since, until=ask.until, area_id=ask.area_id) for kind in kinds]
        found = [step for one in wanted for step in late_steps.late(self.session, one, self.now, MOST)]
        return sorted(found, key=lambda step: (step.due_on, step.case_no))

    def count(self, ask: Ask, cap: int) -> int:
        return min(len(self._found(ask)), cap + 1)

    def lines(self, ask: Ask, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for step in self._found(ask):
            yield tuple(self._value(step, key, ask.is_clear) for key in keys)

    def _value(self, step: late_steps.LateStep, key: str, is_clear: bool) -> Any:
        if key == "worker":
            name = describe(Worker)["name"]
            return step.worker and (step.worker.name if is_clear else masked(name, step.worker.name, self.actor))
        if key == "state":
            return "已办结但超期" if step.ended_on else "在办超期"
        return getattr(step, key, None)
