"""What the guide says and how each flow goes, for everybody who has signed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import request
from flask_admin import expose
from markdown_it import MarkdownIt
from markupsafe import Markup

from config import ROOT
from services.errors import Missing
from services.flow import Depends, Flow, Step
from services.flows import FLOWS

from .acting import actor
from .base import CustomView

GUIDE = ROOT / "docs" / "guide"
# First what everybody needs; topics that are not named follow in the order of their file names.
_FIRST = ("lists", "case-flow", "dispatch", "mediation", "whistle", "rosters", "import")
_FLOWS = ('href="../flow.md"', 'href="flow/?name=case"')  # the printed table has a page of its own here
_LINK = re.compile(r'href="([a-z-]+)\.md"')


@dataclass(frozen=True)
class Topic:
    """One page of the guide: its heading and the rest as HTML."""

    name: str
    title: str
    body: Markup


@cache
def topics() -> dict[str, Topic]:
    """All pages of the guide by name, in the order they are offered."""
    found = {path.stem: _read(path) for path in sorted(GUIDE.glob("*.md")) if path.stem != "README"}
    return {name: found[name] for name in [*(n for n in _FIRST if n in found), *(n for n in found if n not in _FIRST)]}


def _read(path: Path) -> Topic:
    head, _, rest = path.read_text(encoding="utf-8").partition("\n")
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(rest)
    return Topic(path.stem, head.removeprefix("# ").strip(), Markup(_LINK.sub(r'href="?topic=\1"', html.replace(*_FLOWS))))


class HelpView(CustomView):
    """The guide and the flows."""

    permission = "help:view"

    def __init__(self):
        super().__init__(name="使用说明", endpoint="help")

    def is_accessible(self) -> bool:
        return actor().user_id is not None

    @expose("/")
    def index_view(self):
        name = request.args.get("topic") or next(iter(topics()))
        if name not in topics():
            raise Missing("没有这一篇说明，请从左边的目录里选")
        return self._page(topic=topics()[name], heading=topics()[name].title)

    @expose("/flow/")
    def flow_view(self):
        flow = next((f for f in FLOWS if f.name == request.args.get("name")), None)
        if flow is None:
            raise Missing("没有这个流程，请从左边的目录里选")
        return self._page(flow=flow, heading=flow.title, drawing=drawing(flow), rows=[_row(flow, step) for step in flow.steps])

    def _page(self, **what):
        return self.render("admin/help.html", topics=topics().values(), flows=FLOWS, **what)


# ---- the drawing of a flow -----------------------------------------------------------

_LEFT, _COLUMN, _TOP, _ROW = 130, 82, 64, 34  # in units of the drawing


def drawing(flow: Flow) -> dict:
    """A flow as lines: a column for each state, a row for each step with dots where it starts and an arrow where it leads."""
    states = list(flow.states)
    at = {state: _LEFT + _COLUMN // 2 + number * _COLUMN for number, state in enumerate(states)}
    return {
        "width": _LEFT + len(states) * _COLUMN, "height": _TOP + len(flow.steps) * _ROW + 12, "top": _TOP, "step": _ROW,
        "states": [{"label": s.label, "x": at[s], "is_first": s is flow.begins, "is_end": s in flow.ends} for s in states],
        "steps": [_line(step, number, states, at) for number, step in enumerate(flow.steps)],
    }  # fmt: skip


def _line(step: Step, number: int, states, at: dict) -> dict:
    sources = [s for s in states if s in step.sources]
    match step.target:
        case None:
            targets = set()
        case Depends():
            targets = set(step.target.states)
        case _:
            targets = {step.target} - ({step.target} if sources == [step.target] else set())
    places = [at[s] for s in sources] + [at[t] for t in targets]
    return {
        "label": step.label, "y": _TOP + number * _ROW + _ROW // 2, "from": min(places), "to": max(places), "moves": bool(targets),
        "dots": [at[s] for s in sources],
        "ends": [{"x": at[t], "is_back": all(at[t] < at[s] for s in sources)} for t in states if t in targets],
    }  # fmt: skip


def _row(flow: Flow, step: Step) -> dict[str, list[str]]:
    asks = "、".join(a.label + ("" if a.is_required else "（可不填）") for a in step.asks) or "—"
    target = "不变" if step.target is None else getattr(step.target, "words", None) or step.target.label
    sources = "、".join(s.label for s in flow.states if s in step.sources)
    return {"cells": [step.label, step.hint or "—", sources, target, step.by.label, asks]}
