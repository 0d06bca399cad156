"""The defects seen in the stock framework, each shown to be cured in our base view.

The numbers are those of the list of defects; what a whole form does is in `test_forms.py`, what a
whole request meets in `test_guard.py`.
"""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from admin_views.base import EntityView
from admin_views.forms import Asker, entity_form
from admin_views.system import ReadOnlyView
from models import describe, entities
from models.area import Area
from models.codes import AreaKind, HouseholdUse
from models.department import Unit
from models.household import Household
from services.access import permission_labels
from tests.support.builders import build_user, build_world, raw_case

EVERYTHING = sorted(p for group in permission_labels().values() for p in group)


@pytest.fixture
def world(office):
    with office() as session:
        world = build_world(session)
        world.case = raw_case(session, world)
        build_user(session, "keeper", EVERYTHING, is_scoped=False)
        build_user(session, "eastern", EVERYTHING, area_id=world.east.id)
    return world


@pytest.fixture
def keeper(world, client, sign_in):
    """Somebody who may do everything and sees the whole sub-district."""
    return sign_in(client, "keeper")


@pytest.fixture
def eastern(world, client, sign_in):
    """Somebody who may do everything in the eastern community."""
    return sign_in(client, "eastern")


@pytest.fixture
def statements(engine, console):
    """What the console sends to its database."""
    with console.app_context():
        from extensions import db

        own = db.engine
    found: list[str] = []

    def note(_connection, _cursor, statement, *_):
        found.append(statement)

    event.listen(own, "before_cursor_execute", note)
    yield found
    event.remove(own, "before_cursor_execute", note)


def rows_of(page: str) -> list[str]:
    """The links of a list's rows, in order."""
    return re.findall(r'data-href="([^"]+)"', page)


# 1: a code list offered stored values, was read back by member names, and selected nothing.
def test_a_code_list_is_shown_by_label_and_sent_by_value(keeper, world):
    page = keeper.get(f"/admin/household/edit/?id={world.east_household.id}").text
    assert '<option value="owner" selected>自住</option>' in page


# 2: see test_forms.test_saving_an_untouched_form_changes_nothing and test_an_instant_keeps_its_seconds.
def test_a_yes_or_no_that_may_be_empty_has_three_answers(keeper):
    page = keeper.get("/admin/building/new/").text
    assert re.findall(r"<option[^>]*>([^<]+)</option>", re.search(r'name="is_elevator".*?</select>', page, re.S).group()) == [
        "（不填）", "是", "否",
    ]  # fmt: skip


# 3: a relation to many appeared as a list of all rows, and a POST without it emptied it.
def test_no_form_has_a_relation_to_many(console):
    for view in console.extensions["entity_views"].values():
        many = {r.key for r in view.entity.__mapper__.relationships if r.uselist}
        assert not many & set(view.form_columns), view.entity.__name__


# 4: see test_forms.test_two_people_editing_…; 5: see test_guard.test_no_address_takes_a_post_without_the_token.


# 6: what the list hides could be opened by its id, and the count counted it.
@pytest.mark.parametrize("action", ["details", "edit", "delete"])
def test_a_row_the_list_hides_cannot_be_opened_by_its_id(eastern, world, action):
    assert eastern.get(f"/admin/household/{action}/?id={world.west_household.id}").status_code == 404


def test_a_row_out_of_sight_gets_the_answer_of_a_row_that_is_not_there(eastern, world):
    hidden = eastern.get(f"/admin/household/details/?id={world.west_household.id}").text
    missing = eastern.get("/admin/household/details/?id=00000000-0000-0000-0000-000000000000").text
    assert _without_marks(hidden) == _without_marks(missing)


def _without_marks(page: str) -> str:
    return re.sub(r'(nonce|content|value)="[^"]+"', "", page)


def test_a_row_out_of_sight_is_not_deleted(eastern, world, office, token):
    sent = {"csrf_token": token(eastern.get("/admin/household/new/").text), "id": world.west_household.id, "confirmed": "1"}
    assert eastern.post("/admin/household/delete/", data=sent).status_code == 404
    with office() as session:
        assert session.get(Household, ("430181002", world.west_household.id)) is not None


def test_the_count_counts_what_the_list_shows(eastern):
    page = eastern.get("/admin/household/").text
    assert (len(rows_of(page)), "1 条" in page) == (1, True)


def test_a_reference_out_of_sight_cannot_be_chosen(eastern, world, token):
    page = eastern.get("/admin/household-member/new/").text
    sent = {"csrf_token": token(page), "household": world.west_household.id, "name": "子某某"}
    assert "“住户”请从下拉结果中选择" in eastern.post("/admin/household-member/new/", data=sent).text


# 7: filters with Chinese labels lost their names, so one filter was applied to another column.
@pytest.mark.parametrize("entity", entities(), ids=lambda e: e.__name__)
def test_every_filter_has_a_name_of_its_own(entity):
    names = [d.name for d in describe(entity).values() if d.field.filtered]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-z_]+", n) for n in names)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_cell_is_coloured_whatever_columns_stand_beside_it(console):
    for view in console.extensions["entity_views"].values():
        for d in view.described.values():
            tone = view.tone(d.name, {d.name: date(2026, 1, 1) if d.type is date else None})
            assert tone in (None, "ok", "warn", "bad", "info"), (view.slug, d.name)


