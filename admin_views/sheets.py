"""Excel on every list: export of what is on screen, template, import."""

from __future__ import annotations

import io

from flask import flash, redirect, request
from flask_admin import expose

from extensions import db, now, transaction
from formats import reading, sheets
from models import Entity
from models.codes import AccessKind
from services import audit, rosters
from services.access import Permission
from services.errors import Refused
from services.listing import COUNT_CAP, Listing
from services.showing import LOCAL

from .acting import actor
from .attachments import download

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Sheets:
    """Mixed into `EntityView`."""

    @expose("/export/", methods=("GET", "POST"))
    def export_view(self):
        """Asks which columns; the same query, scope and masks as the screen."""
        self.require("export")
        me = actor()
        query = self._query(request.args.to_dict(flat=False))
        listing = Listing(db.session, self.entity, me)
        if request.method == "GET":
            return self.render(
                "admin/export.html", heading=f"导出{self.entity.__label__}", post_url=request.full_path,
                count=_count(listing.count(query)), chips=self._chips(query, request.args.to_dict(flat=False)),
                columns=[{"name": d.name, "label": d.label, "is_chosen": d.name in (query.columns or self.listed())} for d in self.exportable()],
                may_clear=me.may(Permission.EXPORT_CLEAR) and any(d.is_personal for d in self.exportable()),
                cancel_url=self.link(),
            )  # fmt: skip
        chosen = [d for d in self.exportable() if d.name in request.form.getlist("columns")]
        if not chosen:
            raise Refused("请至少选择一列再导出")
        is_clear = bool(request.form.get("clear"))
        reason = request.form.get("reason", "").strip()
        if is_clear:
            me.require(Permission.EXPORT_CLEAR)
            if len(reason) < 2:
                raise Refused("明文导出请写明事由，例如“上报浏阳市委政法委”")
        return self._export(listing, query, chosen, is_clear, reason)

    def _export(self, listing, query, chosen, is_clear: bool, reason: str):
        me = listing.actor
        at = now().astimezone(LOCAL)
        kind = f"明文导出，事由：{reason}；" if is_clear else ""
        words = "；".join(chip["label"] for chip in self._chips(query, {})) or "全部"
        buffer = io.BytesIO()
        rows = listing.every_line(query, [d.name for d in chosen], self.words, is_clear=is_clear)
        count = sheets.write(
            buffer, title=self.entity.__label__, columns=[sheets.column_of(d) for d in chosen],
            rows=rows,
            note=f"{me.name} {at:%Y-%m-%d %H:%M} 导出；{kind}范围：{words}",
            is_masked=not is_clear and any(d.is_personal for d in chosen),
        )  # fmt: skip
        with transaction() as session:
            audit.accessed(
                session, AccessKind.EXPORT_CLEAR if is_clear else AccessKind.EXPORT, entity=self.entity,
                detail=words[:200], count=count, reason=reason[:200] or None,
            )  # fmt: skip
        return download(buffer.getvalue(), f"{self.entity.__label__}_{at:%Y%m%d_%H%M}.xlsx", XLSX)

    @expose("/template/")
    def template_view(self):
        self.require("import")
        buffer = io.BytesIO()
        columns = rosters.columns_of(db.session, self.entity, actor=actor())
        sheets.template(buffer, title=self.entity.__label__, columns=columns)
        return download(buffer.getvalue(), f"{self.entity.__label__}导入模板.xlsx", XLSX)

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self):
        """Reads, plans and, when no row is wrong, applies the whole sheet in one transaction."""
        self.require("import")
        me, result = actor(), None
        if request.method == "POST":
            sent = request.files.get("file")
            try:
                if sent is None or not sent.filename:
                    raise Refused("请先选择要导入的文件")
                table = reading.read(sent.read(), sent.filename)
                at = now()
                with transaction() as session:
                    plan = rosters.plan(session, self.entity, table, me, at)
                    for action in [*(["create"] if plan.add else []), *(["edit"] if plan.change else [])]:
                        self.require(action)
                    if not plan.errors:
                        rosters.apply(session, self.entity, plan, me, at)
                result = _result(plan)
                if not plan.errors:
                    flash(f"导入完成：新增{result['counts']['add']}条，修改{result['counts']['change']}条，相同{result['counts']['same']}条", "success")
                    return redirect(self._imported(plan))
            except (Refused, reading.Unreadable) as no:
                result = {"sentence": no.sentence, "counts": None, "errors": _row_errors(getattr(no, "rows", []))}
        return self.render(
            "admin/import.html", heading=f"导入{self.entity.__label__}", result=result,
            template_url=self.link("template_view"), cancel_url=self.link(),
            columns=rosters.columns_of(db.session, self.entity, actor=me),
        ), 422 if result else 200  # fmt: skip

    def _imported(self, plan) -> str:
        """The list of what an import has just written; the short shared lists are shown as they are."""
        if not (plan.add or plan.change) or not issubclass(self.entity, Entity):
            return self.link()
        return self.link(changed_since=db.session.info["now"].isoformat())


def _count(count: int) -> str:
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def _result(plan) -> dict:
    return {
        "sentence": f"有{len(plan.errors)}处需要改正，整张表都没有导入。请改好后重新上传" if plan.errors else "",
        "counts": {"add": len(plan.add), "change": len(plan.change), "same": plan.same},
        "errors": _row_errors(plan.errors),
    }  # fmt: skip


def _row_errors(errors) -> list[dict]:
    return [
        {"row": e.row_number, "column": e.column_label, "value": e.value_masked, "sentence": e.sentence}
        for e in list(errors)[:200]
    ]  # fmt: skip
