"""Judicial confirmation of an agreement: checked beforehand, applied for jointly within 30 days, followed to the ruling (R06)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Clock
from models.codes import ClockState
from models.mediation import Mediator
from models.mediation_codes import AgreementForm, AgreementState, ConfirmationState
from models.settlement import Confirmation, MediationAgreement

from .. import inbox, parameters
from ..cases import clocks, timeline
from ..keeping import records
from ..access import Actor, Permission
from ..due_dates import local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step, plain
from .settlements import TERM, case_of

S = ConfirmationState
P = Permission
CHECKS = {
    "is_civil": "不属于民事纠纷的，法院不予受理", "is_no_status": "涉及身份关系、收养的，法院不予受理",
    "is_no_title": "请求确认物权、知识产权权属的，法院不予受理", "is_clear": "内容不明确、无法执行的，裁定驳回；请先订明谁、做什么、多少、何时、何地",
    "is_lawful": "违反自愿或者法律、损害他人的，裁定驳回",
}  # fmt: skip


def agreement_of(session: Session, row: Confirmation) -> MediationAgreement:
    return session.get(MediationAgreement, (row.subdistrict_id, row.agreement_id))


def last_day(session: Session, agreement: MediationAgreement) -> date | None:
    """The last day to apply, from the agreement's own period; None while it is not in effect in writing."""
    return session.scalar(
        select(Clock.due_on).where(Clock.term_id == TERM, Clock.part == "mediation_agreement", Clock.part_id == agreement.id)
    )


def countdown(row: Confirmation, today: date) -> str | None:
    """What an application that is only planned has to know of its day."""
    if row.status is not S.PLANNED or row.last_day is None:
        return None
    left = (row.last_day - today).days
    if left < 0:
        return f"申请期限{row.last_day:%Y-%m-%d}已过{-left}天；协议仍有效，可以起诉请求履行。"
    until = "今天是最后一天" if left == 0 else f"还剩{left}天"
    return f"自协议生效之日起30日内，双方须在{row.last_day:%Y-%m-%d}前共同提出申请，{until}。提出后请办“提出申请”。"


def of(session: Session, agreement: MediationAgreement) -> list[Confirmation]:
    """The applications for an agreement, the latest first."""
    wanted = select(Confirmation).where(Confirmation.agreement_id == agreement.id)
    return list(session.scalars(wanted.order_by(Confirmation.created_at.desc(), Confirmation.id.desc())))


@records.before_save(Confirmation)
def _begins(session: Session, row: Confirmation, actor: Actor, now: datetime) -> None:
    row.status = row.status or S.PLANNED
    agreement = session.get(MediationAgreement, (session.info["actor"].subdistrict_id, row.agreement_id)) if row.agreement_id else None
    if agreement is None:
        raise Refused("请选择要确认的调解协议", field="agreement")
    if row.version is None:
        if agreement.form is AgreementForm.ORAL:
            raise Refused("口头协议不能直接申请司法确认，请先在协议上办“转为书面协议”", field="agreement")
        if agreement.status not in (AgreementState.EFFECTIVE, AgreementState.BREACHED):
            raise Refused(f"协议{agreement.status.label}，生效后履行完毕前才能申请司法确认", field="agreement")
    row.last_day = last_day(session, agreement)


def passes_the_checks(session, row, actor, now, answers) -> str | None:
    """申请前核对的五项都是“是”"""
    failed = [sentence for name, sentence in CHECKS.items() if not getattr(row, name)]
    return "暂不能申请：" + "；".join(failed) if failed else None


def is_in_time(session, row, actor, now, answers) -> str | None:
    """自协议生效之日起30日内"""
    if row.last_day and answers["applied_on"] > row.last_day:
        return f"申请司法确认的期限是{row.last_day:%Y-%m-%d}，已经超过；协议仍有效，可以起诉请求履行"
    if answers["applied_on"] > local_day(now):
        return "申请日期不能晚于今天"
    return None


def court_day_follows(session, row, actor, now, answers) -> str | None:
    """受理不早于申请，裁定不早于受理，都不晚于今天"""
    if "ruled_on" in answers:
        day, label, since, before = answers["ruled_on"], "裁定日期", row.accepted_on, "受理日期"
    else:
        day, label, since, before = answers["accepted_on"], "受理日期", row.applied_on, "申请日期"
    if day > local_day(now):
        return f"{label}不能晚于今天"
    if since and day < since:
        return f"{label}不能早于{before}{since:%Y-%m-%d}"
    return None


def is_joint(session, row, actor, now, answers) -> str | None:
    """双方共同申请"""
    return None if answers.get("is_joint") else "司法确认须由双方当事人共同申请；一方不同意的不能申请"


def _apply(session, row, actor, now, answers) -> None:
    row.applied_on = answers["applied_on"]
    session.flush()
    agreement = agreement_of(session, row)
    clocks.stop(session, case_of(session, agreement), now, term_id=TERM, part=agreement)
    inbox.settle(session, agreement, actor, now, "confirmation")


