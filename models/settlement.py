"""Mediation agreements (调解协议) with their items, and their confirmation by a court."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from .base import Entity
from .fields import field, ref
from .kinds import LongText, ShortText
from .mediation_codes import AgreementForm, AgreementState, ConfirmationState, Performance

if TYPE_CHECKING:
    from .case import Case, CaseParty
    from .mediation import Committee, Mediator


class MediationAgreement(
    Entity, label="调解协议", group="解纷", title=("agreement_no", "case"), order=8, sort="-drafted_on", inline=("AgreementItem",)
):
    """What the parties agreed: written or oral, in effect from the last of its signatures (R04, R05).

    `status` is written by the agreement flow only.
    """

    case: Mapped[Case] = ref("案件", listed=True, filtered=True)
    agreement_no: Mapped[str | None] = field("协议编号", listed=True, searched=True, is_fixed=True, type_=String(60))
    form: Mapped[AgreementForm] = field("协议形式", listed=True, filtered=True, default=AgreementForm.WRITTEN, help="一方要求、不能即时履行或者重大复杂的，用书面协议")
    status: Mapped[AgreementState] = field("状态", listed=True, filtered=True, is_fixed=True)
    committee: Mapped[Committee] = ref("人民调解委员会", listed=True, filtered=True)
    mediator: Mapped[Mediator] = ref("调解员", listed=True, filtered=True)
    drafted_on: Mapped[date] = field("拟订日期", listed=True, sorted=True, filtered=True)
    facts: Mapped[LongText] = field("主要事实", section="内容")
    disputed: Mapped[LongText] = field("争议事项和各方责任", section="内容")
    copies: Mapped[int | None] = field("一式几份", section="内容", low=2, high=20, help="每个当事人一份，调委会留存一份")
    parties_signed_on: Mapped[date | None] = field("当事人签名日期", section="生效", is_fixed=True)
    mediator_signed_on: Mapped[date | None] = field("调解员签名日期", section="生效", is_fixed=True)
    sealed_on: Mapped[date | None] = field("调委会盖章日期", section="生效", is_fixed=True)
    effective_on: Mapped[date | None] = field("生效日期", listed=True, filtered=True, section="生效", is_fixed=True)
    ended_note: Mapped[LongText | None] = field("未履行或失效的情况", section="生效", is_fixed=True)
    __table_args__ = (
        CheckConstraint("(status = 'draft') = (effective_on IS NULL)", name="effective_has_day"),
        CheckConstraint("status = 'draft' OR agreement_no IS NOT NULL", name="effective_has_number"),
        CheckConstraint(
            "status = 'draft' OR form = 'oral' OR (parties_signed_on IS NOT NULL AND mediator_signed_on IS NOT NULL AND sealed_on IS NOT NULL)",
            name="written_is_signed",
        ),
        UniqueConstraint("subdistrict_id", "agreement_no"),
    )  # fmt: skip


class AgreementItem(Entity, label="协议事项", group="解纷", title=("what",), hint=("due_on",), in_menu=False):
    """One thing somebody owes by an agreement: who, to whom, what, how much, when, where, how."""

    agreement: Mapped[MediationAgreement] = ref("调解协议", on_delete="CASCADE", listed=True)
    obligor: Mapped[CaseParty] = ref("谁履行", listed=True)
    obligee: Mapped[CaseParty | None] = ref("向谁履行", listed=True)
    what: Mapped[ShortText] = field("做什么", listed=True)
    amount: Mapped[Decimal | None] = field("金额（元）", listed=True, low=0)
    due_on: Mapped[date | None] = field("履行期限", listed=True, filtered=True, help="当场履行的留空")
    where: Mapped[ShortText | None] = field("履行地点")
    manner: Mapped[ShortText | None] = field("履行方式", help="例如 转账、现金、施工、当面道歉")
    performance: Mapped[Performance] = field("履行情况", listed=True, filtered=True, default=Performance.PENDING, is_fixed=True)
    done_on: Mapped[date | None] = field("履行日期", listed=True, is_fixed=True)
    proof: Mapped[ShortText | None] = field("履行凭证", is_fixed=True)
    __table_args__ = (
        CheckConstraint("(performance IN ('done', 'instant')) = (done_on IS NOT NULL)", name="done_has_day"),
    )


class Confirmation(
    Entity, label="司法确认", group="解纷", title=("agreement",), order=9, sort="-created_at"
):
    """The parties' joint application to a court to confirm a written agreement, within 30 days (R06)."""

    agreement: Mapped[MediationAgreement] = ref("调解协议", listed=True, filtered=True)
    court: Mapped[ShortText] = field("受理法院", listed=True, help="当事人住所地、标的物所在地或者调解组织所在地的基层法院")
    status: Mapped[ConfirmationState] = field("状态", listed=True, filtered=True, is_fixed=True)
    is_civil: Mapped[bool] = field("属于民事纠纷", section="申请前核对", help="不属于法院受理民事案件范围的不予受理")
    is_no_status: Mapped[bool] = field("不涉及身份关系和收养", section="申请前核对", help="婚姻、亲子、收养等身份关系不能确认")
    is_no_title: Mapped[bool] = field("不涉及物权、知识产权确权", section="申请前核对")
    is_clear: Mapped[bool] = field("内容明确、可以执行", section="申请前核对", help="谁、做什么、多少、什么时候、在哪里、不履行怎么办")
    is_lawful: Mapped[bool] = field("自愿，不违法，不损害他人", section="申请前核对")
    last_day: Mapped[date | None] = field("申请截止日", listed=True, filtered=True, is_fixed=True)
    applied_on: Mapped[date | None] = field("申请日期", listed=True, section="进展", is_fixed=True)
    accepted_on: Mapped[date | None] = field("受理日期", section="进展", is_fixed=True)
    ruled_on: Mapped[date | None] = field("裁定日期", listed=True, filtered=True, section="进展", is_fixed=True)
    court_case_no: Mapped[ShortText | None] = field("法院案号", listed=True, section="进展", is_fixed=True)
    result: Mapped[LongText | None] = field("结果说明", section="进展", is_fixed=True)
    __table_args__ = (
        CheckConstraint("status = 'planned' OR status = 'lapsed' OR applied_on IS NOT NULL", name="applied_has_day"),
        CheckConstraint("status NOT IN ('confirmed', 'dismissed') OR ruled_on IS NOT NULL", name="ruled_has_day"),
        Index(
            "uq_confirmations_one_open", "subdistrict_id", "agreement_id", unique=True,
            postgresql_where=text("status IN ('planned', 'applied', 'accepted')"), sqlite_where=text("status IN ('planned', 'applied', 'accepted')"),
        ),
    )  # fmt: skip
