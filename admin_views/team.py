"""The "3+X" view: four seats, candidates with load and conflicts, history."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from models import describe
from models.case import Case
from models.codes import OPEN_STATES, MediationStage, TeamSeat
from models.worker import Worker
from services.keeping import records
from services.mediation import teams
from services.access import Permission
from services.cases.case_flow import active_team
from services.errors import Conflict, Refused
from services.showing import shown, text

from .acting import actor
from .base import CustomView


class TeamView(CustomView):
    """Assembles or changes the team of one case (`?case=`); saved only complete."""

    permission = Permission.CASE_JOIN
    group = ""

    def __init__(self):
        super().__init__(name="“3+X”专班", endpoint="team_desk")

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        case = records.find(db.session, Case, request.args.get("case", ""))
        team = active_team(db.session, case)
        found = teams.candidates(db.session, case)
        proposal, why = teams.propose(found)
        errors, loose, status = {}, [], 200
        chosen = teams.seats(db.session, team) if team else {seat: proposal.of(seat) for seat in TeamSeat}
        plan = team.plan if team else ""
        if request.method == "POST":
            chosen = {seat: request.form.getlist(seat.value) for seat in TeamSeat}
            plan = request.form.get("plan", "")
            try:
                with transaction() as session:
                    teams.assemble(
                        session, case, teams.Choice(**{s.value: chosen[s] for s in TeamSeat}), actor(), now(),
                        plan=plan, note=request.form.get("note", "").strip()[:200],
                        shown_version=request.form.get("lock_version"),
                    )  # fmt: skip
                flash("专班已保存", "success")
                return redirect(url_for("case.details_view", id=case.id))
            except Conflict as no:
                loose, status = [no.sentence], 409
            except Refused as no:
                errors, loose, status = no.errors, [no.sentence], 422
        return self.render(
            "admin/team.html", case={"no": case.case_no, "subject": case.subject, "url": url_for("case.details_view", id=case.id)},
            seats=[self._seat(seat, found[seat], chosen[seat], proposal, errors) for seat in TeamSeat],
            proposal=why, errors=errors, warnings=loose, plan=plan, is_new=team is None,
            trail=[
                {"label": "解纷", "url": None}, {"label": "案件", "url": url_for("case.index_view")},
                {"label": case.case_no, "url": url_for("case.details_view", id=case.id)}, {"label": "“3+X”专班", "url": None},
            ],
            lock_version=team.version if team else "", history=self._history(case), post_url=request.full_path,
            disband_url=self._disband_url(case, team), papers_url=self._papers_url(case, team),
        ), status  # fmt: skip

    @staticmethod
    def _disband_url(case: Case, team) -> str | None:
        if team is None or (case.stage is MediationStage.JOINT and case.status in OPEN_STATES):
            return None
        return url_for("team_desk.disband_view", case=case.id)

    @staticmethod
    def _papers_url(case: Case, team) -> str | None:
        """Where the letter of appointment and the plan are made, once there is a team."""
        return url_for("case.papers_view", id=case.id) if team is not None and actor().may(Permission.PAPER) else None

    @expose("/disband/", methods=("POST",))
    def disband_view(self):
        case = records.find(db.session, Case, request.args.get("case", ""))
        team = active_team(db.session, case)
        if team is None:
            raise Conflict("这个案件没有专班，可能别人刚刚撤销，请刷新查看")
        with transaction() as session:
            teams.disband(
                session, team, request.form.get("reason", ""), actor(), now(), shown_version=request.form.get("lock_version")
            )
        flash("专班已撤销，经过记在调整记录里", "success")
        return redirect(url_for("case.details_view", id=case.id))

    def _seat(self, seat: TeamSeat, people, chosen, proposal, errors) -> dict:
        # Who sits there comes first and in order: the first of the staff is the contact.
        seated = sorted((c for c in people if c.worker.id in chosen), key=lambda c: chosen.index(c.worker.id))
        shown_people = [*seated, *(c for c in people if c.worker.id not in chosen)][: teams.SHOWN]
        best = set(proposal.of(seat))
        return {
            "key": seat.value, "label": seat.label, "rule": teams.RULES[seat], "is_many": seat is TeamSeat.STAFF,
            "error": errors.get(seat.value), "hidden_count": max(len(people) - len(shown_people), 0),
            "candidates": [
                {"id": c.worker.id, "name": name_of(c.worker), "detail": detail_of(c.worker), "load": c.load,
                 "why": "，".join(c.why), "conflicts": c.notes, "is_barred": c.barred is not None,
                 "barred": c.barred, "is_best": c.worker.id in best, "is_chosen": c.worker.id in chosen}
                for c in shown_people
            ],
        }  # fmt: skip

    def _history(self, case: Case) -> list[dict]:
        return [
            {"time": text(c.changed_at), "seat": c.seat.label, "before": name_of(c.worker_before),
             "after": name_of(c.worker_after), "who": c.user.name if c.user else "系统", "note": c.note}
            for c in teams.history(db.session, case)
        ]  # fmt: skip


def name_of(worker: Worker | None) -> str:
    return shown(describe(Worker)["name"], worker.name, actor(), {}) if worker else "—"


def detail_of(worker: Worker) -> str:
    """Post or employment with the unit, committee or firm."""
    parts = [
        getattr(worker, "post", None), worker.employment.label if getattr(worker, "employment", None) else None,
        getattr(worker, "firm", None), worker.unit.name if worker.unit else None,
        worker.committee.name if getattr(worker, "committee", None) else None,
    ]  # fmt: skip
    return " · ".join(part for part in parts if part)
