"""Templates of papers: download, an office's own version in place of the shipped one, and back again."""

from __future__ import annotations

import io

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import files, papers as words, sheets
from formats.paper_checks import MOST_BYTES
from formats.sheets import SheetColumn
from services.paperwork import paper_samples, paper_templates
from services.access import Permission
from services.errors import Refused
from services.paperwork.paper_kinds import PAPERS
from services.showing import text

from .acting import actor
from .attachments import download
from .base import CustomView


class PaperTemplatesView(CustomView):
    permission = Permission.PAPER_TEMPLATE
    group = "系统"

    def __init__(self):
        super().__init__(name="文书模板", endpoint="paper_templates")

    @expose("/")
    def index_view(self):
        own = {row.paper: row for row in paper_templates.versions(db.session)}
        sections: dict[str, list] = {}
        for kind in PAPERS.values():
            row = own.get(kind.key)
            sections.setdefault(kind.section, []).append({
                "url": url_for(".template_page", key=kind.key),
                "cells": [kind.name, "、".join(k.label for k in kind.kinds_in_order), f"本街道第{row.number}版" if row else "随附模板",
                          text(row.created_at) if row else ""],
            })  # fmt: skip
        return self.render("admin/paper_templates.html", sections=[{"title": t, "rows": rows} for t, rows in sections.items()])

    @expose("/paper/", methods=("GET", "POST"))
    def template_page(self):
        """One paper's template with its versions; posting a file puts it in place."""
        kind, errors, status = paper_templates.kind_of(request.args.get("key", "")), [], 200
        if request.method == "POST":
            sent = request.files.get("file")
            try:
                if sent is None or not sent.filename:
                    raise Refused("请先选择模板文件", field="file")
                with transaction() as session:
                    content = sent.read(MOST_BYTES + 1)
                    row = paper_templates.upload(session, kind.key, sent.filename, content, request.form.get("note", ""), actor(), now())
                    number = row.number
                flash(f"“{kind.name}”已改用本街道第{number}版模板", "success")
                return redirect(url_for(".template_page", key=kind.key))
            except Refused as no:
                errors, status = [no.sentence], 422
        return self.render("admin/paper_template.html", errors=errors, note=request.form.get("note", ""), **self._page(kind)), status

    @staticmethod
    def _page(kind) -> dict:
        rows = paper_templates.versions(db.session, kind.key)
        return {
            "kind": {"name": kind.name, "key": kind.key}, "is_own": any(row.is_active for row in rows),
            "versions": [
                {"number": row.number, "file_name": row.file_name, "note": row.note, "who": row.added_by.name if row.added_by else "系统",
                 "time": text(row.created_at), "is_active": row.is_active, "url": url_for(".download_view", key=kind.key, number=row.number)}
                for row in rows
            ],
            "shipped_url": url_for(".download_view", key=kind.key, number=0), "sample_url": url_for(".sample_view", key=kind.key),
            "use_url": url_for(".use_view", key=kind.key), "fields_url": url_for(".fields_view"),
            "field_count": len(list(paper_samples.fields())),
            "trail": [{"label": kind.name, "url": None}],
        }  # fmt: skip

    @expose("/download/")
    def download_view(self):
        """A version as it is, to be changed in Word; number 0 is the shipped one."""
        kind, number = paper_templates.kind_of(request.args.get("key", "")), request.args.get("number", "0")
        template = paper_templates.version(db.session, kind.key, int(number) if number.isdecimal() and len(number) < 7 else 0)
        name = f"模板_{kind.name}_{f'第{template.number}版' if template.number else '随附'}.docx"
        return download(template.content, name, words.MEDIA_TYPE)

    @expose("/sample/")
    def sample_view(self):
        """The template in use filled in with invented data."""
        kind = paper_templates.kind_of(request.args.get("key", ""))
        try:
            content = paper_templates.current(db.session, kind.key).fill(paper_samples.SAMPLE)
        except words.BadTemplate as no:
            flash(no.sentence, "error")
            return redirect(url_for(".template_page", key=kind.key))
        return download(content, f"样张_{kind.name}.docx", words.MEDIA_TYPE)

    @expose("/fields/")
    def fields_view(self):
        """Every field a template may use, as a sheet to keep open beside Word."""
        target = io.BytesIO()
        columns = [SheetColumn("模板里的写法", 44), SheetColumn("例子", 36)]
        sheets.write(target, title="字段表", columns=columns, portions=sheets.portions(paper_samples.fields()), note="例子都是虚构的", is_masked=False)
        return download(target.getvalue(), "文书模板字段表.xlsx", files.TYPES[".xlsx"][0])

    @expose("/use/", methods=("POST",))
    def use_view(self):
        """Use an earlier version, or the shipped template (number 0), from now on."""
        kind, number = paper_templates.kind_of(request.args.get("key", "")), request.form.get("number", "")
        if not number.isdecimal() or len(number) > 6:
            raise Refused("请从列表中选择要使用的版本", field="number")
        with transaction() as session:
            if int(number):
                paper_templates.activate(session, kind.key, int(number), actor())
            else:
                paper_templates.restore(session, kind.key, actor())
        flash(f"“{kind.name}”已改用第{number}版模板" if int(number) else f"“{kind.name}”已恢复随附模板，原来的版本还在", "success")
        return redirect(url_for(".template_page", key=kind.key))
