"""How it stands: for whoever holds the number and the query code."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, render_template, request, url_for

from extensions import db, now, transaction
from formats import qr
from services.appeals import tracking
from services.errors import Refused, TooOften

room = Blueprint("track_door", __name__, url_prefix="/track")

_SAID = {
    "confirm": "已记下：解决了。谢谢您告诉我们", "unsolved": "已记下：没有解决，已转到上一级继续办",
    "add": "补充的情况已记下", "withdraw": "已撤回", "rate": "评价已记下，谢谢",
}  # fmt: skip


@room.route("/", methods=("GET", "POST"))
def track():
    """The form, or with a right pair how the appeal stands."""
    number, code = request.values.get("no", ""), request.values.get("code", "")
    if not number and not code:
        return render_template("public/track_form.html", number="", error=None)
    return _answer(number, lambda: tracking.track(db.session, number, code, now(), request.remote_addr or ""), code)


@room.get("/code.svg")
def picture():
    """The address of a receipt as a QR code; a picture of its own, so that the receipt itself comes at once."""
    number, code = (request.args.get(name, "") for name in ("no", "code"))
    if not all(re.fullmatch(r"\d{4,20}", part) for part in (number, code)):
        abort(404)
    address = url_for("track_door.track", no=number, code=code, _external=True)
    return Response(qr.svg(address, "扫一扫查看办理进度", is_quick=True), mimetype="image/svg+xml")


@room.post("/act")
def act():
    """What only the citizen may say."""
    form = request.form
    number, code, verb = form.get("no", ""), form.get("code", ""), form.get("verb", "")

    def go():
        with transaction() as session:
            return tracking.act(
                session, number, code, verb, session.info["actor"], now(), request.remote_addr or "",
                words=form.get("words", ""), satisfaction=tracking.satisfaction_of(form.get("satisfaction", "")),
            )  # fmt: skip

    return _answer(number, go, code, _SAID.get(verb, ""))


def _answer(number: str, ask, code: str, said: str = ""):
    try:
        found = ask()
    except tracking.WrongPair as no:
        with transaction() as session:
            tracking.count_guess(session, no.number, now(), request.remote_addr or "")
        return render_template("public/track_form.html", number=number[:20], error=no.sentence), 422
    except TooOften:
        raise
    except Refused as no:
        try:
            found = tracking.track(db.session, number, code, now(), request.remote_addr or "")
        except Refused:
            raise no from None
        return render_template("public/track.html", it=found, code=code, said="", error=no.sentence), 422
    return render_template("public/track.html", it=found, code=code, said=said, error=None)
