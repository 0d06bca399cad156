"""The screen in the hall of a reception point: numbers only, never a name."""

from __future__ import annotations

from flask import Blueprint, render_template

from extensions import db, now
from services.appeals import open_places
from services.due_dates import local_day

room = Blueprint("hall", __name__, url_prefix="/hall")


@room.get("/<point_id>")
def now_serving(point_id: str):
    """Which numbers are called to which window, and how many wait."""
    return render_template("public/hall.html", hall=open_places.hall(db.session, point_id, local_day(now())))
