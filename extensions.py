"""Libraries bound to the app, and the one way a door writes: `transaction()`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf import CSRFProtect

from database import begin_writing, for_request
from models import Base
from services import access, kept
from services.keeping import audit, custom
from services.lists import indexing


class ScopedSession(FlaskSession):
    """The session of a request: scoped to the actor, audited, followed by its indexes."""

    def get_bind(self, *args, **kwargs):
        return for_request(super().get_bind(*args, **kwargs))


access.install(ScopedSession)
audit.install(ScopedSession)
indexing.install(ScopedSession)
custom.install(ScopedSession)
kept.install(ScopedSession)

db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": ScopedSession, "autoflush": False})
login = LoginManager()
babel = Babel()
csrf = CSRFProtect()
migrate = Migrate()


def now() -> datetime:
    """The one clock; services are handed its value."""
    return datetime.now(UTC)


@contextmanager
def transaction() -> Iterator[FlaskSession]:
    """Commit once at the end, or roll back everything."""
    begin_writing(db.session)
    try:
        yield db.session
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
