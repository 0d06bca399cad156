"""Excel on every list: export of what is on screen."""

from __future__ import annotations

import io

from flask import request
from flask_admin import expose

from extensions import db, now, transaction
from formats import sheets
from models.codes import AccessKind
from services import audit
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


def _count(count: int) -> str:
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"
