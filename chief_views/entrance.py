"""Signing a phone in with number and code, signing it out, and what one is signed in as."""

from __future__ import annotations

from flask import current_app, g, make_response, redirect, request, url_for

from extensions import db, now, transaction
from services.phone import phone_sign_in as service
from services.access import bind, citizen
from services.errors import TooOften

from .room import me, page, room

YEAR = 365 * 24 * 3600
_PHONES = (
    ("HarmonyOS", "鸿蒙手机"), ("iPhone", "苹果手机"), ("iPad", "苹果平板"), ("Android", "安卓手机"), ("Windows", "电脑"), ("Macintosh", "电脑"),
)  # fmt: skip


@room.route("/sign-in", methods=("GET", "POST"))
def sign_in():
    """One answer for an unknown number, a wrong code and a code that has been used."""
    if request.method == "GET":
        return redirect(url_for("phone.today")) if me() else page("sign_in", mobile="", error=None)
    mobile, address = request.form.get("mobile", ""), request.remote_addr or ""
    bind(db.session, citizen(current_app.config["CONSOLE"].subdistrict), now())
    try:
        with transaction() as session:
            value = service.enter(session, mobile, request.form.get("code", ""), _device_name(), address, now())
    except service.WrongCode as no:
        with transaction() as session:
            service.count_try(session, mobile, address, now())
        return page("sign_in", 422, mobile=mobile[:20], error=no.sentence)
    except TooOften as no:
        return page("sign_in", 429, mobile=mobile[:20], error=no.sentence)
    answer = make_response(redirect(url_for("phone.today")))
    answer.set_cookie(
        current_app.config["CHIEF_COOKIE"], value, max_age=YEAR, secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return answer


def _device_name() -> str:
    agent = request.user_agent.string
    kind = next((name for sign, name in _PHONES if sign in agent), "其他设备")
    return f"{kind}（微信）" if "MicroMessenger" in agent else kind


@room.post("/sign-out")
def sign_out():
    """End this device; what waits in the phone to be sent is dropped by the page that follows."""
    with transaction() as session:
        service.leave(session, me(), now())
    g.chief = None
    answer = make_response(redirect(url_for("phone.sign_in", left=1)))
    answer.delete_cookie(current_app.config["CHIEF_COOKIE"], secure=current_app.config["SESSION_COOKIE_SECURE"], httponly=True, samesite="Lax")
    return answer


@room.get("/me")
def about():
    """Who is signed in, what waits to be sent, and the way out."""
    return page("about")
