"""Whistles, urges, supervisions, instructions and recusals: each moves by its own flow."""

from __future__ import annotations

from datetime import timedelta

from flask import request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import papers as words
from models.case import Case
from models.codes import (
    CardColour, InstructionStatus, OrderedStatus, ReportStatus, SupervisionStatus, UrgeStatus, WhistleLevel, WhistleStatus,
)  # fmt: skip
from models.department import Unit
from models.whistle import WhistleTarget
from services.coordination import answers as side
from services.coordination import instructions, supervisions, urges, whistles
from services.keeping import records
from services.paperwork import paper_templates, papers
from services.access import Permission
from services.due_dates import for_term, local_day
from services.errors import Missing, Refused
from services.showing import text

from .acting import actor
from .attachments import download
from .base import EntityView
from .papers import paper_button
from .steps import Stepped


def case_asked_for() -> Case | None:
    """The case whose page opened this form."""
    wanted = request.args.get("case")
    return records.find(db.session, Case, wanted) if wanted else None


class Issued(Stepped):
    """Made on a form by who has `issuing`, and from then on moved by its flow only."""

    standing = frozenset({side.is_theirs})
    issuing: Permission
    bulk_kinds = ()
    tones: dict = {}
    day = ""
    open_states: frozenset = frozenset()
    act = "发出"
    paper = ""
    may_add_another = False

    def submit_label(self, is_new):
        return self.act

    def heading_of_new(self):
        return self.act

    def buttons(self, row):
        return [*super().buttons(row), *(self.paper_buttons(row) if self.paper else [])]

    def paper_buttons(self, row) -> list[dict]:
        """Among the papers of the case for who makes those, else the paper by itself."""
        name = paper_templates.kind_of(self.paper).name
        slip = {"label": name, "url": self.link("word_view", id=row.id), "is_primary": False, "method": "get", "confirm": None,
                "hint": "下载 Word 文件，打印后签收、存档"}  # fmt: skip
        return paper_button(row.case_id, self.paper) or [slip]

    @expose("/word/")
    def word_view(self):
        """What was sent, in Word, for whoever may see it."""
        row = self.find(request.args.get("id"))
        if not self.paper:
            raise Missing("这里没有可以下载的文书")
        with transaction() as session:
            content = papers.slip(session, row, self.paper)
        number = self.number_of(row)
        return download(content, "_".join(filter(None, (paper_templates.kind_of(self.paper).name, number))) + ".docx", words.MEDIA_TYPE)

    def number_of(self, row) -> str | None:
        """The number on its paper."""
        return getattr(row, "whistle_no", None) or getattr(row, "supervision_no", None)

    def may(self, action):
        if action in ("edit", "delete", "import"):
            return False
        return super().may(action) and (action != "create" or actor().may(self.issuing))

    def can_add(self):
        return self.may("create")

    def require(self, action):
        if action in ("edit", "delete", "import"):
            raise Refused(f"{self.entity.__label__}发出后不能改动、删除或导入，请用页面上的办理按钮")
        super().require(action)

    def tone(self, name, values):
        tones = {state.label: tone for state, tone in self.tones.items()}
        if name == "status":
            return tones.get(text(values["status"]))
        if self.day and name == self.day and values.get(name) and text(values.get("status")) in {s.label for s in self.open_states}:
            value = values[name]
            late = value < local_day(now()) if not hasattr(value, "hour") else value < now()
            return "bad" if late else None
        return None

    def leave_new(self):
        case = case_asked_for()
        return url_for("case.details_view", id=case.id) if case else super().leave_new()

    def badges(self, row):
        return [{"text": row.status.label, "tone": self.tones.get(row.status, "muted")}]


