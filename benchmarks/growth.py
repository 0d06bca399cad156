"""A million cases for the seeded street: what the seeds tell, again and again over two years."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, create_engine, insert, select
from sqlalchemy import text as sql

from app import create_app
from config import Config
from extensions import db, now
from models.case import Case
from models.codes import CaseStatus, CustomKind
from models.custom import CustomEntry, CustomField
from models.household import Household
from models.search import FULL_TEXT, SearchEntry
from services import access
from services.keeping import custom, records
from services.lists import indexing

CHUNK = 5_000
COMMON, RARE, RARE_ROWS, ABSENT = ("路灯", "漏水"), "郜飒", 350, "鲲鹏"
DAYS = 730
FIELDS = {kind: 4 for kind in CustomKind}
SHARE = 0.1  # of the cases have a value in one custom field
CHOICES = "channel"
_SUBJECTS = ("路灯不亮影响夜间出行", "楼上漏水引发的邻里纠纷")
_MOMENTS = ("registered_at", "accepted_at", "assigned_at", "closed_at", "created_at", "updated_at")
_DATES = ("received_on", "occurred_on", "due_on")
_cases, _found, _entries = Case.__table__, SearchEntry.__table__, CustomEntry.__table__


def add_fields(config: Config) -> None:
    """Custom fields on cases, four of each kind, all filtered; the page asks for the columns it wants."""
    app = create_app(config)
    with app.app_context():
        actor, moment = access.system(config.subdistrict), now()
        session = access.bind(db.session, actor, moment)
        for kind, many in FIELDS.items():
            for number in range(many):
                row = CustomField(
                    roster="roster:case", label=f"{kind.label}{number + 1}", kind=kind, is_filtered=True,
                    dictionary=f"dictionary:{CHOICES}" if kind is CustomKind.CHOICE else None, sort=100 * number,
                )  # fmt: skip
                records.save(session, row, actor, moment)
        session.commit()
        db.session.remove()
        db.engine.dispose()


def use_fields(config: Config, is_wanted: bool) -> None:
    """Show the custom fields, or leave them out (their values stay, as when an office retires a field)."""
    engine = create_engine(config.url, hide_parameters=True)
    with engine.begin() as connection:
        connection.execute(CustomField.__table__.update().values(is_active=is_wanted))
    engine.dispose()


def grow(config: Config, rows: int) -> None:
    """Add cases with their search entries and custom values until there are `rows`."""
    add_fields(config)
    engine = create_engine(config.url, hide_parameters=True)
    with engine.connect() as connection:
        teller = _Teller(connection, config.subdistrict)
        _open_wide(connection)
        with _without_indexes(connection, (_cases, _found, _entries)):
            for portion in _portions(teller.cases(rows)):
                connection.execute(insert(_cases), portion)
                connection.execute(insert(_found), [teller.found(case) for case in portion])
                connection.execute(insert(_entries), [entry for case in portion for entry in teller.entries(case)])
        connection.commit()
    engine.dispose()


class _Teller:
    """Makes up cases out of the seeded ones."""

    def __init__(self, connection: Connection, subdistrict: str):
        self.rng, self.subdistrict = random.Random("cases"), subdistrict
        self.patterns = [dict(row) for row in connection.execute(select(_cases).order_by(_cases.c.case_no)).mappings()]
        house = Household.__table__.c
        wanted = select(house.id, house.neighborhood_id, house.address).where(house.neighborhood_id.is_not(None))
        self.homes = connection.execute(wanted.order_by(house.household_no)).all()
        fields = connection.execute(select(CustomField.__table__).order_by(CustomField.__table__.c.number)).all()
        self.fields = [custom.description(field) for field in fields]
        self.choices = [f"{CHOICES}:{code}" for code in ("window", "phone", "online", "patrol", "hotline_12345")]
        self.newest = max(row["registered_at"] for row in self.patterns)
        self.texts = [d for d in self.fields if custom.is_text(d)]

    def cases(self, rows: int) -> Iterator[dict]:
        wanted = rows - len(self.patterns)
        rare = set(range(0, wanted, max(wanted // RARE_ROWS, 1)))
        for number in range(wanted):
            yield self._case(number, number in rare)

    def _case(self, number: int, is_rare: bool) -> dict:
        row, pick = dict(self.rng.choice(self.patterns)), self.rng
        at = self.newest - timedelta(days=pick.randrange(DAYS), seconds=pick.randrange(86_400))
        later = at - row["registered_at"]
        for name in (*_MOMENTS, *_DATES):
            if row[name] is not None:
                row[name] += later
        if row["status"] is CaseStatus.CLOSED and pick.random() < 0.1:
            row["due_on"] = None
        home = pick.choice(self.homes)
        row |= {
            "id": self._id(at), "case_no": f"集里〔{at.year}〕{number + 10_000:07d}号",
            "area_id": home.neighborhood_id, "household_id": home.id, "place": home.address,
            "extra": {d.name: self._value(d.type, d) for d in self.fields if pick.random() < SHARE} or None,
        }  # fmt: skip
        if pick.random() < 0.02:
            row["subject"] = pick.choice(_SUBJECTS)
        if is_rare:
            row["subject"] = f"{RARE}反映的{row['subject']}"[:60]
        return row

    def _id(self, at: datetime) -> str:
        value = f"{int(at.timestamp() * 1000):012x}7{self.rng.getrandbits(12):03x}{2 << 62 | self.rng.getrandbits(62):016x}"
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"

    def _value(self, kind: type, d) -> Any:
        pick = self.rng
        if kind is bool:
            return pick.random() < 0.3
        if d.field.dictionary:
            return pick.choice(self.choices)
        if kind is date:
            return (self.newest.date() - timedelta(days=pick.randrange(DAYS))).isoformat()
        return f"第{pick.randrange(2000)}网格" if kind is str else f"{pick.randrange(1_000_000) / 100:.2f}"

    def found(self, case: dict) -> dict:
        return indexing.entry_of(Case, self.subdistrict, case["id"], case, case["created_at"], self.texts)

    def entries(self, case: dict) -> Iterator[dict]:
        for d in self.fields:
            if d.name in (case["extra"] or {}):
                yield custom.entry_of(d, case["id"], case["extra"][d.name], self.subdistrict, case["created_at"])


def _portions(rows: Iterable[dict]) -> Iterator[list[dict]]:
    rows = iter(rows)
    while portion := list(islice(rows, CHUNK)):
        yield portion


def _open_wide(connection: Connection) -> None:
    """Nothing is lost when making a copy fails, so nothing is waited for and no reference looked up."""
    if connection.dialect.name == "sqlite":
        for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-400000"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
    else:
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql("SET maintenance_work_mem = '512MB'")


@contextmanager
def _without_indexes(connection: Connection, tables: Iterable[Table]) -> Iterator[None]:
    """Indexes are built once over all rows, many times faster than row by row; so is the full text."""
    is_sqlite = connection.dialect.name == "sqlite"
    made = [line for table in tables for line in connection.execute(_INDEXES[is_sqlite], {"name": table.name})]
    for name, _statement in made:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    if is_sqlite:
        connection.exec_driver_sql("DROP TRIGGER search_entries_added")
    before = connection.exec_driver_sql("SELECT max(rowid) FROM search_entries").scalar() if is_sqlite else None
    yield
    for _name, statement in made:
        connection.exec_driver_sql(statement)
    if not is_sqlite:
        connection.exec_driver_sql(next(s for s in FULL_TEXT["postgresql"] if "STATISTICS" in s))
    if is_sqlite:  # in the order of the row numbers, as FTS5 wants it
        connection.exec_driver_sql(
            "INSERT INTO search_grams(rowid, grams) SELECT number, grams FROM search_entries "
            "WHERE rowid > ? ORDER BY number", (before,),
        )
        connection.exec_driver_sql(next(s for s in FULL_TEXT["sqlite"] if "search_entries_added" in s))


_INDEXES = {
    True: sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :name AND sql IS NOT NULL"),
    False: sql(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :name AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint WHERE conname = indexname)"
    ),
}
