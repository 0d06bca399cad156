"""The staff's door. `install` registers a view for every entity, and the few custom screens."""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache

from flask import Flask, request, url_for
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_login import current_user

from extensions import db, now
from models import entities
from models.codes import MenuGroup
from services import backlog
from services.access import Actor
from services.due_dates import local_day
from services.parameters import value as parameter_value
from services.showing import text

from .acting import actor
from .base import EntityView
from .checks import check_entities, check_views
from .components import ComponentsView
from .error_pages import is_known
from .home import HomeView
from .special import CUSTOM_VIEWS, ENTITY_VIEWS


def install(app: Flask) -> Admin:
    """Make the admin, one view an entity; a wrong declaration stops the start."""
    check_entities()
    admin = Admin(
        app, name="解纷台", theme=Bootstrap4Theme(base_template="admin/base.html"), index_view=HomeView(),
        csp_nonce_generator=app.jinja_env.globals.get("csp_nonce"),
    )  # fmt: skip
    app.extensions["entity_views"] = {}
    for entity in entities():
        add_entity(app, admin, entity)
    for view in CUSTOM_VIEWS:
        admin.add_view(view())
    if app.debug or app.config["CONSOLE"].has_components:
        admin.add_view(ComponentsView())
    check_views([*app.extensions["entity_views"].values(), *admin._views])
    app.context_processor(lambda: _surroundings(admin))
    app.jinja_env.globals["parameter"] = lambda name: parameter_value(db.session, name)
    return admin


def add_entity(app: Flask, admin: Admin, entity: type) -> EntityView:
    """Register the screens of one entity: its own view class if it has one, else the generic."""
    view = ENTITY_VIEWS.get(entity.__name__, EntityView)(entity)
    app.extensions["entity_views"][entity.__name__] = view
    admin.add_view(view)
    return view


def _surroundings(admin: Admin) -> dict:
    """What every page shows around its content: the menu, who is signed in, the way here."""
    if not is_known():
        return {"nav": [], "me": None, "crumbs": [], "search_url": None}
    me = actor()
    return {
        "nav": _menu(admin, me, request.script_root), "here": request.blueprint,
        # Handed on unasked: pages without a menu need no database.
        "backlogs": lambda: _questions(admin, me, request.script_root, local_day(now())).answers(db.session),
        "me": {"id": me.user_id, "name": me.name, "role": me.role_name, "subdistrict": current_user.subdistrict_name},
        "crumbs": _crumbs(admin, request.endpoint or "", request.script_root),
        "shown_at": text(now()),
        "search_url": url_for("search.index_view"),
        "sign_out_url": url_for("account.sign_out"),
        "password_url": url_for("account.password"), "help_url": url_for("help.index_view"),
    }  # fmt: skip


@lru_cache(maxsize=256)
def _menu(admin: Admin, _me: Actor, _root: str) -> list[dict]:
    """The entries open to one person, made once: which they are follows from the person's permissions alone."""
    groups: dict[str, list] = {group.label: [] for group in MenuGroup}
    for view in admin._views:
        group = getattr(view, "group", "")
        in_menu = getattr(view, "entity", None) is None or view.entity.__in_menu__
        if group and in_menu and view.is_accessible():
            url = url_for(f"{view.endpoint}.index_view")
            groups[group].append({"label": view.name, "url": url, "endpoint": view.endpoint, "view": view})
    for items in groups.values():
        items.sort(key=lambda item: item["view"].order)
    return [{"label": label, "items": items} for label, items in groups.items() if items]


@lru_cache(maxsize=256)
def _questions(admin: Admin, me: Actor, root: str, _day: date) -> backlog.Questions:
    """What the figures of one person's menu ask, by endpoint, and how many remarks mention the person."""
    asked = {item["endpoint"]: item["view"].menu_count() for group in _menu(admin, me, root) for item in group["items"]}
    asked["mentions"] = backlog.mentions_of(me)
    return backlog.Questions({name: waiting for name, waiting in asked.items() if waiting}, me)


@cache
def _crumbs(admin: Admin, endpoint: str, _root: str) -> list[dict]:
    crumbs = [{"label": "首页", "url": None if endpoint == "admin.index" else url_for("admin.index")}]
    for view in admin._views:
        if view.endpoint == endpoint.rpartition(".")[0] and getattr(view, "group", ""):
            is_list = endpoint == f"{view.endpoint}.index_view"
            crumbs.append({"label": view.group, "url": None})
            crumbs.append({"label": view.name, "url": None if is_list else url_for(f"{view.endpoint}.index_view")})
    return crumbs
