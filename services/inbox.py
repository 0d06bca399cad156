"""In-trays: what is put before a unit, a person or the holders of a permission, until it is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models import Described, uuid7
from models.department import Unit
from models.todo import Todo
from models.user import User
from models.worker import Worker

from .access import Actor, Permission

Recipient = Unit | Worker | User | Permission
READY = "ready"  # the kind of what only waits to be fetched
ASKED = "approve"  # the kind of what a colleague cannot go on without

TO_KNOW = frozenset({"team", "team_left", "objection_decided"})
"""Kinds that ask for no answer: opened once by whom they are for, they are gone."""

MOST = 200  # of one person that are read at once


def put(
    session: Session, about: Described, kind: str, title: str, to: Recipient, now: datetime, *,
    due_on: date | None = None,
) -> Todo:  # fmt: skip
    """Put a thing into an in-tray; what lies there already is only brought up to date.

    `title` is read by whoever gets it and holds no personal data.
    """
    recipient = _address(to)
    entity = type(about).slug()
    todo = session.scalar(
        select(Todo).where(
            Todo.entity == entity, Todo.record_id == str(about.id), Todo.kind == kind, Todo.recipient == recipient
        )
    )  # fmt: skip
    if todo is None:
        todo = Todo(entity=entity, record_id=str(about.id), kind=kind, recipient=recipient)
        match to:
            case Unit():
                todo.unit_id = to.id
            case Worker():
                todo.worker_id = to.id
            case User():
                todo.user_id = to.id
            case _:
                todo.permission = to.value
        session.add(todo)
    todo.title, todo.due_on, todo.put_at = title[:200], due_on, now
    todo.settled_at = todo.settled_by_id = None
    session.flush()
    return todo


def settle(
    session: Session, about: Described, actor: Actor, now: datetime, kind: str | None = None, *, is_own: bool = False
) -> None:
    """Take out of every in-tray, or out of the actor's own, what was about this row (of one kind where named)."""
    wanted = [Todo.entity == type(about).slug(), Todo.record_id == str(about.id), Todo.settled_at.is_(None)]
    if kind is not None:
        wanted.append(Todo.kind == kind)
    if is_own:
        wanted.append(Todo.recipient == f"user:{actor.user_id}")
    for todo in session.scalars(select(Todo).where(*wanted)):
        todo.settled_at, todo.settled_by_id = now, actor.user_id
    session.flush()


def opened(session: Session, todo_id: str, actor: Actor, now: datetime) -> Todo | None:
    """Take out of the actor's in-tray a line that is only to be known; None where there is none."""
    mine = (Todo.id == todo_id, Todo.recipient.in_(_addresses(actor)), Todo.kind.in_(TO_KNOW))
    todo = session.scalar(select(Todo).where(*mine))
    if todo is not None and todo.settled_at is None:
        todo.settled_at, todo.settled_by_id = now, actor.user_id
        session.flush()
    return todo


@dataclass(frozen=True)
class Letter:
    """One thing for one in-tray when many are put at once.

    `whom` is {"worker_id" or "unit_id": id} or {"permission": value}, empty for the dispatchers.
    """

    entity: str
    record_id: str
    kind: str
    title: str
    whom: Mapping[str, str]
    due_on: date | None

    @property
    def recipient(self) -> str:
        for name, key in self.whom.items():
            return f"may:{key}" if name == "permission" else f"{name.removesuffix('_id')}:{key}"
        return f"may:{Permission.CASE_DISPATCH.value}"


def kind_of(clock_id: str) -> str:
    """The kind of what is put into in-trays because a period runs out; it goes when the period ends."""
    return clock_id.replace("-", "")


