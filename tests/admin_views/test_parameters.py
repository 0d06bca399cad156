"""The page of parameters: one save, refusals at the fields, who may, and what follows on other pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.household import Household
from models.setting import Setting
from seeds.base import expand, read
from services.due_dates import local_day
from tests.support.builders import build_user, build_world, called, raw_case
from tests.support.visitor import Visitor

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PAGE = "/admin/parameters/"
ACCOUNTS = {
    "admin": ["parameter:view", "parameter:edit"],
    "auditor": ["parameter:view"],
    "clerk": ["area:restructure", "case:view", "chief:edit", "household:view", "household:edit", "personal:reveal"],
}


@pytest.fixture
def world(office):
    """The small sub-district with an administrator, an auditor and a clerk."""
    with office() as session:
        for username, permissions in ACCOUNTS.items():
            build_user(session, username, permissions, is_scoped=False)
        return build_world(session)


@pytest.fixture
def arrive(world, app, sign_in):
    """Somebody signs in, in a browser of their own: `arrive("admin")`."""
    return lambda username: Visitor(sign_in(app.test_client(), username))


@pytest.fixture
def admin(arrive):
    visitor = arrive("admin")
    visitor.open(PAGE)
    return visitor


def test_the_page_shows_the_allowed_range_and_the_default(admin):
    assert "允许5至120分钟，默认30分钟" in admin.page.text


def test_a_save_says_how_many_parameters_changed(admin):
    page = admin.send("保存", soon_days="5", idle_minutes="20")
    assert "已保存：改动 2 项（提前几天算将到期、多久不操作自动退出）" in page.text


def test_a_saved_value_is_shown_again(admin):
    admin.send("保存", soon_days="5")
    assert admin.form("保存").fields["soon_days"] == ["5"]


def test_a_save_without_a_change_says_so(admin):
    assert "没有改动" in admin.send("保存").text


def test_the_page_says_who_changed_a_parameter_last(admin):
    admin.send("保存", soon_days="5")
    text = admin.page.text
    assert f"上次改动：{called('admin')}" in text and "由3天改为5天" in text


def test_the_default_typed_again_leaves_no_row(admin, office):
    admin.send("保存", soon_days="5")
    admin.send("保存", soon_days="3")
    with office() as session:
        assert session.scalars(select(Setting)).all() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("99", "提前几天算将到期不能大于15"), ("0", "不能小于1"), ("五天", "请填整数"), ("", "请填写提前几天算将到期")],
)
def test_a_bad_number_is_refused_and_kept(admin, typed, sentence):
    page = admin.send("保存", soon_days=typed, idle_minutes="20")
    kept = admin.form("保存").fields
    assert (page.status, sentence in page.text, kept["soon_days"], kept["idle_minutes"]) == (422, True, [typed], ["20"])


def test_numbers_that_contradict_one_another_are_refused_at_the_field(admin):
    page = admin.send("保存", households_fewest="14", households_most="12")
    assert (page.status, "每名邻长联系户数下限：下限不能大于上限" in page.text) == (422, True)


def test_a_refused_save_changes_nothing(admin, office):
    admin.send("保存", soon_days="99", idle_minutes="20")
    with office() as session:
        assert session.scalars(select(Setting)).all() == []


def test_the_slower_of_two_administrators_sees_both_values(admin, arrive):
    other = arrive("admin")
    other.open(PAGE)
    admin.send("保存", soon_days="5")
    page = other.send("保存", soon_days="7")
    assert (page.status, f"{called('admin')}先保存了修改" in page.text) == (409, True)
    assert ("5天 7天" in page.text, other.form("保存").fields["soon_days"]) == (True, ["7"])


def test_the_slower_one_may_save_again(admin, arrive):
    other = arrive("admin")
    other.open(PAGE)
    admin.send("保存", soon_days="5")
    other.send("保存", soon_days="7")
    assert "已保存：改动 1 项" in other.send("保存").text


def test_who_may_only_view_gets_no_form(arrive):
    page = arrive("auditor").open(PAGE)
    assert not any("保存" in words for form in page.forms for words in form.labels) and "只能查看" in page.text


def test_who_may_only_view_cannot_send_one(arrive, token):
    auditor = arrive("auditor").client
    sent = {"csrf_token": token(auditor.get(PAGE).text), "soon_days": "5"}
    assert auditor.post(PAGE, data=sent).status_code == 403


def test_everybody_else_is_kept_out(arrive):
    assert arrive("clerk").client.get(PAGE).status_code == 403


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("role", "wanted"),
    [("system_admin", {"parameter:view", "parameter:edit"}), ("audit_admin", {"parameter:view"}),
     ("security_admin", set()), ("ledger_leader", set())],
)  # fmt: skip
def test_roles_begin_with_their_share(role, wanted):
    given = next(r["permissions"] for r in read("roles") if r["code"] == role)
    assert {p for p in expand(given) if p.startswith("parameter:")} == wanted


# ---- what follows on other pages --------------------------------------------------------


def test_twelve_as_the_most_lists_thirteen_households(admin, arrive, office, world):
    with office() as session:
        session.add_all(
            Household(household_no=f"X{i}", head_name="癸某某", neighborhood_id=world.east_neighborhood.id, address=f"{i}号")
            for i in range(12)
        )  # fmt: skip
    clerk = arrive("clerk")
    before = clerk.open("/admin/area-loads/").text
    admin.send("保存", households_most="12")
    after = clerk.open("/admin/area-loads/").text
    assert ("没有“超过15户”的邻" in before, "13户，超过12户，建议拆分或调整" in after) == (True, True)
    assert "一个邻联系 5 至 12 户" in after


def test_a_window_of_five_days_changes_the_figure_of_the_home_page(admin, arrive, office, world):
    with office() as session:
        raw_case(session, world, due_on=local_day(session.info["now"]) + timedelta(days=4))
    clerk = arrive("clerk")
    before = clerk.open("/admin/").text
    admin.send("保存", soon_days="5")
    after = clerk.open("/admin/").text
    assert ("3天内到期 0" in before, "5天内到期 （需要处理） 1" in after) == (True, True)


def test_a_shown_number_hides_itself_after_the_set_time(admin, arrive, world):
    admin.send("保存", reveal_seconds="20")
    page = arrive("clerk").open(f"/admin/household/details/?id={world.east_household.id}")
    assert 'data-seconds="20"' in page.html


def test_an_idle_time_of_five_minutes_ends_a_session(admin, arrive, office):
    from datetime import UTC, datetime

    from sqlalchemy import update

    from models.user import SignIn

    admin.send("保存", idle_minutes="5")
    clerk = arrive("clerk")
    with office() as session:
        long_ago = datetime.now(UTC) - timedelta(minutes=6)
        session.connection().execute(update(SignIn.__table__).values(last_seen_at=long_ago))
    assert clerk.client.get("/admin/").headers["Location"].startswith("/sign-in")
