"""Shared lists keep their keys."""

from __future__ import annotations

import pytest

from models.dictionary import DictItem
from models.division import Division
from services.keeping import records
from services.errors import Refused
from tests.support.builders import build_dictionary


def save(session, row):
    records.save(session, row, session.info["actor"], session.info["now"])
    return row


def item(code, **facts):
    return DictItem(dictionary="dictionary:place_kind", code=code, name="某项", **facts)


@pytest.fixture(autouse=True)
def places(session):
    """A list of its own, made as an administrator makes one."""
    build_dictionary(session)
    save(session, DictItem(dictionary="dictionary:dictionary", code="place_kind", name="地点类别"))


def test_an_item_gets_its_key(session):
    assert save(session, item("01")).id == "place_kind:01"


def test_an_item_without_a_code_gets_the_next_number(session):
    save(session, item("07"))
    assert save(session, item("")).id == "place_kind:08"


def test_the_first_item_without_a_code_is_01(session):
    assert save(session, item(None)).id == "place_kind:01"


def test_a_dictionary_without_a_code_is_numbered_too(session):
    assert save(session, DictItem(dictionary="dictionary:dictionary", name="事由")).id == "dictionary:list_01"


def test_a_dotted_code_stands_under_its_parent(session):
    save(session, item("01"))
    assert save(session, item("01.02")).parent_key == "place_kind:01"


def test_a_sub_item_without_its_parent_is_refused(session):
    with pytest.raises(Refused, match="请先新增上级代码01"):
        save(session, item("01.02"))


def test_a_code_cannot_be_changed_later(session):
    saved = save(session, item("01"))
    saved.code = "03"
    with pytest.raises(Refused, match="代码保存后不能修改"):
        save(session, saved)


def test_a_name_can_be_changed_later(session):
    saved = save(session, item("01"))
    saved.name = "新名"
    assert save(session, saved).name == "新名"


@pytest.mark.parametrize("code", ["a b", "1.2.3", "汉"])
def test_a_code_of_other_marks_is_refused(session, code):
    with pytest.raises(Refused, match="代码只能用"):
        save(session, item(code))


def test_a_division_stands_under_the_code_it_begins_with(session):
    assert save(session, Division(code="430181002777", name="新社区")).parent_code == "430181002"


def test_a_division_code_of_another_length_is_refused(session):
    with pytest.raises(Refused, match="2、4、6、9或12位"):
        save(session, Division(code="43018100277", name="新社区"))
