"""The "3+X" team: who can sit where, and assembling it complete (R14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.case import Case
from models.codes import OPEN_STATES, MediationStage, TeamSeat
from models.team import Team, TeamChange, TeamMember
from models.worker import Worker

from .. import inbox
from ..cases import timeline
from ..access import Actor, Permission
from ..cases.case_stages import active_team
from ..due_dates import local_day
from ..errors import Conflict, Refused
from .team_candidates import Candidate, candidates

SINGLE = (TeamSeat.LEADER, TeamSeat.MEDIATOR, TeamSeat.LAWYER)
RULES = {
    TeamSeat.LEADER: "领导班子成员一名",
    TeamSeat.MEDIATOR: "专岗或专职调解员一名",
    TeamSeat.LAWYER: "律师一名",
    TeamSeat.STAFF: "至少一名，第一名为联络人",
}
SHOWN = 120


@dataclass(frozen=True)
class Choice:
    """Who is to sit where: worker ids; every seat must be filled."""

    leader: Sequence[str]
    mediator: Sequence[str]
    lawyer: Sequence[str]
    staff: Sequence[str]

    def of(self, seat: TeamSeat) -> Sequence[str]:
        return getattr(self, seat.value)


def propose(found: dict[TeamSeat, list[Candidate]]) -> tuple[Choice, str]:
    """The best free candidate of every seat, and the reason in words."""
    best = {seat: next((c for c in people if c.barred is None), None) for seat, people in found.items()}
    words = "；".join(
        f"{seat.label} {c.worker.name}（{'，'.join(c.why)}）" for seat, c in best.items() if c is not None
    )
    chosen = {seat.value: [c.worker.id] if c else [] for seat, c in best.items()}
    return Choice(**chosen), f"建议：{words}" if words else "没有可用的人选，请先完善名册"


def assemble(
    session: Session, case: Case, choice: Choice, actor: Actor, now: datetime, *, plan: str | None = None,
    note: str | None = None, shown_version: str | None = None,
) -> Team:
    """Form the team of a case, or change its seats; saved only complete, with history.

    Raises `Refused` naming the seat. `shown_version` is that of the team the page showed.
    """
    actor.require(Permission.CASE_JOIN)
    if case.status not in OPEN_STATES:
        raise Refused(f"案件{case.status.label}，不能再组建专班")
    people = _checked(session, case, choice)
    team = active_team(session, case)
    if team is None:
        team = Team(case_id=case.id, formed_on=local_day(now))
        session.add(team)
    elif str(team.version) != (shown_version or ""):
        raise Conflict("专班刚刚被别人调整过，请对照最新成员再保存")
    before = seats(session, team) if team.id else {}
    is_new, is_changed = not before, bool(before) and any(_ids(people[seat]) != before[seat] for seat in TeamSeat)
    if is_changed and not note:
        raise Refused("换人要写明交接说明：为什么换、工作怎么交接", field="note")
    for seat in SINGLE:
        setattr(team, f"{seat.value}_id", people[seat][0].id)
    team.staff_id = people[TeamSeat.STAFF][0].id
    if plan is not None:
        team.plan = plan.strip() or None
    session.flush()
    _write_members(session, team, people[TeamSeat.STAFF][1:])
    _write_changes(session, team, before, people, actor, now, note)
    session.flush()
    _tell(session, case, before, {seat: _ids(people[seat]) for seat in TeamSeat}, now)
    if is_new or is_changed:
        label = "组建“3+X”专班" if is_new else "调整“3+X”专班"
        timeline.write(session, case, "team", label, actor, now, note=note or None, before=case.status)
    return team


def disband(
    session: Session, team: Team, reason: str, actor: Actor, now: datetime, *, shown_version: str | None = None
) -> None:
    """Dissolve a team, with the reason; refused while the matter is in joint mediation, which needs one."""
    actor.require(Permission.CASE_JOIN)
    case = session.get(Case, (team.subdistrict_id, team.case_id))
    if team.disbanded_at is not None:
        raise Conflict("这个专班已经撤销，请刷新查看")
    if str(team.version) != (shown_version or ""):
        raise Conflict("专班刚刚被别人调整过，请对照最新成员再办理")
    if not reason.strip():
        raise Refused("请写明撤销原因", field="reason")
    if case.stage is MediationStage.JOINT and case.status in OPEN_STATES:
        raise Refused("案件正在联合调解，不能没有专班。要换人请直接调整，办结后再撤销", field="reason")
    people = {seat: [] for seat in TeamSeat}
    _tell(session, case, seats(session, team), people, now)
    _write_changes(session, team, seats(session, team), people, actor, now, f"撤销：{reason.strip()}"[:200])
    team.disbanded_at, team.disbanded_by_id, team.disband_reason = now, actor.user_id, reason.strip()[:200]
    session.flush()
    timeline.write(session, case, "team_end", "撤销“3+X”专班", actor, now, note=reason.strip(), before=case.status)


def _ids(people: Sequence[Worker]) -> list[str]:
    return [worker.id for worker in people]


def _checked(session: Session, case: Case, choice: Choice) -> dict[TeamSeat, list[Worker]]:
    errors, people = {}, {}
    known = {seat: {c.worker.id: c for c in found} for seat, found in candidates(session, case).items()}
    for seat in TeamSeat:
        ids = list(dict.fromkeys(choice.of(seat)))
        if seat in SINGLE and len(ids) > 1:
            errors[seat.value] = f"{seat.label}只能有一名，现在选了{len(ids)}名，请只留一名"
        elif not ids:
            errors[seat.value] = f"还缺{seat.label}，请选择{RULES[seat]}"
        elif any(i not in known[seat] for i in ids):
            errors[seat.value] = f"选择的人不能担任{seat.label}，请从列出的人选中选择"
        else:
            barred = next((known[seat][i] for i in ids if known[seat][i].barred), None)
            if barred:
                errors[seat.value] = f"{barred.worker.name}{barred.barred}"
            people[seat] = [known[seat][i].worker for i in ids]
    if errors:
        raise Refused("专班没有保存：" + "；".join(errors.values()), errors=errors)
    return people


def seats(session: Session, team: Team) -> dict[TeamSeat, list[str]]:
    """Worker ids by seat; the first of the staff is the contact."""
    extra = session.scalars(
        select(TeamMember.worker_id).where(TeamMember.team_id == team.id).order_by(TeamMember.id)
    ).all()
    return {
        TeamSeat.LEADER: [team.leader_id], TeamSeat.MEDIATOR: [team.mediator_id],
        TeamSeat.LAWYER: [team.lawyer_id], TeamSeat.STAFF: [team.staff_id, *extra],
    }  # fmt: skip


def _write_members(session: Session, team: Team, wanted: Sequence[Worker]) -> None:
    present = session.scalars(select(TeamMember).where(TeamMember.team_id == team.id)).all()
    ids = {worker.id for worker in wanted}
    for member in present:
        if member.worker_id not in ids:
            session.delete(member)
    have = {member.worker_id for member in present}
    session.add_all(TeamMember(team_id=team.id, worker_id=w.id) for w in wanted if w.id not in have)


def _write_changes(session, team, before, people, actor: Actor, now, note) -> None:
    for seat in TeamSeat:
        old = before.get(seat, [])
        new = [worker.id for worker in people[seat]]
        gone, come = [i for i in old if i not in new], [i for i in new if i not in old]
        for i in range(max(len(gone), len(come))):
            session.add(
                TeamChange(
                    team_id=team.id, seat=seat, changed_at=now, user_id=actor.user_id, note=note or None,
                    worker_before_id=gone[i] if i < len(gone) else None,
                    worker_after_id=come[i] if i < len(come) else None,
                )
            )  # fmt: skip


def _tell(session: Session, case: Case, before: dict, after: dict, now: datetime) -> None:
    """A line in the in-tray of whoever comes into a seat or leaves the team."""
    staying = {i for ids in after.values() for i in ids}
    for seat in TeamSeat:
        for key in after.get(seat, []):
            if key not in before.get(seat, []):
                _line(session, case, key, "team", f"您担任{case.case_no}“3+X”专班的{seat.label}", now)
        for key in before.get(seat, []):
            if key not in staying:
                _line(session, case, key, "team_left", f"您不再担任{case.case_no}“3+X”专班的{seat.label}，请做好交接", now)


def _line(session: Session, case: Case, worker_id: str, kind: str, title: str, now: datetime) -> None:
    inbox.put(session, case, kind, title, session.get(Worker, (case.subdistrict_id, worker_id)), now)


def history(session: Session, case: Case) -> Sequence[TeamChange]:
    """Who came and went in every team of a case, the latest first."""
    return session.scalars(
        select(TeamChange).join(TeamChange.team).where(Team.case_id == case.id)
        .order_by(TeamChange.changed_at.desc(), TeamChange.id.desc()).limit(SHOWN)
        .options(joinedload(TeamChange.worker_before), joinedload(TeamChange.worker_after), joinedload(TeamChange.user))
    ).all()  # fmt: skip
