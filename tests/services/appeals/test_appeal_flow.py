"""An appeal from the door to an answer: who gets it, how it climbs, what the citizen may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from models.appeal import Appeal, AppealEvent
from models.area import Area
from models.case import Case, CaseParty
from models.codes import (
    AppealStatus, CaseKind, ChiefKind, CodePlace, LegalRoute, Satisfaction, Tier5, TermUnit,
)  # fmt: skip
from models.dictionary import DictItem
from models.door_code import DoorCode
from models.message import Message
from models.neighbor import Chief
from models.setting import Setting
from models.term import Term
from models.todo import Todo
from services import access
from services.appeals import appeal_flow, appeal_sweep
from services.access import Actor
from services.appeals.appeal_flow import APPEAL_FLOW
from services.errors import Conflict, Denied, Refused
from tests.support.builders import build_chief, build_world

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 9:00 in China
SYSTEM = access.system("430181002")
CITIZEN = access.citizen("430181002")


def staff(code: str, *permissions: str) -> Actor:
    return Actor(None, "壬邻长", "430181002", frozenset(permissions), area_code=code)


@pytest.fixture
def world(session):
    for tier, length in (("neighborhood", 1), ("group", 1), ("sector", 1), ("community", 2), ("subdistrict", 3)):
        session.add(Term(id=f"appeal_{tier}", name=tier, starts="收到", length=length, unit=TermUnit.WORKDAY, source="测试"))
    world = build_world(session)
    build_chief(session, world.east_neighborhood)
    return world


@pytest.fixture
def code(session, world):
    code = DoorCode(place="东里社区1号", kind=CodePlace.ENTRANCE, area_id=world.east_neighborhood.id, token="a" * 26, issued_at=NOW)
    session.add(code)
    session.flush()
    return code


@pytest.fixture
def submit(session, world, code):
    def send(**facts) -> Appeal:
        given = {"key": str(uuid4()), "code": code, "words": "楼道灯坏了", "channel": "channel:qr"} | facts
        return appeal_flow.submit(session, CITIZEN, NOW, **given)[0]

    return send


@pytest.fixture
def appeal(submit):
    return submit()


@pytest.fixture
def take(session):
    def go(verb: str, appeal: Appeal, actor: Actor, now: datetime = NOW, **answers) -> None:
        APPEAL_FLOW.take(session, verb, appeal, actor, now, **answers)

    return go


@pytest.fixture
def chief(world):
    return staff(world.east_neighborhood.code, "appeal:handle")


OFFICE = Actor(None, "窗口", "430181002", frozenset({"appeal:handle", "appeal:triage", "case:register"}), is_scoped=False)


def test_it_goes_to_the_neighbour_chief_of_the_door(appeal, world):
    assert (appeal.tier, appeal.owner_area_id) == (Tier5.NEIGHBORHOOD, world.east_neighborhood.id)


def test_the_chief_has_one_working_day(appeal):
    assert appeal.due_on == date(2026, 3, 3)


def test_without_a_chief_it_begins_at_the_first_rung_that_has_somebody(session, world, submit):
    for chief in session.scalars(select(Chief)):
        chief.ended_on = date(2026, 3, 1)
    session.flush()
    appeal = submit()
    assert (appeal.tier, appeal.owner_area_id) == (Tier5.COMMUNITY, world.east.id)


def test_its_number_begins_with_the_year(appeal):
    assert appeal.appeal_no == "2026000001"


def test_its_query_code_has_eight_digits(appeal):
    assert len(appeal.query_code) == 8 and appeal.query_code.isdigit()


def test_a_hundred_repeats_of_one_key_are_one_appeal(session, submit):
    key = str(uuid4())
    assert len({submit(key=key).id for _ in range(100)}) == 1
    assert session.scalar(select(func.count()).select_from(Appeal)) == 1


def test_the_code_counts_what_came_through_it(submit, code):
    submit(), submit()
    assert code.appeal_count == 2


def test_an_appeal_without_words_is_refused(submit):
    with pytest.raises(Refused, match="请写明是什么事"):
        submit(words=" ")


def test_the_chief_takes_and_answers_it(appeal, take, chief):
    take("take", appeal, chief)
    take("answer", appeal, chief, NOW + timedelta(hours=3), told="灯已换好，请看看")
    assert (appeal.status, appeal.first_answered_at, appeal.answered_at) == (AppealStatus.ANSWERED, NOW, NOW + timedelta(hours=3))


def test_another_chief_cannot_take_it(appeal, take, world):
    with pytest.raises(Refused, match="不由您这一级办理"):
        take("take", appeal, staff(world.west_neighborhood.code, "appeal:handle"))


def test_the_group_chief_above_may_help(appeal, take, world):
    take("take", appeal, staff(world.east_neighborhood.code.rsplit(".", 1)[0], "appeal:handle"))
    assert appeal.status is AppealStatus.TAKEN


def test_a_citizen_cannot_take_it(appeal, take):
    with pytest.raises(Denied):
        take("take", appeal, CITIZEN)


def test_what_is_beyond_reach_goes_up_past_empty_rungs(session, appeal, take, chief, world):
    take("pass_up", appeal, chief, note="要换整条线路")
    assert (appeal.tier, appeal.owner_area_id, appeal.due_on) == (Tier5.COMMUNITY, world.east.id, date(2026, 3, 4))


def test_the_next_rung_with_a_chief_gets_it(session, appeal, take, chief, world):
    group = session.get(Area, ("430181002", world.east_neighborhood.parent_id))
    session.add(Chief(name="癸组长", kind=ChiefKind.GROUP, area_id=group.id, mobile="13800000022", started_on=date(2025, 1, 1)))
    session.flush()
    take("pass_up", appeal, chief, note="要换整条线路")
    assert (appeal.tier, appeal.owner_area_id) == (Tier5.GROUP, group.id)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_chief_who_sees_only_the_own_neighbourhood_passes_up_too(session, appeal, take, chief):
    access.bind(session, chief, NOW)
    session.expire_all()
    take("pass_up", appeal, chief, note="要换水泵")
    assert appeal.tier is Tier5.COMMUNITY


def test_the_community_finds_it_in_its_in_tray(session, appeal, take, chief, world):
    take("pass_up", appeal, chief, note="要换整条线路")
    assert session.scalars(select(Todo.unit_id).where(Todo.settled_at.is_(None))).all() == [world.east_unit.id]


def test_from_the_sub_district_it_cannot_go_up(session, appeal, take, world):
    take("hand_down", appeal, OFFICE, area=world.root)
    with pytest.raises(Refused, match="已经在街道一级"):
        take("pass_up", appeal, OFFICE, note="再往上")


def test_the_office_cannot_hand_it_to_a_rung_without_a_chief(appeal, take, world):
    with pytest.raises(Refused, match="没有在任的邻长"):
        take("hand_down", appeal, OFFICE, area=world.west_neighborhood)


def test_who_gets_it_from_another_branch_can_see_it(session, appeal, take, world):
    build_chief(session, world.west_neighborhood)
    take("hand_down", appeal, OFFICE, area=world.west_neighborhood)
    west = replace(staff(world.west_neighborhood.code, "appeal:view", "appeal:handle"), is_scoped=True)
    assert access.sees(session, appeal, west)


def test_who_has_nothing_to_do_with_it_cannot(session, appeal, world):
    west = replace(staff(world.west_neighborhood.code, "appeal:view", "appeal:handle"), is_scoped=True)
    assert not access.sees(session, appeal, west)


@pytest.mark.parametrize("verb", ["to_case", "duplicate"])
def test_the_office_s_decision_is_a_first_answer(appeal, submit, take, verb):
    other = submit()
    given = {"other": other} if verb == "duplicate" else {
        "kind": CaseKind.DISPUTE, "subject": "楼道灯纠纷", "category": "dispute_category:02"
    }
    take(verb, appeal, OFFICE, **given)
    assert appeal.first_answered_at == NOW


def test_it_becomes_a_dispute_with_the_place_and_the_party(session, submit, take, world):
    appeal = submit(name="甲某某", mobile="13800000001")
    take("to_case", appeal, OFFICE, kind=CaseKind.DISPUTE, subject="楼道灯纠纷", category="dispute_category:02")
    case = session.get(Case, ("430181002", appeal.case_id))
    assert (case.area_id, case.channel, case.summary) == (world.east_neighborhood.id, "channel:qr", "楼道灯坏了")
    assert session.scalars(select(CaseParty.name).where(CaseParty.case_id == case.id)).all() == ["甲某某"]


def test_an_anonymous_one_becomes_a_case_without_parties(session, appeal, take):
    take("to_case", appeal, OFFICE, kind=CaseKind.DISPUTE, subject="楼道灯纠纷", category="dispute_category:02")
    assert session.scalar(select(func.count()).select_from(CaseParty)) == 0


def test_leading_into_another_route_keeps_which(appeal, take):
    take("redirect", appeal, OFFICE, route=LegalRoute.ARBITRATION, told="请向仲裁委员会申请")
    assert (appeal.status, appeal.route) == (AppealStatus.REDIRECTED, LegalRoute.ARBITRATION)


def test_it_cannot_be_a_duplicate_of_itself(appeal, take):
    with pytest.raises(Refused, match="另一件诉求"):
        take("duplicate", appeal, OFFICE, other=appeal)


def test_a_duplicate_names_the_first(appeal, submit, take):
    second = submit()
    take("duplicate", second, OFFICE, other=appeal)
    assert (second.status, second.duplicate_of_id) == (AppealStatus.DUPLICATE, appeal.id)


def answered(appeal, take, chief) -> Appeal:
    take("answer", appeal, chief, told="灯已换好")
    return appeal


def test_only_the_citizen_says_that_it_is_solved(appeal, take, chief):
    answered(appeal, take, chief)
    with pytest.raises(Denied):
        take("confirm", appeal, OFFICE)


def test_solved_without_a_rating_stays_unrated(appeal, take, chief):
    take("confirm", answered(appeal, take, chief), CITIZEN)
    assert (appeal.status, appeal.satisfaction, appeal.rated_at) == (AppealStatus.SOLVED, None, None)


def test_a_rating_is_the_citizen_s_own(appeal, take, chief):
    take("confirm", answered(appeal, take, chief), CITIZEN, satisfaction=Satisfaction.SATISFIED, words="谢谢")
    assert (appeal.satisfaction, appeal.rating_words, appeal.rated_at) == (Satisfaction.SATISFIED, "谢谢", NOW)


def test_unsolved_goes_one_rung_higher(appeal, take, chief):
    take("unsolved", answered(appeal, take, chief), CITIZEN, words="又坏了")
    assert (appeal.status, appeal.tier) == (AppealStatus.WAITING, Tier5.COMMUNITY)


def test_unsolved_takes_the_earlier_rating_back(appeal, take, chief):
    take("confirm", answered(appeal, take, chief), CITIZEN, satisfaction=Satisfaction.SATISFIED)
    take("unsolved", appeal, CITIZEN, words="又坏了")
    assert (appeal.satisfaction, appeal.ended_at) == (None, None)


def test_after_thirty_days_it_must_be_told_anew(appeal, take, chief):
    answered(appeal, take, chief)
    with pytest.raises(Refused, match="超过30天"):
        take("unsolved", appeal, CITIZEN, NOW + timedelta(days=30, minutes=1), words="又坏了")


def test_a_withdrawn_one_cannot_be_taken(appeal, take, chief):
    take("withdraw", appeal, CITIZEN)
    with pytest.raises(Conflict, match="已撤回"):
        take("take", appeal, chief)


def test_what_is_told_and_what_stays_inside_are_kept_apart(session, appeal, take, chief):
    take("answer", appeal, chief, told="灯已换好", note="物业拖了两天")
    event = session.scalars(select(AppealEvent).order_by(AppealEvent.number.desc())).first()
    assert (event.told, event.note) == ("灯已换好", "物业拖了两天")


def test_what_nobody_takes_climbs_by_itself_and_only_once_a_day(session, appeal):
    late = NOW + timedelta(days=2)
    assert appeal_sweep.run(session, late) == {"climbed": 1, "reminded": 0, "closed": 0}
    assert appeal.tier is Tier5.COMMUNITY
    assert appeal_sweep.run(session, late) == {"climbed": 0, "reminded": 0, "closed": 0}


def test_what_was_answered_and_left_is_filed_away_unrated(session, appeal, take, chief):
    answered(appeal, take, chief)
    assert appeal_sweep.run(session, NOW + timedelta(days=31))["closed"] == 1
    assert (appeal.status, appeal.satisfaction) == (AppealStatus.CLOSED, None)


def test_what_was_taken_and_left_is_told_to_the_community_once(session, appeal, take, chief, world):
    take("take", appeal, chief)
    late = NOW + timedelta(days=2)
    assert [appeal_sweep.run(session, late)["reminded"] for _ in range(2)] == [1, 0]
    [line] = session.scalars(select(Todo).where(Todo.kind == "late", Todo.settled_at.is_(None))).all()
    assert (line.unit_id, line.title) == (world.east_unit.id, f"诉求{appeal.appeal_no}接单后到期没有答复")


def test_at_the_top_a_late_one_is_told_to_who_dispatches(session, appeal, take, world):
    take("hand_down", appeal, OFFICE, area=world.root)
    assert appeal_sweep.run(session, NOW + timedelta(days=10))["reminded"] == 1
    assert session.scalar(select(Todo.permission).where(Todo.kind == "late")) == "case:dispatch"


def test_an_answer_takes_the_reminder_back(session, appeal, take, chief):
    take("take", appeal, chief)
    appeal_sweep.run(session, NOW + timedelta(days=2))
    take("answer", appeal, chief, NOW + timedelta(days=2), told="灯已换好")
    assert session.scalar(select(func.count()).select_from(Todo).where(Todo.settled_at.is_(None))) == 0


def test_an_answer_is_announced_to_who_asked_for_it_and_to_nobody_else(session, submit, take, chief):
    session.add(Setting(name="message_answer", label="x", value=1))
    asked, silent = submit(mobile="13800000009", is_message_agreed=True), submit(mobile="13800000008")
    for appeal in (asked, silent):
        take("answer", appeal, chief, told="灯已换好")
    [row] = session.scalars(select(Message)).all()
    assert (row.mobile, row.words) == ("13800000009", f"【集里】您反映的事项（编号{asked.appeal_no}）已有答复，请凭回执上的查询码查看。")


# ---- what comes from 12345 and from above ----------------------------------------------


@pytest.fixture
def hotline(session, world):
    session.add(DictItem(id="channel:hotline_12345", dictionary="dictionary:channel", code="hotline_12345", name="12345热线"))
    session.flush()

    def enter(**facts) -> Appeal:
        given = {"channel": "channel:hotline_12345", "source_no": "20260302-1", "source_due_on": date(2026, 3, 10)} | facts
        row = Appeal(words="路灯不亮", area_id=world.east.id, **given)
        appeal_flow.enter(session, row, OFFICE_DESK, NOW)
        return row

    return enter


OFFICE_DESK = Actor(None, "窗口", "430181002", frozenset({"appeal:enter"}), is_scoped=False)


def test_a_hotline_order_without_its_number_and_term_is_refused(hotline):
    with pytest.raises(Refused, match="请填写来源编号.*请填写来源要求的答复期限") as no:
        hotline(source_no=None, source_due_on=None)
    assert set(no.value.errors) == {"source_no", "source_due_on"}


def test_one_number_of_a_source_is_entered_once(hotline):
    hotline()
    with pytest.raises(Refused, match="来源编号”的诉求"):
        hotline()


@pytest.mark.parametrize("asked, due", [(date(2026, 3, 3), date(2026, 3, 3)), (date(2026, 3, 10), date(2026, 3, 4))])
def test_the_sooner_of_both_terms_counts(hotline, asked, due):
    appeal = hotline(source_due_on=asked)
    assert (appeal.due_on, appeal.first_due_on) == (due, due)


def test_a_case_takes_its_source_and_term_over(session, hotline, take):
    appeal = hotline(source_due_on=date(2026, 3, 10))
    take("to_case", appeal, OFFICE, kind=CaseKind.DISPUTE, subject="路灯", category="dispute_category:02", level=None)
    case = session.get(Case, ("430181002", appeal.case_id))
    assert (case.source_no, case.due_on, case.due_reason) == ("20260302-1", date(2026, 3, 10), "来源要求2026-03-10前办结")
