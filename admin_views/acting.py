"""Who the current request acts for."""

from flask_login import current_user

from services.access import ANONYMOUS, Actor


def actor() -> Actor:
    """The signed-in person's actor, or one that sees nothing."""
    user = current_user._get_current_object()  # asked for some hundred times a page
    return user.actor if user.is_authenticated else ANONYMOUS
