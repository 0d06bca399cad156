"""The list of an entity: columns, filters as sentences, keyset pages, and its look-ups."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request
from flask_admin import expose

from extensions import db
from models import Described
from models.fields import Description
from services import lookups
from services.access import Permission
from services.errors import Denied, Missing
from services.listing import (
    COUNT_CAP, EMPTY, Filter, Listing, Query, dictionary_choices, filter_type, parse, token_of,
)  # fmt: skip
from services.showing import text

from .acting import actor


class ListPage:
    """Mixed into `EntityView`."""

    @expose("/")
    def index_view(self):
        args = request.args.to_dict(flat=False)
        query = parse(self.entity, args, actor())
        listing = Listing(db.session, self.entity, actor())
        has_items = any(self.described[name].field.dictionary for name in self.columns)
        page = listing.page(query, list(self.columns), self.words if has_items else {})
        return self.render("admin/list.html", page=self._page(query, page, listing.count(query)))

    def _page(self, query: Query, page, count: int) -> dict:
        keep = {k: v for k, v in request.args.to_dict(flat=False).items() if k not in ("after", "before", "last")}
        rows = page.rows
        filters = urlencode({k: v for k, v in keep.items() if k not in ("sort", "page_size")}, doseq=True)
        described = [self.described[name] for name in self.columns]
        return {
            "title": self.entity.__label__, "label": self.entity.__label__,
            "columns": [self._heading(d, query, keep, i == 0) for i, d in enumerate(described)],
            "rows": [self._line(row, described) for row in rows],
            "count": count,
            "count_text": f"{COUNT_CAP:,}+ 条" if count > COUNT_CAP else f"{count:,} 条",
            "filters": [self._filter_box(d, query) for d in self.described.values() if self._filterable(d)],
            "chips": self._chips(query, keep), "clear_url": self.link(),
            "search": query.search, "search_hint": self._search_hint(),
            "presets": [
                {"label": label, "url": f"{self.link()}?{args}" if args else self.link(),
                 "is_current": filters == args, "count": None}
                for label, args in self.presets.items()
            ],
            "create_url": self.link("create_view") if self.can_add() else None,
            "export_url": f"{self.link('export_view')}?{urlencode(keep, doseq=True)}" if self.may("export") else None,
            "import_url": self.link("import_view") if self.may("import") and self.can_add() else None,
            "template_url": self.link("template_view") if self.may("import") and self.can_add() else None,
            "first_url": self._turn(keep) if page.has_previous else None,
            "previous_url": self._turn(keep, before=token_of(rows[0].position)) if page.has_previous and rows else None,
            "next_url": self._turn(keep, after=token_of(rows[-1].position)) if page.has_next and rows else None,
            "last_url": self._turn(keep, last="1") if page.has_next else None,
            "page_size": query.page_size, "sizes": [20, 50, 100], "actions": self.bulk_actions(),
            "hidden_args": [(k, x) for k, v in keep.items() if k in ("sort", "page_size") for x in v],
            "delete_url": self.link("delete_view") if self.can_remove() else None,
        }  # fmt: skip

    def _filterable(self, d: Description) -> bool:
        if not d.field.filtered:
            return False
        return filter_type(d) != "exact" or actor().may(Permission.REVEAL)

    def _search_hint(self) -> str:
        labels = [d.label for d in self.described.values() if d.field.searched and not d.is_personal]
        labels += [d.label for d in self.described.values() if d.field.searched and d.is_personal]
        return "搜索" + "、".join(labels[:4]) if labels else ""

    def _turn(self, keep: dict, **more: str) -> str:
        return f"{self.link()}?{urlencode({**keep, **more}, doseq=True)}"

    def _heading(self, d: Description, query: Query, keep: dict, is_main: bool) -> dict:
        direction = None
        if query.sort is not None and query.sort.name == d.name:
            direction = "desc" if query.is_descending else "asc"
        wanted = f"-{d.name}" if direction == "asc" else d.name
        return {
            "name": d.name, "label": d.label, "direction": direction, "is_main": is_main,
            "sort_url": self._turn({**keep, "sort": [wanted]}) if d.field.sorted else None,
            "is_number": d.type in (int, float) or d.type.__name__ == "Decimal",
        }  # fmt: skip

    def _line(self, row, described: list[Description]) -> dict:
        return {
            "id": row.id, "url": self.link("details_view", id=row.id),
            "edit_url": self.link("edit_view", id=row.id) if self.can_change() else None,
            "cells": [
                {"text": text(row.values[d.name]), "name": d.name, "tone": self.tone(d.name, row.values),
                 "is_number": d.type is int or d.type.__name__ == "Decimal"}
                for d in described
            ],
        }  # fmt: skip

    def tone(self, name: str, values: dict) -> str | None:
        """A colour word for a cell (ok, warn, bad, info); the text always says it too."""
        return None

    def _filter_box(self, d: Description, query: Query) -> dict:
        active = next((f for f in query.filters if f.description.name == d.name), Filter(d))
        kind = filter_type(d)
        box = {"name": d.name, "label": d.label, "type": kind, "options": [], "selected": [], "text": "",
               "low": text(active.low), "high": text(active.high), "lookup_url": None}  # fmt: skip
        chosen = [v.value if hasattr(v, "value") else v for v in active.values]
        if kind == "choice":
            pairs = [(m.value, m.label) for m in d.code] if d.code else dictionary_choices(db.session, d.field.dictionary)
            box["options"] = [{"value": v, "label": w, "is_selected": v in chosen} for v, w in pairs]
        elif kind == "yesno":
            pairs = [("yes", "是"), ("no", "否"), *([(EMPTY, "未填")] if d.column.nullable else [])]
            box["options"] = [{"value": v, "label": w, "is_selected": v in chosen} for v, w in pairs]
        elif kind == "lookup":
            box["lookup_url"] = self.link("lookup_view", field=d.name, all="1")
            box["selected"] = [{"id": v, "label": self._name_of(d, v)} for v in chosen if v != EMPTY]
            box["has_empty"], box["is_empty"] = d.column.nullable, EMPTY in chosen
        else:
            box["text"] = chosen[0] if chosen else ""
        return box

    def _chips(self, query: Query, keep: dict) -> list[dict]:
        chips = []
        if query.search:
            chips.append({"label": f"含“{query.search}”", "remove_url": self._turn(_without(keep, "search"))})
        if query.changed_since:
            words = f"{text(query.changed_since)} 以后新增或改动"
            chips.append({"label": words, "remove_url": self._turn(_without(keep, "changed_since"))})
        for wanted in query.filters:
            chips.append({
                "label": self.in_words(wanted),
                "remove_url": self._turn(_without(keep, wanted.description.name)),
            })  # fmt: skip
        return chips

    @staticmethod
    def _name_of(d: Description, record_id: str) -> str:
        return "未填" if record_id == EMPTY else lookups.label(db.session, d.target, record_id, actor()) or "（看不到）"

    def in_words(self, wanted: Filter) -> str:
        """One filter as a readable sentence."""
        d, kind = wanted.description, filter_type(wanted.description)
        if wanted.values == [EMPTY]:
            return f"{d.label} 未填"
        if kind in ("date", "number"):
            if wanted.low is not None and wanted.high is not None:
                return f"{d.label} {text(wanted.low)} 至 {text(wanted.high)}"
            return f"{d.label} 不早于 {text(wanted.low)}" if kind == "date" and wanted.low else (
                f"{d.label} 不晚于 {text(wanted.high)}" if kind == "date" else
                f"{d.label} 不小于 {text(wanted.low)}" if wanted.low is not None else f"{d.label} 不大于 {text(wanted.high)}"
            )  # fmt: skip
        names = {"yes": "是", "no": "否", EMPTY: "未填"}
        if kind == "lookup":
            labels = [self._name_of(d, v) for v in wanted.values]
        elif kind == "yesno":
            labels = [names[v] for v in wanted.values]
        elif kind == "choice" and not d.code:
            labels = [self.words.get(v, v) for v in wanted.values]
        elif kind == "text":
            return f"{d.label} 含“{'”或“'.join(wanted.values)}”"
        else:
            labels = [text(v) for v in wanted.values]
        return f"{d.label} 是 {'或'.join(labels)}"

    @expose("/lookup/")
    def lookup_view(self):
        if not (self.may("view") or self.may("create") or self.may("edit")):
            raise Denied("没有权限")
        target, only = self._lookup_target(request.args.get("field", ""))
        only = () if request.args.get("all") else only
        found = lookups.candidates(db.session, target, request.args.get("query", "")[:100], actor(), only)
        return {"results": [{"id": c.id, "label": c.label, "hint": c.hint} for c in found]}

    def _lookup_target(self, name: str) -> tuple[type[Described], tuple[str, ...]]:
        description = self.described.get(name)
        if description is None or description.target is None:
            raise Missing("没有这个可选项")
        return description.target, description.field.only


def _without(keep: dict, name: str) -> dict:
    return {k: v for k, v in keep.items() if k != name and not k.startswith(f"{name}__")}
