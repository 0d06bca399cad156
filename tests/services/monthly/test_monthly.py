"""The report of a month: figures worked out by hand, and the night that prepares it once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from models.appeal import Appeal
from models.case import Case
from models.codes import AppealStatus, CaseKind, CaseOutcome, CaseStatus, Satisfaction, Tier5
from models.follow_up import FollowUp
from models.mediation_codes import FollowUpState, RatingSource
from models.monthly_report import MonthlyReport
from models.todo import Todo
from services import access, colleagues, monthly
from services.due_dates import local_day
from services.errors import Refused
from services.lists.listing import Listing
from services.lists.queries import parse
from services.monthly import paper
from tests.conftest import NOW
from tests.support.builders import build_user, build_world, raw_case

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SYSTEM = access.system("430181002")
FEBRUARY = date(2026, 2, 1)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def february(session, world):
    """Two disputes and a petition received in February, one dispute in January; two of them closed in February, one late."""
    raw_case(session, world, case_no="一", received_on=date(2026, 1, 20), due_on=date(2026, 2, 10), **closed(datetime(2026, 2, 9, tzinfo=UTC)))
    raw_case(session, world, case_no="二", received_on=date(2026, 2, 2), due_on=date(2026, 2, 10), **closed(datetime(2026, 2, 10, 17, 0, tzinfo=UTC),
             CaseOutcome.EXPLAINED))  # fmt: skip
    raw_case(session, world, case_no="三", received_on=date(2026, 2, 28), due_on=date(2026, 2, 20))
    raw_case(session, world, case_no="四", received_on=date(2026, 2, 3), kind=CaseKind.PETITION, area_id=world.west_neighborhood.id, household_id=None)
    raw_case(session, world, case_no="并", received_on=date(2026, 2, 3), status=CaseStatus.MERGED)


def closed(at: datetime, outcome: CaseOutcome = CaseOutcome.RESOLVED) -> dict:
    return {"status": CaseStatus.CLOSED, "closed_at": at, "outcome": outcome}


def words(session, label, area_id=None, first=FEBRUARY):
    measure = monthly.figures(session, first, SYSTEM, NOW, area_id).measure(label)
    return measure.words, measure.before_words, measure.change


@pytest.mark.parametrize("label, expected", [
    ("新收", ("3", "1", "+200.0%")), ("其中信访事项", ("1", "0", "—")), ("办结", ("2", "0", "—")), ("月末在办", ("2", "1", "+100.0%")),
    ("月末超期在办", ("1", "0", "—")), ("办结率", ("33.3%（1/3）", "100.0%（1/1）", "-66.7个百分点")),
    ("按期办结率", ("50.0%（1/2）", "—", "—")), ("化解成功率", ("50.0%（1/2）", "—", "—")), ("满意率", ("—", "—", "—")),
])  # fmt: skip
def test_each_figure_stands_beside_the_month_before_with_what_it_is_out_of(session, february, label, expected):
    assert words(session, label) == expected


def test_an_area_narrows_every_figure(session, world, february):
    assert words(session, "新收", world.west.id)[0] == "1"


def test_who_said_nothing_is_in_no_satisfaction_rate(session, world):
    case = raw_case(session, world)
    for said in (Satisfaction.SATISFIED, Satisfaction.UNSATISFIED, None):
        session.add(FollowUp(
            case_id=case.id, status=FollowUpState.DONE, due_on=date(2026, 2, 5), purpose="-", done_at=NOW, satisfaction=said,
            rating_source=said and RatingSource.PHONE,
        ))  # fmt: skip
    session.add(FollowUp(case_id=case.id, status=FollowUpState.PLANNED, due_on=date(2026, 2, 6), purpose="-"))
    session.flush()
    assert [words(session, label)[0] for label in ("满意率", "参评率", "回访率")] == ["50.0%（1/2）", "66.7%（2/3）", "75.0%（3/4）"]


def test_tables_count_by_category_and_place_and_the_course_by_month(session, february):
    figures = monthly.figures(session, FEBRUARY, SYSTEM, NOW)
    places = {line.label: (line.new, line.new_before, line.closed, line.open, line.late) for line in figures.table("place").lines}
    assert places == {"东里社区": (2, 1, 2, 1, 1), "西里社区": (1, 0, 0, 1, 0)}
    assert [(line.label, line.new) for line in figures.table("category").lines] == [("邻里", 3)]
    assert figures.course[-2:] == [("2026-01", 1, 0), ("2026-02", 3, 2)] and len(figures.course) == 12


def test_appeals_are_answered_in_time_by_the_day_set_at_the_beginning(session, world):
    for number, answered in ((1, datetime(2026, 2, 4, tzinfo=UTC)), (2, datetime(2026, 2, 9, tzinfo=UTC)), (3, None)):
        session.add(Appeal(
            appeal_no=str(number), query_code=f"{number:08d}", idempotency_key=str(number), words="路灯不亮", area_id=world.east_neighborhood.id, owner_area_id=world.east.id,
            status=AppealStatus.TAKEN, tier=Tier5.COMMUNITY, channel="channel:qr", received_at=datetime(2026, 2, 3, tzinfo=UTC),
            first_due_on=date(2026, 2, 5), first_answered_at=answered,
        ))  # fmt: skip
    session.flush()
    assert [words(session, "诉求按时回应率", area)[0] for area in (None, world.east.id, world.west.id)] == ["33.3%（1/3）", "33.3%（1/3）", "—"]


def test_the_list_behind_a_count_has_as_many_rows(session, world, february):
    for first in (FEBRUARY, date(2026, 3, 1)):
        for area_id in (None, world.east.id):
            for _, measures in monthly.figures(session, first, SYSTEM, NOW, area_id).sections:
                for m in measures:
                    if not m.is_rate and m.query:
                        assert rows_behind(session, m) == m.part, (first, m)


def rows_behind(session, measure) -> int:
    endpoint, _, args = measure.query.partition("?")
    entity = {"case": Case, "appeal": Appeal}[endpoint.partition(".")[0]]
    return Listing(session, entity, SYSTEM).count(parse(session, entity, parse_qs(args), SYSTEM, local_day(NOW)))


# ---- the night ----------------------------------------------------------------------


@pytest.fixture
def people(session, world):
    users = {name: build_user(session, name, permissions) for name, permissions in {
        "director": ["monthly_report:view", "monthly_report:edit"], "leader": ["monthly_report:view"], "clerk": ["case:view"],
    }.items()}  # fmt: skip
    return {name: colleagues.actor_of(session, user.id) for name, user in users.items()}


def trays(session) -> list[str]:
    return sorted(t.user.name for t in session.scalars(select(Todo).where(Todo.settled_at.is_(None))))


def test_the_night_prepares_the_month_before_for_everybody_who_may_see_it(session, february, people):
    row = monthly.prepare_last(session, NOW)
    assert row.overview.startswith("2026年2月，集里街道新收3件，比上月增加2件（+200.0%）。其中诉求0件、矛盾纠纷2件、信访事项1件。")
    assert trays(session) == sorted(people[name].name for name in ("director", "leader"))


def test_coming_twice_or_late_it_changes_nothing(session, february, people):
    row = monthly.prepare_last(session, NOW)
    row.overview = "改过的话"
    session.flush()
    monthly.fetched(session, FEBRUARY, people["leader"], NOW)
    assert monthly.prepare_last(session, datetime(2026, 3, 20, tzinfo=UTC)) is None
    assert [r.overview for r in session.scalars(select(MonthlyReport))] == ["改过的话"]
    assert trays(session) == [people["director"].name]


def test_a_report_prepared_by_hand_is_still_announced_by_the_night(session, february, people):
    monthly.prepare_by_hand(session, FEBRUARY, SYSTEM, NOW)
    assert monthly.prepare_last(session, NOW) is not None and len(trays(session)) == 2


def test_the_next_month_takes_the_lines_of_the_one_before_out(session, february, people):
    monthly.prepare_last(session, NOW)
    monthly.prepare_last(session, datetime(2026, 4, 1, tzinfo=UTC))
    assert len(trays(session)) == 2


def test_a_month_to_come_cannot_be_prepared(session, world):
    with pytest.raises(Refused, match="还没有到"):
        monthly.prepare(session, date(2026, 4, 1), SYSTEM, NOW)


def test_the_word_report_has_the_figures_and_the_words_people_wrote(session, february, people):
    from docx import Document
    import io

    row = monthly.prepare_last(session, NOW)
    row.plans = "开展排查\n逐户走访"
    document = Document(io.BytesIO(paper.content(session, row, monthly.figures(session, FEBRUARY, SYSTEM, NOW), NOW)))
    paragraphs = [p.text for p in document.paragraphs]
    cells = [cell.text for table in document.tables for line in table.rows for cell in line.cells]
    assert "2026年2月矛盾纠纷调处和信访工作月报" in paragraphs and {"开展排查", "逐户走访"} <= set(paragraphs)
    assert "33.3%（1/3）" in cells and "-66.7个百分点" in cells and not any("{" in text for text in paragraphs + cells)
