"""The mediation side: sessions, agreements with performance, judicial confirmation, follow-ups."""

from __future__ import annotations

from flask import current_app, request, url_for

from extensions import db, now
from models.case import Case, CaseParty
from models.codes import Satisfaction
from models.mediation import Mediator
from models.mediation_codes import AgreementForm, AgreementState, FollowUpState
from models.settlement import MediationAgreement
from services import backlog
from services.cases import case_closing, case_stages, hearings
from services.desk import workload
from services.keeping import records
from services.mediation import confirmations, follow_ups, sessions, settlements
from services.paperwork import paper_facts, paper_kinds
from services.access import Permission
from services.cases.case_flow import CASE_FLOW
from services.mediation.confirmations import CONFIRMATION_FLOW
from services.due_dates import local_day
from services.errors import Refused
from services.mediation.follow_ups import FOLLOW_UP_FLOW
from services.mediation.settlements import AGREEMENT_FLOW
from services.showing import text

from .acting import actor
from .attachments import Attached
from .base import EntityView
from .mediation_panels import TONES, tool
from .papers import paper_button
from .steps import Stepped


class Kept(EntityView):
    """A record of proceedings: written and corrected one by one, never thrown away."""

    bulk_kinds = ()
    may_add_another = False
    tones = TONES

    def case_of(self, row) -> Case | None:
        """The case of a record, or the one whose page opened its form."""
        wanted = getattr(row, "case_id", None) or request.args.get("case")
        return records.find(db.session, Case, wanted) if wanted else None

    def few_for(self, row):
        case = self.case_of(row)
        return {CaseParty: workload.parties(db.session, case)} if case else {}

    def leave_new(self):
        case = self.case_of(None)
        return url_for("case.details_view", id=case.id) if case else super().leave_new()

    def can_remove(self) -> bool:
        return False

    def require(self, action):
        if action == "delete":
            raise Refused(f"{self.entity.__label__}是办案记录，不能删除。写错的请修改并说明，作废的请按步骤办理")
        super().require(action)

    def badges(self, row):
        status = getattr(row, "status", None)
        return [{"text": status.label, "tone": TONES.get(status, "muted")}] if status else []


class SessionView(Attached, Kept):
    """What was said in mediation; the menu leads to all one may see, the case page to its own."""

    def may_attach(self) -> bool:
        return self.may("edit")

    def buttons(self, row):
        return [*super().buttons(row), *paper_button(row.case_id, "mediation_record")]

    def details(self, row):
        page = super().details(row)
        page["record"]["title"] = f"第{row.number}次调解　{page['record']['title'].rsplit(' ', 1)[0]}"
        return page

    def save(self, session, row, is_new):
        (sessions.hold if is_new else sessions.correct)(session, row, actor(), now())

    def heading_of_new(self):
        return "记录一次调解"

    def suggested(self):
        """Who records is mostly who chaired; nobody's rights are ticked as told."""
        found, me, case = {"is_told": None}, actor(), self.case_of(None)
        chairs = [me.worker_id, case.handler_id if case else None]
        chair = next((key for key in chairs if key and db.session.get(Mediator, (me.subdistrict_id, key))), None)
        return found | {"chair": chair}


class HearingView(Attached, Kept):
    """The record of a hearing; opened from its petition matter."""

    def may_attach(self) -> bool:
        return self.may("edit")

    def heading_of_new(self):
        return "记录一次听证"

    def buttons(self, row):
        return [*super().buttons(row), *paper_button(row.case_id, "hearing_record")]

    def save(self, session, row, is_new):
        (hearings.keep if is_new else records.save)(session, row, actor(), now())


class SettlementView(Stepped, Attached, Kept):
    """An agreement: drafted on the form, then moved by its steps."""

    flow = AGREEMENT_FLOW
    standing = frozenset({settlements.all_is_done, settlements.has_items})

    def heading_of_new(self):
        return "拟订协议"

    def suggested(self):
        found, case = {"drafted_on": local_day(now())}, self.case_of(None)
        if case is None:
            return found
        held = sessions.of(db.session, case)
        mediator = held[-1].chair if held else next(iter(paper_facts.mediating(db.session, case)), None)
        return found | {
            "mediator": mediator and mediator.id, "committee": mediator and mediator.committee_id, "facts": case.summary,
            "disputed": held[-1].disputed if held else None, "copies": len(case_stages.parties_of(db.session, case)) + 1,
        }  # fmt: skip
    presets = {
        "全部": "", "拟订中": "status=draft", "已生效": "status=effective", "未按约履行": "status=breached", "全部履行": "status=performed",
    }  # fmt: skip

    def may_attach(self) -> bool:
        return self.may("edit")

    def can_change(self) -> bool:
        return self.may("edit")

    def buttons(self, row):
        key = "mediation_agreement" if row.form is AgreementForm.WRITTEN else "oral_agreement_register"
        return [*super().buttons(row), *paper_button(row.case_id, key)]

    def _related(self, row):
        """What was agreed is not added to once it is in effect."""
        found = super()._related(row)
        return found if row.status is AgreementState.DRAFT else [table | {"create_url": None} for table in found]

    def details(self, row):
        page = super().details(row)
        last = confirmations.last_day(db.session, row)
        if last and row.status in (AgreementState.EFFECTIVE, AgreementState.BREACHED):
            left = (last - local_day(now())).days
            if left >= 0:
                page["next_step"] = {
                    "tone": "warn" if left <= 10 else "info", "title": "司法确认",
                    "sentence": f"双方需要的，可在{last:%Y-%m-%d}前（还剩{left}天）共同向基层法院申请司法确认，不收费。",
                }  # fmt: skip
        if row.status is AgreementState.BREACHED:
            page["next_step"] = {
                "tone": "warn", "title": "下一步",
                "sentence": "调委会继续督促履行，并告知：可以就协议向法院起诉；经司法确认的，可在履行期满之日起两年内申请强制执行。",
            }
        return page


