"""Many at once at the residents' door, over real sockets, on both databases: none lost, none doubled."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from models.appeal import Appeal
from models.codes import CodePlace, TermUnit
from models.door_code import DoorCode
from models.setting import Setting
from models.term import Term
from tests.support.builders import build_chief, build_world

TOKEN = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def door(office, live_server):
    """The address that takes appeals; limits are as wide as they can be set."""
    with office() as session:
        session.add(Term(id="appeal_neighborhood", name="邻长回应", starts="收到", length=1, unit=TermUnit.WORKDAY, source="测试"))
        session.add_all(Setting(name=name, label="上限", value=5000) for name in ("public_per_address", "public_per_network", "public_per_code", "proof_above"))
        world = build_world(session)
        build_chief(session, world.east_neighborhood)
        session.add(DoorCode(
            place="东里社区3栋入口", kind=CodePlace.ENTRANCE, area_id=world.east_neighborhood.id, token=TOKEN,
            issued_at=datetime.now(UTC), is_active=True,
        ))  # fmt: skip
    return f"{live_server}/q/{TOKEN}/send"


def tell(door: str, key: str) -> tuple[int, str]:
    """Status and number of one submission."""
    sent = urlencode({"key": key, "words": f"路灯不亮 {key}"}).encode()
    with urlopen(door, sent, timeout=60) as answer:
        return answer.status, re.search(r'<dd class="big">(\d+)</dd>', answer.read().decode()).group(1)


def test_two_hundred_at_once_are_all_kept_once(door, office):
    with ThreadPoolExecutor(50) as people:
        answers = list(people.map(lambda key: tell(door, key), [str(uuid4()) for _ in range(200)]))
    assert {status for status, _ in answers} == {200} and len({number for _, number in answers}) == 200
    with office() as session:
        assert session.scalar(select(func.count()).select_from(Appeal)) == 200
        assert session.scalar(select(DoorCode.appeal_count)) == 200


def test_one_key_sent_a_hundred_times_is_one_appeal(door, office):
    key = str(uuid4())
    with ThreadPoolExecutor(20) as people:
        answers = list(people.map(lambda _: tell(door, key), range(100)))
    with office() as session:
        assert session.scalar(select(func.count()).select_from(Appeal)) == 1
    assert len(set(answers)) == 1
