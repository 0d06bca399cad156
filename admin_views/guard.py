"""What every request passes: checks of its shape, the closed door, security headers, error pages."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from functools import cache
from pathlib import Path

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import current_user

from config import Config
from formats.package import MOST_BYTES

from . import error_pages, request_log

OPEN = {"static", "front", "account.sign_in", "account.sign_out"}
OTHER_DOOR: set[str] = set()  # pages that another door guards by itself
_RETURN = re.compile(r"/(?![/\\])[^\x00-\x1f\\\s\x7f]*")
_NUMBER = re.compile(r"\d{1,6}")
MOST_ASKED = 16 * 1024  # the question of an address
MOST_TYPED = 1024 * 1024
MOST_SENT = MOST_BYTES + 1024 * 1024  # the largest sheet and the form around it
_ID = re.compile(r"[0-9A-Za-z:._-]{1,64}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def install(app: Flask, config: Config) -> None:
    """Put the checks before, and the headers after, every request."""
    app.config.update(TRUSTED_HOSTS=_hosts(config))
    app.jinja_env.globals.update(asset=asset, csp_nonce=csp_nonce)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    request_log.install(app, config)
    # Before anything reads the form, the CSRF check included.
    app.before_request_funcs.setdefault(None, []).insert(0, allow_large)
    app.before_request(check_shape)
    app.before_request(check_open)
    app.after_request(lambda response: add_headers(response, config.is_https))
    error_pages.install(app)


def open_to_all(endpoints: frozenset[str]) -> None:
    """Name further pages that need nobody to sign in: those of the residents' door."""
    OPEN.update(endpoints)


def leave_to(endpoints: frozenset[str]) -> None:
    """Name pages for which staff need not be signed in, because their own door asks who comes: those of the chiefs."""
    OTHER_DOOR.update(endpoints)


def _hosts(config: Config) -> list[str] | None:
    """The host names that are answered: those set, else this machine's when only it can call."""
    if config.trusted_hosts:
        return [host.strip() for host in config.trusted_hosts.split(",") if host.strip()]
    return [*_LOOPBACK[:2], "[::1]"] if config.host in _LOOPBACK else None


def allow_large() -> None:
    """A whole roster may be sent to the page that takes it, by somebody who has signed in."""
    is_door = request.endpoint and request.endpoint.endswith((".import_view", ".wide_view"))
    if request.method == "POST" and is_door and current_user.is_authenticated:
        request.max_content_length = MOST_SENT


def check_shape() -> None:
    """Refuse what no page of ours would send (hostile return addresses, control marks, long ids)."""
    if len(request.query_string) > MOST_ASKED:
        abort(414)
    args = request.args.items(multi=True)
    if "\x00" in request.path:
        abort(400)
    for name, value in args:
        if "\x00" in name or "\x00" in value:
            abort(400)
        if name in ("url", "next") and value and not is_local(value):
            abort(400)
        if name in ("page", "page_size") and value and not _NUMBER.fullmatch(value):
            abort(400)
        if name in ("search", "query") and len(value) > 100:
            abort(400, "搜索的内容太长，请不超过100个字")
        if name == "id" and not _ID.fullmatch(value):
            abort(404)
    if request.method == "POST":
        if request.mimetype != "multipart/form-data" and (request.content_length or 0) > MOST_TYPED:
            abort(413)
        for name, value in request.form.items(multi=True):
            if "\x00" in name or "\x00" in value:
                abort(400)
            if name in ("url", "next") and value and not is_local(value):
                abort(400)


def is_local(address: str) -> bool:
    """True for a path on this very host that no browser can read as another host."""
    return bool(_RETURN.fullmatch(address)) and "//" not in address.split("?", 1)[0]


def check_open():
    """Closed unless opened: a page that is not in `OPEN` needs somebody who has signed in."""
    if request.endpoint is None or request.endpoint in OPEN | OTHER_DOOR or current_user.is_authenticated:
        return None
    if request.method == "GET" and request.accept_mimetypes.best != "application/json":
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    abort(401)


def csp_nonce() -> str:
    """One nonce a request, for the script tags of our own templates."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return g.csp_nonce


def policy() -> str:
    """What a page may load and do. Only a page that lists files may frame them (`allow_frames`)."""
    frames = "'self'" if g.get("has_frames") else "'none'"
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{csp_nonce()}'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        f"object-src 'none'; manifest-src 'self'; frame-src {frames}"
    )


def allow_frames() -> None:
    """Let the page of this request show files of this very host in a frame."""
    g.has_frames = True


def add_headers(response, is_https: bool):
    """A response that names a policy of its own (a file to be shown) keeps it."""
    response.headers.setdefault("Content-Security-Policy", policy())
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and request.args.get("v"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def asset(name: str) -> str:
    """The address of a static file, changed whenever its content changes."""
    path = f"{current_app.static_folder}/{name}"
    return f"{current_app.static_url_path}/{name}?v={_digest(path, os.stat(path).st_mtime_ns)}"


@cache
def _digest(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
