"""The console as somebody signed in uses it, and the hand-written page beside it."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlencode

from flask import Flask, current_app, render_template
from flask.testing import FlaskClient
from jinja2 import Environment, Template
from sqlalchemy import select
from sqlalchemy import text as sql

from admin_views.acting import actor
from app import create_app
from config import Config
from extensions import db, now
from models.user import User
from services import access
from services.sign_in import hash_password, new_password

PAGE_SIZE = 20
HAND_WRITTEN = "/hand-written"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """Reads pages to their end; anything but 200 ends the benchmark."""

    def __init__(self, client: FlaskClient):
        self.client = client

    def get(self, path: str, **args) -> str:
        full = f"{path}?{urlencode(args, doseq=True)}" if args else path
        return self._body(self.client.get(full), full).decode("utf-8", "replace")

    def _body(self, answer, path: str) -> bytes:
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return answer.data


class Console(Browser):
    """A browser in which somebody has signed in at the console's own door."""

    def sign_in(self, username: str, password: str) -> None:
        form = {"username": username, "password": password, "csrf_token": self._token("/sign-in")}
        answer = self.client.post("/sign-in", data=form)
        if answer.status_code != 302:
            raise RuntimeError(f"/sign-in: {answer.status}")

    def _token(self, path: str) -> str:
        return _TOKEN.search(self.get(path)).group(1)


def open_app(config: Config) -> Flask:
    app = create_app(config)
    app.add_url_rule(HAND_WRITTEN, view_func=hand_written)
    return app


def sign_in(app: Flask, username: str) -> Console:
    """Somebody with a fresh password; the first one was shown once."""
    password = new_password()
    with app.app_context():
        session = access.bind(db.session, access.system(app.config["CONSOLE"].subdistrict), now())
        user = session.scalars(select(User).where(User.username == username)).one()
        user.password_hash, user.must_change_password = hash_password(password), False
        session.commit()
    console = Console(app.test_client())
    console.sign_in(username, password)
    return console


_PAGE = """<!doctype html><table>{% for row in rows %}<tr><td><a href="/case/{{ row.id }}">{{ row.case_no }}</a>
<td>{{ row.subject }}<td>{{ row.kind }}<td>{{ row.category }}<td>{{ row.area }}<td>{{ row.status }}<td>{{ row.due_on }}
<td>{{ row.unit }}<td>{{ row.worker }}</tr>{% endfor %}</table>"""
_ROWS = sql("""
    SELECT c.id, c.case_no, c.subject, c.kind, d.name AS category, a.full_name AS area, c.status, c.due_on,
        u.name AS unit, w.name AS worker
    FROM cases c JOIN dict_items d ON d.id = c.category
    JOIN areas a ON a.subdistrict_id = c.subdistrict_id AND a.id = c.area_id
    LEFT JOIN units u ON u.subdistrict_id = c.subdistrict_id AND u.id = c.lead_unit_id
    LEFT JOIN workers w ON w.subdistrict_id = c.subdistrict_id AND w.id = c.handler_id
    WHERE c.subdistrict_id = :here ORDER BY c.registered_at DESC, c.id DESC LIMIT :size
""")


@cache
def _compiled(environment: Environment) -> Template:
    return environment.from_string(_PAGE)


def hand_written() -> str:
    """The least a programmer could write for the first page of cases, behind the same door."""
    here = {"here": actor().subdistrict_id, "size": PAGE_SIZE}
    return render_template(_compiled(current_app.jinja_env), rows=db.session.connection().execute(_ROWS, here).all())
