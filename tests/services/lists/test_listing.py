"""The list engine: filters, search, sort, keyset pages, masks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models import describe, live_rows
from models.area import Area
from models.audit import AuditEvent
from models.case import Case, CaseEvent

from models.mediation_codes import Contact, FollowUpState
from models.follow_up import FollowUp, FollowUpCall
from models.dictionary import DictItem
from models.household import Household
from services import access
from services.keeping import custom
from services.access import Actor
from services.errors import BadQuery, Refused
from services.labels import dictionary_names
from services.lists import fitting
from services.lists.listing import Listing
from services.lists.queries import Query, parse, token_of
from tests.support.builders import build_world, raw_case


TODAY = date(2026, 3, 11)  # a Wednesday


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
    query = parse(session, entity, parse_qs(args, keep_blank_values=True), actor, TODAY)
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


def test_the_declared_order_may_be_of_several_columns(session, world):
    session.get(DictItem, "channel:window").sort = 20
    session.get(DictItem, "relation:child").sort = 10
    session.flush()
    page, _ = page_of(session, DictItem, "dictionary=dictionary:channel&dictionary=dictionary:relation")
    assert [row.id for row in page.rows] == ["channel:window", "channel:neighbor_chief", "channel:qr", "relation:child"]


def test_an_order_of_several_columns_goes_on_over_the_page(session, world):
    first, _ = page_of(session, DictItem, "page_size=5")
    second, _ = page_of(session, DictItem, f"page_size=5&after={token_of(first.rows[-1].position)}")
    whole, _ = page_of(session, DictItem, "page_size=10")
    assert [row.id for row in first.rows + second.rows] == [row.id for row in whole.rows]


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


def test_a_reference_that_only_another_row_names_shows_that_one_on_the_page_and_in_an_export(session, world):
    call = FollowUp(case_id=raw_case(session, world, case_no="甲").id, status=FollowUpState.PLANNED, due_on=TODAY, purpose="-")
    session.add(call)
    session.flush()
    session.add(FollowUpCall(follow_up_id=call.id, called_on=TODAY, contact=Contact.REACHED))
    session.flush()
    page, _ = page_of(session, FollowUpCall)
    [(shown, _)] = Listing(session, FollowUpCall, session.info["actor"]).every_portion(Query(), ["contact", "follow_up"], {})
    assert (page.rows[0].values["follow_up"], list(zip(*shown, strict=True))) == ("甲 楼上漏水引发的邻里纠纷", [("接通", "甲 楼上漏水引发的邻里纠纷")])


def test_all_rows_of_many_portions_come_once_and_in_order(session, world):
    query = parse(session, Household, {"sort": ["household_no"]}, session.info["actor"], TODAY)
    portions = Listing(session, Household, session.info["actor"]).every_portion(query, ["household_no"], {}, chunk=3)
    assert [number for (numbers,), _ in portions for number in numbers] == ["H001", "H002", *(f"K{number:03d}" for number in range(1, 31))]


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
    raw_case(session, world, case_no="甲", due_on=date(2026, 3, 9))
    assert [page_of(session, Case, f"due_on__to={day}")[1] for day in ("2026-03-08", "2026-03-09")] == [0, 1]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ("sort=mobile", "不能按这一列排序"), ("use=castle", "没有这个选项"), ("page_size=x", "请填数字"),
        ("after=xx", "请从列表第一页重新翻"), ("neighborhood=1;drop", "请从下拉结果中选择"),
                (f"after={'W' * 4000}", "请从列表第一页重新翻"),
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_with_the_cure(session, world, args, sentence):
    with pytest.raises(Refused, match=sentence):
        page_of(session, Household, args)


@pytest.mark.parametrize(
    ("entity", "sort", "value"),
    [
        (Case, "due_on", {"x": 1}), (Case, "due_on", "0001-01-01"), (Case, "registered_at", "2026-03-02T09:00:00"),
        (Case, "registered_at", "9999-12-31T23:59:59-12:00"), (Case, "case_no", 3), (Case, "case_no", ["3"]),
        (CaseEvent, "number", 2**70), (CaseEvent, "number", True), (CaseEvent, "number", "3"),
    ],
)  # fmt: skip
def test_a_page_begins_at_no_value_that_its_column_cannot_hold(session, world, entity, sort, value):
    with pytest.raises(BadQuery, match="请从列表第一页重新翻"):
        page_of(session, entity, f"sort={sort}&after={token_of([value, world.east.id])}")


@pytest.mark.parametrize("args", ["closed_at__from=0001-01-01", "closed_at__to=9999-12-31", "sort=closed_at&jump=0001-01-01"])
def test_a_day_outside_of_1900_to_2200_is_refused(session, world, args):
    with pytest.raises(BadQuery, match="请写成 2026-01-31 的样子"):
        page_of(session, Case, args)


def test_a_range_the_wrong_way_round_is_refused(session, world):
    with pytest.raises(Refused, match="起止写反了"):
        page_of(session, Case, "due_on__from=2026-03-02&due_on__to=2026-03-01")


def test_a_page_has_at_most_a_hundred_rows(session, world):
    query = parse(session, Household, {"page_size": ["99999"]}, session.info["actor"], TODAY)
    assert query.page_size == 100


def test_the_count_stops_past_the_cap(session, world, monkeypatch):
    monkeypatch.setattr(fitting, "COUNT_CAP", 10)
    assert page_of(session, Household)[1] == 11


def test_a_page_costs_one_statement_and_its_count_another(session, world):
    from sqlalchemy import event

    dictionary_names(session)
    custom.described(session, Household)  # like the dictionary, read once per session
    seen = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *a: seen.append(a[2]))
    page_of(session, Household)
    assert len(seen) == 2


def test_a_hidden_filter_is_no_oracle(session, world):
    access.bind(session, clerk(), session.info["now"])
    assert page_of(session, Household, "mobile=13800000107", clerk())[1] == 32


# ---- several columns of order, empty values, jumps ------------------------------------

AMOUNTS = (None, 0, 10)
DUES = (None, "2026-03-02", "2026-03-05")


@pytest.fixture
def ledger(session, world):
    """27 cases: every mixture of three amounts and three due dates, three times over."""
    made = []
    for number, (amount, due) in enumerate([(a, d) for a in AMOUNTS for d in DUES] * 3):
        due_on = due and date.fromisoformat(due)
        raw_case(session, world, case_no=f"案{number:02d}", amount=amount, due_on=due_on)
        made.append((f"案{number:02d}", due_on))
    return made


def turned(session, args, size, forwards=True):
    """Case numbers as somebody sees them who turns the pages of a list, to its end or its beginning."""
    found, step = [], "" if forwards else "&last=1"
    for _ in range(40):
        page, _ = page_of(session, Case, f"{args}&page_size={size}{step}")
        seen = [row.values["case_no"] for row in page.rows]
        found = found + seen if forwards else seen + found
        if not (page.has_next if forwards else page.has_previous):
            return found
        edge = page.rows[-1 if forwards else 0].position
        step = f"&{'after' if forwards else 'before'}={token_of(edge)}"
    raise AssertionError("the pages never end")


ORDERS = ["sort=due_on", "sort=-due_on", "sort=due_on&sort=case_no", "sort=-due_on&sort=closed_at&sort=-case_no",
          "sort=closed_at&sort=due_on", "sort=received_on&sort=-due_on&sort=case_no"]  # fmt: skip


@pytest.mark.parametrize("size", [5, 7])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_any_order_show_every_case_once_both_ways(session, ledger, order, size):
    whole, _ = page_of(session, Case, f"{order}&page_size=100")
    wanted = [row.values["case_no"] for row in whole.rows]
    assert (turned(session, order, size), turned(session, order, size, forwards=False)) == (wanted, wanted)
    assert sorted(wanted) == [number for number, _ in ledger]


@pytest.mark.parametrize("order", ORDERS[:3])
def test_pages_of_few_rows_show_every_case_once_both_ways(session, ledger, order):
    some = f"status=registered&status=closed&{order}"
    wanted = [row.values["case_no"] for row in page_of(session, Case, f"{some}&page_size=100")[0].rows]
    assert (turned(session, some, 7), turned(session, some, 7, forwards=False)) == (wanted, wanted)
    assert len(wanted) == len(ledger)


def test_a_second_column_decides_where_the_first_is_equal(session, ledger):
    page, _ = page_of(session, Case, "sort=-due_on&sort=case_no&page_size=100")
    by_hand = sorted(ledger, key=lambda line: (line[1] is None, -(line[1] or date.min).toordinal(), line[0]))
    assert [row.values["case_no"] for row in page.rows] == [number for number, _ in by_hand]


@pytest.mark.parametrize("sort", ["due_on", "-due_on"])
def test_rows_without_a_value_come_last_either_way(session, ledger, sort):
    page, _ = page_of(session, Case, f"sort={sort}&page_size=100")
    assert [row.values["due_on"] is None for row in page.rows] == [False] * 18 + [True] * 9


@pytest.mark.parametrize(("sort", "first"), [("due_on", date(2026, 3, 5)), ("-due_on", date(2026, 3, 2))])
def test_a_jump_begins_at_the_day(session, ledger, sort, first):
    page, _ = page_of(session, Case, f"sort={sort}&jump=2026-03-03")
    assert (page.rows[0].values["due_on"], page.has_previous) == (first, True)


def test_a_jump_to_a_number_begins_at_it(session, ledger):
    page, _ = page_of(session, Case, "sort=case_no&jump=案05")
    assert page.rows[0].values["case_no"] == "案05"


@pytest.mark.parametrize(("sort", "first"), [("case_no", "案05"), ("-case_no", "案05")])
@pytest.mark.parametrize("jump", ["5", "05", " 05 "])
def test_a_jump_to_digits_begins_at_the_case_they_count(session, ledger, sort, first, jump):
    page, _ = page_of(session, Case, f"sort={sort}&jump={jump}")
    assert page.rows[0].values["case_no"] == first


@pytest.mark.parametrize(
    ("jump", "first"),
    [
        ("00100", "集里〔2026〕00100号"), ("１００", "集里〔2026〕00100号"), ("100号", "集里〔2026〕00100号"),
        ("250", "集里〔2025〕00250号"), ("2025-100", "集里〔2025〕00100号"), ("2025/00100", "集里〔2025〕00100号"),
        ("〔2025〕100", "集里〔2025〕00100号"), ("[2025] 100号", "集里〔2025〕00100号"), ("2025年100", "集里〔2025〕00100号"),
        ("集里〔2025〕00099号", "集里〔2025〕00099号"),
    ],
)  # fmt: skip
def test_a_jump_to_digits_keeps_what_stands_around_them(session, world, jump, first):
    for year, number in ((2025, 99), (2025, 100), (2025, 250), (2026, 99), (2026, 100)):
        raw_case(session, world, case_no=f"集里〔{year}〕{number:05d}号")
    page, _ = page_of(session, Case, f"sort=case_no&jump={jump}")
    assert page.rows[0].values["case_no"] == first


def test_a_number_nobody_has_is_looked_for_in_the_latest_year(session, world):
    for year, number in ((2025, 250), (2026, 100), (2026, 120)):
        raw_case(session, world, case_no=f"集里〔{year}〕{number:05d}号")
    page, _ = page_of(session, Case, "sort=-case_no&jump=110")
    assert page.rows[0].values["case_no"] == "集里〔2026〕00100号"


def test_a_year_says_nothing_where_numbers_have_none(session, ledger):
    page, _ = page_of(session, Case, "sort=case_no&jump=2025-05")
    assert page.rows[0].values["case_no"] == "案00"


def test_at_most_three_columns_are_sorted_by(session, world):
    with pytest.raises(BadQuery, match="最多按3列排序"):
        page_of(session, Case, "sort=due_on&sort=case_no&sort=received_on&sort=closed_at")


# ---- days counted from today -----------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("today", "2026-03-11", "2026-03-11"), ("this_week", "2026-03-09", "2026-03-15"),
        ("this_month", "2026-03-01", "2026-03-31"), ("this_quarter", "2026-01-01", "2026-03-31"),
        ("this_year", "2026-01-01", "2026-12-31"), ("last_30_days", "2026-02-10", "2026-03-11"),
        ("next_3_days", "2026-03-11", "2026-03-14"),
    ],
)  # fmt: skip
def test_a_span_reaches_from_its_first_to_its_last_day(session, world, span, first, last):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    days = [first - timedelta(days=1), first, last, last + timedelta(days=1)]
    for number, day in enumerate(days):
        raw_case(session, world, case_no=f"案{number}", due_on=day)
    page, _ = page_of(session, Case, f"due_on={span}&sort=case_no")
    assert [row.values["case_no"] for row in page.rows] == (["案1", "案2"])


def test_before_today_leaves_today_out(session, world):
    raw_case(session, world, case_no="甲", due_on=date(2026, 3, 10))
    raw_case(session, world, case_no="乙", due_on=date(2026, 3, 11))
    assert page_of(session, Case, "due_on=past")[1] == 1


def test_an_empty_date_can_be_asked_for(session, ledger):
    assert page_of(session, Case, "due_on=none")[1] == 9


def test_a_list_narrowed_to_days_is_read_along_them(session, ledger):
    page, _ = page_of(session, Case, "due_on__to=2026-03-31")
    assert [row.values["due_on"] for row in page.rows][:10] == [date(2026, 3, 5)] * 9 + [date(2026, 3, 2)]


# ---- words ---------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "count"), [("律 师", 2), ("住户|律师", 34), ("律 户", 0), ("律师｜住 户", 34)])
def test_words_of_a_text_are_all_wanted_and_bars_part_what_may_be_either(session, world, words, count):
    from urllib.parse import quote

    assert page_of(session, AuditEvent, f"entity_label={quote(words)}")[1] == count


# ---- columns ---------------------------------------------------------------------------


def test_columns_are_read_in_their_order(session):
    query = parse(session, Case, {"columns": ["subject,case_no"]}, clerk(), TODAY)
    assert query.columns == ["subject", "case_no"]


@pytest.mark.parametrize(("columns", "sentence"), [
    ("subject,password", "已经不在这张表里"),
    ("case_no,subject,kind,category,channel,level,urgency,area,status,due_on,received_on,registered_at,closed_at", "最多显示12列"),
])  # fmt: skip
def test_wrong_columns_are_refused_with_the_cure(session, columns, sentence):
    with pytest.raises(BadQuery, match=sentence):
        parse(session, Case, {"columns": [columns]}, clerk(), TODAY)
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


# ---- which index a list of open rows is read by --------------------------------------


@pytest.mark.parametrize(
    ("args", "names_live_rows"),
    [
        ({"status": ["suspended"]}, False),  # the index of the column has them in the list's own order
        ({"status": ["suspended"], "sort": ["due_on"]}, True),
        ({"status": ["accepted", "suspended"]}, True),
        ({"status": ["suspended"], "kind": ["dispute"]}, True),
        ({"status": ["closed"]}, False),
    ],
)
def test_the_indexes_of_open_rows_are_named_where_that_of_the_status_is_not_enough(session, world, args, names_live_rows):
    actor = session.info["actor"]
    found = Listing(session, Case, actor).conditions(parse(session, Case, args, actor, TODAY))
    assert any(str(condition) == str(live_rows(Case)) for condition in found) is names_live_rows
