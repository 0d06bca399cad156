"""The baseline: the stock Flask-Admin views of `households` and `cases`, set up well, as its manual shows.

It has no sign-in, no permissions, no row scope, no masks, no CSRF check and no request log, so it
does less than the console for each page.
"""

from __future__ import annotations

import io

import xlsxwriter
from flask import Flask, send_file
from flask_admin import Admin, expose
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy

from config import Config
from database import configure_sqlite
from models import Base, sealed
from models.case import Case
from models.household import Household

HOUSEHOLD_COLUMNS = (
    "household_no", "head_name", "mobile", "neighborhood", "residential_area", "address", "use",
    "member_count",
)  # fmt: skip
CASE_COLUMNS = ("case_no", "subject", "kind", "category", "area", "status", "due_on", "lead_unit", "handler")
_NAMES = {
    "neighborhood": "full_name", "residential_area": "name", "building": "name", "area": "full_name",
    "lead_unit": "name", "handler": "name", "household": "address",
}  # fmt: skip


def _named(attribute: str):
    """Show a relation by one column of its row; stock would print the Python object."""

    def formatter(_view, _context, row, name):
        other = getattr(row, name)
        return getattr(other, attribute) if other is not None else ""

    return formatter


class HouseholdView(ModelView):
    """Listed columns, search and filters as the console has them.

    Relations are drop-downs: stock's look-up while typing refuses tables with a key of two columns.
    """

    column_list = HOUSEHOLD_COLUMNS
    column_searchable_list = ("household_no", "head_name", "address")
    column_filters = ("neighborhood.full_name", "residential_area.name", "use")
    column_sortable_list = ("household_no",)
    column_default_sort = "household_no"
    column_formatters = {name: _named(_NAMES[name]) for name in ("neighborhood", "residential_area")}
    column_formatters_export = column_formatters
    page_size = 20
    can_export = True
    form_columns = (
        "household_no", "head_name", "mobile", "head_id_number", "neighborhood", "residential_area",
        "building", "unit_no", "floor_no", "room_no", "address", "use", "member_count", "note",
    )  # fmt: skip
    form_args = {name: {"get_label": _NAMES[name]} for name in ("neighborhood", "residential_area", "building")}

    @expose("/xlsx/")
    def xlsx(self):
        """Stock's own reading and formatting of every row, written in the writer's default mode.

        Stock hands the rows to tablib, which is slower still.
        """
        _count, rows = self._export_data()
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [str(label) for _name, label in self._export_columns])
        for number, row in enumerate(rows, 1):
            values = [self.get_export_value(row, name) for name, _label in self._export_columns]
            sheet.write_row(number, 0, [str(value) for value in values])
        book.close()
        buffer.seek(0)
        return send_file(buffer, download_name="households.xlsx")


class CaseView(ModelView):
    """The same columns, search and order as the console has them; the form has two relations.

    The order begins with the sub-district, so that stock may walk the console's index; by the time of
    registration alone it would sort all rows for every page.
    """

    column_list = CASE_COLUMNS
    column_searchable_list = ("case_no", "subject", "summary", "place")
    column_filters = ("kind", "category", "status", "due_on", "area.full_name", "lead_unit.name", "handler.name")
    column_sortable_list = ("case_no", "received_on", "due_on", "registered_at", "closed_at")
    column_default_sort = [("subdistrict_id", True), ("registered_at", True)]
    column_formatters = {name: _named(_NAMES[name]) for name in ("area", "lead_unit", "handler")}
    page_size = 20
    form_columns = (
        "subject", "kind", "category", "channel", "level", "urgency", "secrecy", "is_livelihood", "summary",
        "occurred_on", "received_on", "amount", "people_count", "area", "household", "place",
    )  # fmt: skip
    form_args = {name: {"get_label": _NAMES[name]} for name in ("area", "household")}


class ManualCaseView(CaseView):
    """Ordered as the manual shows it, by the column that is meant."""

    column_default_sort = ("registered_at", True)


def create_stock(config: Config) -> Flask:
    """A plain Flask app with nothing but the stock admin on the console's database."""
    sealed.use_keys({"1": config.secret("field_key", 64)})
    app = Flask(__name__)
    app.config.update(SECRET_KEY="stock", SQLALCHEMY_DATABASE_URI=config.url)
    db = SQLAlchemy(metadata=Base.metadata)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            configure_sqlite(db.engine)
    Babel(app, default_locale="zh_Hans_CN")
    admin = Admin(app)
    admin.add_view(HouseholdView(Household, db))
    admin.add_view(CaseView(Case, db))
    admin.add_view(ManualCaseView(Case, db, endpoint="manual"))
    return app