def put_many(session: Session, letters: Sequence[Letter], now: datetime) -> None:
    """What `put` does, for many things in a few statements and past the listener (to-dos leave no trail)."""
    if not letters:
        return
    t, here = Todo.__table__.c, session.info["actor"].subdistrict_id
    keys = (t.id, t.entity, t.record_id, t.kind, t.recipient)
    there = {
        tuple(row[1:]): row[0] for row in session.connection().execute(
            select(*keys).where(t.subdistrict_id == here, t.record_id.in_({letter.record_id for letter in letters}))
        )
    }  # fmt: skip
    new = []
    for letter in letters:
        known = there.get((letter.entity, letter.record_id, letter.kind, letter.recipient))
        facts = {"title": letter.title[:200], "due_on": letter.due_on, "put_at": now, "settled_at": None, "updated_at": now}
        if known:
            session.connection().execute(update(Todo.__table__).where(t.subdistrict_id == here, t.id == known).values(facts))
            continue
        new.append(facts | {
            "subdistrict_id": here, "id": uuid7(), "created_at": now, "version": 1, "entity": letter.entity,
            "record_id": letter.record_id, "kind": letter.kind, "recipient": letter.recipient, "worker_id": None, "unit_id": None,
            "permission": None if letter.whom else Permission.CASE_DISPATCH.value, **letter.whom,
        })  # fmt: skip
    if new:
        session.connection().execute(insert(Todo.__table__), new)


def settle_many(session: Session, whose: Sequence[tuple[str, str]], now: datetime) -> None:
    """Take out of every in-tray what was put there as (record id, kind)."""
    t = Todo.__table__.c
    session.connection().execute(
        update(Todo.__table__)
        .where(
            t.subdistrict_id == session.info["actor"].subdistrict_id, t.record_id.in_({record for record, _ in whose}),
            t.kind.in_({kind for _, kind in whose}), t.settled_at.is_(None),
        )
        .values(settled_at=now, updated_at=now)
    )  # fmt: skip


def retitle(session: Session, entity: str, record_ids: Iterable[str], old: str, new: str) -> None:
    """What still lies in in-trays about these records says something graver."""
    t = Todo.__table__.c
    session.connection().execute(
        update(Todo.__table__)
        .where(
            t.subdistrict_id == session.info["actor"].subdistrict_id, t.entity == entity, t.record_id.in_(list(record_ids)),
            t.settled_at.is_(None),
        )
        .values(title=func.replace(t.title, old, new))
    )  # fmt: skip


def mine(session: Session, actor: Actor, limit: int = MOST, but: Sequence[str] = ()) -> Sequence[Todo]:
    """What lies in an actor's in-tray, first due first; before it, without a day, what is ready to be fetched and what a colleague asks leave for.

    `but` names kinds of which there are so many that they have a list of their own.
    """
    statement = (
        select(Todo).where(Todo.recipient.in_(_addresses(actor)), Todo.settled_at.is_(None), Todo.kind.not_in(but))
        .order_by(Todo.kind.not_in((READY, ASKED)), Todo.due_on.is_(None), Todo.due_on, Todo.id).limit(limit)
    )  # fmt: skip
    return session.scalars(statement).all()


def heap(session: Session, actor: Actor, kind: str) -> tuple[int, date | None]:
    """(how many things of one kind lie in an actor's in-tray, the first day one of them is due)."""
    mine = select(func.count(), func.min(Todo.due_on)).where(
        Todo.recipient.in_(_addresses(actor)), Todo.settled_at.is_(None), Todo.kind == kind
    )
    return tuple(session.execute(mine).one())


def _address(to: Recipient) -> str:
    match to:
        case Unit():
            return f"unit:{to.id}"
        case Worker():
            return f"worker:{to.id}"
        case User():
            return f"user:{to.id}"
        case _:
            return f"may:{to.value}"


def _addresses(actor: Actor) -> list[str]:
    own = [f"{word}:{key}" for word, key in (("user", actor.user_id), ("worker", actor.worker_id), ("unit", actor.unit_id)) if key]
    return own + [f"may:{permission}" for permission in sorted(actor.permissions)]
