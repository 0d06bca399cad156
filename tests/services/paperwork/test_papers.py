"""Papers of a case: what they say, their versions, who may make them, and what a dossier still lacks."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from docx import Document
from sqlalchemy import func, select

from formats import files
from models.audit import AccessEvent
from models.case import Assignment, Objection
from models.codes import AccessKind, CaseKind, CaseOutcome, CaseStatus, ObjectionState, PartyKind, PartyRole, Retention
from models.paper import Dossier, Paper, PaperTemplate
from models.team import Team
from services import access
from services.cases import case_flow
from services.keeping import attachments
from services.mediation import teams
from services.paperwork import dossiers, paper_templates, papers
from services.cases.case_flow import CASE_FLOW
from services.errors import Denied, Missing, Refused
from services.paperwork.paper_kinds import PAPERS, papers_of
from services.paperwork.paper_samples import SAMPLE
from tests.conftest import NOW
from tests.formats.test_papers import said, template
from tests.support.builders import build_user, build_world, case_facts, party, raw_case

SYSTEM = access.system("430181002")
ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
ID = "11010518491231002X"  # the second example of GB 11643: nobody alive has it


@pytest.fixture
def world(session):
    return build_world(session)


def full_case(session, world, kind=CaseKind.DISPUTE):
    """A case with both sides, an order that was answered, a team, and an end."""
    people = [
        party("甲某<某>&丙") | {"id_number": ID, "address": "东里社区1号"},
        party("乙某某", PartyRole.RESPONDENT, "13800000002") | {"address": "东里社区2号"},
    ]
    case = case_flow.register(session, SYSTEM, NOW, parties=people, **case_facts(world, kind=kind, people_count=2))
    CASE_FLOW.take(session, "accept", case, SYSTEM, NOW)
    CASE_FLOW.take(session, "assign", case, SYSTEM, NOW, unit=world.justice, worker=world.mediator, demand="当面听取双方意见")
    seats = {"leader": [world.leader.id], "mediator": [world.mediator.id], "lawyer": [world.lawyer.id], "staff": [world.clerk.id]}
    teams.assemble(session, case, teams.Choice(**seats), SYSTEM, NOW, plan="先分头沟通")
    return case


def made(session, subject, key):
    return papers.make(session, subject, key, SYSTEM, NOW)


def words_of(session, subject, key) -> str:
    return said(files.where(files.folder(), made(session, subject, key).sha256).read_bytes())


# ---- what papers say ----------------------------------------------------------------


def party_raw(session, case, name, **facts):
    from models.case import CaseParty

    row = CaseParty(case_id=case.id, name=name, role=PartyRole.APPLICANT, **facts)
    session.add(row)
    session.flush()
    return row


def faults(session, cases: dict, subject_of_paper, wanted) -> list[str]:
    """The papers that show something raw, or nothing that is wanted."""
    found = []
    for kind in (kind for kind in PAPERS.values() if kind.kinds):  # the monthly report is about no case
        case = cases[next(k for k in CaseKind if k in kind.kinds)]
        words = words_of(session, subject_of_paper(case, kind), kind.key)
        raw = [mark for mark in ("None", "{{", "{%", "Undefined") if mark in words]
        if raw or not any(mark in words for mark in wanted(case)):
            found.append(f"{kind.key}: {raw}")
    return found


@ONE
def test_every_paper_says_what_is_known_and_nothing_raw(session, world):
    cases = {kind: full_case(session, world, kind) for kind in CaseKind}
    known = ("甲某<某>&丙", "东里社区人民调解委员会", "人调字第", "系统")
    assert faults(session, cases, lambda case, kind: next((row for row, _ in kind.subjects(session, case)), case), lambda case: (case.case_no, case.subject, *known)) == []


@ONE
def test_every_paper_of_a_bare_case_has_blanks_and_nothing_raw(session, world):
    cases = {kind: raw_case(session, world, case_no=f"测{kind.value}", kind=kind) for kind in CaseKind}
    assert faults(session, cases, lambda case, kind: case, lambda case: ("／", "____", "　　年　　月")) == []


@ONE
def test_the_record_of_a_bare_case_leaves_lines_for_hands(session, world):
    words = words_of(session, raw_case(session, world), "mediation_record")
    assert "当事人（签名）：________________" in words and "□ 达成协议" in words and "☑" not in words


@ONE
def test_the_application_names_both_sides_with_their_numbers(session, world):
    words = words_of(session, full_case(session, world), "mediation_application")
    for known in ("甲某<某>&丙", ID, "13800000001", "女", "乙某某", "13800000002", "东里社区2号", "楼上卫生间漏水"):
        assert known in words


@ONE
def test_the_age_of_a_party_is_counted_on_the_day_of_receipt(session, world):
    words = words_of(session, full_case(session, world), "confirmation_persons")
    assert "甲某<某>&丙，女，176岁" in words  # born on 31 December 1849, received on 2 March 2026


@ONE
def test_the_order_to_a_unit_says_who_what_and_by_when(session, world):
    case = full_case(session, world)
    order = session.scalar(select(Assignment))
    words = words_of(session, order, "assignment_slip")
    for known in ("司法所", "戊调解", "当面听取双方意见", case.case_no, f"{order.due_on.month}月{order.due_on.day}日"):
        assert known in words


@ONE
def test_the_letter_of_appointment_names_the_four_seats(session, world):
    full_case(session, world)
    words = words_of(session, session.scalar(select(Team)), "team_appointment")
    for known in ("丙领导", "包案领导", "戊调解", "专岗调解员", "庚律师", "律师", "丁干部", "2026年3月2日"):
        assert known in words


@ONE
def test_the_objection_of_a_unit_stands_on_its_paper_with_the_decision(session, world):
    case = full_case(session, world)
    order = session.scalar(select(Assignment))
    row = Objection(case_id=case.id, order_id=order.id, unit_id=world.justice.id, reason="属于社区管理的公共排水", proposed_unit_id=world.east_unit.id, raised_at=NOW)
    session.add(row)
    session.flush()
    words = words_of(session, order, "petition_objection")
    assert "属于社区管理的公共排水" in words and "东里社区居委会" in words and "理由：____" in words
    row.status, row.decision, row.decided_at = ObjectionState.ACCEPTED, "改由社区办理", NOW
    session.flush()
    assert "理由：同意退回 改由社区办理" in words_of(session, order, "petition_objection")


@ONE
def test_the_receipt_carries_the_query_code_of_the_appeal_the_case_came_from(session, world):
    from models.appeal import Appeal
    from models.base import uuid7
    from models.codes import AppealStatus, Tier5

    case = raw_case(session, world)
    session.add(Appeal(
        appeal_no="集里2603020001", words="楼上漏水", channel="channel:qr", area_id=world.east.id, owner_area_id=world.east.id, tier=Tier5.COMMUNITY,
        status=AppealStatus.CONVERTED, received_at=NOW, ended_at=NOW, case_id=case.id, query_code="12345678", idempotency_key=uuid7(),
    ))  # fmt: skip
    session.flush()
    words = words_of(session, case, "appeal_receipt")
    assert "集里2603020001" in words and "12345678" in words


@ONE
def test_a_whistle_says_where_what_and_whom_to_call_and_never_who_the_parties_are(session, world):
    from models.codes import WhistleKind, WhistleReason
    from models.whistle import Whistle, WhistleTarget

    case = full_case(session, world)
    row = Whistle(
        whistle_no="吹哨〔2026〕0001号", case_id=case.id, kind=WhistleKind.ENFORCEMENT, reason=WhistleReason.POWER, place="东里社区路口",
        request="请到场核实排水管", contact_name="丁干部", contact_phone="0731-83600000", known_at=NOW, blown_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    for unit in (world.justice, world.east_unit):
        session.add(WhistleTarget(whistle_id=row.id, unit_id=unit.id, case_id=case.id, blown_at=NOW, respond_by=NOW, respond_reason="一个工作日"))
    session.flush()
    words = words_of(session, row, "whistle_slip")
    for known in ("吹哨〔2026〕0001号", "东里社区路口", "请到场核实排水管", "丁干部", "无执法权", "司法所、东里社区居委会", "司法所：2026年3月2日 09:00"):
        assert known in words
    assert [hidden for hidden in ("甲某", "乙某某", "13800000001", ID, case.subject) if hidden in words] == []


@ONE
def test_an_urge_and_a_supervision_say_to_whom_what_and_by_when(session, world):
    from models.codes import CardColour
    from models.supervision import Supervision
    from models.urge import Urge

    case = full_case(session, world)
    urge = Urge(case_id=case.id, unit_id=world.justice.id, demand="请反馈进展", due_on=date(2026, 3, 5), urged_at=NOW)
    supervision = Supervision(
        supervision_no="督办〔2026〕0001号", case_id=case.id, unit_id=world.justice.id, demand="三日内反馈", reply_by=date(2026, 3, 6),
        card=CardColour.YELLOW, card_reason="超期五日", issued_at=NOW,
    )  # fmt: skip
    session.add_all([urge, supervision])
    session.flush()
    words = words_of(session, urge, "urge_slip")
    assert [known in words for known in (f"{case.case_no}-催1", "司法所：", "请反馈进展", "2026年3月5日", "系统")] == [True] * 5
    words = words_of(session, supervision, "supervision_slip")
    assert [known in words for known in ("督办〔2026〕0001号", "黄牌", "司法所：", "超期五日", "三日内反馈", "2026年3月6日")] == [True] * 6


@ONE
def test_the_referral_to_a_counsellor_names_the_person_the_matter_and_who_refers(session, world):
    from models.case import CaseParty

    case = full_case(session, world)
    words = words_of(session, session.scalars(select(CaseParty).where(CaseParty.case_id == case.id)).first(), "psych_referral")
    assert [known in words for known in ("甲某", "申请人", case.subject)] == [True] * 3


@ONE
def test_the_answer_to_a_petition_says_what_was_found_decided_and_by_which_law(session, world):
    from models.case_codes import OpinionKind, PetitionPurpose
    from models.opinion import HandlingOpinion

    case = raw_case(session, world, kind=CaseKind.PETITION, purpose=PetitionPurpose.CLAIM, is_repeat=False)
    session.add(HandlingOpinion(
        case_id=case.id, number=1, request="修路", facts="经核实，道路破损属实", kind=OpinionKind.SUPPORT, basis="《公路法》第三十五条",
        is_solved=True, served_on=date(2026, 3, 2),
    ))  # fmt: skip
    session.flush()
    words = words_of(session, case, "petition_opinion")
    assert [known in words for known in ("经核实，道路破损属实", "☑ 支持请求", "□ 不予支持", "《公路法》第三十五条")] == [True] * 4
    words = words_of(session, case, "petition_register")
    assert [known in words for known in ("☑ 申诉求决", "□ 检举控告", "初次")] == [True] * 3


@ONE
def test_the_notice_of_an_extension_says_why_how_long_and_until_when(session, world):
    from models.extension import Extension
    from services.cases import clocks

    case = raw_case(session, world, kind=CaseKind.PETITION)
    clock = clocks.start(session, case, "xf_handle", date(2026, 3, 2), is_whole=True)
    row = Extension(
        case_id=case.id, clock_id=clock.id, length=15, reason="需要鉴定", asked_by_name="丁干部", asked_at=NOW, is_granted=True,
        answer="同意", decided_by_name="丙领导", decided_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    words = words_of(session, row, "petition_extension")
    assert [known in words for known in ("需要鉴定", "延长15日", "丙领导", "2026年5月1日前办结")] == [True] * 4


@ONE
def test_papers_never_carry_a_seal_only_its_place(session, world):
    kept = made(session, full_case(session, world), "oral_agreement_register")
    content = files.where(files.folder(), kept.sha256).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [name for name in archive.namelist() if "media" in name] == []
    assert "（印章）" in said(content)


@ONE
def test_the_papers_are_a4(session, world):
    kept = made(session, full_case(session, world), "mediation_agreement")
    section = Document(files.where(files.folder(), kept.sha256)).sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)


@ONE
def test_the_layout_for_a_company_stands_in_for_the_one_for_persons(session, world):
    case = raw_case(session, world)
    keys = {kind.key for kind in papers_of(session, case)}
    party_raw(session, case, "某某公司", kind=PartyKind.COMPANY)
    assert "confirmation_persons" in keys and "confirmation_company" not in keys
    keys = {kind.key for kind in papers_of(session, case)}
    assert "confirmation_company" in keys and "confirmation_persons" not in keys


@ONE
def test_every_field_of_a_case_that_papers_read_is_in_the_table_of_fields(session, world):
    facts = papers.facts_of(session, full_case(session, world))
    for part in ("case", "sides", "office", "dossier"):
        assert set(facts[part]) - set(SAMPLE[part]) == set()
    assert set(facts["parties"][0]) - set(SAMPLE["parties"][0]) == set()


# ---- versions -----------------------------------------------------------------------


def test_a_paper_made_again_is_a_new_version_and_the_old_one_stays(session, world):
    case = full_case(session, world)
    first, second = made(session, case, "rights_notice"), made(session, case, "rights_notice")
    assert (first.number, second.number) == (1, 2)
    assert files.where(files.folder(), first.sha256).exists()


def test_a_paper_keeps_what_it_was_made_from(session, world):
    case = full_case(session, world)
    kept = made(session, case, "rights_notice")
    assert (kept.template_number, kept.template_sha256) == (0, paper_templates.shipped("rights_notice").sha256)
    assert len(kept.data_sha256) == len(kept.sha256) == 64
    assert (kept.made_at, kept.file_name) == (NOW, f"{case.case_no}_当事人权利义务告知书_第1版.docx")


@ONE
def test_equal_data_have_an_equal_hash_and_changed_data_another(session, world):
    case = full_case(session, world)
    first, second = made(session, case, "rights_notice"), made(session, case, "rights_notice")
    case.subject = "另一件事"
    session.flush()
    third = made(session, case, "rights_notice")
    assert first.data_sha256 == second.data_sha256 != third.data_sha256


@ONE
def test_the_page_knows_which_papers_the_data_has_overtaken(session, world):
    case = full_case(session, world)
    made(session, case, "rights_notice")
    assert [line.kind.key for line in papers.lines(session, case) if line.is_stale] == []
    case.subject = "另一件事"
    session.flush()
    assert [line.kind.key for line in papers.lines(session, case) if line.is_stale] == ["rights_notice"]


@ONE
def test_papers_about_two_orders_are_counted_apart(session, world):
    case = full_case(session, world)
    CASE_FLOW.take(session, "assign", case, SYSTEM, NOW, unit=world.east_unit)
    orders = session.scalars(select(Assignment)).all()
    found = [made(session, order, "assignment_slip") for order in orders]
    assert [(p.number, p.subject_label) for p in found] == [(1, orders[0].unit.name), (1, orders[1].unit.name)]


# ---- who may ------------------------------------------------------------------------


def acting(session, user, area=None):
    return access.bind(session, access.actor_of(user, area), NOW).info["actor"]


def test_who_may_not_make_papers_is_refused(session, world):
    case = full_case(session, world)
    actor = acting(session, build_user(session, "reader", ["case:view"], is_scoped=False))
    with pytest.raises(Denied):
        papers.make(session, case, "rights_notice", actor, NOW)


def test_a_paper_of_a_case_out_of_sight_is_not_found(session, world):
    case = full_case(session, world)
    order = session.scalar(select(Assignment))
    kept = made(session, case, "rights_notice")
    user = build_user(session, "western", ["case:view", "paper:make"], area_id=world.west.id)
    actor = acting(session, user, world.west.code)
    session.expunge_all()
    with pytest.raises(Missing):
        papers.make(session, order, "assignment_slip", actor, NOW)
    assert session.scalar(select(Paper).where(Paper.id == kept.id)) is None


def test_a_paper_is_read_only_through_its_own_case(session, world):
    kept = made(session, full_case(session, world), "rights_notice")
    other = raw_case(session, world, case_no="测〔2026〕00009号")
    with pytest.raises(Missing):
        papers.read(session, other, kept.id, SYSTEM)


def test_reading_a_paper_is_logged_as_clear_text(session, world):
    case = full_case(session, world)
    kept = made(session, case, "rights_notice")
    papers.read(session, case, kept.id, SYSTEM)
    logged = session.scalars(select(AccessEvent)).all()
    assert [(e.kind, e.record_id, e.detail, e.reason) for e in logged] == [
        (AccessKind.REVEAL, case.id, "当事人权利义务告知书第1版", "下载文书")
    ]


@ONE
def test_a_paper_of_another_kind_of_matter_is_refused(session, world):
    with pytest.raises(Refused, match="“信访处理意见书”不用于矛盾纠纷"):
        made(session, raw_case(session, world), "petition_opinion")


@ONE
def test_an_unknown_paper_is_not_found(session, world):
    with pytest.raises(Missing, match="没有这种文书"):
        made(session, raw_case(session, world), "../../etc/passwd")


@ONE
def test_a_file_that_is_gone_is_told_with_the_way_out(session, world):
    case = full_case(session, world)
    kept = made(session, case, "rights_notice")
    files.where(files.folder(), kept.sha256).unlink()
    with pytest.raises(Missing, match="请联系系统管理员从备份恢复，或重新生成"):
        papers.read(session, case, kept.id, SYSTEM)


# ---- templates of the office --------------------------------------------------------


def uploaded(session, content, key="rights_notice"):
    return paper_templates.upload(session, key, "改过的.docx", content, "加上电话", SYSTEM, NOW)


def test_an_uploaded_template_is_used_from_then_on(session, world):
    row = uploaded(session, template("本街道告知：{{ case.subject }}"))
    case = full_case(session, world)
    kept = made(session, case, "rights_notice")
    assert said(files.where(files.folder(), kept.sha256).read_bytes()) == f"本街道告知：{case.subject}"
    assert (kept.template_number, kept.template_sha256) == (1, row.sha256)


def test_a_second_upload_takes_the_place_of_the_first(session, world):
    uploaded(session, template("第一"))
    uploaded(session, template("第二"))
    rows = paper_templates.versions(session, "rights_notice")
    assert [(row.number, row.is_active) for row in rows] == [(2, True), (1, False)]


def test_the_shipped_template_comes_back_and_the_versions_stay(session, world):
    uploaded(session, template("第一"))
    paper_templates.restore(session, "rights_notice", SYSTEM)
    assert paper_templates.current(session, "rights_notice").number == 0
    assert session.scalar(select(func.count()).select_from(PaperTemplate)) == 1


@ONE
def test_an_earlier_version_can_be_used_again(session, world):
    uploaded(session, template("第一"))
    uploaded(session, template("第二"))
    paper_templates.activate(session, "rights_notice", 1, SYSTEM)
    assert paper_templates.current(session, "rights_notice").number == 1


@ONE
@pytest.mark.parametrize(("line", "sentence"), [
    ("{{ ''.__class__ }}", "不允许的写法"), ("{{ case.nothing }}", "没有的字段“nothing”"), ("{% if case %}", "标记写得不完整"),
])  # fmt: skip
def test_a_template_that_does_not_render_is_refused_and_nothing_changes(session, world, line, sentence):
    with pytest.raises(Refused, match=sentence) as no:
        uploaded(session, template(line))
    assert set(no.value.errors) == {"file"} and paper_templates.current(session, "rights_notice").number == 0


def test_who_may_not_change_templates_is_refused(session, world):
    actor = acting(session, build_user(session, "maker", ["case:view", "paper:make"], is_scoped=False))
    with pytest.raises(Denied):
        paper_templates.upload(session, "rights_notice", "a.docx", template("a"), "", actor, NOW)


def test_every_shipped_template_is_what_the_forms_say():
    """A changed form needs `python -m seeds.papers`."""
    from seeds.papers import coordination, mediation, petition, report

    def parts(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name.startswith("word/")}

    forms = mediation.forms() | petition.forms() | coordination.forms() | report.forms()
    assert set(forms) == set(PAPERS)
    assert [key for key, form in forms.items() if parts(form.content()) != parts(paper_templates.shipped(key).content)] == []


# ---- what a dossier lacks -----------------------------------------------------------

AT_FIRST = ["人民调解申请书或受理登记表", "当事人权利义务告知书", "当事人身份证明", "人民调解记录"]


def test_a_fresh_dispute_lacks_all_that_a_dossier_must_hold(session, world):
    assert papers.missing(session, raw_case(session, world)) == AT_FIRST


@ONE
@pytest.mark.parametrize(("outcome", "more"), [
    (CaseOutcome.RESOLVED, ["人民调解协议书或口头协议登记表"]), (CaseOutcome.PARTLY, ["人民调解协议书或口头协议登记表"]),
    (CaseOutcome.TERMINATED, ["终止调解通知书"]), (CaseOutcome.WITHDRAWN, ["撤回调解申请书"]), (CaseOutcome.EXPLAINED, []),
])  # fmt: skip
def test_what_must_be_there_depends_on_how_the_case_ends(session, world, outcome, more):
    assert papers.missing(session, raw_case(session, world), outcome) == [*AT_FIRST, *more]


@ONE
@pytest.mark.parametrize("key", ["mediation_application", "acceptance_register"])
def test_the_application_or_the_register_is_enough(session, world, key):
    case = raw_case(session, world)
    made(session, case, key)
    assert papers.missing(session, case) == AT_FIRST[1:]


def test_a_file_named_after_a_part_counts_for_it(session, world):
    case = raw_case(session, world)
    attachments.attach(session, files.folder(), case, "身份证.pdf", b"%PDF-1.7 x", "当事人身份证明", SYSTEM)
    attachments.attach(session, files.folder(), case, "别的.pdf", b"%PDF-1.7 y", "现场照片", SYSTEM)
    assert papers.missing(session, case) == [name for name in AT_FIRST if name != "当事人身份证明"]


@ONE
def test_a_paper_without_its_signed_scan_is_told_apart(session, world):
    case = raw_case(session, world)
    made(session, case, "rights_notice")
    check = next(c for c in papers.checks(session, case) if c.item.name == "当事人权利义务告知书")
    assert check.lacks_signature
    attachments.attach(session, files.folder(), case, "签字.pdf", b"%PDF-1.7 x", f"{check.item.name}{papers.SCAN}", SYSTEM)
    check = next(c for c in papers.checks(session, case) if c.item.name == "当事人权利义务告知书")
    assert not check.lacks_signature and len(check.scans) == 1


@ONE
def test_a_declined_dispute_needs_its_notice_only(session, world):
    case = raw_case(session, world)
    case.status = CaseStatus.DECLINED
    assert papers.missing(session, case) == ["不予受理调解告知书"]


@ONE
def test_a_petition_needs_its_register_and_one_of_the_notices(session, world):
    case = raw_case(session, world, kind=CaseKind.PETITION)
    notices = "接收告知书、转送（交办）去向告知书或不属于职权告知书"
    assert papers.missing(session, case) == ["信访事项登记表", notices]
    made(session, case, "petition_receipt")
    assert papers.missing(session, case, CaseOutcome.RESOLVED) == ["信访事项登记表", "信访处理意见书"]


@ONE
def test_an_appeal_needs_no_paper(session, world):
    assert papers.missing(session, raw_case(session, world, kind=CaseKind.APPEAL)) == []


# ---- the dossier --------------------------------------------------------------------


def test_the_number_of_a_dossier_runs_by_committee_and_year(session, world):
    first, second = raw_case(session, world), raw_case(session, world, case_no="测〔2026〕00002号")
    far = raw_case(session, world, case_no="测〔2026〕00003号", area_id=world.west_neighborhood.id)
    found = [dossiers.ensure(session, case, SYSTEM, NOW).dossier_no for case in (first, second, far)]
    assert found == ["（2026）东里社区人调字第0001号", "（2026）东里社区人调字第0002号", "（2026）集里人调字第0001号"]


def test_a_case_has_one_dossier(session, world):
    case = raw_case(session, world)
    assert dossiers.ensure(session, case, SYSTEM, NOW) is dossiers.ensure(session, case, SYSTEM, NOW)
    assert session.scalar(select(func.count()).select_from(Dossier)) == 1


@ONE
def test_land_is_kept_for_ever_and_a_neighbours_dispute_for_long(session, world):
    from models.dictionary import DictItem

    session.add(DictItem(id="dispute_category:07", dictionary="dictionary:dispute_category", code="07", name="山林土地"))
    session.flush()
    cases = [raw_case(session, world, case_no=f"测{c}", category=f"dispute_category:{c}") for c in ("07", "02.01")]
    assert [dossiers.ensure(session, case, SYSTEM, NOW).retention for case in cases] == [Retention.PERMANENT, Retention.LONG]


@ONE
def test_the_whole_dossier_comes_in_the_order_of_its_index(session, world):
    case = full_case(session, world)
    for key in ("mediation_record", "rights_notice", "rights_notice", "acceptance_register"):
        made(session, case, key)
    attachments.attach(session, files.folder(), case, "签字.pdf", b"%PDF-1.7 x", f"人民调解记录{papers.SCAN}", SYSTEM)
    attachments.attach(session, files.folder(), case, "照片.png", b"\x89PNG\r\n\x1a\nx", "现场", SYSTEM)
    target = io.BytesIO()
    assert papers.bind(session, case, target, SYSTEM, NOW) == f"{case.case_no}_卷宗.zip"
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == [
            "00_卷宗封面.docx", "01_卷内目录.docx", "02_人民调解受理登记表.docx", "03_当事人权利义务告知书.docx", "04_人民调解记录.docx",
            "05_人民调解记录（签字扫描件）.pdf", "06_卷宗情况说明.docx", "07_封底.docx", "08_附件_照片.png",
        ]  # fmt: skip
        cover, index = said(archive.read("00_卷宗封面.docx")), said(archive.read("01_卷内目录.docx"))
        statement = said(archive.read("06_卷宗情况说明.docx"))
    for known in ("东里社区人民调解委员会", "（2026）东里社区人调字第0001号", "甲某<某>&丙与乙某某邻里纠纷", "戊调解", "长期"):
        assert known in cover
    assert [name in index for name in ("人民调解受理登记表", "当事人权利义务告知书", "人民调解记录", "卷宗封面")] == [True, True, True, False]
    assert "缺：当事人身份证明。" in statement


@ONE
def test_the_download_of_a_dossier_is_logged_with_its_number_of_files(session, world):
    case = full_case(session, world)
    papers.bind(session, case, io.BytesIO(), SYSTEM, NOW)
    logged = session.scalars(select(AccessEvent)).all()
    assert [(e.kind, e.detail, e.row_count) for e in logged] == [(AccessKind.EXPORT_CLEAR, "整卷下载", 4)]
