"""The first path through the console, over HTTP, by people who know only what the pages show."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from openpyxl import load_workbook

from services.due_dates import local_day
from tests.support.office import CLERK, HANDLER, LEDGER, OFFICE, build_office
from tests.support.visitor import Visitor


@pytest.fixture
def world(office):
    with office() as session:
        return build_office(session)


@pytest.fixture
def arrive(app, sign_in):
    """Somebody signs in, in a browser of their own: `arrive(CLERK)`."""
    return lambda username: Visitor(sign_in(app.test_client(), username))


@pytest.fixture
def today(office):
    with office() as session:
        return local_day(session.info["now"])


def new_neighbourhood(clerk: Visitor, world) -> str:
    """The clerk adds the second neighbourhood of the group; gives its id."""
    clerk.open("/admin/area/new/")
    page = clerk.send("保存", name="第2邻", kind="neighborhood", parent=world.east_neighborhood.parent_id)
    assert "东里社区/第1片/第1组/第2邻" in page.text
    return re.search(r"id=([0-9a-f-]{36})", page.address).group(1)


def new_chief(clerk: Visitor, area: str, **changes):
    clerk.open("/admin/chief/new/")
    answers = {"name": "壬某某", "area": area, "mobile": "15400000099", "started_on": "2026-01-05"} | changes
    return clerk.send("保存", **answers)


def case_id(visitor: Visitor) -> str:
    return re.search(r"/admin/case/details/\?id=([0-9a-f-]{36})", visitor.page.html).group(1)


def dispatch(office: Visitor, world, **answers):
    """The office accepts the waiting case at the desk and gives it to the mediator."""
    office.open("/admin/dispatch-desk/")
    office.send("受理")
    return office.send("分流交办", worker=world.mediator.id, **answers)


def team(office: Visitor, case: str, world, **changes):
    office.open(f"/admin/team-desk/?case={case}")
    seats = {"leader": world.leader.id, "mediator": world.mediator.id, "lawyer": world.lawyer.id, "staff": world.clerk.id}
    return office.send("专班", **seats | changes)


def test_a_clerk_adds_a_neighbour_chief(world, arrive):
    clerk = arrive(CLERK)
    page = new_chief(clerk, new_neighbourhood(clerk, world))
    assert all(word in page.text for word in ("壬某某", "邻长", "在任", "154****0099"))


def test_a_chief_with_a_bad_number_is_refused_and_nothing_typed_is_lost(world, arrive):
    clerk = arrive(CLERK)
    page = new_chief(clerk, new_neighbourhood(clerk, world), mobile="12345", note="会说客家话")
    assert "手机号码应为11位数字" in page.text
    kept = clerk.form("保存").fields
    assert (kept["name"], kept["mobile"], kept["note"]) == (["壬某某"], ["12345"], ["会说客家话"])


def test_a_second_chief_of_a_neighbourhood_is_refused_with_the_way_out(world, arrive):
    clerk = arrive(CLERK)
    area = new_neighbourhood(clerk, world)
    new_chief(clerk, area)
    assert "已有在任邻长壬某某。换人请打开" in new_chief(clerk, area, name="子某某", mobile="15400000098").text


def test_a_clerk_moves_six_households_to_the_new_chief(world, arrive):
    clerk = arrive(CLERK)
    area = new_neighbourhood(clerk, world)
    new_chief(clerk, area)
    clerk.open(f"/admin/area-loads/restructure/?id={world.east_neighborhood.id}")
    chosen = clerk.form("调整").boxes["household"][:6]
    assert "已调整6户" in clerk.send("调整", household=chosen, target=area).text
    assert "6 条" in clerk.open(f"/admin/household/?neighborhood={area}").text


def test_moving_without_a_place_is_refused_and_the_ticks_stay(world, arrive):
    clerk = arrive(CLERK)
    clerk.open(f"/admin/area-loads/restructure/?id={world.east_neighborhood.id}")
    chosen = clerk.form("调整").boxes["household"][:3]
    page = clerk.send("调整", household=chosen)
    assert "请选择调整到哪个邻，或填写新邻的名称" in page.text
    assert clerk.form("调整").fields["household"] == chosen


def test_the_office_gives_a_waiting_case_a_due_date(world, arrive, today):
    office = arrive(OFFICE)
    assert "办理成功：分流交办" in dispatch(office, world, due_on=str(today + timedelta(days=2))).text
    page = office.open("/admin/case/?status=assigned")
    assert "东里社区/第1片/第1组/第1邻" in page.text and "戊调解" in page.text


def test_an_order_to_nobody_is_refused_and_what_was_typed_stays(world, arrive):
    office = arrive(OFFICE)
    office.open("/admin/dispatch-desk/")
    office.send("受理")
    page = office.send("分流交办", demand="三日内到现场", worker="")
    assert "请选择承办单位或承办人，至少一个" in page.text
    assert office.form("分流交办").fields["demand"] == ["三日内到现场"]


def test_a_day_in_the_past_is_refused(world, arrive, today):
    assert "反馈期限不能早于今天" in dispatch(arrive(OFFICE), world, due_on=str(today - timedelta(days=1))).text


def test_two_people_at_one_case_the_second_is_told(world, arrive):
    first, second = arrive(OFFICE), arrive(OFFICE)
    for office in (first, second):
        office.open("/admin/dispatch-desk/")
    first.send("受理")
    page = second.send("受理")
    assert page.status == 409 and "别人" in page.text


def test_a_complete_team_is_assembled(world, arrive):
    office = arrive(OFFICE)
    dispatch(office, world)
    case = case_id_of_list(office)
    assert "专班已保存" in team(office, case, world).text


def case_id_of_list(visitor: Visitor) -> str:
    visitor.open("/admin/case/")
    return case_id(visitor)


def test_a_second_lawyer_is_refused_with_the_reason(world, arrive):
    office = arrive(OFFICE)
    dispatch(office, world)
    page = team(office, case_id_of_list(office), world, lawyer=[world.lawyer.id, world.second_lawyer.id])
    assert page.status == 422 and "律师只能有一名，现在选了2名，请只留一名" in page.text


def test_a_team_without_a_mediator_is_refused_with_the_reason(world, arrive):
    office = arrive(OFFICE)
    dispatch(office, world)
    page = team(office, case_id_of_list(office), world, mediator=[])
    assert page.status == 422 and "还缺专岗调解员" in page.text


def test_a_refused_team_keeps_the_choices_and_the_plan(world, arrive):
    office = arrive(OFFICE)
    dispatch(office, world)
    team(office, case_id_of_list(office), world, mediator=[], plan="先稳情绪，再议赔偿")
    form = office.form("专班")
    assert (form.fields["lawyer"], form.fields["plan"]) == ([world.lawyer.id], ["先稳情绪，再议赔偿"])


def feed_back(handler: Visitor, case: str, words: str):
    handler.open(f"/admin/case/details/?id={case}")
    handler.follow("反馈")
    return handler.send("反馈", feedback=words)


def test_the_handler_sees_only_what_was_given_to_her(world, arrive):
    handler = arrive(HANDLER)
    before = handler.open("/admin/case/").text
    dispatch(arrive(OFFICE), world)
    assert ("楼上漏水" in before, "楼上漏水" in handler.open("/admin/case/").text) == (False, True)


def test_the_handler_feeds_back(world, arrive):
    office, handler = arrive(OFFICE), arrive(HANDLER)
    dispatch(office, world)
    page = feed_back(handler, case_id_of_list(office), "双方同意各修一半")
    assert "已反馈" in page.text and "双方同意各修一半" in page.text


def test_an_empty_feedback_is_refused(world, arrive):
    office, handler = arrive(OFFICE), arrive(HANDLER)
    dispatch(office, world)
    assert "请填写办理情况" in feed_back(handler, case_id_of_list(office), " ").text


def close(office: Visitor, case: str, **changes):
    office.open(f"/admin/case/details/?id={case}")
    office.follow("办结")
    answers = {"outcome": "resolved", "result": "楼上已做防水", "tier": "community", "is_informed": "yes", "informed_how": "phone",
               "root_cause": "root_cause:facility"}
    return office.send("办结", **answers | changes)


def test_the_office_closes_the_case(world, arrive):
    office, handler = arrive(OFFICE), arrive(HANDLER)
    dispatch(office, world)
    case = case_id_of_list(office)
    feed_back(handler, case, "双方同意各修一半")
    page = close(office, case)
    assert "已办结" in page.text and "楼上已做防水" in page.text


def test_closing_without_telling_the_citizen_is_refused_and_the_words_stay(world, arrive):
    office, handler = arrive(OFFICE), arrive(HANDLER)
    dispatch(office, world)
    case = case_id_of_list(office)
    feed_back(handler, case, "双方同意各修一半")
    page = close(office, case, is_informed="no")
    assert "办结前须把结果告知当事人" in page.text
    assert office.form("办结").fields["result"] == ["楼上已做防水"]


def export(admin: Visitor, address: str, **answers):
    admin.open(address)
    file, name = admin.download("导出", **answers)
    return [[cell.value for cell in row] for row in load_workbook(file).worksheets[0].iter_rows()], name


def test_the_exported_ledger_has_the_values_of_the_case(world, arrive, today):
    office, handler = arrive(OFFICE), arrive(HANDLER)
    dispatch(office, world)
    case = case_id_of_list(office)
    feed_back(handler, case, "双方同意各修一半")
    close(office, case)
    columns = ["case_no", "subject", "kind", "category", "status", "outcome", "received_on", "handler"]
    (heads, row), name = export(arrive(LEDGER), "/admin/case/export/", columns=columns)
    # In the order in which they were asked for.
    assert heads == ["编号", "事由", "类型", "类别", "状态", "办理结果", "收到日期", "责任人"]
    assert [*row[1:6], row[6].date(), row[7]] == [
        "楼上漏水引发的邻里纠纷", "矛盾纠纷", "邻里", "已办结", "解决", today, "戊调解",
    ]  # fmt: skip
    assert row[0] == f"集里〔{today.year}〕00001号" and re.fullmatch(r"案件_\d{8}_\d{4}\.xlsx", name)


def test_the_exported_roster_has_numbers_as_masked_text(world, arrive):
    columns = ["household_no", "head_name", "mobile"]
    rows, name = export(arrive(LEDGER), "/admin/household/export/?search=J007", columns=columns)
    assert rows == [["户号", "户主", "联系电话"], ["J007", "癸某某", "154****0007"]] and name.startswith("住户_")


def test_a_clear_export_needs_a_reason(world, arrive):
    admin = arrive(LEDGER)
    admin.open("/admin/household/export/?search=J007")
    assert "明文导出请写明事由" in admin.send("导出", columns=["mobile"], clear="y").text


def test_a_clear_export_has_the_whole_number_and_is_recorded(world, arrive, office):
    from sqlalchemy import select

    from models.audit import AccessEvent
    from models.codes import AccessKind

    rows, _ = export(
        arrive(LEDGER), "/admin/household/export/?search=J007", columns=["mobile"], clear="y", reason="上报政法委"
    )
    with office() as session:
        kept = session.scalars(select(AccessEvent).where(AccessEvent.kind == AccessKind.EXPORT_CLEAR)).one()
        seen = (kept.reason, kept.row_count, kept.entity_label)
    assert (rows[1], seen) == (["15400000007"], ("上报政法委", 1, "住户"))


def test_days_are_real_dates_in_the_sheet(world, arrive, today):
    rows, _ = export(arrive(LEDGER), "/admin/case/export/", columns=["received_on"])
    assert rows[1][0] == datetime.combine(today, time())
