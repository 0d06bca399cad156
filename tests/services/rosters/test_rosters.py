"""A sheet adds and changes what it says, through the same rules as the form, whole or not at all."""

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, func, select

from formats import reading, sheets
from formats.reading import Row, Table
from models import describe
from models.area import Area
from models.audit import AuditEvent
from models.codes import AreaKind, ChiefKind, Employment, HouseholdUse
from models.department import DutyDay
from models.household import Household, HouseholdMember
from models.mediation import Mediator
from models.neighbor import Chief
from models.residence import Building, ResidentialArea
from services import access, rosters
from services.keeping import custom, records
from services.rosters import stored
from services.errors import Refused
from services.labels import dictionary_names
from services.lists.listing import Listing
from services.lists.queries import Query
from tests.support.builders import build_chief, build_user, build_world

EAST = "东里社区/第1片/第1组/第1邻"
ID_NUMBER = "430181199001010016"


@pytest.fixture
def world(session):
    return build_world(session)


def table(headings: str, *lines, is_masked=False) -> Table:
    return Table(headings.split(), [Row(number, list(line)) for number, line in enumerate(lines, 2)], is_masked)


def planned(session, entity, sheet: Table):
    return rosters.plan(session, entity, sheet, session.info["actor"], session.info["now"])


def imported(session, entity, sheet: Table):
    found = planned(session, entity, sheet)
    assert found.errors == []
    rosters.apply(session, entity, found, session.info["actor"], session.info["now"])
    session.expire_all()
    return found


def sentences(session, entity, sheet: Table) -> list[tuple]:
    return [(e.row_number, e.column_label, e.sentence) for e in planned(session, entity, sheet).errors]


def exported(session, entity, actor=None, is_clear=True) -> bytes:
    """The bytes of an export as the console makes it, all columns."""
    listing = Listing(session, entity, actor or session.info["actor"])
    chosen = list(describe(entity).values())
    portions = listing.every_portion(Query(), [d.name for d in chosen], dictionary_names(session), is_clear=is_clear)
    file = io.BytesIO()
    sheets.write(
        file, title=entity.__label__, columns=[sheets.column_of(d) for d in chosen],
        portions=(shown for shown, _ in portions), note="测试", is_masked=not is_clear,
    )  # fmt: skip
    return file.getvalue()


def household_of(session, number: str) -> Household:
    return session.scalars(select(Household).where(Household.household_no == number)).one()


def count(session, entity) -> int:
    return session.scalar(select(func.count()).select_from(entity))


HEADINGS = "户号 户主＊ 联系电话 所属邻 门牌地址＊ 居住状态"


# ---- adding and changing ------------------------------------------------------------


def test_a_new_household_is_added_with_what_the_sheet_says(session, world):
    found = imported(session, Household, table(HEADINGS, ["H900", "癸某某", "13800000099", EAST, "东里9号", "出租"]))
    row = household_of(session, "H900")
    assert (len(found.add), found.change, found.same) == (1, [], 0)
    assert (row.head_name, row.mobile, row.neighborhood_id, row.address) == (
        "癸某某", "13800000099", world.east_neighborhood.id, "东里9号",
    )  # fmt: skip


def test_a_code_is_read_by_its_label_and_by_its_value(session, world):
    label, value = HouseholdUse.OWNER.label, HouseholdUse.OWNER.value
    imported(session, Household, table("户号 户主 门牌地址 居住状态", ["H1", "甲", "1号", label], ["H2", "乙", "2号", value]))
    assert [household_of(session, n).use for n in ("H1", "H2")] == [HouseholdUse.OWNER, HouseholdUse.OWNER]


def test_a_household_without_a_number_is_numbered(session, world):
    imported(session, Household, table("户号 户主 门牌地址", [None, "癸某某", "东里9号"]))
    assert session.scalar(select(Household.household_no).where(Household.head_name == "癸某某")) == "H0000001"


def test_a_known_number_changes_that_household_and_empty_cells_keep_what_was(session, world):
    found = imported(session, Household, table(HEADINGS, ["H001", "甲某某", None, None, "东里100号", None]))
    row = household_of(session, "H001")
    assert (found.add, len(found.change), found.same) == ([], 1, 0)
    assert (row.address, row.mobile, row.neighborhood_id) == ("东里100号", "13800000001", world.east_neighborhood.id)


def test_every_imported_row_is_in_the_audit_trail(session, world):
    imported(session, Household, table("户号 户主 门牌地址", ["H901", "甲", "1号"], ["H902", "乙", "2号"]))
    written = select(func.count()).where(AuditEvent.entity == "household", AuditEvent.record_label.in_(["1号", "2号"]))
    assert session.scalar(written) == 2


