"""The in-tray on the home page tells what asks for an answer from what is only to be read."""

from __future__ import annotations

import pytest

from models.user import User
from services import inbox
from sqlalchemy import select
from tests.support.builders import build_user
from tests.support.office import build_office
from tests.support.visitor import Visitor

# The screens do not depend on the database.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

READER = "kanhu"
KINDS = {"team": "进了专班", "asked": "请回话", inbox.ASKED: "审批导出"}


@pytest.fixture
def tray(office, app, sign_in):
    """The in-tray page of somebody into whose tray lines of these kinds were put."""

    def show(*kinds):
        with office() as session:
            world = build_office(session)
            build_user(session, READER, ["household:view"])
            reader = session.scalars(select(User).where(User.username == READER)).one()
            for kind in kinds:
                due = session.info["now"].date() if kind == "asked" else None
                inbox.put(session, world.east_household, kind, KINDS[kind], reader, session.info["now"], due_on=due)
        return Visitor(sign_in(app.test_client(), READER)).open("/admin/inbox/").text

    return show


def test_what_is_only_to_be_read_stands_under_a_heading_of_its_own(tray):
    page = tray("team", "asked")
    places = [page.index(words) for words in ("等您答复", "请回话", "请您知悉，点开即销", "进了专班")]
    assert places == sorted(places)


def test_nothing_is_headed_as_waiting_for_an_answer_when_all_is_only_to_be_read(tray):
    assert "等您答复" not in tray("team")


def test_what_a_colleague_asks_leave_for_stands_before_matters_that_are_due(tray):
    page = tray("asked", inbox.ASKED)
    assert page.index("审批导出") < page.index("请回话")
