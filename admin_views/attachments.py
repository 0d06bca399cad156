"""Files on a record's page: upload and download, both through the record."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, request
from flask_admin import expose

from extensions import db, transaction
from formats import files
from models.attachment import Attachment
from services.keeping import attachments
from services.lists import lookups
from services.errors import Denied, Missing, Refused
from services.showing import text

from . import guard
from .acting import actor

MOST_FOR_THUMBNAIL = 4 * 1024 * 1024  # a thumbnail is the picture itself, only drawn small
# Browsers style the page they make around a bare picture; nothing else is loaded or run.
SHOWN = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def folder() -> Path:
    return current_app.config["CONSOLE"].instance / "files"


class Attached:
    """Mixed into the views of entities that carry files."""

    def may_attach(self) -> bool:
        return self.can_change()

    def _attachments(self, row) -> dict | None:
        guard.allow_frames()
        return {
            "rows": [
                {"id": a.id, "name": a.file_name, "size": _size(a.byte_count), "time": text(a.created_at),
                 "who": a.added_by.name if a.added_by else "", "purpose": a.purpose,
                 "url": self.link("file_view", id=row.id, file=a.id),
                 "shown_as": files.SHOWN_AS.get(a.media_type), "has_thumbnail": a.byte_count <= MOST_FOR_THUMBNAIL,
                 "show_url": self.link("show_file_view", id=row.id, file=a.id),
                 "remove_url": self.link("remove_file_view", id=row.id, file=a.id) if self.can_change() else None}
                for a in attachments.of(db.session, row)
            ],
            "upload_url": self.link("upload_view", id=row.id) if self.may_attach() else None,
            "help": f"每个文件不超过{attachments.most_bytes(db.session) // 1024**2}兆",
        }  # fmt: skip

    @expose("/upload/", methods=("POST",))
    def upload_view(self):
        row = self.find(request.args.get("id"))
        if not self.may_attach():
            raise Denied("您的角色不能给这条记录上传附件；如工作需要，请联系安全管理员开通")
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
        return redirect(self._files_of(row))

    def _files_of(self, row) -> str:
        return f"{self.link('details_view', id=row.id)}#attachments"

    def _read(self) -> tuple[Attachment, bytes]:
        """The file that the address names, found through the record that it names."""
        row = self.find(request.args.get("id"))
        kept = attachments.find(db.session, row, request.args.get("file", ""))
        path = files.where(folder(), kept.sha256)
        if not path.exists():
            raise Missing("文件不在存放目录里，请联系系统管理员从备份恢复")
        return kept, path.read_bytes()

    @expose("/file/")
    def file_view(self):
        kept, content = self._read()
        return download(content, kept.file_name, kept.media_type)

    @expose("/file/show/")
    def show_file_view(self):
        kept, content = self._read()
        shown_as = files.SHOWN_AS.get(kept.media_type)
        if shown_as is None:
            raise Missing("这种文件不能在页面上查看，请下载后打开")
        if shown_as == "text":
            content = files.beginning(content).encode()
        return inline(content, kept.file_name, kept.media_type)

    @expose("/file/remove/", methods=("GET", "POST"))
    def remove_file_view(self):
        """Asks on a page of its own, so that no script is needed for the question."""
        self.require("edit")
        row = self.find(request.values.get("id"))
        kept = attachments.find(db.session, row, request.values.get("file", ""))
        if request.method == "POST":
            with transaction() as session:
                name = attachments.remove(session, row, kept.id)
            flash(f"已删除附件“{name}”", "success")
            return redirect(self._files_of(row))
        facts = [("文件", kept.file_name), ("用途", kept.purpose), ("大小", _size(kept.byte_count)), ("上传时间", text(kept.created_at))]
        return self.render(
            "admin/confirm.html", heading="删除附件", sentence=f"确定从“{lookups.label_of(row, actor())}”删除这个附件吗？删除会记入操作日志。",
            facts=[{"label": label, "text": value} for label, value in facts if value],
            post_url=self.link("remove_file_view"), cancel_url=self._files_of(row), button_label="确定删除",
            hidden=[("id", row.id), ("file", kept.id)],
        )  # fmt: skip


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(count // 1024, 1)} KB"


def download(content: bytes, file_name: str, media_type: str) -> Response:
    """A file under its Chinese name; browsers save it and never run it."""
    return Response(
        content, mimetype=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}"},
    )  # fmt: skip


def inline(content: bytes, file_name: str, media_type: str) -> Response:
    """A file to look at in our own pages: it may load, run and send nothing."""
    response = Response(content, content_type=f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type)
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(file_name)}"
    response.headers["Content-Security-Policy"] = SHOWN
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
