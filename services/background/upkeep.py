"""What a database server does for itself and a file does not: looking at how its values lie."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from models.revision import revisions

ROWS_LOOKED_AT = 1000


def analyse(session: Session, _now: datetime | None = None) -> None:
    """Renew SQLite's statistics, by which it chooses among indexes; a thousand rows of each index tell enough.

    PostgreSQL does so by itself; what processes have kept of its statistics they read again.
    """
    connection = session.connection()
    connection.execute(revisions.update().values(token=str(uuid4())))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={ROWS_LOOKED_AT}")
        connection.exec_driver_sql("ANALYZE")
