"""Export of what is on screen: at once, by the worker, or after a second person's leave."""

from __future__ import annotations

import hashlib
import io

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from services.lists import exports
from services.access import Permission
from services.errors import Refused
from services.lists.exports import Export

from .acting import actor
from .attachments import download
from .background import begun

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Sheets:
    """Mixed into `EntityView`."""

    @expose("/export/", methods=("GET", "POST"))
    def export_view(self):
        """Asks which columns; the same query, scope and masks as the screen."""
        self.require("export")
        args = request.args.to_dict(flat=False)
        query = self._query(args)
        scope = "；".join(chip["label"] for chip in self._chips(query, args)) or "全部"
        wanted = Export(
            self.slug, args, tuple(request.form.getlist("columns")), bool(request.form.get("clear")),
            request.form.get("format") == "csv", " ".join(request.form.get("reason", "").split())[:200], scope,
        )  # fmt: skip
        problem = ""
        if request.method == "POST":
            try:
                return handed_out(wanted)
            except Refused as no:
                problem = no.sentence
                db.session.rollback()
        return self._ask(wanted, query, args, problem), 422 if problem else 200

    def _ask(self, wanted: Export, query, args: dict, problem: str):
        me, described = actor(), {d.name: d for d in self.exportable()}
        first = [name for name in (wanted.columns or query.columns or self.listed()) if name in described]
        names = [*first, *(name for name in described if name not in first)]
        count = wanted.count(db.session, me, now())
        has_personal = any(d.is_personal for d in described.values())
        return self.render(
            "admin/export.html", heading=f"导出{self.entity.__label__}", post_url=request.full_path, count=count, problem=problem,
            chips=self._chips(query, args), cancel_url=self.link(), wanted=wanted,
            columns=[{"name": name, "label": described[name].label, "is_chosen": name in first} for name in names],
            may_clear=me.may(Permission.EXPORT_CLEAR) and has_personal, has_personal=has_personal,
            most=exports.most_without_leave(db.session, Export(self.slug, {}, ())),
            most_clear=exports.most_without_leave(db.session, Export(self.slug, {}, (), is_clear=True)),
            is_long=count > exports.AT_ONCE,
        )  # fmt: skip


def handed_out(wanted: Export):
    """Any export: the file at once, or the way to the job that makes it, or to the person who must agree."""
    me, at = actor(), now()
    wanted.labels(db.session, me)
    count = wanted.count(db.session, me, at)
    if count > exports.most_without_leave(db.session, wanted):
        with transaction() as session:
            exports.ask(session, wanted, me, at, count)
        flash("已提交审批。有审批权限的同事同意后，后台会生成文件，到这里下载", "success")
        return redirect(url_for("jobs.index_view"))
    if count > exports.AT_ONCE:
        with transaction() as session:
            answer = begun(exports.begin(session, wanted, me, at, count))
        return answer
    file = io.BytesIO()
    written = exports.write(db.session, wanted, me, at, file)
    content = file.getvalue()
    with transaction() as session:
        exports.log(session, wanted, written, hashlib.sha256(content).hexdigest())
    return download(content, wanted.file_name(at), "text/csv" if wanted.is_csv else XLSX)
