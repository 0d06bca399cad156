"""What a matter that came from elsewhere (12345, from above) brings along."""

from sqlalchemy import Index, text


def one_of_a_source(table: str) -> Index:
    """A source gives a number once: entered twice, the second is refused."""
    is_given = text("source_no IS NOT NULL")
    return Index(
        f"uq_{table}_source_no", "subdistrict_id", "channel", "source_no", unique=True, postgresql_where=is_given, sqlite_where=is_given
    )
