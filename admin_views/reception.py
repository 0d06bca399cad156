"""Reception: the desk where numbers are given and called, the register, and what is printed for visitors."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from models.appeal import Appeal
from models.case import Case
from models.reception import ReceptionPoint
from models.reception_codes import VisitResult, VisitStatus
from models.reception_visit import ReceptionVisit
from services.appeals import open_places, reception
from services.access import Permission
from services.due_dates import local_day
from services.errors import Conflict, Missing, Refused
from services.appeals.reception import RECEPTION_FLOW
from services.keeping.records import find

from .acting import actor
from .base import CustomView
from .mediation import Kept
from .notes import flash_link
from .notices import BRING_IT, KEEP_IT, appeal_lines, day, notice, seen, told_lines
from .steps import Stepped

TONES = {VisitStatus.WAITING: "warn", VisitStatus.RECEIVING: "info", VisitStatus.DONE: "ok", VisitStatus.LEFT: "muted"}
_TRIES = 5


class VisitView(Stepped, Kept):
    """The register of visits; a visit moves by its steps, and its slip and notice are printed from its page."""

    flow, tones = RECEPTION_FLOW, TONES
    presets = {
        "今天": "visited_on=today", "等候": "status=waiting", "接待中": "status=receiving", "已接待": "status=done", "当场答复": "result=answered",
        "五人以上": "people_count__min=5", "已离开": "status=left", "全部": "",
    }  # fmt: skip

    def can_add(self) -> bool:
        return actor().may(Permission.RECEIVE) and self.may("create")

    def suggested(self):
        return {"arrived_at": now().replace(second=0, microsecond=0), "is_repeat": None}

    def save(self, session, row, is_new):
        if is_new:
            reception.enter(session, row, actor(), now())
        else:
            super().save(session, row, is_new)

    def badges(self, row):
        found = [{"text": row.status.label, "tone": TONES[row.status]}, {"text": f"{row.queue_number}号", "tone": "muted"}]
        if row.result:
            found.append({"text": row.result.label, "tone": "muted"})
        return found

    def buttons(self, row):
        wanted = "notice_view" if row.status is VisitStatus.DONE else "slip_view"
        label = "打印告知单" if row.status is VisitStatus.DONE else "打印号票"
        desk = self._desk_of(row)
        more = [(label, self.link(wanted, id=row.id)), *([("接待台", desk)] if desk else [])]
        return [*super().buttons(row), *({"label": name, "url": url, "is_primary": False, "method": "get", "confirm": None, "hint": ""} for name, url in more)]

    @staticmethod
    def _desk_of(row) -> str | None:
        return url_for("reception_desk.index_view", point=row.point_id) if actor().may(Permission.RECEIVE) else None

    def heading_of(self, row):
        return f"{row.queue_number}号"

    def after(self, row, step):
        """Who is called is served on the visit's page; who leaves gives way to the next; who is done gets a notice."""
        if step.verb in ("leave", "return"):
            return url_for("reception_desk.index_view", point=row.point_id)
        return self.link("notice_view" if row.status is VisitStatus.DONE else "details_view", id=row.id)

    @expose("/slip/")
    def slip_view(self):
        """The small slip with the number; no name on it."""
        row = self.find(request.args.get("id"))
        return self.render(
            "reception/slip.html", title=f"{row.queue_number}号", number=row.queue_number, point=row.point.name,
            address=row.point.address, day=f"{row.visited_on:%Y-%m-%d}", hour=reception.hour(row.arrived_at), visit_no=row.visit_no,
            ahead=reception.ahead(db.session, row) if row.status is VisitStatus.WAITING else None,
            back_url=self.link("details_view", id=row.id), office=open_places.subdistrict_name(db.session),
        )  # fmt: skip

    @expose("/notice/")
    def notice_view(self):
        """What a visitor takes home: what was told, the number to ask by, what happens next."""
        row = self.find(request.args.get("id"))
        if row.status is not VisitStatus.DONE:
            raise Refused("接待结束后才有告知单，请先办理接待结果")
        lines = [("登记编号", row.visit_no), ("来访日期", day(row.visited_on)), ("反映的事", row.words), *told_lines(row.told, row.route)]
        appeal = seen(Appeal, row.appeal_id)
        case = seen(Case, row.case_id)
        if appeal is not None:
            lines += appeal_lines(appeal)
        if case is not None:
            lines += [("案件编号", case.case_no), ("办理期限", day(case.due_on))]
        desk = self._desk_of(row)
        return self.render("reception/notice.html", **notice(
            _TITLES[row.result], [*lines, ("负责单位", row.owner_unit.name)], _CLOSINGS[row.result],
            back_url=self.link("details_view", id=row.id), links=[("回接待台", desk)] if desk else [], appeal=appeal,
        ))  # fmt: skip


