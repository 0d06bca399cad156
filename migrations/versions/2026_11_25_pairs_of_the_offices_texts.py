"""Pairs of characters of the office's own texts in the search entry of their record; indexes of one's own open cases."""

import re
import unicodedata
from itertools import groupby, islice

import sqlalchemy as sa
from alembic import op

revision = '5f0c7d2b9a41'
down_revision = 'e3dd3cdcf6e8'
branch_labels = None
depends_on = None

RUN = re.compile(r"[^\W_]+")
TEXTS = sa.text(
    "SELECT e.subdistrict_id, e.record_id, f.number, e.text FROM custom_entries e JOIN custom_fields f "
    "ON f.subdistrict_id = e.subdistrict_id AND f.id = e.custom_field_id WHERE f.kind = 'text' "
    "ORDER BY e.subdistrict_id, e.record_id"
)
ADD = sa.text("UPDATE search_entries SET grams = grams || :more WHERE subdistrict_id = :here AND id = :id")
PORTION = 5000
OPEN = sa.text("status IN ('registered', 'accepted', 'assigned', 'fed_back', 'suspended')")
OWNERS = ("competent_unit_id", "handler_id", "lead_unit_id")


def upgrade() -> None:
    connection = op.get_bind()
    found = groupby(connection.execute(TEXTS).fetchall(), key=lambda line: (line[0], line[1]))
    more = ({"here": here, "id": record, "more": "".join(_grams(lines))} for (here, record), lines in found)
    while portion := list(islice(more, PORTION)):
        connection.execute(ADD, portion)
    for name in OWNERS:
        op.create_index(
            f'ix_cases_{name}_live', 'cases', ['subdistrict_id', name, 'id'], sqlite_where=OPEN, postgresql_where=OPEN
        )


def downgrade() -> None:
    """The entries keep what nobody asks for: no other pair looks like these."""
    for name in OWNERS:
        op.drop_index(f'ix_cases_{name}_live', 'cases')


def _grams(lines):
    for _here, _record, number, value in lines:
        runs = RUN.findall(unicodedata.normalize("NFKC", value).lower().strip())
        pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
        yield from (f" {number}c{pair}" for pair in dict.fromkeys(pairs))
