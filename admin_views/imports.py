"""Imports: columns, preview, errors, confirmation, undoing, and the history of all of them."""

from __future__ import annotations

import io

from flask import current_app, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import sheets
from formats.faults import column_letters
from models import Entity
from models.codes import JobStatus
from models.job import Job
from models.roster_import import RosterImport
from services.background import jobs
from services.rosters import imports
from services.access import Permission
from services.errors import Conflict, Missing, Refused
from services.showing import text

from .acting import actor
from .attachments import download
from .base import CustomView
from .importing import XLSX, folder, state_of, upload_page
from .background import begun
from .jobs import kept_file

_SHOWN_PROBLEMS = 200


class ImportsView(CustomView):
    """For everybody who may import anything; each sees the own imports, with permission those of all."""

    permission = "imports:view"
    group = "系统"

    def __init__(self):
        super().__init__(name="导入记录", endpoint="imports")

    def is_accessible(self) -> bool:
        me = actor()
        return me.user_id is not None and (me.may(Permission.IMPORTS) or any(p.endswith(":import") for p in me.permissions))

    @expose("/")
    def index_view(self):
        me = actor()
        if "id" in request.args:
            return self._page(imports.find(db.session, request.args.get("id", ""), me))
        everyone = bool(request.args.get("all"))
        rows = [_line(kept) for kept in imports.listed(db.session, me, everyone)]
        return self.render(
            "admin/imports.html", rows=rows, everyone=everyone,
            tabs=[("我的", url_for(".index_view"), not everyone), ("所有人的", url_for(".index_view", all=1), everyone)]
            if me.may(Permission.IMPORTS) else [],
        )  # fmt: skip

    def _page(self, kept: RosterImport, sentence: str = "", status: int = 200):
        me, job = actor(), _job_of(kept)
        is_busy = job is not None and job.status in jobs.OPEN
        layout = imports.layout_of(kept.roster)
        is_own = imports.is_own(kept, me)
        is_open = is_own and not is_busy and kept.applied_at is None and kept.removed_at is None
        page = "admin/import_page.html"
        return self.render(
            page, heading=f"导入{kept.roster_label}", kept=kept, sentence=sentence, is_own=is_own, is_busy=is_busy, is_open=is_open,
            state=state_of(kept), facts=self._facts(kept), job_problem=_problem(job), state_url=url_for(".state_view", id=kept.id),
            job={"done": job.done_count, "total": job.total_count, "title": job.title} if is_busy else None,
            matching=self._matching(kept, layout) if is_open and kept.shape else None,
            preview=_preview(kept) if is_own and kept.applied_at is None else None,
            left=kept.left or [] if is_own else [], again_url=self._again(kept, layout), list_url=self._list_url(kept, layout),
            file_url=url_for(".file_view", id=kept.id) if kept.removed_at is None else None,
            may_undo=is_own and not is_busy and kept.applied_at is not None and kept.undone_at is None,
        ), status  # fmt: skip

    @staticmethod
    def _facts(kept: RosterImport) -> list[tuple[str, str]]:
        facts = [("文件", kept.file_name), ("导入人", kept.user.name), ("上传时间", text(kept.uploaded_at)), ("大小", f"{max(kept.byte_count // 1024, 1):,} KB")]
        if kept.sheet:
            facts.append(("工作表", kept.sheet))
        if kept.applied_at:
            facts.append(("导入时间", text(kept.applied_at)))
        if kept.undone_at:
            facts.append(("撤销时间", text(kept.undone_at)))
        if kept.removed_at:
            facts.append(("原文件", "已过保留期限并删除"))
        return facts

    @staticmethod
    def _matching(kept: RosterImport, layout) -> dict:
        """The columns of the sheet, each with what it may be."""
        shape, columns = kept.shape, kept.columns or {}
        needed, wanted = layout.missing(db.session, list(columns.values()))
        lines = [
            {"column": number, "letters": column_letters(number), "label": label or "（没有列名）",
             "samples": [str(sample) for sample in shape["samples"][number]], "chosen": columns.get(str(number), "")}
            for number, label in enumerate(shape["labels"]) if label or shape["samples"][number]
        ]  # fmt: skip
        return {
            "lines": lines, "options": layout.options(db.session), "needed": needed, "wanted": wanted,
            "sheets": shape["sheets"], "hidden_sheets": shape["hidden_sheets"],
            "unused": [line["label"] for line in lines if not line["chosen"]],
        }  # fmt: skip

    @staticmethod
    def _again(kept: RosterImport, layout) -> str | None:
        if kept.roster in imports.LAYOUTS:
            return url_for(".wide_view", what=kept.roster)
        view = current_app.extensions["entity_views"][layout.entity.__name__]
        return view.link("import_view") if view.may("import") else None

    @staticmethod
    def _list_url(kept: RosterImport, layout) -> str | None:
        view = current_app.extensions["entity_views"][layout.entity.__name__]
        if not kept.applied_at or not view.may("view"):
            return None
        is_narrow = issubclass(layout.entity, Entity) and (kept.add_count or kept.change_count) and not kept.undone_at
        return view.link(changed_since=kept.applied_at.isoformat()) if is_narrow else view.link()

    # ---- what the page asks for ---------------------------------------------------------

    @expose("/state/")
    def state_view(self):
        """How far the work is, for the script that waits."""
        kept = imports.find(db.session, request.args.get("id", ""), actor())
        job = _job_of(kept)
        if job is None:
            return {"is_open": False, "done": 0, "total": 0}
        return {"is_open": job.status in jobs.OPEN, "is_running": job.status is JobStatus.RUNNING, "done": job.done_count, "total": job.total_count or 0}

    def _do(self, act):
        """Run one answer of the page; what is refused is said on the page again."""
        import_id = request.form.get("id", "")
        try:
            with transaction() as session:
                act(session, imports.own(session, import_id, actor()))
            return redirect(url_for(".index_view", id=import_id))
        except Missing:
            raise
        except Refused as no:
            return self._page(imports.find(db.session, import_id, actor()), no.sentence, 409 if isinstance(no, Conflict) else 422)

    @expose("/match/", methods=("POST",))
    def match_view(self):
        form = request.form

        def act(session, kept):
            place = None if form.get("sheet", kept.sheet) != kept.sheet else (_number(form.get("heading_row")), _number(form.get("heading_rows")))
            row, rows = place or (None, None)
            chosen = {int(name[7:]): value for name, value in form.items() if name.startswith("column_") and name[7:].isdecimal()}
            imports.match(session, kept, form.get("sheet", kept.sheet or ""), row, rows, chosen, actor(), now())

        return self._do(act)

    @expose("/confirm/", methods=("POST",))
    def confirm_view(self):
        form = request.form
        return self._do(lambda session, kept: imports.confirm(
            session, kept, form.get("digest", ""), form.get("sha256", ""), bool(form.get("takes_conflicts")),
            bool(form.get("skips_errors")), actor(), now(),
        ))  # fmt: skip

    @expose("/undo/", methods=("POST",))
    def undo_view(self):
        return self._do(lambda session, kept: imports.ask_undo(session, kept, actor(), now()))

    @expose("/errors/", methods=("POST",))
    def errors_view(self):
        """Ask for the workbook with the wrong cells marked; it comes as a file of a job."""
        with transaction() as session:
            kept = imports.own(session, request.form.get("id", ""), actor())
            return begun(imports.ask_marked(session, kept, actor(), now()))

    @expose("/file/")
    def file_view(self):
        """The file as it was handed in: for whoever handed it in, and those who may see all; noted in the access log."""
        kept = imports.find(db.session, request.args.get("id", ""), actor())
        path, name = imports.path_of(folder(), kept), kept.file_name
        with transaction() as session:
            imports.fetched(session, kept, "原文件")
        return kept_file(path, name)

    # ---- sheets that fill several rosters -----------------------------------------------

    @expose("/wide/<what>/", methods=("GET", "POST"))
    def wide_view(self, what: str):
        layout = _wide(what)
        layout.require(actor(), ["import"])
        return upload_page(self, layout, url_for(".wide_template_view", what=what), url_for("household.index_view"))

    @expose("/wide/<what>/template/")
    def wide_template_view(self, what: str):
        layout = _wide(what)
        layout.require(actor(), ["import"])
        buffer = io.BytesIO()
        sheets.template(buffer, title=layout.label, columns=layout.template(db.session, actor()))
        return download(buffer.getvalue(), f"{layout.label}导入模板.xlsx", XLSX)


