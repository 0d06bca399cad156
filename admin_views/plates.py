"""Plates: one on screen and on paper, posted, and how far each community is covered; many at once."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import plates as paper
from models.area import Area
from models.codes import CodePlace
from services.appeals import door_codes, plates
from services.places import areas
from services.access import Permission
from services.due_dates import local_day
from services.errors import Refused
from services.keeping.records import find

from .acting import actor
from .background import begun
from .base import CustomView
from .door_code import public_url
from .system import ReadOnlyView

_KINDS = {kind.value: kind.label for kind in (CodePlace.ENTRANCE, CodePlace.HOUSEHOLD)}


class PlateView(ReadOnlyView):
    """Made by printing; what it says follows the rosters."""

    presets = {"全部": "", "没有印过": "printed_at=none", "没有张贴": "posted_on=none"}

    def require(self, action):
        if action in ("create", "edit", "delete", "import"):
            raise Refused("公示牌由名册自动生成：邻长、电话和接待点请到名册里改，再重印")
        super().require(action)

    def badges(self, row):
        if row.printed_at is None:
            return [{"text": "没有印过", "tone": "muted"}]
        if plates.is_outdated(row, plates.face_of(db.session, row, "")):
            return [{"text": "需更换", "tone": "warn"}]
        return [{"text": "已张贴", "tone": "ok"} if row.posted_on else {"text": "已印未贴", "tone": "info"}]

    def buttons(self, row):
        found = [{"label": "打印", "url": self.link("print_view", id=row.id), "is_primary": True, "method": "get", "confirm": None}]
        if row.printed_at and not row.posted_on and actor().may(Permission.PLATE):
            found.append({"label": "登记张贴", "url": self.link("posted_view", id=row.id), "is_primary": False, "method": "post", "confirm": None})
        return found

    @expose("/print/", methods=("GET", "POST"))
    def print_view(self):
        """The print page of one plate; posting it says that it has been printed."""
        row, size = self.find(request.args.get("id")), request.args.get("size", "a4")
        if size not in paper.SIZES:
            raise Refused("没有这个大小，请从页面上选")
        if request.method == "POST":
            with transaction() as session:
                plates.print_one(session, row, actor(), now(), public_url())
            flash(f"已登记印制：第{row.edition}版", "success")
            return redirect(self.link("details_view", id=row.id))
        face = plates.next_edition(row, plates.face_of(db.session, row, public_url()))
        return self.render(
            "plates/page.html", title=f"联户公示牌 {row.plate_no}", sheets=paper.whole_sheet(face, size), size=size,
            back_url=self.link("details_view", id=row.id),
            sizes=[(label, self.link("print_view", id=row.id, size=key), key == size) for key, label in paper.SIZES.items()],
            printed_url=self.link("print_view", id=row.id, size=size) if actor().may(Permission.PLATE) else None,
        )  # fmt: skip

    @expose("/posted/", methods=("POST",))
    def posted_view(self):
        row = self.find(request.args.get("id"))
        try:
            with transaction() as session:
                plates.post(session, row, actor(), local_day(now()))
            flash("已登记张贴", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self.link("details_view", id=row.id))


class CoverageView(CustomView):
    """How many neighbourhoods have a plate on the wall that still says the truth; printing and codes in numbers."""

    permission = Permission.PLATE
    group = "诉求"

    def __init__(self):
        super().__init__(name="公示牌覆盖", endpoint="plate_coverage")

    @expose("/")
    def index_view(self):
        return self._page()

    def _page(self, problem: str = "", status: int = 200):
        lines = plates.coverage(db.session)
        top = areas.top(db.session, actor())
        return self.render(
            "admin/plates.html", heading="公示牌覆盖", lines=[_line(line) for line in lines], total=_line(_sum(lines)), problem=problem,
            places=[(top.id, top.name), *((line.area_id, line.name) for line in lines if line.area_id != top.id)],
            sizes=paper.SIZES, choices=plates.CHOICES, kinds=_KINDS, form=request.form,
        ), status  # fmt: skip

    @expose("/print/", methods=("POST",))
    def print_view(self):
        form = request.form
        return self._begin(lambda session: plates.ask(
            session, actor(), now(), form.get("area", ""), form.get("size", ""), form.get("which", ""), public_url()
        ))  # fmt: skip

    @expose("/codes/", methods=("POST",))
    def codes_view(self):
        form = request.form
        return self._begin(lambda session: door_codes.ask(session, actor(), now(), form.get("area", ""), form.get("kind", "")))

    @expose("/posted/", methods=("POST",))
    def posted_view(self):
        area = find(db.session, Area, request.form.get("area", ""))
        with transaction() as session:
            count = plates.post_all(session, area, actor(), local_day(now()))
        flash(f"{area.name}：已登记张贴{count}块" if count else f"{area.name}没有已印未贴的公示牌", "success" if count else "info")
        return redirect(url_for(".index_view"))

    def _begin(self, ask):
        try:
            with transaction() as session:
                job = ask(session)
        except Refused as no:
            return self._page(no.sentence, 422)
        return begun(job)


def _sum(lines: list[plates.Coverage]) -> plates.Coverage:
    total = plates.Coverage("", "合计", "")
    for line in lines:
        for name in ("all", "printed", "posted", "outdated"):
            setattr(total, name, getattr(total, name) + getattr(line, name))
    return total


def _line(line: plates.Coverage) -> dict:
    return {
        "id": line.area_id, "name": line.name, "all": f"{line.all:,}", "printed": _share(line.printed, line.all),
        "posted": _share(line.posted, line.all), "outdated": _share(line.outdated, line.printed), "has_outdated": line.outdated > 0,
        "url": url_for("plate.index_view", area=line.area_id) if line.area_id and actor().may("plate:view") else None,
        "waiting": line.printed - line.posted,
    }  # fmt: skip


def _share(part: int, whole: int) -> str:
    """Numerator and denominator; of nothing there is no share."""
    return f"{part:,} / {whole:,}（{part / whole:.0%}）" if whole else "—"
