"""The generic screens of an entity: list, form, details, delete, look-up, export, import.

Flask-Admin gives the registration, the routes and the menu; queries, forms, masks and rules
come from the entity's own description. A subclass only adds what a table cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from flask import has_request_context, redirect, request, url_for
from flask_admin import BaseView
from flask_admin.contrib.sqla import ModelView
from flask_login import current_user
from wtforms import Form

from extensions import db
from models import Described, describe
from models.fields import Description
from services.keeping import custom, records
from services.lists import lookups
from services.access import Permission, owner_of, permission_for
from services.backlog import Waiting
from services.errors import Denied, Missing
from services.labels import dictionary_names
from services.lists.queries import MOST_COLUMNS
from services.showing import shown

from .acting import actor
from .bulk import Bulk
from .comments import Commented
from .filter_boxes import FilterBoxes
from .form_page import FormPage
from .forms import Asker, form_descriptions
from .importing import Importing
from .list_page import ListPage
from .record_page import RecordPage
from .saved_views import SavedViews
from .revert import Revert
from .sheets import Sheets
from .similar import Similar

# Flask-Admin's own routes that would go round our queries, scope and masks.
_STOCK_ROUTES = {"action_view", "ajax_lookup", "ajax_update", "export"}


class PermittedView:
    """What every admin view shares: nobody enters without the view's permission."""

    permission: str | Permission = ""

    def is_accessible(self) -> bool:
        return bool(self.permission) and actor().may(self.permission)

    def inaccessible_callback(self, name, **kwargs):
        if not current_user.is_authenticated:
            return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
        raise Denied("您的角色没有打开这个页面的权限；如工作需要，请联系安全管理员开通")

    def menu_count(self) -> Waiting | None:
        """What waits behind this entry of the menu; asked on every page, so from an index."""
        return None

    def _run_view(self, fn, *args, **kwargs):
        # Flask-Admin retries a TypeError with other arguments, which hides the real error.
        return fn(self, *args, **kwargs)


class CustomView(PermittedView, BaseView):
    """A screen that is not a table. Set `permission`, `group` and `order` (menu) and give it a name."""

    group = ""
    order = 50

    def __init__(self, name: str, endpoint: str, **kwargs):
        super().__init__(name=name, endpoint=endpoint, **{"url": f"/admin/{endpoint.replace('_', '-')}"} | kwargs)


@cache
def _address(endpoint: str, _root: str) -> str:
    """The address of a screen that takes nothing; a list names its own in every heading."""
    return url_for(endpoint)


class EntityView(
    ListPage, FilterBoxes, SavedViews, FormPage, Similar, RecordPage, Revert, Bulk, Commented, Sheets, Importing,
    PermittedView, ModelView,
):  # fmt: skip
    """All screens of one entity, each action behind its own permission `<slug>:<action>`.

    `columns` overrides the list's columns, `presets` are named filters shown above the list
    as {label: query string}, `hidden_in_form` leaves attributes out of the form, `shown_elsewhere`
    names parts that the record page shows in a way of its own.
    """

    columns: Sequence[str] = ()
    presets: dict[str, str] = {}
    shown_elsewhere: Sequence[str] = ()
    hidden_in_form: Sequence[str] = ()
    can_create = can_edit = can_delete = can_export = can_view_details = False
    form_columns: Sequence[str] = ()

    def __init__(self, entity: type[Described], **kwargs):
        self.entity = entity
        self.slug = entity.slug()
        self.permission = f"{self.guarded_as}:view"
        self.group, self.order = entity.__group__.label, entity.__order__
        if not self.columns:
            self.columns = tuple(d.name for d in describe(entity).values() if d.field.listed)
        self.column_list = list(self.columns)
        self.form_columns = [d.name for d in form_descriptions(describe(entity))]
        self._urls = [route for route in self._urls if route[1] not in _STOCK_ROUTES]
        super().__init__(
            entity, db, name=entity.__label__, endpoint=self.slug,
            url=f"/admin/{self.slug.replace('_', '-')}", **kwargs,
        )  # fmt: skip

    # Flask-Admin would build forms and filters from columns at start-up; ours come from the
    # descriptions, per request, because what is shown depends on who asks.
    def get_form(self):
        return Form

    def scaffold_list_columns(self):
        return list(self.columns)

    def scaffold_sortable_columns(self):
        return {}

    def scaffold_filters(self, name):
        return None

    def _refresh_filters_cache(self):
        self._filters, self._filter_groups, self._filter_args = None, None, None

    @property
    def described(self) -> dict[str, Description]:
        """All attributes by name; in a request also those the office has added."""
        return custom.described(db.session, self.entity) if has_request_context() else describe(self.entity)

    def listed(self) -> list[str]:
        """The columns of the list unless a person chose others; what the office wants listed comes after the built-in ones."""
        added = [d.name for d in self.described.values() if d.field.listed and d.name not in describe(self.entity)]
        return [*self.columns, *added][:MOST_COLUMNS]

    # ---- what a person may do ---------------------------------------------------------

    @property
    def guarded_as(self) -> str:
        """Whose permissions count: a part without a menu entry is guarded as its owner."""
        return owner_of(self.entity).slug()

    def may(self, action: str) -> bool:
        return actor().may(permission_for(self.entity, action)) and (action != "import" or bool(self.entity.__key__))

    def require(self, action: str) -> None:
        actor().require(permission_for(self.entity, action))

    def link(self, action: str = "index_view", **args) -> str:
        endpoint = f"{self.slug}.{action}"
        return url_for(endpoint, **args) if args else _address(endpoint, request.script_root)

    @property
    def asker(self) -> Asker:
        return Asker(db.session, actor(), lambda name: self.link("lookup_view", field=name))

    def few_for(self, row: Described) -> dict[type[Described], Sequence[Described]]:
        """The few rows that a record (or a part of it) can refer to, by entity; everything else is looked up."""
        return {}

    @property
    def words(self) -> dict[str, str]:
        return dictionary_names(db.session)

    def find(self, record_id: str | None) -> Described:
        if not record_id:
            raise Missing
        return records.find(db.session, self.entity, record_id)

    def can_add(self) -> bool:
        """Rows are made and unmade by hand here; records written by services are not."""
        return self.may("create")

    def can_change(self) -> bool:
        return self.may("edit")

    def can_remove(self) -> bool:
        return self.may("delete")

    def cell(self, d: Description, row: Described) -> str:
        """One attribute of a row in words, masked."""
        if d.target:
            other = getattr(row, d.name)
            return lookups.label_of(other, actor()) if other is not None else ""
        return shown(d, d.get(row), actor(), self.words)