def test_planning_writes_nothing(session, world):
    before = count(session, Household), count(session, AuditEvent)
    planned(session, Household, table("户号 户主 门牌地址", ["H901", "甲", "1号"]))
    assert (count(session, Household), count(session, AuditEvent)) == before
    assert not session.new and not session.dirty


def test_text_that_looks_like_a_formula_is_kept_as_it_is(session, world):
    imported(session, Household, table("户号 户主 门牌地址", ["H901", "甲", "=1+1"]))
    assert household_of(session, "H901").address == "=1+1"


def test_numbers_of_excel_are_read_as_the_digits_they_show(session, world):
    imported(session, Household, table("户号 户主 门牌地址 联系电话 室号", [9001, "甲", "1号", 13800000099, 302]))
    row = household_of(session, "9001")
    assert (row.mobile, row.room_no) == ("13800000099", "302")


@pytest.mark.parametrize(
    "cell", [date(2026, 1, 31), datetime(2026, 1, 31), "2026-01-31", "2026/1/31", "2026.1.31", "2026年1月31日", 20260131, 46053]
)
def test_a_date_is_read_however_it_is_written(session, world, cell):
    imported(session, DutyDay, table("日期 带班领导", [cell, "丙领导"]))
    assert session.scalars(select(DutyDay.duty_on)).all() == [date(2026, 1, 31)]


def test_yes_and_no_are_read(session, world):
    imported(session, Chief, table("姓名 任职区域 联系电话 任职日期 党员", ["壬", EAST, "13800000021", "2025-01-01", "是"]))
    assert session.scalars(select(Chief.is_party_member)).all() == [True]


def test_an_alias_and_a_blank_in_a_heading_are_understood(session, world):
    imported(session, Household, Table(["户 号", "户主姓名＊", "地址*"], [Row(2, ["H901", "甲", "1号"])]))
    assert household_of(session, "H901").head_name == "甲"


def test_a_dictionary_item_is_read_by_name_and_by_code(session, world):
    sheet = table("住户 姓名 与户主关系", ["甲某某 东里社区1号", "小甲", "子女"], ["H002", "小乙", "child"])
    imported(session, HouseholdMember, sheet)
    assert session.scalars(select(HouseholdMember.relation)).all() == ["relation:child", "relation:child"]


def test_a_roster_that_shares_a_table_gets_its_own_kind(session, world):
    sheet = table("姓名 联系电话 所属调委会 专兼职", ["癸调解", "13800000031", "东里社区人民调解委员会", "专职"])
    sheet.rows[0].values[3] = Employment.DEDICATED.label
    imported(session, Mediator, sheet)
    assert session.scalar(select(Mediator.employment).where(Mediator.name == "癸调解")) is Employment.DEDICATED


# ---- references ---------------------------------------------------------------------


@pytest.mark.parametrize("words", ["甲某某 东里社区1号", "H001", "甲某某", "东里社区1号"])
def test_a_reference_is_found_by_title_key_or_part(session, world, words):
    imported(session, HouseholdMember, table("住户 姓名", [words, "小甲"]))
    assert session.scalars(select(HouseholdMember.household_id)).all() == [world.east_household.id]


def test_a_reference_to_nothing_is_an_error_that_says_what_to_fill_in(session, world):
    assert sentences(session, HouseholdMember, table("住户 姓名", ["无此户", "小甲"])) == [
        (2, "住户", "没有找到这个住户，请填住户的“户主 门牌地址”或“户号”")
    ]


def test_a_name_that_two_records_share_is_an_error(session, world):
    for number in ("H801", "H802"):
        session.add(Household(household_no=number, head_name="同名", address=f"{number}号"))
    session.flush()
    assert sentences(session, HouseholdMember, table("住户 姓名", ["同名", "小甲"])) == [
        (2, "住户", "有2个住户都叫这个名字，分不清是哪一个，请填住户的“户主 门牌地址”或“户号”")
    ]


def test_a_place_of_the_wrong_level_is_an_error(session, world):
    assert sentences(session, Household, table("户号 户主 门牌地址 所属邻", ["H9", "甲", "1号", "东里社区"])) == [
        (2, "所属邻", "只能填：邻")
    ]


def test_buildings_of_one_name_are_told_apart_by_the_residential_area(session, world):
    estates = [ResidentialArea(name=name, area_id=world.east.id) for name in ("河畔", "山前")]
    session.add_all(estates)
    session.flush()
    buildings = [Building(name="3栋", residential_area_id=estate.id) for estate in estates]
    session.add_all(buildings)
    session.flush()
    imported(session, Household, table("户号 户主 门牌地址 小区 楼栋", ["H9", "甲", "1号", "山前", "3栋"]))
    assert household_of(session, "H9").building_id == buildings[1].id


