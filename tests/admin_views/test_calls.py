"""From a case to a whistle, an urge, a supervision; and from a complaint in a follow-up to what is done about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.case import Case
from models.case_codes import NoticeChannel
from models.codes import CaseOutcome, CaseStatus, Tier
from models.follow_up import FollowUp
from models.supervision import Supervision
from services import access
from services.cases.case_flow import CASE_FLOW
from services.mediation.follow_ups import FOLLOW_UP_FLOW
from tests.support.office import OFFICE, build_office
from tests.support.visitor import Visitor

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SYSTEM = access.system("430181002")


@pytest.fixture
def visitor(office, client, sign_in) -> Visitor:
    with office() as session:
        world = build_office(session)
        case, now = session.scalar(select(Case)), session.info["now"]
        CASE_FLOW.take(session, "accept", case, SYSTEM, now)
        CASE_FLOW.take(session, "assign", case, SYSTEM, now, unit=world.justice)
    return Visitor(sign_in(client, OFFICE))


@pytest.fixture
def complaint(office, visitor) -> str:
    """A closed case whose citizen says that nothing was done; the id of the case."""
    with office() as session:
        case, now = session.scalar(select(Case)), session.info["now"]
        CASE_FLOW.take(session, "feed_back", case, SYSTEM, now, feedback="已修复")
        CASE_FLOW.take(
            session, "close", case, SYSTEM, now, outcome=CaseOutcome.RESOLVED, result="已修复", root_cause="root_cause:facility",
            tier=Tier.COMMUNITY, is_informed=True, informed_how=NoticeChannel.PHONE,
        )  # fmt: skip
        FOLLOW_UP_FLOW.take(session, "record", session.scalar(select(FollowUp)), SYSTEM, now + timedelta(hours=1), words="没有修好", is_performed=False)
        return case.id


def test_the_case_page_begins_a_supervision_with_the_case_and_who_answers_for_it(office, visitor):
    with office() as session:
        case_id = session.scalar(select(Case.id))
    page = visitor.open(f"/admin/case/details/?id={case_id}")
    assert [label for label, _ in page.links if label in ("吹哨", "催办", "督办", "批示联办")][-4:] == ["吹哨", "催办", "督办", "批示联办"]
    visitor.open(f"/admin/supervision/new/?case={case_id}")
    visitor.send("督办", demand="三日内落实")
    with office() as session:
        row = session.scalar(select(Supervision))
        assert (row.case_id, row.unit.name, row.demand) == (case_id, "司法所", "三日内落实")
    page = visitor.open(f"/admin/case/details/?id={case_id}")
    assert "集里督" in page.text and "待回复" in page.text


def test_a_complaint_leads_from_the_in_tray_to_both_ways_and_supervising_settles_it(office, visitor, complaint):
    home = visitor.open("/admin/")
    line = next(label for label, _ in home.links if "协议没有履行" in label)
    page = visitor.follow(line)
    labels = [label for label, _ in page.links]
    assert "重新办理" in labels and "督办" in labels and "请决定怎么办" in page.text
    visitor.open(next(address for label, address in page.links if label == "督办" and "case=" in address))
    visitor.send("督办")
    assert "协议没有履行，请重新办理或督办" not in visitor.open("/admin/").text


def test_a_complaint_opens_the_case_again_in_two_clicks(office, visitor, complaint):
    visitor.open("/admin/")
    visitor.follow(next(label for label, _ in visitor.page.links if "协议没有履行" in label))
    visitor.follow("重新办理")
    visitor.send("重新办理")
    with office() as session:
        assert session.get(Case, ("430181002", complaint)).status is CaseStatus.ACCEPTED
    assert "协议没有履行，请重新办理或督办" not in visitor.open("/admin/").text


def test_who_owes_what_is_chosen_from_the_parties_of_the_case(office, visitor):
    with office() as session:
        case_id = session.scalar(select(Case.id))
    page = visitor.open(f"/admin/mediation-agreement/new/?case={case_id}")
    assert "<option" in (box := page.html.split("谁履行")[1][:900]) and "甲某某" in box
