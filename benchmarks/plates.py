"""All plates of a seeded sub-district in one job: `INSTANCE=… python -m benchmarks.plates`; time and peak memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

from sqlalchemy import select

from app import create_app
from config import Config
from extensions import now
from models.area import Area
from models.codes import AreaKind
from services import access
from services.appeals import plates
from services.background import running
from worker import new_session

from .measure import peak, resident


def main() -> None:
    """Prints them for the job in hand; the instance is one that `make seed` has filled, with no other job waiting."""
    config = Config()
    with create_app(config).app_context(), tempfile.TemporaryDirectory() as folder:
        with new_session() as session:
            actor = access.system(config.subdistrict)
            access.bind(session, actor, now())
            root = session.scalar(select(Area.id).where(Area.kind == AreaKind.SUBDISTRICT))
            plates.ask(session, actor, now(), root, "a4", "all", "http://door.example")
            session.commit()
        Path("/proc/self/clear_refs").write_text("5")
        before, began = resident(), perf_counter()
        running.run_next(new_session, now, Path(folder))
        print(f"{perf_counter() - began:.1f} s, memory {before:.0f} MB, peak {peak():.0f} MB")


if __name__ == "__main__":
    main()
