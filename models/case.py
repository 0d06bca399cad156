"""A matter from first word to archive (一案一码), its parties, assignments and events."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .case_codes import (
    Consent, DeclineReason, IdentityMode, LegalRoute, OnsiteReason, PetitionPurpose, TerminateReason,
)  # fmt: skip
from .codes import (
    OPEN_STATES, OVER_STATES, AssignmentRole, AssignmentStatus, CaseKind, CaseOutcome, CaseStatus, MatterLevel, MediationStage,
    ObjectionState, PartyKind, PartyRole, Secrecy, Tier, UnitRating, Urgency, by_role,
)  # fmt: skip
from .fields import Alike, choice, field, ref
from .kinds import IdNumber, LongText, Mobile, PersonName, ShortText
from .sources import one_of_a_source

if TYPE_CHECKING:
    from .area import Area
    from .department import Unit
    from .household import Household
    from .user import User
    from .worker import Staff, Worker


def _one_open(name: str, *columns: str, where: str) -> Index:
    """At most one open order of a case: one that leads, one a unit, one a person."""
    condition = text(f"status = 'open' AND {where}")
    return Index(
        f"uq_assignments_one_open_{name}", "subdistrict_id", *columns, unique=True, postgresql_where=condition,
        sqlite_where=condition,
    )


_OVER = "status IN ({})".format(", ".join(f"'{state.value}'" for state in CaseStatus if state in OVER_STATES))


class Case(
    Entity, label="案件", group="解纷", title=("case_no", "subject"), key=("case_no",), order=1, sort="-registered_at",
    scope=Scope(
        area=("area",), unit=("lead_unit", "competent_unit"), worker=("handler",),
        given=(("Assignment", "case"), ("Team", "case")),
    ),
    inline=("CaseParty",),
    alike=(
        Alike(("household",), days=("received_on", 30)),
        Alike(("mobile", "name", "role"), part="CaseParty", days=("received_on", 30)),
        Alike(("id_number",), part="CaseParty", days=("received_on", 365)),
    ),
    live=("status", tuple(state for state in CaseStatus if state in OPEN_STATES)),
):  # fmt: skip
    """An appeal, dispute or petition matter.

    `stage` (where in the loop), `status` (what the flow allows next) and `outcome` (how it
    ended) are three different things; all three are written by the case flow only.
    """

    case_no: Mapped[str] = field("编号", section="事项", listed=True, searched=True, sorted=True, is_fixed=True, type_=String(40))
    subject: Mapped[ShortText] = field("事由", listed=True, searched=True, section="事项", help="一句话，例如“楼上漏水引发的邻里纠纷”")
    kind: Mapped[CaseKind] = field("类型", listed=True, filtered=True, section="事项")
    category: Mapped[str] = choice("类别", "dispute_category", listed=True, filtered=True, section="事项")
    channel: Mapped[str] = choice("来源渠道", "channel", filtered=True, section="事项")
    level: Mapped[MatterLevel] = field("事项层级", filtered=True, section="事项", default=MatterLevel.MICRO)
    urgency: Mapped[Urgency] = field("紧急程度", filtered=True, section="事项", default=Urgency.NORMAL)
    secrecy: Mapped[Secrecy] = field("保密", section="事项", default=Secrecy.NORMAL)
    is_livelihood: Mapped[bool | None] = field("民生事项", filtered=True, section="事项")
    source_no: Mapped[ShortText | None] = field("来源编号", searched=True, section="来源", help="12345工单号、上级转送交办函号；同一来源的编号不能重复")
    source_unit: Mapped[ShortText | None] = field("转来的单位", section="来源", help="上级或其他部门转来的填写")
    source_due_on: Mapped[date | None] = field("来源要求的期限", section="来源", help="要求哪天前办结；早于规定期限的，按它办理")
    summary: Mapped[LongText] = field("诉求与事实", searched=True, section="经过")
    requests: Mapped[LongText | None] = field("申请事项", section="经过", help="当事人要求怎样解决，一行写一项；写进申请书和登记表")
    occurred_on: Mapped[date | None] = field("发生日期", filtered=True, section="经过")
    received_on: Mapped[date] = field("收到日期", filtered=True, sorted=True, section="经过")
    amount: Mapped[Decimal | None] = field("涉及金额（元）", filtered=True, section="经过", low=0)
    people_count: Mapped[int | None] = field("涉及人数", filtered=True, section="经过", low=0, high=100000)
    onsite_reason: Mapped[OnsiteReason | None] = field("未能当场化解的原因", section="经过", help="纠纷转分流前须填写")
    purpose: Mapped[PetitionPurpose | None] = field("信访目的", section="信访", filtered=True, help="信访事项受理前须填写")
    identity: Mapped[IdentityMode | None] = field("署名", section="信访")
    is_group_visit: Mapped[bool | None] = field("集体访", section="信访", filtered=True, help="五人以上共同走访")
    representative_count: Mapped[int | None] = field("推选代表人数", section="信访", low=1, high=5, help="集体访须推选代表，不超过5人")
    is_repeat: Mapped[bool | None] = field("重复信访", section="信访")
    is_skip_level: Mapped[bool | None] = field("越级走访", section="信访")
    accused_unit: Mapped[Unit | None] = ref("被检举单位", section="信访", help="检举控告不能交给被检举的单位办理")
    accused_worker: Mapped[Worker | None] = ref("被检举人员", section="信访", help="检举控告不能交给被检举的人员办理")
    area: Mapped[Area] = ref("属地", listed=True, filtered=True, section="地点")
    household: Mapped[Household | None] = ref("相关住户", filtered=True, section="地点")
    place: Mapped[ShortText | None] = field("详细地点", searched=True, section="地点")
    status: Mapped[CaseStatus] = field("状态", section="办理", listed=True, filtered=True, is_fixed=True, default=CaseStatus.REGISTERED)
    stage: Mapped[MediationStage | None] = field("调解阶段", section="办理", filtered=True, is_fixed=True)
    outcome: Mapped[CaseOutcome | None] = field("办理结果", section="办理", filtered=True, is_fixed=True)
    result: Mapped[LongText | None] = field("结果说明", section="办理", is_fixed=True)
    is_informed: Mapped[bool | None] = field("已告知当事人", section="办理", is_fixed=True)
    solved_at_tier: Mapped[Tier | None] = field("化解层级", section="办理", filtered=True, is_fixed=True)
    due_on: Mapped[date | None] = field("办理期限", section="办理", listed=True, filtered=True, sorted=True, is_fixed=True)
    due_reason: Mapped[ShortText | None] = field("期限说明", section="办理", is_fixed=True)
    lead_unit: Mapped[Unit | None] = ref("牵头单位", section="办理", listed=True, filtered=True, is_fixed=True)
    handler: Mapped[Worker | None] = ref("责任人", section="办理", listed=True, filtered=True, is_fixed=True)
    competent_unit: Mapped[Unit | None] = ref("主管单位", section="办理", filtered=True, is_fixed=True)
    territory_unit: Mapped[Unit | None] = ref("属地单位", section="办理", filtered=True, is_fixed=True)
    first_contact_unit: Mapped[Unit | None] = ref("首接单位", section="办理", is_fixed=True)
    first_contact_user: Mapped[User | None] = ref("首接人", section="办理", is_fixed=True)
    registered_at: Mapped[datetime] = field("登记时间", section="办理", sorted=True, is_fixed=True)
    accepted_at: Mapped[datetime | None] = field("受理时间", section="办理", is_fixed=True)
    assigned_at: Mapped[datetime | None] = field("交办时间", section="办理", is_fixed=True)
    closed_at: Mapped[datetime | None] = field("办结时间", section="办理", filtered=True, sorted=True, is_fixed=True)
    legal_route: Mapped[LegalRoute | None] = field("法定途径", section="办理", filtered=True, is_fixed=True)
    decline_reason: Mapped[DeclineReason | None] = field("不予受理原因", section="办理", is_fixed=True)
    terminate_reason: Mapped[TerminateReason | None] = field("终止原因", section="办理", is_fixed=True)
    root_cause: Mapped[str | None] = choice("问题根源", "root_cause", section="办理", filtered=True, is_fixed=True)
    is_key_issue: Mapped[bool] = field("重点问题", section="办理", filtered=True, is_fixed=True, default=False)
    is_answered_on_spot: Mapped[bool] = field("当场答复或化解", section="办理", filtered=True, is_fixed=True, default=False)
    archived_at: Mapped[datetime | None] = field("归档时间", section="办理", is_fixed=True)
    __table_args__ = (
        CheckConstraint(f"({_OVER}) = (outcome IS NOT NULL)", name="closed_has_outcome"),
        CheckConstraint(f"({_OVER}) = (closed_at IS NOT NULL)", name="closed_has_time"),
        CheckConstraint("(status = 'archived') = (archived_at IS NOT NULL)", name="archived_has_time"),
        CheckConstraint("status <> 'assigned' OR due_on IS NOT NULL", name="assigned_has_due_date"),
        CheckConstraint(
            "status <> 'assigned' OR lead_unit_id IS NOT NULL OR handler_id IS NOT NULL",
            name="assigned_has_somebody",
        ),
        CheckConstraint("(status = 'declined') = (decline_reason IS NOT NULL)", name="declined_has_reason"),
        CheckConstraint(
            "(outcome IS NOT NULL AND outcome = 'terminated') = (terminate_reason IS NOT NULL)",
            name="terminated_has_reason",
        ),
        CheckConstraint(
            "is_group_visit IS NULL OR NOT is_group_visit OR representative_count IS NOT NULL",
            name="group_has_representatives",
        ),
        CheckConstraint("occurred_on IS NULL OR occurred_on <= received_on", name="occurs_before_received"),
        one_of_a_source("cases"),
    )  # fmt: skip


class CaseParty(
    Entity, label="当事人", group="解纷", title=("name", "role"), key=("case", "name", "role"), in_menu=False
):
    """A party of a case with its role."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    role: Mapped[PartyRole] = field("身份", listed=True, filtered=True)
    kind: Mapped[PartyKind] = field("性质", listed=True, default=PartyKind.PERSON)
    name: Mapped[PersonName] = field("姓名或名称", listed=True, searched=True)
    mobile: Mapped[Mobile | None] = field("联系电话", listed=True)
    id_number: Mapped[IdNumber | None] = field("身份证号", help="确有需要才填；加密保存")
    address: Mapped[ShortText | None] = field("住址", listed=True)
    household: Mapped[Household | None] = ref("对应住户")
    consent: Mapped[Consent | None] = field("调解意愿", listed=True, is_fixed=True)
    consent_on: Mapped[date | None] = field("表态日期", is_fixed=True)


