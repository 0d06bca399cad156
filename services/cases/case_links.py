"""Links between matters: merged, split off, or related; one row read from both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.case import Case
from models.case_link import CaseLink
from models.codes import LinkKind

_WORDS = {
    LinkKind.MERGED: ("已并入", "并入本件"), LinkKind.SPLIT: ("拆分自", "由本件拆出"), LinkKind.RELATED: ("相关", "相关"),
}  # fmt: skip


@dataclass(frozen=True)
class Linked:
    """One linked matter as it is seen from the other side."""

    words: str
    case: Case


def link(session: Session, case: Case, other: Case, kind: LinkKind) -> CaseLink:
    """Link two matters: `case` was merged into, split from, or is related to `other`."""
    row = CaseLink(case_id=case.id, other_id=other.id, kind=kind)
    session.add(row)
    session.flush()
    return row


def of(session: Session, case: Case) -> Sequence[Linked]:
    """What a matter is linked to, as far as the reader may see it."""
    rows = session.scalars(
        select(CaseLink).where(or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id)).order_by(CaseLink.id)
    ).all()
    ids = {row.other_id if row.case_id == case.id else row.case_id for row in rows}
    cases = {c.id: c for c in session.scalars(select(Case).where(Case.id.in_(ids)))} if ids else {}
    found = []
    for row in rows:
        is_mine = row.case_id == case.id
        other = cases.get(row.other_id if is_mine else row.case_id)
        if other is not None:
            found.append(Linked(_WORDS[row.kind][0 if is_mine else 1], other))
    return found