def _wide(what: str):
    if what not in imports.LAYOUTS:
        raise Missing("没有这种表格")
    return imports.LAYOUTS[what]


def _number(words: str | None) -> int | None:
    return int(words) if words and words.isdecimal() and 1 <= int(words) <= 15 else None


def _job_of(kept: RosterImport) -> Job | None:
    return db.session.get(Job, (kept.subdistrict_id, kept.job_id)) if kept.job_id else None


def _problem(job: Job | None) -> str:
    return (job.problem or "") if job is not None and job.status in (JobStatus.FAILED, JobStatus.CANCELLED) else ""


def _preview(kept: RosterImport) -> dict | None:
    if kept.preview is None:
        return None
    problems = kept.preview["problems"]
    return {
        "lines": kept.preview["lines"], "fields": kept.preview["fields"], "hidden_rows": kept.preview["hidden_rows"],
        "feet": kept.preview["feet"], "problem_count": len(problems),
        "problems": [
            {"address": address, "label": label, "value": value, "sentence": sentence}
            for _row, _column, address, label, value, sentence in problems[:_SHOWN_PROBLEMS]
        ],
    }  # fmt: skip


def _line(kept: RosterImport) -> dict:
    label, tone = state_of(kept)
    return {
        "url": url_for("imports.index_view", id=kept.id), "name": kept.file_name, "roster": kept.roster_label, "who": kept.user.name,
        "time": text(kept.uploaded_at), "state": label, "tone": tone,
        "counts": [kept.add_count, kept.change_count, kept.same_count, kept.error_count] if kept.digest else None,
    }  # fmt: skip
