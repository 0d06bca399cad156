"""The dossier of a case: its number, its name, how long it is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case
from models.codes import Retention
from models.division import Division
from models.paper import Dossier

from ..keeping import records
from . import paper_facts
from ..access import Actor
from ..numbers import next_number
from ..showing import LOCAL

# Land, houses, injuries: disputes that come back after decades (domain: 保管期限按纠纷类别确定).
_FOR_EVER = ("03", "06", "07", "08")


@records.before_save(Dossier)
def _has_number(session: Session, row: Dossier, actor: Actor, now: datetime) -> None:
    """A dossier begun on its form gets its number too."""
    if not row.dossier_no and row.case_id:
        row.dossier_no = _number(session, records.find(session, Case, row.case_id), now)


def of(session: Session, case: Case) -> Dossier | None:
    return session.scalar(select(Dossier).where(Dossier.case_id == case.id))


def ensure(session: Session, case: Case, actor: Actor, now: datetime) -> Dossier:
    """The dossier of a case, begun with its number when there is none."""
    row = of(session, case)
    if row is None:
        people = paper_facts.parties(session, case)
        row = Dossier(
            case_id=case.id, dossier_no=_number(session, case, now), name=paper_facts.dossier_name(session, case, people),
            retention=_retention(case), filed_by=actor.name[:60], filed_on=now.astimezone(LOCAL).date(),
        )  # fmt: skip
        session.add(row)
        session.flush()
    return row


def _number(session: Session, case: Case, now: datetime) -> str:
    """（2026）东里社区人调字第0001号: one sequence a committee and year."""
    year = now.astimezone(LOCAL).year
    committee = paper_facts.committee_of(session, case)
    here = session.get(Division, case.subdistrict_id)
    name = committee.name.removesuffix("人民调解委员会") if committee else (here.short_name or here.name)
    number = next_number(session, f"dossier:{committee.id[-12:] if committee else '-'}", year)
    return f"（{year}）{name}人调字第{number:04d}号"


def _retention(case: Case) -> Retention:
    category = case.category.split(":", 1)[1]
    return Retention.PERMANENT if category.startswith(_FOR_EVER) else Retention.LONG
