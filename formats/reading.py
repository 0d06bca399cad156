"""Uploaded sheets as plain rows, whatever the format; parsed in a child process (see `formats.child`)."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple

from . import child, headings
from .child import Child, Fault
from .headings import Headings
from .package import Unreadable, examined
from .parsing import MASK_MARK, NOTE_SHEETS

__all__ = ["MASK_MARK", "NOTE_SHEETS", "Fault", "Headings", "Row", "Table", "Unreadable", "Upload", "opened", "read"]

_PIPE = 1024**2  # bytes: a portion or two, so that the child need not wait for whoever asks
_NO_HEADINGS = "表里没有找到列名。请下载模板，把内容填在列名下面再上传"


class Row(NamedTuple):
    """One row under the headings; `number` is its row in the sheet as a person sees it.

    Values are None, str, bool, int, float, date, datetime or `Fault`. A whole number is an int
    unless it has 16 digits or more: there the last ones are already lost, and it stays a float.
    """

    number: int
    values: list[Any]


@dataclass(frozen=True)
class Table:
    """Headings and rows at once, for sheets that are small."""

    headings: list[str]
    rows: list[Row]
    is_masked: bool = False


@dataclass(frozen=True)
class Sheet:
    """A visible sheet: its name, its number of rows, its first rows and the merged cells among them."""

    name: str
    height: int
    top: list[list[Any]]
    merged: list[list[int]]


class Upload:
    """An uploaded file that a child process opens meanwhile; who asks what is in it waits for that."""

    def __init__(self, process: Child):
        self._process = process
        self._is_asked = False
        self.hidden_rows = self.feet = 0

    @cached_property
    def _told(self) -> dict[str, Any]:
        return self._process.answer()

    @cached_property
    def sheets(self) -> list[Sheet]:
        return [Sheet(**sheet) for sheet in self._told["sheets"]]

    @property
    def hidden_sheets(self) -> int:
        return self._told["hidden_sheets"]

    @property
    def is_masked(self) -> bool:
        return self._told["is_masked"]

    @property
    def is_1904(self) -> bool:
        return self._told["is_1904"]

    @property
    def exported_at(self) -> datetime | None:
        """When this console made the file, if it did."""
        return _instant(self._told["exported_at"])

    def sheet(self, name: str) -> Sheet:
        return next((sheet for sheet in self.sheets if sheet.name == name), self.sheets[0])

    def found(self, known: Collection[str], name: str | None = None) -> tuple[Sheet, Headings]:
        """The sheet whose headings fit best, and the headings; raises `Unreadable` when there are none."""
        best = None
        for sheet in self.sheets if name is None else [self.sheet(name)]:
            where = headings.found(sheet.top, sheet.merged, known)
            if where is not None:
                hits = len({headings.plain(label) for label in where.labels} & set(known))
                if best is None or hits > best[0]:
                    best = hits, sheet, where
        if best is None:
            raise Unreadable(_NO_HEADINGS)
        return best[1], best[2]

    def ask(self, sheet: str, first: int, width: int) -> None:
        """Ask for the rows of a sheet from number `first` on, each with `width` values at least; `portions` gives them.

        Who knows so much before the file is open asks first: the child then goes on from one to the other by itself.
        """
        self._process.ask({"sheet": sheet, "first": first, "width": width})
        self._is_asked = True

    def portions(self, sheet: Sheet, where: Headings, width: int = 0) -> Iterator[list[Row]]:
        """All rows below the headings, some thousand at a time; hints and lines of totals are left out.

        Unless they were asked for before, each has as many values as there are headings, and `width` at least.
        """
        if not self._is_asked:
            self.ask(sheet.name, where.last + 1, max(width, len(where.labels)))
        self._is_asked, told = False, {}
        while not told.get("is_last"):
            told = self._process.answer()
            yield list(starmap(Row, told["rows"]))
        self.hidden_rows, self.feet = told["hidden_rows"], told["feet"]


@contextmanager
def opened(path: Path, file_name: str) -> Iterator[Upload]:
    """Open an uploaded file; raises `Unreadable`, here or while its rows are read."""
    kind = examined(path, file_name)
    with child.running("formats.parsing", kind, str(path.resolve()), pipesize=_PIPE) as process:
        yield Upload(process)


def read(content: bytes, file_name: str, known: Collection[str] = ()) -> Table:
    """The table in an uploaded file, all of it; raises `Unreadable`."""
    with _kept(content) as path, opened(path, file_name) as upload:
        sheet, where = upload.found(known)
        rows = [row for portion in upload.portions(sheet, where) for row in portion]
        width = max([len(where.labels), *(len(row.values) for row in rows)])
        for row in rows:
            row.values.extend([None] * (width - len(row.values)))
        labels = [*where.labels, *[""] * (width - len(where.labels))]
        return Table(labels, rows, upload.is_masked)


@contextmanager
def _kept(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        yield path


def _instant(words: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(words) if words else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
