"""Time to the first human answer, by month and community; expected values by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from models.appeal import Appeal
from models.codes import AppealStatus, Tier5
from services.appeals import appeal_figures
from tests.support.builders import build_world

NOW = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def lines(session):
    """Give (place, hours to the answer or None, days to the limit, status); get the lines and the total."""
    world = build_world(session)

    def of(*told):
        for number, (place, hours, days, status) in enumerate(told):
            at = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
            session.add(Appeal(
                appeal_no=f"2026{number:06d}", query_code="1", idempotency_key=str(uuid4()), words="x", channel="channel:qr", tier=Tier5.COMMUNITY,
                area_id=getattr(world, place).id, owner_area_id=world.root.id, status=status, received_at=at,
                first_answered_at=None if hours is None else at + timedelta(hours=hours), first_due_on=date(2026, 3, 2) + timedelta(days=days),
                ended_at=None if status in (AppealStatus.WAITING, AppealStatus.TAKEN) else at,
            ))  # fmt: skip
        session.flush()
        return appeal_figures.by_month_and_place(session, SINCE, UNTIL, NOW)

    return of


W, T, X = AppealStatus.WAITING, AppealStatus.TAKEN, AppealStatus.WITHDRAWN


def test_the_median_is_of_those_answered(lines):
    _, total = lines(("east", 1, 1, T), ("east", 2, 1, T), ("east", 9, 1, T), ("east", None, 30, W))
    assert (total.median_hours, len(total.hours), total.waiting) == (2, 3, 1)


def test_in_time_is_out_of_what_was_due(lines):
    _, total = lines(("east", 3, 1, T), ("east", 72, 1, T), ("east", None, 1, W), ("east", None, 30, W))
    assert (total.in_time, total.due, total.received) == (1, 3, 4)


def test_what_was_withdrawn_before_an_answer_is_not_due(lines):
    _, total = lines(("east", None, 1, X))
    assert (total.due, total.waiting, total.received) == (0, 0, 1)


def test_a_door_counts_for_its_community(lines):
    found, _ = lines(("east_neighborhood", 1, 1, T), ("east", 1, 1, T), ("west", 1, 1, T))
    assert [(line.month, line.place, line.received) for line in found] == [("2026-03", "东里社区", 2), ("2026-03", "西里社区", 1)]


@pytest.mark.parametrize("hours, words", [(None, "—"), (0.5, "30分钟"), (3.45, "3.5小时"), (72, "3.0天")])
def test_hours_are_said_as_people_say_them(session, hours, words):
    assert appeal_figures.in_words(hours) == words
