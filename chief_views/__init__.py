"""The chiefs' door: a phone signed in with a code of the office; phone first, works without script and without network."""

from __future__ import annotations

from flask import Flask

from config import Config

from . import appeals, entrance, homes, offline, reports, today, visits
from .room import COOKIE, room

PARTS = (entrance, today, appeals, reports, visits, homes, offline)


def install(app: Flask, config: Config) -> frozenset[str]:
    """Register the pages; returns the endpoints that this door guards itself."""
    app.config["CHIEF_COOKIE"] = f"__Host-{COOKIE}" if config.is_https else COOKIE
    before = set(app.view_functions)
    app.register_blueprint(room)
    return frozenset(set(app.view_functions) - before)
