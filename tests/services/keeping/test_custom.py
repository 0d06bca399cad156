"""Fields an office adds: in rows, lists, filters, audit trail and sheets, without a migration."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from sqlalchemy import func, select

from models.audit import AuditEvent
from models.codes import AuditVerb, CustomKind
from models.custom import CustomEntry, CustomField
from models.dictionary import DictItem
from models.household import Household
from models.search import SearchEntry
from services.keeping import custom, records
from services.lists import indexing, probing
from services.errors import Refused
from services.labels import dictionary_names
from services.lists.listing import Listing
from services.lists.queries import parse
from tests.support.builders import build_world

KINDS = {
    CustomKind.TEXT: "低保边缘户", CustomKind.NUMBER: Decimal("12.50"), CustomKind.DATE: date(2026, 3, 9),
    CustomKind.CHOICE: "relation:child", CustomKind.YES_NO: False,
}  # fmt: skip


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def add(session, world):
    """Add a field to the households: `add(CustomKind.TEXT)` gives its description."""

    def make(kind=CustomKind.TEXT, label="帮扶类型", **options):
        options = {"is_listed": True, "is_filtered": True, "roster": "roster:household", **options}
        if kind is CustomKind.CHOICE:
            options.setdefault("dictionary", "dictionary:relation")
        field = CustomField(label=label, kind=kind, **options)
        records.save(session, field, session.info["actor"], session.info["now"])
        return custom.described(session, Household).get(f"custom_{field.number}")

    return make


def give(session, home, d, value):
    d.put(home, value)
    records.save(session, home, session.info["actor"], session.info["now"])


def listed(session, args="", columns=("household_no",)):
    actor = session.info["actor"]
    query = parse(session, Household, parse_qs(args), actor, date(2026, 3, 11))
    page = Listing(session, Household, actor).page(query, list(columns), dictionary_names(session))
    return [[row.values[c] for c in columns] for row in page.rows]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_comes_back_as_it_was_given(session, world, add, kind):
    d = add(kind)
    give(session, world.east_household, d, KINDS[kind])
    session.expire_all()
    assert d.get(world.east_household) == KINDS[kind]


@pytest.mark.parametrize(("kind", "shown"), [(k, {"relation:child": "子女"}.get(v, v)) for k, v in KINDS.items()])
def test_a_value_is_a_column_of_the_list(session, world, add, kind, shown):
    d = add(kind)
    give(session, world.east_household, d, KINDS[kind])
    assert listed(session, columns=("household_no", d.name)) == [["H001", shown], ["H002", None]]


@pytest.mark.parametrize(("kind", "args"), [
    (CustomKind.TEXT, "={0}&"), (CustomKind.NUMBER, "__min=12&"), (CustomKind.DATE, "=this_week&"),
    (CustomKind.CHOICE, "=relation:child&"), (CustomKind.YES_NO, "=no&"),
])  # fmt: skip
def test_a_value_is_filtered_by(session, world, add, kind, args):
    d = add(kind)
    give(session, world.east_household, d, KINDS[kind])
    assert listed(session, d.name + args.format("边缘")) == [["H001"]]


@pytest.mark.parametrize(("few", "most"), [(0, 0), (0, 10_000), (2000, 10_000)])
def test_few_some_and_many_are_found_alike(session, world, add, few, most, monkeypatch):
    monkeypatch.setattr(probing, "FEW", few)
    monkeypatch.setattr(probing, "MOST", most)
    d = add()
    give(session, world.west_household, d, "低保户")
    assert listed(session, f"{d.name}=低保") == [["H002"]]


def pairs_kept(session):
    """The pairs of texts of the office's own fields in all search entries: `低保`."""
    kept = " ".join(session.scalars(select(SearchEntry.grams)).all()).split()
    return [gram.partition("c")[2] for gram in kept if gram[0].isdigit() and "c" in gram[:6]]


def test_a_text_is_kept_in_pairs_that_follow_its_changes(session, world, add):
    d, homes = add(), world.east_household
    give(session, homes, d, "低保户")
    assert pairs_kept(session) == ["低保", "保户"]
    give(session, homes, d, "特困")
    assert pairs_kept(session) == ["特困"]
    give(session, homes, d, None)
    assert pairs_kept(session) == []


@pytest.mark.parametrize(("words", "expected"), [
    ("低保", ["H001", "H002"]), ("保低", []), ("低保 边缘", ["H001"]), ("低保户|边缘", ["H001", "H002"]), ("低", ["H001", "H002"]),
    ("ab", ["H002"]), ("缘户 不", []),
])  # fmt: skip
def test_a_text_is_found_by_any_part(session, world, add, words, expected):
    d = add()
    give(session, world.east_household, d, "低保-边缘户")
    give(session, world.west_household, d, "低保户ＡＢ ab")
    assert listed(session, f"{d.name}={words}") == [[number] for number in expected]


