"""“运行态势”: where matters come from, how far they went, who solved them and how many came, for those who lead."""

from __future__ import annotations

from itertools import count

from flask import request, url_for
from flask_admin import expose

from extensions import db, now
from services import monthly
from services.due_dates import local_day
from services.errors import BadQuery

from .acting import actor
from .base import CustomView
from .ledgers import area_asked, month_asked, places

_SPANS = {1: "当月", 3: "三个月", 12: "十二个月"}


class SituationView(CustomView):
    permission = "monthly_report:view"
    group = "督导"

    def __init__(self):
        super().__init__(name="运行态势", endpoint="situation")

    @expose("/")
    def index_view(self):
        first, _ = month_asked(local_day(now()))
        months, area = _months_asked(), area_asked()
        found = monthly.situation(db.session, first, months, actor(), now(), area)
        return self.render(
            "admin/situation.html", found=found, month=f"{first:%Y-%m}", months=months, spans=_SPANS, places=places(), area=area or "",
            heat=[(line.label, [_cell(one) for one in line.counts]) for line in found.heat],
            stages=[_row(line) for line in found.stages], whole=found.stages and found.stages[0].counts[0].number,
            tiers=[_row(line) for line in found.tiers], closed=sum(line.counts[0].number for line in found.tiers),
            course=[(label, _cell(new), _cell(closed)) for label, new, closed in found.course],
            chart=chart([(label, new.number, closed.number) for label, new, closed in found.course]),
        )  # fmt: skip


def _months_asked() -> int:
    raw = request.args.get("months", "1")
    if raw not in map(str, _SPANS):
        raise BadQuery("时段只有当月、三个月、十二个月三种，请重新选择")
    return int(raw)


def _row(line) -> list:
    """A label, its count, the share of that, the other counts."""
    first, *others = map(_cell, line.counts)
    return [line.label, first, line.share, *others]


def _cell(one: monthly.Count) -> dict:
    """What nobody is behind, or whose rows the reader may not list, is a number without a link."""
    is_linked = one.number and one.query and actor().may("case:view")
    return {"words": f"{one.number:,}", "number": one.number, "shade": one.shade,
            "url": f"{url_for('case.index_view')}?{one.query}" if is_linked else None}  # fmt: skip


# ---- the drawing of twelve months ----------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 220, 44, 16, 28  # in units of the drawing
_LINES = 4


def chart(course: list[tuple[str, int, int]]) -> dict:
    """Two lines over the months and the steps of their scale, which begins at 0 and ends at a round number."""
    top = round_up(max(max(new, closed) for _, new, closed in course))
    step = (_WIDTH - _LEFT - 32) / max(1, len(course) - 1)
    across = [round(_LEFT + 8 + number * step, 1) for number in range(len(course))]

    def height(value: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    return {
        "width": _WIDTH, "height": _HEIGHT, "left": _LEFT,
        "scale": [(height(top * n / _LINES), f"{top * n // _LINES:,}") for n in range(_LINES + 1)],
        "months": [(x, label[2:].replace("-", ".")) for x, (label, *_) in zip(across, course, strict=True)],
        "new": [(x, height(new)) for x, (_, new, _) in zip(across, course, strict=True)],
        "closed": [(x, height(closed)) for x, (_, _, closed) in zip(across, course, strict=True)],
    }  # fmt: skip


def round_up(most: int) -> int:
    """The least of 4, 8, 20, 40, 80, 200 … that reaches a number: each is four whole steps."""
    return next(top * 10**power for power in count() for top in (4, 8, 20) if top * 10**power >= most)
