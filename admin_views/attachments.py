"""Files on a record's page: upload and download, both through the record."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, request
from flask_admin import expose

from extensions import db, transaction
from formats import files
from services import attachments
from services.errors import Missing, Refused
from services.showing import text

from .acting import actor

def folder() -> Path:
    return current_app.config["CONSOLE"].instance / "files"


class Attached:
    """Mixed into the views of entities that carry files."""

    def _attachments(self, row) -> dict | None:
        return {
            "rows": [
                {"name": a.file_name, "size": _size(a.byte_count), "time": text(a.created_at),
                 "who": a.added_by.name if a.added_by else "", "purpose": a.purpose,
                 "url": self.link("file_view", id=row.id, file=a.id)}
                for a in attachments.of(db.session, row)
            ],
            "upload_url": self.link("upload_view", id=row.id) if self.may("edit") or self.may("view") else None,
            "help": f"每个文件不超过{attachments.most_bytes(db.session) // 1024**2}兆",
        }  # fmt: skip

    @expose("/upload/", methods=("POST",))
    def upload_view(self):
        row = self.find(request.args.get("id"))
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Refused("请先选择文件", field="file")
            with transaction() as session:
                attachments.attach(
                    session, folder(), row, sent.filename, sent.read(attachments.most_bytes(session) + 1),
                    request.form.get("purpose", ""), actor(),
                )  # fmt: skip
            flash("文件已保存", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self.link("details_view", id=row.id))

    @expose("/file/")
    def file_view(self):
        row = self.find(request.args.get("id"))
        kept = attachments.find(db.session, row, request.args.get("file", ""))
        path = files.where(folder(), kept.sha256)
        if not path.exists():
            raise Missing("文件不在存放目录里，请联系系统管理员从备份恢复")
        return download(path.read_bytes(), kept.file_name, kept.media_type)


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(count // 1024, 1)} KB"


def download(content: bytes, file_name: str, media_type: str) -> Response:
    """A file under its Chinese name; browsers save it and never run it."""
    return Response(
        content, mimetype=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}"},
    )  # fmt: skip
