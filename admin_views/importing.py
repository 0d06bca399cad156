"""The first step of an import on every roster: the template, and handing in a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from flask import current_app, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import sheets
from services import rosters
from services.rosters import imports
from services.errors import Refused
from services.rosters.layouts import Layout, RosterLayout
from services.showing import text

from .acting import actor
from .attachments import download

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PIECE = 1 << 20
ACCEPTED = ".xlsx,.xls,.et,.ods,.csv"


def folder() -> Path:
    """Where files that were handed in lie; the worker finds them there."""
    return current_app.config["CONSOLE"].instance / "jobs" / "imports"


def _pieces(stream) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def receive(layout: Layout):
    """Keep the file that was sent and go to its page; `Refused` when there is none."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused("请先选择要导入的文件")
    digest, size = imports.keep(folder(), _pieces(sent.stream))
    with transaction() as session:
        kept = imports.receive(session, layout, sent.filename, digest, size, actor(), now())
        import_id = kept.id
    return redirect(url_for("imports.index_view", id=import_id))


def upload_page(view, layout: Layout, template_url: str, cancel_url: str, wide: dict | None = None):
    """The page that takes a file for one kind of sheet."""
    sentence = ""
    if request.method == "POST":
        try:
            return receive(layout)
        except Refused as no:
            sentence = no.sentence
    me = actor()
    return view.render(
        "admin/import.html", heading=f"导入{layout.label}", sentence=sentence, accept=ACCEPTED, template_url=template_url, cancel_url=cancel_url,
        columns=layout.template(db.session, me), wide=wide, history_url=url_for("imports.index_view"),
        recent=[{"name": k.file_name, "url": url_for("imports.index_view", id=k.id), "time": text(k.uploaded_at), "state": state_of(k)[0]}
                for k in imports.listed(db.session, me, roster=layout.code)[:5]],
    ), 422 if sentence else 200  # fmt: skip


def state_of(kept) -> tuple[str, str | None]:
    """How far an import is, in words, with the tone of its badge."""
    if kept.undone_at:
        return "已撤销", "warn"
    if kept.applied_at:
        return "已导入", "ok"
    if kept.notice and not kept.digest:
        return "没有导入", "bad"
    return ("待确认", "info") if kept.digest else ("待核对", "info")


class Importing:
    """Mixed into `EntityView`."""

    @expose("/template/")
    def template_view(self):
        self.require("import")
        buffer = io.BytesIO()
        columns = rosters.columns_of(db.session, self.entity, actor=actor())
        sheets.template(buffer, title=self.entity.__label__, columns=columns)
        return download(buffer.getvalue(), f"{self.entity.__label__}导入模板.xlsx", XLSX)

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self):
        """Takes the file; reading, matching and writing go on at the page of the import."""
        self.require("import")
        wide = None
        for code, layout in imports.LAYOUTS.items():
            if layout.entity is self.entity:
                wide = {"label": layout.label, "url": url_for("imports.wide_view", what=code)}
        return upload_page(self, RosterLayout(self.entity), self.link("template_view"), self.link(), wide)
