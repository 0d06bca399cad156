"""Bulk work over HTTP: what is ticked, what is foreseen, what is done, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from models.area import Area
from models.case import Case
from models.codes import CaseStatus, HouseholdUse
from models.household import Household
from models.mediation import Mediator
from extensions import db
from services import access
from services.background import jobs
from services.cases import case_flow
from services.keeping import bulk, bulk_deeds, records
from services.due_dates import local_day
from services.cases.case_flow import CASE_FLOW
from tests.conftest import csrf_token
from tests.support.builders import build_user, case_facts
from tests.support.office import CLERK, HANDLER, LEDGER, OFFICE, build_office
from tests.support.visitor import Page, Visitor


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


@pytest.fixture
def clerk(world, client, sign_in):
    return Visitor(sign_in(client, CLERK))


@pytest.fixture
def homes(office, world):
    """The ids of the households J001 to J012, in order."""
    with office() as session:
        wanted = select(Household.id).where(Household.household_no.startswith("J")).order_by(Household.household_no)
        return session.scalars(wanted).all()


def post(visitor, name, ids=(), entity="household", **more) -> Page:
    """Send the bulk form of a list, as its script does for ticked rows."""
    token = csrf_token(visitor.client.get("/password").text)
    data = {"csrf_token": token, "id": list(ids), "all": "", "query": ""} | more
    return visitor._take(visitor.client.post(f"/admin/{entity}/bulk/{name}/", data=data), f"/admin/{entity}/bulk/{name}/")


def preview_rented(visitor, ids, **more):
    post(visitor, "edit", ids, **more)
    return visitor.send("下一步", bulk_set=["use"], use="rented")


def uses(office, ids):
    with office() as session:
        return [session.get(Household, ("430181002", i)).use for i in ids]


def test_the_list_offers_what_the_clerk_may_do(clerk):
    page = clerk.open("/admin/household/")
    assert all(word in page.text for word in ("批量修改", "批量删除")) and "批量停用" not in page.text


def test_a_reader_is_offered_nothing_and_may_do_nothing(world, homes, client, sign_in):
    reader = Visitor(sign_in(client, LEDGER))
    assert not any(f"批量{what}" in reader.open("/admin/household/").text for what in ("修改", "删除", "停用"))
    assert [post(reader, name, homes[:1]).status for name in ("edit", "delete", "archive", "assign", "x")] == [403] * 5


def test_two_rows_are_changed_after_a_preview(clerk, homes, office):
    page = preview_rented(clerk, homes[:2])
    assert "将修改 2 条" in page.text and "自住 → 改为 出租" in page.text
    assert uses(office, homes[:2]) == [HouseholdUse.OWNER] * 2
    assert "已修改 2 条" in clerk.send("确定修改 2 条").text
    assert uses(office, homes[:3]) == [HouseholdUse.RENTED, HouseholdUse.RENTED, HouseholdUse.OWNER]


def test_all_that_match_the_list_are_changed(clerk, homes, office, world):
    page = preview_rented(clerk, [], all="1", query="search=J0")
    assert "将修改 12 条" in page.text
    assert clerk.send("确定修改 12 条").address.endswith("/admin/household/?search=J0")
    assert uses(office, homes) == [HouseholdUse.RENTED] * 12
    assert uses(office, [world.east_household.id]) == [HouseholdUse.OWNER]


def test_the_flash_leads_to_the_operation_and_back(clerk, homes, office):
    preview_rented(clerk, homes[:2])
    clerk.send("确定修改 2 条")
    page = clerk.follow("查看这次操作")
    assert all(words in page.text for words in ("批量修改住户：居住状态", "数据录入员某", "2 条", "自住 → 改为 出租"))
    assert "已恢复 2 条" in clerk.send("撤销这次操作").text
    assert uses(office, homes[:2]) == [HouseholdUse.OWNER] * 2


def test_rows_changed_since_are_listed_when_undoing_and_a_second_time_is_not_offered(clerk, homes, office):
    preview_rented(clerk, homes[:2])
    clerk.send("确定修改 2 条")
    address = clerk.follow("查看这次操作").address
    with office() as session:
        session.get(Household, ("430181002", homes[0])).use = HouseholdUse.VACANT
    page = clerk.send("撤销这次操作")
    assert "已恢复 1 条；1 条没有恢复" in page.text and "“居住状态”之后又改过" in page.text
    page = clerk.open(address)
    assert "撤销了这次操作" in page.text and not any("撤销" in words for f in page.forms for words in f.labels)


def test_a_row_changed_since_the_preview_shows_the_preview_again(clerk, homes, office):
    preview_rented(clerk, homes[:2])
    with office() as session:
        session.get(Household, ("430181002", homes[0])).note = "独居"
    page = clerk.send("确定修改 2 条")
    assert (page.status, "有的记录已被别人修改" in page.text) == (409, True)
    assert uses(office, homes[:2]) == [HouseholdUse.OWNER] * 2
    assert "已修改 2 条" in clerk.send("确定修改 2 条").text


def test_a_row_that_has_the_value_is_left_out_with_the_reason(clerk, homes, office):
    with office() as session:
        session.get(Household, ("430181002", homes[0])).use = HouseholdUse.RENTED
    page = preview_rented(clerk, homes[:2])
    assert "将修改 1 条" in page.text and "1 条：已经是这个内容，不用修改" in page.text


def test_nothing_ticked_to_change_is_told(clerk, homes):
    post(clerk, "edit", homes[:2])
    page = clerk.send("下一步", use="rented")
    assert (page.status, "请至少勾选一项要修改的内容" in page.text) == (422, True)


def test_a_value_that_must_not_be_empty_is_told_at_its_field(clerk, homes):
    post(clerk, "edit", homes[:2])
    page = clerk.send("下一步", bulk_set=["use"], use="")
    assert (page.status, "请填写居住状态" in page.text) == (422, True)


def test_an_attribute_that_is_not_offered_is_not_written(clerk, homes, office):
    post(clerk, "edit", homes[:1], bulk_step="preview", bulk_set=["mobile", "use"], mobile="13900000009", use="rented")
    clerk.send("确定修改 1 条")
    with office() as session:
        row = session.get(Household, ("430181002", homes[0]))
        assert (row.mobile, row.use) == ("15400000001", HouseholdUse.RENTED)


def test_nothing_chosen_leads_back_with_a_sentence(clerk):
    page = post(clerk, "edit")
    assert (page.status, "还没有选择记录" in page.text) == (422, True)


def test_the_address_alone_leads_to_the_list(clerk):
    assert clerk.open("/admin/household/bulk/edit/").address.endswith("/admin/household/")


def test_rows_are_deleted_and_come_back(clerk, homes, office):
    page = post(clerk, "delete", homes[:3])
    assert "将删除 3 条" in page.text and "移入回收站" in page.text
    assert "已删除 3 条" in clerk.send("确定删除 3 条").text
    clerk.follow("查看这次操作")
    assert "已恢复 3 条" in clerk.send("撤销这次操作").text
    assert uses(office, homes[:3]) == [HouseholdUse.OWNER] * 3


def test_a_row_in_use_is_left_out_of_a_deletion(clerk, homes, world):
    page = post(clerk, "delete", [homes[0], world.east_household.id])
    assert "将删除 1 条" in page.text and "1 条：还被1条案件使用，不能删除" in page.text


def test_mediators_are_put_out_of_use_and_in_again(clerk, world, office):
    page = post(clerk, "archive", [world.part_timer.id], entity="mediator")
    assert "是 → 改为 否" in page.text
    clerk.send("确定停用 1 条")
    with office() as session:
        assert session.get(Mediator, ("430181002", world.part_timer.id)).is_active is False


def test_a_clerk_of_one_community_reaches_no_row_of_another(world, homes, office, client, sign_in):
    with office() as session:
        build_user(session, "xili", ["household:view", "household:edit"], area_id=world.west.id)
    visitor = Visitor(sign_in(client, "xili"))
    page = preview_rented(visitor, homes[:2])
    assert "没有可以修改的记录" in page.text and "2 条已被删除，或不在您的负责范围内" in page.text
    page = preview_rented(visitor, [], all="1", query="")
    assert "将修改 1 条" in page.text and "乙** 西里社区1号" in page.text


def test_somebody_else_does_not_find_the_operation(clerk, homes, world, office, app, sign_in):
    preview_rented(clerk, homes[:2])
    clerk.send("确定修改 2 条")
    address = clerk.follow("查看这次操作").address
    with office() as session:
        build_user(session, "xili", ["household:view", "household:edit"], area_id=world.west.id)
    client = sign_in(app.test_client(), "xili")
    assert client.get(address).status_code == 404
    sent = {"csrf_token": csrf_token(client.get("/password").text), "id": address.rsplit("=", 1)[1]}
    assert client.post("/admin/batch/undo/", data=sent).status_code == 404
    assert uses(office, homes[:2]) == [HouseholdUse.RENTED] * 2


def test_accounts_and_roles_are_not_changed_in_bulk(world, office, client, sign_in):
    with office() as session:
        build_user(session, "anquan", ["user:view", "user:edit", "user:delete", "role:view", "role:edit"], is_scoped=False)
    visitor = Visitor(sign_in(client, "anquan"))
    assert 'id="bulk"' not in visitor.client.get("/admin/user/").text
    assert post(visitor, "archive", ["01900000-0000-7000-8000-000000000099"], entity="user").status == 403


@pytest.fixture
def accepted(office, world):
    """Two accepted cases beside the one that is only registered."""
    with office() as session:
        me, at = access.system("430181002"), session.info["now"]
        day = local_day(at)
        found = [case_flow.register(session, me, at, **case_facts(world, received_on=day, occurred_on=None)) for _ in range(2)]
        for case in found:
            CASE_FLOW.take(session, "accept", case, me, at)
    return [case.id for case in found]


def test_cases_are_assigned_together_and_the_rest_told(world, accepted, office, client, sign_in):
    visitor = Visitor(sign_in(client, OFFICE))
    post(visitor, "assign", entity="case", all="1")
    page = visitor.send("下一步", worker=world.mediator.id)
    assert "将交办 2 条" in page.text and "现在是“已登记”，不能分流交办" in page.text
    assert "已交办 2 条" in visitor.send("确定交办 2 条").text
    with office() as session:
        rows = [session.get(Case, ("430181002", i)) for i in accepted]
        assert [(c.status, c.handler_id) for c in rows] == [(CaseStatus.ASSIGNED, world.mediator.id)] * 2
    page = visitor.follow("查看这次操作")
    assert "批量分流交办" in page.text and "已恢复 2 条" in visitor.send("撤销这次操作").text
    with office() as session:
        assert [session.get(Case, ("430181002", i)).status for i in accepted] == [CaseStatus.ACCEPTED] * 2


def test_an_order_to_nobody_is_told_for_every_case(world, accepted, client, sign_in):
    visitor = Visitor(sign_in(client, OFFICE))
    post(visitor, "assign", entity="case", ids=accepted)
    page = visitor.send("下一步")
    assert "请选择承办单位或承办人" in page.text and "没有可以交办的记录" in page.text


def test_somebody_who_may_not_dispatch_may_not_assign(world, accepted, client, sign_in):
    assert post(Visitor(sign_in(client, CLERK)), "assign", accepted, entity="case").status == 403


def test_nothing_is_told_of_work_that_is_not_under_way(clerk):
    assert clerk.client.get("/admin/household/bulk-progress/?of=x").json == {"done": 0, "count": 0}


def test_the_page_that_waits_hears_how_far_the_work_has_come(clerk, office):
    from admin_views import progress
    from models.user import User

    with office() as session:
        me = session.scalars(select(User.id).where(User.username == CLERK)).one()
    with progress.told(f"{me}:abc", 40) as tell:
        tell(7)
        found = clerk.client.get("/admin/household/bulk-progress/?of=abc").json
    assert found == {"done": 7, "count": 40}


def test_a_wrong_batch_is_not_found(clerk):
    assert [clerk.open(f"/admin/batch/?id={i}").status for i in ("x", "01900000-0000-7000-8000-000000000099")] == [404, 404]


def test_the_operations_are_listed_with_their_size(clerk, homes, office):
    preview_rented(clerk, homes[:2])
    clerk.send("确定修改 2 条")
    page = clerk.open("/admin/batch/")
    assert all(words in page.text for words in ("批量修改住户：居住状态", "住户 2 数据录入员某"))


def test_a_colleague_of_the_same_list_finds_it_but_nobody_else(clerk, homes, world, app, sign_in):
    preview_rented(clerk, homes[:2])
    clerk.send("确定修改 2 条")
    others = [Visitor(sign_in(app.test_client(), who)).open("/admin/batch/").text for who in (OFFICE, HANDLER)]
    assert ["批量修改住户" in text for text in others] == [True, False]


def test_the_history_of_a_record_leads_to_the_operation(clerk, homes):
    preview_rented(clerk, homes[:2])
    clerk.send("确定修改 2 条")
    clerk.open(f"/admin/household/details/?id={homes[0]}")
    assert "2 条" in clerk.follow("这是一次批量操作，查看全部").text


def test_areas_can_be_looked_up_on_the_bulk_form(clerk, homes, office, world):
    post(clerk, "edit", homes[:1])
    area_id = clerk.look_up("neighborhood", "西里社区/第1片")
    clerk.send("下一步", bulk_set=["neighborhood"], neighborhood=area_id)
    clerk.send("确定修改 1 条")
    with office() as session:
        area = session.get(Area, ("430181002", session.get(Household, ("430181002", homes[0])).neighborhood_id))
        assert area.full_name == "西里社区/第1片/第1组/第1邻"


def test_every_action_of_every_list_opens(world, office, console, client, sign_in):
    """Shared lists and rosters of one table too; a list without rows says that nothing can be done."""
    everything = sorted(p for group in access.permission_labels().values() for p in group)
    with office() as session:
        build_user(session, "keeper", everything, is_scoped=False)
    visitor, opened = Visitor(sign_in(client, "keeper")), {}
    for view in console.extensions["entity_views"].values():
        for kind in view.bulk_kinds:
            entity = view.slug.replace("_", "-")
            status = post(visitor, kind.name, entity=entity, all="1").status
            opened.setdefault(status, set()).add((entity, kind.name))
    assert set(opened) == {200, 403}
    assert {entity for entity, name in opened[403] if name == "delete"} == {"worker"}  # it has no list of its own
    assert {("dict-item", "archive"), ("unit", "delete"), ("workday", "edit"), ("division", "delete")} <= opened[200]


# ---- more than a request can write ----------------------------------------------------


@pytest.fixture
def few(monkeypatch):
    """A request writes five rows at most, and the worker five in a transaction."""
    for deed in bulk_deeds.DEEDS.values():
        monkeypatch.setattr(deed, "most", 5)
        monkeypatch.setattr(deed, "size", 5)
    monkeypatch.setattr(bulk, "MOST_DELETED", 5)
    monkeypatch.setattr(bulk, "MOST_STEPS", 5)


def work(app):
    with app.app_context():
        jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), Path(app.config["CONSOLE"].instance) / "jobs")


def test_many_rows_are_changed_by_the_worker_and_set_back(few, clerk, homes, office, app):
    page = preview_rented(clerk, [], all="1", query="search=J0")
    assert "将修改 12 条" in page.text and "确定后在后台分批处理" in page.text
    clerk.send("确定修改 12 条")
    work(app)
    assert "修改12条" in clerk.open("/admin/jobs/").text
    assert uses(office, homes) == [HouseholdUse.RENTED] * 12
    clerk.open("/admin/batch/")
    page = clerk.follow("批量修改住户：居住状态")
    assert "12 条" in page.text and "自住 → 改为 出租" in page.text
    clerk.send("撤销这次操作")
    work(app)
    assert uses(office, homes) == [HouseholdUse.OWNER] * 12


def test_other_rows_than_were_shown_are_not_changed_by_the_worker(few, clerk, homes, office, app):
    preview_rented(clerk, [], all="1", query="search=J0")
    clerk.send("确定修改 12 条")
    with office() as session:
        records.delete(session, session.get(Household, ("430181002", homes[0])))
        session.commit()
    work(app)
    assert "符合条件的记录已经变了" in clerk.open("/admin/jobs/").text
    assert uses(office, homes[1:]) == [HouseholdUse.OWNER] * 11
