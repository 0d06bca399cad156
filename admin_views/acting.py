"""Who the current request acts for."""

from flask_login import current_user

from services.access import ANONYMOUS, Actor


def actor() -> Actor:
    """The signed-in person's actor, or one that sees nothing."""
    return current_user.actor if current_user.is_authenticated else ANONYMOUS
