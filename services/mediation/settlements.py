"""Mediation agreements: from the draft to performance, with the rules R04 and R05."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from models.case import Case, CaseParty
from models.codes import PartyRole
from models.mediation import Committee, Mediator
from models.mediation_codes import AgreementForm, AgreementState, Performance
from models.settlement import AgreementItem, MediationAgreement

from .. import inbox
from ..cases import clocks, timeline
from ..keeping import records
from ..access import Actor, Permission
from ..due_dates import local_day
from ..errors import Refused
from ..flow import Ask, Flow, Step, note_of, plain, say
from ..numbers import next_number
from ..showing import LOCAL

S = AgreementState
P = Permission
DONE = frozenset({Performance.DONE, Performance.INSTANT})
SIDES = (PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.THIRD)
TERM = "tj_confirm_apply"


def of(session: Session, case: Case) -> list[MediationAgreement]:
    return list(session.scalars(
        select(MediationAgreement).where(MediationAgreement.case_id == case.id).order_by(MediationAgreement.drafted_on, MediationAgreement.id)
    ))  # fmt: skip


def items_of(session: Session, agreement: MediationAgreement) -> list[AgreementItem]:
    wanted = select(AgreementItem).where(AgreementItem.agreement_id == agreement.id).order_by(AgreementItem.id)
    return list(session.scalars(wanted))


def case_of(session: Session, agreement: MediationAgreement) -> Case:
    return session.get(Case, (agreement.subdistrict_id, agreement.case_id))


def sides_of(session: Session, case: Case) -> int:
    """How many parties sign: applicants, respondents and third parties."""
    wanted = select(func.count()).select_from(CaseParty).where(CaseParty.case_id == case.id, CaseParty.role.in_(SIDES))
    return session.scalar(wanted)


@records.before_save(MediationAgreement)
def _begins(session: Session, row: MediationAgreement, actor: Actor, now: datetime) -> None:
    row.status = row.status or S.DRAFT
    row.drafted_on = row.drafted_on or local_day(now)
    if row.drafted_on > local_day(now):
        raise Refused("拟订日期不能晚于今天", field="drafted_on")
    known = inspect(row).attrs
    if row.status is not S.DRAFT and any(known[name].history.deleted for name in ("facts", "disputed", "case_id", "form")):
        raise Refused("协议已经生效，内容不能再改；各方要变更的，请另订一份协议")


_CONTENT = ("obligor_id", "obligee_id", "what", "amount", "due_on", "where", "manner")


@records.before_delete(AgreementItem)
def _stays(session: Session, row: AgreementItem) -> None:
    if row.agreement is not None and row.agreement.status is not S.DRAFT:
        raise Refused("协议已经生效，事项不能删除；各方要变更的，请另订一份协议")


@records.before_save(AgreementItem)
def _item_begins(session: Session, row: AgreementItem, actor: Actor, now: datetime) -> None:
    row.performance = row.performance or Performance.PENDING
    if not row.agreement_id:
        return
    agreement = session.get(MediationAgreement, (session.info["actor"].subdistrict_id, row.agreement_id))
    if agreement is not None and agreement.status is not S.DRAFT and row.version is None:
        raise Refused("协议已经生效，不能再加事项；各方要变更的，请另订一份协议")
    known = inspect(row).attrs
    if agreement is not None and agreement.status is not S.DRAFT and any(known[name].history.deleted for name in _CONTENT):
        raise Refused("协议已经生效，事项不能再改；各方要变更的，请另订一份协议，履行情况请办“登记履行”")
    parties = {p.id for p in session.scalars(select(CaseParty).where(CaseParty.case_id == agreement.case_id))} if agreement else set()
    for name in ("obligor", "obligee"):
        chosen = getattr(row, f"{name}_id")
        if chosen and parties and chosen not in parties:
            raise Refused("请从本案当事人里选择", field=name)
    if row.obligor_id and row.obligor_id == row.obligee_id:
        raise Refused("不能自己向自己履行，请选另一方", field="obligee")


# ---- guards --------------------------------------------------------------------------


def has_items(session, agreement, actor, now, answers) -> str | None:
    """至少写明一项协议事项"""
    if not items_of(session, agreement):
        return "协议还没有写明谁做什么。请先在协议上加至少一项协议事项"
    return None


def is_signed_by_all(session, agreement, actor, now, answers) -> str | None:
    """书面协议须各方签名、调解员签名、调委会盖章（R04）"""
    days = [answers.get(name) for name in ("parties_on", "mediator_on", "sealed_on")]
    if agreement.form is AgreementForm.WRITTEN and not all(days):
        return "书面协议自各方当事人签名、调解员签名并加盖调委会印章之日起生效，三个日期都要填"
    if agreement.form is AgreementForm.ORAL and not answers.get("parties_on"):
        return "口头协议自各方达成协议之日起生效，请填当事人达成协议的日期"
    if any(day and day > local_day(now) for day in days):
        return "签名和盖章日期不能晚于今天"
    if any(day and day < agreement.drafted_on for day in days):
        return f"签名和盖章日期不能早于拟订日期{agreement.drafted_on:%Y-%m-%d}"
    return None


def has_enough_copies(session, agreement, actor, now, answers) -> str | None:
    """协议份数不少于当事人数加一（R05）"""
    if agreement.form is AgreementForm.ORAL:
        return None
    wanted = sides_of(session, case_of(session, agreement)) + 1
    copies = answers.get("copies") or agreement.copies or 0
    if copies < wanted:
        return f"本案当事人{wanted - 1}人，各持一份，调委会留存一份，协议至少一式{wanted}份"
    return None


def was_oral(agreement: MediationAgreement) -> bool:
    """口头协议"""
    return agreement.form is AgreementForm.ORAL


def is_oral(session, agreement, actor, now, answers) -> str | None:
    """口头协议才需要转书面"""
    return None if agreement.form is AgreementForm.ORAL else "这份协议本来就是书面的"


def all_is_done(session, agreement, actor, now, answers) -> str | None:
    """各项都已履行或者协商变更"""
    left = [i for i in items_of(session, agreement) if i.performance not in DONE | {Performance.CHANGED}]
    return f"还有{len(left)}项没有履行完，请先逐项登记履行情况" if left else None


def item_is_of_this(session, agreement, actor, now, answers) -> str | None:
    """登记的是本协议的事项"""
    return None if answers["item"].agreement_id == agreement.id else "请选择本协议里的事项"


def done_has_a_day(session, agreement, actor, now, answers) -> str | None:
    """已履行的写明日期"""
    if answers["performance"] in DONE and not answers.get("done_on"):
        return "全部履行和即时履行请填履行日期"
    if answers.get("done_on") and answers["done_on"] > local_day(now):
        return "履行日期不能晚于今天"
    return None


def is_signed_as_written(session, agreement, actor, now, answers) -> str | None:
    """各方签名、调解员签名、盖章日期齐全"""
    if not all(answers.get(name) for name in ("parties_on", "mediator_on", "sealed_on")):
        return "书面协议自各方当事人签名、调解员签名并加盖调委会印章之日起生效，三个日期都要填"
    return None


# ---- effects -------------------------------------------------------------------------


def _sign(session, agreement, actor, now, answers) -> None:
    agreement.parties_signed_on = answers["parties_on"]
    agreement.mediator_signed_on, agreement.sealed_on = answers["mediator_on"], answers["sealed_on"]
    agreement.copies = answers["copies"] or agreement.copies
    _take_effect(session, agreement, now)


def _take_effect(session: Session, agreement: MediationAgreement, now: datetime) -> None:
    days = (agreement.parties_signed_on, agreement.mediator_signed_on, agreement.sealed_on)
    agreement.effective_on = max(day for day in days if day)
    session.flush()
    case = case_of(session, agreement)
    if agreement.form is AgreementForm.WRITTEN and not clocks.live(session, case, TERM, agreement):
        # The law's own period: it runs whatever becomes of the case.
        clocks.start(session, case, TERM, agreement.effective_on, part=agreement)
    mediator = session.get(Mediator, (agreement.subdistrict_id, agreement.mediator_id))
    for item in items_of(session, agreement):
        if item.due_on and item.performance not in DONE:
            inbox.put(session, item, "performance", f"{case.case_no}协议事项到期前督促履行", mediator, now, due_on=item.due_on)


def _number(session, agreement, actor, now, answers) -> None:
    """（2026）集里桥人调字第0001号: one sequence a committee and year."""
    if agreement.agreement_no:
        return
    year = now.astimezone(LOCAL).year
    committee = session.get(Committee, (agreement.subdistrict_id, agreement.committee_id))
    name = committee.name.removesuffix("人民调解委员会").removesuffix("社区").removesuffix("村").removesuffix("街道")
    number = next_number(session, f"agreement {committee.id.replace('-', '')[-28:]}", year)
    agreement.agreement_no = f"（{year}）{name or committee.name}人调字第{number:04d}号"


def _perform(session, agreement, actor, now, answers) -> None:
    item = answers["item"]
    item.performance = answers["performance"]
    item.done_on = answers["done_on"] if item.performance in DONE else None
    item.proof = answers["proof"] or item.proof
    say(answers, _performed_words(items_of(session, agreement).index(item) + 1, item))
    session.flush()
    if item.performance in DONE | {Performance.CHANGED}:
        inbox.settle(session, item, actor, now, "performance")


def _performed_words(number: int, item: AgreementItem) -> str:
    amount = f"，{item.amount:,.2f}元" if item.amount is not None else ""
    day = f"（{item.done_on:%Y-%m-%d}）" if item.done_on else ""
    return f"第{number}项“{item.obligor.role.label}：{item.what}{amount}”{item.performance.label}{day}"


def _breach(session, agreement, actor, now, answers) -> None:
    agreement.ended_note = answers["words"]
    case = case_of(session, agreement)
    inbox.put(session, agreement, "breach", f"{case.case_no}调解协议没有按约履行，请告知当事人救济途径", P.CASE_CLOSE, now)


def _performed(session, agreement, actor, now, answers) -> None:
    inbox.settle(session, agreement, actor, now)
    for item in items_of(session, agreement):
        inbox.settle(session, item, actor, now)


def _void(session, agreement, actor, now, answers) -> None:
    agreement.ended_note = answers["words"]
    _performed(session, agreement, actor, now, answers)
    clocks.stop(session, case_of(session, agreement), now, part=agreement)


def _to_written(session, agreement, actor, now, answers) -> None:
    agreement.form = AgreementForm.WRITTEN
    _sign(session, agreement, actor, now, answers)


def _record(session, agreement, step, before, actor, now, answers) -> None:
    case = case_of(session, agreement)
    timeline.write(
        session, case, f"agreement_{step.verb}", f"调解协议：{step.label}", actor, now, before=case.status,
        note=note_of(step, answers) or agreement.agreement_no, answers=plain(answers),
    )  # fmt: skip


_SIGNATURES = (
    Ask("parties_on", "当事人签名日期", date, help="口头协议填达成协议的日期"),
    Ask("mediator_on", "调解员签名日期", date, is_required=False),
    Ask("sealed_on", "调委会盖章日期", date, is_required=False),
    Ask("copies", "一式几份", int, is_required=False, is_prefilled=True),
)

AGREEMENT_FLOW = Flow(
    "mediation_agreement",
    AgreementState,
    [
        Step("sign", "签订生效", {S.DRAFT}, S.EFFECTIVE, P.MEDIATE, asks=_SIGNATURES,
             guards=(has_items, is_signed_by_all, has_enough_copies), first=(_number,), effects=(_sign,),
             hint="生效日期取各方签名、调解员签名和盖章中最晚的一天"),
        Step("perform", "登记履行", {S.EFFECTIVE, S.BREACHED}, None, P.MEDIATE,
             asks=(Ask("item", "哪一项", AgreementItem, among=items_of), Ask("performance", "履行情况", Performance),
                   Ask("done_on", "履行日期", date, is_required=False), Ask("proof", "凭证", is_required=False, help="例如 收条、转账记录")),
             guards=(item_is_of_this, done_has_a_day), effects=(_perform,), hint="逐项登记；调委会负责督促履行"),
        Step("complete", "履行完毕", {S.EFFECTIVE, S.BREACHED}, S.PERFORMED, P.MEDIATE, guards=(all_is_done,), effects=(_performed,)),
        Step("breach", "未按约履行", {S.EFFECTIVE}, S.BREACHED, P.MEDIATE,
             asks=(Ask("words", "没有履行的情况", is_long=True, help="哪一项、为什么、做了哪些督促"),), effects=(_breach,),
             hint="告知当事人：可以就协议的履行或内容向法院起诉；经司法确认的，履行期满之日起两年内可以申请执行"),
        Step("resume", "恢复履行", {S.BREACHED}, S.EFFECTIVE, P.MEDIATE, asks=(Ask("words", "情况", is_long=True),)),
        Step("to_written", "转为书面协议", {S.EFFECTIVE}, None, P.MEDIATE, asks=_SIGNATURES,
             guards=(is_oral, is_signed_as_written), effects=(_to_written,), only=was_oral,
             hint="申请司法确认前，口头协议要补成书面"),
        Step("void", "撤销或无效", {S.DRAFT, S.EFFECTIVE, S.BREACHED}, S.VOID, P.MEDIATE,
             asks=(Ask("words", "原因和依据", is_long=True),), effects=(_void,)),
    ],
    _record,
    title="调解协议流程",
    ends=frozenset({S.PERFORMED, S.VOID}),
)  # fmt: skip


# ---- figures -------------------------------------------------------------------------


def is_late(item: AgreementItem, today: date) -> bool:
    return bool(item.due_on) and item.due_on < today and item.performance not in DONE | {Performance.CHANGED}


def performance_rate(session: Session, since: date | None = None, until: date | None = None, *also) -> tuple[int, int]:
    """(items performed, items whose day has come or that were done): 履行率 as numerator and denominator.

    With days those due or, without a day, done from `since` to `until`.
    """
    today = local_day(session.info["now"])
    due = (AgreementItem.due_on <= today) | AgreementItem.performance.in_(DONE)
    live = MediationAgreement.status.in_((S.EFFECTIVE, S.PERFORMED, S.BREACHED))
    wanted = select(AgreementItem.performance, func.count()).join(AgreementItem.agreement).where(live, due, *also).group_by(AgreementItem.performance)
    day = func.coalesce(AgreementItem.due_on, AgreementItem.done_on)
    if since is not None:
        wanted = wanted.where(day >= since)
    if until is not None:
        wanted = wanted.where(day <= until)
    counts = dict(session.execute(wanted).all())
    return sum(counts.get(p, 0) for p in DONE), sum(counts.values())
