"""The mark of small tables, indexes of the cases that are still open, and one of the search entries that answers alone."""

import sqlalchemy as sa
from alembic import op

revision = 'c476c1614a0c'
down_revision = '70121fd31717'
branch_labels = None
depends_on = None

SMALL = ("custom_fields", "dict_items", "roles", "saved_views", "settings", "workdays")
OPEN = sa.text("status IN ('registered', 'accepted', 'assigned', 'fed_back', 'suspended')")
ORDERS = ("closed_at", "due_on", "received_on", "registered_at")
RENEW = "INSERT INTO revisions (name, token) VALUES ('small', %s) ON CONFLICT (name) DO UPDATE SET token = excluded.token"
RANDOM = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}


def upgrade() -> None:
    op.create_table(
        'revisions',
        sa.Column('name', sa.String(length=20), nullable=False),
        sa.Column('token', sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_revisions')),
    )
    dialect = op.get_bind().dialect.name
    renew = RENEW % RANDOM[dialect]
    op.execute(renew)
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION renew_revision() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {renew}; RETURN NULL; END $$"
        )
        op.execute("ALTER INDEX ix_search_entries_grams ALTER COLUMN 1 SET STATISTICS 1000")
    for table in SMALL:
        if dialect == "sqlite":
            for verb in ("INSERT", "UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_{verb.lower()}_renews AFTER {verb} ON {table} BEGIN {renew}; END")
        else:
            op.execute(
                f"CREATE TRIGGER {table}_renews AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION renew_revision()"
            )
    for name in ORDERS:
        op.create_index(
            f'ix_cases_{name}_live', 'cases', ['subdistrict_id', name, 'id'], sqlite_where=OPEN, postgresql_where=OPEN
        )
    op.drop_index('ix_search_entries_number', 'search_entries')
    op.create_index('ix_search_entries_number', 'search_entries', ['subdistrict_id', 'number', 'entity', 'id'])


def downgrade() -> None:
    op.drop_index('ix_search_entries_number', 'search_entries')
    op.create_index('ix_search_entries_number', 'search_entries', ['subdistrict_id', 'number'])
    for name in ORDERS:
        op.drop_index(f'ix_cases_{name}_live', 'cases')
    for table in SMALL:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {table}_{verb}_renews")
        else:
            op.execute(f"DROP TRIGGER {table}_renews ON {table}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION renew_revision()")
    op.drop_table('revisions')
