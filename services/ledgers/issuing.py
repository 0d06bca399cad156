"""A ledger of a period for a reader: an export like any other, in the office's own layout."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import IO, Any, ClassVar

from sqlalchemy.orm import Session

from formats import ledgers as paper
from models.area import Area
from models.ledger import Ledger

from ..keeping import records
from ..lists import exports
from ..access import Actor
from ..due_dates import local_day
from ..errors import Missing, Refused
from ..lists.exports import Export, Tell
from ..showing import LOCAL, text
from .additions import BY_PLACE
from .designs import columns_of, keys_of, source_of
from .sources import Ask, Source

MOST_ARRANGED = 100_000
PREVIEWED = 20
_MOST_ARRANGED_IN_PREVIEW = 5000


@dataclass(frozen=True)
class LedgerExport(Export):
    """One ledger with its period (first and last day, ISO) and area."""

    KIND: ClassVar[str] = "ledger"
    ledger: str = ""
    title: str = ""
    since: str | None = None
    until: str | None = None
    area: str | None = None

    @property
    def label(self) -> str:
        return self.title

    def labels(self, session: Session, actor: Actor) -> list[str]:
        exports.check_clear(self, actor)
        row = self._row(session)
        return [column.heading for column in columns_of(row, source_of(session, row, actor, session.info["now"])).values()]

    def count(self, session: Session, actor: Actor, now: datetime, cap: int = 10**9) -> int:
        row = self._row(session)
        return source_of(session, row, actor, now).count(self.ask(row), cap)

    def write(self, session: Session, actor: Actor, now: datetime, file: IO[bytes], tell: Tell) -> int:
        exports.check_clear(self, actor)
        row = self._row(session)
        source = source_of(session, row, actor, now)
        count = source.count(self.ask(row), MOST_ARRANGED)
        columns = columns_of(row, source)
        offers = source.offers()
        look = paper.Look(
            title=title_of(row, exports.unit_of(session, actor), self._period(now)), columns=list(columns.values()),
            subtitle=self._subtitle(session, actor, now), note=row.note or "", signature=row.signature or "",
            empty_words=row.empty_words or _nothing(self._first, self._last), footer=exports.note(self, actor, now),
            paper=row.paper.value, is_portrait=row.is_portrait, is_new_page=row.is_new_page, taken_at=now,
            is_masked=not self.is_clear and any(offers[key].is_personal for key in keys_of(columns)),
        )  # fmt: skip
        groups = _groups(row, source, self.ask(row), list(columns), count, tell)
        return paper.write(file, look, groups, is_long=count > exports.AT_ONCE)

    def preview(self, session: Session, actor: Actor, now: datetime, most: int = PREVIEWED) -> tuple[list[paper.Column], list[Any]]:
        """Columns, and the first rows in words; a group's heading stands among them as a plain text."""
        row = self._row(session)
        source = source_of(session, row, actor, now)
        columns, ask = columns_of(row, source), self.ask(row)
        count = source.count(ask, _MOST_ARRANGED_IN_PREVIEW)
        is_arranged = count <= _MOST_ARRANGED_IN_PREVIEW
        groups = _groups(row if is_arranged else None, source, ask, list(columns), count, lambda done: None)
        return list(columns.values()), list(islice(_told(groups, list(columns.values())), most))

    def ask(self, row: Ledger) -> Ask:
        return Ask(self._first, self._last, self.area, row.query, row.dated_by, self.is_clear)

    @property
    def _first(self) -> date | None:
        return date.fromisoformat(self.since) if self.since else None

    @property
    def _last(self) -> date | None:
        return date.fromisoformat(self.until) if self.until else None

    def _period(self, now: datetime) -> str:
        return period_words(self._first, self._last, local_day(now))

    def _row(self, session: Session) -> Ledger:
        try:
            return records.find(session, Ledger, self.ledger)
        except Missing:
            raise Missing("这个台账设计已经删除，请从台账页重新选择") from None

    def _subtitle(self, session: Session, actor: Actor, now: datetime) -> str:
        place = _area_name(session, self.area)
        parts = [f"填报单位：{exports.unit_of(session, actor)}", f"范围：{place}" if place else "", f"期间：{self._period(now)}",
                 f"制表：{actor.name} {now.astimezone(LOCAL):%Y-%m-%d %H:%M}"]  # fmt: skip
        return "　　".join(part for part in parts if part)


