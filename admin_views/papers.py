"""Papers of a case: the page that lists them, making, downloading, scans, the whole dossier as one file."""

from __future__ import annotations

import tempfile

from flask import flash, redirect, request, send_file, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import papers as words, pdf
from models.case import Case
from services.keeping import attachments
from services.paperwork import dossiers, paper_templates, papers
from services.access import Permission
from services.errors import Denied, Missing, Refused
from services.showing import text

from .acting import actor
from .attachments import download, folder

_NO_PDF = "没有转换成 PDF，请下载 Word 文件后另存为 PDF"


class Papers:
    """Mixed into the view of cases, whose scope is the papers' scope."""

    def _paper_case(self) -> Case:
        actor().require(Permission.PAPER)
        return self.find(request.args.get("id"))

    def _papers_of(self, row: Case, anchor: str = "") -> str:
        return self.link("papers_view", id=row.id) + (f"#{anchor}" if anchor else "")

    @expose("/papers/")
    def papers_view(self):
        row = self._paper_case()
        return self.render("admin/papers.html", **self._paper_page(row))

    def _paper_page(self, row: Case) -> dict:
        dossier = dossiers.of(db.session, row)
        checks = papers.checks(db.session, row)
        return {
            "heading": f"文书和卷宗 — {row.case_no}", "case": {"no": row.case_no, "subject": row.subject},
            "trail": [{"label": row.case_no, "url": self.link("details_view", id=row.id)}, {"label": "文书和卷宗", "url": None}],
            "sections": self._paper_sections(row), "checks": [_check(check) for check in checks],
            "missing": [check.item.name for check in checks if check.is_missing],
            "items": [check.item.name for check in checks if not check.item.is_bound],
            "make_url": self.link("make_paper_view", id=row.id), "scan_url": self.link("scan_view", id=row.id),
            "bind_url": self.link("bind_view", id=row.id), "help": f"每个文件不超过{attachments.most_bytes(db.session) // 1024**2}兆",
            "dossier": self._dossier(row, dossier), "case_url": self.link("details_view", id=row.id),
        }  # fmt: skip

    def _paper_sections(self, row: Case) -> list[dict]:
        has_pdf, found = pdf.program() is not None, {}
        for number, line in enumerate(papers.lines(db.session, row)):
            found.setdefault(line.kind.section, []).append({
                "number": number, "key": line.kind.key, "subject": line.subject.id, "name": line.kind.name, "label": line.label,
                "is_stale": line.is_stale,
                "versions": [
                    {"number": v.number, "time": text(v.made_at), "who": v.made_by.name if v.made_by else "系统",
                     "url": self.link("paper_view", id=row.id, paper=v.id),
                     "pdf_url": self.link("paper_pdf_view", id=row.id, paper=v.id) if has_pdf else None}
                    for v in line.versions
                ],
            })  # fmt: skip
        return [{"title": title, "rows": rows} for title, rows in found.items()]

    def _dossier(self, row: Case, dossier) -> dict:
        may_edit = self.can_change()
        if dossier is None:
            url = url_for("dossier.create_view", case=row.id) if may_edit else None
            return {"facts": [], "url": url, "label": "立卷"}
        facts = (("卷号", dossier.dossier_no), ("保管期限", dossier.retention.label), ("立卷日期", text(dossier.filed_on)), ("本卷页数", text(dossier.page_count)))
        return {
            "facts": [{"label": label, "text": value} for label, value in facts],
            "url": url_for("dossier.edit_view", id=dossier.id) if may_edit else None, "label": "修改卷宗信息",
        }  # fmt: skip

    @expose("/papers/make/", methods=("POST",))
    def make_paper_view(self):
        row = self._paper_case()
        key, wanted = request.form.get("paper", ""), request.form.get("subject", "")
        try:
            subject = self._subject(row, key, wanted)
            with transaction() as session:
                made = papers.make(session, subject, key, actor(), now())
                sentence = f"已生成“{made.name}”第{made.number}版，可以下载"
            flash(sentence, "success")
        except Refused as no:
            if isinstance(no, Denied | Missing):
                raise
            flash(no.sentence, "error")
        return redirect(self._papers_of(row, f"paper-{key}" if key in papers.KEYS else ""))

    @staticmethod
    def _subject(row: Case, key: str, wanted: str):
        """What the paper is about, out of what the page offers for this very case."""
        for line in papers.offered(db.session, row, key):
            if line.id == (wanted or row.id):
                return line
        raise Missing("没有找到这份文书的对象，请刷新页面后再生成")

    @expose("/papers/file/")
    def paper_view(self):
        row = self._paper_case()
        with transaction() as session:
            paper, content = papers.read(session, row, request.args.get("paper", ""), actor())
            name = paper.file_name
        return download(content, name, words.MEDIA_TYPE)

    @expose("/papers/pdf/")
    def paper_pdf_view(self):
        row = self._paper_case()
        with transaction() as session:
            paper, content = papers.read(session, row, request.args.get("paper", ""), actor())
            name = paper.file_name
        try:
            return download(pdf.of(content), name.removesuffix(".docx") + ".pdf", "application/pdf")
        except pdf.NoPdf:
            flash(_NO_PDF, "error")
            return redirect(self._papers_of(row))

    @expose("/papers/scan/", methods=("POST",))
    def scan_view(self):
        """A signed scan, kept as a file of the case under the name of its part of the dossier."""
        row = self._paper_case()
        sent, name = request.files.get("file"), request.form.get("item", "")
        try:
            if name not in [check.item.name for check in papers.checks(db.session, row)]:
                raise Refused("请先选择这份扫描件属于卷宗的哪一项", field="item")
            if sent is None or not sent.filename:
                raise Refused("请先选择文件", field="file")
            with transaction() as session:
                content = sent.read(attachments.most_bytes(session) + 1)
                attachments.attach(session, folder(), row, sent.filename, content, f"{name}{papers.SCAN}", actor())
            flash(f"已归入“{name}”", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self._papers_of(row, "checks"))

    @expose("/papers/dossier/", methods=("POST",))
    def bind_view(self):
        row = self._paper_case()
        target = tempfile.TemporaryFile()
        try:
            with transaction() as session:
                name = papers.bind(session, row, target, actor(), now())
        except Refused as no:
            flash(no.sentence, "error")
            return redirect(self._papers_of(row))
        target.seek(0)
        return send_file(target, "application/zip", as_attachment=True, download_name=name)


