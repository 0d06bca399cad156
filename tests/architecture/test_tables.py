"""The keys that let one schema serve an office, a city and a cluster."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    JSON, Boolean, Date, DateTime, Enum, ForeignKeyConstraint, Integer, MetaData, Numeric, String, Text,
    UniqueConstraint, Uuid, insert, text,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from models import Base, Entity
from models.division import Division
from services import access

TENANT = [t for t in Base.metadata.sorted_tables if "subdistrict_id" in t.c and t.c.subdistrict_id.primary_key]
PORTABLE = (JSON, Boolean, Date, DateTime, Enum, Integer, Numeric, String, Text, Uuid)


def ids(tables):
    return [t.name for t in tables]


@pytest.mark.parametrize("table", TENANT, ids=ids(TENANT))
def test_the_primary_key_begins_with_the_sub_district(table):
    assert [c.name for c in table.primary_key.columns] == ["subdistrict_id", "id"]


@pytest.mark.parametrize("table", TENANT, ids=ids(TENANT))
def test_every_unique_key_begins_with_the_sub_district(table):
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    unique += [i for i in table.indexes if i.unique]
    assert [c.name for c in unique if next(iter(c.columns)).name != "subdistrict_id"] == []


@pytest.mark.parametrize("table", TENANT, ids=ids(TENANT))
def test_every_index_begins_with_the_sub_district(table):
    assert [i.name for i in table.indexes if next(iter(i.columns)).name != "subdistrict_id"] == []


@pytest.mark.parametrize("table", TENANT, ids=ids(TENANT))
def test_a_reference_to_a_business_table_carries_the_sub_district(table):
    keys = [c for c in table.constraints if isinstance(c, ForeignKeyConstraint) and c.referred_table in TENANT]
    assert [k.name for k in keys if k.column_keys[0] != "subdistrict_id"] == []


def test_only_portable_types_are_used():
    used = {type(getattr(c.type, "impl_instance", c.type)) for t in Base.metadata.tables.values() for c in t.c}
    assert [kind for kind in used if not issubclass(kind, PORTABLE)] == []


def test_no_number_is_given_by_the_database():
    given = [c for t in Base.metadata.tables.values() for c in t.c if c.identity or c.server_default is not None]
    assert given == []


def test_every_foreign_key_has_an_index_that_serves_it():
    bare = []
    for table in Base.metadata.tables.values():
        served = {tuple(c.name for c in i.columns) for i in table.indexes}
        served |= {tuple(c.name for c in k.columns) for k in table.constraints if isinstance(k, UniqueConstraint)}
        served.add(tuple(c.name for c in table.primary_key.columns))
        for key in table.foreign_key_constraints:
            names = tuple(c.name for c in key.columns)
            is_list = key.referred_table.name in ("dict_items", "divisions", "roles", "terms", "users")
            if not is_list and not any(s[: len(names[:2])] == names[:2] for s in served):
                bare.append(f"{table.name}{names}")
    assert bare == []


def test_every_business_table_is_under_the_one_scope():
    covered = {cls.__table__ for cls in access.scoped_classes()}
    assert [t.name for t in TENANT if t not in covered] == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_all_tables_can_be_partitioned_by_the_sub_district(engine):
    """Every business table as four hash partitions, with all its keys, foreign keys and indexes."""
    split = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(split, schema="split")
    with engine.connect() as connection, connection.begin() as whole:
        connection.execute(text("CREATE SCHEMA split"))
        for table in split.sorted_tables:
            is_business = table.name in ids(TENANT)
            ddl = str(CreateTable(table).compile(dialect=engine.dialect)).rstrip()
            connection.execute(text(f"{ddl} PARTITION BY HASH (subdistrict_id)" if is_business else ddl))
            for part in range(4) if is_business else ():
                connection.execute(
                    text(
                        f"CREATE TABLE split.{table.name}_p{part} PARTITION OF split.{table.name} "
                        f"FOR VALUES WITH (MODULUS 4, REMAINDER {part})"
                    )
                )
            for index in table.indexes:
                connection.execute(CreateIndex(index))
        found = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE contype = 'f'), count(DISTINCT conrelid) FILTER (WHERE contype = 'p')"
                " FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
                " WHERE n.nspname = 'split' AND t.relkind = 'p' AND c.conparentid = 0"
            )
        ).one()
        whole.rollback()
    keys = sum(len(t.foreign_key_constraints) for t in TENANT)
    assert tuple(found) == (keys, len(TENANT))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_partitioned_reference_cannot_point_into_another_sub_district(engine):
    split = MetaData()
    for name in ("divisions", "areas", "residential_areas"):
        Base.metadata.tables[name].to_metadata(split, schema="split")
    with engine.connect() as connection, connection.begin() as whole:
        connection.execute(text("CREATE SCHEMA split"))
        for table in split.sorted_tables:
            ddl = str(CreateTable(table).compile(dialect=engine.dialect)).rstrip()
            is_business = table.name != "divisions"
            connection.execute(text(f"{ddl} PARTITION BY HASH (subdistrict_id)" if is_business else ddl))
            for part in range(2) if is_business else ():
                connection.execute(
                    text(
                        f"CREATE TABLE split.{table.name}_p{part} PARTITION OF split.{table.name} "
                        f"FOR VALUES WITH (MODULUS 2, REMAINDER {part})"
                    )
                )
        tables = split.tables
        codes = [{"code": c, "name": c} for c in ("430181002", "430181003")]
        connection.execute(insert(tables["split.divisions"]), codes)
        own = {"created_at": text("now()"), "updated_at": text("now()"), "version": 1}
        area = {"id": "01900000-0000-7000-8000-000000000001", "name": "街道", "kind": "subdistrict",
                "full_name": "街道", "code": "430181002", "subdistrict_id": "430181002"}  # fmt: skip
        connection.execute(insert(tables["split.areas"]).values(**area, **own))
        estate = {"id": "01900000-0000-7000-8000-000000000002", "name": "小区", "area_id": area["id"]}
        connection.execute(insert(tables["split.residential_areas"]).values(subdistrict_id="430181002", **estate, **own))
        with pytest.raises(IntegrityError, match="fk_residential_areas_subdistrict_id_area_id"):
            connection.execute(
                insert(tables["split.residential_areas"]).values(subdistrict_id="430181003", **estate, **own)
            )
        whole.rollback()


def test_a_reference_cannot_point_into_another_sub_district(session):
    from models.area import Area
    from models.residence import ResidentialArea
    from tests.support.builders import build_world

    world = build_world(session)
    session.add(Division(code="430181003", name="别的街道"))
    session.flush()
    session.add(ResidentialArea(subdistrict_id="430181003", name="错的小区", area_id=world.east.id))
    with pytest.raises(IntegrityError):
        session.flush()
    assert issubclass(Area, Entity)
