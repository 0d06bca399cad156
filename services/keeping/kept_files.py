"""Files in the store that nothing needs any more: looked for at night, and kept for a term after they were removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from formats import files
from models import Base, entities
from models.audit import AuditEvent
from models.codes import AuditVerb

from .. import parameters

_IN_ONE_QUERY = 500
_ELSEWHERE = frozenset({"roster_imports"})  # uploads for import lie in a folder and under a term of their own


def tidy(session: Session, now: datetime) -> int:
    """Delete files that no record has named since the term began; returns how many.

    The store is shared by all sub-districts, so every one of them is asked. What was deleted within
    the term can come back, and its file with it.
    """
    begin = now - timedelta(days=parameters.strictest(session, "removed_file_days"))
    old = list(files.kept_before(files.folder(), begin.timestamp()))
    gone = 0
    for some in (old[start : start + _IN_ONE_QUERY] for start in range(0, len(old), _IN_ONE_QUERY)):
        wanted = set(some) - _named(session, some)
        wanted -= _deleted_since(session, begin) if wanted else set()
        gone += sum(files.drop(files.folder(), digest, begin.timestamp()) for digest in wanted)
    return gone


def _tables() -> Iterator[Table]:
    """Those whose rows name a file of the store."""
    return (t for t in Base.metadata.tables.values() if "sha256" in t.c and t.name not in _ELSEWHERE)


def _named(session: Session, digests: Sequence[str]) -> set[str]:
    connection = session.connection()
    return {d for table in _tables() for d in connection.scalars(select(table.c.sha256).where(table.c.sha256.in_(digests)))}


def _deleted_since(session: Session, begin: datetime) -> set[str]:
    """The files of rows that were deleted within the term, by the trail."""
    events = AuditEvent.__table__.c
    slugs = [entity.slug() for entity in entities() if entity.__table__ in set(_tables())]
    wanted = select(events.changes).where(events.entity.in_(slugs), events.verb == AuditVerb.DELETE, events.happened_at >= begin)
    return {changes["sha256"][0] for changes in session.connection().scalars(wanted) if changes and "sha256" in changes}
