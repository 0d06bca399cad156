"""Remarks over HTTP: on the page of a record, on the home page of who is mentioned, behind the record's scope."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.area import Area
from models.comment import Comment, Mention
from models.user import User
from tests.support.builders import build_user, called
from tests.support.office import CLERK, HANDLER, OFFICE, build_office
from tests.support.visitor import Visitor

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

WESTERN = "xili"


@pytest.fixture
def world(office):
    with office() as session:
        world = build_office(session)
        build_user(session, WESTERN, ["household:view"], area_id=world.west.id)
        for number in (1, 2):
            build_user(session, f"same{number}", ["household:view"]).name = "同名人"
        world.address = f"/admin/household/details/?id={world.east_household.id}"
    return world


@pytest.fixture
def arrive(app, sign_in):
    """Somebody signs in with a browser of his own: `arrive(CLERK)`."""
    return lambda username: Visitor(sign_in(app.test_client(), username))


def write(visitor, world, body, **more):
    visitor.open(world.address)
    return visitor.send("发表备注", body=body, **more)


def kept(office):
    with office() as session:
        return session.scalars(select(Comment)).all()


def test_a_remark_stands_on_the_page_with_its_author(world, arrive):
    page = write(arrive(CLERK), world, "已电话联系")
    assert "备注已保存" in page.text and "数据录入员某" in page.text and "已电话联系" in page.text


def test_markup_in_a_remark_is_only_text(world, arrive):
    assert "&lt;b&gt;粗&lt;/b&gt;" in write(arrive(CLERK), world, "<b>粗</b>").html


def test_a_remark_of_one_character_is_refused_and_stays_in_the_box(world, arrive, office):
    visitor = arrive(CLERK)
    page = write(visitor, world, "好")
    assert (page.status, visitor.form("发表备注").fields["body"], kept(office)) == (422, ["好"], [])
    assert "备注应为2到1000个字，现在1个字" in page.text


@pytest.mark.parametrize(("slug", "row"), [("unit", "justice"), ("area", "east"), ("staff", "clerk"), ("mediator", "mediator")])
def test_records_of_other_kinds_take_remarks_too(world, arrive, slug, row):
    visitor = arrive(OFFICE)
    visitor.open(f"/admin/{slug}/details/?id={getattr(world, row).id}")
    assert "已核对" in visitor.send("发表备注", body="已核对").text


def test_a_setting_whose_key_is_no_number_takes_remarks_too(world, arrive, office):
    with office() as session:
        build_user(session, "keeper", ["dict_item:view"], is_scoped=False)
    visitor = arrive("keeper")
    visitor.typed = ("channel:qr", "qr")
    visitor.open("/admin/dict-item/details/?id=channel:qr")
    assert "已核对" in visitor.send("发表备注", body="已核对").text


def test_the_page_of_a_part_has_no_remarks(world, arrive, office):
    with office() as session:
        from models.case import CaseParty

        party = session.scalar(select(CaseParty.id))
    assert "发表备注" not in arrive(OFFICE).open(f"/admin/case-party/details/?id={party}").text


# ---- whom it reaches ----------------------------------------------------------------


def test_the_mentioned_person_finds_it_at_home_and_once_opened_it_is_seen(world, arrive):
    page = write(arrive(CLERK), world, "@平安法治办主任某 请核对户主电话")
    assert "备注已保存，已通知平安法治办主任某" in page.text
    reader = arrive(OFFICE)
    home = reader.open("/admin/")
    assert "提到我的" in home.text and "没看" in home.text and "请核对户主电话" in home.text
    opened = reader.follow("东里社区1号")
    assert "提到我" in opened.text
    home = reader.open("/admin/")
    assert "看过" in home.text and "没看" not in home.text


def test_the_top_bar_counts_what_was_not_seen(world, arrive):
    for _ in range(2):
        write(arrive(CLERK), world, "@平安法治办主任某 请看")
    reader = arrive(OFFICE)
    assert 'class="me-count">2<' in reader.open("/admin/household/").html
    assert "me-count" not in reader.open(world.address).html


def test_who_is_not_mentioned_has_no_such_list(world, arrive):
    write(arrive(CLERK), world, "@平安法治办主任某 请看")
    assert "提到我的" not in arrive(CLERK).open("/admin/").text


def test_who_cannot_see_the_record_is_not_told_and_the_writer_reads_so(world, arrive):
    page = write(arrive(CLERK), world, f"@{called(WESTERN)} 请看")
    assert f"{called(WESTERN)}看不到这条记录，没有通知到" in page.text
    assert "提到我的" not in arrive(WESTERN).open("/admin/").text


def test_an_ambiguous_name_reaches_nobody_and_the_writer_reads_so(world, arrive, office):
    page = write(arrive(CLERK), world, "@同名人 请看")
    assert "叫“同名人”的同事有2位，没有通知到" in page.text
    with office() as session:
        assert session.scalars(select(Mention)).all() == []


def test_a_mention_on_a_record_that_went_out_of_sight_tells_nothing_of_it_and_then_rests(world, arrive, office):
    write(arrive(CLERK), world, "@平安法治办主任某 秘密的话")
    with office() as session:
        west = session.scalar(select(Area.id).where(Area.full_name == "西里社区"))
        session.execute(update(User).where(User.username == OFFICE).values(is_scoped=True, area_id=west))
    reader = arrive(OFFICE)
    home = reader.open("/admin/")
    assert "已不在您的负责范围内" in home.text and "秘密的话" not in home.text and "东里社区1号" not in home.text
    assert "me-count" not in reader.open("/admin/").html


# ---- taking back --------------------------------------------------------------------


def test_the_author_takes_it_back(world, arrive, office):
    visitor = arrive(CLERK)
    write(visitor, world, "写错了")
    page = visitor.send("撤回")
    assert "备注已撤回" in page.text and kept(office) == []


def test_another_reader_has_no_such_button_and_is_refused(world, arrive, office):
    write(arrive(CLERK), world, "写给大家")
    other = arrive(OFFICE)
    page = other.open(world.address)
    assert "写给大家" in page.text and "撤回" not in [label for f in page.forms for label in f.labels]
    sent = {"csrf_token": other.form("发表备注").fields["csrf_token"][0], "comment": kept(office)[0].id}
    answer = other.client.post(f"/admin/household/take-back/?id={world.east_household.id}", data=sent)
    assert answer.status_code == 403 and len(kept(office)) == 1


def test_after_ten_minutes_the_button_is_gone(world, arrive, office):
    with office() as session:  # of a role that may not delete
        build_user(session, "writer", ["household:view"], is_scoped=False)
    visitor = arrive("writer")
    assert "撤回" in write(visitor, world, "写给大家").text
    with office() as session:
        early = session.scalar(select(Comment.created_at)) - timedelta(minutes=11)
        session.execute(update(Comment).values(created_at=early))
    assert "撤回" not in visitor.open(world.address).text


# ---- behind the record --------------------------------------------------------------


def test_a_record_out_of_scope_takes_no_remark_and_gives_none_back(world, arrive, office):
    write(arrive(CLERK), world, "写给大家")
    stranger = arrive(WESTERN)
    own = stranger.open(f"/admin/household/details/?id={world.west_household.id}")
    sent = {"csrf_token": own.forms[-1].fields["csrf_token"][0], "body": "外人的话", "comment": kept(office)[0].id}
    wanted = {"id": world.east_household.id}
    answers = [
        stranger.client.post("/admin/household/remark/", query_string=wanted, data=sent).status_code,
        stranger.client.post("/admin/household/take-back/", query_string=wanted, data=sent).status_code,
        stranger.client.get("/admin/household/colleagues/", query_string=wanted).status_code,
        stranger.client.get("/admin/household/remark/", query_string=wanted).status_code,
    ]
    assert answers == [404, 404, 404, 404] and len(kept(office)) == 1


def test_remarks_and_mentions_have_no_list_of_their_own(world, arrive):
    visitor = arrive(OFFICE)
    assert {visitor.client.get(f"/admin/{slug}/").status_code for slug in ("comment", "mention")} == {403}


def test_a_role_without_the_record_gets_no_names_of_colleagues(world, arrive):
    answer = arrive(WESTERN).client.get("/admin/case/colleagues/?id=x&query=员")
    assert answer.status_code == 403


def test_the_look_up_gives_names_and_units_only(world, arrive):
    answer = arrive(CLERK).client.get(f"/admin/household/colleagues/?id={world.east_household.id}&query=平安法治")
    [found] = answer.json["results"]
    assert set(found) == {"id", "name", "unit"} and (found["name"], found["unit"]) == ("平安法治办主任某", "平安法治办主任")


def test_a_mediator_who_handles_nothing_of_it_does_not_see_the_remarks(world, arrive):
    write(arrive(CLERK), world, "写给大家")
    assert "写给大家" not in arrive(HANDLER).client.get(world.address).text


def test_the_page_costs_as_many_statements_with_twenty_remarks(world, arrive, console, office):
    from sqlalchemy import event

    visitor = arrive(OFFICE)
    counts = []
    with console.app_context():
        from extensions import db

        own = db.engine
    for body in ("第一条备注", *(f"第{n}条备注" for n in range(20))):
        write(arrive(CLERK), world, body)
        if body not in ("第一条备注", "第19条备注"):
            continue
        seen = []
        listener = lambda *args, kept=seen: kept.append(args[2])  # noqa: E731
        event.listen(own, "before_cursor_execute", listener)
        page = visitor.open(world.address)
        event.remove(own, "before_cursor_execute", listener)
        assert re.search(body, page.text)
        counts.append(len(seen))
    assert counts[0] == counts[1]
