"""What a phone keeps for a weak network: the page without one, the worker of the browser, and a fresh token to send with."""

from __future__ import annotations

from flask import current_app, send_from_directory, url_for
from flask_wtf.csrf import generate_csrf

from .room import me, page, room


@room.get("/offline")
def offline():
    """Shown when a page cannot be fetched; holds no data of anybody."""
    return page("offline")


@room.get("/state")
def state():
    """Whose phone this is, and what a form kept since yesterday is sent with."""
    return {"chief": me().chief_id, "csrf": generate_csrf()}


@room.get("/worker.js")
def worker():
    """The service worker; from this path, because its path is what it may serve."""
    answer = send_from_directory(current_app.static_folder, "js/chief_worker.js", mimetype="text/javascript", max_age=0)
    answer.headers["Service-Worker-Allowed"] = url_for("phone.today")
    return answer

