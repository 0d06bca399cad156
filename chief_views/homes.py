"""My households and what is missing there; masked, each number read on the record."""

from __future__ import annotations

from flask import redirect, request, url_for

from extensions import db, now
from services import chief_desk
from services.due_dates import local_day

from .room import me, page, room


@room.get("/homes")
def homes():
    """The households of the own neighbourhood; for group and sector chiefs of one they choose."""
    wanted = request.args.get("area")
    if wanted is None and not me().is_neighbor:
        return redirect(url_for("phone.below"))
    area, found = chief_desk.homes(db.session, me(), local_day(now()), wanted)
    return page("homes", area=area.full_name, homes=found, lacking=sum(bool(home.lacks) for home in found))


@room.get("/homes/<household_id>")
def home(household_id: str):
    return page("home", it=chief_desk.home_page(db.session, me(), household_id, local_day(now())))
