"""The steps beside a case, taken by those who would take them: whistles, urges, supervisions, instructions, objections."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Assignment, Objection
from models.codes import (
    AssignmentRole, AssignmentStatus, CardColour, ContactMethod, InstructionKind, UnitRating, UrgeStatus, WhistleKind, WhistleLevel, WhistleReason,
)  # fmt: skip
from models.department import Unit
from models.hearing import Hearing
from models.instruction import Instruction, InstructionUnit
from models.supervision import Supervision
from models.urge import Urge
from models.whistle import Whistle, WhistleTarget
from models.worker import Staff
from services.cases import clocks, hearings
from services.coordination import instructions, supervisions, urges, whistles
from services.desk import orders
from services.access import Actor
from services.due_dates import calendar, for_term, local_day
from services.coordination.instructions import INSTRUCTION_FLOW, ORDERED_FLOW
from services.desk.order_flow import OBJECTION_FLOW, ORDER_FLOW
from services.coordination.supervisions import SUPERVISION_FLOW
from services.coordination.urges import URGE_FLOW
from services.coordination.whistles import REPORT_FLOW

from .matters import Matter

_REQUESTS = (
    "请派人到场核查许可手续，会同社区处置。", "现场施工扰民，请依法检查并责令整改。", "需要现场认定责任，请带执法文书到场。",
    "双方情绪激动，请到场协助稳控和解释政策。", "请到场核实权属资料，当面答复群众。",
)  # fmt: skip
_RESULTS = ("已到场核查，责令限期整改，当场向群众说明。", "已出具现场检查记录，约谈责任单位。", "已会同社区处置完毕，群众认可。")
_URGED = ("请说明目前进展和预计办结时间。", "期限将到，请抓紧联系双方并反馈。", "群众来电询问，请今天内联系当事人。")
_ANSWERED = ("已约双方本周见面，三日内反馈结果。", "已到现场两次，正在核实费用，按期反馈。", "已与当事人通话，约定明天上门。")
_DEMANDS = ("三日内拿出化解方案并报进展。", "限期召集双方协商，逐条回应诉求。", "查清久拖不决的原因，明确责任人和时间。")


class SideSteps:
    """Mixed into the player."""

    whistle_count = 0

    # ---- whistles ----

    def _by_blow(self, matter: Matter) -> Actor:
        return self.actors["peace_law_director"]

    def _by_called(self, matter: Matter) -> Actor:
        return matter.made["called"].actor

    _by_acknowledge = _by_arrive = _by_report_done = _by_counter_rate = _by_called

    def _blow(self, matter: Matter, actor: Actor, at: datetime) -> None:
        rng, level = matter.rng, matter.rng.choice((WhistleLevel.NORMAL, WhistleLevel.NORMAL, WhistleLevel.EMERGENCY))
        contact = self.hands.offices.staff[self.hands.offices.community_units[matter.community]][0]
        whistle = Whistle(
            case_id=matter.case.id, kind=WhistleKind.EMERGENCY if level is WhistleLevel.EMERGENCY else rng.choice(list(WhistleKind)[:2]),
            reason=rng.choice(list(WhistleReason)[:3]), level=level, area_id=matter.case.area_id,
            place=f"{matter.home.community}{matter.home.estate}", request=rng.choice(_REQUESTS), contact_name=contact["name"],
            contact_phone=contact["mobile"], known_at=at - timedelta(minutes=rng.randint(5, 90)),
        )  # fmt: skip
        whistles.blow(self.session, whistle, actor, at)
        matter.made["called"] = self.hands.unit(self._called(matter))
        target = WhistleTarget(whistle_id=whistle.id, unit_id=matter.made["called"].unit_id)
        whistles.call(self.session, target, actor, at)
        matter.made["target"] = target

    def _called(self, matter: Matter) -> str:
        """The unit that assists by the catalogue; now and then those that have an account, so that they have work to show."""
        outside, inside = self.actors["external_unit"].unit_id, self.actors["department_liaison"].unit_id
        helper = self.hands.helper(matter.story)
        self.whistle_count += 1
        return (outside, inside, helper)[self.whistle_count % 3]

    def _report(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        REPORT_FLOW.take(self.session, verb, matter.made["target"], actor, at, **answers)

    def _acknowledge(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._report("acknowledge", matter, actor, at)

    def _arrive(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._report("arrive", matter, actor, at, arrivals=f"带队负责人等{matter.rng.randint(2, 5)}人")

    def _report_done(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._report("report_done", matter, actor, at, result=matter.rng.choice(_RESULTS))

    def _release(self, matter: Matter, actor: Actor, at: datetime) -> None:
        rating = matter.rng.choice((UnitRating.GOOD, UnitRating.GOOD, UnitRating.FAIR, None))
        self._report("confirm", matter, actor, at, rating=rating)

    def _whistle_back(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._report("send_back", matter, actor, at, reason="整改没有到位，请继续处置并复查。")

    def _counter_rate(self, matter: Matter, actor: Actor, at: datetime) -> None:
        """A rating says who gave it, so only a unit with an account gives one."""
        if actor.user_id:
            self._report("rate", matter, actor, at, counter_rating=matter.rng.choice((UnitRating.GOOD, UnitRating.FAIR)))

    # ---- urges and supervisions ----

    def _by_urge(self, matter: Matter) -> Actor:
        return self.actors["urging_agent"]

    _by_contact = _by_urge

    def _urge(self, matter: Matter, actor: Actor, at: datetime) -> None:
        due_on = for_term(self.session, "urge_answer", local_day(at)).on
        row = Urge(case_id=matter.case.id, demand=matter.rng.choice(_URGED), due_on=due_on, **self._whom(matter))
        urges.urge(self.session, row, actor, at)
        matter.made["urge"] = row

    @staticmethod
    def _whom(matter: Matter) -> dict:
        return {"unit_id": matter.assignee.unit_id, "worker_id": matter.assignee.worker_id}

    def _contact(self, matter: Matter, actor: Actor, at: datetime) -> None:
        URGE_FLOW.take(
            self.session, "contact", matter.made["urge"], actor, at, method=ContactMethod.PHONE, spoken_to="承办单位经办人", words="已收到催办，正在约双方时间。"
        )

    def _answer_urge(self, matter: Matter, actor: Actor, at: datetime) -> None:
        if matter.made["urge"].status is UrgeStatus.OPEN:
            URGE_FLOW.take(self.session, "answer", matter.made["urge"], actor, at, answer=matter.rng.choice(_ANSWERED))

    def _by_supervise(self, matter: Matter) -> Actor:
        return self.actors["supervision_clerk"]

    _by_accept_reply = _by_return_reply = _by_lift = _by_supervise

    def _supervise(self, matter: Matter, actor: Actor, at: datetime) -> None:
        card = matter.rng.choice((CardColour.NONE, CardColour.YELLOW, CardColour.YELLOW, CardColour.RED))
        row = Supervision(
            case_id=matter.case.id, demand=matter.rng.choice(_DEMANDS), card=card, **self._whom(matter),
            card_reason=None if card is CardColour.NONE else "超过期限没有反馈，群众再次反映",
            reply_by=for_term(self.session, "supervision_reply", local_day(at)).on,
        )  # fmt: skip
        supervisions.issue(self.session, row, actor, at)
        matter.made["supervision"] = row

    def _supervised(self, verb: str, matter: Matter, actor: Actor, at: datetime, **answers) -> None:
        SUPERVISION_FLOW.take(self.session, verb, matter.made["supervision"], actor, at, **answers)

    def _reply(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._supervised("reply", matter, actor, at, reply="已召集双方协商，明确责任人和完成时间，逐日跟进。")

    def _accept_reply(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._supervised("accept", matter, actor, at)

    def _return_reply(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._supervised("send_back", matter, actor, at, reason="没有写明责任人和时间，请补充后重报。")

    def _lift(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._supervised("lift", matter, actor, at, reason="已落实，群众认可。")

    # ---- instructions ----

    def _by_instruct(self, matter: Matter) -> Actor:
        return self.actors["supervision_clerk"]

    _by_accept_parts = _by_close_instruction = _by_instruct

    def _by_answer_part(self, matter: Matter) -> Actor:
        return matter.made["answering"].pop(0).actor

    def _instruct(self, matter: Matter, actor: Actor, at: datetime) -> None:
        leader = self._row(Staff, matter.choice.leader[0])
        row = Instruction(
            case_id=matter.case.id, kind=matter.rng.choice(list(InstructionKind)), leader_id=leader.id, given_on=local_day(at),
            words="请相关部门会商，依法依规尽快拿出方案，做好群众工作。",
        )  # fmt: skip
        instructions.give(self.session, row, actor, at)
        due_on = calendar(self.session).next_workday(local_day(at) + timedelta(days=7))
        units = dict.fromkeys((self.hands.lead(matter.story), self.hands.offices.community_units[matter.community]))
        matter.made["answering"] = [self.hands.unit(unit) for unit in units]
        matter.made["instruction"], matter.made["parts"] = row, []
        for unit in units:
            part = InstructionUnit(instruction_id=row.id, unit_id=unit, due_on=due_on, demand="核清事实，提出本单位意见。")
            instructions.address(self.session, part, actor, at)
            matter.made["parts"].append(part)

    def _answer_part(self, matter: Matter, actor: Actor, at: datetime, number: int) -> None:
        ORDERED_FLOW.take(self.session, "answer", matter.made["parts"][number], actor, at, answer="已核清事实和依据，意见已报专班。")

    def _accept_parts(self, matter: Matter, actor: Actor, at: datetime) -> None:
        for part in matter.made["parts"]:
            ORDERED_FLOW.take(self.session, "accept", part, actor, at)

    def _close_instruction(self, matter: Matter, actor: Actor, at: datetime) -> None:
        INSTRUCTION_FLOW.take(self.session, "close", matter.made["instruction"], actor, at, summary="各单位均已落实，专班按方案推进。")

    # ---- orders and periods ----

    def _object(self, matter: Matter, actor: Actor, at: datetime) -> None:
        order = orders.open_assignment(self.session, matter.case)
        helper = self.hands.helper(matter.story)
        proposed = helper if helper != matter.assignee.unit_id else self.hands.offices.community_units[matter.community]
        ORDER_FLOW.take(
            self.session, "object", order, actor, at, reason="主要问题不在本单位职责范围，建议由对口单位牵头。", proposed_unit=self._row(Unit, proposed)
        )
        matter.made["objection"] = self.session.scalar(select(Objection).where(Objection.order_id == order.id))

    def _hear(self, matter: Matter, actor: Actor, at: datetime) -> None:
        row = Hearing(
            case_id=matter.case.id, held_at=at - timedelta(hours=2), ended_at=at - timedelta(hours=1), place="街道会议室",
            presider_id=self.hands.offices.leaders[1]["id"], members="人大代表一名、律师一名、居民代表三名", recorder="窗口工作人员",
            statements="信访人陈述请求和理由，承办单位说明调查情况并出示依据，听证成员询问。", conclusion="建议承办单位按调查结论书面答复，并做好解释。",
        )  # fmt: skip
        hearings.keep(self.session, row, actor, at)

    def _help(self, matter: Matter, actor: Actor, at: datetime) -> None:
        """A unit is asked to assist that has little to do with it."""
        matter.made["helper"] = self.hands.unit(self.hands.offices.community_units[matter.community])
        if matter.made["helper"].unit_id == matter.assignee.unit_id:
            matter.made["helper"] = self.hands.unit(self.hands.helper(matter.story))
        unit = self._row(Unit, matter.made["helper"].unit_id)
        self._flow("assist", matter, actor, at, unit=unit, demand="请派人到场协助，限期反馈。")

    def _by_object_to_help(self, matter: Matter) -> Actor:
        return matter.made["helper"].actor

    def _object_to_help(self, matter: Matter, actor: Actor, at: datetime) -> None:
        order = next(o for o in orders.open_orders(self.session, matter.case) if o.role is AssignmentRole.ASSIST)
        proposed = self._row(Unit, matter.assignee.unit_id)
        ORDER_FLOW.take(
            self.session, "object", order, actor, at, reason="牵头单位自行可以办结，不需要本单位协办。", proposed_unit=proposed
        )
        matter.made["objection"] = self.session.scalar(select(Objection).where(Objection.order_id == order.id))

    def _accept_objection(self, matter: Matter, actor: Actor, at: datetime) -> None:
        OBJECTION_FLOW.take(self.session, "accept", matter.made["objection"], actor, at, decision="理由成立，由牵头单位自行办理。")

    def _reject_objection(self, matter: Matter, actor: Actor, at: datetime) -> None:
        OBJECTION_FLOW.take(self.session, "reject", matter.made["objection"], actor, at, decision="按分流目录由你单位牵头，相关单位配合。")

    def _ask_extension(self, matter: Matter, actor: Actor, at: datetime) -> None:
        clock = next(c for c in clocks.live(self.session, matter.case, "divert"))
        self._flow("ask_extension", matter, actor, at, clock=clock, length=3, reason="一方当事人外出，约定三日后见面。")

    def _decide_extension(self, matter: Matter, actor: Actor, at: datetime) -> None:
        self._flow("decide_extension", matter, actor, at, is_granted=True, answer="同意，抓紧联系。")

    def _rate_order(self, matter: Matter, actor: Actor, at: datetime) -> None:
        order = _answered(self.session, matter)
        rating = matter.rng.choice((UnitRating.GOOD, UnitRating.GOOD, UnitRating.GOOD, UnitRating.FAIR))
        ORDER_FLOW.take(self.session, "rate", order, actor, at, rating=rating)


def _answered(session: Session, matter: Matter) -> Assignment:
    """The last order that was answered."""
    wanted = select(Assignment).where(Assignment.case_id == matter.case.id, Assignment.status == AssignmentStatus.FED_BACK)
    return session.scalars(wanted.order_by(Assignment.fed_back_at.desc()).limit(1)).one()
