"""Two dispatchers, one case, at the same moment, over real sockets: one wins, the other is told and loses nothing."""

from __future__ import annotations

import threading
from datetime import date
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, build_opener

import pytest
from sqlalchemy import func, select

from models.case import Assignment, Case, CaseEvent
from models.codes import CaseStatus
from services.access import Permission
from tests.conftest import PASSWORD, csrf_token
from tests.support.builders import build_user, build_world, raw_case

RACES = 50
WORDS = "请三日内到现场"


class Staying(HTTPRedirectHandler):
    """What an order leads to is another page's matter."""

    def redirect_request(self, *_args):
        return None


class Dispatcher:
    """Somebody signed in over HTTP, who sends orders."""

    def __init__(self, url: str, username: str):
        self.url, self.opener = url, build_opener(HTTPCookieProcessor(CookieJar()), Staying())
        token = csrf_token(self._open("/sign-in")[1])
        self._open("/sign-in", {"username": username, "password": PASSWORD, "csrf_token": token})
        self.token = csrf_token(self._open("/password")[1])

    def order(self, case_id: str, unit_id: str) -> tuple[int, str]:
        sent = {"csrf_token": self.token, "lock_version": "1", "unit": unit_id, "demand": WORDS}
        return self._open(f"/admin/dispatch-desk/?case={case_id}&verb=assign", sent)

    def _open(self, path: str, sent: dict | None = None) -> tuple[int, str]:
        try:
            with self.opener.open(self.url + path, urlencode(sent).encode() if sent else None) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def desk(office, live_server, set_password):
    """(case ids, unit id, two dispatchers)."""
    with office() as session:
        world = build_world(session)
        wanted = [Permission.CASE_DISPATCH.value, "case:view", "unit:view"]
        for name in ("left", "right"):
            build_user(session, name, wanted, is_scoped=False)
        now = session.info["now"]
        cases = [
            raw_case(session, world, case_no=f"赛{n:02d}", status=CaseStatus.ACCEPTED, accepted_at=now, due_on=date(2030, 1, 2)).id
            for n in range(RACES)
        ]
        unit = world.justice.id
    for name in ("left", "right"):
        set_password(name)
    return cases, unit, [Dispatcher(live_server, name) for name in ("left", "right")]


def race(case_id: str, unit_id: str, people: list[Dispatcher]) -> list[tuple[int, str]]:
    start, answers = threading.Barrier(2), []

    def run(person: Dispatcher) -> None:
        start.wait()
        answers.append(person.order(case_id, unit_id))

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_fifty_races_have_fifty_winners_and_fifty_who_are_told(desk, office):
    cases, unit, people = desk
    ends = [race(case, unit, people) for case in cases]
    assert {tuple(code for code, _ in answers) for answers in ends} == {(302, 409)}
    losers = [page for answers in ends for code, page in answers if code == 409]
    assert [page for page in losers if "别人" not in page or WORDS not in page] == []
    with office() as session:
        owners = session.scalar(select(func.count()).select_from(Case).where(Case.status == CaseStatus.ASSIGNED))
        orders = session.scalar(select(func.count()).select_from(Assignment))
        events = session.scalar(select(func.count()).select_from(CaseEvent).where(CaseEvent.verb == "assign"))
    assert (owners, orders, events) == (RACES, RACES, RACES)