exports.KINDS[LedgerExport.KIND] = LedgerExport


def export_of(
    session: Session, row: Ledger, actor: Actor, now: datetime, *, since: date | None = None, until: date | None = None,
    area_id: str | None = None, is_clear: bool = False, reason: str = "",
) -> LedgerExport:  # fmt: skip
    """The export that gives this ledger for a period and an area."""
    source = source_of(session, row, actor, now)
    if not row.dated_by:
        since = until = None
    if since and until and since > until:
        raise Refused("期间的起止写反了，请让前一天不晚于后一天", field="since")
    if not source.has_area:
        area_id = None
    period = period_words(since, until, local_day(now))
    place = _area_name(session, area_id)
    title = f"{period if row.dated_by else ''}{place}{row.name}"
    return LedgerExport(
        source.entity.slug(), {}, (), is_clear, False, reason, f"台账“{row.name}”，{period}{'，' + place if place else ''}",
        row.id, title, since and since.isoformat(), until and until.isoformat(), area_id,
    )  # fmt: skip


def _area_name(session: Session, area_id: str | None) -> str:
    return records.find(session, Area, area_id).full_name if area_id else ""


def title_of(row: Ledger, unit: str, period: str) -> str:
    return (row.title or "{单位}" + row.name).replace("{单位}", unit).replace("{期间}", period)


# ---- periods ------------------------------------------------------------------------


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of a month."""
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_before(day: date) -> date:
    """The first day of the month before."""
    return date(day.year - (day.month == 1), day.month - 1 or 12, 1)


def period_words(since: date | None, until: date | None, today: date) -> str:
    if since is None and until is None:
        return f"截至{today.year}年{today.month}月{today.day}日"
    if since and until:
        if (since, until) == month_of(since):
            return f"{since.year}年{since.month}月"
        if (since, until) == (date(since.year, 1, 1), date(since.year, 12, 31)):
            return f"{since.year}年"
        return f"{since}至{until}"
    return f"{since}起" if since else f"{until}止"


def _nothing(since: date | None, until: date | None) -> str:
    if since is None and until is None:
        return "无"
    return "本月无" if since and (since, until) == month_of(since) else "本期无"


# ---- rows ---------------------------------------------------------------------------


def _groups(row: Ledger | None, source: Source, ask: Ask, keys: list[str], count: int, tell: Tell) -> Iterator[paper.Group]:
    """The rows of a ledger in their groups; without a row of design in the source's own order."""
    wanted = keys_of(keys)
    arrange = [BY_PLACE] if row is not None and row.is_by_place else []
    group = row.group_by if row is not None else None
    if not arrange and not group:
        return iter([("", exports.told(source.lines(ask, wanted), tell))])
    if count > MOST_ARRANGED:
        raise Refused(f"分组或按区域排的台账一次最多{MOST_ARRANGED:,}条，请缩小期间或范围")
    more = [*([group] if group else []), *arrange]
    lines = list(exports.told(source.lines(ask, [*wanted, *more]), tell))
    if arrange:
        lines.sort(key=lambda line: line[-1] or "~")
    width = len(wanted)
    if not group:
        return iter([("", (line[:width] for line in lines))])
    found: dict[str, list] = {}
    for line in lines:
        found.setdefault(text(line[width]) or "（未填）", []).append(line[:width])
    return iter([(f"{name}（{len(rows)}）", rows) for name, rows in found.items()])


def _told(groups: Iterable[paper.Group], columns: list[paper.Column]) -> Iterator[Any]:
    for heading, rows in groups:
        if heading:
            yield heading
        for number, values in enumerate(rows, 1):
            yield [
                str(number) if column.kind == paper.SERIAL else text(value) for column, value in zip(columns, values, strict=True)
            ]