def test_references_take_the_same_number_of_queries_for_many_rows_as_for_one(session, world):
    dictionary_names(session)  # kept for the whole session
    custom.described(session, Household)
    lines = [[f"H{n}", "甲", "1号", EAST] for n in range(1000, 1300)]
    counted = []
    for wanted in (lines[:1], lines):
        statements = []
        listener = lambda *args, kept=statements: kept.append(args[2])  # noqa: E731
        event.listen(session.connection(), "before_cursor_execute", listener)
        planned(session, Household, table("户号 户主 门牌地址 所属邻", *wanted))
        event.remove(session.connection(), "before_cursor_execute", listener)
        counted.append(len(statements))
    assert counted[0] == counted[1]


# ---- what is refused ----------------------------------------------------------------


def test_one_wrong_row_of_two_hundred_is_named_and_nothing_is_written(session, world):
    lines = [[f"H{n}", "甲", f"{n}号", "13800000000"] for n in range(1000, 1200)]
    lines[120][3] = "1380000"
    before = count(session, Household)
    found = planned(session, Household, table("户号 户主 门牌地址 联系电话", *lines))
    assert [(e.row_number, e.column_label, e.value_masked) for e in found.errors] == [(122, "联系电话", "****00")]
    with pytest.raises(Refused):
        rosters.apply(session, Household, found, session.info["actor"], session.info["now"])
    assert count(session, Household) == before


def test_a_row_that_a_rule_refuses_is_named_and_nothing_is_written(session, world):
    lines = [[f"癸{n}", "13800000021", "2025-01-01", None, area] for n, area in ((1, EAST), (2, "西里社区/第1片"))]
    lines[1][3] = "2024-01-01"
    found = planned(session, Chief, table("姓名 联系电话 任职日期 卸任日期 任职区域", *lines))
    with pytest.raises(Refused) as no:
        rosters.apply(session, Chief, found, session.info["actor"], session.info["now"])
    assert [(e.row_number, e.column_label, e.value_masked, e.sentence) for e in no.value.rows] == [
        (3, "卸任日期", "2024-01-01", "卸任日期不能早于任职日期")
    ]
    assert count(session, Chief) == 0


def test_a_row_that_only_the_database_refuses_is_named(session, world):
    session.info["actor"] = access.system("430181002")
    east = access.Actor(None, "东里", "430181002", area_code=world.east.code)
    session.commit()
    access.bind(session, east, session.info["now"])
    found = planned(session, Household, table("户号 户主 门牌地址", ["H901", "甲", "1号"], ["H002", "乙", "2号"]))
    with pytest.raises(Refused) as no:
        rosters.apply(session, Household, found, east, session.info["now"])
    assert [(e.row_number, e.column_label, e.sentence) for e in no.value.rows] == [(3, "户号", "与已有的住户重复")]


def test_a_sheet_with_asterisks_is_refused(session, world):
    with pytest.raises(Refused, match="打了星号的"):
        planned(session, Household, table("户号 户主 门牌地址", ["H901", "甲", "1号"], is_masked=True))


def test_an_unknown_heading_is_refused_with_the_known_ones(session, world):
    with pytest.raises(Refused, match="不认识列名“门排”。可用的列名有：户号、户主、联系电话"):
        planned(session, Household, table("户号 户主 门排", ["H901", "甲", "1号"]))


def test_a_missing_heading_is_refused(session, world):
    with pytest.raises(Refused, match="缺少列：门牌地址"):
        planned(session, Household, table("户号 户主", ["H901", "甲"]))


def test_two_columns_for_one_thing_are_refused(session, world):
    with pytest.raises(Refused, match="“门牌地址”有两列"):
        planned(session, Household, table("户号 户主 地址 门牌", ["H901", "甲", "1号", "2号"]))


def test_cells_without_a_heading_are_refused(session, world):
    with pytest.raises(Refused, match="第4列没有列名，但第2行填了内容"):
        planned(session, Household, Table(["户号", "户主", "地址", ""], [Row(2, ["H901", "甲", "1号", "备注"])]))


def test_a_key_twice_in_the_sheet_names_the_first_row(session, world):
    sheet = table("户号 户主 门牌地址", ["H901", "甲", "1号"], ["H901", "乙", "2号"])
    assert sentences(session, Household, sheet) == [(3, "户号", "与第2行的“户号”相同，请只保留一行")]


