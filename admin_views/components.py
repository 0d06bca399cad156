"""Every building block in every state, for who works on the screens; not part of an installation."""

from __future__ import annotations

from types import SimpleNamespace

from flask import url_for
from flask_admin import expose
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from wtforms import Form

from .base import CustomView
from .forms import YES_OR_NO, Box

CHOICES = (("dispute", "矛盾纠纷"), ("petition", "信访事项"))
TONES = ("", "ok", "warn", "bad", "info")


def _box(label: str, **options) -> Box:
    return Box(label, **options)


class EveryField(Form):
    """One field of each kind, with help and one that must be filled in."""

    words = _box("单行文字", help="一句话，例如“楼上漏水”", needed=True)
    long = _box("多行文字", widget="long", help="写清时间、地点和经过")
    number = _box("数字", widget="number")
    day = _box("日期", widget="date")
    month = _box("月份", widget="month")
    moment = _box("时间", widget="datetime")
    choice = _box("单选", widget="choice", choices=CHOICES)
    yesno = _box("是否", widget="choice", choices=YES_OR_NO)
    lookup = _box("查找", widget="lookup", lookup_url="/admin/area/lookup/?field=parent", help="输入两个字以上")
    secret = _box("密码", widget="password")
    file = _box("文件", widget="file", help="不超过20兆")
    permissions = _box(
        "权限", widget="permissions", groups={"案件": {"case:view": "查看", "case:edit": "修改"}, "住户": {"household:view": "查看"}}
    )


class ComponentsView(CustomView):
    """Shown to everybody who signs in, where the installation has it at all (COMPONENTS=1 or debug mode)."""

    permission = "components:view"

    def __init__(self):
        super().__init__(name="组件", endpoint="components", url="/admin/_components")

    def is_accessible(self) -> bool:
        return current_user.is_authenticated

    @expose("/")
    def index_view(self):
        here = url_for(".index_view")
        return self.render(
            "admin/components.html", here=here, tones=TONES, wrong=_wrong(), filled=_filled(), empty_form=EveryField(),
            pages=_pages(here), rows=_rows(here), facts=_facts(here),
        )  # fmt: skip


def _filled() -> EveryField:
    return EveryField(data={
        "words": "楼上漏水引发的邻里纠纷", "long": "楼上卫生间漏水。\n双方协商未成。", "number": "15", "choice": "petition",
        "permissions": ["case:view"],
    })  # fmt: skip


def _wrong() -> EveryField:
    form = EveryField(MultiDict({"words": "", "lookup": "", "lookup__text": "查不到的人"}))
    form.validate()
    for field in form:
        field.errors = list(field.errors) or ["这一项不符合要求，请改正"]
    return form


def _pages(here: str) -> list[SimpleNamespace]:
    """A pager on the first, a middle and the last page."""
    pages = []
    for back, on in ((None, here), (here, here), (here, None)):
        pages.append(SimpleNamespace(
            count_text="315 条", sizes=(20, 50), page_size=20, first_url=back, previous_url=back, next_url=on, last_url=on,
            layout={"url": here}, query="",
        ))  # fmt: skip
    return pages


def _rows(here: str) -> list[dict]:
    return [
        {"url": here, "cells": ["集里〔2026〕00001号", "楼上漏水引发的邻里纠纷", {"text": "办理中", "tone": "warn"}, "15"]},
        {"url": here, "cells": ["集里〔2026〕00002号", "很长的事由" * 12, {"text": "已办结", "tone": "ok"}, "1,234"]},
        {"url": None, "cells": ["", "", "", ""]},
    ]  # fmt: skip


def _facts(here: str) -> list[dict]:
    return [
        {"label": "编号", "text": "集里〔2026〕00001号"}, {"label": "属地", "text": "东里社区/第1片", "url": here},
        {"label": "没有填的", "text": ""}, {"label": "联系电话", "text": "138****0001", "reveal": {"url": here, "field": "mobile"}},
        {"label": "诉求与事实", "text": "楼上卫生间漏水，楼下顶棚发霉。\n双方协商未成。", "is_wide": True},
    ]  # fmt: skip
