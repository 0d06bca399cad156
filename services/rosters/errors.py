"""What is wrong in a sheet, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from formats.child import Fault
from formats.faults import column_letters
from models.fields import Description

from ..access import Actor, Permission
from ..errors import Refused
from ..showing import masked, title_parts
from .cells import words_of


@dataclass(frozen=True)
class RowError:
    """One cell (or row) to put right; the value is masked where the reader may not see it."""

    row_number: int
    column_label: str
    value_masked: str
    sentence: str
    column: int | None = None

    @property
    def address(self) -> str:
        """The cell as Excel calls it, or the row."""
        return f"{column_letters(self.column)}{self.row_number}" if self.column is not None else f"第{self.row_number}行"


class NotImported(Refused):
    """Nothing was imported; `rows` tell which rows the rules refused."""

    def __init__(self, rows: Sequence[RowError]):
        super().__init__(f"有{len(rows)}处需要改正，整张表都没有导入。请改好后重新上传")
        self.rows = rows


def harmless(d: Description, cell: Any, actor: Actor) -> str:
    """A cell as an error list may show it."""
    if cell is None:
        return ""
    if isinstance(cell, Fault):
        return str(cell)
    words = (repr(cell) if isinstance(cell, float) else words_of(cell))[:40]
    if d.is_personal:
        return str(masked(d, words, actor))
    names_people = d.target and any(part.is_personal for part in title_parts(d.target))
    if names_people and not actor.may(Permission.NAMES):
        return words[:1] + "*" * (len(words) - 1)
    return words
