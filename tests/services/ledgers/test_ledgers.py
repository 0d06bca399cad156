"""Ledgers: the office's layouts, what each reader sees in them, periods, places, and the way of every export."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from models.audit import AccessEvent
from models.case import Assignment
from models.case_codes import TerminateReason
from models.clock import Clock
from models.codes import AssignmentStatus, CaseKind, CaseOutcome, CaseStatus, ClockState, CommitteeKind, JobStatus, PartyRole
from models.dictionary import DictItem
from models.inspection import Inspection
from models.job import Job
from models.ledger import Ledger
from models.mediation import Committee
from models.mediation_codes import AgreementForm, AgreementState
from models.settlement import AgreementItem, MediationAgreement
from seeds.base import _ledgers
from services import access, colleagues, ledgers, parameters
from services.background import jobs
from services.keeping import records
from services.lists import exports
from services.errors import Denied, Refused
from services.lists.export_flow import EXPORT_FLOW
from tests.conftest import NOW, ServiceSession
from tests.support.builders import build_chief, build_user, build_world, raw_case, raw_party

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SYSTEM = access.system("430181002")
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def world(session):
    world = build_world(session)
    items = {"dictionary:dictionary", "dictionary:ledger_source"}
    session.add(DictItem(id="dictionary:ledger_source", dictionary="dictionary:dictionary", code="ledger_source", name="台账数据来源"))
    session.add_all(
        DictItem(id=f"ledger_source:{code}", dictionary="dictionary:ledger_source", code=code, name=name)
        for code, name in ledgers.choices().items() if code not in items
    )
    session.flush()
    return world


@pytest.fixture
def layouts(session, world) -> dict[str, Ledger]:
    """The layouts that ship with the product, saved through their rules."""
    rows = {given["name"]: Ledger(**given) for given in _ledgers()}
    for row in rows.values():
        records.save(session, row, SYSTEM, NOW)
    return rows


def lines(session, row, actor=SYSTEM, period=MARCH, **options) -> list[tuple]:
    """The rows of the workbook below its two lines of titles, without empty cells at the end."""
    wanted = ledgers.export_of(session, row, actor, NOW, since=period[0], until=period[1], **options)
    file = io.BytesIO()
    exports.write(session, wanted, actor, NOW, file)
    return list(load_workbook(io.BytesIO(file.getvalue())).worksheets[0].iter_rows(min_row=3, values_only=True))


def user(session, name, *permissions, **facts):
    return colleagues.actor_of(session, build_user(session, name, list(permissions), **{"is_scoped": False} | facts).id)


def named(rows, heading):
    """The values under a heading (of one row or two)."""
    at = next(i for row in rows[:2] for i, cell in enumerate(row) if cell == heading)
    return [row[at] for row in rows]


# ---- layouts ------------------------------------------------------------------------


def test_nine_layouts_ship_and_each_gives_a_dated_ledger_without_a_single_row(session, layouts):
    assert list(layouts) == [
        "矛盾纠纷排查化解台账", "信访事项台账", "分流交办清单", "督办清单", "超时环节清单", "人民调解案件统计", "三长花名册", "调解员名册",
        "责任书签订情况",
    ]  # fmt: skip
    for name in ("矛盾纠纷排查化解台账", "信访事项台账", "分流交办清单", "督办清单", "超时环节清单"):
        assert "本月无" in [row[0] for row in lines(session, layouts[name])], name


def test_a_dispute_has_its_parties_its_place_and_how_it_stands(session, world, layouts):
    case = raw_case(session, world, due_on=date(2026, 3, 1))
    raw_party(session, case)
    raw_party(session, case, name="乙某某", role=PartyRole.RESPONDENT)
    rows = lines(session, layouts["矛盾纠纷排查化解台账"])
    assert [named(rows, h)[2] for h in ("申请人", "被申请人", "村社区", "纠纷类别", "是否超期")] == ["甲某某", "乙某某", "东里社区", "邻里", "超期1天"]


def test_the_month_and_the_kind_narrow_it(session, world, layouts):
    raw_case(session, world, case_no="一", received_on=date(2026, 2, 28))
    raw_case(session, world, case_no="二", received_on=date(2026, 3, 31))
    raw_case(session, world, case_no="三", kind=CaseKind.PETITION)
    assert named(lines(session, layouts["矛盾纠纷排查化解台账"]), "编号")[2:3] == ["二"]
    assert named(lines(session, layouts["信访事项台账"]), "编号")[2:3] == ["三"]


def test_an_order_shows_its_case_and_an_area_narrows_it_by_the_case(session, world, layouts):
    case = raw_case(session, world)
    session.add(Assignment(
        case_id=case.id, unit_id=world.justice.id, status=AssignmentStatus.OPEN, due_on=date(2026, 3, 9), due_reason="-", assigned_at=NOW
    ))  # fmt: skip
    session.flush()
    found = lines(session, layouts["分流交办清单"], area_id=world.east.id)
    assert [named(found, h)[1] for h in ("案件编号", "承办单位", "村社区", "是否超期")] == [case.case_no, "司法所", "东里社区", "未到期"]
    assert "本月无" in [row[0] for row in lines(session, layouts["分流交办清单"], area_id=world.west.id)]


def test_the_roster_of_chiefs_is_grouped_by_community_in_the_order_of_places(session, world, layouts):
    build_chief(session, world.west_neighborhood, "西邻长")
    build_chief(session, world.east_neighborhood, "东邻长")
    rows = lines(session, layouts["三长花名册"])
    assert [row[0] for row in rows[1:5]] == ["东里社区（1）", 1, "西里社区（1）", 1]
    assert named(rows, "姓名")[2::2][:2] == ["东邻长", "西邻长"]
    assert (named(rows, "联系户数")[2], rows[0][-1], rows[2][-1]) == (1, "签名", None)


def test_a_late_step_of_the_month_is_listed_whether_it_runs_or_has_ended(session, world, layouts):
    case = raw_case(session, world, lead_unit_id=world.justice.id)
    for due, stopped in ((date(2026, 3, 1), None), (date(2026, 2, 27), None), (date(2026, 3, 1), NOW)):
        session.add(Clock(
            case_id=case.id, term_id="divert" if stopped else "consult", name="会商调解", starts_on=date(2026, 2, 20), due_on=due, due_reason="-",
            state=ClockState.MET if stopped else ClockState.RUNNING, stopped_at=stopped, part="x", part_id=case.id if due.month == 3 else None,
        ))  # fmt: skip
    session.flush()
    rows = lines(session, layouts["超时环节清单"])
    assert sorted(named(rows, "状态")[1:3]) == ["在办超期", "已办结但超期"] and named(rows, "超期（天）")[1:3] == [1, 1]


# ---- the statistics of committees ---------------------------------------------------


def test_the_statistics_count_closed_disputes_at_the_committee_they_belong_to(session, world, layouts):
    wide = Committee(name="集里街道人民调解委员会", kind=CommitteeKind.SUBDISTRICT, area_id=world.root.id)
    session.add(wide)
    closed = {"status": CaseStatus.CLOSED, "closed_at": NOW}
    by_agreement = raw_case(session, world, case_no="一", outcome=CaseOutcome.RESOLVED, handler_id=world.mediator.id, **closed)
    raw_case(session, world, case_no="二", outcome=CaseOutcome.TERMINATED, terminate_reason=TerminateReason.APART, category="dispute_category:02.01", **closed)
    raw_case(session, world, case_no="三", outcome=CaseOutcome.RESOLVED, area_id=world.root.id, channel="channel:qr", **closed)
    for name, role in (("甲某某", PartyRole.APPLICANT), ("乙某某", PartyRole.RESPONDENT), ("丙某某", PartyRole.WITNESS)):
        raw_party(session, by_agreement, name=name, role=role)
    agreement = MediationAgreement(
        case_id=by_agreement.id, committee_id=world.mediator.committee_id, mediator_id=world.mediator.id, form=AgreementForm.ORAL,
        facts="-", disputed="-", drafted_on=date(2026, 3, 1), status=AgreementState.PERFORMED, agreement_no="1", effective_on=date(2026, 3, 1),
    )  # fmt: skip
    session.add(agreement)
    session.flush()
    party = raw_party(session, by_agreement, name="丁某某", role=PartyRole.THIRD)
    session.add(AgreementItem(agreement_id=agreement.id, obligor_id=party.id, what="赔偿", amount=Decimal("300.50")))
    session.flush()
    for day, times, prevented in ((2, 3, 1), (28, 1, 0)):
        entered = {"inspection_count": times, "prevented_count": prevented}
        session.add(Inspection(committee_id=world.mediator.committee_id, inspected_on=date(2026, 3, day), **entered))
    session.flush()
    rows = lines(session, layouts["人民调解案件统计"])
    assert [named(rows, heading)[2:4] for heading in ("排查次数", "预防纠纷")] == [[None, 4], [None, 1]]
    at = {heading: named(rows, heading)[2:5] for heading in ("案件总数", "涉及当事人数", "调解成功数", "协议涉及金额（元）", "邻里", "口头", "履行案件数", "专职", "兼职")}
    assert named(rows, "人民调解委员会")[2:5] == ["集里街道人民调解委员会", "东里社区人民调解委员会", "合计"]
    assert [value[:2] for value in at.values()] == [[1, 2], [0, 3], [1, 1], [0, 300.5], [1, 2], [0, 1], [0, 1], [0, 1], [0, 1]]


# ---- what a reader sees -------------------------------------------------------------


def test_numbers_are_masked_and_shown_in_clear_only_with_right_and_reason(session, world, layouts):
    build_chief(session, world.east_neighborhood)
    clerk = user(session, "clerk", "chief:view", "chief:export", "personal:name", "personal:export")
    plain = user(session, "plain", "chief:view", "chief:export")
    roster = layouts["三长花名册"]
    assert [named(lines(session, roster, who), h)[2] for who in (clerk, plain) for h in ("姓名", "联系电话")] == [
        "壬邻长", "138****0021", "壬**", "138****0021",
    ]  # fmt: skip
    assert named(lines(session, roster, clerk, is_clear=True, reason="上报浏阳市"), "联系电话")[2] == "13800000021"
    with pytest.raises(Denied):
        lines(session, roster, plain, is_clear=True, reason="上报浏阳市")


def test_a_ledger_shows_nobody_more_than_the_list_does(session, world, layouts):
    raw_case(session, world, case_no="东")
    raw_case(session, world, case_no="西", area_id=world.west_neighborhood.id, household_id=None)
    western = user(session, "western", "case:view", "case:export", area_id=world.west.id, is_scoped=True)
    access.bind(session, western, NOW)
    assert named(lines(session, layouts["矛盾纠纷排查化解台账"], western), "编号")[2:4] == ["西", "合计"]


def test_who_may_not_export_the_rows_cannot_fetch_the_ledger(session, world, layouts):
    reader = user(session, "reader", "ledger:view", "case:view")
    assert ledgers.all_of(session, reader, NOW) == []
    with pytest.raises(Denied):
        lines(session, layouts["矛盾纠纷排查化解台账"], reader)


def test_columns_of_a_case_stay_empty_for_who_may_not_open_cases(session, world, layouts):
    case = raw_case(session, world)
    session.add(Assignment(
        case_id=case.id, unit_id=world.justice.id, status=AssignmentStatus.OPEN, due_on=date(2026, 3, 9), due_reason="-", assigned_at=NOW
    ))  # fmt: skip
    session.flush()
    blind = user(session, "blind", "case:export")
    found = lines(session, layouts["分流交办清单"], blind)
    assert (named(found, "案件编号")[1], named(found, "承办单位")[1]) == (None, "司法所")


# ---- the way of every export --------------------------------------------------------


def test_a_large_ledger_waits_for_leave_and_is_made_as_a_job_that_is_logged(session, world, layouts, tmp_path):
    build_chief(session, world.east_neighborhood)
    clerk = user(session, "clerk", "chief:view", "chief:export", "personal:export", "personal:name")
    chief = user(session, "chief", "chief:view", "export:approve")
    parameters.change(session, {"export_clear_rows": 0}, SYSTEM, NOW)
    wanted = ledgers.export_of(session, layouts["三长花名册"], clerk, NOW, is_clear=True, reason="上报浏阳市")
    assert wanted.count(session, clerk, NOW) > exports.most_without_leave(session, wanted)
    request = exports.ask(session, wanted, clerk, NOW, 1)
    EXPORT_FLOW.take(session, "approve", request, chief, NOW)
    opened = lambda: ServiceSession(session.connection(), autoflush=False, join_transaction_mode="create_savepoint")  # noqa: E731
    jobs.run_waiting(opened, lambda: NOW, tmp_path)
    session.expire_all()
    job = session.scalars(select(Job)).one()
    log = session.scalars(select(AccessEvent).where(AccessEvent.file_hash.is_not(None))).one()
    rows = list(load_workbook(io.BytesIO((tmp_path / "kept" / job.id).read_bytes())).worksheets[0].iter_rows(min_row=3, values_only=True))
    assert (job.status, job.file_name, named(rows, "联系电话")[2]) == (JobStatus.DONE, "三长花名册_20260302_0900.xlsx", "13800000021")
    assert (log.row_count, log.detail, log.reason, log.file_hash) == (1, "台账“三长花名册”，截至2026年3月2日", "上报浏阳市", job.file_hash)


# ---- designs ------------------------------------------------------------------------


def redesign(session, row, *keys, **changes):
    given = {"query": row.query, "dated_by": row.dated_by, "group_by": row.group_by, "is_by_place": row.is_by_place} | changes
    ledgers.redesign(session, row, [{"key": key} for key in keys], **given, actor=SYSTEM, now=NOW)


def test_columns_come_as_designed_and_blank_ones_as_often_as_wanted(session, world, layouts):
    raw_case(session, world)
    row = layouts["矛盾纠纷排查化解台账"]
    redesign(session, row, "subject", "blank", "serial", "blank", "handler.name")
    assert lines(session, row)[:2] == [
        ("事由", "空白（手填）", "序号", "空白（手填）", "姓名"), ("楼上漏水引发的邻里纠纷", None, 1, None, None),
    ]  # fmt: skip


@pytest.mark.parametrize("keys, changes", [
    (("nothing",), {}), (("subject", "subject"), {}), (("subject",), {"group_by": "nothing"}), (("subject",), {"dated_by": "subject"}),
])  # fmt: skip
def test_a_design_names_only_what_its_source_offers(session, layouts, keys, changes):
    with pytest.raises(Refused):
        redesign(session, layouts["矛盾纠纷排查化解台账"], *keys, **changes)


def test_a_ledger_keeps_its_source(session, layouts):
    row = layouts["调解员名册"]
    row.source = "ledger_source:case"
    with pytest.raises(Refused, match="数据来源保存后不能改"):
        records.save(session, row, SYSTEM, NOW)


def test_an_export_carries_the_moment_by_which_an_import_sees_what_has_changed_since(session, world, tmp_path):
    from formats import reading

    path = tmp_path / "export"
    with path.open("wb+") as file:
        exports.write(session, exports.Export("household", {}, ("household_no", "address")), SYSTEM, NOW, file)
    with reading.opened(path, "住户.xlsx") as upload:
        assert upload.exported_at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
