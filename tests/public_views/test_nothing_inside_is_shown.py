"""A resident walks every public page and sends every form: no staff name, nobody else's data, no internal word."""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select

from models import codes
from models.appeal import Appeal
from models.codes import Code
from models.dictionary import DictItem
from models.neighbor import Chief
from services import access
from services.appeals import appeal_flow
from services.access import Permission
from services.appeals.appeal_flow import APPEAL_FLOW
from tests.support.street import build_street
from tests.support.visitor import Page

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SYSTEM = access.system("430181002")
STAFF = ("丙领导", "丁干部", "戊调解", "己兼职", "庚律师", "辛律师", "壬邻长", "管理员", "带班领导某", "平安法治办主任某")
OTHERS = ("甲某某", "乙某某", "13800000001", "138****0001", "只有他自己知道的事", "13900000009")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def street(office):
    """The small street with somebody else's appeal in it."""
    with office() as session:
        build_street(session)
        session.add(DictItem(id="channel:online", dictionary="dictionary:channel", code="online", name="网上"))
        area = session.scalar(select(Chief.area_id))
        other = Appeal(words="只有他自己知道的事", channel="channel:qr", area_id=area, name="甲某某", mobile="13900000009")
        appeal_flow.enter(session, other, SYSTEM, datetime.now(UTC))


def inside_words() -> set[str]:
    """Codes of statuses and rights as the program writes them; words that English reads too are left to the page check."""
    kinds = [kind for kind in vars(codes).values() if isinstance(kind, type) and issubclass(kind, Code) and kind is not Code]
    found = {code.value for kind in kinds for code in kind} | {p.value for p in Permission}
    return {word for word in found if "_" in word or ":" in word}


def wrongs(page: Page) -> list[str]:
    """What must not be read on a public page. Ids stand in hidden fields and addresses, never in what is shown."""
    shown = " ".join([page.text, *(words for words, _ in page.shown)])
    found = [name for name in (*STAFF, *OTHERS, *inside_words(), "None", "Traceback") if name in shown]
    # Nobody is signed in here, so forms carry a key of their own instead of a token.
    return found + ID.findall(shown) + [fault for fault in page.faults() if "without token" not in fault]


def walk(client, start: list[str]) -> dict[str, list[str]]:
    waiting, seen, bad = deque(start), set(start), {}
    while waiting:
        address = waiting.popleft()
        page = Page(client.get(address).text, address, 200)
        if wrongs(page):
            bad[address] = wrongs(page)
        for _, href in page.links:
            target = urljoin(address, href)
            if target.startswith("/") and urlsplit(target).path not in {urlsplit(a).path for a in seen} and not target.startswith("/static"):
                seen.add(target)
                waiting.append(target)
    return bad


def test_no_public_page_shows_what_is_inside(street, client):
    assert walk(client, ["/q/", "/q/430181002001", "/track/", "/guide/", "/q/nowhere"]) == {}


def test_no_answer_to_what_is_sent_shows_what_is_inside(street, client, office):
    answers = {}

    def send(name: str, address: str, **data) -> str:
        answer = client.post(address, data=data)
        answers[name] = wrongs(Page(answer.text, address, answer.status_code))
        return answer.text

    key = "01900000-0000-7000-8000-000000000077"
    send("nothing told", "/q/430181002001/contact", key=key, words="")
    send("told", "/q/430181002001/contact", key=key, words="楼道灯坏了")
    send("wrong number", "/q/430181002001/send", key=key, words="楼道灯坏了", mobile="1")
    send("no key", "/q/430181002001/send", key="x", words="楼道灯坏了")
    receipt = send("kept", "/q/430181002001/send", key=key, words="楼道灯坏了")
    assert "查询码" in receipt, receipt
    number, code = re.findall(r'<dd class="big">(\d+)</dd>', receipt)
    pair = {"no": number, "code": code}
    send("wrong pair", "/track/", no=number, code="0")
    send("tracked", "/track/", **pair)
    send("not a step", "/track/act", verb="answer", **pair)
    send("added", "/track/act", verb="add", words="二楼", **pair)
    with office() as session:
        appeal = session.scalar(select(Appeal).where(Appeal.appeal_no == number))
        APPEAL_FLOW.take(session, "take", appeal, SYSTEM, datetime.now(UTC), note="内部：请丁干部去")
        APPEAL_FLOW.take(session, "answer", appeal, SYSTEM, datetime.now(UTC), told="已换灯泡", note="内部：丁干部换的")
    send("answered", "/track/", **pair)
    send("confirmed", "/track/act", verb="confirm", satisfaction="satisfied", **pair)
    assert {name: found for name, found in answers.items() if found} == {}
