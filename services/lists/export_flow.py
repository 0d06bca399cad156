"""The way of a request to export many rows: one person asks, another agrees or not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.codes import RequestStatus as S
from models.export_request import ExportRequest

from .. import colleagues, inbox
from . import exports
from ..access import Actor, permission_for
from ..access import Permission as P
from ..errors import Refused
from ..flow import Ask, Flow, Step

SHOWN = 20


def is_second_person(session: Session, request: ExportRequest, actor: Actor, now: datetime, answers: dict) -> str | None:
    """审批人不是申请人本人."""
    return "自己的申请要由另一人审批" if request.requested_by_id == actor.user_id else None


def may_see_the_kind(session: Session, request: ExportRequest, actor: Actor, now: datetime, answers: dict) -> str | None:
    """审批人有权查看这类记录."""
    may = actor.may(permission_for(exports.restored(request.wanted).cls, "view"))
    return None if may else "您没有查看这类记录的权限，请由其他有权限的人审批"


def _decide(session: Session, request: ExportRequest, actor: Actor, now: datetime, answers: dict) -> None:
    request.decided_by_id, request.decided_at, request.note = actor.user_id, now, answers["note"]
    inbox.settle(session, request, actor, now, inbox.ASKED)


def _begin(session: Session, request: ExportRequest, actor: Actor, now: datetime, answers: dict) -> None:
    """The job runs in the name of whoever asked, with what he or she may see."""
    asker = colleagues.actor_of(session, request.requested_by_id)
    if asker is None:
        raise Refused("申请人的账号已停用，不能同意")
    exports.begin(session, exports.restored(request.wanted), asker, now, request.row_count, request.id)


EXPORT_FLOW = Flow(
    "export_request",
    S,
    [
        Step(
            "approve", "同意", {S.WAITING}, S.APPROVED, P.EXPORT_APPROVE, asks=(Ask("note", "意见", is_required=False),),
            guards=(is_second_person, may_see_the_kind), effects=(_decide, _begin), hint="同意后由后台生成文件，只有申请人能下载",
        ),
        Step(
            "decline", "不同意", {S.WAITING}, S.DECLINED, P.EXPORT_APPROVE, asks=(Ask("note", "理由"),),
            guards=(is_second_person,), effects=(_decide,), hint="理由会告诉申请人",
        ),
    ],
    record=lambda *_args: None,  # the audit trail has it
    title="大批量导出审批",
    ends=frozenset({S.APPROVED, S.DECLINED}),
)  # fmt: skip


def own(session: Session, actor: Actor) -> list[ExportRequest]:
    """A person's newest requests that are waiting or were declined; those agreed to are jobs."""
    wanted = (
        select(ExportRequest)
        .where(ExportRequest.requested_by_id == actor.user_id, ExportRequest.status != S.APPROVED)
        .order_by(ExportRequest.requested_at.desc()).limit(SHOWN)
    )  # fmt: skip
    return list(session.scalars(wanted))