def in_order(parties: Iterable[CaseParty]) -> list[CaseParty]:
    """Parties as they are always listed: who applies, who is applied against, then the others."""
    return by_role(sorted(parties, key=lambda party: party.id))


class Assignment(
    Entity, label="交办", group="解纷", title=("case", "unit", "worker"), in_menu=False,
    scope=Scope(unit=("unit",), worker=("worker",), through=("case",)),
):  # fmt: skip
    """One order to one unit or person, with its deadline, its answer and what the dispatcher thought of it.

    One unit or person leads a case, any number assist; who leads is the case's own unit and handler.
    """

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True, filtered=True)
    role: Mapped[AssignmentRole] = field("分工", listed=True, filtered=True, is_fixed=True, default=AssignmentRole.LEAD)
    unit: Mapped[Unit | None] = ref("承办单位", listed=True, filtered=True)
    worker: Mapped[Worker | None] = ref("承办人", listed=True, filtered=True)
    liaison: Mapped[Worker | None] = ref("联络人", help="单位里经办这件事的人")
    leader: Mapped[Staff | None] = ref("分管领导", help="单位里分管这件事的领导")
    status: Mapped[AssignmentStatus] = field("状态", listed=True, filtered=True, is_fixed=True)
    due_on: Mapped[date] = field("反馈期限", listed=True, filtered=True, sorted=True)
    due_reason: Mapped[ShortText] = field("期限说明")
    demand: Mapped[LongText | None] = field("交办要求")
    assigned_by: Mapped[User | None] = ref("交办人", is_fixed=True)
    assigned_at: Mapped[datetime] = field("交办时间", listed=True, sorted=True, is_fixed=True)
    feedback: Mapped[LongText | None] = field("反馈情况", is_fixed=True)
    is_beyond: Mapped[bool | None] = field("无法单独解决", is_fixed=True)
    fed_back_at: Mapped[datetime | None] = field("反馈时间", listed=True, is_fixed=True)
    rating: Mapped[UnitRating | None] = field("办理评价", is_fixed=True)
    rating_note: Mapped[ShortText | None] = field("评价说明", is_fixed=True)
    rated_by: Mapped[User | None] = ref("评价人", is_fixed=True)
    rated_at: Mapped[datetime | None] = field("评价时间", is_fixed=True)
    __table_args__ = (
        CheckConstraint("unit_id IS NOT NULL OR worker_id IS NOT NULL", name="given_to_somebody"),
        CheckConstraint(
            "(status = 'fed_back') = (fed_back_at IS NOT NULL) AND (status <> 'fed_back' OR feedback IS NOT NULL)",
            name="feedback_has_words",
        ),
        CheckConstraint("rating IS NULL OR rated_at IS NOT NULL", name="rating_has_time"),
        _one_open("lead", "case_id", where="role = 'lead'"),
        _one_open("of_a_unit", "case_id", "unit_id", where="unit_id IS NOT NULL"),
        _one_open("of_a_worker", "case_id", "worker_id", where="worker_id IS NOT NULL"),
    )  # fmt: skip


