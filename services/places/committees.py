"""Mediation committees and their mediators (R13)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.codes import CommitteePost, Gender
from models.mediation import Committee, Mediator

from ..keeping import records
from ..errors import Refused


def shortfalls(session: Session, committee: Committee) -> list[str]:
    """What a committee lacks under 《人民调解法》第八、九条, in words; empty when it is in order."""
    on = (Mediator.committee_id == committee.id, Mediator.is_active.is_(True))
    members = session.execute(
        select(Mediator.committee_post, Mediator.gender, func.count())
        .where(*on, Mediator.committee_post.in_([CommitteePost.DIRECTOR, CommitteePost.DEPUTY, CommitteePost.MEMBER]))
        .group_by(Mediator.committee_post, Mediator.gender)
    ).all()
    total = sum(n for _, _, n in members)
    directors = sum(n for post, _, n in members if post is CommitteePost.DIRECTOR)
    women = sum(n for _, gender, n in members if gender is Gender.FEMALE)
    found = []
    if not 3 <= total <= 9:
        found.append(f"委员应为3至9人，现有{total}人")
    if directors != 1:
        found.append(f"应有主任一人，现有{directors}人")
    if women < 1:
        found.append("应当有妇女成员")
    if committee.started_on and committee.ends_on:
        first = committee.started_on
        if (committee.ends_on.year - first.year, committee.ends_on.month, committee.ends_on.day) > (3, first.month, first.day):
            found.append("每届任期三年，届满日期超过三年")
    return found


@records.before_save(Mediator)
def _one_director(session, mediator: Mediator, actor, now) -> None:
    if mediator.committee_post is CommitteePost.DIRECTOR and mediator.is_active is not False:
        other = session.scalar(
            select(Mediator.id).where(
                Mediator.committee_id == mediator.committee_id,
                Mediator.committee_post == CommitteePost.DIRECTOR, Mediator.is_active.is_(True),
            ).limit(1)
        )  # fmt: skip
        if other not in (None, mediator.id):
            raise Refused("这个调委会已有主任，一个调委会只设主任一人", field="committee_post")
    if mediator.appointed_on and mediator.term_ends_on and mediator.term_ends_on < mediator.appointed_on:
        raise Refused("聘期届满不能早于聘任日期", field="term_ends_on")