class ConfirmationView(Stepped, Attached, Kept):
    flow = CONFIRMATION_FLOW

    def case_of(self, row):
        wanted = getattr(row, "agreement_id", None) or request.args.get("agreement")
        return settlements.case_of(db.session, records.find(db.session, MediationAgreement, wanted)) if wanted else None

    def buttons(self, row):
        case = self.case_of(row)
        layouts = {kind.key for kind in paper_kinds.papers_of(db.session, case)}
        key = next(key for key in ("confirmation_persons", "confirmation_company") if key in layouts)
        return [*super().buttons(row), *paper_button(case.id, key)]

    def details(self, row):
        page, words = super().details(row), confirmations.countdown(row, local_day(now()))
        if words:
            left = (row.last_day - local_day(now())).days
            page["next_step"] = {"tone": "bad" if left < 0 else "warn" if left <= 10 else "info", "title": "下一步：提出申请", "sentence": words}
        return page

    def heading_of_new(self):
        return "申请司法确认"

    def suggested(self):
        """The court of the place; the five checks are for a person to answer."""
        case = self.case_of(None)
        return dict.fromkeys(confirmations.CHECKS) | ({"court": paper_facts.office(db.session, case)["court"]} if case else {})
    presets = {"全部": "", "拟申请": "status=planned", "已申请": "status=applied", "法院已受理": "status=accepted", "裁定有效": "status=confirmed"}

    def may_attach(self) -> bool:
        return self.may("edit")


class FollowUpView(Stepped, Kept):
    """The queue of calls to make, first due first."""

    flow = FOLLOW_UP_FLOW
    standing = frozenset({follow_ups.caller_did_not_handle, follow_ups.was_tried_enough})
    columns = ("case", "status", "due_on", "contact", "satisfaction", "is_performed", "done_at", "caller")
    presets = {
        "待回访": "status=planned", "到期未回访": "status=planned&due_on=past", "已回访": "status=done",
        "不满意": "satisfaction=unsatisfied", "未履行": "is_performed=no", "未能联系": "status=unreachable", "全部": "",
    }  # fmt: skip

    def menu_count(self):
        return backlog.to_follow_up(actor())

    def tone(self, name, values):
        is_planned = text(values.get("status")) == FollowUpState.PLANNED.label
        if name == "due_on" and is_planned and values["due_on"] < local_day(now()):
            return "bad"
        if name == "satisfaction":
            return {Satisfaction.UNSATISFIED.label: "bad", Satisfaction.SATISFIED.label: "ok"}.get(text(values[name]))
        return super().tone(name, values)

    def can_add(self) -> bool:
        return False  # planned by the closing itself

    def buttons(self, row):
        found = super().buttons(row)
        view = url_for("case.details_view", id=row.case_id)
        found += [_button(way["label"], way["url"], is_primary=i == 0) for i, way in enumerate(self._ways(row))]
        return [*found, _button("打开案件", view), *paper_button(row.case_id, "phone_followup")]

    def _handled(self, case: Case) -> list[dict]:
        """What the caller should know before calling."""
        view = current_app.extensions["entity_views"]["Case"]
        names = ("outcome", "closed_at", "result", "lead_unit", "handler")
        return [
            {"label": d.label, "text": view.cell(d, case), "url": None, "reveal": None, "is_wide": d.name == "result"}
            for d in (view.described[name] for name in names) if view.cell(d, case)
        ]  # fmt: skip

    @staticmethod
    def _ways(row) -> list[dict]:
        """What may be done about a follow-up that was not content, while nobody has decided (R16)."""
        if not follow_ups.is_unsettled(db.session, row):
            return []
        case, me = follow_ups.case_of(db.session, row), actor()
        why, found = follow_ups.complaint(row), []
        reopen = CASE_FLOW.by_verb["reopen"]
        if me.may(reopen.by) and reopen.fits(case) and not case_closing.is_recent(db.session, case, me, now(), {}):
            found.append(tool("重新办理", "case.step_view", id=case.id, verb="reopen", reason=f"回访时{why}，重新办理。"))
        if me.may(Permission.SUPERVISE) and (case.lead_unit_id or case.handler_id):
            found.append(tool("督办", "supervision.create_view", case=case.id, demand=f"办结回访时{why}，请核实原因，整改到位后回复。"))
        return found

    def details(self, row):
        page, why = super().details(row), follow_ups.complaint(row)
        page["facts"].insert(1, {"title": "办理情况", "items": self._handled(follow_ups.case_of(db.session, row))})
        parties = current_app.extensions["entity_views"]["CaseParty"]
        found = parties._few("case", row.case_id, False) if parties.may("view") else None
        if found:
            page["related"].insert(0, found | {"title": "当事人", "is_part": True})
        if why and follow_ups.is_unsettled(db.session, row):
            page["next_step"] = {
                "tone": "warn", "title": f"下一步：{why}，请决定怎么办",
                "sentence": "承办还有可做的，重新办理；承办单位没有尽责或者没有督促履行的，督办。办了其中一项，这件待办就销了。",
            }  # fmt: skip
        elif why:
            page["next_step"] = {"tone": "info", "title": why, "sentence": "已经重新办理或者督办，经过见案件的办理过程。"}
        return page


def _button(label: str, url: str, is_primary: bool = False) -> dict:
    return {"label": label, "url": url, "is_primary": is_primary, "method": "get", "confirm": None, "hint": ""}
