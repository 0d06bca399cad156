"""Lists, roles and accounts that every installation begins with, and how they are written."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from models import Base
from models.area import Area
from models.audit import AuditEvent
from models.codes import (
    AuditVerb,
)  # fmt: skip
from models.department import DispatchRule
from models.dictionary import DictItem
from models.division import Division
from models.term import Term
from models.user import Role, User
from models.workday import Workday
from seeds.base import expand, load_base, short_name
from seeds.run import seed_demo
from services.access import permission_labels
from services.due_dates import calendar, due_date
from services.errors import Refused
from services.sign_in import verify

from tests.support.seeded import NOW, SMALL, Place, count


# ---- the base ---------------------------------------------------------------------------


def everything(session) -> dict[str, list]:
    return {
        table.name: sorted(map(repr, session.connection().execute(select(table))))
        for table in Base.metadata.sorted_tables
        if table.name not in ("households", "household_members", "chiefs", "areas")
    }


def test_loading_the_base_again_changes_nothing(model):
    with model.session() as session:
        before = everything(session)
        load_base(session, model.said.append)
        session.flush()
        assert everything(session) == before


def test_loading_the_base_again_keeps_what_people_edited(model):
    with model.session() as session:
        session.get(Term, "divert").length = 7
        session.get(DictItem, "dispute_category:02").name = "邻里纠纷"
        session.flush()
        load_base(session, model.said.append)
        session.expire_all()
        kept = session.get(Term, "divert").length, session.get(DictItem, "dispute_category:02").name
        assert kept == (7, "邻里纠纷")
        session.rollback()


def test_all_sub_districts_and_communities_of_the_city_are_there(session):
    found = Counter(len(code) for code in session.scalars(select(Division.code)))
    assert found == {2: 1, 4: 1, 6: 1, 9: 32, 12: 326}


@pytest.mark.parametrize(
    ("name", "short"), [("集里街道", "集里"), ("大瑶镇", "大瑶"), ("小河乡", "小河"), ("浏阳市", "浏阳")]
)
def test_the_short_name_of_a_place_has_no_rank(name, short):
    assert short_name(name) == short


def test_there_are_18_categories_of_disputes(session):
    assert (
        count(session, DictItem, DictItem.dictionary == "dictionary:dispute_category", DictItem.parent_key.is_(None))
        == 18
    )


def test_every_category_has_a_unit_that_leads(session):
    categories = select(DictItem.id).where(
        DictItem.dictionary == "dictionary:dispute_category", DictItem.parent_key.is_(None)
    )
    led = select(DispatchRule.category)
    assert set(session.scalars(categories)) <= set(session.scalars(led))


@pytest.mark.parametrize(
    ("term", "length", "unit", "extension"),
    [
        ("divert", 5, "WD", 5),
        ("tj_mediate", 1, "M", 0),
        ("xf_handle", 60, "D", 30),
        ("xf_objection", 5, "WD", 0),
    ],
)
def test_terms_are_those_of_the_law_and_the_office(session, term, length, unit, extension):
    found = session.get(Term, term)
    assert (found.length, found.unit.value, found.extend_length) == (length, unit, extension)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-02-05", "xf_notice_direct", "2026-02-24"), ("2026-02-12", "xf_objection", "2026-02-26"),
        ("2026-03-02", "xf_handle", "2026-05-06"), ("2026-01-16", "tj_confirm_apply", "2026-02-24"),
        ("2026-01-31", "tj_mediate", "2026-02-28"), ("2026-03-31", "tj_mediate", "2026-04-30"),
        ("2026-09-05", "xf_notice_direct", "2026-09-20"), ("2026-04-24", "consult", "2026-05-12"),
    ],
)  # fmt: skip
def test_terms_and_calendar_give_the_days_of_the_test_vectors(session, start, term, end):
    rule = session.get(Term, term)
    day = datetime.fromisoformat(start).date()
    assert due_date(day, rule.length, rule.unit, calendar(session)).isoformat() == end


@pytest.mark.parametrize(("year", "rest", "make_up"), [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)])
def test_the_calendar_has_the_holidays_and_make_up_days_of_the_notices(session, year, rest, make_up):
    days = Counter(d.is_workday for d in session.scalars(select(Workday)) if d.day.year == year)
    assert (days[False], days[True]) == (rest, make_up)


def test_wildcards_of_roles_are_taken_in_order():
    assert expand("household:* -household:delete household:delete") == expand("household:*")
    assert "household:delete" not in expand("household:* -household:delete")


def test_a_permission_that_does_not_exist_is_reported():
    with pytest.raises(ValueError, match="no permission is called houshold"):
        expand("houshold:view")


def test_roles_hold_only_permissions_that_exist(session):
    known = {name for group in permission_labels().values() for name in group}
    assert all(set(role.permissions) <= known and role.permissions for role in session.scalars(select(Role)))


def test_the_three_administrators_share_no_power_to_change(session):
    roles = {role.code: set(role.permissions) for role in session.scalars(select(Role))}
    power = {
        code: {p for p in roles[code] if not p.endswith((":view", ":export"))}
        for code in ("system_admin", "security_admin", "audit_admin")
    }
    assert power["audit_admin"] == set() and not power["system_admin"] & power["security_admin"]
    business = {"personal:name", "personal:reveal", "personal:export", "case:view", "household:view"}
    assert [code for code in power if roles[code] & business] == []


def test_only_the_security_administrator_may_change_users(session):
    able = {r.code for r in session.scalars(select(Role)) if {"user:edit", "role:edit"} & set(r.permissions)}
    assert able == {"security_admin"}


# ---- accounts -----------------------------------------------------------------------------


def test_there_is_an_account_for_each_kind_of_work(model):
    expected = "shujuyuan shequ chuangkou fazhiban daiban tiaojie bumen cuiban duban waibu taizhang xitong anquan shenji"
    assert [account.username for account in model.accounts if not account.is_phone] == expected.split()


def test_three_chiefs_one_above_the_other_can_sign_in_on_a_phone(model, session):
    from services.phone import phone_sign_in

    for account in (a for a in model.accounts if a.is_phone):
        with session.begin_nested() as undone:
            assert phone_sign_in.enter(session, account.username, account.password, "安卓手机", "10.0.0.1", NOW)
            undone.rollback()
    assert [a.role_name[:2] for a in model.accounts if a.is_phone] == ["邻长", "组长", "片长"]


def test_first_passwords_fit_and_must_be_changed(model, session):
    users = {u.username: u for u in session.scalars(select(User))}
    assert all(verify(users[a.username].password_hash, a.password) for a in model.accounts if not a.is_phone)
    assert all(user.must_change_password for user in users.values())


def test_accounts_that_are_there_are_left_alone(session):
    from seeds.accounts import create_accounts

    assert create_accounts(session, NOW) == []


def test_the_community_clerk_is_kept_to_one_community(session):
    clerk = session.scalar(select(User).where(User.username == "shequ"))
    assert (clerk.is_scoped, clerk.area.name, clerk.unit.area_id) == (True, "集里桥社区", clerk.area_id)


# ---- how it is written --------------------------------------------------------------------


def test_each_roster_is_in_the_audit_trail_as_one_entry(session):
    bulk = Counter(session.scalars(select(AuditEvent.entity).where(AuditEvent.verb == AuditVerb.BULK)))
    assert (bulk["household"], bulk["chief"], bulk["mediator"]) == (1, 1, 1)


def test_no_row_points_to_nowhere(small):
    with small.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_progress_is_told_in_chinese(small):
    assert len(small.said) >= 5 and all(re.search(r"[\u4e00-\u9fff]", line) for line in small.said)


def test_a_sub_district_that_has_areas_is_refused(small):
    with pytest.raises(Refused, match="已经有区域资料"):
        seed_demo(small.session, now=NOW, first=SMALL, report=small.said.append)


def test_an_unknown_place_is_refused(small):
    with pytest.raises(Refused, match="没有代码为430181999"):
        seed_demo(small.session, now=NOW, first="430181999", report=small.said.append)


def test_an_interrupted_seed_leaves_nothing(tmp_path):
    place = Place(tmp_path / "broken.db")

    def stop(sentence: str) -> None:
        if "名册已写入" in sentence:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed_demo(place.session, now=NOW, first=SMALL, report=stop)
    with place.session(SMALL) as session:
        assert (count(session, Area), session.scalar(select(func.count()).select_from(Division))) == (0, 0)
