"""How the period of a ledger is said."""

from datetime import date

import pytest

from services import ledgers


@pytest.mark.parametrize("since, until, words", [
    (date(2026, 2, 1), date(2026, 2, 28), "2026年2月"), (date(2026, 1, 1), date(2026, 12, 31), "2026年"),
    (date(2026, 2, 1), date(2026, 3, 1), "2026-02-01至2026-03-01"), (None, None, "截至2026年3月2日"),
])  # fmt: skip
def test_a_period_is_said_as_people_say_it(since, until, words):
    assert ledgers.period_words(since, until, date(2026, 3, 2)) == words
