"""Indexes of live rows are made after those of all rows: where SQLite's statistics tie, it takes the one made last."""

import sqlalchemy as sa
from alembic import op

revision = 'd1b7c40e95aa'
down_revision = 'a23952fc720e'
branch_labels = None
depends_on = None

LIVE = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix%live' ORDER BY name")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for name, made in connection.execute(LIVE).fetchall():
        connection.exec_driver_sql(f"DROP INDEX {name}")
        connection.exec_driver_sql(made)


def downgrade() -> None:
    """Nothing: which comes first is no part of the tables."""
