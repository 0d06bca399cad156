"""A workbook taken apart where its rows go: what stands before and after them, and all other parts.

It reads only what any workbook says of itself, nothing private of the library that made it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import IO, Any
from xml.etree import ElementTree

Portion = Sequence[Sequence[Any]]
"""Some hundred rows, column by column."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SHARED, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_ROWS = re.compile(rb"<row .*?</row>", re.DOTALL)


def sheet_name(at: int) -> str:
    """The part of the sheet at a place, counted from 0."""
    return f"xl/worksheets/sheet{at + 1}.xml"


class Pattern:
    """A workbook whose first sheets hold headings only; the first also a second row, one empty cell a format.

    `heads` and `tails` are each sheet up to and behind its rows, the headings kept.
    """

    def __init__(self, file: IO[bytes]):
        with zipfile.ZipFile(file) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self.styles = self.parts[_STYLES]
        self.heads, self.tails, self.sample_styles = [], [], []
        at = 0
        while (content := self.parts.get(sheet_name(at))) is not None:
            self._split(content)
            at += 1

    def _split(self, content: bytes) -> None:
        head, opened, rest = content.partition(b"<sheetData>")
        if not opened:  # a sheet without rows has nothing to split
            self.heads.append(content)
            self.tails.append(b"")
            return
        rows, closed, tail = rest.partition(b"</sheetData>")
        found = _ROWS.findall(rows)
        if not self.heads:
            self.sample_styles = [int(number) for number in re.findall(rb' s="(\d+)"', found[1])]
        # The stated extent would be that of the headings; without it readers go by the rows.
        head = re.sub(rb"<dimension [^>]*/>", b"", head)
        self.heads.append(head + opened + found[0])
        self.tails.append(closed + tail)

    def shared(self, wanted: Collection[str]) -> dict[str, int]:
        """The number of each of these words that the workbook keeps once."""
        content = self.parts.get(_SHARED)
        items = ElementTree.fromstring(content).iter(f"{_MAIN}si") if content else ()
        found = {"".join(item.itertext()): number for number, item in enumerate(items)}
        return {word: found[word] for word in wanted if word in found}

    def others(self, count: int) -> Iterator[tuple[str, bytes]]:
        """All parts but the first `count` sheets."""
        data = {sheet_name(at) for at in range(count)}
        for name, content in self.parts.items():
            if name == _SHARED:  # how often the words are used is counted by nobody
                content = re.sub(rb' count="\d+"', b"", content, count=1)
            if name not in data:
                yield name, content


class Feed:
    """Portions of rows, each as its columns, none longer than is asked for."""

    def __init__(self, portions: Iterable[Portion]):
        self._portions = iter(portions)
        self._ahead: list[Portion] = []

    def take(self, most: int) -> Portion:
        """The next portion; nothing behind the last one."""
        portion = self._ahead.pop() if self._ahead else next(self._portions, [])
        if portion and len(portion[0]) > most:
            self.put_back([column[most:] for column in portion])
            portion = [column[:most] for column in portion]
        return portion

    def put_back(self, portion: Portion) -> None:
        self._ahead.append(portion)

    def is_over(self) -> bool:
        if not self._ahead and (portion := next(self._portions, [])):
            self._ahead.append(portion)
        return not self._ahead
