"""My households and what is missing there; masked, each number read on the record."""

from __future__ import annotations

from flask import redirect, request, url_for

from extensions import db, now, transaction
from models.household import Household
from services.phone import chief_homes, missing
from services.due_dates import local_day
from services.errors import Refused
from services.labels import dictionary_choices
from services.keeping.records import find

from .room import done, me, page, room, wants_data


@room.get("/homes")
def homes():
    """The households of the own neighbourhood; for group and sector chiefs of one they choose."""
    wanted = request.args.get("area")
    if wanted is None and not me().is_neighbor:
        return redirect(url_for("phone.below"))
    area, found = chief_homes.homes(db.session, me(), local_day(now()), wanted)
    return page("homes", area=area.full_name, homes=found, lacking=sum(bool(home.lacks) for home in found))


@room.get("/homes/<household_id>")
def home(household_id: str):
    return _home(household_id)


def _home(household_id: str, status: int = 200, error: str = ""):
    it = chief_homes.home_page(db.session, me(), household_id, local_day(now()))
    return page("home", status, it=it, error=error, form=request.form, relations=dictionary_choices(db.session, "relation"))


@room.post("/homes/<household_id>/complete")
def complete(household_id: str):
    """Fill in what is missing there."""
    names = ("mobile", "member_count", "member", "relation")
    try:
        with transaction() as session:
            row = find(session, Household, household_id)
            missing.complete(session, me(), row, now(), **{name: request.form.get(name, "") for name in names})
    except Refused as no:
        if wants_data():
            raise
        db.session.rollback()
        return _home(household_id, 422, no.sentence)
    return done("complete", "home", household_id=household_id)
