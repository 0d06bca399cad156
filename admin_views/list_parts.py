"""Parts of a list by themselves, so that what many pages show alike is drawn once."""

from __future__ import annotations

from flask import current_app
from markupsafe import Markup


def part(name: str, *args) -> Markup:
    """One macro of `list_parts.html`."""
    return getattr(current_app.jinja_env.get_template("admin/list_parts.html").module, name)(*args)
