"""Sentences shown on the next page that lead on to another one."""

from flask import flash
from markupsafe import Markup


def flash_link(sentence: str, label: str, url: str, category: str = "success") -> None:
    """Flash a sentence followed by a link."""
    flash(Markup('{} <a href="{}">{}</a>').format(sentence, url, label), category)
