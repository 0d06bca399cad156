"""The filters above a list: their boxes, and what is filtered as a sentence of chips."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup

from extensions import db
from models.area import Area
from models.fields import Description
from services.lists import lookups
from services.access import Permission
from services.lists.filters import EMPTY, SPANS, YES_NO, Filter, filter_type, sentence
from services.kept import kept
from services.labels import choices_of
from services.lists.queries import Query
from services.showing import text

from .acting import actor
from .list_parts import part


class FilterBoxes:
    """Mixed into `EntityView`."""

    def _filterable(self, d: Description) -> bool:
        if not d.field.filtered:
            return False
        return filter_type(d) != "exact" or actor().may(Permission.REVEAL)

    def _filter_boxes(self, query: Query) -> list[Markup]:
        """The boxes of all filters; those that are not active look the same to everybody."""
        active = {f.description.name: f for f in query.filters}
        return [
            part("filter_box", self._filter_box(d, active[d.name])) if d.name in active else self._empty_box(d)
            for d in self.described.values() if self._filterable(d)
        ]

    def _empty_box(self, d: Description) -> Markup:
        return kept(db.session, self._kept_as("box", d.name), lambda: part("filter_box", self._filter_box(d, Filter(d))))

    def _filter_box(self, d: Description, active: Filter) -> dict:
        kind = filter_type(d)
        box = {"name": d.name, "label": d.label, "type": kind, "options": [], "selected": [], "text": "",
               "low": "", "high": "", "lookup_url": None, "is_area": d.target is Area}  # fmt: skip
        chosen = [v.value if hasattr(v, "value") else v for v in active.values]
        if kind == "choice":
            pairs = [(m.value, m.label) for m in d.code] if d.code else choices_of(db.session, d)
            box["options"] = [{"value": v, "label": w, "is_selected": v in chosen} for v, w in pairs]
        elif kind == "yesno":
            pairs = [(value, label) for value, label in YES_NO.items() if value != EMPTY or d.column.nullable]
            box["options"] = [{"value": v, "label": w, "is_selected": v in chosen} for v, w in pairs]
        elif kind == "lookup":
            box["lookup_url"] = self.link("lookup_view", field=d.name, all="1")
            box["selected"] = [{"id": v, "label": self._name_of(d, v)} for v in chosen if v != EMPTY]
            box["has_empty"], box["is_empty"] = d.column.nullable, EMPTY in chosen
        elif kind in ("date", "number"):
            box["spans"] = [(name, span.label, name == active.span) for name, span in SPANS.items()] if kind == "date" else []
            box["has_empty"], box["is_empty"] = d.column.nullable, chosen == [EMPTY]
            if not active.span:
                box["low"], box["high"] = text(active.low), text(active.high)
        else:
            box["text"] = " | ".join(chosen)
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
                "label": sentence(wanted, self._name_of, self.words),
                "remove_url": self._turn(_without(keep, wanted.description.name)),
            })  # fmt: skip
        return chips

    @staticmethod
    def _name_of(d: Description, record_id: str) -> str:
        return lookups.label(db.session, d.target, record_id, actor()) or "（看不到）"

    def _turn(self, keep: dict, **more: str) -> str:
        args = {**keep, **more}
        return f"{self.link()}?{urlencode(args, doseq=True)}" if args else self.link()


def _without(keep: dict, name: str) -> dict:
    return {k: v for k, v in keep.items() if k != name and not k.startswith(f"{name}__")}
