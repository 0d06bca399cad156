"""A figure of a month beside that of the month before, always with what it is out of."""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = "—"


@dataclass(frozen=True)
class Measure:
    """A count, or with `whole` a rate; `how` says how it was counted, `query` is the list behind it: `endpoint?arguments`."""

    label: str
    part: int
    before_part: int
    whole: int | None = None
    before_whole: int | None = None
    how: str = ""
    query: str = ""
    tone: str = ""

    @property
    def is_rate(self) -> bool:
        return self.whole is not None

    @property
    def words(self) -> str:
        return _words(self.part, self.whole)

    @property
    def before_words(self) -> str:
        return _words(self.before_part, self.before_whole)

    @property
    def change(self) -> str:
        """Compared with the month before: in percent, of rates in points; nothing to compare with is no change."""
        if not self.is_rate:
            return change(self.part, self.before_part)
        if not self.whole or not self.before_whole:
            return NOTHING
        points = 100 * self.part / self.whole - 100 * self.before_part / self.before_whole
        return f"{points:+.1f}个百分点" if round(points, 1) else "持平"


def rate(part: int, whole: int) -> str:
    """Of nothing there is no rate."""
    return f"{100 * part / whole:.1f}%" if whole else NOTHING


def _words(part: int, whole: int | None) -> str:
    if whole is None:
        return f"{part:,}"
    return f"{rate(part, whole)}（{part:,}/{whole:,}）" if whole else NOTHING


def change(now: int, before: int) -> str:
    if not before:
        return NOTHING
    percent = 100 * (now - before) / before
    return f"{percent:+.1f}%" if now != before else "持平"


@dataclass(frozen=True)
class Line:
    """One row of a table: new and closed in the month and in the one before, and the list behind it."""

    label: str
    new: int = 0
    new_before: int = 0
    closed: int = 0
    closed_before: int = 0
    query: str = ""
    open: int | None = None
    late: int | None = None

    @property
    def change(self) -> str:
        return change(self.new, self.new_before)


@dataclass(frozen=True)
class Table:
    """Figures by kind, category, place …; `has_open` says that open and late ones are counted too."""

    key: str
    title: str
    head: str
    lines: list[Line]
    has_open: bool = False


@dataclass(frozen=True)
class Figures:
    """All figures of a month. `course` are the twelve months that end with it as (2026-10, new, closed)."""

    month: str
    place: str
    sections: list[tuple[str, list[Measure]]]
    tables: list[Table]
    course: list[tuple[str, int, int]]

    def measure(self, label: str) -> Measure:
        return next(m for _, measures in self.sections for m in measures if m.label == label)

    def table(self, key: str) -> Table:
        return next(table for table in self.tables if table.key == key)
