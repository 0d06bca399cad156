"""Remarks on records: writing, reading and taking them back, and telling whom they mention."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Described, entities
from models.codes import AuditVerb
from models.comment import Comment, Mention
from models.kinds import LONG

from .. import colleagues
from . import audit
from ..lists import lookups
from ..access import Actor, sees
from ..errors import Denied, Missing, Refused

SHORTEST, LONGEST = 2, 1000
SHOWN = 50
MOST_CALLS = 10
TAKE_BACK_WITHIN = timedelta(minutes=10)
# What follows an @ that does not stand in the middle of a mail address.
_CALL = re.compile(r"(?<![0-9A-Za-z._-])[@＠]([^@＠\n]{1,30})")
_END_OF_WORD = re.compile(r"[\s，。、；：！？（）“”,.;:!?()\"]")


@dataclass(frozen=True)
class Added:
    """A new remark, who will find it on the home page, and sentences about who will not."""

    comment: Comment
    told: list[str]
    notes: list[str]


@dataclass(frozen=True)
class Mentioned:
    """A remark that mentions somebody; `label` is empty when he or she cannot see the record (any more)."""

    comment: Comment
    label: str
    is_new: bool


# ---- writing ------------------------------------------------------------------------


def add(
    session: Session, row: Described, body: str, actor: Actor, now: datetime, chosen: Collection[str] = ()
) -> Added:
    """Remark on a record and tell the colleagues called by `@姓名`.

    `chosen` holds user ids taken from the list of suggestions; they decide between equal names.
    """
    body = LONG.normalise(body)
    if not SHORTEST <= len(body) <= LONGEST:
        raise Refused(f"备注应为{SHORTEST}到{LONGEST}个字，现在{len(body)}个字", field="body")
    people, notes = _called(session, row, body, actor, chosen)
    comment = Comment(
        entity=type(row).slug(), record_id=str(row.id), body=body, author_id=actor.user_id, created_at=now
    )
    session.add(comment)
    session.flush()
    session.add_all(Mention(comment_id=comment.id, user_id=person.user_id) for person in people)
    session.flush()
    audit.remarked(session, comment, row, AuditVerb.CREATE)
    return Added(comment, [person.name for person in people], notes)


def _called(
    session: Session, row: Described, body: str, actor: Actor, chosen: Collection[str]
) -> tuple[list[Actor], list[str]]:
    """The colleagues a text calls and who may see the record, with a sentence for each other call."""
    calls = list(dict.fromkeys(_CALL.findall(body)))
    if len(calls) > MOST_CALLS:
        raise Refused(f"一条备注最多提到{MOST_CALLS}位同事，请分开写", field="body")
    by_name: dict[str, list[Actor]] = {}
    for person in colleagues.named(session, _beginnings(calls), actor) if calls else ():
        by_name.setdefault(person.name, []).append(person)
    people: dict[str, Actor] = {}
    notes: dict[str, None] = {}
    for call in calls:
        found, note = _meant(call, by_name, chosen)
        if note:
            notes[note] = None
        for person in found:
            if person.user_id == actor.user_id:
                continue
            if sees(session, row, person):
                people[person.user_id] = person
            else:
                notes[f"{person.name}看不到这条记录，没有通知到"] = None
    return list(people.values()), list(notes)


def _beginnings(calls: Iterable[str]) -> set[str]:
    """Chinese has no blanks between words: any beginning of a call may be the name."""
    return {call[:length] for call in calls for length in range(1, len(call) + 1)}


def _meant(call: str, by_name: dict[str, list[Actor]], chosen: Collection[str]) -> tuple[list[Actor], str]:
    """Whom a call means (the longest name counts), or nobody and the reason in words."""
    name = max((name for name in by_name if call.startswith(name)), key=len, default=None)
    if name is None:
        word = _END_OF_WORD.split(call, maxsplit=1)[0][:10]
        return [], f"没有叫“{word}”的同事，没有通知到人" if word else ""
    people = by_name[name]
    picked = [person for person in people if person.user_id in chosen]
    if len(people) > 1 and not picked:
        return [], f"叫“{name}”的同事有{len(people)}位，没有通知到；请输入@后从列表里点选"
    return picked or people, ""


# ---- reading ------------------------------------------------------------------------


def of(session: Session, row: Described) -> Sequence[Comment]:
    """The remarks on a record with their authors, newest first, at most `SHOWN`."""
    wanted = select(Comment).where(Comment.entity == type(row).slug(), Comment.record_id == str(row.id))
    wanted = wanted.options(joinedload(Comment.author)).order_by(Comment.id.desc()).limit(SHOWN)
    return session.scalars(wanted).all()


def find(session: Session, row: Described, comment_id: str) -> Comment:
    """One of the remarks shown with this very record, else `Missing`."""
    for comment in of(session, row):
        if comment.id == comment_id:
            return comment
    raise Missing("没有找到这条备注，可能已被撤回")


def mentions_of(session: Session, actor: Actor, limit: int = SHOWN) -> list[Mentioned]:
    """The remarks that mention the actor, unseen first, then newest; one statement more for each entity."""
    wanted = (
        select(Mention).where(Mention.user_id == actor.user_id)
        .options(joinedload(Mention.comment).joinedload(Comment.author))
        .order_by(Mention.seen_at.is_not(None), Mention.id.desc()).limit(limit)
    )  # fmt: skip
    found = session.scalars(wanted).all()
    labels = _labels(session, [mention.comment for mention in found], actor)
    return [
        Mentioned(m.comment, labels.get((m.comment.entity, m.comment.record_id), ""), m.seen_at is None)
        for m in found
    ]  # fmt: skip


def _labels(session: Session, comments: Iterable[Comment], actor: Actor) -> dict[tuple[str, str], str]:
    """What the records of some remarks are called, as far as the actor may open them."""
    ids: dict[str, set[str]] = {}
    for comment in comments:
        ids.setdefault(comment.entity, set()).add(comment.record_id)
    known = {entity.slug(): entity for entity in entities()}
    return {
        (slug, record_id): label
        for slug, wanted in ids.items() if slug in known and actor.may(f"{slug}:view")
        for record_id, label in lookups.labels(session, known[slug], wanted, actor).items()
    }  # fmt: skip


def unseen_of(session: Session, row: Described, actor: Actor) -> set[str]:
    """The ids of the remarks on a record that mention the actor and have not been seen yet."""
    here = (Comment.entity == type(row).slug(), Comment.record_id == str(row.id))
    return set(session.scalars(_unseen(actor).join(Mention.comment).where(*here)))


def _unseen(actor: Actor):
    return select(Mention.comment_id).where(Mention.user_id == actor.user_id, Mention.seen_at.is_(None))


def mark_seen(session: Session, comment_ids: Collection[str], actor: Actor, now: datetime) -> None:
    """Note that the actor has read these remarks. Locked first: two tabs may open the record at once."""
    mine = (Mention.user_id == actor.user_id, Mention.comment_id.in_(comment_ids), Mention.seen_at.is_(None))
    for mention in session.scalars(select(Mention).where(*mine).with_for_update()):
        mention.seen_at = now
    session.flush()


# ---- taking back --------------------------------------------------------------------


def may_take_back(comment: Comment, actor: Actor, now: datetime) -> bool:
    """The author for ten minutes; at any time who may delete records of this kind."""
    is_own = comment.author_id == actor.user_id and now - comment.created_at <= TAKE_BACK_WITHIN
    return is_own or actor.may(f"{comment.entity}:delete")


def take_back(session: Session, row: Described, comment: Comment, actor: Actor, now: datetime) -> None:
    """Remove a remark on a record, with its mentions."""
    if not may_take_back(comment, actor, now):
        raise Denied("备注发出10分钟后不能撤回；如有不妥，请另写一条更正")
    session.delete(comment)
    session.flush()
    audit.remarked(session, comment, row, AuditVerb.DELETE)
