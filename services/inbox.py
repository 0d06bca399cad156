"""In-trays: what is put before a unit, a person or the holders of a permission, until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Described
from models.department import Unit
from models.todo import Todo
from models.user import User
from models.worker import Worker

from .access import Actor, Permission

Recipient = Unit | Worker | User | Permission


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


def settle(session: Session, about: Described, actor: Actor, now: datetime, kind: str | None = None) -> None:
    """Take out of every in-tray what was about this row (of one kind where named)."""
    wanted = [Todo.entity == type(about).slug(), Todo.record_id == str(about.id), Todo.settled_at.is_(None)]
    if kind is not None:
        wanted.append(Todo.kind == kind)
    for todo in session.scalars(select(Todo).where(*wanted)):
        todo.settled_at, todo.settled_by_id = now, actor.user_id
    session.flush()


def mine(session: Session, actor: Actor, limit: int = 50) -> Sequence[Todo]:
    """What lies in an actor's in-tray, first due first."""
    statement = (
        select(Todo).where(Todo.recipient.in_(_addresses(actor)), Todo.settled_at.is_(None))
        .order_by(Todo.due_on.is_(None), Todo.due_on, Todo.id).limit(limit)
    )  # fmt: skip
    return session.scalars(statement).all()


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
