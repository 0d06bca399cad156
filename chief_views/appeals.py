"""One appeal: take it, answer it, pass it up; its photos; the number of whoever told it."""

from __future__ import annotations

from pathlib import Path

from flask import Response, current_app, request, url_for

from extensions import db, now, transaction
from formats import files
from models.appeal import Appeal
from services.keeping import attachments, records
from services.phone import chief_desk
from services.appeals.appeal_flow import APPEAL_FLOW
from services.errors import Conflict, Missing, Refused

from .room import done, me, page, room, wants_data


def folder() -> Path:
    return Path(current_app.instance_path) / "attachments"


@room.get("/appeals/<appeal_id>")
def appeal(appeal_id: str):
    return _appeal(appeal_id)


def _appeal(appeal_id: str, status: int = 200, error: str = "", verb: str = ""):
    it = chief_desk.appeal_page(db.session, me(), appeal_id, now())
    return page("appeal", status, it=it, error=error, verb=verb, typed=request.form)


@room.post("/appeals/<appeal_id>/<verb>")
def act(appeal_id: str, verb: str):
    """Take one of the steps of the phone, unless the appeal moved since the page was shown."""
    if verb not in chief_desk.VERBS:
        raise Missing("没有这个办理步骤")
    row = records.find(db.session, Appeal, appeal_id)
    form = request.form
    answers = {ask.name: form.get(ask.name) for ask in APPEAL_FLOW.by_verb[verb].asks}
    try:
        with transaction() as session:
            is_new = chief_desk.take_step(session, me(), row, verb, form.get("version"), form.get("key", "")[:64], now(), answers)
    except Refused as no:
        db.session.rollback()
        if wants_data():
            raise
        return _appeal(appeal_id, 409 if isinstance(no, Conflict) else 422, no.sentence, verb)
    return done(verb if is_new else "again", "appeal", appeal_id=appeal_id)


@room.get("/appeals/<appeal_id>/photos/<photo_id>")
def photo(appeal_id: str, photo_id: str):
    """A photo, found through the appeal it belongs to."""
    kept = attachments.find(db.session, records.find(db.session, Appeal, appeal_id), photo_id)
    path = files.where(folder(), kept.sha256)
    if not kept.media_type.startswith("image/") or not path.exists():
        raise Missing("没有找到这张照片")
    answer = Response(path.read_bytes(), content_type=kept.media_type)
    answer.headers["Content-Disposition"] = "inline"
    return answer


@room.post("/number")
def number():
    """A telephone number in full, for this page only and on the record."""
    kind, record_id = request.form.get("kind", ""), request.form.get("id", "")
    with transaction() as session:
        mobile = chief_desk.number(session, me(), kind, record_id, "回复诉求" if kind == "appeal" else "联系住户", now())
    if wants_data():
        return {"mobile": mobile}
    back = url_for("phone.appeal", appeal_id=record_id) if kind == "appeal" else url_for("phone.home", household_id=record_id)
    return page("number", mobile=mobile, back=back)
