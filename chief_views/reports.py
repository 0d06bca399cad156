"""The quick report with three fields, and the report that nothing happened."""

from __future__ import annotations

from datetime import date

from flask import request

from extensions import db, now
from models import uuid7
from services.phone import chief_homes, quick_reports
from services.errors import Refused

from .appeals import folder
from .room import done, me, once, page, room, wants_data


@room.route("/report", methods=("GET", "POST"))
def report():
    """Who, where, what, and photos; the same key sent again makes nothing new."""
    if request.method == "GET":
        return _form({"key": uuid7(), "where": request.args.get("where", "")})
    form = request.form
    told = quick_reports.Report(
        form.get("key", ""), form.get("words", ""), form.get("where", ""), form.get("detail", ""), form.get("name", ""),
        form.get("mobile", ""), [(f.filename or "", f.read()) for f in request.files.getlist("photos") if f.filename],
    )  # fmt: skip
    try:
        row, is_new = once(lambda session: quick_reports.report(session, folder(), me(), told, now()))
    except Refused as no:
        if wants_data() or not no.errors:
            raise
        db.session.rollback()
        return _form(form, 422, no.sentence)
    return done("report" if is_new else "again", "appeal", appeal_id=row.id)


def _form(form, status: int = 200, error: str = ""):
    return page("report", status, form=form, error=error, places=chief_homes.places(db.session, me()))


@room.post("/zero")
def zero():
    """Nothing happened today, or on the day the phone had no network."""
    try:
        day = date.fromisoformat(request.form["day"]) if request.form.get("day") else None
    except ValueError:
        raise Refused("日期不对，请刷新后再报") from None
    once(lambda session: quick_reports.zero(session, me(), now(), day))
    return done("zero", "today")
