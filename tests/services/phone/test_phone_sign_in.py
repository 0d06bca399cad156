"""One-time codes and phones that stay signed in: who gets in, for how long, and when it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models import sealed
from models.audit import AccessEvent
from models.codes import AccessKind
from models.device import Device, PhoneCode
from models.user import Role
from services import access, sign_in as staff
from services.phone import phone_sign_in as phones
from services.access import Actor
from services.errors import Denied, Refused, TooOften
from tests.support.phones import SYSTEM, build_phones, sign_in

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def chief(session):
    return build_phones(session).neighbor


@pytest.fixture
def enter(session):
    def go(mobile: str, code: str, now: datetime = NOW) -> str:
        return phones.enter(session, mobile, code, "安卓手机", "10.0.0.1", now)

    return go


def test_number_and_code_sign_a_phone_in(session, chief, enter):
    cookie = enter("138 0000 0030", phones.make_code(session, chief, SYSTEM, NOW))
    assert phones.current(session, cookie, NOW).chief_id == chief.id


def test_the_code_itself_is_kept_nowhere(session, chief):
    code = phones.make_code(session, chief, SYSTEM, NOW)
    row = session.scalar(select(PhoneCode))
    assert code not in row.code_hash and len(code) == 8


def test_what_is_kept_of_a_code_cannot_be_tried_out_without_the_key_outside_the_database(session, chief):
    code = phones.make_code(session, chief, SYSTEM, NOW)
    kept = session.scalar(select(PhoneCode.code_hash))
    sealed.use_keys({"1": bytes(reversed(range(64)))})
    assert phones._code_hash(chief.id, code) != kept


def test_a_code_is_used_once(session, chief, enter):
    code = phones.make_code(session, chief, SYSTEM, NOW)
    enter(chief.mobile, code)
    with pytest.raises(phones.WrongCode):
        enter(chief.mobile, code)


def test_a_later_code_ends_the_earlier_one(session, chief, enter):
    first = phones.make_code(session, chief, SYSTEM, NOW)
    phones.make_code(session, chief, SYSTEM, NOW)
    with pytest.raises(phones.WrongCode):
        enter(chief.mobile, first)


def test_a_code_is_good_for_seventy_two_hours(session, chief, enter):
    code = phones.make_code(session, chief, SYSTEM, NOW)
    with pytest.raises(phones.WrongCode):
        enter(chief.mobile, code, NOW + 72 * HOUR)
    assert enter(chief.mobile, code, NOW + 72 * HOUR - timedelta(seconds=1))


def test_a_code_belongs_to_one_number(session, chief, enter):
    code = phones.make_code(session, chief, SYSTEM, NOW)
    with pytest.raises(phones.WrongCode):
        enter("13800000031", code)


def test_after_five_wrong_tries_a_number_has_to_wait(session, chief, enter):
    code = phones.make_code(session, chief, SYSTEM, NOW)
    for _ in range(5):
        phones.count_try(session, chief.mobile, "10.0.0.9", NOW)
    with pytest.raises(TooOften):
        enter(chief.mobile, code)
    assert enter(chief.mobile, code, NOW + timedelta(minutes=16))


def test_who_has_left_office_gets_no_code(session, chief):
    chief.ended_on = date(2026, 3, 1)
    session.flush()
    with pytest.raises(Refused, match="已经卸任"):
        phones.make_code(session, chief, SYSTEM, NOW)


def test_leaving_office_ends_every_phone_at_once(session, chief):
    cookie = sign_in(session, chief, NOW)
    chief.ended_on = date(2026, 3, 2)
    session.flush()
    assert phones.current(session, cookie, NOW) is None


def test_the_office_ends_one_phone_and_leaves_the_other(session, chief):
    lost, kept = sign_in(session, chief, NOW), sign_in(session, chief, NOW + HOUR)
    phones.revoke(session, session.scalar(select(Device).order_by(Device.signed_in_at).limit(1)), SYSTEM, NOW)
    assert (phones.current(session, lost, NOW), phones.current(session, kept, NOW) is None) == (None, False)


def test_switching_off_ends_all_phones_and_the_open_code(session, chief, enter):
    cookies = [sign_in(session, chief, NOW), sign_in(session, chief, NOW)]
    code = phones.make_code(session, chief, SYSTEM, NOW)
    assert phones.switch_off(session, chief, SYSTEM, NOW) == 2
    assert [phones.current(session, cookie, NOW) for cookie in cookies] == [None, None]
    with pytest.raises(phones.WrongCode):
        enter(chief.mobile, code)


def test_a_phone_in_use_stays_signed_in_for_years(session, chief):
    cookie = sign_in(session, chief, NOW)
    device = session.scalar(select(Device.id))
    for days in range(60, 800, 60):
        phones.touch(session, device, NOW + days * DAY)
        staff.forget_old(session, NOW + days * DAY)
    assert phones.current(session, cookie, NOW + 840 * DAY) is not None


def test_a_phone_not_used_for_ninety_days_signs_in_anew(session, chief):
    cookie = sign_in(session, chief, NOW)
    assert [phones.current(session, cookie, NOW + n * DAY) is None for n in (89, 90)] == [False, True]


def test_the_night_closes_what_opens_nothing_any_more(session):
    three = build_phones(session)
    for chief in (three.neighbor, three.group):
        sign_in(session, chief, NOW)
    phones.make_code(session, three.sector, SYSTEM, NOW)
    three.group.ended_on = date(2026, 3, 2)
    session.flush()
    assert [phones.tidy(session, NOW + n * DAY) for n in (1, 3, 90, 91)] == [1, 1, 1, 0]
    closed = session.scalars(select(Device.ended_by).order_by(Device.ended_at)).all()
    assert closed == ["已卸任", "久未使用"]


def test_what_a_chief_may_do_is_what_the_role_says(session, chief):
    cookie = sign_in(session, chief, NOW)
    session.scalar(select(Role).where(Role.code == "neighbor_chief")).permissions = ["appeal:view"]
    session.flush()
    assert phones.current(session, cookie, NOW).actor.permissions == {"appeal:view"}


def test_a_chief_sees_the_own_branch_only(session, chief):
    actor = phones.current(session, sign_in(session, chief, NOW), NOW).actor
    assert (actor.is_scoped, actor.area_code, actor.user_id) == (True, "430181002001.001.001.001", None)


@pytest.mark.parametrize("cookie", ["", "x", "430181002.", "430181002." + "a" * 43, "430181003." + "a" * 43])
def test_a_made_up_cookie_opens_nothing(session, chief, cookie):
    assert phones.current(session, cookie, NOW) is None


def test_only_who_may_hands_out_codes(session, chief):
    with pytest.raises(Denied):
        phones.make_code(session, chief, Actor(None, "某", "430181002", frozenset({"chief:edit"})), NOW)


def test_slips_of_an_area_are_for_those_without_phone_and_without_code(session):
    three = build_phones(session)
    sign_in(session, three.group, NOW)
    phones.make_code(session, three.sector, SYSTEM, NOW)
    made, is_more = phones.make_codes(session, three.world.east, SYSTEM, NOW)
    assert ([chief.id for chief, _ in made], is_more) == ([three.neighbor.id], 0)


def test_signing_in_and_out_is_logged_under_the_name_of_the_chief(session, chief):
    me = phones.current(session, sign_in(session, chief, NOW), NOW)
    access.bind(session, me.actor, NOW)
    phones.leave(session, me, NOW)
    logged = session.execute(select(AccessEvent.kind, AccessEvent.user_name).order_by(AccessEvent.id)).all()
    assert logged == [(AccessKind.SIGN_IN, "壬邻长"), (AccessKind.SIGN_OUT, "壬邻长")]
