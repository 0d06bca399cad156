"""Tables of the console."""

import sqlalchemy as sa
from alembic import op

revision = '683507b42dcc'
down_revision = None
branch_labels = None
depends_on = None

FULL_TEXT = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_grams USING fts5(grams, content='', detail=none, tokenize='unicode61')",
        "CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN "
        "INSERT INTO search_grams(rowid, grams) VALUES (new.number, new.grams); END",
        "CREATE TRIGGER search_entries_gone AFTER DELETE ON search_entries BEGIN "
        "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.number, old.grams); END",
        "CREATE TRIGGER search_entries_changed AFTER UPDATE ON search_entries BEGIN "
        "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.number, old.grams); "
        "INSERT INTO search_grams(rowid, grams) VALUES (new.number, new.grams); END",
    ),
    "postgresql": (
        "CREATE INDEX ix_search_entries_grams ON search_entries USING gin (string_to_array(grams, ' '))",
    ),
}


def upgrade() -> None:
    op.create_table('dict_items',
    sa.Column('dictionary', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=31), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('parent_key', sa.String(length=64), nullable=True),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.CheckConstraint("id = dictionary || ':' || code", name=op.f('ck_dict_items_key_is_dictionary_and_code')),
    sa.CheckConstraint('sort <= 9999', name=op.f('ck_dict_items_sort_high')),
    sa.CheckConstraint('sort >= 0', name=op.f('ck_dict_items_sort_low')),
    sa.ForeignKeyConstraint(['parent_key'], ['dict_items.id'], name=op.f('fk_dict_items_parent_key')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dict_items'))
    )
    with op.batch_alter_table('dict_items', schema=None) as batch_op:
        batch_op.create_index('ix_dict_items_dictionary', ['dictionary'], unique=False)
        batch_op.create_index('ix_dict_items_is_active', ['is_active'], unique=False)

    op.create_table('divisions',
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('parent_code', sa.String(length=12), nullable=True),
    sa.Column('short_name', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['parent_code'], ['divisions.code'], name=op.f('fk_divisions_parent_code')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_divisions'))
    )
    with op.batch_alter_table('divisions', schema=None) as batch_op:
        batch_op.create_index('ix_divisions_code', ['code'], unique=False)
        batch_op.create_index('ix_divisions_parent_code', ['parent_code'], unique=False)

    op.create_table('roles',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('permissions', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roles')),
    sa.UniqueConstraint('code', name=op.f('uq_roles_code'))
    )
    op.create_table('sign_in_failures',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('failed_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_failures'))
    )
    with op.batch_alter_table('sign_in_failures', schema=None) as batch_op:
        batch_op.create_index('ix_sign_in_failures_address_failed_at', ['address', 'failed_at'], unique=False)
        batch_op.create_index('ix_sign_in_failures_failed_at', ['failed_at'], unique=False)
        batch_op.create_index('ix_sign_in_failures_username_failed_at', ['username', 'failed_at'], unique=False)

    op.create_table('terms',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('starts', sa.String(length=200), nullable=False),
    sa.Column('length', sa.Integer(), nullable=False),
    sa.Column('unit', sa.Enum('D', 'WD', 'M', 'H', 'Y', name='termunit', native_enum=False, length=24), nullable=False),
    sa.Column('extend_length', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('is_statutory', sa.Boolean(), nullable=False),
    sa.CheckConstraint("unit IN ('D', 'WD', 'M', 'H', 'Y')", name=op.f('ck_terms_unit_code')),
    sa.CheckConstraint('extend_length <= 3660', name=op.f('ck_terms_extend_length_high')),
    sa.CheckConstraint('extend_length >= 0', name=op.f('ck_terms_extend_length_low')),
    sa.CheckConstraint('length <= 3660', name=op.f('ck_terms_length_high')),
    sa.CheckConstraint('length >= 0', name=op.f('ck_terms_length_low')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_terms'))
    )
    with op.batch_alter_table('terms', schema=None) as batch_op:
        batch_op.create_index('ix_terms_is_statutory', ['is_statutory'], unique=False)
        batch_op.create_index('ix_terms_unit', ['unit'], unique=False)

    op.create_table('workdays',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('is_workday', sa.Boolean(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_workdays'))
    )
    with op.batch_alter_table('workdays', schema=None) as batch_op:
        batch_op.create_index('ix_workdays_day', ['day'], unique=False)
        batch_op.create_index('ix_workdays_is_workday', ['is_workday'], unique=False)

    op.create_table('areas',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('subdistrict', 'community', 'village', 'sector', 'group', 'neighborhood', name='areakind', native_enum=False, length=24), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('division_code', sa.String(length=12), nullable=True),
    sa.Column('extent', sa.Text(), nullable=True),
    sa.Column('parent_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'subdistrict') = (parent_id IS NULL)", name=op.f('ck_areas_only_root_has_no_parent')),
    sa.CheckConstraint("kind IN ('subdistrict', 'community', 'village', 'sector', 'group', 'neighborhood')", name=op.f('ck_areas_kind_code')),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], name=op.f('fk_areas_division_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'parent_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_areas_subdistrict_id_parent_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_areas_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_areas')),
    sa.UniqueConstraint('subdistrict_id', 'code', name=op.f('uq_areas_subdistrict_id_code'))
    )
    with op.batch_alter_table('areas', schema=None) as batch_op:
        batch_op.create_index('ix_areas_code', ['subdistrict_id', 'code', 'id'], unique=False)
        batch_op.create_index('ix_areas_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_areas_name', ['subdistrict_id', 'name', 'id'], unique=False)
        batch_op.create_index('ix_areas_parent_id', ['subdistrict_id', 'parent_id', 'id'], unique=False)

    op.create_table('counters',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_counters_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_counters')),
    sa.UniqueConstraint('subdistrict_id', 'purpose', 'year', name=op.f('uq_counters_subdistrict_id_purpose_year'))
    )
    op.create_table('search_entries',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('entity', sa.String(length=40), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('names', sa.Text(), nullable=False),
    sa.Column('grams', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_search_entries_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_search_entries'))
    )
    with op.batch_alter_table('search_entries', schema=None) as batch_op:
        batch_op.create_index('ix_search_entries_number', ['subdistrict_id', 'number'], unique=False)

    op.create_table('chiefs',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.Enum('sector', 'group', 'neighborhood', name='chiefkind', native_enum=False, length=24), nullable=False),
    sa.Column('mobile', sa.String(length=160), nullable=False),
    sa.Column('gender', sa.Enum('female', 'male', name='gender', native_enum=False, length=24), nullable=True),
    sa.Column('is_representative', sa.Boolean(), nullable=True),
    sa.Column('is_party_member', sa.Boolean(), nullable=True),
    sa.Column('method', sa.Enum('elected', 'appointed', 'volunteered', name='selectionmethod', native_enum=False, length=24), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('area_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('replaced_by_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("gender IN ('female', 'male')", name=op.f('ck_chiefs_gender_code')),
    sa.CheckConstraint("kind IN ('sector', 'group', 'neighborhood')", name=op.f('ck_chiefs_kind_code')),
    sa.CheckConstraint("method IN ('elected', 'appointed', 'volunteered')", name=op.f('ck_chiefs_method_code')),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= started_on', name=op.f('ck_chiefs_ends_after_start')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'area_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_chiefs_subdistrict_id_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'replaced_by_id'], ['chiefs.subdistrict_id', 'chiefs.id'], name=op.f('fk_chiefs_subdistrict_id_replaced_by_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_chiefs_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_chiefs'))
    )
    with op.batch_alter_table('chiefs', schema=None) as batch_op:
        batch_op.create_index('ix_chiefs_area_id', ['subdistrict_id', 'area_id', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_ended_on', ['subdistrict_id', 'ended_on', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_gender', ['subdistrict_id', 'gender', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_is_party_member', ['subdistrict_id', 'is_party_member', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_is_representative', ['subdistrict_id', 'is_representative', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_method', ['subdistrict_id', 'method', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_replaced_by_id', ['subdistrict_id', 'replaced_by_id', 'id'], unique=False)
        batch_op.create_index('ix_chiefs_started_on', ['subdistrict_id', 'started_on', 'id'], unique=False)
        batch_op.create_index('uq_chiefs_one_in_office', ['subdistrict_id', 'area_id'], unique=True, postgresql_where=sa.text('ended_on IS NULL'), sqlite_where=sa.text('ended_on IS NULL'))

    op.create_table('committees',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('village', 'community', 'subdistrict', 'enterprise', 'industry', name='committeekind', native_enum=False, length=24), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=True),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('area_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('village', 'community', 'subdistrict', 'enterprise', 'industry')", name=op.f('ck_committees_kind_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'area_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_committees_subdistrict_id_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_committees_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_committees')),
    sa.UniqueConstraint('subdistrict_id', 'name', name=op.f('uq_committees_subdistrict_id_name'))
    )
    with op.batch_alter_table('committees', schema=None) as batch_op:
        batch_op.create_index('ix_committees_area_id', ['subdistrict_id', 'area_id', 'id'], unique=False)
        batch_op.create_index('ix_committees_ends_on', ['subdistrict_id', 'ends_on', 'id'], unique=False)
        batch_op.create_index('ix_committees_is_active', ['subdistrict_id', 'is_active', 'id'], unique=False)
        batch_op.create_index('ix_committees_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_committees_name', ['subdistrict_id', 'name', 'id'], unique=False)

    op.create_table('residential_areas',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=True),
    sa.Column('property_company', sa.String(length=200), nullable=True),
    sa.Column('property_contact', sa.String(length=60), nullable=True),
    sa.Column('property_phone', sa.String(length=20), nullable=True),
    sa.Column('building_count', sa.Integer(), nullable=True),
    sa.Column('area_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('building_count <= 999', name=op.f('ck_residential_areas_building_count_high')),
    sa.CheckConstraint('building_count >= 0', name=op.f('ck_residential_areas_building_count_low')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'area_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_residential_areas_subdistrict_id_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_residential_areas_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_residential_areas')),
    sa.UniqueConstraint('subdistrict_id', 'area_id', 'name', name=op.f('uq_residential_areas_subdistrict_id_area_id_name'))
    )
    with op.batch_alter_table('residential_areas', schema=None) as batch_op:
        batch_op.create_index('ix_residential_areas_area_id', ['subdistrict_id', 'area_id', 'id'], unique=False)
        batch_op.create_index('ix_residential_areas_name', ['subdistrict_id', 'name', 'id'], unique=False)

    op.create_table('units',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('office', 'functional', 'community', 'external', name='unitkind', native_enum=False, length=24), nullable=False),
    sa.Column('duty', sa.Text(), nullable=True),
    sa.Column('contact_name', sa.String(length=60), nullable=True),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('office_hours', sa.String(length=200), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('area_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('office', 'functional', 'community', 'external')", name=op.f('ck_units_kind_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'area_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_units_subdistrict_id_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_units_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_units')),
    sa.UniqueConstraint('subdistrict_id', 'name', name=op.f('uq_units_subdistrict_id_name'))
    )
    with op.batch_alter_table('units', schema=None) as batch_op:
        batch_op.create_index('ix_units_area_id', ['subdistrict_id', 'area_id', 'id'], unique=False)
        batch_op.create_index('ix_units_is_active', ['subdistrict_id', 'is_active', 'id'], unique=False)
        batch_op.create_index('ix_units_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_units_name', ['subdistrict_id', 'name', 'id'], unique=False)

    op.create_table('buildings',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('floor_count', sa.Integer(), nullable=True),
    sa.Column('unit_count', sa.Integer(), nullable=True),
    sa.Column('is_elevator', sa.Boolean(), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('residential_area_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('floor_count <= 120', name=op.f('ck_buildings_floor_count_high')),
    sa.CheckConstraint('floor_count >= 1', name=op.f('ck_buildings_floor_count_low')),
    sa.CheckConstraint('unit_count <= 50', name=op.f('ck_buildings_unit_count_high')),
    sa.CheckConstraint('unit_count >= 1', name=op.f('ck_buildings_unit_count_low')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'residential_area_id'], ['residential_areas.subdistrict_id', 'residential_areas.id'], name=op.f('fk_buildings_subdistrict_id_residential_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_buildings_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_buildings')),
    sa.UniqueConstraint('subdistrict_id', 'residential_area_id', 'name', name=op.f('uq_buildings_subdistrict_id_residential_area_id_name'))
    )
    with op.batch_alter_table('buildings', schema=None) as batch_op:
        batch_op.create_index('ix_buildings_is_elevator', ['subdistrict_id', 'is_elevator', 'id'], unique=False)
        batch_op.create_index('ix_buildings_name', ['subdistrict_id', 'name', 'id'], unique=False)
        batch_op.create_index('ix_buildings_residential_area_id', ['subdistrict_id', 'residential_area_id', 'id'], unique=False)

    op.create_table('dispatch_rules',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('category', sa.String(length=64), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=True),
    sa.Column('lead_unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('assisting_unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("category LIKE 'dispute_category:%'", name=op.f('ck_dispatch_rules_category_dictionary')),
    sa.ForeignKeyConstraint(['category'], ['dict_items.id'], name=op.f('fk_dispatch_rules_category')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'assisting_unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_dispatch_rules_subdistrict_id_assisting_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'lead_unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_dispatch_rules_subdistrict_id_lead_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_dispatch_rules_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_dispatch_rules')),
    sa.UniqueConstraint('subdistrict_id', 'category', name=op.f('uq_dispatch_rules_subdistrict_id_category'))
    )
    with op.batch_alter_table('dispatch_rules', schema=None) as batch_op:
        batch_op.create_index('ix_dispatch_rules_assisting_unit_id', ['subdistrict_id', 'assisting_unit_id', 'id'], unique=False)
        batch_op.create_index('ix_dispatch_rules_category', ['subdistrict_id', 'category', 'id'], unique=False)
        batch_op.create_index('ix_dispatch_rules_lead_unit_id', ['subdistrict_id', 'lead_unit_id', 'id'], unique=False)

    op.create_table('workers',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.Enum('staff', 'mediator', 'lawyer', 'counsellor', name='workerkind', native_enum=False, length=24), nullable=False),
    sa.Column('gender', sa.Enum('female', 'male', name='gender', native_enum=False, length=24), nullable=True),
    sa.Column('mobile', sa.String(length=160), nullable=True),
    sa.Column('skills', sa.String(length=200), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('post', sa.String(length=200), nullable=True),
    sa.Column('is_leader', sa.Boolean(), nullable=True),
    sa.Column('employment', sa.Enum('dedicated', 'full_time', 'part_time', name='employment', native_enum=False, length=24), nullable=True),
    sa.Column('committee_post', sa.Enum('director', 'deputy', 'member', 'mediator', name='committeepost', native_enum=False, length=24), nullable=True),
    sa.Column('appointed_on', sa.Date(), nullable=True),
    sa.Column('term_ends_on', sa.Date(), nullable=True),
    sa.Column('committee_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('firm', sa.String(length=200), nullable=True),
    sa.Column('licence_no', sa.String(length=30), nullable=True),
    sa.Column('studio', sa.String(length=200), nullable=True),
    sa.Column('certificate_no', sa.String(length=30), nullable=True),
    sa.CheckConstraint("committee_post IN ('director', 'deputy', 'member', 'mediator')", name=op.f('ck_workers_committee_post_code')),
    sa.CheckConstraint("employment IN ('dedicated', 'full_time', 'part_time')", name=op.f('ck_workers_employment_code')),
    sa.CheckConstraint("gender IN ('female', 'male')", name=op.f('ck_workers_gender_code')),
    sa.CheckConstraint("kind <> 'mediator' OR (committee_id IS NOT NULL AND employment IS NOT NULL)", name=op.f('ck_workers_mediator_has_committee')),
    sa.CheckConstraint("kind IN ('staff', 'mediator', 'lawyer', 'counsellor')", name=op.f('ck_workers_kind_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'committee_id'], ['committees.subdistrict_id', 'committees.id'], name=op.f('fk_workers_subdistrict_id_committee_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_workers_subdistrict_id_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_workers_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_workers')),
    sa.UniqueConstraint('subdistrict_id', 'id', 'kind', name=op.f('uq_workers_subdistrict_id_id_kind'))
    )
    with op.batch_alter_table('workers', schema=None) as batch_op:
        batch_op.create_index('ix_workers_committee_id', ['subdistrict_id', 'committee_id', 'id'], unique=False)
        batch_op.create_index('ix_workers_committee_post', ['subdistrict_id', 'committee_post', 'id'], unique=False)
        batch_op.create_index('ix_workers_employment', ['subdistrict_id', 'employment', 'id'], unique=False)
        batch_op.create_index('ix_workers_gender', ['subdistrict_id', 'gender', 'id'], unique=False)
        batch_op.create_index('ix_workers_is_active', ['subdistrict_id', 'is_active', 'id'], unique=False)
        batch_op.create_index('ix_workers_is_leader', ['subdistrict_id', 'is_leader', 'id'], unique=False)
        batch_op.create_index('ix_workers_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_workers_name', ['subdistrict_id', 'name', 'id'], unique=False)
        batch_op.create_index('ix_workers_term_ends_on', ['subdistrict_id', 'term_ends_on', 'id'], unique=False)
        batch_op.create_index('ix_workers_unit_id', ['subdistrict_id', 'unit_id', 'id'], unique=False)

    op.create_table('duty_days',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('duty_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('leader_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('deputy_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['subdistrict_id', 'deputy_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_duty_days_subdistrict_id_deputy_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'leader_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_duty_days_subdistrict_id_leader_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_duty_days_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_duty_days')),
    sa.UniqueConstraint('subdistrict_id', 'duty_on', name=op.f('uq_duty_days_subdistrict_id_duty_on'))
    )
    with op.batch_alter_table('duty_days', schema=None) as batch_op:
        batch_op.create_index('ix_duty_days_deputy_id', ['subdistrict_id', 'deputy_id', 'id'], unique=False)
        batch_op.create_index('ix_duty_days_duty_on', ['subdistrict_id', 'duty_on', 'id'], unique=False)
        batch_op.create_index('ix_duty_days_leader_id', ['subdistrict_id', 'leader_id', 'id'], unique=False)

    op.create_table('households',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('household_no', sa.String(length=24), nullable=False),
    sa.Column('head_name', sa.String(length=60), nullable=False),
    sa.Column('mobile', sa.String(length=160), nullable=True),
    sa.Column('head_id_number', sa.String(length=160), nullable=True),
    sa.Column('unit_no', sa.String(length=20), nullable=True),
    sa.Column('floor_no', sa.Integer(), nullable=True),
    sa.Column('room_no', sa.String(length=20), nullable=True),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('use', sa.Enum('owner', 'rented', 'vacant', name='householduse', native_enum=False, length=24), nullable=False),
    sa.Column('member_count', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('neighborhood_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('residential_area_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('building_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("use IN ('owner', 'rented', 'vacant')", name=op.f('ck_households_use_code')),
    sa.CheckConstraint('floor_no <= 120', name=op.f('ck_households_floor_no_high')),
    sa.CheckConstraint('floor_no >= -5', name=op.f('ck_households_floor_no_low')),
    sa.CheckConstraint('member_count <= 50', name=op.f('ck_households_member_count_high')),
    sa.CheckConstraint('member_count >= 0', name=op.f('ck_households_member_count_low')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'building_id'], ['buildings.subdistrict_id', 'buildings.id'], name=op.f('fk_households_subdistrict_id_building_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'neighborhood_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_households_subdistrict_id_neighborhood_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'residential_area_id'], ['residential_areas.subdistrict_id', 'residential_areas.id'], name=op.f('fk_households_subdistrict_id_residential_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_households_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_households')),
    sa.UniqueConstraint('subdistrict_id', 'household_no', name=op.f('uq_households_subdistrict_id_household_no'))
    )
    with op.batch_alter_table('households', schema=None) as batch_op:
        batch_op.create_index('ix_households_building_id', ['subdistrict_id', 'building_id', 'id'], unique=False)
        batch_op.create_index('ix_households_household_no', ['subdistrict_id', 'household_no', 'id'], unique=False)
        batch_op.create_index('ix_households_neighborhood_id', ['subdistrict_id', 'neighborhood_id', 'id'], unique=False)
        batch_op.create_index('ix_households_residential_area_id', ['subdistrict_id', 'residential_area_id', 'id'], unique=False)
        batch_op.create_index('ix_households_use', ['subdistrict_id', 'use', 'id'], unique=False)

    op.create_table('responsibility_agreements',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('status', sa.Enum('draft', 'signed', name='agreementstatus', native_enum=False, length=24), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('party_a_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('party_b_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'signed') = (signed_on IS NOT NULL)", name=op.f('ck_responsibility_agreements_signed_has_date')),
    sa.CheckConstraint("status IN ('draft', 'signed')", name=op.f('ck_responsibility_agreements_status_code')),
    sa.CheckConstraint('year <= 2100', name=op.f('ck_responsibility_agreements_year_high')),
    sa.CheckConstraint('year >= 2000', name=op.f('ck_responsibility_agreements_year_low')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'party_a_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_responsibility_agreements_subdistrict_id_party_a_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'party_b_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_responsibility_agreements_subdistrict_id_party_b_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_responsibility_agreements_subdistrict_id_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_responsibility_agreements_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_responsibility_agreements')),
    sa.UniqueConstraint('subdistrict_id', 'year', 'unit_id', name=op.f('uq_responsibility_agreements_subdistrict_id_year_unit_id'))
    )
    with op.batch_alter_table('responsibility_agreements', schema=None) as batch_op:
        batch_op.create_index('ix_responsibility_agreements_due_on', ['subdistrict_id', 'due_on', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_agreements_party_a_id', ['subdistrict_id', 'party_a_id', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_agreements_party_b_id', ['subdistrict_id', 'party_b_id', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_agreements_signed_on', ['subdistrict_id', 'signed_on', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_agreements_status', ['subdistrict_id', 'status', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_agreements_unit_id', ['subdistrict_id', 'unit_id', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_agreements_year', ['subdistrict_id', 'year', 'id'], unique=False)

    op.create_table('users',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('username', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('is_scoped', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(), nullable=True),
    sa.Column('role_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('area_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('worker_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.ForeignKeyConstraint(['role_id'], ['roles.id'], name=op.f('fk_users_role_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'area_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_users_subdistrict_id_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_users_subdistrict_id_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'worker_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_users_subdistrict_id_worker_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_users_subdistrict_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('username', name=op.f('uq_users_username'))
    )
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.create_index('ix_users_area_id', ['subdistrict_id', 'area_id', 'id'], unique=False)
        batch_op.create_index('ix_users_is_active', ['subdistrict_id', 'is_active', 'id'], unique=False)
        batch_op.create_index('ix_users_role_id', ['subdistrict_id', 'role_id', 'id'], unique=False)
        batch_op.create_index('ix_users_unit_id', ['subdistrict_id', 'unit_id', 'id'], unique=False)
        batch_op.create_index('ix_users_worker_id', ['subdistrict_id', 'worker_id', 'id'], unique=False)

    op.create_table('access_events',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('happened_at', sa.DateTime(), nullable=False),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('reveal', 'export', 'export_clear', 'sign_in', 'sign_out', 'locked', 'reset', name='accesskind', native_enum=False, length=24), nullable=False),
    sa.Column('entity_label', sa.String(length=200), nullable=True),
    sa.Column('record_id', sa.String(length=64), nullable=True),
    sa.Column('detail', sa.String(length=200), nullable=True),
    sa.Column('row_count', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('address', sa.String(length=45), nullable=True),
    sa.Column('user_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('reveal', 'export', 'export_clear', 'sign_in', 'sign_out', 'locked', 'reset')", name=op.f('ck_access_events_kind_code')),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_access_events_subdistrict_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_access_events_user_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_access_events'))
    )
    with op.batch_alter_table('access_events', schema=None) as batch_op:
        batch_op.create_index('ix_access_events_happened_at', ['subdistrict_id', 'happened_at', 'id'], unique=False)
        batch_op.create_index('ix_access_events_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_access_events_user_id', ['subdistrict_id', 'user_id', 'id'], unique=False)

    op.create_table('attachments',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('entity', sa.String(length=40), nullable=False),
    sa.Column('record_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('purpose', sa.String(length=200), nullable=True),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('byte_count', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('added_by_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['added_by_id'], ['users.id'], name=op.f('fk_attachments_added_by_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_attachments_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_attachments'))
    )
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.create_index('ix_attachments_added_by_id', ['subdistrict_id', 'added_by_id', 'id'], unique=False)
        batch_op.create_index('ix_attachments_record', ['subdistrict_id', 'entity', 'record_id'], unique=False)

    op.create_table('audit_events',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('happened_at', sa.DateTime(), nullable=False),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('entity', sa.String(length=40), nullable=False),
    sa.Column('entity_label', sa.String(length=200), nullable=False),
    sa.Column('record_id', sa.String(length=64), nullable=False),
    sa.Column('record_label', sa.String(length=200), nullable=False),
    sa.Column('verb', sa.Enum('create', 'update', 'delete', 'bulk', name='auditverb', native_enum=False, length=24), nullable=False),
    sa.Column('changes', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('user_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("verb IN ('create', 'update', 'delete', 'bulk')", name=op.f('ck_audit_events_verb_code')),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_audit_events_subdistrict_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_events_user_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_audit_events'))
    )
    with op.batch_alter_table('audit_events', schema=None) as batch_op:
        batch_op.create_index('ix_audit_events_entity_label', ['subdistrict_id', 'entity_label', 'id'], unique=False)
        batch_op.create_index('ix_audit_events_happened_at', ['subdistrict_id', 'happened_at', 'id'], unique=False)
        batch_op.create_index('ix_audit_events_record', ['subdistrict_id', 'entity', 'record_id', 'happened_at'], unique=False)
        batch_op.create_index('ix_audit_events_user_id', ['subdistrict_id', 'user_id', 'id'], unique=False)
        batch_op.create_index('ix_audit_events_verb', ['subdistrict_id', 'verb', 'id'], unique=False)

    op.create_table('cases',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('case_no', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('appeal', 'dispute', 'petition', name='casekind', native_enum=False, length=24), nullable=False),
    sa.Column('category', sa.String(length=64), nullable=False),
    sa.Column('channel', sa.String(length=64), nullable=False),
    sa.Column('level', sa.Enum('micro', 'small', 'big', 'hard', name='matterlevel', native_enum=False, length=24), nullable=False),
    sa.Column('urgency', sa.Enum('normal', 'urgent', 'critical', name='urgency', native_enum=False, length=24), nullable=False),
    sa.Column('secrecy', sa.Enum('normal', 'restricted', name='secrecy', native_enum=False, length=24), nullable=False),
    sa.Column('is_livelihood', sa.Boolean(), nullable=True),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('people_count', sa.Integer(), nullable=True),
    sa.Column('place', sa.String(length=200), nullable=True),
    sa.Column('status', sa.Enum('registered', 'accepted', 'assigned', 'fed_back', 'closed', 'declined', name='casestatus', native_enum=False, length=24), nullable=False),
    sa.Column('stage', sa.Enum('onsite', 'diverted', 'consultation', 'joint', name='mediationstage', native_enum=False, length=24), nullable=True),
    sa.Column('outcome', sa.Enum('resolved', 'partly', 'explained', 'redirected', 'terminated', 'withdrawn', name='caseoutcome', native_enum=False, length=24), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('is_informed', sa.Boolean(), nullable=True),
    sa.Column('solved_at_tier', sa.Enum('neighborhood', 'sector_group', 'community', 'subdistrict', 'above', name='tier', native_enum=False, length=24), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('due_reason', sa.String(length=200), nullable=True),
    sa.Column('registered_at', sa.DateTime(), nullable=False),
    sa.Column('accepted_at', sa.DateTime(), nullable=True),
    sa.Column('assigned_at', sa.DateTime(), nullable=True),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('area_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('household_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('lead_unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('handler_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('competent_unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('territory_unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('first_contact_unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('first_contact_user_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f('ck_cases_closed_has_time')),
    sa.CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name=op.f('ck_cases_closed_has_outcome')),
    sa.CheckConstraint("category LIKE 'dispute_category:%'", name=op.f('ck_cases_category_dictionary')),
    sa.CheckConstraint("channel LIKE 'channel:%'", name=op.f('ck_cases_channel_dictionary')),
    sa.CheckConstraint("kind IN ('appeal', 'dispute', 'petition')", name=op.f('ck_cases_kind_code')),
    sa.CheckConstraint("level IN ('micro', 'small', 'big', 'hard')", name=op.f('ck_cases_level_code')),
    sa.CheckConstraint("outcome IN ('resolved', 'partly', 'explained', 'redirected', 'terminated', 'withdrawn')", name=op.f('ck_cases_outcome_code')),
    sa.CheckConstraint("secrecy IN ('normal', 'restricted')", name=op.f('ck_cases_secrecy_code')),
    sa.CheckConstraint("solved_at_tier IN ('neighborhood', 'sector_group', 'community', 'subdistrict', 'above')", name=op.f('ck_cases_solved_at_tier_code')),
    sa.CheckConstraint("stage IN ('onsite', 'diverted', 'consultation', 'joint')", name=op.f('ck_cases_stage_code')),
    sa.CheckConstraint("status <> 'assigned' OR due_on IS NOT NULL", name=op.f('ck_cases_assigned_has_due_date')),
    sa.CheckConstraint("status <> 'assigned' OR lead_unit_id IS NOT NULL OR handler_id IS NOT NULL", name=op.f('ck_cases_assigned_has_somebody')),
    sa.CheckConstraint("status IN ('registered', 'accepted', 'assigned', 'fed_back', 'closed', 'declined')", name=op.f('ck_cases_status_code')),
    sa.CheckConstraint("urgency IN ('normal', 'urgent', 'critical')", name=op.f('ck_cases_urgency_code')),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_cases_amount_low')),
    sa.CheckConstraint('occurred_on IS NULL OR occurred_on <= received_on', name=op.f('ck_cases_occurs_before_received')),
    sa.CheckConstraint('people_count <= 100000', name=op.f('ck_cases_people_count_high')),
    sa.CheckConstraint('people_count >= 0', name=op.f('ck_cases_people_count_low')),
    sa.ForeignKeyConstraint(['category'], ['dict_items.id'], name=op.f('fk_cases_category')),
    sa.ForeignKeyConstraint(['channel'], ['dict_items.id'], name=op.f('fk_cases_channel')),
    sa.ForeignKeyConstraint(['first_contact_user_id'], ['users.id'], name=op.f('fk_cases_first_contact_user_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'area_id'], ['areas.subdistrict_id', 'areas.id'], name=op.f('fk_cases_subdistrict_id_area_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'competent_unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_cases_subdistrict_id_competent_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'first_contact_unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_cases_subdistrict_id_first_contact_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'handler_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_cases_subdistrict_id_handler_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'household_id'], ['households.subdistrict_id', 'households.id'], name=op.f('fk_cases_subdistrict_id_household_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'lead_unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_cases_subdistrict_id_lead_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'territory_unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_cases_subdistrict_id_territory_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_cases_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_cases')),
    sa.UniqueConstraint('subdistrict_id', 'case_no', name=op.f('uq_cases_subdistrict_id_case_no'))
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_amount', ['subdistrict_id', 'amount', 'id'], unique=False)
        batch_op.create_index('ix_cases_area_id', ['subdistrict_id', 'area_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_case_no', ['subdistrict_id', 'case_no', 'id'], unique=False)
        batch_op.create_index('ix_cases_category', ['subdistrict_id', 'category', 'id'], unique=False)
        batch_op.create_index('ix_cases_channel', ['subdistrict_id', 'channel', 'id'], unique=False)
        batch_op.create_index('ix_cases_closed_at', ['subdistrict_id', 'closed_at', 'id'], unique=False)
        batch_op.create_index('ix_cases_competent_unit_id', ['subdistrict_id', 'competent_unit_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_due_on', ['subdistrict_id', 'due_on', 'id'], unique=False)
        batch_op.create_index('ix_cases_first_contact_unit_id', ['subdistrict_id', 'first_contact_unit_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_first_contact_user_id', ['subdistrict_id', 'first_contact_user_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_handler_id', ['subdistrict_id', 'handler_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_household_id', ['subdistrict_id', 'household_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_is_livelihood', ['subdistrict_id', 'is_livelihood', 'id'], unique=False)
        batch_op.create_index('ix_cases_kind', ['subdistrict_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_cases_lead_unit_id', ['subdistrict_id', 'lead_unit_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_level', ['subdistrict_id', 'level', 'id'], unique=False)
        batch_op.create_index('ix_cases_occurred_on', ['subdistrict_id', 'occurred_on', 'id'], unique=False)
        batch_op.create_index('ix_cases_outcome', ['subdistrict_id', 'outcome', 'id'], unique=False)
        batch_op.create_index('ix_cases_people_count', ['subdistrict_id', 'people_count', 'id'], unique=False)
        batch_op.create_index('ix_cases_received_on', ['subdistrict_id', 'received_on', 'id'], unique=False)
        batch_op.create_index('ix_cases_registered_at', ['subdistrict_id', 'registered_at', 'id'], unique=False)
        batch_op.create_index('ix_cases_solved_at_tier', ['subdistrict_id', 'solved_at_tier', 'id'], unique=False)
        batch_op.create_index('ix_cases_stage', ['subdistrict_id', 'stage', 'id'], unique=False)
        batch_op.create_index('ix_cases_status', ['subdistrict_id', 'status', 'id'], unique=False)
        batch_op.create_index('ix_cases_territory_unit_id', ['subdistrict_id', 'territory_unit_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_urgency', ['subdistrict_id', 'urgency', 'id'], unique=False)

    op.create_table('household_members',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('relation', sa.String(length=64), nullable=True),
    sa.Column('gender', sa.Enum('female', 'male', name='gender', native_enum=False, length=24), nullable=True),
    sa.Column('birth_year', sa.Integer(), nullable=True),
    sa.Column('mobile', sa.String(length=160), nullable=True),
    sa.Column('household_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("gender IN ('female', 'male')", name=op.f('ck_household_members_gender_code')),
    sa.CheckConstraint("relation LIKE 'relation:%'", name=op.f('ck_household_members_relation_dictionary')),
    sa.CheckConstraint('birth_year <= 2100', name=op.f('ck_household_members_birth_year_high')),
    sa.CheckConstraint('birth_year >= 1850', name=op.f('ck_household_members_birth_year_low')),
    sa.ForeignKeyConstraint(['relation'], ['dict_items.id'], name=op.f('fk_household_members_relation')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'household_id'], ['households.subdistrict_id', 'households.id'], name=op.f('fk_household_members_subdistrict_id_household_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_household_members_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_household_members')),
    sa.UniqueConstraint('subdistrict_id', 'household_id', 'name', name=op.f('uq_household_members_subdistrict_id_household_id_name'))
    )
    with op.batch_alter_table('household_members', schema=None) as batch_op:
        batch_op.create_index('ix_household_members_gender', ['subdistrict_id', 'gender', 'id'], unique=False)
        batch_op.create_index('ix_household_members_household_id', ['subdistrict_id', 'household_id', 'id'], unique=False)
        batch_op.create_index('ix_household_members_relation', ['subdistrict_id', 'relation', 'id'], unique=False)

    op.create_table('responsibility_goals',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('content', sa.String(length=200), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=True),
    sa.Column('agreement_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('owner_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('progress <= 100', name=op.f('ck_responsibility_goals_progress_high')),
    sa.CheckConstraint('progress >= 0', name=op.f('ck_responsibility_goals_progress_low')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'agreement_id'], ['responsibility_agreements.subdistrict_id', 'responsibility_agreements.id'], name=op.f('fk_responsibility_goals_subdistrict_id_agreement_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'owner_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_responsibility_goals_subdistrict_id_owner_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_responsibility_goals_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_responsibility_goals')),
    sa.UniqueConstraint('subdistrict_id', 'agreement_id', 'content', name=op.f('uq_responsibility_goals_subdistrict_id_agreement_id_content'))
    )
    with op.batch_alter_table('responsibility_goals', schema=None) as batch_op:
        batch_op.create_index('ix_responsibility_goals_agreement_id', ['subdistrict_id', 'agreement_id', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_goals_due_on', ['subdistrict_id', 'due_on', 'id'], unique=False)
        batch_op.create_index('ix_responsibility_goals_owner_id', ['subdistrict_id', 'owner_id', 'id'], unique=False)

    op.create_table('sign_ins',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('user_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sign_ins_user_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ins'))
    )
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.create_index('ix_sign_ins_user_id', ['user_id'], unique=False)

    op.create_table('assignments',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('status', sa.Enum('open', 'fed_back', 'withdrawn', name='assignmentstatus', native_enum=False, length=24), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('due_reason', sa.String(length=200), nullable=False),
    sa.Column('demand', sa.Text(), nullable=True),
    sa.Column('assigned_at', sa.DateTime(), nullable=False),
    sa.Column('feedback', sa.Text(), nullable=True),
    sa.Column('fed_back_at', sa.DateTime(), nullable=True),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('worker_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('assigned_by_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'fed_back') = (fed_back_at IS NOT NULL) AND (status <> 'fed_back' OR feedback IS NOT NULL)", name=op.f('ck_assignments_feedback_has_words')),
    sa.CheckConstraint("status IN ('open', 'fed_back', 'withdrawn')", name=op.f('ck_assignments_status_code')),
    sa.CheckConstraint('unit_id IS NOT NULL OR worker_id IS NOT NULL', name=op.f('ck_assignments_given_to_somebody')),
    sa.ForeignKeyConstraint(['assigned_by_id'], ['users.id'], name=op.f('fk_assignments_assigned_by_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'case_id'], ['cases.subdistrict_id', 'cases.id'], name=op.f('fk_assignments_subdistrict_id_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'unit_id'], ['units.subdistrict_id', 'units.id'], name=op.f('fk_assignments_subdistrict_id_unit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'worker_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_assignments_subdistrict_id_worker_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_assignments_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_assignments'))
    )
    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.create_index('ix_assignments_assigned_at', ['subdistrict_id', 'assigned_at', 'id'], unique=False)
        batch_op.create_index('ix_assignments_assigned_by_id', ['subdistrict_id', 'assigned_by_id', 'id'], unique=False)
        batch_op.create_index('ix_assignments_case_id', ['subdistrict_id', 'case_id', 'id'], unique=False)
        batch_op.create_index('ix_assignments_due_on', ['subdistrict_id', 'due_on', 'id'], unique=False)
        batch_op.create_index('ix_assignments_status', ['subdistrict_id', 'status', 'id'], unique=False)
        batch_op.create_index('ix_assignments_unit_id', ['subdistrict_id', 'unit_id', 'id'], unique=False)
        batch_op.create_index('ix_assignments_worker_id', ['subdistrict_id', 'worker_id', 'id'], unique=False)
        batch_op.create_index('uq_assignments_one_open', ['subdistrict_id', 'case_id'], unique=True, postgresql_where=sa.text("status = 'open'"), sqlite_where=sa.text("status = 'open'"))

    op.create_table('case_events',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('verb', sa.String(length=32), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('status_before', sa.Enum('registered', 'accepted', 'assigned', 'fed_back', 'closed', 'declined', name='casestatus', native_enum=False, length=24), nullable=True),
    sa.Column('status_after', sa.Enum('registered', 'accepted', 'assigned', 'fed_back', 'closed', 'declined', name='casestatus', native_enum=False, length=24), nullable=False),
    sa.Column('happened_at', sa.DateTime(), nullable=False),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('answers', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('user_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("status_after IN ('registered', 'accepted', 'assigned', 'fed_back', 'closed', 'declined')", name=op.f('ck_case_events_status_after_code')),
    sa.CheckConstraint("status_before IN ('registered', 'accepted', 'assigned', 'fed_back', 'closed', 'declined')", name=op.f('ck_case_events_status_before_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'case_id'], ['cases.subdistrict_id', 'cases.id'], name=op.f('fk_case_events_subdistrict_id_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_case_events_subdistrict_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_case_events_user_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_case_events')),
    sa.UniqueConstraint('subdistrict_id', 'case_id', 'number', name=op.f('uq_case_events_subdistrict_id_case_id_number'))
    )
    with op.batch_alter_table('case_events', schema=None) as batch_op:
        batch_op.create_index('ix_case_events_case_id', ['subdistrict_id', 'case_id', 'id'], unique=False)
        batch_op.create_index('ix_case_events_happened_at', ['subdistrict_id', 'happened_at', 'id'], unique=False)
        batch_op.create_index('ix_case_events_number', ['subdistrict_id', 'number', 'id'], unique=False)
        batch_op.create_index('ix_case_events_user_id', ['subdistrict_id', 'user_id', 'id'], unique=False)

    op.create_table('case_parties',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('role', sa.Enum('applicant', 'respondent', 'third', 'agent', 'representative', 'guardian', 'witness', 'reporter', name='partyrole', native_enum=False, length=24), nullable=False),
    sa.Column('kind', sa.Enum('person', 'company', 'organisation', 'shop', 'village_body', name='partykind', native_enum=False, length=24), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('mobile', sa.String(length=160), nullable=True),
    sa.Column('id_number', sa.String(length=160), nullable=True),
    sa.Column('address', sa.String(length=200), nullable=True),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('household_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('person', 'company', 'organisation', 'shop', 'village_body')", name=op.f('ck_case_parties_kind_code')),
    sa.CheckConstraint("role IN ('applicant', 'respondent', 'third', 'agent', 'representative', 'guardian', 'witness', 'reporter')", name=op.f('ck_case_parties_role_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'case_id'], ['cases.subdistrict_id', 'cases.id'], name=op.f('fk_case_parties_subdistrict_id_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'household_id'], ['households.subdistrict_id', 'households.id'], name=op.f('fk_case_parties_subdistrict_id_household_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_case_parties_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_case_parties')),
    sa.UniqueConstraint('subdistrict_id', 'case_id', 'name', 'role', name=op.f('uq_case_parties_subdistrict_id_case_id_name_role'))
    )
    with op.batch_alter_table('case_parties', schema=None) as batch_op:
        batch_op.create_index('ix_case_parties_case_id', ['subdistrict_id', 'case_id', 'id'], unique=False)
        batch_op.create_index('ix_case_parties_household_id', ['subdistrict_id', 'household_id', 'id'], unique=False)
        batch_op.create_index('ix_case_parties_role', ['subdistrict_id', 'role', 'id'], unique=False)

    op.create_table('teams',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('plan', sa.Text(), nullable=True),
    sa.Column('formed_on', sa.Date(), nullable=False),
    sa.Column('disbanded_at', sa.DateTime(), nullable=True),
    sa.Column('leader_kind', sa.String(length=24), nullable=False),
    sa.Column('mediator_kind', sa.String(length=24), nullable=False),
    sa.Column('lawyer_kind', sa.String(length=24), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('leader_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('mediator_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('lawyer_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('staff_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("lawyer_kind = 'lawyer'", name=op.f('ck_teams_lawyer_kind')),
    sa.CheckConstraint("leader_kind = 'staff'", name=op.f('ck_teams_leader_kind')),
    sa.CheckConstraint("mediator_kind = 'mediator'", name=op.f('ck_teams_mediator_kind')),
    sa.CheckConstraint('lawyer_id <> staff_id', name=op.f('ck_teams_lawyer_is_not_staff')),
    sa.CheckConstraint('leader_id <> staff_id', name=op.f('ck_teams_leader_is_not_staff')),
    sa.CheckConstraint('mediator_id <> staff_id', name=op.f('ck_teams_mediator_is_not_staff')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'case_id'], ['cases.subdistrict_id', 'cases.id'], name=op.f('fk_teams_subdistrict_id_case_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'lawyer_id', 'lawyer_kind'], ['workers.subdistrict_id', 'workers.id', 'workers.kind'], name='fk_teams_lawyer_kind'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'lawyer_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_teams_subdistrict_id_lawyer_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'leader_id', 'leader_kind'], ['workers.subdistrict_id', 'workers.id', 'workers.kind'], name='fk_teams_leader_kind'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'leader_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_teams_subdistrict_id_leader_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'mediator_id', 'mediator_kind'], ['workers.subdistrict_id', 'workers.id', 'workers.kind'], name='fk_teams_mediator_kind'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'mediator_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_teams_subdistrict_id_mediator_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'staff_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_teams_subdistrict_id_staff_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_teams_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_teams'))
    )
    with op.batch_alter_table('teams', schema=None) as batch_op:
        batch_op.create_index('ix_teams_case_id', ['subdistrict_id', 'case_id', 'id'], unique=False)
        batch_op.create_index('ix_teams_formed_on', ['subdistrict_id', 'formed_on', 'id'], unique=False)
        batch_op.create_index('ix_teams_lawyer_id', ['subdistrict_id', 'lawyer_id', 'id'], unique=False)
        batch_op.create_index('ix_teams_leader_id', ['subdistrict_id', 'leader_id', 'id'], unique=False)
        batch_op.create_index('ix_teams_mediator_id', ['subdistrict_id', 'mediator_id', 'id'], unique=False)
        batch_op.create_index('ix_teams_staff_id', ['subdistrict_id', 'staff_id', 'id'], unique=False)
        batch_op.create_index('uq_teams_one_active', ['subdistrict_id', 'case_id'], unique=True, postgresql_where=sa.text('disbanded_at IS NULL'), sqlite_where=sa.text('disbanded_at IS NULL'))

    op.create_table('team_changes',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('seat', sa.Enum('leader', 'mediator', 'lawyer', 'staff', name='teamseat', native_enum=False, length=24), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('team_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('worker_before_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('worker_after_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('user_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("seat IN ('leader', 'mediator', 'lawyer', 'staff')", name=op.f('ck_team_changes_seat_code')),
    sa.ForeignKeyConstraint(['subdistrict_id', 'team_id'], ['teams.subdistrict_id', 'teams.id'], name=op.f('fk_team_changes_subdistrict_id_team_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'worker_after_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_team_changes_subdistrict_id_worker_after_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'worker_before_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_team_changes_subdistrict_id_worker_before_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_team_changes_subdistrict_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_team_changes_user_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_team_changes'))
    )
    with op.batch_alter_table('team_changes', schema=None) as batch_op:
        batch_op.create_index('ix_team_changes_team_id', ['subdistrict_id', 'team_id', 'id'], unique=False)
        batch_op.create_index('ix_team_changes_user_id', ['subdistrict_id', 'user_id', 'id'], unique=False)
        batch_op.create_index('ix_team_changes_worker_after_id', ['subdistrict_id', 'worker_after_id', 'id'], unique=False)
        batch_op.create_index('ix_team_changes_worker_before_id', ['subdistrict_id', 'worker_before_id', 'id'], unique=False)

    op.create_table('team_members',
    sa.Column('subdistrict_id', sa.String(length=9), nullable=False),
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('team_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('worker_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['subdistrict_id', 'team_id'], ['teams.subdistrict_id', 'teams.id'], name=op.f('fk_team_members_subdistrict_id_team_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subdistrict_id', 'worker_id'], ['workers.subdistrict_id', 'workers.id'], name=op.f('fk_team_members_subdistrict_id_worker_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['subdistrict_id'], ['divisions.code'], name=op.f('fk_team_members_subdistrict_id')),
    sa.PrimaryKeyConstraint('subdistrict_id', 'id', name=op.f('pk_team_members')),
    sa.UniqueConstraint('subdistrict_id', 'team_id', 'worker_id', name=op.f('uq_team_members_subdistrict_id_team_id_worker_id'))
    )
    with op.batch_alter_table('team_members', schema=None) as batch_op:
        batch_op.create_index('ix_team_members_team_id', ['subdistrict_id', 'team_id', 'id'], unique=False)
        batch_op.create_index('ix_team_members_worker_id', ['subdistrict_id', 'worker_id', 'id'], unique=False)
    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_grams")
    with op.batch_alter_table('team_members', schema=None) as batch_op:
        batch_op.drop_index('ix_team_members_worker_id')
        batch_op.drop_index('ix_team_members_team_id')

    op.drop_table('team_members')
    with op.batch_alter_table('team_changes', schema=None) as batch_op:
        batch_op.drop_index('ix_team_changes_worker_before_id')
        batch_op.drop_index('ix_team_changes_worker_after_id')
        batch_op.drop_index('ix_team_changes_user_id')
        batch_op.drop_index('ix_team_changes_team_id')

    op.drop_table('team_changes')
    with op.batch_alter_table('teams', schema=None) as batch_op:
        batch_op.drop_index('uq_teams_one_active', postgresql_where=sa.text('disbanded_at IS NULL'), sqlite_where=sa.text('disbanded_at IS NULL'))
        batch_op.drop_index('ix_teams_staff_id')
        batch_op.drop_index('ix_teams_mediator_id')
        batch_op.drop_index('ix_teams_leader_id')
        batch_op.drop_index('ix_teams_lawyer_id')
        batch_op.drop_index('ix_teams_formed_on')
        batch_op.drop_index('ix_teams_case_id')

    op.drop_table('teams')
    with op.batch_alter_table('case_parties', schema=None) as batch_op:
        batch_op.drop_index('ix_case_parties_role')
        batch_op.drop_index('ix_case_parties_household_id')
        batch_op.drop_index('ix_case_parties_case_id')

    op.drop_table('case_parties')
    with op.batch_alter_table('case_events', schema=None) as batch_op:
        batch_op.drop_index('ix_case_events_user_id')
        batch_op.drop_index('ix_case_events_number')
        batch_op.drop_index('ix_case_events_happened_at')
        batch_op.drop_index('ix_case_events_case_id')

    op.drop_table('case_events')
    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.drop_index('uq_assignments_one_open', postgresql_where=sa.text("status = 'open'"), sqlite_where=sa.text("status = 'open'"))
        batch_op.drop_index('ix_assignments_worker_id')
        batch_op.drop_index('ix_assignments_unit_id')
        batch_op.drop_index('ix_assignments_status')
        batch_op.drop_index('ix_assignments_due_on')
        batch_op.drop_index('ix_assignments_case_id')
        batch_op.drop_index('ix_assignments_assigned_by_id')
        batch_op.drop_index('ix_assignments_assigned_at')

    op.drop_table('assignments')
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.drop_index('ix_sign_ins_user_id')

    op.drop_table('sign_ins')
    with op.batch_alter_table('responsibility_goals', schema=None) as batch_op:
        batch_op.drop_index('ix_responsibility_goals_owner_id')
        batch_op.drop_index('ix_responsibility_goals_due_on')
        batch_op.drop_index('ix_responsibility_goals_agreement_id')

    op.drop_table('responsibility_goals')
    with op.batch_alter_table('household_members', schema=None) as batch_op:
        batch_op.drop_index('ix_household_members_relation')
        batch_op.drop_index('ix_household_members_household_id')
        batch_op.drop_index('ix_household_members_gender')

    op.drop_table('household_members')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_urgency')
        batch_op.drop_index('ix_cases_territory_unit_id')
        batch_op.drop_index('ix_cases_status')
        batch_op.drop_index('ix_cases_stage')
        batch_op.drop_index('ix_cases_solved_at_tier')
        batch_op.drop_index('ix_cases_registered_at')
        batch_op.drop_index('ix_cases_received_on')
        batch_op.drop_index('ix_cases_people_count')
        batch_op.drop_index('ix_cases_outcome')
        batch_op.drop_index('ix_cases_occurred_on')
        batch_op.drop_index('ix_cases_level')
        batch_op.drop_index('ix_cases_lead_unit_id')
        batch_op.drop_index('ix_cases_kind')
        batch_op.drop_index('ix_cases_is_livelihood')
        batch_op.drop_index('ix_cases_household_id')
        batch_op.drop_index('ix_cases_handler_id')
        batch_op.drop_index('ix_cases_first_contact_user_id')
        batch_op.drop_index('ix_cases_first_contact_unit_id')
        batch_op.drop_index('ix_cases_due_on')
        batch_op.drop_index('ix_cases_competent_unit_id')
        batch_op.drop_index('ix_cases_closed_at')
        batch_op.drop_index('ix_cases_channel')
        batch_op.drop_index('ix_cases_category')
        batch_op.drop_index('ix_cases_case_no')
        batch_op.drop_index('ix_cases_area_id')
        batch_op.drop_index('ix_cases_amount')

    op.drop_table('cases')
    with op.batch_alter_table('audit_events', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_events_verb')
        batch_op.drop_index('ix_audit_events_user_id')
        batch_op.drop_index('ix_audit_events_record')
        batch_op.drop_index('ix_audit_events_happened_at')
        batch_op.drop_index('ix_audit_events_entity_label')

    op.drop_table('audit_events')
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.drop_index('ix_attachments_record')
        batch_op.drop_index('ix_attachments_added_by_id')

    op.drop_table('attachments')
    with op.batch_alter_table('access_events', schema=None) as batch_op:
        batch_op.drop_index('ix_access_events_user_id')
        batch_op.drop_index('ix_access_events_kind')
        batch_op.drop_index('ix_access_events_happened_at')

    op.drop_table('access_events')
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_index('ix_users_worker_id')
        batch_op.drop_index('ix_users_unit_id')
        batch_op.drop_index('ix_users_role_id')
        batch_op.drop_index('ix_users_is_active')
        batch_op.drop_index('ix_users_area_id')

    op.drop_table('users')
    with op.batch_alter_table('responsibility_agreements', schema=None) as batch_op:
        batch_op.drop_index('ix_responsibility_agreements_year')
        batch_op.drop_index('ix_responsibility_agreements_unit_id')
        batch_op.drop_index('ix_responsibility_agreements_status')
        batch_op.drop_index('ix_responsibility_agreements_signed_on')
        batch_op.drop_index('ix_responsibility_agreements_party_b_id')
        batch_op.drop_index('ix_responsibility_agreements_party_a_id')
        batch_op.drop_index('ix_responsibility_agreements_due_on')

    op.drop_table('responsibility_agreements')
    with op.batch_alter_table('households', schema=None) as batch_op:
        batch_op.drop_index('ix_households_use')
        batch_op.drop_index('ix_households_residential_area_id')
        batch_op.drop_index('ix_households_neighborhood_id')
        batch_op.drop_index('ix_households_household_no')
        batch_op.drop_index('ix_households_building_id')

    op.drop_table('households')
    with op.batch_alter_table('duty_days', schema=None) as batch_op:
        batch_op.drop_index('ix_duty_days_leader_id')
        batch_op.drop_index('ix_duty_days_duty_on')
        batch_op.drop_index('ix_duty_days_deputy_id')

    op.drop_table('duty_days')
    with op.batch_alter_table('workers', schema=None) as batch_op:
        batch_op.drop_index('ix_workers_unit_id')
        batch_op.drop_index('ix_workers_term_ends_on')
        batch_op.drop_index('ix_workers_name')
        batch_op.drop_index('ix_workers_kind')
        batch_op.drop_index('ix_workers_is_leader')
        batch_op.drop_index('ix_workers_is_active')
        batch_op.drop_index('ix_workers_gender')
        batch_op.drop_index('ix_workers_employment')
        batch_op.drop_index('ix_workers_committee_post')
        batch_op.drop_index('ix_workers_committee_id')

    op.drop_table('workers')
    with op.batch_alter_table('dispatch_rules', schema=None) as batch_op:
        batch_op.drop_index('ix_dispatch_rules_lead_unit_id')
        batch_op.drop_index('ix_dispatch_rules_category')
        batch_op.drop_index('ix_dispatch_rules_assisting_unit_id')

    op.drop_table('dispatch_rules')
    with op.batch_alter_table('buildings', schema=None) as batch_op:
        batch_op.drop_index('ix_buildings_residential_area_id')
        batch_op.drop_index('ix_buildings_name')
        batch_op.drop_index('ix_buildings_is_elevator')

    op.drop_table('buildings')
    with op.batch_alter_table('units', schema=None) as batch_op:
        batch_op.drop_index('ix_units_name')
        batch_op.drop_index('ix_units_kind')
        batch_op.drop_index('ix_units_is_active')
        batch_op.drop_index('ix_units_area_id')

    op.drop_table('units')
    with op.batch_alter_table('residential_areas', schema=None) as batch_op:
        batch_op.drop_index('ix_residential_areas_name')
        batch_op.drop_index('ix_residential_areas_area_id')

    op.drop_table('residential_areas')
    with op.batch_alter_table('committees', schema=None) as batch_op:
        batch_op.drop_index('ix_committees_name')
        batch_op.drop_index('ix_committees_kind')
        batch_op.drop_index('ix_committees_is_active')
        batch_op.drop_index('ix_committees_ends_on')
        batch_op.drop_index('ix_committees_area_id')

    op.drop_table('committees')
    with op.batch_alter_table('chiefs', schema=None) as batch_op:
        batch_op.drop_index('uq_chiefs_one_in_office', postgresql_where=sa.text('ended_on IS NULL'), sqlite_where=sa.text('ended_on IS NULL'))
        batch_op.drop_index('ix_chiefs_started_on')
        batch_op.drop_index('ix_chiefs_replaced_by_id')
        batch_op.drop_index('ix_chiefs_method')
        batch_op.drop_index('ix_chiefs_kind')
        batch_op.drop_index('ix_chiefs_is_representative')
        batch_op.drop_index('ix_chiefs_is_party_member')
        batch_op.drop_index('ix_chiefs_gender')
        batch_op.drop_index('ix_chiefs_ended_on')
        batch_op.drop_index('ix_chiefs_area_id')

    op.drop_table('chiefs')
    with op.batch_alter_table('search_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_search_entries_number')

    op.drop_table('search_entries')
    op.drop_table('counters')
    with op.batch_alter_table('areas', schema=None) as batch_op:
        batch_op.drop_index('ix_areas_parent_id')
        batch_op.drop_index('ix_areas_name')
        batch_op.drop_index('ix_areas_kind')
        batch_op.drop_index('ix_areas_code')

    op.drop_table('areas')
    with op.batch_alter_table('workdays', schema=None) as batch_op:
        batch_op.drop_index('ix_workdays_is_workday')
        batch_op.drop_index('ix_workdays_day')

    op.drop_table('workdays')
    with op.batch_alter_table('terms', schema=None) as batch_op:
        batch_op.drop_index('ix_terms_unit')
        batch_op.drop_index('ix_terms_is_statutory')

    op.drop_table('terms')
    with op.batch_alter_table('sign_in_failures', schema=None) as batch_op:
        batch_op.drop_index('ix_sign_in_failures_username_failed_at')
        batch_op.drop_index('ix_sign_in_failures_failed_at')
        batch_op.drop_index('ix_sign_in_failures_address_failed_at')

    op.drop_table('sign_in_failures')
    op.drop_table('roles')
    with op.batch_alter_table('divisions', schema=None) as batch_op:
        batch_op.drop_index('ix_divisions_parent_code')
        batch_op.drop_index('ix_divisions_code')

    op.drop_table('divisions')
    with op.batch_alter_table('dict_items', schema=None) as batch_op:
        batch_op.drop_index('ix_dict_items_is_active')
        batch_op.drop_index('ix_dict_items_dictionary')

    op.drop_table('dict_items')
