"""Follow-ups after closing: planned, tried up to three times, recorded by somebody else than the handler (R15, R16)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Assignment, Case, CaseEvent
from models.codes import AssignmentStatus, Satisfaction
from models.follow_up import FollowUp, FollowUpCall
from models.mediation_codes import Contact, FollowUpState, RatingSource
from models.session import MediationSession
from models.settlement import MediationAgreement
from models.team import Team, TeamMember
from models.todo import Todo

from .. import inbox, parameters
from ..cases import case_closing, timeline
from ..access import Actor, Permission
from ..due_dates import for_term, local_day
from ..flow import Ask, Flow, Step, plain

S = FollowUpState
PLANNED, UNSETTLED = "follow_up", "unsettled"
"""The kinds of what lies in in-trays: a call to make, a complaint to decide about."""
P = Permission
_WORK = ("settle", "feed_back")  # steps by which a person works on a case without being named in an order


def plan(session: Session, case: Case, actor: Actor, now: datetime) -> FollowUp:
    """Plan the follow-up of a closing; one left open by an earlier closing is made for this one."""
    due_on = for_term(session, "follow_up", local_day(now)).on
    planned = session.scalar(select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.status == S.PLANNED))
    if planned is None:
        planned = FollowUp(case_id=case.id, status=S.PLANNED, purpose=case.subject)
        session.add(planned)
    planned.due_on = due_on
    session.flush()
    inbox.put(session, planned, PLANNED, f"{case.case_no}办结回访", P.FOLLOW_UP, now, due_on=due_on)
    return planned


def is_asked(session: Session, case: Case) -> str | None:
    """Why a case cannot be filed away yet: its follow-up is still to be made."""
    planned = select(FollowUp.id).where(FollowUp.case_id == case.id, FollowUp.status == S.PLANNED)
    return "还没有回访。请先完成回访，或者三天都联系不上后登记“未能联系”" if session.scalar(planned) else None


def of(session: Session, case: Case) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp).where(FollowUp.case_id == case.id).order_by(FollowUp.created_at, FollowUp.id)))


def case_of(session: Session, follow_up: FollowUp) -> Case:
    return session.get(Case, (follow_up.subdistrict_id, follow_up.case_id))


def calls_of(session: Session, follow_up: FollowUp) -> list[FollowUpCall]:
    wanted = select(FollowUpCall).where(FollowUpCall.follow_up_id == follow_up.id).order_by(FollowUpCall.called_on)
    return list(session.scalars(wanted))


# ---- guards --------------------------------------------------------------------------


def caller_did_not_handle(session, follow_up, actor, now, answers) -> str | None:
    """回访人不是本案承办人、调解员或专班成员，没有当场化解、反馈过本案"""
    is_handler = actor.worker_id and actor.worker_id in _handlers(session, follow_up.case_id)
    if is_handler or _worked_on(session, follow_up.case_id, actor):
        return "您办理过这件案件，不能由您回访。请交给没有参与办理的同事"
    return None


def _handlers(session: Session, case_id: str) -> set[str]:
    """Everybody who had a hand in a case."""
    case = session.get(Case, (session.info["actor"].subdistrict_id, case_id))
    found = {case.handler_id}
    given = select(Assignment.worker_id).where(Assignment.case_id == case_id, Assignment.status != AssignmentStatus.WITHDRAWN)
    found |= set(session.scalars(given))
    found |= set(session.scalars(select(MediationSession.chair_id).where(MediationSession.case_id == case_id)))
    found |= set(session.scalars(select(MediationAgreement.mediator_id).where(MediationAgreement.case_id == case_id)))
    for team in session.scalars(select(Team).where(Team.case_id == case_id)):
        found |= {team.leader_id, team.mediator_id, team.lawyer_id, team.staff_id}
        found |= set(session.scalars(select(TeamMember.worker_id).where(TeamMember.team_id == team.id)))
    return found - {None}


def _worked_on(session: Session, case_id: str, actor: Actor) -> bool:
    """Whether this person settled the case on the spot or reported on it."""
    if not actor.user_id:
        return False
    own = select(CaseEvent.id).where(CaseEvent.case_id == case_id, CaseEvent.user_id == actor.user_id, CaseEvent.verb.in_(_WORK))
    return session.scalar(own.limit(1)) is not None


def is_another_day(session, follow_up, actor, now, answers) -> str | None:
    """一天只算联系一次，最多三次"""
    days = [call.called_on for call in calls_of(session, follow_up)]
    if local_day(now) in days:
        return "今天已经登记过一次没有联系上，请改天再联系"
    if len(days) >= parameters.value(session, "follow_up_tries"):
        return f"已经在{len(days)}个不同的日子联系过，请登记“未能联系”"
    return None


def was_tried_enough(session, follow_up, actor, now, answers) -> str | None:
    """在规定的几个不同日子都没有联系上"""
    wanted, tried = parameters.value(session, "follow_up_tries"), len(calls_of(session, follow_up))
    return None if tried >= wanted else f"才联系过{tried}天，要在{wanted}个不同的日子都联系不上，才能登记“未能联系”"


def did_not_reach(session, follow_up, actor, now, answers) -> str | None:
    """联系上了的直接登记回访结果"""
    return "联系上了的，请办“登记回访”" if answers["contact"] is Contact.REACHED else None


def rating_has_a_source(session, follow_up, actor, now, answers) -> str | None:
    """评价要写明怎么来的，没有评价的留空"""
    if bool(answers.get("satisfaction")) != bool(answers.get("rating_source")):
        return "群众作了评价的，评价和评价怎么来的都要填；没有评价的两项都留空，不能代为评价"
    return None


# ---- effects -------------------------------------------------------------------------


def _tried(session, follow_up, actor, now, answers) -> None:
    follow_up.contact = answers["contact"]
    follow_up.due_on = answers["again_on"] or follow_up.due_on
    session.add(FollowUpCall(
        follow_up_id=follow_up.id, called_on=local_day(now), contact=answers["contact"], caller_id=actor.user_id,
        note=answers["note"],
    ))  # fmt: skip
    session.flush()


def _done(session, follow_up, actor, now, answers) -> None:
    follow_up.done_at, follow_up.caller_id, follow_up.contact = now, actor.user_id, Contact.REACHED
    for name in ("words", "satisfaction", "rating_source", "is_performed", "measures"):
        setattr(follow_up, name, answers[name])
    session.flush()
    inbox.settle(session, follow_up, actor, now)
    why = complaint(follow_up)
    if why:
        case = case_of(session, follow_up)
        inbox.put(session, follow_up, UNSETTLED, f"{case.case_no}回访：{why}，请重新办理或督办", P.CASE_CLOSE, now)


def complaint(follow_up: FollowUp) -> str:
    """What the citizen complains of, in words; empty when nothing."""
    found = (
        "群众不满意" if follow_up.satisfaction is Satisfaction.UNSATISFIED else "", "协议没有履行" if follow_up.is_performed is False else "",
    )  # fmt: skip
    return "、".join(filter(None, found))


def is_unsettled(session: Session, follow_up: FollowUp) -> bool:
    """The citizen is not content or the agreement is not performed, and nobody has decided yet (R16)."""
    waiting = select(Todo.id).where(
        Todo.entity == FollowUp.slug(), Todo.record_id == follow_up.id, Todo.kind == UNSETTLED, Todo.settled_at.is_(None)
    )
    return session.scalar(waiting) is not None


def settle(session: Session, case: Case, actor: Actor, now: datetime) -> None:
    """The case was taken up again or is supervised: what its follow-ups asked for is decided."""
    for follow_up in of(session, case):
        inbox.settle(session, follow_up, actor, now, UNSETTLED)


def _given_up(session, follow_up, actor, now, answers) -> None:
    follow_up.done_at, follow_up.caller_id = now, actor.user_id
    session.flush()
    inbox.settle(session, follow_up, actor, now)


def _record(session, follow_up, step, before, actor, now, answers) -> None:
    case = case_of(session, follow_up)
    timeline.write(
        session, case, f"follow_up_{step.verb}", f"回访：{step.label}", actor, now, before=case.status,
        note=answers.get("words") or answers.get("note"), answers=plain(answers),
    )  # fmt: skip


FOLLOW_UP_FLOW = Flow(
    "follow_up",
    FollowUpState,
    [
        Step("record", "登记回访", {S.PLANNED}, S.DONE, P.FOLLOW_UP,
             asks=(
                 Ask("words", "群众原话", is_long=True, help="照群众的话记，不要代写"),
                 Ask("satisfaction", "群众评价", Satisfaction, is_required=False, help="群众没有说就留空，不计入满意率"),
                 Ask("rating_source", "评价怎么来的", RatingSource, is_required=False),
                 Ask("is_performed", "协议已履行", bool, is_required=False, help="没有协议的留空"),
                 Ask("measures", "发现的问题和措施", is_long=True, is_required=False),
             ),
             guards=(caller_did_not_handle, rating_has_a_source), effects=(_done,),
             hint="不满意或没有履行的，会提醒重新办理或督办"),
        Step("try", "没有联系上", {S.PLANNED}, None, P.FOLLOW_UP,
             asks=(Ask("contact", "联系结果", Contact), Ask("again_on", "改约日期", date, is_required=False),
                   Ask("note", "说明", is_required=False)),
             guards=(caller_did_not_handle, did_not_reach, is_another_day), effects=(_tried,)),
        Step("give_up", "未能联系", {S.PLANNED}, S.UNREACHABLE, P.FOLLOW_UP, guards=(was_tried_enough,), effects=(_given_up,)),
    ],
    _record,
    title="办结回访流程",
    ends=frozenset({S.DONE, S.UNREACHABLE}),
)  # fmt: skip


# ---- figures -------------------------------------------------------------------------


def rates(session: Session, since: date | None = None, until: date | None = None, *also) -> dict[str, tuple[int, int]]:
    """{满意率, 参评率, 回访率} of those due from `since` to `until`, as (numerator, denominator); who said nothing is in no satisfaction rate."""
    wanted = select(FollowUp.status, FollowUp.satisfaction, func.count()).where(*also).group_by(FollowUp.status, FollowUp.satisfaction)
    if since is not None:
        wanted = wanted.where(FollowUp.due_on >= since)
    if until is not None:
        wanted = wanted.where(FollowUp.due_on <= until)
    lines = session.execute(wanted).all()
    done = sum(n for status, _, n in lines if status is S.DONE)
    rated = sum(n for _, said, n in lines if said is not None)
    content = sum(n for _, said, n in lines if said in (Satisfaction.SATISFIED, Satisfaction.FAIR))
    return {"满意率": (content, rated), "参评率": (rated, done), "回访率": (done, sum(n for *_, n in lines))}


case_closing.AT_CLOSING.append(plan)
case_closing.AT_REOPENING.append(settle)
case_closing.BEFORE_ARCHIVE.append(is_asked)
