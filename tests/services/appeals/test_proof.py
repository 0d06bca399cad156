"""Proof of work: a riddle of ours, solved, in time, and once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from services import limits
from services.appeals import proof

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEY = b"key"
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def answer(**changed) -> str:
    """A right answer to a riddle made here by hand, with parts changed."""
    salt, number = f"ab?expires={int(NOW.timestamp()) + 60}", 7
    riddle = hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
    signature = hmac.new(KEY, riddle.encode(), hashlib.sha256).hexdigest()
    given = {"algorithm": "SHA-256", "challenge": riddle, "number": number, "salt": salt, "signature": signature} | changed
    return base64.b64encode(json.dumps(given).encode()).decode()


def test_a_right_answer_is_good(session):
    assert proof.is_good(session, KEY, answer(), NOW)


def test_the_riddle_we_ask_can_be_solved(session):
    assert proof.is_good(session, KEY, proof.solve(proof.challenge(KEY, NOW, most=500)), NOW)


def test_the_same_answer_is_good_once(session):
    assert [proof.is_good(session, KEY, answer(), NOW) for _ in range(2)] == [True, False]


def test_an_answer_that_comes_too_late_is_none(session):
    assert not proof.is_good(session, KEY, answer(), NOW + timedelta(seconds=61))


@pytest.mark.parametrize("changed", [
    {"number": 8}, {"number": -1}, {"number": 10**9}, {"number": "x"}, {"signature": "0" * 64}, {"algorithm": "MD5"},
    {"salt": f"ab?expires={int(NOW.timestamp()) + 9999}"}, {"challenge": "0" * 64}, {"salt": "x" * 500}, {"signature": None},
])
def test_an_answer_that_was_changed_is_none(session, changed):
    assert not proof.is_good(session, KEY, answer(**changed), NOW)


@pytest.mark.parametrize("nonsense", ["", "x", "bm8=", base64.b64encode(b"[]").decode(), base64.b64encode(b"{}").decode(), "é"])
def test_nonsense_is_no_answer(session, nonsense):
    assert not proof.is_good(session, KEY, nonsense, NOW)


def test_a_riddle_signed_with_another_key_is_none(session):
    assert not proof.is_good(session, b"other", answer(), NOW)


# ---- limits beside it --------------------------------------------------------------------


@pytest.mark.parametrize("address, network", [
    ("10.1.2.3", "10.1.2.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("::ffff:10.1.2.3", "10.1.2.0/24"), ("unknown", "unknown"),
])
def test_a_network_is_what_stands_around_an_address(session, address, network):
    assert limits.network_of(address) == network


def test_one_line_of_ipv6_is_one_address(session):
    assert limits.address_of("2001:db8::1") == limits.address_of("2001:db8::ffff:1")


def test_the_recent_count_fades_over_the_turn_of_the_minute(session):
    minute, at = timedelta(minutes=1), datetime(2026, 3, 2, 1, 0, 59, tzinfo=UTC)
    limits.count(session, "load", "all", minute, at, by=40)
    assert [limits.recent(session, "load", "all", minute, at + timedelta(seconds=s)) for s in (0, 1, 31, 61)] == [40, 40, 20, 0]
