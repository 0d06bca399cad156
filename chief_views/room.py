"""What every page of a chief's phone passes: whose device it is, how an answer is given, how a refusal looks."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import RequestEntityTooLarge

from extensions import db, now, transaction
from services.phone import phone_sign_in as service
from services.access import bind, citizen
from services.errors import Conflict, Denied, Missing, Refused, TooOften

COOKIE = "chief"
WITHOUT_DEVICE = {"phone.sign_in", "phone.worker"}
room = Blueprint("phone", __name__, url_prefix="/chief")

_SAID = {
    "take": "已接单，请尽快联系", "answer": "已答复", "pass_up": "已上交一级", "report": "已上报", "zero": "今日无事，已报告",
    "visit": "走访已记下", "needed": "走访已记下，需求已登记成诉求", "complete": "已补上", "again": "已经收到过，没有重复登记",
}  # fmt: skip


def me() -> service.Present:
    """The chief whose phone this is."""
    return g.chief


def wants_data() -> bool:
    """Whether our script asks, which reads a small answer instead of a page."""
    return request.accept_mimetypes.best == "application/json"


def enter():
    """Nobody's rows are read before it is known whose phone this is; without one only the sign-in is open."""
    subdistrict = current_app.config["CONSOLE"].subdistrict
    present = service.current(db.session, request.cookies.get(current_app.config["CHIEF_COOKIE"], ""), now())
    bind(db.session, present.actor if present else citizen(subdistrict), now())
    g.chief = present
    if present is None:
        return None if request.endpoint in WITHOUT_DEVICE else _to_the_door()
    if present.is_touch_due:
        _touch(present)
    return None


def _touch(present: service.Present) -> None:
    try:
        with transaction() as session:
            service.touch(session, present.device_id, now())
    except OperationalError:
        db.session.rollback()  # somebody is writing; the next page notes it


def _to_the_door():
    if wants_data():
        return {"sentence": "登录已失效，请重新登录。没有发出的内容还在手机里"}, 401
    return redirect(url_for("phone.sign_in"))


def page(template: str, status: int = 200, **shown):
    """A page of the phone, with who is signed in and what was just done."""
    said = _SAID.get(request.args.get("done", ""), "")
    return render_template(f"chief/{template}.html", me=g.get("chief"), said=said, **shown), status


def done(verb: str, endpoint: str, **args):
    """What follows a thing done: the next page, or for our script where it is."""
    address = url_for(f"phone.{endpoint}", done=verb, **args)
    return {"next": address, "sentence": _SAID[verb]} if wants_data() else redirect(address)


def once(keep: Callable):
    """Keep something in one transaction; of two with one key at the same moment the later looks again and finds the other's."""
    try:
        with transaction() as session:
            return keep(session)
    except (IntegrityError, Refused):  # a service may have put the database's no into words already
        with transaction() as session:
            return keep(session)


def refused(error: Refused):
    """A rule said no outside a form."""
    db.session.rollback()
    status = {Denied: 403, Missing: 404, Conflict: 409, TooOften: 429}.get(type(error), 422)
    return _problem(error.sentence, status)


def _too_large(_error):
    return _problem("照片太大了，请少传几张", 413)


def _too_old(_error):
    return _problem("这一页打开太久了，没有提交。请返回，刷新后再试", 400)


def _busy(_error):
    db.session.rollback()
    return *_problem("现在人多，没有提交成功，请等半分钟再试，不会重复登记", 503), {"Retry-After": "30"}


def _problem(sentence: str, status: int):
    return ({"sentence": sentence}, status) if wants_data() else page("problem", status, sentence=sentence)


room.before_request(enter)
room.register_error_handler(Refused, refused)
room.register_error_handler(RequestEntityTooLarge, _too_large)
room.register_error_handler(CSRFError, _too_old)
room.register_error_handler(OperationalError, _busy)