def paper_button(case_id: str | None, key: str) -> list[dict]:
    """The way from a record to its own paper on the page of its case, for who makes papers."""
    if case_id is None or not actor().may(Permission.PAPER):
        return []
    url = url_for("case.papers_view", id=case_id) + f"#paper-{key}"
    return [{"label": paper_templates.kind_of(key).name, "url": url, "is_primary": False, "method": "get", "confirm": None, "hint": ""}]


def paper_panel(case: Case) -> dict | None:
    """On the page of a case: the papers made last, what the dossier still lacks, the way to all of them."""
    if not actor().may(Permission.PAPER):
        return None
    return {
        "title": "文书和卷宗", "template": "admin/panels/papers.html", "missing": papers.missing(db.session, case),
        "tools": [{"label": "全部文书和卷宗", "url": url_for("case.papers_view", id=case.id)}],
        "rows": [
            {"name": " ".join(filter(None, (p.name, p.subject_label))), "url": url_for("case.paper_view", id=case.id, paper=p.id),
             "note": f"第{p.number}版 · {p.made_by.name if p.made_by else '系统'} · {text(p.made_at)}"}
            for p in papers.latest(db.session, case)
        ],
    }  # fmt: skip


def _check(check: papers.Check) -> dict:
    """One row of the completeness check in words."""
    if check.item.is_bound:
        state, tone = "整卷下载时自动生成", "muted"
    elif check.scans:
        state, tone = f"已归入{len(check.scans)}份扫描件", "ok"
    elif check.lacks_signature:
        state, tone = "已生成，待归入签字扫描件", "warn"
    elif check.made:
        state, tone = "已生成", "ok"
    else:
        state, tone = ("缺", "bad") if check.is_must else ("没有", "muted")
    return {"name": check.item.name, "is_must": check.is_must or check.item.is_bound, "state": state, "tone": tone}
