"""What anybody may read: which way fits, how a matter goes, where to come, one's rights, the law in short."""

from __future__ import annotations

from flask import Blueprint, render_template

from extensions import db, now
from services.appeals import open_places
from services.due_dates import local_day
from services.cases.routing import ROUTES

room = Blueprint("guide", __name__, url_prefix="/guide")


@room.get("/")
def index():
    return render_template("public/guide.html", calls=open_places.calls(db.session))


@room.get("/routes")
def routes():
    """The road map: which legal route fits which matter, with its source."""
    return render_template("public/routes.html", routes=ROUTES)


@room.get("/course")
def course():
    """How a matter goes, with the periods of the law."""
    return render_template("public/course.html")


@room.get("/points")
def points():
    """Where and when people are received, and which leader receives today."""
    today = local_day(now())
    return render_template(
        "public/points.html", points=open_places.points(db.session), leader=open_places.leader_today(db.session, today),
        today=today, calls=open_places.calls(db.session),
    )  # fmt: skip


@room.get("/rights")
def rights():
    return render_template("public/rights.html")


@room.get("/law")
def law():
    return render_template("public/law.html")
