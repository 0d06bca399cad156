"""Phones of chiefs from the office's side: slips with one-time codes, devices signed in, visits and zero reports."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import qr
from models import describe
from models.area import Area
from models.neighbor import Chief
from services import parameters
from services.keeping import records
from services.phone import phone_sign_in, visits
from services.access import Permission
from services.places.areas import communities
from services.errors import Refused
from services.showing import shown

from .acting import actor
from .base import EntityView
from .door_code import public_url
from .system import ReadOnlyView


class PhoneCodes:
    """Mixed into the view of chiefs: a code for one, slips for all of an area, switching a chief's phones off."""

    def buttons(self, row):
        found = super().buttons(row)
        if row.ended_on is None and actor().may(Permission.PHONE):
            found += [
                {"label": "发手机登录码", "url": self.link("phone_code_view", id=row.id), "is_primary": False, "method": "post",
                 "confirm": "登录码只显示这一次，以前没有用过的码作废。现在制发吗？"},
                {"label": "停用手机登录", "url": self.link("phones_off_view", id=row.id), "is_primary": False, "method": "post",
                 "confirm": "这位三长在所有手机上马上退出，没有用的登录码作废。确定停用吗？"},
            ]  # fmt: skip
        return found

    def list_buttons(self):
        may = actor().may(Permission.PHONE)
        return [{"label": "成批发登录码", "url": self.link("phone_codes_view"), "is_primary": False}] if may else []

    @expose("/phone-code/", methods=("POST",))
    def phone_code_view(self):
        """The slip of one chief; the code stands here and nowhere else."""
        row = self.find(request.args.get("id"))
        with transaction() as session:
            slips = [_slip(row, phone_sign_in.make_code(session, row, actor(), now()))]
        return self._slips(slips, self.link("details_view", id=row.id))

    @expose("/phone-codes/", methods=("GET", "POST"))
    def phone_codes_view(self):
        """Slips for the chiefs of an area who are on no phone yet, ready for the printer."""
        actor().require(Permission.PHONE)
        if request.method == "GET":
            return self._choose()
        area = records.find(db.session, Area, request.form.get("area", ""))
        with transaction() as session:
            made, is_more = phone_sign_in.make_codes(session, area, actor(), now())
            slips = [_slip(chief, code) for chief, code in made]
        if not slips:
            return self._choose(f"{area.full_name}在任的三长都已登录手机，或者手里有还没用的登录码")
        return self._slips(slips, self.link("phone_codes_view"), is_more)

    def _choose(self, said: str = ""):
        return self.render(
            "admin/phone_codes.html", heading="成批发登录码", said=said, places=communities(db.session), most=phone_sign_in.MOST_SLIPS,
            chosen=request.form.get("area", ""), cancel_url=self.link(),
        )  # fmt: skip

    def _slips(self, slips: list[dict], back_url: str, is_more: bool = False):
        hours = parameters.value(db.session, "phone_code_hours")
        for slip in slips:
            # Behind the #, so that no server's log ever holds it.
            slip["picture"] = qr.svg(f"{_address()}#code={slip['code'].replace(' ', '')}", "扫码打开登录页")
        return self.render("plates/slips.html", slips=slips, hours=hours, back_url=back_url, is_more=is_more, address=_address())

    @expose("/phones-off/", methods=("POST",))
    def phones_off_view(self):
        row = self.find(request.args.get("id"))
        with transaction() as session:
            count = phone_sign_in.switch_off(session, row, actor(), now())
        flash(f"已停用手机登录，{count}台设备已退出。要再用，请重新发登录码", "success")
        return redirect(self.link("details_view", id=row.id))


def _address() -> str:
    return f"{public_url()}/chief/sign-in"


def _slip(chief: Chief, code: str) -> dict:
    described = describe(Chief)
    return {
        "name": shown(described["name"], chief.name, actor(), {}), "mobile": shown(described["mobile"], chief.mobile, actor(), {}),
        "post": f"{chief.area.full_name}{chief.kind.label}", "code": f"{code[:4]} {code[4:]}",
    }  # fmt: skip


class DeviceView(ReadOnlyView):
    """Phones that are signed in; each can be signed out from here."""

    presets = {"全部": "", "在用": "ended_at=none", "已注销": "ended_at__from=2000-01-01"}

    def require(self, action):
        if action in ("create", "edit", "delete", "import"):
            raise Refused("登录设备由系统记录。要让一位三长登录手机，请到“三长”里发登录码")
        super().require(action)

    def badges(self, row):
        return [{"text": "已注销" if row.ended_at else "在用", "tone": "muted" if row.ended_at else "ok"}]

    def buttons(self, row):
        if row.ended_at or not actor().may(Permission.PHONE):
            return []
        return [{"label": "注销这台设备", "url": self.link("revoke_view", id=row.id), "is_primary": True, "method": "post",
                 "confirm": "这台手机马上退出，再用要重新发登录码。确定注销吗？"}]  # fmt: skip

    @expose("/revoke/", methods=("POST",))
    def revoke_view(self):
        row = self.find(request.args.get("id"))
        try:
            with transaction() as session:
                phone_sign_in.revoke(session, row, actor(), now())
            flash("已注销，这台手机马上退出", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self.link("details_view", id=row.id))


class VisitLogView(EntityView):
    """Visits sent in from phones or typed in from the chiefs' books."""

    presets = {"全部": "", "本月": "visited_on=this_month", "本季": "visited_on=this_quarter", "没有转诉求": "appeal=none"}

    def buttons(self, row):
        if row.appeal_id or not row.needs or not actor().may(Permission.APPEAL_ENTER):
            return []
        return [{"label": "转成诉求", "url": self.link("needed_view", id=row.id), "is_primary": True, "method": "post", "confirm": None}]

    @expose("/needed/", methods=("POST",))
    def needed_view(self):
        actor().require(Permission.APPEAL_ENTER)
        row = self.find(request.args.get("id"))
        with transaction() as session:
            appeal = visits.to_appeal(session, row, actor(), now())
            key = appeal.id
        flash("已登记成诉求", "success")
        return redirect(url_for("appeal.details_view", id=key) if actor().may("appeal:view") else self.link("details_view", id=row.id))


class ZeroReportView(ReadOnlyView):
    presets = {"全部": "", "今天": "reported_on=today", "本周": "reported_on=this_week"}

    def require(self, action):
        if action in ("create", "edit", "delete", "import"):
            raise Refused("零报告由三长在手机上报，不能在这里新增或改动")
        super().require(action)
