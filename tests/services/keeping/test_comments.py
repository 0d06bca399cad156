"""Remarks on records: what is taken, whom they reach, and how they go again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from models.audit import AuditEvent
from models.comment import Mention
from services import access, backlog, colleagues
from services.keeping import comments
from services.errors import Denied, Missing, Refused
from tests.conftest import NOW
from tests.support.builders import build_user, build_world, called, raw_case

VIEW = ["household:view", "case:view"]


@pytest.fixture
def world(session):
    world = build_world(session)
    world.user = {}
    for key, name, facts in (
        ("writer", "张三", {"is_scoped": False}), ("friend", "李四", {"is_scoped": False}),
        ("longer", "李四海", {"is_scoped": False}), ("twin", "王五", {"is_scoped": False}),
        ("other_twin", "王五", {"is_scoped": False}), ("western", "赵六", {"area_id": world.west.id}),
        ("gone", "钱七", {"is_scoped": False, "is_active": False}),
    ):  # fmt: skip
        user = build_user(session, key, VIEW, **facts)
        user.name = name
        world.user[key] = user
    world.user["outsider"] = build_user(session, "outsider", ["case:view"], is_scoped=False)
    world.user["outsider"].name = "孙八"
    session.flush()
    return world


def unseen_count(session, actor) -> int:
    return backlog.Questions({"mentions": backlog.mentions_of(actor)}, actor).answers(session)["mentions"].count


def acting(session, world, key):
    """Bind the session to one of the people; returns the actor."""
    user = world.user[key]
    area = {world.west.id: world.west.code}.get(user.area_id)
    actor = access.actor_of(user, area)
    access.bind(session, actor, NOW)
    return actor


def remark(session, world, body, row=None, by="writer", **more):
    actor = acting(session, world, by)
    return comments.add(session, row or world.east_household, body, actor, NOW, **more)


def mentioned(session, world):
    """Who is mentioned at all, by key."""
    keys = {user.id: key for key, user in world.user.items()}
    return sorted(keys[one] for one in session.scalars(select(Mention.user_id)))


# ---- what is taken ------------------------------------------------------------------


def test_a_remark_is_kept_with_its_author_and_time(session, world):
    kept = remark(session, world, " 已电话联系 ").comment
    assert (kept.entity, kept.record_id, kept.body, kept.author_id, kept.created_at) == (
        "household", world.east_household.id, "已电话联系", world.user["writer"].id, NOW,
    )  # fmt: skip


@pytest.mark.parametrize(("body", "count"), [("", 0), (" 好 ", 1), ("好" * 1001, 1001)])
def test_a_remark_that_is_too_short_or_too_long_is_refused_with_its_length(session, world, body, count):
    with pytest.raises(Refused, match=f"备注应为2到1000个字，现在{count}个字") as no:
        remark(session, world, body)
    assert set(no.value.errors) == {"body"}


@pytest.mark.parametrize("length", [2, 1000])
def test_a_remark_of_the_shortest_and_the_longest_length_is_taken(session, world, length):
    assert len(remark(session, world, "好" * length).comment.body) == length


def test_the_remarks_of_a_record_come_newest_first_and_without_those_of_others(session, world):
    for body in ("第一条", "第二条"):
        remark(session, world, body)
    remark(session, world, "别家的", row=world.west_household)
    assert [c.body for c in comments.of(session, world.east_household)] == ["第二条", "第一条"]


def test_at_most_fifty_remarks_are_shown(session, world):
    for number in range(51):
        remark(session, world, f"第{number}条")
    assert len(comments.of(session, world.east_household)) == 50


# ---- whom it reaches ----------------------------------------------------------------


@pytest.mark.parametrize("body", ["@李四 请看", "请@李四，谢谢", "＠李四请看一下", "麻烦@李四\n再看"])
def test_a_colleague_is_found_by_the_exact_name(session, world, body):
    assert remark(session, world, body).told == ["李四"] and mentioned(session, world) == ["friend"]


def test_the_longest_name_counts(session, world):
    assert remark(session, world, "@李四海请看").told == ["李四海"]


def test_one_who_is_called_twice_is_told_once(session, world):
    remark(session, world, "@李四 请看，@李四请回")
    assert mentioned(session, world) == ["friend"]


@pytest.mark.parametrize("body", ["写信到 abc@李四.cn", "@张三 记得", "@钱七 请看"])
def test_a_mail_address_the_writer_and_a_closed_account_are_nobody(session, world, body):
    remark(session, world, body)
    assert mentioned(session, world) == []


def test_of_two_of_one_name_nobody_is_told_and_the_writer_hears_it(session, world):
    added = remark(session, world, "@王五 请看")
    assert (added.told, mentioned(session, world)) == ([], [])
    assert added.notes == ["叫“王五”的同事有2位，没有通知到；请输入@后从列表里点选"]


def test_the_one_picked_from_the_list_is_told(session, world):
    remark(session, world, "@王五 请看", chosen=[world.user["twin"].id])
    assert mentioned(session, world) == ["twin"]


def test_a_picked_id_without_the_name_in_the_text_reaches_nobody(session, world):
    remark(session, world, "请看一下", chosen=[world.user["friend"].id])
    assert mentioned(session, world) == []


def test_a_name_that_nobody_has_is_told_to_the_writer(session, world):
    assert remark(session, world, "@小王，请看").notes == ["没有叫“小王”的同事，没有通知到人"]


@pytest.mark.parametrize(("key", "name"), [("western", "赵六"), ("outsider", "孙八")])
def test_who_may_not_see_the_record_is_not_told_and_the_writer_hears_it(session, world, key, name):
    added = remark(session, world, f"@{name} 请看")
    assert (added.notes, mentioned(session, world)) == ([f"{name}看不到这条记录，没有通知到"], [])


def test_who_sees_the_other_community_is_told_there(session, world):
    assert remark(session, world, "@赵六 请看", row=world.west_household).told == ["赵六"]


def test_the_writers_own_narrow_scope_does_not_hide_what_others_see(session, world):
    world.user["writer"].area_id, world.user["writer"].is_scoped = world.west.id, True
    session.flush()
    assert remark(session, world, "@李四 @赵六 请看", row=world.west_household).told == ["李四", "赵六"]


def test_a_colleague_of_another_sub_district_is_nobody(session, world):
    from models.division import Division

    session.add(Division(code="430181003", name="别的街道"))
    session.flush()
    world.user["friend"].subdistrict_id = "430181003"
    session.flush()
    assert remark(session, world, "@李四 请看").notes == ["没有叫“李四”的同事，没有通知到人"]


def test_more_than_ten_calls_are_refused(session, world):
    with pytest.raises(Refused, match="最多提到10位同事"):
        remark(session, world, "".join(f"@某{number} " for number in range(11)))


# ---- reading ------------------------------------------------------------------------


def read(session, world, key, limit=50):
    return comments.mentions_of(session, acting(session, world, key), limit)


def test_the_mentions_of_a_person_come_unseen_first_then_newest(session, world):
    first = remark(session, world, "@李四 第一").comment
    for body in ("@李四 第二", "@李四 第三"):
        last = remark(session, world, body).comment
    comments.mark_seen(session, [last.id], acting(session, world, "friend"), NOW)
    found = read(session, world, "friend")
    assert [(m.comment.body, m.is_new) for m in found] == [("@李四 第二", True), ("@李四 第一", True), ("@李四 第三", False)]
    assert first.id == found[1].comment.id


def test_a_mention_names_the_record_as_the_reader_may_see_it(session, world):
    remark(session, world, "@李四 请看")
    assert [m.label for m in read(session, world, "friend")] == ["甲** 东里社区1号"]


def test_a_mention_on_a_record_out_of_sight_by_now_has_no_name(session, world):
    remark(session, world, "@李四 请看")
    world.user["friend"].is_scoped, world.user["friend"].area_id = True, world.west.id
    session.flush()
    friend = acting(session, world, "friend")
    session.expunge_all()
    assert [m.label for m in comments.mentions_of(session, friend)] == [""]


def test_the_unseen_are_counted_until_they_are_seen(session, world):
    one = remark(session, world, "@李四 第一").comment
    remark(session, world, "@李四 第二", row=world.west_household)
    friend = acting(session, world, "friend")
    counts = [unseen_count(session, friend)]
    comments.mark_seen(session, comments.unseen_of(session, world.east_household, friend), friend, NOW)
    counts.append(unseen_count(session, friend))
    assert counts == [2, 1] and comments.unseen_of(session, world.east_household, friend) == set()
    assert session.scalar(select(Mention.seen_at).where(Mention.comment_id == one.id)) == NOW


def test_nobody_marks_the_mentions_of_others(session, world):
    one = remark(session, world, "@李四 请看").comment
    comments.mark_seen(session, [one.id], acting(session, world, "twin"), NOW)
    assert unseen_count(session, acting(session, world, "friend")) == 1


def test_a_list_of_mentions_costs_two_statements_for_one_entity(session, world):
    for number in range(8):
        remark(session, world, f"@李四 第{number}条", row=(world.east_household, world.west_household)[number % 2])
    friend = acting(session, world, "friend")
    session.expunge_all()
    seen = []
    listener = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(session.connection(), "before_cursor_execute", listener)
    assert len(comments.mentions_of(session, friend, 8)) == 8
    event.remove(session.connection(), "before_cursor_execute", listener)
    assert len(seen) == 2


# ---- taking back --------------------------------------------------------------------


def take_back(session, world, comment, key, minutes=0, permissions=()):
    actor = acting(session, world, key)
    actor = access.Actor(**{**vars(actor), "permissions": actor.permissions | set(permissions)})
    comments.take_back(session, world.east_household, comment, actor, NOW + timedelta(minutes=minutes))


def test_the_author_takes_a_remark_back_within_ten_minutes_and_its_mentions_go_too(session, world):
    take_back(session, world, remark(session, world, "@李四 请看").comment, "writer", minutes=10)
    assert (comments.of(session, world.east_household), mentioned(session, world)) == ([], [])


@pytest.mark.parametrize(("key", "minutes"), [("writer", 11), ("friend", 0)])
def test_later_or_for_another_it_stays(session, world, key, minutes):
    comment = remark(session, world, "已电话联系").comment
    with pytest.raises(Denied, match="10分钟后不能撤回"):
        take_back(session, world, comment, key, minutes)
    assert comments.of(session, world.east_household) == [comment]


def test_who_may_delete_such_records_takes_it_back_at_any_time(session, world):
    comment = remark(session, world, "已电话联系").comment
    take_back(session, world, comment, "friend", minutes=60 * 24, permissions=["household:delete"])
    assert comments.of(session, world.east_household) == []


def test_a_remark_of_another_record_is_not_found(session, world):
    comment = remark(session, world, "已电话联系").comment
    with pytest.raises(Missing):
        comments.find(session, world.west_household, comment.id)


# ---- the audit trail ----------------------------------------------------------------


def test_the_trail_names_the_record_and_the_person_but_never_the_words(session, world):
    case = raw_case(session, world)
    comment = remark(session, world, "当事人电话13800000001 @李四", row=case).comment
    comments.take_back(session, case, comment, acting(session, world, "writer"), NOW)
    wanted = select(AuditEvent).where(AuditEvent.entity.in_(["comment", "mention"])).order_by(AuditEvent.id)
    entries = session.scalars(wanted).all()
    assert [(e.verb.label, e.user_name, e.entity_label, e.record_label) for e in entries] == [
        ("新增", "张三", "备注", "案件 测〔2026〕00001号 楼上漏水引发的邻里纠纷"),
        ("删除", "张三", "备注", "案件 测〔2026〕00001号 楼上漏水引发的邻里纠纷"),
    ]
    assert not [e for e in entries if "13800000001" in str(e.changes)]


# ---- suggestions --------------------------------------------------------------------


def suggested(session, world, words, key="writer"):
    return [(c.name, c.unit) for c in colleagues.suggest(session, words, acting(session, world, key))]


def test_colleagues_are_offered_by_a_part_of_the_name_with_their_unit_or_role(session, world):
    world.user["longer"].unit_id = world.justice.id
    session.flush()
    assert suggested(session, world, "李四") == [("李四", f"{called('friend')}的角色"), ("李四海", "司法所")]


def test_those_of_the_own_unit_come_first(session, world):
    for key in ("writer", "western"):
        world.user[key].unit_id = world.justice.id
    session.flush()
    assert suggested(session, world, "")[0] == ("赵六", "司法所")


def test_neither_oneself_nor_a_closed_account_is_offered_and_never_more_than_eight(session, world):
    for number in range(9):
        build_user(session, f"many{number}", VIEW)
    assert suggested(session, world, "张三") == suggested(session, world, "钱七") == []
    assert len(suggested(session, world, "")) == 8


def test_a_percent_sign_is_no_joker(session, world):
    assert suggested(session, world, "%") == []
