"""Signing in, sessions that end, the lock-out and the own password, as a browser meets them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from models.user import SignIn, SignInFailure, User
from services.sign_in import WRONG
from tests.support.builders import build_user, build_world

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PASSWORD = "Zq8!zq8!zq8!"
OTHER = "Wx5?vy6!uz7+"


@pytest.fixture
def clerk(office, set_password):
    """An account that may see households."""
    with office() as session:
        world = build_world(session)
        user = build_user(session, "clerk", ["household:view"], is_scoped=False)
        user.world = world
    set_password("clerk")
    return user


@pytest.fixture
def enter(token):
    """Post the sign-in form: `enter(client, password)`."""

    def post(client, password=PASSWORD, username="clerk", follow=None, **headers):
        page = client.get("/sign-in", query_string={"next": follow} if follow else None).text
        sent = {"csrf_token": token(page), "username": username, "password": password}
        if follow:
            sent["next"] = unescape(re.search(r'name="next" value="([^"]*)"', page).group(1))
        return client.post("/sign-in", data=sent, headers=headers)

    return post


@pytest.fixture
def change(office):
    """Change a stored row past the services: `change(SignIn, last_seen_at=…)`."""

    def write(entity, **values):
        with office() as session:
            session.connection().execute(update(entity.__table__).values(**values))

    return write


def is_in(client) -> bool:
    return client.get("/admin/household/").status_code == 200


def ago(**span) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


# ---- in and out -----------------------------------------------------------------------------


def test_the_right_password_opens_the_console(clerk, client, enter):
    answer = enter(client)
    assert (answer.status_code, answer.headers["Location"], is_in(client)) == (302, "/admin/", True)


def test_a_page_that_was_wanted_leads_to_the_sign_in(clerk, client):
    answer = client.get("/admin/household/?page_size=50")
    assert answer.headers["Location"] == "/sign-in?next=/admin/household/?page_size%3D50"


def test_the_sign_in_goes_back_to_where_one_came_from(clerk, client, enter):
    answer = enter(client, follow="/admin/household/?page_size=50&search=东里")
    assert answer.headers["Location"] == "/admin/household/?page_size=50&search=%E4%B8%9C%E9%87%8C"


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(clerk, client, enter):
    wrong, nobody = enter(client, "falsch-Falsch1"), enter(client, username="nobody")
    assert (wrong.status_code, nobody.status_code, WRONG in wrong.text, WRONG in nobody.text) == (422, 422, True, True)


def test_a_wrong_password_is_not_shown_again(clerk, client, enter):
    assert "falsch-Falsch1" not in enter(client, "falsch-Falsch1").text


def test_a_closed_account_gets_the_same_answer(clerk, client, enter, change):
    change(User, is_active=False)
    answer = enter(client)
    assert (answer.status_code, WRONG in answer.text) == (422, True)


@pytest.mark.parametrize("username", ["' OR 1=1 --", "x" * 5000, "路灯", "clerk\u200b", "%", ""])
def test_no_name_breaks_the_sign_in(clerk, client, enter, username):
    assert enter(client, username=username).status_code == 422


def test_a_very_long_password_is_only_wrong(clerk, client, enter):
    assert enter(client, "x" * 100_000).status_code == 422


def test_the_cookie_holds_no_name_and_is_out_of_reach_of_scripts(clerk, client, enter):
    cookie = enter(client).headers["Set-Cookie"]
    assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie, "clerk" in cookie) == (True, True, False)


@pytest.mark.usefixtures("engine")
def test_the_cookie_is_secure_under_https(tmp_path):
    from app import create_app
    from config import Config

    client = create_app(Config(instance=tmp_path, is_testing=True, is_https=True)).test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-console=") and "Secure" in cookie and "Path=/" in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


# ---- the session ----------------------------------------------------------------------------


def test_signing_in_changes_the_session(clerk, client, enter):
    enter(client)
    first = client.get_cookie("console").value
    client.post("/sign-out", data={"csrf_token": _token_of(client)})
    enter(client)
    assert client.get_cookie("console").value != first


def test_a_session_from_before_signing_in_is_not_taken_over(app, clerk, client, enter):
    client.get("/sign-in")
    planted = client.get_cookie("console").value
    enter(client)
    thief = app.test_client()
    thief.set_cookie("console", planted)
    assert not is_in(thief)


def test_a_copied_cookie_is_dead_after_signing_out(app, clerk, client, enter):
    enter(client)
    thief = app.test_client()
    thief.set_cookie("console", client.get_cookie("console").value)
    assert is_in(thief)
    client.post("/sign-out", data={"csrf_token": _token_of(client)})
    assert (is_in(client), is_in(thief)) == (False, False)


def _token_of(client) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get("/password").text).group(1)


@pytest.mark.parametrize("minutes, alive", [(29, True), (31, False)])
def test_a_session_ends_after_thirty_idle_minutes(clerk, client, enter, change, minutes, alive):
    enter(client)
    change(SignIn, last_seen_at=ago(minutes=minutes))
    assert is_in(client) is alive


@pytest.mark.parametrize("minutes, alive", [(11 * 60 + 59, True), (12 * 60 + 1, False)])
def test_a_session_ends_after_twelve_hours_in_any_case(clerk, client, enter, change, minutes, alive):
    enter(client)
    change(SignIn, started_at=ago(minutes=minutes))
    assert is_in(client) is alive


def test_using_the_console_keeps_the_session_alive(clerk, client, enter, change, office):
    enter(client)
    change(SignIn, last_seen_at=ago(minutes=20))
    client.get("/admin/household/")
    with office() as session:
        assert session.scalar(select(SignIn.last_seen_at)) > ago(minutes=1)


def test_closing_an_account_ends_its_session(clerk, client, enter, change):
    enter(client)
    change(User, is_active=False)
    assert not is_in(client)


def test_taking_a_permission_away_works_at_once(clerk, client, enter, office):
    enter(client)
    with office() as session:
        session.get(User, clerk.id).role.permissions = ["unit:view"]
    assert client.get("/admin/household/").status_code == 403


@pytest.mark.parametrize("cookie", ["", "x", "eyJ0b2tlbiI6ImEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
def test_a_forged_cookie_opens_nothing(clerk, client, cookie):
    client.set_cookie("console", cookie)
    assert client.get("/admin/household/").headers["Location"].startswith("/sign-in")


# ---- the lock-out ---------------------------------------------------------------------------


def test_after_five_wrong_passwords_the_right_one_is_refused(clerk, client, enter):
    for _ in range(5):
        enter(client, "falsch-Falsch1")
    answer = enter(client)
    assert (answer.status_code, "已暂停登录，请15分钟后再试" in answer.text, is_in(client)) == (429, True, False)


def test_the_lock_ends_after_fifteen_minutes(clerk, client, enter, change):
    for _ in range(5):
        enter(client, "falsch-Falsch1")
    change(SignInFailure, failed_at=ago(minutes=16))
    assert enter(client).status_code == 302


def test_a_forwarded_address_does_not_get_round_the_lock(clerk, client, enter, office):
    for i in range(6):
        enter(client, "falsch-Falsch1", username=f"other{i}", **{"X-Forwarded-For": f"10.0.0.{i}"})
    with office() as session:
        assert set(session.scalars(select(SignInFailure.address))) == {"127.0.0.1"}


# ---- the first password and the own one -----------------------------------------------------


@pytest.fixture
def newcomer(clerk, client, enter, change):
    """Somebody signed in with a first password."""
    change(User, must_change_password=True)
    enter(client)
    return client


@pytest.mark.parametrize("url", ["/admin/", "/admin/household/", "/admin/household/lookup/?field=neighborhood&query=东里", "/"])
def test_a_first_password_opens_the_password_page_only(newcomer, url):
    answer = newcomer.get(url, follow_redirects=url == "/")
    assert answer.headers.get("Location", answer.request.path) == "/password"


def test_a_first_password_posts_nothing(newcomer):
    answer = newcomer.post("/admin/household/reveal/", data={"csrf_token": _token_of(newcomer), "id": "1"})
    assert answer.headers["Location"] == "/password"


def test_with_a_first_password_one_may_still_leave(newcomer):
    answer = newcomer.post("/sign-out", data={"csrf_token": _token_of(newcomer)})
    assert answer.headers["Location"] == "/sign-in"


def test_the_password_page_says_why_one_is_there(newcomer):
    assert "这是初始密码或重置后的密码，改好以后才能办理业务。" in newcomer.get("/password").text


def set_own(client, current=PASSWORD, password=OTHER, again=None):
    sent = {"csrf_token": _token_of(client), "current": current, "password": password, "again": again or password}
    return client.post("/password", data=sent)


def test_with_an_own_password_the_console_opens(newcomer):
    assert (set_own(newcomer).status_code, is_in(newcomer)) == (302, True)


def test_the_new_password_counts_from_then_on(app, newcomer, enter):
    set_own(newcomer)
    assert [enter(app.test_client(), p).status_code for p in (PASSWORD, OTHER)] == [422, 302]


def test_changing_the_password_ends_the_other_sessions(app, clerk, client, enter):
    enter(client)
    elsewhere = app.test_client()
    enter(elsewhere)
    set_own(client)
    assert (is_in(client), is_in(elsewhere)) == (True, False)


@pytest.mark.parametrize("sent, words", [
    ({"current": "falsch"}, "现在的密码不对，请重新输入"), ({"again": "Wx5?vy6!uz7-"}, "两次输入的新密码不一样，请重新输入"),
    ({"password": PASSWORD}, "新密码不能与现在的密码相同"), ({"password": "short1A"}, "密码应为10到128个字符，现在7个"),
    ({"password": "alllowercase"}, "密码应包含大写字母、小写字母、数字、其他符号中的至少三种"),
    ({"password": "Clerk-2026-xy"}, "密码不能包含登录名"), ({"password": "Password-2026"}, "密码太常见、容易被猜到，请换一个"),
    ({"password": " "}, "请填写新密码"), ({"current": " "}, "请填写现在的密码"),
])  # fmt: skip
def test_a_refused_password_is_explained_in_chinese(clerk, client, enter, sent, words):
    enter(client)
    answer = set_own(client, **sent)
    assert (answer.status_code, words in answer.text) == (422, True)


def test_no_password_is_ever_shown_again(clerk, client, enter):
    enter(client)
    page = set_own(client, password="alllowercase").text
    assert (PASSWORD in page, "alllowercase" in page) == (False, False)


def test_sixty_four_characters_and_any_script_are_fine(clerk, client, enter):
    enter(client)
    assert set_own(client, password="路灯Ab1!" * 8).status_code == 302