class WhistleView(Issued, EntityView):
    """A whistle is blown with its units on one form."""

    flow = whistles.WHISTLE_FLOW
    act = "吹哨"
    paper = "whistle_slip"
    issuing = Permission.WHISTLE
    presets = {"全部": "", "进行中": "status=open", "应急哨": "level=emergency", "已销哨": "status=closed"}
    tones = {WhistleStatus.OPEN: "warn", WhistleStatus.CLOSED: "ok", WhistleStatus.WITHDRAWN: "muted"}

    def tone(self, name, values):
        if name == "level":
            return "bad" if text(values[name]) == WhistleLevel.EMERGENCY.label else None
        return super().tone(name, values)

    def suggested(self):
        me = actor()
        unit = db.session.get(Unit, (me.subdistrict_id, me.unit_id)) if me.unit_id else None
        found = {"known_at": now(), "contact_name": me.name, "contact_phone": unit.phone if unit else None}
        case = case_asked_for()
        return found | {"place": case.place, "area": case.area_id} if case else found

    def badges(self, row):
        found = super().badges(row)
        return [*found, {"text": "应急哨", "tone": "bad"}] if row.level is WhistleLevel.EMERGENCY else found

    def buttons(self, row):
        # The last unit that is released closes the whistle; nobody presses for it.
        close = whistles.WHISTLE_FLOW.by_verb["close"].label
        return [b for b in super().buttons(row) if b["label"] != close]

    def details(self, row):
        page, targets = super().details(row), whistles.targets_of(db.session, row)
        done = [t for t in targets if t.status is ReportStatus.DONE]
        late = [t for t in targets if t.status in whistles.COMING and t.respond_by < now()]
        if done and actor().may(Permission.WHISTLE):
            page["next_step"] = {
                "tone": "warn", "title": "下一步：核实后销哨", "sentence": f"{_names(done)}报告已处置完成。请核实：到位的销哨并评价，没有到位的续哨。",
            }  # fmt: skip
            page["buttons"] = [
                {"label": f"核实 {t.unit.name}", "url": url_for("whistle_target.details_view", id=t.id), "is_primary": i == 0, "method": "get",
                 "confirm": None, "hint": ""}
                for i, t in enumerate(done)
            ] + [b | {"is_primary": False} for b in page["buttons"]]  # fmt: skip
        elif late:
            page["next_step"] = {"tone": "bad", "title": "未按时报到", "sentence": f"{_names(late)}已过报到期限还没有到场，请电话联系，必要时报告带班领导。"}
        rated = _ratings(targets)
        page["facts"] += [rated] if rated["items"] else []
        return page

    def save(self, session, row, is_new):
        whistles.blow(session, row, actor(), now())

    def _store(self, session, row, form, parts, is_new):
        super()._store(session, row, form, parts, is_new)
        if not session.query(WhistleTarget.id).filter(WhistleTarget.whistle_id == row.id).first():
            raise Refused("请至少选一个报到单位")


def _ratings(targets) -> dict:
    """How the street and each unit rated one another; who has not rated is left out."""
    said = [
        {"label": f"{by}评价{of}", "text": "，".join(filter(None, (text(rating), note))), "url": None, "reveal": None, "is_wide": False}
        for t in targets
        for by, of, rating, note in (("街道", t.unit.name, t.rating, t.rating_note), (t.unit.name, "街道", t.counter_rating, t.counter_note))
        if rating
    ]
    return {"title": "双向评价", "items": said}


def _names(targets) -> str:
    return "、".join(target.unit.name for target in targets)


class ReportView(Issued, EntityView):
    """What one unit sees of a whistle: where, what, whom to call, and its own steps."""

    flow = whistles.REPORT_FLOW
    issuing = Permission.WHISTLE
    columns = ("whistle", "unit", "status", "blown_at", "respond_by", "arrived_at", "rating")
    presets = {
        "全部": "", "待报到": "status=blown&status=acknowledged", "处置中": "status=arrived&status=working",
        "待销哨": "status=done", "已销哨": "status=confirmed",
    }  # fmt: skip
    day, open_states = "respond_by", whistles.COMING
    tones = {
        ReportStatus.BLOWN: "bad", ReportStatus.ACKNOWLEDGED: "warn", ReportStatus.ARRIVED: "info", ReportStatus.WORKING: "info",
        ReportStatus.DONE: "warn", ReportStatus.CONFIRMED: "ok", ReportStatus.WITHDRAWN: "muted",
    }  # fmt: skip

    def buttons(self, row):
        view = self.admin.app.extensions["entity_views"]["Whistle"]
        return [*super().buttons(row), *(view.paper_buttons(row.whistle) if row.whistle else [])]

    def save(self, session, row, is_new):
        whistles.call(session, row, actor(), now())

    def can_add(self):
        return False  # on the form of the whistle, or by its step

    def details(self, row):
        page = super().details(row)
        whistle = row.whistle
        view = self.admin.app.extensions["entity_views"]["Whistle"] if whistle else None
        asked = [
            {"label": d.label, "text": view.cell(d, whistle), "url": None, "reveal": None, "is_wide": bool(d.kind and d.kind.is_long)}
            for name in ("kind", "reason", "level", "place", "request", "contact_name", "contact_phone")
            for d in [view.described[name]]
        ] if view else []  # fmt: skip
        page["facts"] = [{"title": "吹哨内容", "items": asked}, *page["facts"]]
        return page


def to_whom(case: Case) -> dict:
    """Whoever answers for a case: its handler, else its lead unit."""
    return {"worker": case.handler_id} if case.handler_id else {"unit": case.lead_unit_id}