def test_a_row_without_a_number_that_stands_twice_names_the_first(session, world):
    sheet = table("户号 户主 门牌地址", ["", "甲", "1号"], ["", "乙", "1号"], ["", "甲", "1号"])
    assert sentences(session, Household, sheet) == [(4, "户号", "与第2行的“门牌地址、户主”相同，请只保留一行；确是两条的，请填上户号")]


@pytest.mark.parametrize(
    ("heading", "cell", "sentence"),
    [
        ("户主身份证号", 430181199001010000.0, rosters.LOST),
        ("户主身份证号", "430181199001010012", "身份证号校验位不符，可能有一位输错，请对照证件核对"),
        ("联系电话", "138****0001", "这一格打了星号，请填写完整内容"),
        ("人口数", "51", "人口数不能大于50"),
        ("人口数", "三", "请填整数"),
        ("人口数", 2.5, "请填整数"),
        ("居住状态", "不明", "只能填：" + "、".join(m.label for m in HouseholdUse)),
        ("室号", "1" * 21, "最多20个字，现在21个"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_answered_with_what_to_do(session, world, heading, cell, sentence):
    sheet = table(f"户号 户主 门牌地址 {heading}", ["H901", "甲", "1号", cell])
    assert sentences(session, Household, sheet) == [(2, heading, sentence)]


def test_a_required_cell_left_empty_is_an_error_for_a_new_row(session, world):
    assert sentences(session, Household, table("户号 户主 门牌地址", ["H901", "甲", None])) == [(2, "门牌地址", "请填写门牌地址")]


def test_thousands_separators_are_read(session, world):
    sheet = table("户号 户主 门牌地址 人口数", ["H901", "甲", "1号", "1,000"])
    assert sentences(session, Household, sheet) == [(2, "人口数", "人口数不能大于50")]


# ---- masks, scopes, round trips -----------------------------------------------------


def test_a_masked_cell_of_a_known_record_keeps_what_is_stored(session, world):
    found = imported(session, Household, table("户号 户主 门牌地址 联系电话", ["H001", "甲**", "东里8号", "138****0001"]))
    row = household_of(session, "H001")
    assert [list(change.values) for change in found.change] == [["address"]]
    assert (row.head_name, row.mobile) == ("甲某某", "13800000001")


def test_a_mask_of_another_value_is_an_error(session, world):
    sheet = table("户号 户主 门牌地址 联系电话", ["H001", "甲某某", "东里社区1号", "138****9999"])
    assert sentences(session, Household, sheet) == [(2, "联系电话", "这一格打了星号，请填写完整内容")]


@pytest.mark.parametrize("entity", [Area, Household, HouseholdMember, Chief, Mediator, DutyDay, ResidentialArea, Building])
def test_an_export_that_comes_back_unchanged_changes_nothing(session, world, entity):
    estate = ResidentialArea(name="河畔", area_id=world.east.id, building_count=3)
    session.add(estate)
    session.flush()
    session.add_all([
        Building(name="3栋", residential_area_id=estate.id, is_elevator=True),
        HouseholdMember(household_id=world.east_household.id, name="小甲", relation="relation:child", birth_year=1990),
        DutyDay(duty_on=date(2026, 3, 2), leader_id=world.leader.id),
    ])  # fmt: skip
    past = build_chief(session, world.east_neighborhood, "前邻长")
    past.ended_on = date(2025, 6, 30)
    session.flush()
    build_chief(session, world.east_neighborhood, "现邻长")
    before = count(session, entity)
    found = planned(session, entity, reading.read(exported(session, entity), "导出.xlsx"))
    assert (found.errors, found.add, found.change, found.same) == ([], [], [], before)


def test_an_export_with_masked_names_in_references_changes_nothing(session, world):
    session.add(DutyDay(duty_on=date(2026, 3, 2), leader_id=world.leader.id))
    session.flush()
    blind = access.Actor(None, "无权看姓名", "430181002", is_scoped=False)
    access.bind(session, blind, session.info["now"])
    read = reading.read(exported(session, DutyDay), "导出.xlsx")
    assert read.rows[0].values[1] == "丙**"
    assert planned(session, DutyDay, read).same == 1


def test_a_masked_export_is_known_by_its_file(session, world):
    with pytest.raises(Refused, match="打了星号的"):
        planned(session, Household, reading.read(exported(session, Household, is_clear=False), "导出.xlsx"))


def test_somebody_elses_place_cannot_be_named(session, world):
    east = access.Actor(None, "东里", "430181002", area_code=world.east.code)
    access.bind(session, east, session.info["now"])
    sheet = table("户号 户主 门牌地址 所属邻", ["H9", "甲", "1号", "西里社区/第1片/第1组/第1邻"])
    assert sentences(session, Household, sheet) == [(2, "所属邻", "没有找到这个区域，请填区域的“全称”或“编码”")]


def test_the_chief_in_office_is_the_one_that_a_sheet_changes(session, world):
    past = build_chief(session, world.east_neighborhood, "前邻长")
    past.ended_on = date(2025, 6, 30)
    session.flush()
    build_chief(session, world.east_neighborhood, "现邻长")
    imported(session, Chief, table("姓名 任职区域 联系电话 任职日期", ["现邻长", EAST, "13900000000", "2025-01-01"]))
    found = session.execute(select(Chief.name, Chief.mobile).order_by(Chief.name)).all()
    assert found == [("前邻长", "13800000021"), ("现邻长", "13900000000")]


def test_a_rule_fills_in_what_the_sheet_does_not_ask(session, world):
    imported(session, Chief, table("姓名 任职区域 联系电话 任职日期", ["壬", EAST, "13800000021", "2025-01-01"]))
    assert session.scalars(select(Chief.kind)).all() == [ChiefKind.NEIGHBORHOOD]


def test_areas_are_added_below_each_other_row_by_row(session, world):
    group = "东里社区/第1片/第1组"
    imported(session, Area, table("名称 层级 上级", ["第2邻", "邻", group], ["第3邻", "邻", group]))
    added = select(Area.code).where(Area.name.in_(["第2邻", "第3邻"])).order_by(Area.code)
    assert session.scalars(added).all() == ["430181002001.001.001.002", "430181002001.001.001.003"]


def test_an_unknown_fixed_key_is_an_error(session, world):
    sheet = table("编码 名称 层级 上级", ["999", "第2邻", AreaKind.NEIGHBORHOOD.label, "东里社区/第1片/第1组"])
    assert sentences(session, Area, sheet) == [(2, "编码", "没有这个编码的区域；新增的请把这一格留空")]


def test_a_registered_beginning_is_used_for_new_rows(session, world, monkeypatch):
    begun = []

    def begin(session, row, actor, now):
        begun.append(row.household_no)
        records.save(session, row, actor, now)

    monkeypatch.setattr(rosters.writing, "_creators", {Household: begin})
    imported(session, Household, table("户号 户主 门牌地址", ["H901", "甲", "1号"], ["H001", "甲某某", "新址"]))
    assert begun == ["H901"]


# ---- the template -------------------------------------------------------------------


def test_an_unchanged_template_imports_nothing(session, world):
    file = io.BytesIO()
    sheets.template(file, title="住户", columns=rosters.columns_of(session, Household, actor=session.info["actor"]))
    found = planned(session, Household, reading.read(file.getvalue(), "模板.xlsx"))
    assert (found.add, found.change, found.same, found.errors) == ([], [], 0, [])


def test_the_template_asks_for_what_a_person_fills_in(session, world):
    columns = rosters.columns_of(session, Chief, actor=session.info["actor"])
    assert [c.label for c in columns if c.is_required] == ["姓名", "任职区域", "联系电话", "任职日期"]
    assert "职务" not in [c.label for c in columns]


def test_the_template_offers_the_few_places_there_are(session, world):
    columns = {c.name: c for c in rosters.columns_of(session, ResidentialArea, actor=session.info["actor"])}
    assert columns["area"].choices == ("东里社区", "西里社区")
    assert columns["area"].help == "填区域的“全称”或“编码”"


def test_the_template_never_lists_people(session, world):
    build_user(session, "clerk", [])
    columns = {c.name: c for c in rosters.columns_of(session, DutyDay, actor=session.info["actor"])}
    assert columns["leader"].choices == ()


def test_a_filled_template_is_imported(session, world):
    file = io.BytesIO()
    sheets.template(file, title="小区", columns=rosters.columns_of(session, ResidentialArea, actor=session.info["actor"]))
    book = load_workbook(file)
    book.worksheets[0].append(["新河畔", "东里社区", "河边路1号", None, None, None, 3])
    filled = io.BytesIO()
    book.save(filled)
    imported(session, ResidentialArea, reading.read(filled.getvalue(), "小区.xlsx"))
    assert session.execute(select(ResidentialArea.name, ResidentialArea.building_count)).all() == [("新河畔", 3)]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("look", [lambda *of: stored.by_values(*of, {("H001",), ("H002",)}), lambda *of: stored.all_by_values(*of, 2)])
def test_records_of_other_places_are_not_there(session, world, look):
    east = access.Actor(None, "东里", "430181002", area_code=world.east.code)
    access.bind(session, east, session.info["now"])
    assert set(look(session, Household, ["household_no"])) == {("H001",)}