class Objection(
    Entity, label="分流异议", group="解纷", title=("case",), order=9, sort="-raised_at",
    scope=Scope(unit=("unit",), through=("case",)),
):  # fmt: skip
    """A unit says that a matter is not its own, names who should have it, and the dispatcher decides (R11)."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True, filtered=True, is_fixed=True)
    order: Mapped[Assignment] = ref("交办", is_fixed=True)
    unit: Mapped[Unit] = ref("提出单位", listed=True, filtered=True, is_fixed=True)
    reason: Mapped[LongText] = field("理由", is_fixed=True)
    proposed_unit: Mapped[Unit] = ref("建议交给", listed=True, is_fixed=True)
    raised_by: Mapped[User | None] = ref("提出人", is_fixed=True)
    raised_at: Mapped[datetime] = field("提出时间", listed=True, filtered=True, sorted=True, is_fixed=True)
    status: Mapped[ObjectionState] = field("裁定", listed=True, filtered=True, is_fixed=True, default=ObjectionState.OPEN)
    decided_by: Mapped[User | None] = ref("裁定人", is_fixed=True)
    decided_at: Mapped[datetime | None] = field("裁定时间", listed=True, is_fixed=True)
    decision: Mapped[LongText | None] = field("裁定理由", is_fixed=True)
    __table_args__ = (
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("status = 'open' OR decision IS NOT NULL", name="decided_has_reason"),
        Index(
            "uq_objections_one_open", "subdistrict_id", "order_id", unique=True,
            postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'"),
        ),
    )  # fmt: skip


class CaseEvent(Entity, label="办理过程", group="解纷", title=("label",), in_menu=False):
    """What happened to a case; written by flows, never changed."""

    case: Mapped[Case] = ref("案件", on_delete="CASCADE", listed=True)
    number: Mapped[int] = field("序号", listed=True, sorted=True)
    verb: Mapped[str] = field("动作代号", type_=String(32))
    label: Mapped[ShortText] = field("动作", listed=True)
    status_before: Mapped[CaseStatus | None] = field("之前状态")
    status_after: Mapped[CaseStatus] = field("之后状态", listed=True)
    happened_at: Mapped[datetime] = field("时间", listed=True, sorted=True)
    user: Mapped[User | None] = ref("经手人", listed=True)
    user_name: Mapped[ShortText] = field("经手人姓名", listed=True)
    note: Mapped[LongText | None] = field("说明", listed=True)
    answers: Mapped[dict | None] = field("填报内容", type_=JSON(none_as_null=True))
    __table_args__ = (UniqueConstraint("subdistrict_id", "case_id", "number"),)
