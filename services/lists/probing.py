"""Few or many: a look at an index decides how the rows behind a condition are best met.

A list is read in an order of its own. Rows that are few are fetched by their keys and sorted; rows
that are many are soon met by reading on in that order. No database knows in advance which it is.
"""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

VERY_FEW = 500
FEW = 2000


def few(session: Session, probe: Select, keys: Select) -> tuple[list | Select | None, int | None]:
    """What `keys` finds if `probe`, which has as many rows, has few, and how many; else None.

    Very few are read here and now; the limit on others changes nothing but tells the database how
    many there are.
    """
    very_few = min(VERY_FEW, FEW)
    found = session.scalars(keys.limit(very_few + 1)).all()
    if len(found) <= very_few:
        return found, len(found)
    count = session.execute(select(func.count()).select_from(probe.limit(FEW + 1).subquery())).scalar_one()
    return (keys.limit(count), count) if count <= FEW else (None, None)
