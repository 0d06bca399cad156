"""What is there already is told as one types, and once before a new record is stored; never in the way."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models.case import Case
from models.household import Household
from services.access import permission_labels
from tests.support.builders import build_user, build_world, raw_case, raw_party
from tests.support.visitor import Visitor

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

EVERYTHING = sorted(p for group in permission_labels().values() for p in group)
MASKED = [p for p in EVERYTHING if not p.startswith("personal:")]
SAME_DOOR = {"head_name": "丁某某", "address": "东里社区1号"}


@pytest.fixture
def world(office):
    with office() as session:
        world = build_world(session)
        build_user(session, "keeper", EVERYTHING, is_scoped=False)
        build_user(session, "masked", MASKED, is_scoped=False)
        build_user(session, "western", EVERYTHING, area_id=world.west.id)
        build_user(session, "adder", ["household:view", "household:create"], is_scoped=False)
        build_user(session, "looker", ["household:view"], is_scoped=False)
    return world


@pytest.fixture
def visit(world, client, sign_in):
    """Somebody who has signed in: `visit("keeper")`."""
    return lambda username: Visitor(sign_in(client, username))


@pytest.fixture
def ask(world, app, sign_in, token):
    """The answer of the endpoint: `ask("keeper", "household", address="东里社区1号")`."""

    def send(username: str, slug: str, record=None, **values):
        client = sign_in(app.test_client(), username)
        sent = values | {"csrf_token": token(client.get("/password").text)}
        return client.post(f"/admin/{slug}/similar/" + (f"?id={record.id}" if record else ""), data=sent)

    return send


def count(office, entity) -> int:
    with office() as session:
        return session.scalar(select(func.count()).select_from(entity))


# ---- as one types -------------------------------------------------------------------------------


def test_the_answer_names_the_box_the_reason_and_the_record(ask, world):
    assert ask("keeper", "household", address="东里社区1号").json["found"] == [{
        "box": "f-address", "sentence": "已有“门牌地址”相同的住户，请核对是否重复",
        "links": [{"id": world.east_household.id, "label": "甲某某 东里社区1号",
                   "url": f"/admin/household/details/?id={world.east_household.id}"}],
    }]  # fmt: skip


def test_names_in_the_answer_are_masked_for_whoever_may_not_read_them(ask):
    found = ask("masked", "household", address="东里社区1号").json["found"]
    assert found[0]["links"][0]["label"] == "甲** 东里社区1号"


def test_a_number_is_compared_when_it_was_typed_in_full(ask):
    sent = {"head_name": "甲某某", "mobile": "13800000001"}
    assert len(ask("masked", "household", **sent).json["found"]) == 1
    for part in ("1380000000", "138****0001", "0001", "%"):
        assert ask("masked", "household", **(sent | {"mobile": part})).json["found"] == []


def test_a_number_alone_tells_nothing(ask):
    assert ask("keeper", "household", mobile="13800000001").json["found"] == []


def test_a_stored_number_behind_a_mask_is_not_compared(ask, world, office):
    """Or a change of the name would try names against the number."""
    with office() as session:
        other = Household(household_no="H9", head_name="丁某某", mobile="13800000001", address="别处")
        session.add(other)
    sent = {"head_name": "甲某某", "mobile": "138****0001", "address": "别处"}
    assert ask("masked", "household", other, **sent).json["found"] == []


def test_nothing_of_another_community_is_told(ask):
    assert ask("western", "household", address="东里社区1号", head_name="甲某某", mobile="13800000001").json["found"] == []
    assert len(ask("western", "household", address="西里社区1号").json["found"]) == 1


def test_the_record_being_changed_is_not_like_itself(ask, world):
    assert ask("keeper", "household", world.east_household, address="东里社区1号").json["found"] == []


def test_the_row_that_agrees_is_named(ask, world, office):
    with office() as session:
        case = raw_case(session, world, household_id=None)
        case.received_on = case.registered_at.date()
        raw_party(session, case)
    sent = {"case_party-0-name": "乙某某", "case_party-0-role": "respondent", "case_party-4-name": "甲某某",
            "case_party-4-mobile": "13800000001", "case_party-4-role": "applicant"}  # fmt: skip
    found = ask("keeper", "case", **sent).json["found"]
    assert [(one["box"], [link["id"] for link in one["links"]]) for one in found] == [("f-case_party-4-mobile", [case.id])]


def test_nobody_asks_without_the_right_to_add_or_change(ask, world):
    assert ask("looker", "household", address="东里社区1号").status_code == 403
    assert ask("adder", "household", world.east_household, address="东里社区1号").status_code == 403


def test_nobody_asks_without_the_token(visit):
    assert visit("keeper").client.post("/admin/household/similar/", data={"address": "东里社区1号"}).status_code == 400


def test_it_stores_nothing(ask, office):
    before = count(office, Household)
    ask("keeper", "household", **SAME_DOOR)
    assert count(office, Household) == before


@pytest.mark.parametrize("values", [
    {}, {"address": "门" * 3000}, {"building": "castle", "room_no": "1"}, {"mobile": "x", "head_name": "<b>"}, {"floor_no": "high"},
])  # fmt: skip
def test_nonsense_finds_nothing(ask, values):
    answer = ask("keeper", "household", **values)
    assert (answer.status_code, answer.json) == (200, {"found": []})


# ---- before a new record is stored --------------------------------------------------------------


def test_the_form_comes_back_once_with_the_warning(visit, office):
    visitor = visit("keeper")
    visitor.open("/admin/household/new/")
    page = visitor.send("保存", **SAME_DOOR)
    assert (page.status, count(office, Household)) == (422, 2)
    assert "可能已经登记过，还没有保存" in page.text and "已有“门牌地址”相同的住户" in page.text
    assert "甲某某 东里社区1号（在新标签页打开）" in [words for words, _ in page.links]
    assert visitor.form("仍然保存").fields["head_name"] == ["丁某某"]


def test_the_second_press_saves(visit, office):
    visitor = visit("keeper")
    visitor.open("/admin/household/new/")
    visitor.send("保存", **SAME_DOOR)
    page = visitor.send("仍然保存")
    assert (page.status, "丁某某" in page.headings[0], count(office, Household)) == (200, True, 3)


def test_another_likeness_is_told_again(visit, office):
    visitor = visit("keeper")
    visitor.open("/admin/household/new/")
    visitor.send("保存", **SAME_DOOR)
    page = visitor.send("仍然保存", address="西里社区1号")
    assert (page.status, count(office, Household)) == (422, 2)


def test_what_the_script_has_shown_is_not_told_again(visit, world, office):
    visitor = visit("keeper")
    page = visitor.open("/admin/household/new/")
    visitor.client.post(page.address, data=visitor.form("保存").fields | SAME_DOOR | {"seen": world.east_household.id})
    assert count(office, Household) == 3


def test_a_mistake_is_told_before_a_likeness(visit):
    visitor = visit("keeper")
    visitor.open("/admin/household/new/")
    page = visitor.send("保存", **SAME_DOOR, mobile="123")
    assert "手机号码应为11位数字" in page.text and "可能已经登记过" not in page.text


def test_a_change_is_never_held_up(visit, world, office):
    visitor = visit("keeper")
    visitor.open(f"/admin/household/edit/?id={world.west_household.id}")
    visitor.send("保存", address="东里社区1号")
    with office() as session:
        assert session.get(Household, ("430181002", world.west_household.id)).address == "东里社区1号"


def test_a_second_case_of_a_household_is_told_with_its_number(visit, world, office):
    with office() as session:
        case = raw_case(session, world)
        case.received_on = case.registered_at.date()
    visitor = visit("keeper")
    visitor.open("/admin/case/new/")
    page = visitor.send(
        "保存", subject="又漏水", kind="dispute", category="dispute_category:02", channel="channel:window", summary="又漏",
        area=world.east.id, household=world.east_household.id,
    )  # fmt: skip
    assert "近30天已有“相关住户”相同的案件，请核对是否重复 ： 测〔2026〕00001号 楼上漏水引发的邻里纠纷" in page.text
    visitor.send("仍然保存")
    assert count(office, Case) == 2


def test_a_form_of_what_has_no_likeness_asks_nothing(visit):
    assert "data-similar" not in visit("keeper").open("/admin/unit/new/").html