def _was_applied(session, row, actor, now, answers) -> None:
    """Who gives it up before applying has given it up that day."""
    row.applied_on = row.applied_on or local_day(now)


def _accept(session, row, actor, now, answers) -> None:
    row.accepted_on, row.court_case_no = answers["accepted_on"], answers["court_case_no"] or row.court_case_no


def _rule(session, row, actor, now, answers) -> None:
    row.ruled_on, row.result = answers["ruled_on"], answers["words"]
    row.court_case_no = answers["court_case_no"] or row.court_case_no


def _say(session, row, actor, now, answers) -> None:
    row.result = answers["words"]


def _record(session, row, step, before, actor, now, answers) -> None:
    case = case_of(session, agreement_of(session, row))
    timeline.write(
        session, case, f"confirmation_{step.verb}", f"司法确认：{step.label}", actor, now, before=case.status,
        note=answers.get("words") or row.court, answers=plain(answers),
    )  # fmt: skip


_WORDS = Ask("words", "情况说明", is_long=True)
_RULING = (Ask("ruled_on", "裁定日期", date), Ask("court_case_no", "法院案号", is_required=False),
           Ask("words", "裁定要点", is_long=True, is_required=False))

CONFIRMATION_FLOW = Flow(
    "confirmation",
    ConfirmationState,
    [
        Step("apply", "提出申请", {S.PLANNED}, S.APPLIED, P.MEDIATE,
             asks=(Ask("applied_on", "申请日期", date), Ask("is_joint", "双方共同申请", bool)),
             guards=(passes_the_checks, is_joint, is_in_time), effects=(_apply,),
             hint="自协议生效之日起30日内，双方共同向基层法院申请，不收费"),
        Step("accept", "法院受理", {S.APPLIED}, S.ACCEPTED, P.MEDIATE,
             asks=(Ask("accepted_on", "受理日期", date), Ask("court_case_no", "法院案号", is_required=False)),
             guards=(court_day_follows,), effects=(_accept,)),
        Step("not_accept", "不予受理", {S.APPLIED}, S.NOT_ACCEPTED, P.MEDIATE, asks=(_WORDS,), effects=(_say,)),
        Step("confirm", "裁定有效", {S.ACCEPTED}, S.CONFIRMED, P.MEDIATE, asks=_RULING, guards=(court_day_follows,), effects=(_rule,),
             hint="一方不履行的，对方可以申请法院强制执行，期限两年"),
        Step("dismiss", "裁定驳回", {S.ACCEPTED}, S.DISMISSED, P.MEDIATE, asks=_RULING, guards=(court_day_follows,), effects=(_rule,),
             hint="可以通过调解变更原协议或者达成新的协议，也可以起诉"),
        Step("withdraw", "撤回申请", {S.PLANNED, S.APPLIED, S.ACCEPTED}, S.WITHDRAWN, P.MEDIATE, asks=(_WORDS,),
             first=(_was_applied,), effects=(_say,)),
        Step("lapse", "逾期失权", {S.PLANNED}, S.LAPSED, P.CONFIRMATION_SWEEP, hint="期限过后自动登记；协议仍然有效"),
    ],
    _record,
    title="司法确认流程",
    ends=frozenset({S.NOT_ACCEPTED, S.CONFIRMED, S.DISMISSED, S.WITHDRAWN, S.LAPSED}),
)  # fmt: skip


def remind(session: Session, now: datetime) -> int:
    """Warn of periods that run out, file away those that have; safe to repeat. Returns how many were warned of.

    The days of the warnings are parameters (20 and 27 days after the agreement took effect).
    """
    today, actor = local_day(now), session.info["actor"]
    first, second = (parameters.value(session, f"confirmation_warning_{n}") for n in (1, 2))
    warned = 0
    wanted = select(Clock).where(
        Clock.term_id == TERM, Clock.state == ClockState.RUNNING, Clock.starts_on <= today - timedelta(days=first)
    )
    for clock in session.scalars(wanted.order_by(Clock.due_on, Clock.id).limit(1000)):
        agreement = session.get(MediationAgreement, (clock.subdistrict_id, clock.part_id))
        case = case_of(session, agreement)
        if clock.due_on < today:
            clocks.stop(session, case, now, term_id=TERM, part=agreement, state=ClockState.CANCELLED)
            inbox.settle(session, agreement, actor, now, "confirmation")
            for row in session.scalars(select(Confirmation).where(Confirmation.agreement_id == agreement.id, Confirmation.status == S.PLANNED)):
                CONFIRMATION_FLOW.take(session, "lapse", row, actor, now)
            continue
        left, day = (clock.due_on - today).days, (today - clock.starts_on).days
        word = "最后提醒" if day >= second else "提醒"
        mediator = session.get(Mediator, (clock.subdistrict_id, agreement.mediator_id))
        title = f"{word}：{case.case_no}申请司法确认还剩{left}天"
        inbox.put(session, agreement, "confirmation", title, mediator, now, due_on=clock.due_on)
        warned += 1
    return warned
