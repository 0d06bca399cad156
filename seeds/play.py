"""Plays the planned steps through the services, each bound to the person who would take it and to its instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models.case import Case
from models.case_codes import (
    Consent, ConsultGround, DeclineReason, NoticeChannel, OpinionKind, PetitionPurpose, TerminateReason,
)  # fmt: skip
from models.codes import CaseKind, CaseOutcome, CaseStatus
from models.department import Unit
from models.worker import Worker
from services import access
from services.cases import case_flow
from services.mediation import teams
from services.access import Actor
from services.cases.case_flow import CASE_FLOW
from services.due_dates import calendar, local_day

from .hands import Hands
from .matters import Matter
from .play_after import AfterSteps
from .play_beside import SideSteps
from .stories import TIERS


class Player(SideSteps, AfterSteps):
    """A step `verb` is the method `_verb`; `_by_verb` says who takes it, by default the office.

    " again" and a number behind a verb tell repeated steps apart: `perform 1` is the second item.
    """

    def __init__(self, session: Session, hands: Hands):
        self.session, self.hands, self.actors = session, hands, hands.actors
        self.in_hand: list[Matter] = []

    def take(self, matter: Matter, step: str, at: datetime) -> None:
        verb, _, number = step.removesuffix(" again").partition(" ")
        actor = getattr(self, f"_by_{verb}", self._by_office)(matter)
        access.bind(self.session, actor, at)
        extra = (int(number),) if number else ()
        getattr(self, f"_{verb}")(matter, actor, at, *extra)

    # ---- who ----

    def _by_office(self, matter: Matter) -> Actor:
        """The director, who may divert on any day and is there on all of them."""
        return self.actors["peace_law_director"]

    def _by_register(self, matter: Matter) -> Actor:
        own = self.actors["community_staff"]
        at_home = own.area_code == matter.community
        by_chief = matter.story.facts["channel"].endswith((":station", ":neighbor_chief"))
        return own if at_home and by_chief else self.actors["window_clerk"]

    def _by_assignee(self, matter: Matter) -> Actor:
        return matter.assignee.actor

    _by_feed_back = _by_ask_extension = _by_object = _by_answer_urge = _by_reply = _by_assignee

    # ---- the flow of the case ----

    def _register(self, matter: Matter, actor: Actor, at: datetime) -> None:
        story = matter.story
        matter.case = case_flow.register(self.session, actor, at, parties=story.parties, **story.facts)
        self.in_hand.append(matter)

    def _accept(self, matter: Matter, actor: Actor, at: datetime) -> None:
        is_petition = matter.story.facts["kind"] is CaseKind.PETITION
        self._flow(
            "accept", matter, actor, at, level=matter.story.level, legal_route=matter.story.route,
            informed_how=NoticeChannel.HANDED if is_petition else None,
        )  # fmt: skip

    def _decline(self, matter: Matter, actor: Actor, at: datetime) -> None:
        reason = "该事项依法应当通过仲裁、行政复议或者诉讼解决（《信访工作条例》第三十一条），已书面告知向哪里提出和期限。"
        self._flow(
            "decline", matter, actor, at, decline_reason=DeclineReason.LEGAL_ROUTE, reason=reason,
            informed_how=NoticeChannel.POST,
        )  # fmt: skip

    def _merge(self, matter: Matter, actor: Actor, at: datetime) -> None:
        """Into the oldest matter that is still in hand."""
        into = next(m.case for m in self.in_hand if m.case.status in case_flow.IN_HAND)
        self._flow("merge", matter, actor, at, into=into, reason="同一地点同一事项，当事人一致，并案办理。", informed_how=NoticeChannel.PHONE)

    def _suspend(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._flow("suspend", matter, actor, at, reason="一方当事人住院，约定出院后继续调解。")

    def _assign(self, matter: Matter, actor: Actor, at: datetime) -> None:
        assignee = matter.assignee
        unit, worker = self._row(Unit, assignee.unit_id), self._row(Worker, assignee.worker_id)
        is_long = matter.choice or matter.story.facts["kind"] is CaseKind.PETITION
        due_on = self._long_term(matter.case, at) if is_long else None
        self._flow("assign", matter, actor, at, unit=unit, worker=worker, due_on=due_on, demand=matter.story.demand)

    def _long_term(self, case: Case, at: datetime) -> date:
        """What takes a team, or is a petition, gets a month, but never more than the case has."""
        month = calendar(self.session).next_workday(local_day(at) + timedelta(days=30))
        return min(month, case.due_on) if case.due_on >= local_day(at) else month

    def _feed_back(self, matter: Matter, actor: Actor, at: datetime) -> None:
        matter.handled += 1
        is_first = matter.choice and matter.handled == 1
        words = "已到现场听取各方意见，涉及部门较多，单独难以化解，建议组建“3+X”专班联合调解。"
        self._flow(
            "feed_back", matter, actor, at, feedback=words if is_first else matter.story.feedback, is_beyond=True if is_first else None
        )

    def _team(self, matter: Matter, actor: Actor, at: datetime) -> None:
        plan = "一、核清事实和政策依据；二、分头听取各方意见；三、律师出具法律意见；四、限期召开联合调解会。"
        self._flow("consent", matter, actor, at, consent=Consent.AGREED)
        self._flow(
            "consult", matter, actor, at, ground=ConsultGround.NOT_ALONE, reason="会同相关部门核对政策依据，商定化解方案。"
        )
        teams.assemble(self.session, matter.case, matter.choice, actor, at, plan=plan)
        self._flow("join", matter, actor, at, reason="涉及人数和部门较多，会商后仍有分歧，列为重点问题。")

    # ---- endings ----

    def _close(self, matter: Matter, actor: Actor, at: datetime) -> None:
        story, how = matter.story, NoticeChannel.PHONE
        self.in_hand.remove(matter)
        if story.outcome is CaseOutcome.TERMINATED:
            self._flow(
                "terminate", matter, actor, at, terminate_reason=TerminateReason.APART, result=story.result, informed_how=how
            )
            return
        if story.outcome is CaseOutcome.WITHDRAWN:
            self._flow("withdraw", matter, actor, at, result=story.result, informed_how=how)
            return
        if story.facts.get("purpose") is PetitionPurpose.CLAIM:
            self._opinion(matter, actor, at)
        self._flow(
            "close", matter, actor, at, outcome=story.outcome, result=story.result, root_cause=story.root_cause,
            tier=TIERS[story.level], is_informed=True, informed_how=how,
        )  # fmt: skip

    def _opinion(self, matter: Matter, actor: Actor, at: datetime) -> None:
        story = matter.story
        is_solved = story.outcome is CaseOutcome.RESOLVED
        self._flow(
            "opinion", matter, actor, at, request=story.facts["summary"], facts=story.feedback,
            kind=OpinionKind.SUPPORT if is_solved else OpinionKind.EXPLAIN, basis="《信访工作条例》第三十一条、第三十二条",
            is_solved=is_solved, is_explained=not is_solved, informed_how=NoticeChannel.HANDED, receipt="信访人签收",
        )  # fmt: skip

    def _reopen(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._flow("reopen", matter, actor, at, reason="回访反映问题反复，重新安排办理。")
        self.in_hand.append(matter)

    # ---- shared ----

    def _flow(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        CASE_FLOW.take(self.session, verb, matter.case, actor, at, **answers)

    def _row(self, entity: type, row_id: str | None):
        return self.session.get(entity, (self.hands.street.code, row_id)) if row_id else None

    def is_open(self, matter: Matter) -> bool:
        return matter.case.status not in (CaseStatus.CLOSED, CaseStatus.ARCHIVED)
