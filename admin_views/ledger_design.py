"""The design of a ledger: facts on the usual form, columns, filters and order on a page of their own."""

from __future__ import annotations

from itertools import zip_longest
from urllib.parse import parse_qs, urlencode

from flask import current_app, flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.datastructures import MultiDict

from extensions import db, now, transaction
from models.ledger import Ledger
from services import ledgers
from services.keeping import records
from services.errors import Conflict, Refused
from services.lists.queries import parse
from services.due_dates import local_day
from services.keeping.records import find

from .acting import actor
from .base import EntityView
from .list_parts import part

_SPARE = 5
_ORDER = ("columns", "page_size", "after", "before", "last", "jump", "csrf_token", "search")


class LedgerView(EntityView):
    """Designs are added, copied and changed by hand; a copy takes the columns of its model along."""

    columns = ("name", "source", "position", "is_monthly", "is_active")
    presets = {"启用": "is_active=yes", "每月备好": "is_monthly=yes", "全部": ""}

    def buttons(self, row):
        may_fetch = ledgers.may_fetch(actor(), ledgers.source_of(db.session, row, actor(), now()).entity)
        fetch = [("取台账", url_for("ledgers.one_view", id=row.id))] if may_fetch else []
        design = [("列和条件", self.link("design_view", id=row.id))] if self.may("edit") else []
        return [
            {"label": label, "url": url, "is_primary": not at, "method": "get", "confirm": None} for at, (label, url) in enumerate([*fetch, *design])
        ]

    def save(self, session, row, is_new):
        if is_new and request.args.get("like"):
            model = self.find(request.args["like"])
            if model.source == row.source:
                for name in ("columns", "query", "dated_by", "group_by", "is_by_place"):
                    setattr(row, name, getattr(model, name))
        records.save(session, row, actor(), now())

    def details(self, row):
        page = super().details(row)
        source = ledgers.source_of(db.session, row, actor(), now())
        columns = ledgers.columns_of(row, source)
        headings = "、".join(f"{c.band}·{c.heading}" if c.band else c.heading for c in columns.values())
        items = [("列", headings), ("条件", self._filter_words(row, source)), ("期间按", source.dated().get(row.dated_by or "", "截至当天")),
                 ("分组", _label(source, row.group_by))]  # fmt: skip
        page["facts"].append({"title": "列和条件", "items": [
            {"label": label, "text": words, "url": None, "reveal": None, "is_wide": True} for label, words in items
        ]})  # fmt: skip
        return page

    # ---- columns, filters, order -------------------------------------------------------

    @expose("/design/", methods=("GET", "POST"))
    def design_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        problem, status = "", 200
        if request.method == "POST":
            try:
                records.check_version(row, request.form.get("lock_version"))
                with transaction() as session:
                    self._redesign(session, find(session, Ledger, row.id))
                flash("已保存", "success")
                return redirect(url_for("ledgers.one_view", id=row.id))
            except Conflict as no:
                problem, status = f"{no.sentence}。下面是您填的，刷新可看别人保存的", 409
            except Refused as no:
                problem, status = no.sentence, 422
            db.session.rollback()
            row = self.find(request.args.get("id"))
        return self.render("admin/ledger_design.html", **self._design_page(row, problem)), status

    def _redesign(self, session, row: Ledger) -> None:
        form = request.form
        ledgers.redesign(
            session, row, [column for column, _ in _columns_sent(form)], query=_query_sent(form), dated_by=form.get("dated_by"),
            group_by=form.get("group_by"), is_by_place=bool(form.get("is_by_place")), actor=actor(), now=now(),
        )  # fmt: skip
        view = self._view_of(row)
        if view is not None:  # a filter that no list understands is refused before it is kept
            parse(session, view.entity, parse_qs(row.query), actor(), local_day(now()))

    def _design_page(self, row: Ledger, problem: str) -> dict:
        source = ledgers.source_of(db.session, row, actor(), now())
        offers = source.offers()
        sent = request.form if request.method == "POST" else None
        if sent is not None:
            lines = [column for column, _ in _columns_sent(sent, keep_empty=True)]
        else:
            lines = [
                {"key": key.partition("#")[0], "heading": c.heading, "band": c.band, "width": c.width, "is_total": c.is_total}
                for key, c in ledgers.columns_of(row, source).items()
            ]  # fmt: skip
        lines += [{"key": "", "heading": "", "band": "", "width": "", "is_total": False}] * _SPARE
        sections: dict[str, list] = {}
        for offer in offers.values():
            sections.setdefault(offer.section, []).append((offer.key, offer.label))
        chosen = sent or MultiDict({"dated_by": row.dated_by or "", "group_by": row.group_by or "", "is_by_place": "y" if row.is_by_place else ""})
        return {
            "heading": f"列和条件：{row.name}", "ledger": row, "problem": problem, "lines": lines, "sections": sections, "chosen": chosen,
            "dated": source.dated(), "has_area": source.has_area, "filters": self._filter_body(row, sent), "most": ledgers.MOST_COLUMNS,
            "lock_version": sent.get("lock_version") if sent else records.version_of(row), "cancel_url": self.link("details_view", id=row.id),
            "trail": [{"label": row.name, "url": self.link("details_view", id=row.id)}, {"label": "列和条件", "url": None}],
        }  # fmt: skip

    def _filter_body(self, row: Ledger, sent):
        """The same boxes as above the list of the source; nothing where it is no list."""
        view = self._view_of(row)
        if view is None:
            return None
        args = parse_qs(_query_sent(sent) if sent is not None else row.query)
        query = parse(db.session, view.entity, args, actor(), local_day(now()))
        return part("filter_body", view._filter_boxes(query), view._sort_boxes(query, args.get("sort", [])))

    def _view_of(self, row: Ledger):
        code = row.source.partition(":")[2]
        views = current_app.extensions["entity_views"].values()
        return next((view for view in views if view.slug == code), None)

    def _filter_words(self, row: Ledger, source) -> str:
        view = self._view_of(row)
        if view is None or not row.query:
            return "全部"
        query = parse(db.session, view.entity, parse_qs(row.query), actor(), local_day(now()))
        return "；".join(chip["label"] for chip in view._chips(query, {})) or "全部"


def _label(source, key: str | None) -> str:
    offers = source.offers()
    return offers[key].label if key in offers else "不分组"


def _columns_sent(form, keep_empty: bool = False) -> list[tuple[dict, float]]:
    """The columns of a design page in the wanted order; lines without a column are left out."""
    found = []
    lines = zip_longest(*(form.getlist(name) for name in ("place", "key", "heading", "band", "width", "total")), fillvalue="")
    for number, (place, key, heading, band, width, total) in enumerate(lines, 1):
        if not key:
            continue
        try:
            at, wide = float(place or number), int(width or 0)
        except ValueError:
            if not keep_empty:
                raise Refused("次序和列宽请填数字") from None
            at, wide = float(number), 0
        column = {"key": key, "heading": " ".join(heading.split())[:40], "band": " ".join(band.split())[:40], "is_total": total == "y"}
        found.append((column | ({"width": wide} if wide else {}), at))
    return sorted(found, key=lambda pair: pair[1])


def _query_sent(form) -> str:
    """Filters and order as an address of the list says them."""
    own = {"place", "key", "heading", "band", "width", "total", "dated_by", "group_by", "is_by_place", "lock_version", *_ORDER}
    pairs = [(name, value) for name in form for value in form.getlist(name) if name not in own and value.strip() and not name.endswith("__text")]
    return urlencode(pairs)


