"""Places seeded for tests: the model place with its rosters, a small one with its year."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from database import configure_sqlite
from formats import files
from models import Base, sealed
from models.area import Area
from seeds.run import seed_demo
from services import access
from services.keeping import audit

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # Tuesday, 10:30 in Shanghai
TODAY = NOW.date()
MODEL, SMALL = "430181002", "430181201"


class SeedSession(Session):
    """A session as the seeds get it: scoped and audited, without the web."""


access.install(SeedSession)
audit.install(SeedSession)


class Place:
    """A database file of its own and what was reported while it was filled."""

    def __init__(self, path):
        sealed.use_keys({"1": bytes(range(64))})
        files.use_folder(path.parent / "files")
        self.engine = create_engine(f"sqlite:///{path}")
        configure_sqlite(self.engine)
        Base.metadata.create_all(self.engine)
        self.said: list[str] = []
        self.accounts = []

    def session(self, code: str = MODEL) -> SeedSession:
        return access.bind(SeedSession(self.engine, autoflush=False), access.system(code), NOW)

    def seed(self, **choices) -> Place:
        self.accounts = seed_demo(self.session, now=NOW, report=self.said.append, **choices)
        return self


def count(session, entity, *conditions) -> int:
    return session.scalar(select(func.count()).select_from(entity).where(*conditions))


def areas(session, *kinds) -> int:
    return count(session, Area, Area.kind.in_(kinds))
