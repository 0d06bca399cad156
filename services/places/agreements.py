"""Responsibility agreements: signed means dated."""

from __future__ import annotations

from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.codes import AgreementStatus

from ..keeping import records
from ..due_dates import local_day
from ..errors import Refused


@records.before_save(ResponsibilityAgreement)
def _signed_means_dated(session, agreement: ResponsibilityAgreement, actor, now) -> None:
    if agreement.signed_on is not None:
        if agreement.signed_on > local_day(now):
            raise Refused("签订日期不能晚于今天", field="signed_on")
        if agreement.party_b_id is None:
            raise Refused("已签订的责任书请填写单位签订人", field="party_b")
    agreement.status = AgreementStatus.SIGNED if agreement.signed_on else AgreementStatus.DRAFT


@records.before_save(ResponsibilityGoal)
def _done_means_told(session, goal: ResponsibilityGoal, actor, now) -> None:
    if goal.progress == 100 and not (goal.evidence or "").strip():
        raise Refused("进度填100%时，请写明完成情况", field="evidence")
