"""Appeal codes: the picture and the link, a new one for a lost one, switching off, printing one."""

from __future__ import annotations

from flask import current_app, flash, redirect, request
from flask_admin import expose
from markupsafe import Markup

from extensions import db, now, transaction
from formats import plates as paper, qr
from models.door_code import DoorCode
from services.appeals import door_codes, open_places
from services.errors import Refused

from .acting import actor
from .base import EntityView


def public_url() -> str:
    """Where residents reach this console, without a final slash."""
    return (current_app.config["CONSOLE"].public_url or request.url_root).rstrip("/")


def link_of(code: DoorCode) -> str:
    """What the picture of a code says."""
    return f"{public_url()}/q/{code.token}"


class DoorCodeView(EntityView):
    """A code is made at random and never typed."""

    presets = {
        "全部": "", "启用": "is_active=yes", "楼栋入口": "kind=entrance", "家门口": "kind=household", "公示牌": "kind=plate", "已停用": "is_active=no",
    }  # fmt: skip

    def badges(self, row):
        return [{"text": "启用" if row.is_active else "停用", "tone": "ok" if row.is_active else "muted"}]

    def buttons(self, row):
        found = []
        if row.is_active:
            found.append({"label": "打印标签", "url": self.link("print_view", id=row.id), "is_primary": True, "method": "get", "confirm": None})
        if row.is_active and self.may("edit"):
            found += [
                {"label": "换发新码", "url": self.link("renew_view", id=row.id), "is_primary": False, "method": "post",
                 "confirm": "换发后原来的码马上失效，须重新张贴。确定换发吗？"},
                {"label": "停用", "url": self.link("switch_off_view", id=row.id), "is_primary": False, "method": "post",
                 "confirm": "停用后扫这个码只能看到选择村社区的页面。确定停用吗？"},
            ]  # fmt: skip
        return found

    def details(self, row):
        page = super().details(row)
        if row.is_active:
            picture = Markup(qr.svg(link_of(row), f"{row.place}诉求码"))
            page["panels"] = [{"title": "二维码", "template": "admin/panels/code.html", "picture": picture, "url": link_of(row)}]
        return page

    @expose("/print/")
    def print_view(self):
        """A page of one sticker, ready for the printer."""
        row = self.find(request.args.get("id"))
        if not row.is_active:
            raise Refused("这个码已经停用，不能打印；请打印换发的新码")
        faces = paper.of_codes([(row.place, link_of(row))], open_places.subdistrict_name(db.session))
        return self.render(
            "plates/page.html", title=f"{row.place}诉求码", sheets=paper.sheets(faces, "sticker"), size="sticker",
            back_url=self.link("details_view", id=row.id), sizes=[],
        )  # fmt: skip

    @expose("/renew/", methods=("POST",))
    def renew_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        with transaction() as session:
            fresh = door_codes.renew(session, row, actor(), now())
            new_id = fresh.id
        flash("已换发新码，原来的码已停用。请打印新码并重新张贴", "success")
        return redirect(self.link("details_view", id=new_id))

    @expose("/switch-off/", methods=("POST",))
    def switch_off_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        try:
            with transaction() as session:
                door_codes.switch_off(session, row, actor(), now())
            flash("已停用", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self.link("details_view", id=row.id))
