"""The guide and the flows inside the console."""

from __future__ import annotations

import pytest

from admin_views.help import GUIDE, drawing, topics
from models.codes import UrgeStatus
from services.flows import FLOWS
from services.coordination.urges import URGE_FLOW
from tests.support.builders import build_user
from tests.support.visitor import Visitor

ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def reader(office, client, sign_in) -> Visitor:
    """Somebody who may do nothing but sign in."""
    with office() as session:
        build_user(session, "reader", [], is_scoped=False)
    return Visitor(sign_in(client, "reader"))


@ONE
def test_everybody_is_led_to_the_guide_from_any_page(reader):
    reader.open("/admin/")
    assert "Ctrl+K" in reader.follow("使用说明").text


@ONE
def test_every_page_of_the_guide_opens_without_a_fault(reader):
    for name in topics():
        page = reader.open(f"/admin/help/?topic={name}")
        assert page.headings == [topics()[name].title]


@ONE
def test_every_flow_is_drawn_without_a_fault(reader):
    for flow in FLOWS:
        page = reader.open(f"/admin/help/flow/?name={flow.name}")
        assert all(step.label in page.text for step in flow.steps)
        assert page.html.count('<td role="cell" class="main"') == len(flow.steps)


@ONE
@pytest.mark.parametrize("address", ["/admin/help/?topic=x", "/admin/help/?topic=../decisions", "/admin/help/flow/?name=x"])
def test_a_page_that_is_not_there_is_not_found(reader, address):
    assert reader.open(address).status == 404


def test_no_file_of_the_guide_is_left_out():
    assert set(topics()) == {path.stem for path in GUIDE.glob("*.md")}


def test_a_step_is_drawn_from_where_it_starts_to_where_it_leads():
    column = {state["label"]: state["x"] for state in drawing(URGE_FLOW)["states"]}
    for step, line in zip(URGE_FLOW.steps, drawing(URGE_FLOW)["steps"], strict=True):
        assert line["dots"] == [column[s.label] for s in UrgeStatus if s in step.sources]
        if step.target is not None:
            assert [end["x"] for end in line["ends"]] == [column[step.target.label]]
