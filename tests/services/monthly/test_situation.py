"""The situation of a period: counts worked out by hand, and lists with exactly the rows that were counted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest

from admin_views.situation import round_up
from models.case import Case
from models.codes import CaseKind, CaseOutcome, CaseStatus, MediationStage, Tier
from services import access, monthly
from services.due_dates import local_day
from services.lists.listing import Listing
from services.lists.queries import parse
from tests.conftest import NOW
from tests.support.builders import build_world, raw_case

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SYSTEM = access.system("430181002")
FEBRUARY = date(2026, 2, 1)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def quarter(session, world):
    """Four matters of February and one of January; two closed in February; a merged one, which counts nowhere."""
    def over(**more):
        return {"status": CaseStatus.CLOSED, "closed_at": datetime(2026, 2, 9, tzinfo=UTC), "outcome": CaseOutcome.RESOLVED, **more}

    west = {"area_id": world.west_neighborhood.id, "household_id": None}
    raw_case(session, world, case_no="一", received_on=date(2026, 1, 20), stage=MediationStage.ONSITE)
    raw_case(session, world, case_no="二", received_on=date(2026, 2, 2), stage=MediationStage.ONSITE, **over(solved_at_tier=Tier.NEIGHBORHOOD))
    raw_case(session, world, case_no="三", received_on=date(2026, 2, 3), stage=MediationStage.CONSULTATION, **over(solved_at_tier=None))
    raw_case(session, world, case_no="四", category="dispute_category:02.01", received_on=date(2026, 2, 4), stage=MediationStage.DIVERTED, **west)
    raw_case(session, world, case_no="五", received_on=date(2026, 2, 28), kind=CaseKind.PETITION, category="dispute_category:10", **west)
    raw_case(session, world, case_no="并", received_on=date(2026, 2, 3), status=CaseStatus.MERGED, stage=MediationStage.JOINT)


def of_february(session, months=1, area_id=None):
    return monthly.situation(session, FEBRUARY, months, SYSTEM, NOW, area_id)


def test_matters_are_counted_by_category_and_community_with_sums(session, quarter):
    found = of_february(session)
    rows = {line.label: [one.number for one in line.counts] for line in found.heat}
    assert found.categories == ["邻里", "拖欠农民工工资"]
    assert rows == {"东里社区": [2, 0, 2], "西里社区": [1, 1, 2], "合计": [3, 1, 4]}


def test_the_cell_with_most_is_darkest_and_none_is_plain(session, quarter):
    assert [one.shade for one in of_february(session).heat[0].counts[:2]] == [4, 0]


def test_who_came_to_a_later_stage_came_to_the_earlier_ones(session, quarter):
    rows = [(line.label, line.share, *(one.number for one in line.counts)) for line in of_february(session).stages]
    assert rows == [
        ("现场调解", "100.0%", 3, 1, 0), ("分流调解", "66.7%", 2, 0, 1), ("会商调解", "33.3%", 1, 1, 0), ("联合调解", "0.0%", 0, 0, 0),
    ]  # fmt: skip


def test_closed_matters_are_counted_by_the_tier_that_solved_them(session, quarter):
    rows = {line.label: (line.counts[0].number, line.share) for line in of_february(session).tiers if line.counts[0].number}
    assert rows == {"邻里": (1, "50.0%"), "未填": (1, "50.0%")}


def test_three_months_take_in_january(session, quarter):
    found = of_february(session, months=3)
    assert (found.since, found.heat[-1].counts[-1].number) == (date(2025, 12, 1), 5)


def test_nothing_received_is_no_table(session, world):
    found = of_february(session)
    assert (found.heat, found.stages, found.tiers) == ([], [], [])


@pytest.mark.parametrize("place", [None, "west", "west_neighborhood"])
def test_the_list_behind_every_number_has_as_many_rows(session, world, quarter, place):
    found = of_february(session, 3, place and getattr(world, place).id)
    counts = [one for line in (*found.heat, *found.stages, *found.tiers) for one in line.counts]
    counts += [one for _, new, closed in found.course for one in (new, closed)]
    for one in counts:
        asked = parse(session, Case, parse_qs(one.query), SYSTEM, local_day(NOW))
        assert Listing(session, Case, SYSTEM).count(asked) == one.number, one


def test_the_scale_of_the_drawing_ends_at_a_number_of_four_whole_steps(engine):
    assert [round_up(most) for most in (0, 3, 5, 9, 21, 41, 79, 81)] == [4, 4, 8, 20, 40, 80, 80, 200]