def test_a_filter_filters_its_own_column(keeper, world):
    pages = {q: rows_of(keeper.get(f"/admin/area/?{q}").text) for q in ("kind=sector", "kind=group", f"parent={world.east.id}")}
    assert {q: len(rows) for q, rows in pages.items()} == {"kind=sector": 2, "kind=group": 2, f"parent={world.east.id}": 3}


# 8: under a strict policy the confirming script did not run and the row went at once.
def test_no_page_deletes_by_a_button_without_a_question(keeper, world):
    for url in ("/admin/household/", f"/admin/household/details/?id={world.east_household.id}"):
        assert not re.search(r'<form[^>]*action="[^"]*/delete/', keeper.get(url).text)


# 9: count(?) with a bound literal kept SQLite from its shortcut.
def test_the_count_is_not_asked_with_a_bound_literal(keeper, statements):
    keeper.get("/admin/household/")
    assert not [s for s in statements if re.search(r"count\((\?|%)", s)]


def test_the_count_stops_past_ten_thousand(keeper, statements):
    keeper.get("/admin/household/")
    counts = [s for s in statements if "count(" in s.lower()]
    assert counts and all("LIMIT" in s for s in counts)


# 10: the export.
@pytest.fixture
def export(keeper, token, office):
    """Export the units, one of them named like a formula: gives the answer."""
    with office() as session:
        session.add(Unit(name="=HYPERLINK(\"http://x\")", kind=describe(Unit)["kind"].code("external")))
    page = keeper.get("/admin/unit/export/").text
    return keeper.post("/admin/unit/export/", data={"csrf_token": token(page), "columns": ["name", "kind", "is_active"]})


def test_the_export_keeps_its_chinese_name(export):
    name = re.fullmatch(r"attachment; filename\*=UTF-8''(.+)", export.headers["Content-Disposition"]).group(1)
    assert re.fullmatch(r"部门单位_\d{8}_\d{4}\.xlsx", unquote(name))


def test_the_export_holds_no_formula(export):
    cells = [cell for row in load_workbook(io.BytesIO(export.data)).worksheets[0] for cell in row]
    assert '=HYPERLINK("http://x")' in [c.value for c in cells]
    assert not [c for c in cells if c.data_type == "f"]


def test_the_export_shows_labels(export):
    sheet = load_workbook(io.BytesIO(export.data)).worksheets[0]
    assert [c.value for c in sheet[1]] == ["单位名称", "类别", "启用"]
    assert {row[1].value for row in sheet.iter_rows(min_row=2, max_row=4)} == {"外部单位", "职能部门", "村社区"}


def test_a_date_is_exported_as_a_date(keeper, world, token):
    page = keeper.get("/admin/case/export/").text
    answer = keeper.post("/admin/case/export/", data={"csrf_token": token(page), "columns": ["received_on"]})
    cell = load_workbook(io.BytesIO(answer.data)).worksheets[0]["A2"]
    assert (cell.is_date, f"{cell.value:%Y-%m-%d}") == (True, "2026-03-02")


# 11: see test_guard.test_an_id_that_names_nothing_is_not_found and test_a_page_that_is_no_number_is_refused.


# 12: a violated constraint printed SQL and what was typed.
def test_a_double_entry_is_explained_without_sql(keeper, world, token):
    sent = {"csrf_token": token(keeper.get("/admin/unit/new/").text), "name": "司法所", "kind": "office", "is_active": "yes"}
    page = keeper.post("/admin/unit/new/", data=sent).text
    assert "已有相同“单位名称”的部门单位，请核对是否重复登记" in page
    assert not re.search(r"INSERT|UNIQUE|constraint|units", page)


def test_a_double_entry_of_two_columns_is_explained_too(keeper, world, token):
    page = keeper.get("/admin/household-member/new/").text
    sent = {"csrf_token": token(page), "household": world.east_household.id, "name": "丑某某"}
    keeper.post("/admin/household-member/new/", data=sent)
    assert "已有相同“住户、姓名”的家庭成员" in keeper.post("/admin/household-member/new/", data=sent).text


def test_a_violated_check_is_explained_too(keeper, world, token):
    page = keeper.get("/admin/chief/new/").text
    sent = {
        "csrf_token": token(page), "name": "寅某某", "area": world.east_neighborhood.id, "mobile": "13800000041",
        "method": "elected", "started_on": "2026-01-02", "ended_on": "2026-01-01", "is_public": "no",
    }  # fmt: skip
    answer = keeper.post("/admin/chief/new/", data=sent)
    assert ("没有保存" in answer.text, "CHECK" in answer.text, "ends_after_start" in answer.text) == (True, False, False)


# 13: see test_forms.test_a_needed_text_of_blanks_is_refused.


