"""Dictionary items in their own order

Revision ID: 3f81c0d94e27
Revises: d1b7c40e95aa
Create Date: 2026-11-26 16:15:00

"""
from alembic import op


revision = '3f81c0d94e27'
down_revision = 'd1b7c40e95aa'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index('ix_dict_items_sort', 'dict_items', ['sort'])


def downgrade():
    op.drop_index('ix_dict_items_sort', 'dict_items')
