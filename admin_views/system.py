"""Accounts, roles, logs and settings."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_admin import expose

from extensions import db, now, transaction
from services import due_dates, parameters, roles, sign_in
from services.keeping import records
from services.errors import Refused

from .acting import actor
from .base import EntityView


class OneByOne:
    """Mixed into the views of accounts and roles: power is given one by one, not by a sheet."""

    bulk_kinds = ()

    def require(self, action):
        if action == "import":
            raise Refused("账号和角色请在页面上逐个办理，不能用表格导入")
        super().require(action)

    def may(self, action):
        return action != "import" and super().may(action)


class UserView(OneByOne, EntityView):
    """Accounts. A new account and a reset get a random password, shown once, to be changed."""

    def save(self, session, row, is_new):
        if is_new:
            row.subdistrict_id = actor().subdistrict_id
            password = sign_in.new_password()
            row.password_hash = sign_in.hash_password(password)
            row.must_change_password = True
        records.save(session, row, actor(), now())
        if is_new:
            flash(f"初始密码：{password}　只显示这一次，请当面交给本人，首次登录须修改", "warning")
        elif not row.is_active:
            sign_in.end_all(session, row, now())

    def badges(self, row):
        found = [{"text": "启用" if row.is_active else "停用", "tone": "ok" if row.is_active else "muted"}]
        if sign_in.is_locked(db.session, row, now()):
            minutes = parameters.strictest(db.session, "lockout_minutes")
            found.append({"text": f"连续输错已锁定{minutes}分钟，重置密码可立即解锁", "tone": "bad"})
        return found

    def buttons(self, row):
        if not self.may("edit"):
            return []
        return [{"label": "重置密码", "url": self.link("reset_view", id=row.id), "is_primary": False, "method": "post",
                 "confirm": "确定重置这个账号的密码吗？原密码立即失效。"}]  # fmt: skip

    @expose("/reset/", methods=("POST",))
    def reset_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        with transaction() as session:
            password = sign_in.reset(session, row, now())
        flash(f"新密码：{password}　只显示这一次，请当面交给本人", "warning")
        return redirect(self.link("details_view", id=row.id))


class WorkdayView(EntityView):
    @property
    def presets(self):
        """One for each year that has a calendar, the latest first."""
        years = sorted(due_dates.calendar(db.session).years, reverse=True)[:8]
        return {"全部": "", **{f"{year}年": f"day__from={year}-01-01&day__to={year}-12-31" for year in years}}


class RoleView(OneByOne, EntityView):
    def save(self, session, row, is_new):
        if not row.permissions:
            raise Refused("请至少勾选一项权限", field="permissions")
        super().save(session, row, is_new)

    def badges(self, row):
        return [{"text": f"比新版少{len(missing)}项权限", "tone": "warn"}] if (missing := roles.missing(row)) else []

    def buttons(self, row):
        if not (self.may("edit") and roles.missing(row)):
            return []
        return [{"label": "按新版补齐", "url": self.link("complete_view", id=row.id), "is_primary": True, "method": "post",
                 "confirm": "只补上下面列出的权限，本单位另外给的不动。确定补齐吗？"}]  # fmt: skip

    def details(self, row):
        page = super().details(row)
        told = (
            ("新版有、这个角色没有（含本单位去掉的）", roles.missing(row)), ("本单位另外给的", roles.added(row)),
            ("这个角色能做什么", row.permissions),
        )  # fmt: skip
        panels = [
            {"title": title, "template": "admin/panels/role.html", "groups": roles.named(permissions)}
            for title, permissions in told if permissions
        ]  # fmt: skip
        page["panels"] = [*panels, *page.get("panels", [])]
        return page

    @expose("/complete/", methods=("POST",))
    def complete_view(self):
        self.require("edit")
        row = self.find(request.args.get("id"))
        try:
            with transaction() as session:
                added = roles.complete(session, row, actor(), now())
            flash(f"已补上{len(added)}项权限，记入操作日志", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self.link("details_view", id=row.id))


class ReadOnlyView(EntityView):
    """Records that services write: seen, filtered and exported, never made by hand."""

    bulk_kinds = ()

    def can_add(self):
        return False

    def can_change(self):
        return False

    def can_remove(self):
        return False

    def require(self, action):
        if action in ("create", "edit", "delete", "import"):
            raise Refused("日志和办理过程由系统记录，不能手工改动")
        super().require(action)
