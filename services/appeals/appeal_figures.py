"""How soon people heard from somebody: appeals by month and community, from the first word to the first human answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appeal import Appeal
from models.area import Area
from models.codes import AppealStatus, AreaKind

from ..due_dates import local_day
from ..showing import LOCAL

_PLACES = (AreaKind.SUBDISTRICT, AreaKind.COMMUNITY, AreaKind.VILLAGE)


@dataclass
class Line:
    """One community in one month. `due` counts what was answered or ought to have been by now, `in_time` those of it
    answered by the day set at the beginning, whoever had it by then; withdrawn before an answer counts nowhere.
    """

    month: str
    place: str
    area_id: str | None = None
    received: int = 0
    due: int = 0
    in_time: int = 0
    waiting: int = 0
    hours: list[float] = field(default_factory=list)

    @property
    def median_hours(self) -> float | None:
        """Hours to the first answer, of those that have one."""
        return median(self.hours) if self.hours else None

    def add(self, received_at: datetime, answered_at: datetime | None, due_on, is_open: bool, now: datetime) -> None:
        self.received += 1
        if answered_at is not None:
            self.hours.append((answered_at - received_at).total_seconds() / 3600)
        elif is_open:
            self.waiting += 1
        if due_on is None:
            return
        if answered_at is not None or (is_open and due_on < local_day(now)):
            self.due += 1
            self.in_time += answered_at is not None and local_day(answered_at) <= due_on


def by_month_and_place(session: Session, since: datetime, until: datetime, now: datetime) -> tuple[Sequence[Line], Line]:
    """The lines, the newest month first, and all of them together; only columns are read, in one statement and one for names."""
    a = Appeal
    rows = session.execute(
        select(a.received_at, a.first_answered_at, a.first_due_on, a.status, Area.code).join(a.area)
        .where(a.received_at >= since, a.received_at < until)
    )  # fmt: skip
    names = {code: (key, name) for key, code, name in session.execute(select(Area.id, Area.code, Area.name).where(Area.kind.in_(_PLACES)))}
    found: dict[tuple[str, str], Line] = {}
    total = Line("合计", "")
    for received_at, answered_at, due_on, status, code in rows:
        month, place = f"{received_at.astimezone(LOCAL):%Y-%m}", code.split(".")[0]
        key, name = names.get(place, (None, ""))
        line = found.setdefault((month, place), Line(month, name, key))
        for one in (line, total):
            one.add(received_at, answered_at, due_on, status in (AppealStatus.WAITING, AppealStatus.TAKEN), now)
    return [line for _, line in sorted(found.items(), key=lambda pair: (_newest(pair[0][0]), pair[0][1]))], total


def _newest(month: str) -> int:
    return -int(month.replace("-", ""))


def in_words(hours: float | None) -> str:
    """45分钟, 3.5小时, 2.1天; nothing is “—”."""
    if hours is None:
        return "—"
    if hours < 1:
        return f"{round(hours * 60)}分钟"
    return f"{hours:.1f}小时" if hours < 48 else f"{hours / 24:.1f}天"
