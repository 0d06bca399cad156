"""Passwords, the lock-out and sessions that can be ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.audit import AccessEvent
from models.codes import AccessKind
from models.user import SignIn
from services import access, sign_in
from services.errors import Refused
from tests.support.builders import build_user

PASSWORD = "Xk7-mpw-22qr"


@pytest.fixture
def user(session):
    found = build_user(session, "clerk", ["household:view"])
    found.password_hash = sign_in.hash_password(PASSWORD)
    session.flush()
    return found


@pytest.fixture
def now(session):
    return session.info["now"]


def attempt(session, now, password=PASSWORD, username="clerk", address="10.0.0.1"):
    access.bind(session, access.ANONYMOUS, now)
    return sign_in.sign_in(session, username, password, address, now)


def test_the_right_password_opens_a_session(session, user, now):
    assert sign_in.current(session, attempt(session, now).token, now).actor.user_id == user.id


def test_the_name_may_be_typed_in_capitals(session, user, now):
    assert attempt(session, now, username=" CLERK ").user is user


def test_the_token_itself_is_not_kept(session, user, now):
    token = attempt(session, now).token
    assert session.scalars(select(SignIn.id)).all() != [token]


def test_a_wrong_password_and_a_wrong_name_get_the_same_sentence(session, user, now):
    assert attempt(session, now, "falsch").sentence == attempt(session, now, username="nobody").sentence


def test_an_inactive_account_gets_that_sentence_too(session, user, now):
    user.is_active = False
    session.flush()
    assert attempt(session, now).sentence == sign_in.WRONG


def test_after_five_failures_the_right_password_is_refused(session, user, now):
    for _ in range(5):
        attempt(session, now, "falsch")
    assert attempt(session, now).is_locked


def test_four_failures_do_not_lock(session, user, now):
    for _ in range(4):
        attempt(session, now, "falsch")
    assert attempt(session, now).user is user


def test_the_lock_ends_after_fifteen_minutes(session, user, now):
    for _ in range(5):
        attempt(session, now, "falsch")
    assert attempt(session, now + timedelta(minutes=15)).user is user


def test_thirty_failures_from_one_address_lock_the_address(session, user, now):
    for number in range(30):
        attempt(session, now, "falsch", username=f"nobody{number}")
    assert attempt(session, now).is_locked


def test_another_address_is_not_locked_with_it(session, user, now):
    for number in range(30):
        attempt(session, now, "falsch", username=f"nobody{number}")
    assert attempt(session, now, address="10.0.0.2").user is user


def test_the_lock_is_in_the_access_log(session, user, now):
    for _ in range(5):
        attempt(session, now, "falsch")
    access.bind(session, access.system("430181002"), now)
    assert session.scalars(select(AccessEvent.kind)).all() == [AccessKind.LOCKED]


def test_a_session_lives_for_thirty_idle_minutes(session, user, now):
    token = attempt(session, now).token
    found = [sign_in.current(session, token, now + timedelta(minutes=m)) is not None for m in (29, 31)]
    assert found == [True, False]


def test_using_a_session_keeps_it_alive(session, user, now):
    token = attempt(session, now).token
    sign_in.touch(session, token, now + timedelta(minutes=29))
    assert sign_in.current(session, token, now + timedelta(minutes=58)) is not None


def test_a_session_ends_after_twelve_hours_of_use(session, user, now):
    token = attempt(session, now).token
    sign_in.touch(session, token, now + timedelta(hours=12))
    assert sign_in.current(session, token, now + timedelta(hours=12, minutes=1)) is None


def test_a_session_that_was_signed_out_is_dead(session, user, now):
    token = attempt(session, now).token
    sign_in.sign_out(session, token, now)
    assert sign_in.current(session, token, now) is None


def test_closing_an_account_ends_what_it_has_open(session, user, now):
    token = attempt(session, now).token
    user.is_active = False
    session.flush()
    assert sign_in.current(session, token, now) is None


def test_changing_the_password_ends_the_other_sessions(session, user, now):
    here, there = attempt(session, now).token, attempt(session, now).token
    sign_in.change_password(session, user, PASSWORD, "Neu-3-wort-lang", "Neu-3-wort-lang", now, token=here)
    assert [sign_in.current(session, t, now) is not None for t in (here, there)] == [True, False]


def test_a_wrong_old_password_is_refused_at_its_field(session, user, now):
    with pytest.raises(Refused) as no:
        sign_in.change_password(session, user, "falsch", "Neu-3-wort-lang", "Neu-3-wort-lang", now)
    assert list(no.value.errors) == ["current"]


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("Short-1a", "10到128个字符"), ("alllowercase", "至少三种"), ("lower-and-dash", "至少三种"),
        ("Clerk-2026-xyz", "登录名"), ("Password-2026", "太常见"), ("Aa1-Aa1-Aa1", "太常见"), ("A1-" + "x" * 126, "10到128"),
    ],
)  # fmt: skip
def test_a_weak_password_is_refused_with_the_reason(password, word):
    assert word in sign_in.policy(password, "clerk", 10)


@pytest.mark.parametrize("password", ["Xk7-mpw-22qr", "汉字也可以Ab1长一点", "A" * 60 + "b1-cdefg"])
def test_a_good_password_is_taken(password):
    assert sign_in.policy(password, "clerk", 10) is None


def test_a_first_password_is_long_and_good():
    password = sign_in.new_password()
    assert (len(password), sign_in.policy(password, "clerk", 10)) == (23, None)
