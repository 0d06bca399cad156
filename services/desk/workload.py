"""How much each worker has in hand, and whether a worker is close to a matter."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.case import Assignment, Case, CaseParty, in_order
from models.codes import AssignmentStatus
from models.team import Team, TeamMember
from models.worker import Worker


def loads(session: Session, but: Case | None = None) -> dict[str, int]:
    """{worker id: open assignments plus seats in active teams}; six grouped statements.

    The team of the case `but` is left out: whoever sits in it is not busier for this very matter.
    """
    found: dict[str, int] = {}
    open_orders = select(Assignment.worker_id, func.count()).where(
        Assignment.status == AssignmentStatus.OPEN, Assignment.worker_id.is_not(None)
    )
    counted = [open_orders.group_by(Assignment.worker_id)]
    active = [Team.disbanded_at.is_(None), *([Team.case_id != but.id] if but else [])]
    for seat in (Team.leader_id, Team.mediator_id, Team.lawyer_id, Team.staff_id):
        counted.append(select(seat, func.count()).where(*active).group_by(seat))
    members = select(TeamMember.worker_id, func.count()).join(TeamMember.team)
    counted.append(members.where(*active).group_by(TeamMember.worker_id))
    for statement in counted:
        for worker_id, count in session.execute(statement):
            found[worker_id] = found.get(worker_id, 0) + count
    return found


def unit_loads(session: Session) -> dict[str, int]:
    """{unit id: open assignments}."""
    statement = select(Assignment.unit_id, func.count()).where(
        Assignment.status == AssignmentStatus.OPEN, Assignment.unit_id.is_not(None)
    )
    return dict(session.execute(statement.group_by(Assignment.unit_id)).all())


def parties(session: Session, case: Case) -> Sequence[CaseParty]:
    return in_order(session.scalars(select(CaseParty).where(CaseParty.case_id == case.id)))


def conflict(worker: Worker, party_list: Sequence[CaseParty]) -> tuple[str | None, str | None]:
    """(why barred, what to look into): a party may not judge its own matter (recusal)."""
    for party in party_list:
        if worker.mobile and worker.mobile == party.mobile:
            return "是本案当事人（联系电话相同），应当回避", None
        if worker.name == party.name:
            return None, "与当事人同名，请核对是否本人或亲属"
    return None, None
