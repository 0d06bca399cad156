"""Long work of one's own: how far it is, what came of it, cancelling it; with permission that of all."""

from __future__ import annotations

from datetime import datetime

from flask import Response, current_app, flash, redirect, request, send_file, url_for
from flask_admin import expose
from sqlalchemy.orm import Session
from urllib.parse import quote

from extensions import db, now, transaction
from models.codes import JobStatus, RequestStatus
from models.job import Job
from services.background import jobs
from services.lists import export_flow
from services.access import Actor, Permission
from services.backlog import Waiting
from services.errors import Refused
from services.showing import text

from .acting import actor
from .base import CustomView

_TONES = {
    JobStatus.QUEUED: None, JobStatus.RUNNING: "info", JobStatus.DONE: "ok", JobStatus.FAILED: "bad",
    JobStatus.CANCELLED: None,
}  # fmt: skip


def folder():
    return current_app.config["CONSOLE"].instance / "jobs"


def waiting(session: Session, me: Actor) -> list[tuple[str, str, str]]:
    """Title, status and progress of what is not over yet, for the home page."""
    return [(job.title, job.status.label, _progress(job)) for job in jobs.waiting_of(session, me)]


class JobsView(CustomView):
    """For everybody who signs in."""

    permission = "jobs:view"
    group = "系统"

    def __init__(self):
        super().__init__(name="后台任务", endpoint="jobs")

    def is_accessible(self) -> bool:
        return actor().user_id is not None

    def menu_count(self) -> Waiting | None:
        return Waiting(jobs.open_of(actor()), "项正在处理")

    @expose("/")
    def index_view(self):
        me, everyone = actor(), bool(request.args.get("all"))
        rows = [_line(job, me, now()) for job in jobs.listed(db.session, me, everyone)]
        return self.render(
            "admin/jobs.html", rows=rows, requests=[] if everyone else _requests(me), everyone=everyone, wait=request.args.get("wait", ""),
            is_busy=any(row["is_open"] for row in rows), state_url=url_for(".state_view", **({"all": 1} if everyone else {})),
            tabs=[("我的", url_for(".index_view"), not everyone), ("所有人的", url_for(".index_view", all=1), everyone)]
            if me.may(Permission.JOBS) else [],
        )  # fmt: skip

    @expose("/state/")
    def state_view(self):
        """The same jobs for the script that watches the page."""
        me = actor()
        listed = jobs.listed(db.session, me, bool(request.args.get("all")))
        names = ("id", "status", "label", "progress", "done", "total", "is_open", "file_url")
        return {"jobs": [{name: line[name] for name in names} for line in (_line(job, me, now()) for job in listed)]}

    @expose("/cancel/", methods=("POST",))
    def cancel_view(self):
        try:
            with transaction() as session:
                job = jobs.cancel(session, request.form.get("id", ""), actor(), now())
                title, is_over = job.title, job.status is JobStatus.CANCELLED
            flash(f"已取消“{title}”" if is_over else f"正在取消“{title}”，做完手头这一步就停下", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(url_for(".index_view", all=request.form.get("all") or None))

    @expose("/file/")
    def file_view(self):
        job, path = jobs.result_file(db.session, request.args.get("id", ""), actor(), now(), folder() / "kept")
        return kept_file(path, job.file_name)


def _requests(me: Actor) -> list[dict]:
    """One's own requests for large exports that wait or were declined."""
    return [
        {"title": r.title, "status": r.status.label, "tone": "bad" if r.status is RequestStatus.DECLINED else "info",
         "time": text(r.requested_at), "note": r.note or "", "who": r.decided_by.name if r.decided_by else ""}
        for r in export_flow.own(db.session, me)
    ]  # fmt: skip


def kept_file(path, file_name: str) -> Response:
    """A file from disk under its Chinese name, sent piece by piece."""
    response = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name="file", max_age=0)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name)}"
    return response


def _progress(job: Job) -> str:
    if job.status is JobStatus.RUNNING and job.is_unwanted:
        return "正在取消"
    done = jobs.done_count(job, folder())
    if job.total_count:
        return f"{done:,} / {job.total_count:,}"
    return f"{done:,}" if done else ""


def _line(job: Job, me: Actor, at: datetime) -> dict:
    has_file = job.file_name is not None and job.expires_at > at and jobs.is_own(job, me)
    is_open = job.status in jobs.OPEN
    return {
        "id": job.id, "title": job.title, "status": job.status.value, "label": job.status.label, "tone": _TONES[job.status],
        "progress": _progress(job), "done": jobs.done_count(job, folder()), "total": job.total_count, "is_open": is_open,
        "problem": job.problem or "", "who": job.requested_by.name if job.requested_by else "系统",
        "time": text(job.requested_at), "took": _took(job), "file_name": job.file_name if has_file else None,
        "file_url": url_for("jobs.file_view", id=job.id) if has_file else None,
        "until": text(job.expires_at) if has_file else "", "may_cancel": is_open and not job.is_unwanted,
        "page_url": (job.result or {}).get("url") if jobs.is_own(job, me) else None,
        "sentence": (job.result or {}).get("sentence", ""),
    }  # fmt: skip


def _took(job: Job) -> str:
    if not (job.started_at and job.finished_at):
        return ""
    seconds = (job.finished_at - job.started_at).total_seconds()
    return f"用时{seconds:.0f}秒" if seconds < 120 else f"用时{seconds / 60:.0f}分钟"
