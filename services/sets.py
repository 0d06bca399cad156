"""One statement for many rows, past SQLAlchemy's work for each parameter: columns are converted, not cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Update

_PORTION = 5000
_TOGETHER = 100  # rows that one INSERT brings: of 18 columns, far from what either database allows
_NAMED = re.compile(r"%\((\w+)\)s")


def run_many(connection: Connection, statement: Insert | Update | Delete, columns: Mapping[str, Any]) -> int:
    """Send a statement for each row, an INSERT for many at a time; `columns` are its parameters by name. Returns the rows it met.

    A column is a list, or one value for all rows.
    """
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup or _NAMED.findall(compiled.string)
    count = next(len(values) for values in columns.values() if isinstance(values, list))
    converted = []
    for name in names:
        process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = columns[name]
        if not isinstance(values, list):
            converted.append(repeat(values if process is None else process(values), count))
        else:
            converted.append(values if process is None else [process(value) for value in values])
    rows, wording = list(zip(*converted, strict=True)), _NAMED.sub("%s", compiled.string)
    if isinstance(statement, Insert):
        return _insert(connection, wording, rows)
    met = 0
    for start in range(0, len(rows), _PORTION):
        met += max(connection.exec_driver_sql(wording, rows[start : start + _PORTION]).rowcount, 0)
    return met


def _insert(connection: Connection, wording: str, rows: list[tuple]) -> int:
    """The same with all values of some rows in one statement, which costs a third less."""
    head, row = wording.split(" VALUES ", 1)
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        connection.exec_driver_sql(f"{head} VALUES {', '.join([row] * len(some))}", tuple(chain.from_iterable(some)))
    return len(rows)
