"""The steps of a case: who may take them, what they ask, what they leave behind."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from models.case import Assignment, CaseEvent, CaseParty
from models.case_codes import Consent, ConsultGround, NoticeChannel, PetitionPurpose, StageResult, TerminateReason
from models.codes import AssignmentStatus, CaseKind, CaseOutcome, CaseStatus, MediationStage
from models.notice import Notice
from models.stage_run import StageRun
from models.term import Term
from models.todo import Todo
from services import access
from services.cases import case_flow, case_links, clocks, extensions
from services.mediation import teams
from services.access import Actor, Permission
from services.cases.case_flow import CASE_FLOW
from services.errors import Conflict, Denied, Refused
from tests.support.builders import build_world, case_facts, closing, declining, party


@pytest.fixture
def world(session):
    return build_world(session)


def office(session) -> Actor:
    return session.info["actor"]


def person(session, *permissions, **facts) -> Actor:
    """A scoped actor with these permissions only."""
    base = Actor(None, "某人", "430181002", frozenset(p.value for p in permissions))
    return replace(base, **facts)


def registered(session, world, **changes):
    now = session.info["now"]
    return case_flow.register(session, office(session), now, parties=[party()], **case_facts(world, **changes))


def take(session, case, verb, actor=None, **answers):
    CASE_FLOW.take(session, verb, case, actor or office(session), session.info["now"], **answers)


def assigned(session, world, **answers):
    case = registered(session, world)
    take(session, case, "accept")
    take(session, case, "assign", **({"worker": world.mediator} | answers))
    return case


def fed_back(session, world):
    case = assigned(session, world)
    take(session, case, "feed_back", feedback="双方已谈妥", is_beyond=True)
    return case


CLOSING = closing()


def test_a_registered_case_has_its_number_at_once(session, world):
    assert registered(session, world).case_no == "集里〔2026〕00001号"


def test_the_second_case_of_the_year_has_the_next_number(session, world):
    registered(session, world)
    assert registered(session, world).case_no == "集里〔2026〕00002号"


def test_registering_writes_the_first_event(session, world):
    case = registered(session, world)
    event = session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id)).one()
    assert (event.number, event.label, event.status_before, event.status_after) == (
        1, "登记", None, CaseStatus.REGISTERED,
    )  # fmt: skip


def test_a_case_received_tomorrow_is_refused(session, world):
    with pytest.raises(Refused, match="收到日期不能晚于今天"):
        registered(session, world, received_on=date(2026, 3, 3))


def test_a_dispute_is_due_one_month_after_it_was_received(session, world):
    assert registered(session, world).due_on == date(2026, 4, 2)


def test_accepting_opens_the_way_to_assignment(session, world):
    case = registered(session, world)
    take(session, case, "accept")
    assert [s.verb for s in CASE_FLOW.open_to(case, office(session))] == [
        "settle", "refer", "merge", "assign", "recall", "consent", "skip_stage", "terminate", "withdraw", "progress",
        "notify", "suspend", "ask_extension", "split", "relate",
    ]  # fmt: skip


def test_declining_without_a_reason_is_refused_and_changes_nothing(session, world):
    case = registered(session, world)
    with pytest.raises(Refused, match="请填写不予受理的理由"):
        take(session, case, "decline", **declining(reason="  "))
    assert case.status is CaseStatus.REGISTERED


def test_an_order_to_nobody_is_refused(session, world):
    case = registered(session, world)
    take(session, case, "accept")
    with pytest.raises(Refused, match="请选择承办单位或承办人"):
        take(session, case, "assign")


def test_an_order_without_a_day_is_due_in_five_working_days(session, world):
    assigned(session, world)
    assert session.scalars(select(Assignment)).one().due_on == date(2026, 3, 9)


def test_an_order_due_yesterday_is_refused(session, world):
    case = registered(session, world)
    take(session, case, "accept")
    with pytest.raises(Refused, match="不能早于今天"):
        take(session, case, "assign", worker=world.mediator, due_on=date(2026, 3, 1))


def test_an_order_may_not_outlast_the_whole_case(session, world):
    case = registered(session, world)
    take(session, case, "accept")
    with pytest.raises(Refused, match="不能晚于整件的办理期限2026-04-02"):
        take(session, case, "assign", worker=world.mediator, due_on=date(2026, 4, 3))


def test_an_order_to_somebody_who_left_is_refused(session, world):
    world.mediator.is_active = False
    case = registered(session, world)
    take(session, case, "accept")
    with pytest.raises(Refused, match="已不在岗"):
        take(session, case, "assign", worker=world.mediator)


def test_an_assigned_case_is_in_diverted_mediation(session, world):
    assert assigned(session, world).stage is MediationStage.DIVERTED


def test_merging_ends_a_request_for_more_time_that_nobody_has_answered(session, world):
    other, case = registered(session, world), registered(session, world, kind=CaseKind.PETITION, purpose=PetitionPurpose.ADVICE)
    take(session, case, "accept")
    take(session, case, "ask_extension", clock=next(c for c in clocks.live(session, case) if c.term_id == "xf_handle"), length=30, reason="当事人外出")
    take(session, case, "merge", into=other)
    assert (extensions.open_request(session, case), clocks.live(session, case)) == (None, [])


def test_who_does_not_agree_is_asked_before_the_case_is_accepted(session, world):
    case = registered(session, world)
    who = session.scalars(select(CaseParty)).one()
    take(session, case, "consent", party=who, consent=Consent.REFUSED, result="可以向人民法院起诉", informed_how=NoticeChannel.FACE)
    assert (case.status, case.terminate_reason) == (CaseStatus.CLOSED, TerminateReason.REFUSED)


def test_the_community_of_the_place_becomes_the_territorial_unit(session, world):
    assert assigned(session, world).territory_unit_id == world.east_unit.id


def test_a_second_order_withdraws_the_first(session, world):
    case = assigned(session, world)
    take(session, case, "assign", unit=world.justice)
    states = session.scalars(select(Assignment.status).order_by(Assignment.id)).all()
    assert states == [AssignmentStatus.WITHDRAWN, AssignmentStatus.OPEN]


def test_only_the_one_who_has_the_order_feeds_back(session, world):
    case = assigned(session, world)
    stranger = person(session, Permission.CASE_FEED_BACK, worker_id=world.lawyer.id)
    with pytest.raises(Refused, match="没有交办给您"):
        take(session, case, "feed_back", stranger, feedback="我来说两句")


def test_the_handler_feeds_back(session, world):
    case = assigned(session, world)
    handler = person(session, Permission.CASE_FEED_BACK, worker_id=world.mediator.id)
    take(session, case, "feed_back", handler, feedback="双方已谈妥")
    assert case.status is CaseStatus.FED_BACK


def test_a_case_cannot_be_closed_before_the_citizen_is_informed(session, world):
    case = fed_back(session, world)
    with pytest.raises(Refused, match="须把结果告知当事人"):
        take(session, case, "close", **(CLOSING | {"is_informed": False}))


def test_closing_names_every_answer_that_is_missing(session, world):
    case = fed_back(session, world)
    with pytest.raises(Refused) as no:
        take(session, case, "close", is_informed=True)
    assert set(no.value.errors) == {"outcome", "result", "tier", "root_cause", "informed_how"}


def test_a_closed_case_is_archived_or_opened_again(session, world):
    case = fed_back(session, world)
    take(session, case, "close", **CLOSING)
    assert [s.verb for s in CASE_FLOW.open_to(case, office(session))] == ["archive", "reopen", "relate"]


def test_a_case_opened_again_has_no_outcome(session, world):
    case = fed_back(session, world)
    take(session, case, "close", **CLOSING)
    take(session, case, "reopen", reason="当事人反映没有履行")
    assert (case.status, case.outcome, case.closed_at) == (CaseStatus.ACCEPTED, None, None)


def test_one_refusal_ends_mediation_with_a_notice_of_other_ways(session, world):
    case = assigned(session, world)
    who = session.scalars(select(CaseParty)).one()
    take(session, case, "consent", party=who, consent=Consent.REFUSED, result="可以向人民法院起诉", informed_how=NoticeChannel.FACE)
    notice = session.scalars(select(Notice)).one()
    assert (case.status, case.outcome, notice.words) == (CaseStatus.CLOSED, CaseOutcome.TERMINATED, "可以向人民法院起诉")


def test_a_refusal_without_a_notice_of_other_ways_is_refused(session, world):
    case = assigned(session, world)
    with pytest.raises(Refused, match="告知的其他途径"):
        take(session, case, "consent", party=session.scalars(select(CaseParty)).one(), consent=Consent.REFUSED)


def test_whoever_refused_is_asked_anew_when_the_case_is_opened_again(session, world):
    case = assigned(session, world)
    who = session.scalars(select(CaseParty)).one()
    take(session, case, "consent", party=who, consent=Consent.REFUSED, result="可以起诉", informed_how=NoticeChannel.FACE)
    take(session, case, "reopen", reason="双方愿意再谈")
    assert who.consent is None


def test_a_dispute_leaves_the_spot_only_with_a_reason(session, world):
    case = registered(session, world, onsite_reason=None)
    take(session, case, "accept")
    with pytest.raises(Refused, match="未能当场化解的原因"):
        take(session, case, "assign", worker=world.mediator)


def test_each_stage_leaves_a_run(session, world):
    consulted(session, world)
    runs = session.scalars(select(StageRun).order_by(StageRun.number)).all()
    assert [(r.stage, r.result) for r in runs] == [
        (MediationStage.ONSITE, StageResult.PASSED_ON), (MediationStage.DIVERTED, StageResult.PASSED_ON),
        (MediationStage.CONSULTATION, None),
    ]  # fmt: skip


def test_consultation_needs_the_consent_of_all(session, world):
    case = fed_back(session, world)
    with pytest.raises(Refused, match="还有1名当事人没有表态"):
        take(session, case, "consult", ground=ConsultGround.NOT_ALONE, reason="会商")


def test_a_stage_is_skipped_by_an_approver_only(session, world):
    case = fed_back(session, world)
    with pytest.raises(Denied):
        take(session, case, "skip_stage", person(session, Permission.CASE_DISPATCH), stage=MediationStage.JOINT, reason="紧急")


def test_a_claim_is_not_closed_before_its_opinion(session, world):
    case = registered(session, world, kind=CaseKind.PETITION, purpose=PetitionPurpose.CLAIM)
    take(session, case, "accept")
    take(session, case, "assign", worker=world.mediator)
    take(session, case, "feed_back", feedback="已核实")
    with pytest.raises(Refused, match="出具处理意见书"):
        take(session, case, "close", **CLOSING)


def test_the_last_step_is_taken_back_by_whoever_took_it(session, world):
    case = registered(session, world)
    take(session, case, "accept")
    take(session, case, "recall", reason="点错了")
    assert (case.status, case.accepted_at) == (CaseStatus.REGISTERED, None)


def test_somebody_else_cannot_take_a_step_back(session, world):
    case = registered(session, world)
    take(session, case, "accept")
    with pytest.raises(Refused, match="只有本人可以撤回"):
        take(session, case, "recall", person(session, Permission.CASE_FEED_BACK), reason="不同意")


def test_a_group_visit_of_six_representatives_is_refused_by_the_database(session, world):
    with pytest.raises(Refused):
        registered(session, world, kind=CaseKind.PETITION, is_group_visit=True, representative_count=6, people_count=9)


def test_the_accused_unit_does_not_get_the_matter(session, world):
    facts = {"purpose": PetitionPurpose.ACCUSATION, "accused_unit_id": world.justice.id}
    case = registered(session, world, kind=CaseKind.PETITION, **facts)
    take(session, case, "accept")
    with pytest.raises(Refused, match="被检举的单位"):
        take(session, case, "assign", unit=world.justice)


def test_a_period_of_the_law_is_lengthened_once_and_the_citizen_told(session, world):
    case = registered(session, world, kind=CaseKind.PETITION)
    take(session, case, "accept")
    clock = next(c for c in clocks.live(session, case) if c.term_id == "xf_handle")
    take(session, case, "ask_extension", person(session, Permission.CASE_FEED_BACK), clock=clock, length=30, reason="等待鉴定")
    take(session, case, "decide_extension", is_granted=True, answer="同意", informed_how=NoticeChannel.POST)
    said = session.scalars(select(CaseEvent.note).where(CaseEvent.verb == "decide_extension")).one()
    assert case.due_on == date(2026, 6, 1)
    # 60 days after 2 March end on Friday 1 May (no holidays here); 90 on Sunday 31 May, so on Monday 1 June.
    assert said == "同意“信访事项办结”延长30日，由2026-05-01延至2026-06-01。申请理由：等待鉴定。同意"


def test_a_longer_term_is_shown_in_the_in_tray_of_whom_it_is_for(session, world):
    case = assigned(session, world)
    clock = next(c for c in clocks.live(session, case) if c.part == "assignment")
    session.get(Term, clock.term_id).extend_length = 5
    take(session, case, "ask_extension", person(session, Permission.CASE_FEED_BACK), clock=clock, length=3, reason="等待鉴定")
    take(session, case, "decide_extension", is_granted=True, answer="同意")
    assert session.scalars(select(Todo.due_on).where(Todo.record_id == clock.part_id)).one() == clock.due_on
    assert clock.extended_by == 3


def test_a_suspended_case_goes_on_where_it_stopped(session, world):
    case = assigned(session, world)
    take(session, case, "suspend", reason="等待鉴定结论")
    take(session, case, "resume")
    assert case.status is CaseStatus.ASSIGNED


def test_a_merged_case_is_linked_from_both_sides(session, world):
    case, other = registered(session, world), registered(session, world)
    take(session, case, "merge", into=other)
    seen = [(link.words, link.case.id) for c in (case, other) for link in case_links.of(session, c)]
    assert (case.status, seen) == (CaseStatus.MERGED, [("已并入", other.id), ("并入本件", case.id)])


def test_a_merge_is_on_the_timeline_of_both(session, world):
    case, other = registered(session, world), registered(session, world)
    take(session, case, "merge", into=other)
    last = [session.scalars(select(CaseEvent.label).where(CaseEvent.case_id == c.id).order_by(CaseEvent.number.desc())).first()
            for c in (case, other)]  # fmt: skip
    assert last == ["并案", "并入重复件"]


def test_a_case_is_not_merged_into_itself(session, world):
    case = registered(session, world)
    with pytest.raises(Refused, match="不能并入自己"):
        take(session, case, "merge", into=case)


def test_the_timeline_of_a_whole_case_is_kept_in_order(session, world):
    case = fed_back(session, world)
    take(session, case, "close", **CLOSING)
    labels = session.scalars(select(CaseEvent.label).order_by(CaseEvent.number)).all()
    assert labels == ["登记", "受理", "分流交办", "反馈", "办结"]


def test_a_step_out_of_order_says_where_the_case_stands(session, world):
    case = registered(session, world)
    with pytest.raises(Conflict, match="现在是“已登记”，不能办结"):
        take(session, case, "close", **CLOSING)


def test_somebody_without_the_permission_cannot_dispatch(session, world):
    case = registered(session, world)
    with pytest.raises(Denied):
        take(session, case, "accept", person(session, Permission.CASE_FEED_BACK))


def consulted(session, world):
    case = fed_back(session, world)
    take(session, case, "consent", consent=Consent.AGREED)
    take(session, case, "consult", ground=ConsultGround.NOT_ALONE, reason="请城管到场会商")
    return case


def form_team(session, case, world):
    choice = teams.Choice([world.leader.id], [world.mediator.id], [world.lawyer.id], [world.clerk.id])
    return teams.assemble(session, case, choice, office(session), session.info["now"])


def test_joint_mediation_needs_a_complete_team(session, world):
    case = consulted(session, world)
    with pytest.raises(Refused, match="还没有“3\\+X”专班"):
        take(session, case, "join", reason="重点问题")


def test_with_a_complete_team_the_case_goes_to_joint_mediation(session, world):
    case = consulted(session, world)
    form_team(session, case, world)
    take(session, case, "join", reason="重点问题")
    assert (case.stage, case.status, case.is_key_issue) == (MediationStage.JOINT, CaseStatus.FED_BACK, True)


def test_of_two_people_who_take_a_step_at_once_one_gets_a_conflict(session, world):
    case = registered(session, world)
    case_id, version = case.id, case.version
    take(session, case, "accept")
    session.execute(
        type(case).__table__.update().where(type(case).__table__.c.id == case_id).values(version=version + 5)
    )
    with pytest.raises(Conflict, match="别人刚刚办理了"):
        take(session, case, "assign", worker=world.mediator)


def test_a_scoped_clerk_does_not_see_a_case_of_another_community(session, world):
    case = registered(session, world)
    session.expire_all()
    access.bind(session, person(session, area_code=world.west.code), session.info["now"])
    assert session.get(type(case), (case.subdistrict_id, case.id)) is None or case not in session.scalars(select(type(case))).all()
