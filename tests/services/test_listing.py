"""The list engine: filters, search, sort, keyset pages, masks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import describe
from models.area import Area
from models.case import Case
from models.household import Household
from services import access, listing
from services.access import Actor
from services.errors import Refused
from services.labels import dictionary_names
from services.listing import Listing, parse, token_of
from tests.support.builders import build_world, raw_case


@pytest.fixture
def world(session):
    world = build_world(session)
    for number in range(1, 31):
        session.add(
            Household(
                household_no=f"K{number:03d}", head_name="癸某某", mobile=f"138000001{number:02d}",
                neighborhood_id=world.east_neighborhood.id, address=f"测试路{number}号", floor_no=number % 3 or None,
                member_count=number,
            )
        )  # fmt: skip
    session.flush()
    return world


def page_of(session, entity, args="", actor=None):
    from urllib.parse import parse_qs

    actor = actor or session.info["actor"]
    query = parse(entity, parse_qs(args, keep_blank_values=True), actor)
    columns = [d.name for d in describe(entity).values() if d.field.listed]
    found = Listing(session, entity, actor)
    return found.page(query, columns, dictionary_names(session)), found.count(query)


def numbers(page):
    return [row.values["household_no"] for row in page.rows]


def test_a_page_has_twenty_rows_unless_asked(session, world):
    page, _ = page_of(session, Household)
    assert (len(page.rows), page.has_previous, page.has_next) == (20, False, True)


def test_the_order_is_the_declared_one(session, world):
    page, _ = page_of(session, Household)
    assert numbers(page)[:3] == ["H001", "H002", "K001"]


def walk(session, args, forwards=True):
    """All household numbers, page after page, as somebody who turns pages sees them."""
    found, step = [], ""
    for _ in range(20):
        page, _ = page_of(session, Household, f"{args}{step}")
        found = found + numbers(page) if forwards else numbers(page) + found
        if not (page.has_next if forwards else page.has_previous):
            return found
        edge = page.rows[-1 if forwards else 0].position
        step = f"&{'after' if forwards else 'before'}={token_of(edge)}"
    raise AssertionError("the pages never end")


def test_turning_pages_shows_every_row_once(session, world):
    assert walk(session, "page_size=7") == ["H001", "H002", *(f"K{n:03d}" for n in range(1, 31))]


def test_turning_back_from_the_last_page_shows_every_row_once(session, world):
    page, _ = page_of(session, Household, "page_size=7&last=1")
    assert numbers(page) == [f"K{n:03d}" for n in range(24, 31)]
    before = token_of(page.rows[0].position)
    rest = []
    while True:
        page, _ = page_of(session, Household, f"page_size=7&before={before}")
        rest = numbers(page) + rest
        if not page.has_previous:
            break
        before = token_of(page.rows[0].position)
    assert rest == ["H001", "H002", *(f"K{n:03d}" for n in range(1, 24))]


def test_sorting_downwards_turns_the_order_round(session, world):
    assert walk(session, "page_size=7&sort=-household_no")[0] == "K030"


@pytest.mark.parametrize("sort", ["due_on", "-due_on"])
def test_rows_without_a_value_are_not_lost_between_pages(session, world, sort):
    from datetime import date

    for number in range(8):
        raw_case(session, world, case_no=f"测{number}", due_on=date(2026, 3, 3 + number) if number % 2 else None)
    seen, step = [], ""
    while True:
        page, _ = page_of(session, Case, f"sort={sort}&page_size=5{step}")
        seen += [row.values["case_no"] for row in page.rows]
        if not page.has_next:
            break
        step = f"&after={token_of(page.rows[-1].position)}"
    assert sorted(seen) == [f"测{n}" for n in range(8)]


def test_a_word_is_searched_in_every_searched_column(session, world):
    assert numbers(page_of(session, Household, "search=测试路7号")[0]) == ["K007"]


def test_all_words_must_fit(session, world):
    assert page_of(session, Household, "search=测试路 K007")[1] == 1


@pytest.mark.parametrize("mark", ["%", "_", "\\"])
def test_a_wildcard_is_searched_as_itself(session, world, mark):
    from urllib.parse import quote

    assert page_of(session, Household, f"search={quote(mark)}")[1] == 0


def test_a_whole_number_finds_its_row_for_who_may_reveal(session, world):
    assert numbers(page_of(session, Household, "search=13800000107")[0]) == ["K007"]


def test_part_of_a_number_finds_nothing(session, world):
    assert page_of(session, Household, "search=1380000010")[1] == 0


def clerk(*permissions):
    return Actor(None, "某人", "430181002", frozenset(permissions), is_scoped=False)


def test_a_whole_number_finds_nothing_for_who_may_not_reveal(session, world):
    assert page_of(session, Household, "search=13800000107", clerk())[1] == 0


def test_a_masked_name_is_found_by_the_whole_name_only(session, world):
    found = [page_of(session, Household, f"search={name}", clerk())[1] for name in ("癸某某", "癸某")]
    assert found == [30, 0]


def test_numbers_are_masked_for_everybody(session, world):
    page, _ = page_of(session, Household, "search=K007")
    assert page.rows[0].values["mobile"] == "138****0107"


def test_names_are_masked_without_the_permission(session, world):
    found = [page_of(session, Household, "search=K007", clerk(*p))[0].rows[0].values["head_name"] for p in ((), ("personal:name",))]
    assert found == ["癸**", "癸某某"]


def test_a_reference_shows_the_title_of_its_target(session, world):
    page, _ = page_of(session, Household, "search=K007")
    assert page.rows[0].values["neighborhood"] == "东里社区/第1片/第1组/第1邻"


def test_filtering_by_an_area_includes_all_below_it(session, world):
    assert page_of(session, Household, f"neighborhood={world.east.id}")[1] == 31


def test_filtering_by_a_category_includes_its_sub_items(session, world):
    raw_case(session, world, case_no="甲", category="dispute_category:02")
    raw_case(session, world, case_no="乙", category="dispute_category:02.01")
    raw_case(session, world, case_no="丙", category="dispute_category:10")
    assert page_of(session, Case, "category=dispute_category:02")[1] == 2


def test_several_choices_of_one_filter_are_added_up(session, world):
    assert page_of(session, Area, "kind=community&kind=neighborhood")[1] == 4


def test_a_day_that_ends_the_range_is_included(session, world):
    from datetime import date

    raw_case(session, world, case_no="甲", due_on=date(2026, 3, 9))
    assert [page_of(session, Case, f"due_on__to={day}")[1] for day in ("2026-03-08", "2026-03-09")] == [0, 1]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ("sort=mobile", "不能按这一列排序"), ("use=castle", "没有这个选项"), ("page_size=x", "请填数字"),
        ("after=xx", "请从列表第一页重新翻"), ("neighborhood=1;drop", "请从下拉结果中选择"),
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_with_the_cure(session, world, args, sentence):
    with pytest.raises(Refused, match=sentence):
        page_of(session, Household, args)


def test_a_range_the_wrong_way_round_is_refused(session, world):
    with pytest.raises(Refused, match="起止写反了"):
        page_of(session, Case, "due_on__from=2026-03-02&due_on__to=2026-03-01")


def test_a_page_has_at_most_a_hundred_rows(session, world):
    query = parse(Household, {"page_size": ["99999"]}, session.info["actor"])
    assert query.page_size == 100


def test_the_count_stops_past_the_cap(session, world, monkeypatch):
    monkeypatch.setattr(listing, "COUNT_CAP", 10)
    assert page_of(session, Household)[1] == 11


def test_a_page_costs_one_statement_and_its_count_another(session, world):
    from sqlalchemy import event

    dictionary_names(session)
    seen = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *a: seen.append(a[2]))
    page_of(session, Household)
    assert len(seen) == 2


def test_a_hidden_filter_is_no_oracle(session, world):
    access.bind(session, clerk(), session.info["now"])
    assert page_of(session, Household, "mobile=13800000107", clerk())[1] == 32


def test_only_what_was_changed_since_an_instant_is_listed(session, world):
    later = session.info["now"] + timedelta(hours=1)
    access.bind(session, session.info["actor"], later)
    world.west_household.address = "西里社区1号附1"
    session.flush()
    page, count = page_of(session, Household, f"changed_since={later:%Y-%m-%dT%H:%M:%SZ}")
    assert (numbers(page), count) == (["H002"], 1)


@pytest.mark.parametrize("wanted", ["gestern", "0001-01-01T00:00:00Z", "9999-12-31T23:00:00-12:00"])
def test_an_instant_that_is_none_is_refused(session, world, wanted):
    with pytest.raises(Refused, match="时间不完整"):
        page_of(session, Household, f"changed_since={wanted}")