def test_rows_written_past_the_session_keep_their_pairs(session, world, add):
    d, home = add(), world.east_household
    before = {"id": home.id, "subdistrict_id": home.subdistrict_id} | {x.key: getattr(home, x.key) for x in indexing.searched(Household)}
    after = before | {"extra": {d.name: "低保户"}}
    indexing.refresh(session, Household, [], [(after, before)], session.info["now"])
    assert pairs_kept(session) == ["低保", "保户"]


def test_rows_without_a_value_can_be_asked_for(session, world, add):
    d = add(CustomKind.YES_NO)
    give(session, world.east_household, d, True)
    assert [listed(session, f"{d.name}={value}") for value in ("yes", "none", "no")] == [[["H001"]], [["H002"]], []]


def test_rows_without_a_value_are_counted_less_far_than_others(session, world, add, monkeypatch):
    monkeypatch.setattr(probing, "FEW", 1)
    d, actor = add(), session.info["actor"]
    listing, query = Listing(session, Household, actor), parse(session, Household, {d.name: ["none"]}, actor, date(2026, 3, 11))
    assert (listing.most(query), listing.count(query), listing.count(query, cap=5)) == (1, 2, 2)


def test_a_changed_value_leaves_no_old_entry(session, world, add):
    d = add()
    give(session, world.east_household, d, "低保户")
    give(session, world.east_household, d, "特困户")
    assert session.scalars(select(CustomEntry.text)).all() == ["特困户"]


def test_a_field_filtered_later_finds_what_was_there(session, world, add):
    d = add(is_filtered=False)
    give(session, world.east_household, d, "低保户")
    field = session.scalars(select(CustomField)).one()
    field.is_filtered = True
    records.save(session, field, session.info["actor"], session.info["now"])
    assert listed(session, f"{d.name}=低保") == [["H001"]] and pairs_kept(session) == ["低保", "保户"]


def test_a_deleted_row_leaves_no_entry(session, world, add):
    d = add()
    home = Household(household_no="H9", head_name="甲", address="9号", neighborhood_id=world.east_neighborhood.id)
    d.put(home, "低保户")
    records.save(session, home, session.info["actor"], session.info["now"])
    records.delete(session, home)
    assert session.scalar(select(func.count()).select_from(CustomEntry)) == 0


def test_the_trail_keeps_before_and_after_under_the_field(session, world, add):
    d = add(CustomKind.NUMBER)
    give(session, world.east_household, d, Decimal("3"))
    give(session, world.east_household, d, Decimal("4.5"))
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.entity == "household", AuditEvent.verb == AuditVerb.UPDATE).order_by(AuditEvent.id.desc())
    ).first()  # fmt: skip
    assert event.changes == {d.name: ["3", "4.5"]}


def test_a_change_raises_the_version(session, world, add):
    d, before = add(), world.east_household.version
    give(session, world.east_household, d, "低保户")
    assert world.east_household.version == before + 1


def test_a_field_out_of_use_is_not_shown_but_keeps_its_values(session, world, add):
    d = add()
    give(session, world.east_household, d, "低保户")
    field = session.scalars(select(CustomField)).one()
    field.is_active = False
    records.save(session, field, session.info["actor"], session.info["now"])
    assert d.name not in custom.described(session, Household) and world.east_household.extra == {d.name: "低保户"}


def test_fields_of_cases_are_not_those_of_households(session, world, add):
    add(roster="roster:case")
    assert not [name for name in custom.described(session, Household) if name.startswith("custom_")]


@pytest.mark.parametrize(("options", "sentence"), [
    ({"label": "门牌地址"}, "已经有“门牌地址”"), ({"kind": CustomKind.CHOICE, "dictionary": None}, "要选一个字典"),
    ({"dictionary": "dictionary:relation"}, "只有“选项”类型才选字典"), ({"roster": "roster:user"}, "不能加字段"),
])  # fmt: skip
def test_an_unsound_field_is_refused_with_the_cure(session, world, add, options, sentence):
    with pytest.raises(Refused, match=sentence):
        add(**options)


def test_the_kind_of_a_field_stays(session, world, add):
    add()
    field = session.scalars(select(CustomField)).one()
    field.kind = CustomKind.NUMBER
    with pytest.raises(Refused, match="保存后不能改"):
        records.save(session, field, session.info["actor"], session.info["now"])


def test_two_fields_of_one_roster_do_not_share_a_name(session, world, add):
    add()
    with pytest.raises(Refused, match="已有相同"):
        add()


def test_an_item_chosen_in_a_field_of_the_office_cannot_be_deleted(session, world, add):
    field = add(CustomKind.CHOICE)
    give(session, session.scalars(select(Household).limit(1)).one(), field, "relation:child")
    with pytest.raises(Refused, match="住户的“帮扶类型”里选过这一项，不能删除"):
        records.delete(session, session.get(DictItem, "relation:child"))