_TITLES = {
    VisitResult.ANSWERED: "来访答复告知单", VisitResult.APPEAL: "来访诉求受理告知单", VisitResult.CASE: "来访事项登记告知单",
    VisitResult.GUIDED: "法定途径告知单",
}  # fmt: skip
_CLOSINGS = {
    VisitResult.ANSWERED: "对答复有不同意见的，可以再次反映。", VisitResult.APPEAL: KEEP_IT, VisitResult.GUIDED: BRING_IT,
    VisitResult.CASE: "是否受理会另行书面告知您；办理情况可以凭案件编号询问。",
}  # fmt: skip


class ReceptionDeskView(CustomView):
    """Today at one reception point: give a number, call the next, see who waits."""

    permission = Permission.RECEIVE
    group = "诉求"

    def __init__(self):
        super().__init__(name="接待台", endpoint="reception_desk")

    @expose("/")
    def index_view(self):
        points = reception.points(db.session, actor())
        point = next((p for p in points if p.id == request.args.get("point")), points[0] if points else None)
        if point is None:
            return self.render("admin/reception.html", point=None, points=[])
        today, may_open = local_day(now()), actor().may("reception_visit:view")
        found = reception.queue(db.session, point, today)
        return self.render(
            "admin/reception.html", point=point, points=[(p.id, p.name) for p in points], today=f"{today:%Y-%m-%d}",
            lists=[
                {"title": title, "rows": [self._line(visit, may_open) for visit in visits], "empty": empty}
                for title, visits, empty in (
                    ("接待中", found.receiving, "没有正在接待的"), ("等候", found.waiting, "没有人等候"),
                    ("今天已接待", found.done, "还没有"), ("已离开", found.left, ""),
                ) if visits or empty
            ],
            figures=[("等候", len(found.waiting)), ("接待中", len(found.receiving)), ("已接待", len(found.done)), ("共取号", sum(map(len, vars(found).values())))],
            next_number=found.waiting[0].queue_number if found.waiting else None, window=request.args.get("window", ""),
            hall_url=url_for("hall.now_serving", point_id=point.id),
        )  # fmt: skip

    @staticmethod
    def _line(visit: ReceptionVisit, may_open: bool) -> dict:
        facts = [f"{reception.hour(visit.arrived_at)}到", f"{visit.people_count}人"]
        if visit.status is VisitStatus.WAITING:
            facts.append(f"已等{max(0, int((now() - visit.arrived_at).total_seconds() // 60))}分钟")
        elif visit.called_at:
            facts.append(f"{reception.hour(visit.called_at)}开始")
        if visit.minutes is not None:
            facts.append(f"接待{visit.minutes}分钟")
        if visit.window_number:
            facts.append(f"{visit.window_number}号窗口")
        if visit.received_by:
            facts.append(visit.received_by.name)
        if visit.result:
            facts.append(visit.result.label)
        return {
            "number": visit.queue_number, "facts": facts, "url": url_for("reception_visit.details_view", id=visit.id) if may_open else None,
            "slip_url": url_for("reception_visit.slip_view", id=visit.id) if visit.status is VisitStatus.WAITING and may_open else None,
        }  # fmt: skip

    @expose("/take/", methods=("POST",))
    def take_view(self):
        """Give the next number at a point; words and names can wait until the reception."""
        form = request.form
        try:
            people = int(form.get("people", "1") or 1)
        except ValueError:
            people = 0
        try:
            if not 1 <= people <= 1000:
                raise Refused("来访人数请填1到1000之间的整数", field="people")
            with transaction() as session:
                visit = ReceptionVisit(point_id=form.get("point"), people_count=people, arrived_at=now())
                reception.enter(session, visit, actor(), now())
                slip = url_for("reception_visit.slip_view", id=visit.id)
                sentence = f"取号成功：{visit.queue_number}号"
            flash_link(sentence, "打印号票", slip)
        except Refused as no:
            flash(no.sentence, "error")
        return self._back()

    @expose("/call/", methods=("POST",))
    def call_view(self):
        """Call whoever waits longest; when a colleague was faster, the one after."""
        point, window = find(db.session, ReceptionPoint, request.form.get("point", "")), _window(request.form.get("window", ""))
        for _ in range(_TRIES):
            waiting = reception.queue(db.session, point, local_day(now())).waiting
            if not waiting:
                break
            visit_id = waiting[0].id
            try:
                with transaction() as session:
                    RECEPTION_FLOW.take(session, "call", waiting[0], actor(), now(), window_number=window)
                return redirect(url_for("reception_visit.details_view", id=visit_id))
            except Conflict:
                db.session.expire_all()
            except Refused as no:
                flash(no.sentence, "error")
                return self._back()
        flash("现在没有人等候", "info")
        return self._back()

    @staticmethod
    def _back():
        form = request.form
        return redirect(url_for(".index_view", point=form.get("point", "")[:36] or None, window=form.get("window", "")[:2] or None))


def _window(raw: str) -> int | None:
    """The number of a window, as far as one was typed."""
    if not raw.strip():
        return None
    if not raw.strip().isdecimal() or not 1 <= int(raw) <= 99:
        raise Missing("窗口号请填1到99的数字")
    return int(raw)
