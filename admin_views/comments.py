"""Remarks on a record's page: reading them marks the own mentions as seen."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_admin import expose

from extensions import db, now, transaction
from services import colleagues
from services.keeping import comments
from services.errors import Refused
from services.showing import text

from .acting import actor


class Commented:
    """Mixed into `EntityView`. Whoever may see a record may remark on it."""

    def comments(self, row) -> dict | None:
        """The remarks on a record and where to add one; None where nobody may remark."""
        if not self.entity.__in_menu__:
            return None
        unseen = comments.unseen_of(db.session, row, actor())
        if unseen:
            with transaction() as session:
                comments.mark_seen(session, unseen, actor(), now())
        found = comments.of(db.session, row)
        return {
            "rows": [
                {"id": c.id, "who": c.author.name if c.author else "系统", "time": text(c.created_at), "body": c.body,
                 "is_new": c.id in unseen,
                 "take_back_url": self.link("take_back_view", id=row.id) if comments.may_take_back(c, actor(), now()) else None}
                for c in found
            ],
            "is_cut": len(found) == comments.SHOWN, "add_url": self.link("remark_view", id=row.id),
            "colleagues_url": self.link("colleagues_view", id=row.id), "most": comments.LONGEST,
            "typed": "", "chosen": [], "error": None,
        }  # fmt: skip

    @expose("/remark/", methods=("GET", "POST"))
    def remark_view(self):
        """Takes a remark. Opened as a page (after signing in anew) it leads to the record."""
        row = self.find(request.args.get("id"))
        here = self.link("details_view", id=row.id)
        if request.method == "GET" or not self.entity.__in_menu__:
            return redirect(f"{here}#remarks")
        body, chosen = request.form.get("body", ""), request.form.getlist("mentioned")
        try:
            with transaction() as session:
                added = comments.add(session, row, body, actor(), now(), chosen)
        except Refused as no:
            page = self.details(row)
            page["comments"] |= {"typed": body, "chosen": chosen, "error": no.sentence}
            return self.render("admin/details.html", **page), 422
        flash(f"备注已保存，已通知{'、'.join(added.told)}" if added.told else "备注已保存", "success")
        for sentence in added.notes:
            flash(sentence, "warning")
        return redirect(f"{here}#remarks")

    @expose("/take-back/", methods=("POST",))
    def take_back_view(self):
        row = self.find(request.args.get("id"))
        comment = comments.find(db.session, row, request.form.get("comment", ""))
        with transaction() as session:
            comments.take_back(session, row, comment, actor(), now())
        flash("备注已撤回", "success")
        return redirect(f"{self.link('details_view', id=row.id)}#remarks")

    @expose("/colleagues/")
    def colleagues_view(self):
        """Names and units of colleagues, for who is writing on a record that he or she may see."""
        self.find(request.args.get("id"))
        found = colleagues.suggest(db.session, request.args.get("query", "").strip()[:30], actor())
        return {"results": [{"id": c.id, "name": c.name, "unit": c.unit} for c in found]}
