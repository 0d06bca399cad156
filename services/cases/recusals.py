"""回避: who must keep out of a matter, by what was declared and by what the rosters show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.case import Case, CaseParty
from models.case_link import CaseLink
from models.codes import CaseKind, LinkKind
from models.household import Household, HouseholdMember
from models.recusal import Recusal
from models.team import Team
from models.worker import Worker

from ..desk import workload
from ..keeping import records
from ..access import Actor
from ..errors import Refused


@records.before_save(Recusal)
def _declare(session: Session, row: Recusal, actor: Actor, now: datetime) -> None:
    if row.case_id is None and not row.person_name:
        raise Refused("请填“只对这件案件”或者“与谁有关系”，至少一项", field="case")
    if row.declared_at is None:
        row.declared_at, row.declared_by_id = now, actor.user_id


@dataclass(frozen=True)
class Closenesses:
    """What is known of one case: {worker id: why barred}, and what is compared with every candidate."""

    declared: Mapping[str, str]
    parties: Sequence[CaseParty]
    mobiles: Mapping[str, str]
    barred_unit: str | None
    earlier: Mapping[str, str]

    def of(self, worker: Worker) -> tuple[str | None, str | None]:
        """(why barred, what to look into) for one worker."""
        barred, look = workload.conflict(worker, self.parties)
        barred = barred or self.declared.get(worker.id)
        if barred is None and worker.mobile and worker.mobile in self.mobiles:
            barred = "与当事人同住一户，应当回避"
        if barred is None and self.barred_unit and worker.unit_id == self.barred_unit:
            barred = "是被反映单位的人，应当回避"
        return barred or self.earlier.get(worker.id), look


def of_case(session: Session, case: Case) -> Closenesses:
    """Everything that can keep somebody out of a case; five statements."""
    party_list = workload.parties(session, case)
    return Closenesses(
        _declared(session, case, party_list), party_list, _households(session, party_list),
        getattr(case, "accused_unit_id", None), _earlier(session, case),
    )


def _declared(session: Session, case: Case, party_list: Sequence[CaseParty]) -> dict[str, str]:
    """By declaration: for this case, or for a person who is a party of it (exact match)."""
    names = {party.name for party in party_list}
    wanted = select(Recusal).where(
        Recusal.is_active.is_(True), or_(Recusal.case_id == case.id, Recusal.person_name.in_(names))
    )
    found = {}
    for row in session.scalars(wanted):
        is_here = row.case_id in (None, case.id)
        is_party = row.person_name is None or any(
            party.name == row.person_name and row.person_mobile in (None, party.mobile) for party in party_list
        )
        if is_here and (row.case_id or is_party):
            found[row.worker_id] = f"已申报回避：{row.closeness.label}"
    return found


def _households(session: Session, party_list: Sequence[CaseParty]) -> dict[str, str]:
    """{phone: household id} of everybody who lives where a party lives."""
    homes = {party.household_id for party in party_list} - {None}
    if not homes:
        return {}
    heads = session.execute(select(Household.mobile, Household.id).where(Household.id.in_(homes)))
    members = session.execute(
        select(HouseholdMember.mobile, HouseholdMember.household_id).where(HouseholdMember.household_id.in_(homes))
    )
    return {mobile: home for mobile, home in (*heads, *members) if mobile}


def _earlier(session: Session, case: Case) -> dict[str, str]:
    """Who dealt with the petition that this one asks to look at again may not judge it a second time."""
    if case.kind is not CaseKind.PETITION:
        return {}
    pairs = select(CaseLink.case_id, CaseLink.other_id).where(
        CaseLink.kind == LinkKind.RELATED, or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id)
    )
    others = {key for pair in session.execute(pairs) for key in pair} - {case.id}
    if not others:
        return {}
    handlers = set(session.scalars(select(Case.handler_id).where(Case.id.in_(others))))
    for seats in session.execute(select(Team.leader_id, Team.mediator_id, Team.lawyer_id, Team.staff_id).where(Team.case_id.in_(others))):
        handlers |= set(seats)
    return dict.fromkeys(handlers - {None}, "办过当事人要求复核的原事项，应当回避")
