"""Few or many: a look at an index decides how the rows behind a condition are best met.

A list is read in an order of its own. Rows that are few are fetched by their keys and sorted; rows
that are many are soon met by reading on in that order. No database knows in advance which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

VERY_FEW = 20  # SQLite takes a longer list of keys for many rows, and reads on through all of them
FEW = 2000
MOST = 10_000  # are counted


@dataclass(frozen=True)
class Look:
    """How many rows fit, `MOST` + 1 for more than that, and their keys where they are few."""

    count: int
    keys: list | Select | None


def look(session: Session, keys: Select) -> Look:
    """How many rows `keys` finds, and which, by one statement.

    Very few are read here and now; the limit on others changes nothing but tells the database how
    many there are.
    """
    found = keys.limit(MOST + 1).cte("found")
    counted = select(func.count().label("n")).select_from(found).cte("counted")
    rows = select(counted.c.n, found.c[0]).select_from(counted.outerjoin(found, counted.c.n <= min(VERY_FEW, FEW)))
    lines = session.execute(rows).all()
    count = lines[0][0]
    if count <= min(VERY_FEW, FEW):
        return Look(count, [key for _, key in lines if key is not None])
    return Look(count, keys.limit(count) if count <= FEW else None)
