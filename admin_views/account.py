"""Signing in and out, the own password, and whom each request acts for."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session as cookie, url_for
from flask_login import UserMixin, current_user
from sqlalchemy.exc import OperationalError
from wtforms import Form

from config import Config
from extensions import db, login, now, transaction
from models.user import User
from services import sign_in as service
from services.access import ANONYMOUS, bind
from services.errors import Refused

from .forms import Box, show_errors

account = Blueprint("account", __name__)
OPEN_WITH_FIRST_PASSWORD = ("account.password", "account.sign_out", "static")


class SignedIn(UserMixin):
    """The person behind a request, as Flask-Login and the templates know them."""

    def __init__(self, present: service.Present):
        self.id = present.actor.user_id
        self.actor = present.actor
        self.name = present.actor.name
        self.username = present.username
        self.subdistrict_name = present.subdistrict_name
        self.must_change_password = present.must_change_password


def install(app: Flask, config: Config) -> None:
    """Register the pages and the binding of every request to its actor."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-console" if config.is_https else "console",
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    login.request_loader(_load)
    app.before_request(bind_actor)
    app.register_blueprint(account)


def _load(_request) -> SignedIn | None:
    """Flask-Login asks who this is; the answer comes from the session row, never from the cookie."""
    token = cookie.get("token")
    if not token:
        return None
    present = service.current(db.session, token, now())
    if present and present.is_touch_due:
        try:
            service.touch(db.session, token, now())
            db.session.commit()
        except OperationalError:
            db.session.rollback()  # somebody is writing; the next page notes it
    return SignedIn(present) if present else None


def bind_actor():
    """Nobody's rows are read before it is known whose they may be."""
    if request.endpoint == "static":
        return None
    db.session.info["address"] = request.remote_addr
    bind(db.session, ANONYMOUS, now())
    if current_user.is_authenticated:
        bind(db.session, current_user.actor, now())
        g.user_id = current_user.id
        if current_user.must_change_password and request.endpoint not in OPEN_WITH_FIRST_PASSWORD:
            return redirect(url_for("account.password"))
    return None


@account.route("/sign-in", methods=("GET", "POST"))
def sign_in():
    """One answer for a wrong name, a wrong password and a closed account."""
    wanted = request.values.get("next") or url_for("admin.index")
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(url_for("admin.index"))
        return render_template("account/sign_in.html", next=request.args.get("next"))
    username = request.form.get("username", "")
    with transaction() as session:
        attempt = service.sign_in(
            session, username, request.form.get("password", ""), request.remote_addr or "", now()
        )
    if attempt.user is None:
        status = 429 if attempt.is_locked else 422
        page = render_template(
            "account/sign_in.html", error=attempt.sentence, username=username[:64], next=request.form.get("next")
        )
        return page, status
    cookie.clear()
    cookie["token"] = attempt.token
    return redirect(wanted)


@account.post("/sign-out")
def sign_out():
    with transaction() as session:
        service.sign_out(session, cookie.get("token", ""), now())
    cookie.clear()
    flash("已退出登录", "success")
    return redirect(url_for("account.sign_in"))


class PasswordForm(Form):
    current = Box("现在的密码", widget="password", needed=True, autocomplete="current-password")
    password = Box("新密码", widget="password", needed=True)
    again = Box("再输一次新密码", widget="password", needed=True)


@account.route("/password", methods=("GET", "POST"))
def password():
    form = PasswordForm(request.form if request.method == "POST" else None)
    loose, status = [], 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction() as session:
                    user = session.get(User, current_user.id)
                    service.change_password(
                        session, user, form.current.data, form.password.data, form.again.data, now(),
                        cookie.get("token", ""),
                    )  # fmt: skip
                flash("密码已修改，其他地方的登录已退出", "success")
                return redirect(url_for("admin.index"))
            except Refused as no:
                loose = show_errors(form, no)
    return render_template(
        "account/password.html", form=form, errors=loose, rules=service.rules(db.session),
        is_forced=current_user.must_change_password, cancel_url=url_for("admin.index"),
    ), status  # fmt: skip
