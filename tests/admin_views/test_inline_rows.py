"""Owned parts are filled in on the form of their owner, row by row, with or without script."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, select

from extensions import db
from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.audit import AuditEvent
from models.case import Case, CaseParty
from models.codes import CommitteePost, PartyRole
from models.household import Household, HouseholdMember
from models.mediation import Mediator
from services.access import permission_labels
from tests.support.builders import build_user, called, build_world, raw_case, raw_party
from tests.support.visitor import Visitor

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

EVERYTHING = sorted(p for group in permission_labels().values() for p in group)
MASKED = [p for p in EVERYTHING if not p.startswith("personal:")]
CASE = {
    "subject": "楼上漏水", "kind": "dispute", "category": "dispute_category:02", "channel": "channel:window",
    "summary": "楼下顶棚发霉", "received_on": "2026-03-02",
}  # fmt: skip


@pytest.fixture
def world(office):
    with office() as session:
        world = build_world(session)
        build_user(session, "keeper", EVERYTHING, is_scoped=False)
        build_user(session, "masked", MASKED, is_scoped=False)
        build_user(session, "reporter", ["case:view", "case:create", "case:register", "personal:name"], is_scoped=False)
    return world


@pytest.fixture
def keeper(world, client, sign_in) -> Visitor:
    return Visitor(sign_in(client, "keeper"))


@pytest.fixture
def case(world, office):
    """A case with two parties."""
    with office() as session:
        row = raw_case(session, world)
        raw_party(session, row)
        raw_party(session, row, name="乙某某", role=PartyRole.RESPONDENT, mobile="13800000002")
    return row


@pytest.fixture
def parties(office):
    """The parties as they lie in the database: {name: (role, mobile)}."""

    def read() -> dict:
        with office() as session:
            found = session.scalars(select(CaseParty).order_by(CaseParty.id))
            return {p.name: (p.role.value, p.mobile) for p in found}

    return read


def party(number: int, name: str, role: str, **facts: str) -> dict[str, str]:
    return {f"case_party-{number}-{key}": value for key, value in {"name": name, "role": role, **facts}.items()}


def new_case(world) -> dict[str, str]:
    return CASE | {"area": world.east.id}


def edit(case) -> str:
    return f"/admin/case/edit/?id={case.id}"


# ---- a new record with its parts ----------------------------------------------------------------


def test_a_new_form_offers_three_empty_rows(keeper):
    keeper.open("/admin/case/new/")
    shown = {name for name in keeper.form("保存").fields if re.fullmatch(r"case_party-\d+-name", name)}
    assert shown == {"case_party-0-name", "case_party-1-name", "case_party-2-name"}


def test_the_row_a_script_copies_is_named_like_the_others_and_never_stored(world, keeper, parties):
    page = keeper.open("/admin/case/new/")
    template = re.search(r"<template.*?</template>", page.html, re.S)[0]
    assert 'name="case_party-__n__-name"' in template and 'id="f-case_party-__n__-name"' in template
    fields = keeper.form("保存").fields | new_case(world) | {"case_party-__n__-name": "样板", "case_party-__n__-role": "witness"}
    assert keeper.client.post(page.address, data=fields).status_code == 302
    assert parties() == {}


def test_a_case_with_two_parties_is_one_form(world, keeper, parties):
    keeper.open("/admin/case/new/")
    page = keeper.send("保存", **new_case(world), **party(0, "丁某某", "applicant", mobile="13800000077"), **party(2, "戊某某", "respondent"))
    assert (page.status, "丁某某" in page.text) == (200, True)
    assert parties() == {"丁某某": ("applicant", "13800000077"), "戊某某": ("respondent", None)}


def test_rows_left_empty_are_nobody(world, keeper, parties):
    keeper.open("/admin/case/new/")
    keeper.send("保存", **new_case(world))
    assert parties() == {}


def test_a_row_that_is_half_filled_is_told_at_its_box_and_nothing_is_stored(world, keeper, office, parties):
    keeper.open("/admin/case/new/")
    page = keeper.send("保存", **new_case(world), **party(1, "丁某某", "", mobile="123"))
    assert page.status == 422
    assert "当事人 1 身份：请填写身份" in page.text and "当事人 1 联系电话：手机号码应为11位数字" in page.text
    assert (keeper.form("保存").fields["case_party-1-name"], keeper.form("保存").fields["case_party-1-mobile"]) == (["丁某某"], ["123"])
    with office() as session:
        assert session.scalar(select(Case.id)) is None


def test_a_rule_of_the_part_is_told_at_its_row_and_nothing_is_stored(world, keeper, office, parties):
    keeper.open("/admin/case/new/")
    page = keeper.send("保存", **new_case(world), **party(0, "丁某某", "applicant"), **party(1, "丁某某", "applicant"))
    assert page.status == 422 and "当事人 2：已有相同“案件、姓名或名称、身份”的当事人" in page.text
    with office() as session:
        assert session.scalar(select(Case.id)) is None


def test_a_goal_is_held_to_its_own_rule(world, keeper, office):
    keeper.open("/admin/responsibility-agreement/new/")
    page = keeper.send(
        "保存", unit=world.justice.id, year="2026", party_a=world.leader.id, due_on="2026-03-31",
        **{"responsibility_goal-0-content": "化解率95%", "responsibility_goal-0-owner": world.clerk.id,
           "responsibility_goal-0-due_on": "2026-12-31", "responsibility_goal-0-progress": "100"},
    )  # fmt: skip
    assert "责任目标 1 完成情况：进度填100%时，请写明完成情况" in page.text
    page = keeper.send("保存", **{"responsibility_goal-0-progress": "0"})
    with office() as session:
        goal = session.scalar(select(ResponsibilityGoal))
        assert goal.agreement_id == session.scalar(select(ResponsibilityAgreement.id))


def test_whoever_may_only_register_may_name_the_parties_too(world, client, sign_in, parties):
    reporter = Visitor(sign_in(client, "reporter"))
    reporter.open("/admin/case/new/")
    reporter.send("保存", **new_case(world), **party(0, "丁某某", "reporter"))
    assert parties() == {"丁某某": ("reporter", None)}


def test_a_look_up_of_a_row_is_answered_by_the_part(world, keeper):
    page = keeper.open("/admin/case/new/")
    urls = re.findall(r'data-url="([^"]+)"', page.html)
    assert "/admin/case-party/lookup/?field=household" in urls
    found = keeper.client.get("/admin/case-party/lookup/?field=household&query=东里社区1号").json["results"]
    assert [one["id"] for one in found] == [world.east_household.id]


# ---- changing and removing ----------------------------------------------------------------------


def test_an_edit_form_shows_the_parts_and_one_empty_row(case, keeper):
    keeper.open(edit(case))
    fields = keeper.form("保存").fields
    names = [fields[f"case_party-{n}-name"][0] for n in range(3)]
    assert (names, "case_party-3-name" in fields) == (["甲某某", "乙某某", ""], False)


def test_a_part_is_changed_one_removed_and_one_added_at_once(case, keeper, parties):
    keeper.open(edit(case))
    keeper.send(
        "保存", **{"case_party-0-name": "甲大某", "case_party-1-removed": "1"}, **party(2, "丙某某", "witness")
    )  # fmt: skip
    assert parties() == {"甲大某": ("applicant", "13800000001"), "丙某某": ("witness", None)}


def test_a_new_row_may_take_the_place_of_a_removed_one(case, keeper, parties):
    keeper.open(edit(case))
    keeper.send("保存", **{"case_party-0-removed": "1"}, **party(2, "甲某某", "applicant", mobile="13800000099"))
    assert parties()["甲某某"] == ("applicant", "13800000099")


def test_a_changed_row_may_take_the_place_of_a_removed_one_below_it(case, keeper, parties):
    keeper.open(edit(case))
    keeper.send("保存", **{"case_party-0-name": "乙某某", "case_party-0-role": "respondent", "case_party-1-removed": "1"})
    assert parties() == {"乙某某": ("respondent", "13800000001")}


def test_a_changed_goal_is_held_to_its_own_rule(world, office, keeper):
    with office() as session:
        agreement = ResponsibilityAgreement(
            year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 3, 31)
        )
        session.add(agreement)
        session.flush()
        session.add(ResponsibilityGoal(
            agreement_id=agreement.id, content="化解率95%", owner_id=world.clerk.id, due_on=date(2026, 12, 31)
        ))  # fmt: skip
    keeper.open(f"/admin/responsibility-agreement/edit/?id={agreement.id}")
    page = keeper.send("保存", **{"responsibility_goal-0-progress": "100"})
    assert "责任目标 1 完成情况：进度填100%时，请写明完成情况" in page.text
    with office() as session:
        assert session.scalar(select(ResponsibilityGoal.progress)) == 0


def test_a_removed_row_is_not_asked_for_its_answers(case, keeper, parties):
    keeper.open(edit(case))
    keeper.send("保存", **{"case_party-0-removed": "1", "case_party-0-name": ""})
    assert set(parties()) == {"乙某某"}


def test_a_stored_part_is_not_removed_by_emptying_it(case, keeper, parties):
    keeper.open(edit(case))
    page = keeper.send("保存", **{"case_party-1-name": "", "case_party-1-mobile": ""})
    assert "当事人 2 姓名或名称：请填写姓名或名称" in page.text and set(parties()) == {"甲某某", "乙某某"}


def test_parts_that_are_not_sent_stay(case, keeper, parties, token):
    page = keeper.open(edit(case))
    fields = {k: v for k, v in keeper.form("保存").fields.items() if not k.startswith("case_party")}
    keeper.client.post(page.address, data=fields | {"subject": "改过"})
    assert set(parties()) == {"甲某某", "乙某某"}


def test_only_what_changed_is_in_the_trail(case, keeper, office):
    keeper.open(edit(case))
    keeper.send("保存", **{"case_party-1-name": "乙大某"})
    with office() as session:
        entries = session.scalars(select(AuditEvent).where(AuditEvent.user_name == called("keeper"))).all()
        assert [(e.entity, e.verb.value, set(e.changes)) for e in entries] == [("case_party", "update", {"name"})]


def test_a_masked_number_of_a_row_is_kept(case, client, sign_in, parties):
    visitor = Visitor(sign_in(client, "masked"))
    visitor.open(edit(case))
    fields = visitor.form("保存").fields
    assert (fields["case_party-0-mobile"], fields["case_party-0-name"]) == (["138****0001"], ["甲**"])
    visitor.send("保存", **{"case_party-0-address": "东里1号"})
    assert parties()["甲某某"] == ("applicant", "13800000001")


def test_a_part_of_another_record_cannot_be_named(case, world, office, keeper, parties):
    with office() as session:
        other = raw_party(session, raw_case(session, world, case_no="另一件"), name="外人")
    page = keeper.open(edit(case))
    fields = keeper.form("保存").fields | {"case_party-0-id": [other.id], "case_party-0-name": ["冒名"]}
    answer = keeper.client.post(page.address, data=fields)
    assert (answer.status_code, "外人" in parties(), "冒名" in parties()) == (409, True, False)


def test_whoever_may_not_delete_members_is_not_offered_it(world, office, client, sign_in):
    with office() as session:
        session.add(HouseholdMember(household_id=world.east_household.id, name="子某某"))
        build_user(session, "adder", ["household:view", "household:edit", "household_member:edit", "personal:name"], is_scoped=False)
    visitor = Visitor(sign_in(client, "adder"))
    page = visitor.open(f"/admin/household/edit/?id={world.east_household.id}")
    fields = visitor.form("保存").fields
    assert "household_member-0-name" in fields and "household_member-1-name" not in fields
    assert "household_member-0-removed" not in visitor.form("保存").boxes
    forged = visitor.client.post(page.address, data=fields | {"household_member-0-removed": "1"})
    assert forged.status_code == 422 and "您的角色没有这项权限" in forged.text
    with office() as session:
        assert session.scalar(select(HouseholdMember.name)) == "子某某"


def test_whoever_may_not_change_members_sees_none_on_the_form(world, office, client, sign_in):
    with office() as session:
        build_user(session, "looker", ["household:view", "household:edit", "household_member:view"], is_scoped=False)
    page = Visitor(sign_in(client, "looker")).open(f"/admin/household/edit/?id={world.east_household.id}")
    assert "household_member" not in page.html


# ---- two people ---------------------------------------------------------------------------------


def test_a_part_somebody_else_changed_is_not_overwritten(case, keeper, office, parties):
    keeper.open(edit(case))
    with office() as session:
        session.scalar(select(CaseParty).where(CaseParty.name == "乙某某")).mobile = "13900000000"
    page = keeper.send("保存", **{"case_party-1-name": "乙大某"})
    assert (page.status, parties()["乙某某"]) == (409, ("respondent", "13900000000"))
    assert "当事人 2 姓名或名称 乙某某 乙大某" in page.text
    keeper.send("保存")
    assert parties()["乙大某"] == ("respondent", "13900000000")  # the number was not touched here


def test_a_part_somebody_else_removed_comes_back_only_when_wanted(case, keeper, office, parties):
    keeper.open(edit(case))
    with office() as session:
        session.delete(session.scalar(select(CaseParty).where(CaseParty.name == "乙某某")))
    page = keeper.send("保存", **{"case_party-1-address": "西里"})
    assert (page.status, "当事人 2 已删除" in page.text, set(parties())) == (409, True, {"甲某某"})
    keeper.send("保存")
    assert set(parties()) == {"甲某某", "乙某某"}


def test_a_faulty_form_that_was_overtaken_is_told_that_first_and_the_fault_then(case, keeper, office):
    keeper.open(edit(case))
    with office() as session:
        session.get(Case, ("430181002", case.id)).place = "同事写的"
    assert keeper.send("保存", subject="").status == 409
    assert keeper.send("保存").status == 422
    keeper.send("保存", subject="补上")
    with office() as session:
        assert session.get(Case, ("430181002", case.id)).subject == "补上"


# ---- how many -----------------------------------------------------------------------------------


def test_twenty_rows_are_the_most(world, keeper, parties):
    page = keeper.open("/admin/case/new/")
    fields = keeper.form("保存").fields | new_case(world)
    for number in range(21):
        fields |= party(number, f"第{number}位", "third", kind="person")
    answer = keeper.client.post(page.address, data=fields)
    assert (answer.status_code, "当事人一次最多填20行" in answer.text, parties()) == (422, True, {})


def test_of_many_parts_the_first_twenty_are_shown_and_the_others_stay(world, office, keeper):
    with office() as session:
        for number in range(23):
            session.add(HouseholdMember(household_id=world.east_household.id, name=f"成员{number}", created_at=datetime.now(UTC)))
            session.flush()
    page = keeper.open(f"/admin/household/edit/?id={world.east_household.id}")
    assert "这里只列出前 20 行" in page.text and "household_member-20-name" not in keeper.form("保存").fields
    keeper.send("保存", note="改")
    with office() as session:
        assert session.get(Household, ("430181002", world.east_household.id)).note == "改"
        assert len(session.scalars(select(HouseholdMember)).all()) == 23


def test_more_parts_cost_no_more_statements(case, world, office, keeper):
    with keeper.client.application.app_context():
        console = db.engine

    def cost() -> int:
        sent = []

        def count(*args):
            sent.append(args[2])

        event.listen(console, "before_cursor_execute", count)
        try:
            keeper.open(edit(case))
        finally:
            event.remove(console, "before_cursor_execute", count)
        return len(sent)

    cost()
    two = cost()
    with office() as session:
        for number in range(12):
            raw_party(session, session.get(Case, ("430181002", case.id)), name=f"旁人{number}", role=PartyRole.WITNESS,
                      household_id=world.east_household.id)  # fmt: skip
    assert cost() <= two


# ---- members who are no parts ---------------------------------------------------------


def test_members_of_a_committee_are_edited_and_the_director_handed_over_on_its_form(world, office, keeper):
    with office() as session:
        committee = session.get(Mediator, ("430181002", world.mediator.id)).committee_id
        session.get(Mediator, ("430181002", world.mediator.id)).committee_post = CommitteePost.MEMBER
        session.get(Mediator, ("430181002", world.part_timer.id)).committee_post = CommitteePost.DIRECTOR
    keeper.open(f"/admin/committee/edit/?id={committee}")
    first, second = ("mediator-0", "mediator-1") if world.mediator.id < world.part_timer.id else ("mediator-1", "mediator-0")
    page = keeper.send("保存", **{f"{first}-committee_post": "director", f"{second}-committee_post": "member"})
    assert page.status == 200, page.text[:500]
    with office() as session:
        posts = [session.get(Mediator, ("430181002", m.id)).committee_post for m in (world.mediator, world.part_timer)]
    assert posts == [CommitteePost.DIRECTOR, CommitteePost.MEMBER]
