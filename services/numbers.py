"""Numbers for people: from a counter row per purpose and year, so two people never get the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.counter import Counter
from models.division import Division

from .showing import LOCAL


def next_number(session: Session, purpose: str, year: int = 0, count: int = 1) -> int:
    """The next number of a purpose in a year, or the last of `count` next ones; the counter row is locked until the commit."""
    own = (Counter.purpose == purpose, Counter.year == year)
    for _ in range(2):
        raised = session.execute(
            update(Counter).where(*own).values(value=Counter.value + count)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if raised.rowcount:
            return session.scalar(
                select(Counter.value).where(*own).execution_options(populate_existing=True)
            )
        try:
            with session.begin_nested():
                session.add(Counter(purpose=purpose, year=year, value=0))
                session.flush()
        except IntegrityError:
            pass  # somebody else began this counter a moment ago
    raise RuntimeError(f"the counter {purpose} of {year} cannot be raised")


def place_name(session: Session) -> str:
    """How the numbers of a sub-district begin: 集里."""
    place = session.get(Division, session.info["actor"].subdistrict_id)
    return (place.short_name or place.name) if place else ""


def case_number(session: Session, now: datetime) -> str:
    """集里〔2026〕00001号: one code for one matter (一案一码)."""
    year = now.astimezone(LOCAL).year
    return f"{place_name(session)}〔{year}〕{next_number(session, 'case', year):05d}号"


def household_number(session: Session) -> str:
    """H0000001."""
    return household_numbers(session, 1)[0]


def household_numbers(session: Session, count: int) -> list[str]:
    """So many numbers, one after another."""
    last = next_number(session, "household", count=count)
    return [f"H{number:07d}" for number in range(last - count + 1, last + 1)]
