"""What a role is shipped with

Revision ID: 5d2c8f61b7a4
Revises: da6df97df39c
Create Date: 2026-11-25 18:45:00

"""
from alembic import op
import sqlalchemy as sa


revision = '5d2c8f61b7a4'
down_revision = 'da6df97df39c'
branch_labels = None
depends_on = None


def upgrade():
    # Not in a batch: SQLite would make the table anew and lose its triggers.
    op.add_column('roles', sa.Column('shipped', sa.JSON(none_as_null=True), nullable=True))


def downgrade():
    op.drop_column('roles', 'shipped')
