"""One statement for many rows, past SQLAlchemy's work for each parameter: columns are converted, not cells."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Update

_PORTION = 5000


def run_many(connection: Connection, statement: Insert | Update | Delete, columns: Mapping[str, Any]) -> int:
    """Send a statement once for each row; `columns` are its parameters by name. Returns the rows it met.

    A column is a list, or one value for all rows.
    """
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup or list(compiled.binds)
    count = next(len(values) for values in columns.values() if isinstance(values, list))
    converted = []
    for name in names:
        process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = columns[name]
        if not isinstance(values, list):
            converted.append(repeat(values if process is None else process(values), count))
        else:
            converted.append(values if process is None else [process(value) for value in values])
    rows: list = list(zip(*converted, strict=True))
    if compiled.positiontup is None:
        rows = [dict(zip(names, row, strict=True)) for row in rows]
    met = 0
    for start in range(0, len(rows), _PORTION):
        met += max(connection.exec_driver_sql(compiled.string, rows[start : start + _PORTION]).rowcount, 0)
    return met