class UrgeView(Issued, EntityView):
    flow = urges.URGE_FLOW
    paper = "urge_slip"
    act = "催办"
    issuing = Permission.URGE
    presets = {"全部": "", "待答复": "status=open", "逾期未答": "status=open&due_on=past", "已答复": "status=answered"}
    day, open_states = "due_on", frozenset({UrgeStatus.OPEN})
    tones = {UrgeStatus.OPEN: "warn", UrgeStatus.ANSWERED: "ok", UrgeStatus.LAPSED: "muted"}

    def suggested(self):
        found, case = {"due_on": for_term(db.session, "urge_answer", local_day(now())).on}, case_asked_for()
        if case is None:
            return found
        limit = f"办理期限是{case.due_on:%Y-%m-%d}，" if case.due_on else ""
        return found | to_whom(case) | {"demand": f"{limit}请抓紧办理，并答复办到哪一步、什么时候办好。"}

    def number_of(self, row):
        return urges.number_of(db.session, row)

    def details(self, row):
        page = super().details(row)
        page["facts"][0]["items"].insert(0, {"label": "催办单号", "text": self.number_of(row), "url": None, "reveal": None, "is_wide": False})
        return page

    def save(self, session, row, is_new):
        urges.urge(session, row, actor(), now())


class SupervisionView(Issued, EntityView):
    flow = supervisions.SUPERVISION_FLOW
    paper = "supervision_slip"
    act = "督办"
    issuing = Permission.SUPERVISE
    presets = {
        "全部": "", "待回复": "status=open", "逾期未回复": "status=open&reply_by=past", "待审核": "status=replied",
        "黄牌": "card=yellow", "红牌": "card=red", "已解除": "status=lifted",
    }  # fmt: skip
    day, open_states = "reply_by", frozenset({SupervisionStatus.OPEN})
    tones = {
        SupervisionStatus.OPEN: "warn", SupervisionStatus.REPLIED: "info", SupervisionStatus.ACCEPTED: "ok",
        SupervisionStatus.LIFTED: "muted",
    }  # fmt: skip
    cards = {CardColour.YELLOW: "warn", CardColour.RED: "bad"}

    def tone(self, name, values):
        if name == "card":
            return {card.label: tone for card, tone in self.cards.items()}.get(text(values["card"]))
        return super().tone(name, values)

    def badges(self, row):
        found = super().badges(row)
        return [*found, {"text": row.card.label, "tone": self.cards.get(row.card, "muted")}]

    def suggested(self):
        found, case = {"reply_by": for_term(db.session, "supervision_reply", local_day(now())).on}, case_asked_for()
        return found | to_whom(case) if case else found

    def save(self, session, row, is_new):
        supervisions.issue(session, row, actor(), now())


class InstructionView(Issued, EntityView):
    flow = instructions.INSTRUCTION_FLOW
    act = "登记批示"
    issuing = Permission.INSTRUCT
    presets = {"全部": "", "办理中": "status=open", "批示": "kind=instruction", "调度联办": "kind=joint", "已办结": "status=closed"}
    tones = {InstructionStatus.OPEN: "warn", InstructionStatus.CLOSED: "ok"}

    def suggested(self):
        return {"given_on": local_day(now())}

    def save(self, session, row, is_new):
        instructions.give(session, row, actor(), now())


class OrderedView(Issued, EntityView):
    flow = instructions.ORDERED_FLOW
    issuing = Permission.INSTRUCT
    columns = ("instruction", "unit", "status", "due_on", "answered_at")
    presets = {"全部": "", "待答复": "status=waiting", "逾期未答": "status=waiting&due_on=past", "已答复": "status=answered"}
    day, open_states = "due_on", frozenset({OrderedStatus.WAITING})
    tones = {OrderedStatus.WAITING: "warn", OrderedStatus.ANSWERED: "info", OrderedStatus.ACCEPTED: "ok"}

    def suggested(self):
        return {"due_on": local_day(now()) + timedelta(days=7)}

    def save(self, session, row, is_new):
        instructions.address(session, row, actor(), now())

    def can_add(self):
        return False  # on the form of the instruction, or by its step

    def details(self, row):
        page = super().details(row)
        words = [{"label": "批示内容", "text": row.instruction.words, "url": None, "reveal": None, "is_wide": True}] if row.instruction else []
        page["facts"] = [{"title": "批示", "items": words}, *page["facts"]]
        return page


class RecusalView(EntityView):
    """Declared by the worker or by the office; switched off, never deleted."""

    bulk_kinds = ()

    presets = {"有效": "is_active=yes", "全部": ""}

    def suggested(self):
        return {"worker": actor().worker_id}

    def heading_of_new(self):
        return "申报回避"

    def leave_new(self):
        case = case_asked_for()
        return url_for("case.details_view", id=case.id) if case else super().leave_new()

    def can_remove(self):
        return False

    def require(self, action):
        if action == "delete":
            raise Refused("回避申报不能删除，不再适用的请改为“有效：否”")
        super().require(action)
