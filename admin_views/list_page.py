"""The list of an entity: columns, filters as sentences, keyset pages, and its look-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request
from flask_admin import expose
from markupsafe import Markup

from extensions import db, now
from models import Described
from models.area import Area
from models.fields import Description
from models.codes import Code
from services import parameters
from services.lists import lookups
from services.places import areas
from services.access import Permission
from services.due_dates import local_day
from services.errors import Denied, Missing
from services.lists.listing import Listing, Page
from services.lists.queries import MOST_COLUMNS, MOST_SORTS, Query, Sort, counts, listable, parse, token_of
from services.kept import kept
from services.showing import text

from .acting import actor
from .list_parts import part

_PLACE = ("after", "before", "last", "jump")
SIZES = (20, 50, 100)


class ListPage:
    """Mixed into `EntityView`."""

    tones: Mapping[Code, str] = {}  # a colour word for each state of its rows

    @expose("/")
    def index_view(self):
        views = self._views()
        asked = request.args.to_dict(flat=False)
        usual = {"page_size": [str(parameters.value(db.session, "list_page_size"))]}
        args = {**usual, **views.layout, **asked}
        query = self._query(args)
        columns = query.columns or self.listed()
        listing = Listing(db.session, self.entity, actor())
        has_items = any(self.described[name].field.dictionary for name in columns)
        page = self._nearest(listing, query, columns, self.words if has_items else {})
        return self.render("admin/list.html", page=self._page(query, page, _count_text(listing, query, page), columns, views, args))

    def _query(self, args: dict) -> Query:
        return parse(db.session, self.entity, args, actor(), local_day(now()))

    @staticmethod
    def _nearest(listing: Listing, query: Query, columns: Sequence[str], words: dict) -> Page:
        """The wanted page; turned or jumped past the end, the nearest one."""
        page = listing.page(query, columns, words)
        if page.rows or not (query.before or query.jump is not None):
            return page
        query.is_last, query.before, query.jump = query.jump is not None, None, None
        return listing.page(query, columns, words)

    def _page(self, query: Query, page: Page, count_text: str, columns: Sequence[str], views, args: dict) -> dict:
        asked = request.args.to_dict(flat=False)
        keep = {k: v for k, v in asked.items() if k not in _PLACE}
        rows, known = page.rows, self.described
        described = [known[name] for name in columns]
        headings = [self._heading(d, query, keep, i == 0) for i, d in enumerate(described)]
        return {
            "title": self.entity.__label__, "label": self.entity.__label__,
            "columns": headings, "rows": self._lines(rows, described, headings), "buttons": self.list_buttons(),
            "count_text": count_text, "query": request.query_string.decode(),
            "filters": self._filter_panel(query), "chips": self._chips(query, keep), "clear_url": self.link(),
            "search": query.search, "search_hint": self._search_hint(),
            "tabs": self._tabs(views, request.query_string.decode()), "counts_url": self.link("counts_view"),
            "layout": self._layout(query, list(columns), {**views.layout, **asked}), "views": self._view_form(views),
            "most_columns": MOST_COLUMNS, "jump": self._jump(query),
            "create_url": self.link("create_view") if self.can_add() else None, "create_label": self.heading_of_new(),
            "export_url": self._export_url(keep, columns) if self.may("export") else None,
            "import_url": self.link("import_view") if self.may("import") and self.can_add() else None,
            "template_url": self.link("template_view") if self.may("import") and self.can_add() else None,
            "first_url": self._turn(keep) if page.has_previous else None,
            "previous_url": self._turn(keep, before=token_of(rows[0].position)) if page.has_previous and rows else None,
            "next_url": self._turn(keep, after=token_of(rows[-1].position)) if page.has_next and rows else None,
            "last_url": self._turn(keep, last="1") if page.has_next else None,
            "page_size": query.page_size, "sizes": SIZES, "actions": self.bulk_actions(),
            "hidden_args": [(k, x) for k, v in keep.items() if k in ("page_size", "columns", "density") for x in v],
            "delete_url": self.link("delete_view") if self.can_remove() else None,
        }  # fmt: skip

    def _filter_panel(self, query: Query) -> Markup:
        """All filters and the order to choose from; what nothing is chosen of is drawn once for everybody."""

        def drawn() -> Markup:
            return part("filter_body", self._filter_boxes(query), self._sort_boxes(query, request.args.getlist("sort")))

        if query.filters or request.args.get("sort"):
            return drawn()
        return kept(db.session, self._kept_as("filters", actor().may(Permission.REVEAL)), drawn)

    def _kept_as(self, *what) -> tuple:
        """The name of something that everybody of a sub-district sees alike on this list."""
        return (*what, self.slug, actor().subdistrict_id, request.script_root)

    def _export_url(self, keep: dict, columns: Sequence[str]) -> str:
        return self._turn({**keep, "columns": [",".join(columns)]}).replace(self.link(), self.link("export_view"), 1)

    def _search_hint(self) -> str:
        labels = [d.label for d in self.described.values() if d.field.searched and not d.is_personal]
        labels += [d.label for d in self.described.values() if d.field.searched and d.is_personal]
        return "搜索" + "、".join(labels[:4]) if labels else ""

    def _heading(self, d: Description, query: Query, keep: dict, is_main: bool) -> dict:
        place = next((i for i, sort in enumerate(query.sorts) if sort.description.name == d.name), None)
        is_down = place is not None and query.sorts[place].is_descending
        wanted = d.name if place is None or is_down else f"-{d.name}"
        others = [_sort_key(sort) for sort in query.sorts if sort.description.name != d.name]
        return {
            "name": d.name, "label": d.label, "place": (place or 0) + 1 if len(query.sorts) > 1 else None,
            "direction": None if place is None else "desc" if is_down else "asc",
            "sort_url": self._turn({**keep, "sort": [wanted]}) if d.field.sorted else None,
            "also_url": self._turn({**keep, "sort": [*others, wanted][-MOST_SORTS:]}) if d.field.sorted else None,
            "is_number": _is_number(d), "attributes": _attributes(d, is_main),
        }  # fmt: skip

    def _sort_boxes(self, query: Query, asked: Sequence[str]) -> list[list[dict]]:
        """One choice for each column of the order that was asked for, the last one empty."""
        offered = [
            {"value": sign + d.name, "label": f"{d.label} {word}"}
            for d in self.described.values() if d.field.sorted for sign, word in (("", "升序"), ("-", "降序"))
        ]  # fmt: skip
        if not offered:
            return []
        chosen = [_sort_key(sort) for sort in query.sorts] if any(asked) else []
        places = min(len(chosen) + 1, MOST_SORTS, len(offered) // 2)
        return [
            [{**option, "is_chosen": place < len(chosen) and option["value"] == chosen[place]} for option in offered]
            for place in range(places)
        ]

    @staticmethod
    def _jump(query: Query) -> dict | None:
        """Where in the order the list may begin: a day, a number or the beginning of a word."""
        if not query.sorts:
            return None
        d = query.sorts[0].description
        is_day = d.type.__name__ in ("date", "datetime")
        return {
            "label": f"跳到{d.label}", "type": "date" if is_day else "text", "value": request.args.get("jump", ""),
            "hint": "可只填序号，如 100；往年的加年份，如 2025-100" if counts(d) else "",
        }  # fmt: skip

    def _lines(self, rows, described: list[Description], headings: list[dict]) -> list[tuple]:
        """Each row as (id, its page, its form, (attributes, words) of the main cell, (attributes, words, tone) of the others)."""
        details, edit = self.link("details_view", id=""), self.link("edit_view", id="") if self.can_change() else None
        names, (first, *others) = [d.name for d in described], [heading["attributes"] for heading in headings]
        lines = []
        for row in rows:
            main, *words = [text(row.values[name]) for name in names]
            tones = [self.tone(name, row.values) for name in names[1:]]
            cells = [(attributes[not said], said, tone) for attributes, said, tone in zip(others, words, tones, strict=True)]
            lines.append((row.id, details + row.id, edit + row.id if edit else None, (first[not main], main), cells))
        return lines

    def list_buttons(self) -> list[dict]:
        """What stands beside the list besides the usual: {"label", "url", "is_primary"}."""
        return []

    def tone(self, name: str, values: dict) -> str | None:
        """A colour word for a cell (ok, warn, bad, info); the text always says it too."""
        if name not in ("status", "state") or not self.tones:
            return None
        said = text(values[name])
        return next((tone for state, tone in self.tones.items() if state.label == said), None)

    @expose("/lookup/")
    def lookup_view(self):
        """Rows a reference may point to; for areas also those right below one, to walk the tree."""
        if not (self.may("view") or self.may("create") or self.may("edit")):
            raise Denied("没有权限")
        target, only = self._lookup_target(request.args.get("field", ""))
        only = () if request.args.get("all") else only
        if target is Area and "below" in request.args:
            steps = areas.steps(db.session, request.args["below"], actor())
            return {"results": [
                {"id": s.id, "label": s.full_name, "name": s.name, "hint": s.kind.label,
                 "has_below": bool(areas.BELOW[s.kind]), "may_choose": not only or s.kind.value in only}
                for s in steps
            ]}  # fmt: skip
        found = lookups.candidates(db.session, target, request.args.get("query", "")[:100], actor(), only)
        return {"results": [{"id": c.id, "label": c.label, "hint": c.hint} for c in found]}

    def _lookup_target(self, name: str) -> tuple[type[Described], tuple[str, ...]]:
        description = self.described.get(name)
        if description is None or description.target is None:
            raise Missing("没有这个可选项")
        return description.target, description.field.only

    def exportable(self) -> list[Description]:
        return listable(self.described)


def _count_text(listing: Listing, query: Query, page: Page) -> str:
    if page.is_whole:
        return f"{len(page.rows):,} 条"
    about = listing.about(query)
    if about is not None:
        number, may_be_fewer = about
        return f"{'至多' if may_be_fewer else ''}约 {number:,} 条"
    count = listing.count(query)
    most = listing.most(query)
    return f"{most:,}+ 条" if count > most else f"{count:,} 条"


def _sort_key(sort: Sort) -> str:
    return f"{'-' if sort.is_descending else ''}{sort.description.name}"


def _attributes(d: Description, is_main: bool) -> tuple[Markup, Markup]:
    """What the cells of a column say of themselves, filled and empty; written once for all rows."""
    kind = " ".join(word for word, is_so in (("main", is_main), ("number", _is_number(d))) if is_so)
    return tuple(Markup(' class="{}" data-label="{}"').format(f"{kind}{empty}".strip(), d.label) for empty in ("", " is-empty"))


def _is_number(d: Description) -> bool:
    return d.type.__name__ in ("int", "float", "Decimal")
