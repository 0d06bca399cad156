"""Sessions, agreements and what comes of them: performance, the court, the follow-up call, the archive."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from formats import files
from models.codes import CaseOutcome, Satisfaction
from models.follow_up import FollowUp
from models.mediation_codes import (
    AgreementForm, Attendance, Contact, Performance, RatingSource, SessionResult,
)  # fmt: skip
from models.session import MediationSession, SessionAttendee
from models.settlement import AgreementItem, Confirmation, MediationAgreement
from sqlalchemy import select
from models.mediation_codes import FollowUpState
from services.keeping import attachments, records
from services.mediation import confirmations, sessions
from services.paperwork import papers
from services.access import Actor
from services.mediation.confirmations import CONFIRMATION_FLOW
from services.due_dates import local_day
from services.mediation.follow_ups import FOLLOW_UP_FLOW
from services.mediation.settlements import AGREEMENT_FLOW

from .matters import Matter

_DISPUTED = ("责任划分和费用承担。", "整改期限和补偿数额。", "事实经过和各自过错。")
_POSITIONS = ("申请人要求限期解决并承担费用；被申请人愿意整改，认为数额偏高。", "双方都认可事实，对责任比例各有看法。")
_WORDS = {
    Satisfaction.SATISFIED: ("事情解决了，谢谢你们上门。", "调解员很耐心，结果我们认可。", "处理得快，没有再出问题。"),
    Satisfaction.FAIR: ("基本解决了，就是时间长了点。", "结果可以接受，希望以后早点管。"),
    Satisfaction.UNSATISFIED: ("还是老样子，没有完全解决。", "答应的事没有做到位。"),
    None: ("知道结果了，不用再说什么。", "已经收到答复。"),
}  # fmt: skip
_RESULTS = {CaseOutcome.RESOLVED: SessionResult.AGREED, CaseOutcome.PARTLY: SessionResult.PARTLY}
_COURT = "浏阳市人民法院"


class AfterSteps:
    """Mixed into the player."""

    def _by_chair(self, matter: Matter) -> Actor:
        return self.hands.mediator(matter.chair)

    _by_hold = _by_agree = _by_perform = _by_complete = _by_breach = _by_chair
    _by_plan_confirmation = _by_apply_confirmation = _by_court_accept = _by_court_rule = _by_chair

    # ---- sessions ----

    def _hold(self, matter: Matter, actor: Actor, at: datetime) -> None:
        is_first_of_two = matter.choice is not None and "session" not in matter.made
        result = SessionResult.AGAIN if is_first_of_two else _RESULTS.get(matter.story.outcome, SessionResult.FAILED)
        row = MediationSession(
            case_id=matter.case.id, started_at=at - timedelta(minutes=80), ended_at=at - timedelta(minutes=5),
            place=f"{matter.home.community}人民调解室", chair_id=matter.chair["id"], is_told=True, disputed=matter.rng.choice(_DISPUTED),
            positions=matter.rng.choice(_POSITIONS), record=matter.story.feedback, result=result,
            next_at=at + timedelta(days=2) if result is SessionResult.AGAIN else None,
        )  # fmt: skip
        sessions.hold(self.session, row, actor, at)
        for party in matter.parties(self.session):
            sat = SessionAttendee(session_id=row.id, capacity=Attendance.PARTY, name=party.name, party_id=party.id)
            records.save(self.session, sat, actor, at)
        matter.made["session"] = row

    # ---- the agreement ----

    def _agree(self, matter: Matter, actor: Actor, at: datetime) -> None:
        story, day = matter.story, local_day(at)
        is_oral = not matter.choice and (story.facts["amount"] or 0) < 2000
        row = MediationAgreement(
            case_id=matter.case.id, committee_id=matter.chair["committee_id"], mediator_id=matter.chair["id"], drafted_on=day,
            form=AgreementForm.ORAL if is_oral else AgreementForm.WRITTEN, facts=story.facts["summary"], disputed=matter.rng.choice(_DISPUTED),
        )  # fmt: skip
        records.save(self.session, row, actor, at)
        applicant, respondent = matter.parties(self.session)[:2]
        matter.made["items"] = [
            self._item(matter, row, number, wait, respondent.id, applicant.id, actor, at) for number, wait in enumerate(matter.items)
        ]
        signed = {"parties_on": day} if is_oral else {"parties_on": day, "mediator_on": day, "sealed_on": day, "copies": 3}
        matter.made["agreement"] = row
        self._agreed("sign", matter, actor, at, **signed)
        for number, wait in enumerate(matter.items):
            if wait is None:
                self._done(matter, number, Performance.INSTANT, actor, at)

    def _item(self, matter, row, number: int, wait: int | None, obligor: str, obligee: str, actor, at) -> AgreementItem:
        amount, count = matter.story.facts["amount"], len(matter.items)
        item = AgreementItem(
            agreement_id=row.id, obligor_id=obligor, obligee_id=obligee,
            what=(f"支付第{number + 1}期款项" if count > 1 else "支付约定款项") if amount else "按约定整改到位",
            amount=(Decimal(amount) / count).quantize(Decimal(1)) if amount else None,
            due_on=local_day(at) + timedelta(days=wait) if wait is not None else None, manner="转账" if amount else None,
        )  # fmt: skip
        records.save(self.session, item, actor, at)
        return item

    def _agreed(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        AGREEMENT_FLOW.take(self.session, verb, matter.made["agreement"], actor, at, **answers)

    def _done(self, matter: Matter, number: int, how: Performance, actor: Actor, at: datetime) -> None:
        is_done = how in (Performance.DONE, Performance.INSTANT)
        proof = "收条" if is_done and matter.story.facts["amount"] else "现场照片" if is_done else None
        self._agreed(
            "perform", matter, actor, at, item=matter.made["items"][number], performance=how, done_on=local_day(at) if is_done else None, proof=proof
        )

    def _perform(self, matter: Matter, actor: Actor, at: datetime, number: int) -> None:
        is_last = number == len(matter.items) - 1
        bad = {"partly": Performance.PARTLY, "breach": Performance.REFUSED}.get(matter.ending) if is_last else None
        self._done(matter, number, bad or Performance.DONE, actor, at)

    def _complete(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._agreed("complete", matter, actor, at)

    def _breach(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._agreed("breach", matter, actor, at, words="到期没有付款，电话和上门督促两次，称资金周转困难。")

    # ---- the court ----

    def _plan_confirmation(self, matter: Matter, actor: Actor, at: datetime) -> None:
        row = Confirmation(agreement_id=matter.made["agreement"].id, court=_COURT, **dict.fromkeys(confirmations.CHECKS, True))
        records.save(self.session, row, actor, at)
        matter.made["confirmation"] = row

    def _confirmed(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        CONFIRMATION_FLOW.take(self.session, verb, matter.made["confirmation"], actor, at, **answers)

    def _apply_confirmation(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._confirmed("apply", matter, actor, at, applied_on=local_day(at), is_joint=True)

    def _court_accept(self, matter: Matter, actor: Actor, at: datetime) -> None:
        number = f"（{local_day(at).year}）演示民特{matter.rng.randint(1, 99)}号"
        self._confirmed("accept", matter, actor, at, accepted_on=local_day(at), court_case_no=number)

    def _court_rule(self, matter: Matter, actor: Actor, at: datetime) -> None:
        verb, words = ("dismiss", "协议内容不够明确，裁定驳回。") if matter.rng.random() < 0.15 else ("confirm", "裁定调解协议有效。")
        self._confirmed(verb, matter, actor, at, ruled_on=local_day(at), words=words)

    # ---- the call ----

    def _by_call(self, matter: Matter) -> Actor:
        """The window, or the director where somebody of the window had a hand in it."""
        window = self.actors["window_clerk"]
        return self.actors["peace_law_director"] if window.worker_id in matter.people else window

    _by_try_call = _by_give_up = _by_complain = _by_call

    def _followed(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        wanted = select(FollowUp).where(FollowUp.case_id == matter.case.id, FollowUp.status == FollowUpState.PLANNED)
        FOLLOW_UP_FLOW.take(self.session, verb, self.session.scalar(wanted), actor, at, **answers)

    def _try_call(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._followed("try", matter, actor, at, contact=matter.rng.choice((Contact.NO_ANSWER, Contact.NO_ANSWER, Contact.LATER)))

    def _give_up(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._followed("give_up", matter, actor, at)

    def _call(self, matter: Matter, actor: Actor, at: datetime) -> None:
        said = matter.said
        items = matter.made.get("items")
        kept = all(item.done_on for item in items) if items else None
        self._followed(
            "record", matter, actor, at, words=matter.rng.choice(_WORDS[said]), satisfaction=said,
            rating_source=matter.rng.choice((RatingSource.PHONE, RatingSource.PHONE, RatingSource.VISIT)) if said else None,
            is_performed=True if kept else None,
        )  # fmt: skip

    def _complain(self, matter: Matter, actor: Actor, at: datetime) -> None:
        said = Satisfaction.UNSATISFIED
        self._followed(
            "record", matter, actor, at, words="说好的没有做到，过两天又是老样子。", satisfaction=said, rating_source=RatingSource.PHONE,
            measures="问题反复，建议重新办理。",
        )  # fmt: skip

    # ---- the archive ----

    def _archive(self, matter: Matter, actor: Actor, at: datetime) -> None:
        """What the dossier must hold is generated, or stood in for by a page that says so; then it is filed."""
        for check in papers.checks(self.session, matter.case):
            if not check.is_missing:
                continue
            for key in check.item.papers:
                subject = next(iter(papers.offered(self.session, matter.case, key)), None)
                if subject is not None:
                    papers.make(self.session, subject, key, actor, at)
                    break
            else:
                self._stand_in(matter, check.item.name, actor)
        self._flow("archive", matter, actor, at)

    def _stand_in(self, matter: Matter, item: str, actor: Actor) -> None:
        words = f"演示数据：此处应为“{item}”的扫描件。本案为虚构，没有真实材料。".encode()
        name = f"{item}（演示占位）.txt"
        attachments.attach(self.session, files.folder(), matter.case, name, words, f"{item}{papers.SCAN}", actor)
