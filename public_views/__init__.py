"""The residents' door: what anybody may open without an account, phone first and without a framework."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge

from extensions import csrf, db, now, transaction
from services.appeals import open_places
from services.access import bind, citizen
from services.errors import Missing, Refused, TooOften

from . import appeal, guide, hall, track

ROOMS: tuple[Blueprint, ...] = (appeal.room, track.room, guide.room, hall.room)

PREFIXES = tuple(f"{room.url_prefix}/" for room in ROOMS)
"""What the addresses of these pages begin with."""


def install(app: Flask) -> frozenset[str]:
    """Register the pages; returns the endpoints that nobody needs to sign in for."""
    before = set(app.view_functions)
    for room in ROOMS:
        # Nobody is signed in here: what a form sends is bound to its own key instead.
        csrf.exempt(room)
        app.register_blueprint(room)
    return frozenset(set(app.view_functions) - before)


def _enter() -> None:
    """Whoever comes is the public of one sub-district: the one named in the address, else this installation's."""
    asked = request.args.get("s", "")
    here = asked if len(asked) == 9 and asked.isdecimal() else current_app.config["CONSOLE"].subdistrict
    bind(db.session, citizen(here), now())


def _refused(error: Refused):
    db.session.rollback()
    if isinstance(error, open_places.UnknownCode):
        error = _counted(error)
    status = 404 if isinstance(error, Missing) else 429 if isinstance(error, TooOften) else 422
    page = problem(error.sentence, status)
    return (*page, {"Retry-After": str(error.seconds)}) if isinstance(error, TooOften) else page


def _counted(error: Refused) -> Refused:
    try:
        with transaction() as session:
            open_places.count_unknown(session, now(), request.remote_addr or "")
    except TooOften as no:
        return no
    return error


def _too_large(_error):
    return problem("照片太大了，请少传几张，或先把照片压缩一下。您写的话还在上一页，返回就能看到", 413)


def _busy(_error: OperationalError):
    db.session.rollback()
    return (*problem("现在人多，没有提交成功。请等半分钟再点一次提交，不会重复登记", 503), {"Retry-After": "30"})


def problem(sentence: str, status: int):
    """A page that says what to do; it never says more."""
    return render_template(
        "public/problem.html", sentence=sentence, calls=open_places.calls(db.session), communities=open_places.communities(db.session)
    ), status


for _room in ROOMS:
    _room.before_request(_enter)
    _room.register_error_handler(Refused, _refused)
    _room.register_error_handler(RequestEntityTooLarge, _too_large)
    _room.register_error_handler(OperationalError, _busy)