# 14: some types had no input, without a word.
def test_everything_a_person_fills_in_has_a_box(console, session):
    asker = Asker(session, session.info["actor"], lambda name: "")
    views = [v for v in console.extensions["entity_views"].values() if not isinstance(v, ReadOnlyView)]
    lacking = {v.slug: set(v.form_columns) - set(entity_form(v.entity, asker)().data) for v in views}
    assert {slug: names for slug, names in lacking.items() if names} == {}


@pytest.mark.parametrize("type_", [bool, int, Decimal, date, datetime, HouseholdUse])
def test_every_plain_type_has_a_box(session, type_):
    assert Asker(session, session.info["actor"], str).typed("x", "项目", type_).field_class.__name__ == "Box"


def test_a_type_without_a_box_stops_with_a_sentence(session):
    with pytest.raises(TypeError, match="no box for .*timedelta.* of x"):
        Asker(session, session.info["actor"], str).typed("x", "项目", timedelta)


# 15: a look-up answered without limit and without asking who is there.
def look(client, query: str, field: str = "neighborhood", entity: str = "household", **args) -> list[str]:
    answer = client.get(f"/admin/{entity}/lookup/", query_string={"field": field, "query": query, **args})
    return [found["label"] for found in answer.json["results"]]


@pytest.fixture
def many(office, world):
    """Thirty more neighbourhoods in the eastern community."""
    with office() as session:
        for i in range(30):
            session.add(Area(
                kind=AreaKind.NEIGHBORHOOD, name=f"第{i + 10}邻", code=f"430181002001.001.001.{i + 10:03d}",
                full_name=f"东里社区/第1片/第1组/第{i + 10}邻", parent_id=world.east_neighborhood.parent_id,
            ))  # fmt: skip


@pytest.mark.parametrize("limit", ["", "100000", "-1"])
def test_a_lookup_answers_at_most_twenty_rows(many, keeper, limit):
    assert len(look(keeper, "东里", limit=limit)) == 20


def test_a_lookup_hides_rows_out_of_scope(eastern):
    assert (look(eastern, "东里"), look(eastern, "西里")) == (["东里社区/第1片/第1组/第1邻"], [])


@pytest.mark.parametrize("query", ["", "东", " 东 ", "%", "_", "%%", "__"])
def test_a_lookup_answers_nothing_for_less_than_two_characters_or_wildcards(keeper, query):
    assert look(keeper, query) == []


def test_a_lookup_needs_a_permission_of_its_screen(office, world, client, sign_in):
    with office() as session:
        build_user(session, "other", ["unit:view"], is_scoped=False)
    assert sign_in(client, "other").get("/admin/household/lookup/?field=neighborhood&query=东里").status_code == 403


def test_a_lookup_of_something_else_than_a_reference_is_refused(keeper):
    assert keeper.get("/admin/household/lookup/?field=address&query=东里").status_code == 404


def test_a_lookup_keeps_to_the_kinds_a_reference_takes(keeper):
    assert look(keeper, "东里社区") == ["东里社区/第1片/第1组/第1邻"]


# 16: see test_every_page.test_every_page_of_every_role_is_in_order.


# 17: sorting without a tie-break repeated and lost rows between pages.
@pytest.mark.parametrize("sort", ["sort=name", "sort=-name", ""])
def test_pages_of_equal_values_show_every_row_once(many, keeper, office, sort):
    with office() as session:
        session.connection().execute(Area.__table__.update().where(Area.__table__.c.kind == "neighborhood").values(name="同名"))
        expected = set(session.scalars(select(Area.id)))
    url, seen = f"/admin/area/?page_size=5&{sort}", []
    while url:
        page = keeper.get(url).text
        seen += [re.search(r"id=([\w-]+)", link).group(1) for link in rows_of(page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        url = following and following.group(1).replace("&amp;", "&")
    assert (len(seen), set(seen)) == (len(expected), expected)


@pytest.mark.parametrize("sort", ["sort=name", "sort=-name", ""])
def test_equal_values_are_ordered_by_the_key(keeper, statements, sort):
    keeper.get(f"/admin/area/?{sort}")
    [ordered] = [s for s in statements if "FROM areas" in s and "ORDER BY" in s]
    assert re.search(r"areas\.id( ASC| DESC)?\s+LIMIT", ordered)


# 18: a TypeError was caught and the view called again with other arguments.
def test_a_type_error_is_not_hidden_by_a_second_call(app, keeper, monkeypatch, caplog):
    calls = []

    def fail(*_args, **_kwargs):
        calls.append(1)
        raise TypeError("my own mistake")

    monkeypatch.setattr("services.lists.listing.Listing.page", fail)
    assert keeper.get("/admin/household/").status_code == 500
    assert (calls, "my own mistake" in caplog.text) == ([1], True)


# 19: a permission asked at start-up was answered before anybody had signed in.
def test_details_exist_though_nobody_was_signed_in_at_the_start(keeper, world):
    assert EntityView.can_view_details is False
    page = keeper.get(f"/admin/household/details/?id={world.east_household.id}").text
    assert ("甲某某" in page, "东里社区1号" in page) == (True, True)
