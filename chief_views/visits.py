"""The visit log: which household, what was done, what is needed."""

from __future__ import annotations

from datetime import date

from flask import request

from extensions import db, now, transaction
from models import uuid7
from models.visit import VisitLog
from services.keeping import records
from services.phone import chief_homes, visits as service
from services.due_dates import local_day
from services.errors import Refused
from services.labels import dictionary_choices

from .room import done, me, once, page, room, wants_data


@room.get("/visits")
def visits():
    return page("visits", visits=chief_homes.visits(db.session, me()))


@room.route("/visits/new", methods=("GET", "POST"))
def visit():
    """One visit; the same key sent again makes nothing new."""
    if request.method == "GET":
        return _form({"key": uuid7(), "household": request.args.get("household", ""), "visited_on": local_day(now()).isoformat()})
    form = request.form
    try:
        row, is_new = once(lambda session: service.record(
            session, me(), now(), key=form.get("key", ""), household_id=form.get("household", ""), duty=form.get("duty", ""),
            needs=form.get("needs", ""), visited_on=_day(form.get("visited_on")), is_appeal=bool(form.get("is_appeal")),
        ))  # fmt: skip
    except Refused as no:
        if wants_data() or not no.errors:
            raise
        db.session.rollback()
        return _form(form, 422, no.sentence)
    return done(("needed" if row.appeal_id else "visit") if is_new else "again", "visits")


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise Refused("走访日期不对，请重新选择", field="visited_on") from None


def _form(form, status: int = 200, error: str = ""):
    return page(
        "visit", status, form=form, error=error, doors=chief_homes.doors(db.session, me()),
        duties=dictionary_choices(db.session, "visit_duty"), today=local_day(now()).isoformat(),
    )  # fmt: skip


@room.post("/visits/<visit_id>/appeal")
def needed(visit_id: str):
    """What a visit found becomes an appeal with one tap."""
    with transaction() as session:
        row = service.to_appeal(session, records.find(session, VisitLog, visit_id), me().actor, now())
        appeal_id = row.id
    return done("report", "appeal", appeal_id=appeal_id)
