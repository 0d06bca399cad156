"""The papers there are, one row each, and what a complete dossier holds (卷内目录)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Described
from models.case import Assignment, Case, CaseParty, in_order
from models.codes import CaseKind, CaseOutcome, CaseStatus, PartyKind, PartyRole
from models.extension import Extension
from models.hearing import Hearing
from models.follow_up import FollowUp
from models.session import MediationSession
from models.settlement import Confirmation, MediationAgreement
from models.supervision import Supervision
from models.team import Team
from models.urge import Urge
from models.whistle import Whistle

from . import (
    paper_contexts as contexts,
    paper_coordination as calls,
    paper_endings as ends,
    paper_mediation as mediation,
)
from .paper_facts import Facts

D, P, A = CaseKind.DISPUTE, CaseKind.PETITION, CaseKind.APPEAL
DOSSIER, PETITION, COORDINATION = "人民调解卷宗", "信访文书", "协调和督促"
REPORT = "报告"

Build = Callable[[Session, Case, Described], Facts]
Subjects = Callable[[Session, Case], Sequence[tuple[Described, str]]]


def the_case(session: Session, case: Case) -> Sequence[tuple[Described, str]]:
    """Most papers are about the case itself."""
    return [(case, "")]


def each_order(session: Session, case: Case) -> Sequence[tuple[Described, str]]:
    """One paper an order, named after who got it."""
    rows = session.scalars(select(Assignment).where(Assignment.case_id == case.id).order_by(Assignment.assigned_at, Assignment.id).limit(30))
    return [(row, (row.unit or row.worker).name) for row in rows]


def each_team(session: Session, case: Case) -> Sequence[tuple[Described, str]]:
    rows = session.scalars(select(Team).where(Team.case_id == case.id).order_by(Team.formed_on, Team.id).limit(10)).all()
    return [(row, "" if len(rows) == 1 else f"{row.formed_on:%Y-%m-%d}组建") for row in rows]


def each_principal(session: Session, case: Case) -> Sequence[tuple[Described, str]]:
    """One power of attorney a party, named by its role: names stay inside the paper."""
    rows = session.scalars(select(CaseParty).where(CaseParty.case_id == case.id).order_by(CaseParty.id).limit(30)).all()
    wanted = [row for row in in_order(rows) if row.role in (PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.THIRD)]
    return [(row, f"{row.role.label}{number}") for number, row in enumerate(wanted, 1)]


@dataclass(frozen=True)
class PaperKind:
    """One kind of paper: the template's key, for which matters, what fills it in, about what it is.

    `is_signed` says that the paper counts for the file only once its signed scan is there.
    """

    key: str
    name: str
    section: str
    kinds: frozenset[CaseKind] | set[CaseKind]
    build: Build = contexts.nothing
    subjects: Subjects = the_case
    subject: type[Described] = Case
    is_signed: bool = True

    @property
    def kinds_in_order(self) -> list[CaseKind]:
        return [kind for kind in CaseKind if kind in self.kinds]


PAPERS: dict[str, PaperKind] = {
    kind.key: kind
    for kind in (
        PaperKind("dossier_cover", "卷宗封面", DOSSIER, {D}, ends.period, is_signed=False),
        PaperKind("dossier_index", "卷内目录", DOSSIER, {D}, is_signed=False),
        PaperKind("mediation_application", "人民调解申请书", DOSSIER, {D}, contexts.application),
        PaperKind("acceptance_register", "人民调解受理登记表", DOSSIER, {D}, contexts.source),
        PaperKind("rights_notice", "当事人权利义务告知书", DOSSIER, {D, P}),
        PaperKind("power_of_attorney", "授权委托书", DOSSIER, {D, P}, contexts.power, each_principal, CaseParty),
        PaperKind("investigation_record", "人民调解调查记录", DOSSIER, {D}, mediation.inquiry, mediation.each_inquiry, MediationSession),
        PaperKind("evidence_list", "人民调解证据材料目录", DOSSIER, {D}, contexts.evidence),
        PaperKind("mediation_record", "人民调解记录", DOSSIER, {D, P}, mediation.record, mediation.each_session, MediationSession),
        PaperKind("mediation_agreement", "人民调解协议书", DOSSIER, {D, P}, mediation.agreement, mediation.each_written, MediationAgreement),
        PaperKind("oral_agreement_register", "人民调解口头协议登记表", DOSSIER, {D, P}, mediation.agreement, mediation.each_oral, MediationAgreement),
        PaperKind("followup_record", "人民调解回访记录", DOSSIER, {D}, ends.follow_up, ends.each_follow_up, FollowUp),
        PaperKind("confirmation_persons", "司法确认申请书（个人与个人）", DOSSIER, {D, P}, mediation.confirmation, mediation.each_confirmation, Confirmation),
        PaperKind("confirmation_company", "司法确认申请书（个人与单位）", DOSSIER, {D, P}, mediation.confirmation, mediation.each_confirmation, Confirmation),
        PaperKind("termination_notice", "终止调解通知书", DOSSIER, {D}, ends.ending),
        PaperKind("withdrawal_application", "撤回调解申请书", DOSSIER, {D}, ends.ending),
        PaperKind("closing_report", "人民调解结案报告表", DOSSIER, {D}, ends.ending),
        PaperKind("transfer_letter", "移送（委托）调解函", DOSSIER, {D}),
        PaperKind("decline_notice", "不予受理调解告知书", DOSSIER, {D}, ends.ending),
        PaperKind("delivery_receipt", "送达回证", DOSSIER, {D, P}, contexts.delivery),
        PaperKind("dossier_statement", "卷宗情况说明", DOSSIER, {D}),
        PaperKind("dossier_back", "封底", DOSSIER, {D}, is_signed=False),
        PaperKind("petition_register", "信访事项登记表", PETITION, {P}, contexts.registration),
        PaperKind("petition_receipt", "信访事项接收告知书", PETITION, {P}, contexts.route),
        PaperKind("petition_forward_notice", "信访事项转送（交办）去向告知书", PETITION, {P}, contexts.order),
        PaperKind("petition_not_ours", "不属于本单位职权范围告知书", PETITION, {P}, ends.ending),
        PaperKind("petition_forward_letter", "信访事项转送（交办）函", PETITION, {P}, contexts.order, each_order, Assignment),
        PaperKind("petition_objection", "异议书", COORDINATION, {A, D, P}, contexts.objection, each_order, Assignment),
        PaperKind("petition_extension", "信访事项延期办理告知书", PETITION, {P}, contexts.extension, contexts.each_extension, Extension),
        PaperKind("petition_opinion", "信访处理意见书", PETITION, {P}, contexts.opinion),
        PaperKind("hearing_record", "信访听证笔录", PETITION, {P}, contexts.hearing, contexts.each_hearing, Hearing),
        PaperKind("petition_report", "信访事项办结报告", PETITION, {P}, ends.report),
        PaperKind("petition_brief", "信访情况说明", PETITION, {P}, contexts.brief, is_signed=False),
        PaperKind("appeal_receipt", "诉求受理回执", COORDINATION, {A, D, P}, contexts.receipt, is_signed=False),
        PaperKind("assignment_slip", "分流交办单", COORDINATION, {A, D, P}, contexts.order, each_order, Assignment),
        PaperKind("consultation_minutes", "会商纪要", COORDINATION, {A, D, P}, mediation.consultation, mediation.each_consultation, MediationSession),
        PaperKind("team_register", "“3+X”联合调解专班组建表", COORDINATION, {A, D, P}, contexts.team, each_team, Team),
        PaperKind("team_appointment", "任命书", COORDINATION, {A, D, P}, contexts.team, each_team, Team),
        PaperKind("disposal_plan", "联合调解处置方案", COORDINATION, {A, D, P}, mediation.plan, each_team, Team),
        PaperKind("whistle_slip", "吹哨单", COORDINATION, {A, D, P}, calls.whistle, calls.each_whistle, Whistle),
        PaperKind("urge_slip", "催办单", COORDINATION, {A, D, P}, calls.urge, calls.each_urge, Urge),
        PaperKind("supervision_slip", "督办单", COORDINATION, {A, D, P}, calls.supervision, calls.each_supervision, Supervision),
        PaperKind("phone_followup", "电话随访记录表", COORDINATION, {A, D, P}, ends.follow_up, ends.each_follow_up, FollowUp),
        PaperKind("psych_referral", "心理服务转介单", COORDINATION, {A, D, P}, contexts.referral, each_principal, CaseParty),
        PaperKind("monthly_report", "月报", REPORT, set(), is_signed=False),  # about no case
    )
}  # fmt: skip


# ---- the dossier --------------------------------------------------------------------

Wanted = Callable[[Case, CaseOutcome | None], bool]


def always(case: Case, outcome: CaseOutcome | None) -> bool:
    return case.status is not CaseStatus.DECLINED


def never(case: Case, outcome: CaseOutcome | None) -> bool:
    return False


def declined(case: Case, outcome: CaseOutcome | None) -> bool:
    return case.status is CaseStatus.DECLINED


def ended_as(*outcomes: CaseOutcome) -> Wanted:
    return lambda case, outcome: outcome in outcomes


@dataclass(frozen=True)
class Item:
    """One row of the index: any of its papers, or a file with its name as purpose, will do.

    `is_must` is asked with the case and its outcome; `is_bound` marks what is made with the dossier.
    """

    name: str
    papers: tuple[str, ...] = ()
    is_must: Wanted = never
    is_bound: bool = False


def _paper(key: str, is_must: Wanted = never, **more) -> Item:
    return Item(PAPERS[key].name, (key,), is_must, **more)


_O = CaseOutcome
MEDIATION_DOSSIER = (
    _paper("dossier_cover", is_bound=True),
    _paper("dossier_index", is_bound=True),
    Item("人民调解申请书或受理登记表", ("mediation_application", "acceptance_register"), always),
    _paper("rights_notice", always),
    Item("当事人身份证明", (), always),
    _paper("power_of_attorney"),
    _paper("investigation_record"),
    Item("人民调解证据材料", ("evidence_list",)),
    _paper("mediation_record", always),
    Item("人民调解协议书或口头协议登记表", ("mediation_agreement", "oral_agreement_register"), ended_as(_O.RESOLVED, _O.PARTLY)),
    Item("履行凭证"),
    _paper("termination_notice", ended_as(_O.TERMINATED)),
    _paper("withdrawal_application", ended_as(_O.WITHDRAWN)),
    _paper("transfer_letter"),
    _paper("decline_notice", declined),
    _paper("delivery_receipt"),
    _paper("followup_record"),
    Item("司法确认有关材料", ("confirmation_persons", "confirmation_company")),
    _paper("closing_report"),
    _paper("dossier_statement"),
    _paper("dossier_back", is_bound=True),
)
PETITION_DOSSIER = (
    _paper("petition_register", always),
    Item("接收告知书、转送（交办）去向告知书或不属于职权告知书", ("petition_receipt", "petition_forward_notice", "petition_not_ours"),
         lambda case, outcome: True),
    Item("信访材料"),
    _paper("petition_forward_letter"),
    _paper("petition_objection"),
    _paper("petition_extension"),
    _paper("hearing_record"),
    Item("调解（和解）协议", ("mediation_agreement", "oral_agreement_register")),
    _paper("petition_opinion", ended_as(_O.RESOLVED, _O.PARTLY, _O.EXPLAINED)),
    _paper("petition_report"),
    _paper("delivery_receipt"),
    _paper("phone_followup"),
)  # fmt: skip
APPEAL_DOSSIER = (_paper("appeal_receipt"), _paper("assignment_slip"), _paper("phone_followup"))


def dossier_of(case: Case) -> tuple[Item, ...]:
    return {D: MEDIATION_DOSSIER, P: PETITION_DOSSIER}.get(case.kind, APPEAL_DOSSIER)


def papers_of(session: Session, case: Case) -> list[PaperKind]:
    """The papers that can belong to a matter of this kind, with these parties."""
    roles = session.scalars(select(CaseParty.kind).where(CaseParty.case_id == case.id)).all()
    layout = "confirmation_company" if any(kind is not PartyKind.PERSON for kind in roles) else "confirmation_persons"
    hidden = {"confirmation_company", "confirmation_persons"} - {layout}
    return [kind for kind in PAPERS.values() if case.kind in kind.kinds and kind.key not in hidden]
